"""pretix: numbered pages of at most 50, amounts as text with two decimals in every currency, names by language.

Shapes after https://docs.pretix.eu/dev/api/. The dates of a series are subevents of one event.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from spekta.sandbox.box_office import NOTHING, BoxOffice, Event, Group, Issued, Order, Person, TicketType
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import Answer, Refusal, major, rest, utc

T = TypeVar("T")
Row = dict[str, Any]
Keys = Mapping[str, Callable[[T], Any]]

KEY = "sandboxteamtoken0000pretix"
ORGANIZER = "lampions"
LARGEST = 50
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ3789"
LANGUAGES = {"FR": "fr", "BE": "fr", "DE": "de", "AT": "de", "JP": "ja", "KW": "ar", "PT": "pt"}
DETAIL = {
    401: "Invalid token.",
    403: "You do not have permission to perform this action.",
    404: "Not found.",
    429: "Request was throttled.",
}
NOT_CARRIED = {
    "event.series_id": "a series is one event with dates",
    "event.url": "every event has one, and a series one for all dates",
    "event.status=cancelled": "an event has no such state; its shop is offline, as that of a draft",
    "event.status=completed": "an event has no such state; its shop stays online",
    "event.description": "only in the event's settings",
    "event.image_url": "only in the event's settings",
    "event.created_at": "an event tells no times of its own",
    "event.updated_at": "an event tells no times of its own",
    "event.capacity": "quotas overlap",
    "event.category": "no such field",
    "event.online": "no such field",
    "event.venue.address": "a location is a text",
    "event.venue.city": "a location is a text",
    "event.venue.region": "a location is a text",
    "event.venue.postal_code": "a location is a text",
    "event.venue.country": "a location is a text",
    "ticket.fee": "fees belong to the order",
    "ticket.status=ended": "only by the dates of its sale",
    "ticket.status=scheduled": "only by the dates of its sale",
    "ticket.quantity_sold": "quotas are shared; one has to count positions",
    "attendee.status=refunded": "a position is cancelled, whatever became of its money",
    "attendee.answers": "a question is told by its identifier",
    "attendee.email": "the buyer's stands in where the attendee has none",
    "attendee.phone": "the buyer's",
    "order.total": "what was cancelled is taken off",
    "order.tax": "what was cancelled is taken off",
    "order.discount": "a discounted position shows the price that was paid",
    "order.fees": "what the platform charges the organiser is not in its API",
    "revenue.fees": "what the platform charges the organiser is not in its API",
}

REST = rest(__file__)


class Shop(NamedTuple):
    """What pretix calls an event: one date, or all dates of a series."""

    slug: str
    dates: tuple[Event, ...]

    @property
    def series(self) -> bool:
        return self.dates[0].series is not None

    @property
    def live(self) -> bool:
        return self.dates[0].status in ("live", "completed")


def event_id(event: Event) -> str:
    return event.series or event.key


def ticket_type_id(kind: TicketType) -> str:
    return f"{item_number(kind)}-{kind.number}" if kind.group else str(kind.number)


def ticket_id(issued: Issued) -> str:
    return str(issued.ticket.number)


def order_id(order: Order) -> str:
    """Five letters, spread so that neighbours do not look alike."""
    number, code = (order.number * 7919 + 5_000_000) % len(ALPHABET) ** 5, ""
    for _ in range(5):
        number, digit = divmod(number, len(ALPHABET))
        code += ALPHABET[digit]
    return code


def item_number(kind: TicketType) -> int:
    return 10_000 + kind.group.number if kind.group else kind.number


def admit(ask: Ask) -> None:
    if "authorization" not in ask.headers:
        raise Refusal(401, message="Authentication credentials were not provided.")
    key = ask.bearer("Token")
    if key != KEY and not key.startswith(FORBIDDEN):
        raise Refusal(401)
    if key != KEY or ask.parts.get("organizer", ORGANIZER) != ORGANIZER:
        raise Refusal(403)


def error(refusal: Refusal) -> Row:
    if refusal.status == 400:
        return {refusal.code: [refusal.message]}
    return {"detail": refusal.message or DETAIL.get(refusal.status, "Internal server error.")}


def listing(ask: Ask, find: Callable[[], Sequence[T]], render: Callable[[T], Row]) -> Answer:
    """Give a numbered page; past the end is a 404, and the links are absolute."""
    size = min(number(ask, "page_size", LARGEST) or LARGEST, LARGEST)
    at = number(ask, "page", 1)
    page = ask.page(ask.found(find), max(at - 1, 0) * size, size)
    if at < 1 or (at > 1 and not page.records):
        raise Refusal(404, message="Invalid page.")

    def link(other: int) -> str:
        kept = [item for item in ask.query.multi_items() if item[0] != "page"]
        return f"{ask.root}{ask.path}?{urlencode([*kept, ('page', other)])}"

    links = {"next": link(at + 1) if page.more else None, "previous": link(at - 1) if at > 1 else None}
    generated = ask.box.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Answer(
        {"count": page.total, **links, "results": [render(record) for record in page.records]},
        headers={"X-Page-Generated": generated},
    )


def number(ask: Ask, name: str, default: int) -> int:
    text = ask.query.get(name, str(default))
    if not text.isdecimal():
        raise Refusal(404, message="Invalid page.")
    return int(text)


def asked(ask: Ask, **values: Any) -> bool:
    """Compare with the filters asked for; `name__in` takes several values divided by commas."""
    for name, value in values.items():
        said = str(value).lower() if isinstance(value, bool) else str(value)
        if ask.query.get(name, said) != said or said not in ask.query.get(f"{name}__in", said).split(","):
            return False
    return True


def wants(ask: Ask, name: str) -> bool:
    return ask.query.get(name) == "true"


def since(ask: Ask, name: str, default: str = "0001-01-01T00:00:00Z") -> datetime:
    try:
        return datetime.fromisoformat(ask.query.get(name, default))
    except ValueError:
        raise Refusal(400, name, "Enter a valid date/time.") from None


def until(ask: Ask, name: str) -> datetime:
    return since(ask, name, "9999-01-01T00:00:00Z")


def ordered(ask: Ask, records: Iterable[T], default: str, keys: Keys[T]) -> list[T]:
    name = ask.query.get("ordering", default)
    return sorted(records, key=keys.get(name.removeprefix("-"), keys[default]), reverse=name.startswith("-"))


def shops(box: BoxOffice) -> dict[str, Shop]:
    """Give the shops by slug, in the order of slugs."""

    def make() -> dict[str, Shop]:
        dates: dict[str, list[Event]] = {}
        for event in box.events:
            dates.setdefault(event_id(event), []).append(event)
        return {slug: Shop(slug, tuple(dates[slug])) for slug in sorted(dates)}

    return box.memo("pretix shops", make)


def shop_of(ask: Ask) -> Shop:
    shop = shops(ask.box).get(ask.parts["event"])
    if shop is None:
        raise Refusal(403)
    return shop


def words(event: Event, text: str | None) -> dict[str, str] | None:
    """Write a text by language."""
    return {LANGUAGES.get(event.venue.country, "en") if event.venue else "en": text} if text else None


def common_row(event: Event) -> Row:
    """Write what an event and a date of a series have in common."""
    venue = event.venue
    location = f"{venue.name}\n{venue.address}\n{venue.postal_code} {venue.city}" if venue else None
    return {
        "name": words(event, event.name),
        "is_public": True,
        "date_from": utc(event.starts_at),
        "date_to": utc(event.ends_at),
        "location": words(event, location),
        "geo_lat": float(venue.latitude) if venue else None,
        "geo_lon": float(venue.longitude) if venue else None,
    }


def event_row(ask: Ask, shop: Shop) -> Row:
    event = shop.dates[0]
    return {
        **REST["event"],
        **common_row(event),
        "slug": shop.slug,
        "live": shop.live,
        "testmode": False,
        "currency": event.currency,
        "date_to": utc(shop.dates[-1].ends_at),
        "has_subevents": shop.series,
        "timezone": event.timezone,
        "public_url": event.url or f"{ask.root}/{ORGANIZER}/{shop.slug}/",
    }


def subevent_row(event: Event) -> Row:
    return {
        **REST["subevent"],
        **common_row(event),
        "id": event.number,
        "event": event_id(event),
        "active": event.status in ("live", "completed"),
        "frontpage_text": words(event, event.description),
        "last_modified": utc(event.updated_at),
    }


def item_rows(shop: Shop) -> list[Row]:
    """Give the items: a ticket type, or a group of them as variations."""
    items: dict[int, tuple[Event, list[TicketType]]] = {}
    for event in shop.dates:
        for kind in event.ticket_types:
            items.setdefault(item_number(kind), (event, []))[1].append(kind)
    return [item_row(ident, event, kinds) for ident, (event, kinds) in items.items()]


def item_row(ident: int, event: Event, kinds: list[TicketType]) -> Row:
    kind, group = kinds[0], kinds[0].group
    return {
        **REST["item"],
        **on_sale(kind),
        "id": ident,
        "name": words(event, group.name if group else kind.name),
        "default_price": major(kind.price),
        "description": None if group else words(event, kind.description),
        "require_voucher": kind.sale == "hidden",
        "hide_without_voucher": kind.sale == "hidden",
        "has_variations": group is not None,
        "variations": [variation_row(event, one, group) for one in kinds] if group else [],
    }


def variation_row(event: Event, kind: TicketType, group: Group) -> Row:
    return {
        "id": kind.number,
        "value": words(event, kind.name.removeprefix(f"{group.name} – ")),
        "default_price": major(kind.price),
        "price": major(kind.price),
        "description": words(event, kind.description),
        "position": 0,
        **on_sale(kind),
    }


def on_sale(kind: TicketType) -> Row:
    window = {"available_from": utc(kind.sales_start), "available_until": utc(kind.sales_end)}
    return {"active": kind.sale != "off_sale", **window}


def quota_rows(box: BoxOffice, shop: Shop) -> Iterator[tuple[Event, int, str, int | None, Sequence[TicketType]]]:
    """Give a quota for each ticket type, and one for the house that all types of a date share."""
    for event in shop.dates:
        for kind in event.ticket_types:
            yield event, kind.number, kind.name, kind.quantity_total, (kind,)
        if event.capacity is not None:
            yield event, 10_000 + event.number, "House", event.capacity, event.ticket_types


def quota_row(ask: Ask, event: Event, ident: int, name: str, size: int | None, kinds: Sequence[TicketType]) -> Row:
    left = None if size is None else max(size - sum(map(ask.box.sold, kinds)), 0)
    available = {"available": left != 0, "available_number": left} if wants(ask, "with_availability") else {}
    return {
        **REST["quota"],
        "id": ident,
        "name": name,
        "size": size,
        "items": sorted({item_number(kind) for kind in kinds}),
        "variations": [kind.number for kind in kinds if kind.group],
        "subevent": event.number if event.series else None,
        **available,
    }


def order_status(order: Order) -> str:
    if order.status in ("pending", "expired"):
        return {"pending": "n", "expired": "e"}[order.status]
    void = order.status == "cancelled" or order.given_back
    return "c" if void and not order.cancellation_fee else "p"


def cancelled(issued: Issued) -> bool:
    """An order that is cancelled as a whole keeps its positions; one that kept a fee, or went on, marks them."""
    return issued.ticket.status != "valid" and order_status(issued.order) == "p"


def order_row(ask: Ask, order: Order) -> Row:
    event = ask.box.event(order.event)
    positions = [Issued(order, ticket) for ticket in order.tickets]
    left = [issued for issued in positions if not cancelled(issued)]
    fees = {
        "service": sum((issued.ticket.fee for issued in left), NOTHING),
        "cancellation": order.cancellation_fee,
    }
    void = order.status == "cancelled" or order.given_back
    return {
        **REST["order"],
        "code": order_id(order),
        "event": event_id(event),
        "status": order_status(order),
        "testmode": order.test,
        "secret": f"order{order.number}secret",
        "email": order.buyer.email,
        "phone": order.buyer.phone,
        "datetime": utc(order.placed_at),
        "expires": utc(order.placed_at),
        "last_modified": utc(order.updated_at),
        "cancellation_date": utc(order.updated_at) if void else None,
        "payment_date": f"{order.payments[0].at:%Y-%m-%d}" if order.paid else None,
        "total": major(sum((issued.ticket.price for issued in left), NOTHING) + sum(fees.values())),
        "fees": [{**REST["fee"], "fee_type": kind, "value": major(value)} for kind, value in fees.items() if value],
        "invoice_address": invoice_address(order),
        "url": f"{ask.root}/{ORGANIZER}/{event_id(event)}/order/{order_id(order)}/",
        "positions": [
            position_row(ask.box, one) for one in (positions if wants(ask, "include_canceled_positions") else left)
        ],
        "payments": payment_rows(order),
        "refunds": refund_rows(order),
    }


def payment_rows(order: Order) -> list[Row]:
    state = {"paid": "refunded" if order.given_back else "confirmed", "pending": "pending", "failed": "failed"}
    # An order that costs nothing is paid all the same.
    paid = [("stripe", one.amount, state[one.state], one.at) for one in order.payments]
    return [
        {
            "local_id": at,
            "state": said,
            "amount": major(amount),
            "created": utc(order.placed_at),
            "payment_date": utc(when) if said in ("confirmed", "refunded") else None,
            "provider": provider,
            **REST["payment"],
        }
        for at, (provider, amount, said, when) in enumerate(
            paid or [("free", NOTHING, "confirmed", order.placed_at)], 1
        )
    ]


def refund_rows(order: Order) -> list[Row]:
    return [
        {
            "local_id": at,
            "state": {"done": "done", "pending": "created", "failed": "failed"}[refund.state],
            "amount": major(refund.amount),
            "created": utc(refund.at),
            "execution_date": utc(refund.at) if refund.state == "done" else None,
            **REST["refund"],
        }
        for at, refund in enumerate(order.refunds, 1)
    ]


def invoice_address(order: Order) -> Row | None:
    buyer = order.buyer
    name = {"last_modified": utc(order.placed_at), "name": buyer.name, "name_parts": name_parts(buyer)}
    return {**REST["invoice_address"], **name} if buyer.name else None


def name_parts(person: Person) -> Row:
    parts = {"given_name": person.first_name or "", "family_name": person.last_name or ""}
    return {"_scheme": "given_family", **parts} if person.name else {}


def position_row(box: BoxOffice, issued: Issued) -> Row:
    order, ticket = issued
    event, kind, holder = box.event(order.event), box.ticket_type(ticket.ticket_type), ticket.holder
    net, at = ticket.price - ticket.tax, utc(ticket.checked_in_at)
    return {
        **REST["position"],
        "id": ticket.number,
        "order": order_id(order),
        "positionid": order.tickets.index(ticket) + 1 if ticket in order.tickets else 1,
        "item": item_number(kind),
        "variation": kind.number if kind.group else None,
        "price": major(ticket.price),
        "attendee_name": holder.name,
        "attendee_name_parts": name_parts(holder),
        "attendee_email": holder.email,
        "tax_rate": major((100 * ticket.tax / net).quantize(Decimal(1)) if net else NOTHING),
        "tax_value": major(ticket.tax),
        "secret": ticket.barcode,
        "pseudonymization_id": f"P{ticket.number:09}",
        "subevent": event.number if event.series else None,
        "checkins": [{"id": ticket.number, "list": 1, "type": "entry", "datetime": at, "gate": None}] if at else [],
        "answers": [
            {"question": number, "question_identifier": f"Q{number}", "answer": answer, "options": []}
            for number, (_, answer) in enumerate(ticket.answers, 1)
        ],
        "canceled": cancelled(issued),
    }


def orders_here(ask: Ask) -> Sequence[Order]:
    """Give the orders of the event in the path, or of all."""
    if "event" in ask.parts:
        return [order for event in shop_of(ask).dates for order in ask.box.orders_of(event)]
    return ask.box.orders


def events(ask: Ask) -> Answer:
    keys: Keys[Shop] = {"slug": lambda shop: shop.slug, "date_from": lambda shop: shop.dates[0].starts_at}

    after, before = since(ask, "date_from_after"), until(ask, "date_from_before")

    def fits(shop: Shop) -> bool:
        in_time = after <= shop.dates[0].starts_at <= before
        return in_time and asked(ask, live=shop.live, has_subevents=shop.series, testmode=False)

    find = partial(ordered, ask, filter(fits, shops(ask.box).values()), "slug", keys)
    return listing(ask, find, partial(event_row, ask))


def settings(ask: Ask) -> Row:
    event = shop_of(ask).dates[0]
    text = {"frontpage_text": words(event, event.description) or {}, "contact_mail": "office@example.org"}
    return {"timezone": event.timezone, "og_image": event.image_url, "logo_image": None, **text}


def subevents(ask: Ask) -> Answer:
    dates = shop_of(ask).dates if "event" in ask.parts else tuple(ask.box.events)
    changed = since(ask, "modified_since")
    return listing(ask, lambda: [date for date in dates if date.series and date.updated_at >= changed], subevent_row)


def items(ask: Ask) -> Answer:
    shop = shop_of(ask)
    return listing(ask, lambda: [row for row in item_rows(shop) if asked(ask, active=row["active"])], dict)


def quotas(ask: Ask) -> Answer:
    shop = shop_of(ask)
    return listing(ask, lambda: list(quota_rows(ask.box, shop)), lambda quota: quota_row(ask, *quota))


def orders(ask: Ask) -> Answer:
    keys: Keys[Order] = {
        "datetime": lambda order: order.placed_at,
        "last_modified": lambda order: order.updated_at,
        "code": order_id,
        "status": order_status,
    }
    changed, created = since(ask, "modified_since"), since(ask, "created_since")
    before = until(ask, "created_before")

    def fits(order: Order) -> bool:
        return (
            order.updated_at >= changed
            and order.placed_at >= created
            and order.placed_at < before
            and asked(ask, status=order_status(order), testmode=order.test, email=order.buyer.email)
            and asked(ask, code=order_id(order), subevent=ask.box.event(order.event).number)
        )

    find = partial(ordered, ask, filter(fits, orders_here(ask)), "datetime", keys)
    return listing(ask, find, partial(order_row, ask))


def positions(ask: Ask) -> Answer:
    here = sorted(orders_here(ask), key=lambda order: order.placed_at)

    def fits(issued: Issued) -> bool:
        order, ticket = issued
        kind = ask.box.ticket_type(ticket.ticket_type)
        return (wants(ask, "include_canceled_positions") or not cancelled(issued)) and asked(
            ask,
            order=order_id(order),
            order__status=order_status(order),
            item=item_number(kind),
            variation=kind.number if kind.group else None,
            subevent=ask.box.event(order.event).number,
            has_checkin=ticket.checked_in_at is not None,
        )

    return listing(ask, lambda: [*filter(fits, ask.box.issued(here))], partial(position_row, ask.box))


def one_order(ask: Ask) -> Row:
    return order_row(ask, ask.one(orders_here(ask), order_id))


ACCOUNT = "/api/v1/organizers/{organizer}/"
EVENT = ACCOUNT + "events/{event}/"

SERVICE = Service(
    slug="pretix",
    routes=(
        Route("GET", "/api/v1/version", lambda ask: {"pretix": "2026.8.0", "pretix_numeric": 20260800000000}),
        Route("GET", ACCOUNT, lambda ask: {"name": "Lampions", "slug": ORGANIZER}),
        Route("GET", ACCOUNT + "events/", events, rows="results", id="slug", status="live"),
        Route("GET", EVENT, lambda ask: event_row(ask, shop_of(ask)) | {"valid_keys": {}}),
        Route("GET", EVENT + "settings/", settings),
        Route("GET", ACCOUNT + "subevents/", subevents, rows="results"),
        Route("GET", EVENT + "subevents/", subevents, rows="results"),
        Route("GET", EVENT + "items/", items, rows="results"),
        Route("GET", EVENT + "quotas/", quotas, rows="results"),
        Route("GET", ACCOUNT + "orders/", orders, rows="results", id="code"),
        Route("GET", EVENT + "orders/", orders, rows="results", id="code"),
        Route("GET", EVENT + "orders/{id}/", one_order),
        Route("GET", ACCOUNT + "orderpositions/", positions, rows="results"),
        Route("GET", EVENT + "orderpositions/", positions, rows="results"),
    ),
    credentials={"apiKey": KEY, "organizer": ORGANIZER},
    admit=admit,
    error=error,
    shape=Shape(next="next", next_is_link=True),
    paging=frozenset({"page", "page_size", "with_availability"}),
    trailing_slash=True,
    not_carried=NOT_CARRIED,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

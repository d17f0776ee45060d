"""pretix: numbered pages of at most 50, amounts as text with two decimals in every currency, names by language.

Shapes after https://docs.pretix.eu/dev/api/. The dates of a series are subevents of one event.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from spekta.sandbox.box_office import NOTHING, BoxOffice, Event, Group, Issued, Order, Person, TicketType
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import Answer, Refusal, major, utc

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
    "event.status=cancelled": "an event has no such state; its shop is offline, as that of a draft",
    "event.status=completed": "an event has no such state; its shop stays online",
    "event.description": "only in the event's settings",
    "event.image_url": "only in the event's settings",
    "event.created_at": "an event tells no times of its own",
    "event.updated_at": "an event tells no times of its own",
    "event.capacity": "quotas overlap",
    "event.category": "no such field",
    "event.online": "no such field",
    "event.venue.city": "a location is a text",
    "event.venue.region": "a location is a text",
    "event.venue.postal_code": "a location is a text",
    "event.venue.country": "a location is a text",
    "ticket.fee": "fees belong to the order",
    "ticket.status=ended": "only by the dates of its sale",
    "ticket.status=scheduled": "only by the dates of its sale",
    "ticket.quantity_sold": "quotas are shared; one has to count positions",
    "attendee.status=refunded": "a position is cancelled, whatever became of its money",
    "revenue.fees": "what the platform charges the organiser is not in its API",
}

T = TypeVar("T")
Row = dict[str, Any]


class Shop(NamedTuple):
    """What pretix calls an event: one date, or all dates of a series."""

    slug: str
    dates: tuple[Event, ...]

    @property
    def series(self) -> bool:
        return self.dates[0].series is not None


def slug_of(event: Event) -> str:
    return event.series or event.key


def event_id(event: Event) -> str:
    return slug_of(event)


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


def listing(ask: Ask, records: Sequence[T], render: Callable[[T], Row]) -> Answer:
    """Give a numbered page; past the end is a 404, and the links are absolute."""
    size = min(number(ask, "page_size", LARGEST) or LARGEST, LARGEST)
    at = number(ask, "page", 1)
    page = ask.page(records, (at - 1) * size, size)
    if at < 1 or (at > 1 and not page.records):
        raise Refusal(404, message="Invalid page.")

    def link(other: int) -> str:
        kept = [item for item in ask.query.multi_items() if item[0] != "page"]
        return f"{ask.root}{ask.path}?{urlencode([*kept, ('page', other)])}"

    return Answer(
        {
            "count": page.total,
            "next": link(at + 1) if page.more else None,
            "previous": link(at - 1) if at > 1 else None,
            "results": [render(record) for record in page.records],
        },
        headers={"X-Page-Generated": ask.box.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")},
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
        if name in ask.query and ask.query[name] != said:
            return False
        if f"{name}__in" in ask.query and said not in ask.query[f"{name}__in"].split(","):
            return False
    return True


def since(ask: Ask, name: str) -> datetime:
    try:
        return datetime.fromisoformat(ask.query.get(name, "0001-01-01T00:00:00Z"))
    except ValueError:
        raise Refusal(400, name, "Enter a valid date/time.") from None


def shops(box: BoxOffice) -> dict[str, Shop]:
    """Give the shops by slug, in the order of slugs."""

    def make() -> dict[str, Shop]:
        dates: dict[str, list[Event]] = {}
        for event in box.events:
            dates.setdefault(slug_of(event), []).append(event)
        return {slug: Shop(slug, tuple(dates[slug])) for slug in sorted(dates)}

    return box.memo("pretix shops", make)


def shop_of(ask: Ask) -> Shop:
    shop = shops(ask.box).get(ask.parts["event"])
    if shop is None:
        raise Refusal(403)
    return shop


def words(event: Event, text: str | None) -> dict[str, str] | None:
    """Write a text by language."""
    return text and {LANGUAGES.get(event.venue.country, "en") if event.venue else "en": text}


def place(event: Event) -> Row:
    venue = event.venue
    lines = venue and f"{venue.name}\n{venue.address}\n{venue.postal_code} {venue.city}"
    return {
        "location": words(event, lines),
        "geo_lat": venue and float(venue.latitude),
        "geo_lon": venue and float(venue.longitude),
    }


def event_row(ask: Ask, shop: Shop) -> Row:
    event = shop.dates[0]
    return {
        "name": words(event, event.name),
        "slug": shop.slug,
        "live": event.status in ("live", "completed"),
        "testmode": False,
        "currency": event.currency,
        "date_from": utc(event.starts_at),
        "date_to": utc(shop.dates[-1].ends_at),
        "date_admission": None,
        "is_public": True,
        "presale_start": None,
        "presale_end": None,
        **place(event),
        "has_subevents": shop.series,
        "meta_data": {},
        "seating_plan": None,
        "seat_category_mapping": {},
        "plugins": ["pretix.plugins.stripe", "pretix.plugins.ticketoutputpdf"],
        "item_meta_properties": {},
        "timezone": event.timezone,
        "all_sales_channels": True,
        "limit_sales_channels": [],
        "public_url": event.url or f"{ask.root}/{ORGANIZER}/{shop.slug}/",
    }


def subevent_row(event: Event) -> Row:
    return {
        "id": event.number,
        "name": words(event, event.name),
        "event": slug_of(event),
        "active": event.status in ("live", "completed"),
        "is_public": True,
        "date_from": utc(event.starts_at),
        "date_to": utc(event.ends_at),
        "date_admission": None,
        "presale_start": None,
        "presale_end": None,
        **place(event),
        "frontpage_text": words(event, event.description),
        "seating_plan": None,
        "seat_category_mapping": {},
        "item_price_overrides": [],
        "variation_price_overrides": [],
        "meta_data": {},
        "comment": "",
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
        "id": ident,
        "name": words(event, group.name if group else kind.name),
        "internal_name": None,
        "default_price": major(kind.price),
        "original_price": None,
        "category": None,
        **on_sale(kind),
        "description": None if group else words(event, kind.description),
        "free_price": False,
        "tax_rate": "0.00",
        "tax_rule": None,
        "admission": True,
        "position": 0,
        "picture": None,
        "require_voucher": kind.sale == "hidden",
        "hide_without_voucher": kind.sale == "hidden",
        "require_approval": False,
        "allow_cancel": True,
        "min_per_order": None,
        "max_per_order": None,
        "checkin_attention": False,
        "generate_tickets": None,
        "has_variations": group is not None,
        "variations": [variation_row(event, one, group) for one in kinds] if group else [],
        "addons": [],
        "bundles": [],
    }


def variation_row(event: Event, kind: TicketType, group: Group) -> Row:
    return {
        "id": kind.number,
        "value": words(event, kind.name.removeprefix(f"{group.name} – ")),
        "default_price": major(kind.price),
        "price": major(kind.price),
        **on_sale(kind),
        "description": words(event, kind.description),
        "position": 0,
    }


def on_sale(kind: TicketType) -> Row:
    return {
        "active": kind.sale != "off_sale",
        "available_from": utc(kind.sales_start),
        "available_until": utc(kind.sales_end),
    }


def quota_rows(box: BoxOffice, shop: Shop) -> Iterator[tuple[Event, int, str, int | None, Sequence[TicketType]]]:
    """Give a quota for each ticket type, and one for the house that all types of a date share."""
    for event in shop.dates:
        for kind in event.ticket_types:
            yield event, kind.number, kind.name, kind.quantity_total, (kind,)
        if event.capacity is not None:
            yield event, 10_000 + event.number, "House", event.capacity, event.ticket_types


def quota_row(
    ask: Ask, event: Event, ident: int, name: str, size: int | None, kinds: Sequence[TicketType]
) -> Row:
    left = None if size is None else max(size - sum(map(ask.box.sold, kinds)), 0)
    row = {
        "id": ident,
        "name": name,
        "size": size,
        "items": sorted({item_number(kind) for kind in kinds}),
        "variations": [kind.number for kind in kinds if kind.group],
        "subevent": event.number if event.series else None,
        "close_when_sold_out": False,
        "closed": False,
        "release_after_exit": False,
        "ignore_for_event_availability": False,
    }
    counted = ask.query.get("with_availability") == "true"
    return row | ({"available": left != 0, "available_number": left} if counted else {})


def order_status(order: Order) -> str:
    if order.status in ("pending", "expired"):
        return order.status[0].replace("p", "n")
    void = order.status == "cancelled" or order.given_back
    return "c" if void and not order.cancellation_fee else "p"


def cancelled(issued: Issued) -> bool:
    """An order that is cancelled as a whole keeps its positions; one that kept a fee, or went on, marks them."""
    return issued.ticket.status != "valid" and order_status(issued.order) == "p"


def order_row(ask: Ask, order: Order) -> Row:
    box, status = ask.box, order_status(order)
    event = box.event(order.event)
    positions = [Issued(order, ticket) for ticket in order.tickets]
    left = [ticket for issued, ticket in zip(positions, order.tickets, strict=True) if not cancelled(issued)]
    fees = fee_rows(order, sum((ticket.fee for ticket in left), NOTHING))
    total = sum((ticket.total for ticket in left), NOTHING) + order.cancellation_fee
    shown = positions if wants(ask, "include_canceled_positions") else [one for one in positions if not cancelled(one)]
    return {
        "code": order_id(order),
        "event": slug_of(event),
        "status": status,
        "testmode": order.test,
        "secret": f"order{order.number}secret",
        "email": order.buyer.email,
        "phone": order.buyer.phone,
        "locale": "en",
        "customer": None,
        "datetime": utc(order.placed_at),
        "expires": utc(order.placed_at),
        "last_modified": utc(order.updated_at),
        "cancellation_date": utc(order.updated_at) if order.status == "cancelled" or order.given_back else None,
        "payment_date": f"{order.payments[0].at:%Y-%m-%d}" if order.paid else None,
        "payment_provider": "stripe",
        "sales_channel": "web",
        "fees": fees,
        "total": major(total),
        "comment": "",
        "api_meta": {},
        "checkin_attention": False,
        "invoice_address": invoice_address(order),
        "require_approval": False,
        "valid_if_pending": False,
        "url": f"{ask.root}/{ORGANIZER}/{slug_of(event)}/order/{order_id(order)}/",
        "positions": [position_row(box, one) for one in shown],
        "downloads": [],
        "payments": payment_rows(order),
        "refunds": refund_rows(order),
    }


def fee_rows(order: Order, service: Decimal) -> list[Row]:
    found = (("service", service), ("cancellation", order.cancellation_fee))
    return [
        {
            "fee_type": kind,
            "value": major(value),
            "description": "",
            "internal_type": "",
            "tax_rate": "0.00",
            "tax_value": "0.00",
            "tax_rule": None,
            "canceled": False,
        }
        for kind, value in found
        if value
    ]


def payment_rows(order: Order) -> list[Row]:
    state = {"paid": "refunded" if order.given_back else "confirmed", "pending": "pending", "failed": "failed"}
    rows = [
        {
            "local_id": at,
            "state": state[payment.state],
            "amount": major(payment.amount),
            "created": utc(order.placed_at),
            "payment_date": utc(payment.at) if payment.state == "paid" else None,
            "provider": "stripe",
            "payment_url": None,
            "details": {},
        }
        for at, payment in enumerate(order.payments, 1)
    ]
    # An order that costs nothing is paid all the same.
    free = {"local_id": 1, "state": "confirmed", "amount": "0.00", "provider": "free", "payment_url": None, "details": {}}
    times = {"created": utc(order.placed_at), "payment_date": utc(order.placed_at)}
    return rows or [free | times]


def refund_rows(order: Order) -> list[Row]:
    return [
        {
            "local_id": at,
            "state": {"done": "done", "pending": "created", "failed": "failed"}[refund.state],
            "source": "admin",
            "amount": major(refund.amount),
            "payment": 1,
            "created": utc(refund.at),
            "execution_date": utc(refund.at) if refund.state == "done" else None,
            "comment": None,
            "provider": "stripe",
            "details": {},
        }
        for at, refund in enumerate(order.refunds, 1)
    ]


def invoice_address(order: Order) -> Row | None:
    if order.buyer.name is None:
        return None
    empty = dict.fromkeys(("company", "street", "zipcode", "city", "country", "state", "vat_id", "internal_reference"), "")
    return {
        "last_modified": utc(order.placed_at),
        "is_business": False,
        "name": order.buyer.name,
        "name_parts": name_parts(order.buyer),
        **empty,
        "vat_id_validated": False,
    }


def name_parts(person: Person) -> Row:
    parts = {"given_name": person.first_name or "", "family_name": person.last_name or ""}
    return {"_scheme": "given_family", **parts} if person.name else {}


def position_row(box: BoxOffice, issued: Issued) -> Row:
    order, ticket = issued
    event, kind, holder = box.event(order.event), box.ticket_type(ticket.ticket_type), ticket.holder
    net = ticket.price - ticket.tax
    at = utc(ticket.checked_in_at)
    return {
        "id": ticket.number,
        "order": order_id(order),
        "positionid": order.tickets.index(ticket) + 1,
        "item": item_number(kind),
        "variation": kind.number if kind.group else None,
        "price": major(ticket.price),
        "attendee_name": holder.name,
        "attendee_name_parts": name_parts(holder),
        "attendee_email": holder.email,
        "voucher": None,
        "discount": None,
        "tax_rate": major((100 * ticket.tax / net).quantize(Decimal(1)) if net else NOTHING),
        "tax_value": major(ticket.tax),
        "tax_rule": None,
        "secret": ticket.barcode,
        "pseudonymization_id": f"P{ticket.number:09}",
        "addon_to": None,
        "subevent": event.number if event.series else None,
        "checkins": [{"id": ticket.number, "list": 1, "type": "entry", "datetime": at, "gate": None}] if at else [],
        "downloads": [],
        "answers": [
            {"question": number, "question_identifier": f"Q{number}", "answer": answer, "options": []}
            for number, (_, answer) in enumerate(ticket.answers, 1)
        ],
        "seat": None,
        **dict.fromkeys(("company", "street", "zipcode", "city", "country", "state", "valid_from", "valid_until")),
        "blocked": None,
        "canceled": cancelled(issued),
    }


def wants(ask: Ask, name: str) -> bool:
    return ask.query.get(name) == "true"


def ordered(ask: Ask, records: list[T], default: str, keys: Mapping[str, Callable[[T], Any]]) -> list[T]:
    name = ask.query.get("ordering", default)
    key = keys.get(name.removeprefix("-"), keys[default])
    return sorted(records, key=key, reverse=name.startswith("-"))


def orders_here(ask: Ask) -> list[Order]:
    """Give the orders of the event in the path, or of all."""
    if "event" in ask.parts:
        return [order for event in shop_of(ask).dates for order in ask.box.orders_of(event)]
    return ask.box.orders


def events(ask: Ask) -> Answer:
    found = [
        shop
        for shop in shops(ask.box).values()
        if asked(ask, live=shop.dates[0].status in ("live", "completed"), has_subevents=shop.series, testmode=False)
    ]
    keys: dict[str, Callable[[Shop], Any]] = {
        "slug": lambda shop: shop.slug,
        "date_from": lambda shop: shop.dates[0].starts_at,
    }
    return listing(ask, ordered(ask, found, "slug", keys), lambda shop: event_row(ask, shop))


def settings(ask: Ask) -> Row:
    event = shop_of(ask).dates[0]
    text = {"frontpage_text": words(event, event.description) or {}, "contact_mail": "office@example.org"}
    return {"timezone": event.timezone, "og_image": event.image_url, "logo_image": None, **text}


def subevents(ask: Ask) -> Answer:
    dates = shop_of(ask).dates if "event" in ask.parts else tuple(ask.box.events)
    changed = since(ask, "modified_since")
    return listing(ask, [event for event in dates if event.series and event.updated_at >= changed], subevent_row)


def items(ask: Ask) -> Answer:
    return listing(ask, [row for row in item_rows(shop_of(ask)) if asked(ask, active=row["active"])], dict)


def quotas(ask: Ask) -> Answer:
    return listing(ask, list(quota_rows(ask.box, shop_of(ask))), lambda quota: quota_row(ask, *quota))


def orders(ask: Ask) -> Answer:
    changed, created = since(ask, "modified_since"), since(ask, "created_since")
    before = since(ask, "created_before") if "created_before" in ask.query else None
    found = [
        order
        for order in orders_here(ask)
        if order.updated_at >= changed
        and order.placed_at >= created
        and (before is None or order.placed_at < before)
        and asked(ask, status=order_status(order), testmode=order.test, email=order.buyer.email, code=order_id(order))
        and asked(ask, subevent=ask.box.event(order.event).number)
    ]
    keys: dict[str, Callable[[Order], Any]] = {
        "datetime": lambda order: order.placed_at,
        "last_modified": lambda order: order.updated_at,
        "code": order_id,
        "status": order_status,
    }
    return listing(ask, ordered(ask, found, "datetime", keys), lambda order: order_row(ask, order))


def positions(ask: Ask) -> Answer:
    found = [
        issued
        for issued in ask.box.issued(sorted(orders_here(ask), key=lambda order: order.placed_at))
        if (wants(ask, "include_canceled_positions") or not cancelled(issued)) and position_asked(ask, issued)
    ]
    return listing(ask, found, lambda issued: position_row(ask.box, issued))


def position_asked(ask: Ask, issued: Issued) -> bool:
    order, ticket = issued
    kind = ask.box.ticket_type(ticket.ticket_type)
    return asked(
        ask,
        order=order_id(order),
        order__status=order_status(order),
        item=item_number(kind),
        variation=kind.number if kind.group else None,
        subevent=ask.box.event(order.event).number,
        has_checkin=ticket.checked_in_at is not None,
        secret=ticket.barcode,
    )


def one_order(ask: Ask) -> Row:
    return order_row(ask, ask.one(orders_here(ask), order_id))


ACCOUNT = "/api/v1/organizers/{organizer}/"
EVENT = ACCOUNT + "events/{event}/"

SERVICE = Service(
    slug="pretix",
    routes=(
        Route("GET", "/api/v1/version", lambda ask: {"pretix": "2026.8.0", "pretix_numeric": 20260800000000}),
        Route("GET", ACCOUNT, lambda ask: {"name": "Lampions", "slug": ORGANIZER, "public_url": f"{ask.root}/{ORGANIZER}/"}),
        Route("GET", ACCOUNT + "events/", events, rows="results", status="live"),
        Route("GET", EVENT, lambda ask: event_row(ask, shop_of(ask)) | {"valid_keys": {}}),
        Route("GET", EVENT + "settings/", settings),
        Route("GET", ACCOUNT + "subevents/", subevents, rows="results"),
        Route("GET", EVENT + "subevents/", subevents, rows="results"),
        Route("GET", EVENT + "items/", items, rows="results"),
        Route("GET", EVENT + "quotas/", quotas, rows="results"),
        Route("GET", ACCOUNT + "orders/", orders, rows="results"),
        Route("GET", EVENT + "orders/", orders, rows="results"),
        Route("GET", EVENT + "orders/{id}/", one_order),
        Route("GET", ACCOUNT + "orderpositions/", positions, rows="results"),
        Route("GET", EVENT + "orderpositions/", positions, rows="results"),
    ),
    credentials={"apiKey": KEY, "organizer": ORGANIZER},
    admit=admit,
    error=error,
    shape=Shape(next="next", next_is_link=True),
    trailing_slash=True,
    not_carried=NOT_CARRIED,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

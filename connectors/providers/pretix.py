"""pretix, hosted or self-hosted. Numbered pages of at most 50; decimal text; names by language; quotas shared by items.

Docs: docs.pretix.eu/en/latest/api. Orders carry no currency: it is the event's. A cancelled order whose fee was kept stays paid
with the fee as its total. Money moved between split orders (`offsetting`) was neither paid nor given back. Payments and
refunds that leave an order's status alone do not touch its change time.
"""

from collections.abc import Iterable
from decimal import Decimal

from connectors.auth import Header
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket, Venue
from connectors.money import added, order_status, zero
from connectors.pagers import Pages
from connectors.provider import GET, Credential, Filter, Join, Lookup, Option, Provider, Since, Stream
from connectors.row import Row

ORDER = {"n": "pending", "p": "paid", "e": "expired", "c": "cancelled"}
PAID, GIVEN_BACK = ("confirmed", "refunded"), ("done", "transit", "created")
AT = "/organizers/{organizer}/events/{event}"

pages = Pages("page", "page_size", largest=50, count="count", more="next")


def words(row: Row, path: str) -> str | None:
    """Text by language: the connection's locale, else English, else the first."""
    said = row.value(path)
    if not isinstance(said, dict):
        return row.text(path)
    return next((word for word in (said.get(row.option("locale")), said.get("en"), *said.values()) if word), None)


def event(row: Row) -> UnifiedEvent:
    place = words(row, "location")
    return UnifiedEvent(
        id=row.id("slug"),
        name=words(row, "name"),
        status="live" if row.flag("live") else "draft",
        starts_at=row.moment("date_from"),
        ends_at=row.moment("date_to"),
        timezone=row.text("timezone"),
        venue=Venue(
            name=place.splitlines()[0] if place else None,
            address=place,
            latitude=row.decimal("geo_lat"),
            longitude=row.decimal("geo_lon"),
        ),
        url=row.text("public_url"),
        currency=row.currency("currency"),
    )


def item(row: Row) -> UnifiedTicket | None:
    """Merchandise is no ticket; an item with variations is sold as those."""
    if row.flag("has_variations") or row.flag("admission") is False:
        return None
    return _ticket(row, row, row.joined("by_item", row.id()), row.id(), words(row, "name"))


def variation(row: Row) -> UnifiedTicket | None:
    if row.up.flag("admission") is False:
        return None
    name = f"{words(row.up, 'name')} – {words(row, 'value')}"
    return _ticket(row, row.up, row.joined("by_variation", row.id()), f"{row.up.id()}-{row.id()}", name)


def _ticket(row: Row, item: Row, quotas: list[Row], id: str, name: str | None) -> UnifiedTicket:
    currency, sold = row.event.currency("currency"), row.looked_up("sold")
    left = _smallest(quotas, "available_number")
    on_sale = item.flag("active") and row.flag("active")
    closed = left == 0 or any(quota.flag("closed") for quota in quotas)
    return UnifiedTicket(
        id=id,
        event_id=row.event.id("slug"),
        name=name,
        description=words(row, "description") or words(item, "description"),
        price=row.major("price", "default_price", currency=currency),
        currency=currency,
        quantity_total=_smallest(quotas, "size"),
        quantity_sold=sold.whole("count") if sold else None,
        quantity_available=left,
        status="off_sale" if not on_sale else "sold_out" if closed else "on_sale",
        sales_start=row.moment("available_from") or item.moment("available_from") or row.event.moment("presale_start"),
        sales_end=row.moment("available_until") or item.moment("available_until") or row.event.moment("presale_end"),
    )


def _smallest(quotas: list[Row], path: str) -> int | None:
    """The tightest quota of each date of a series, added up. None is unlimited, or no quota at all."""
    dates: dict[str | None, list[int]] = {quota.ref("subevent"): [] for quota in quotas}
    for quota in quotas:
        if (number := quota.whole(path)) is not None:
            dates[quota.ref("subevent")].append(number)
    limits = [min(numbers, default=None) for numbers in dates.values()]
    known = [limit for limit in limits if limit is not None]
    return sum(known) if known and len(known) == len(limits) else None


def attendee(row: Row) -> UnifiedAttendee | None:
    if not _admits(row):
        return None
    order = row.up
    entries = [scan.moment("datetime") for scan in row.rows("checkins[]") if scan.text("type") in ("entry", None)]
    main = next((one for one in order.rows("positions[]") if one.ref("id") == row.ref("addon_to")), row)
    currency, variation = row.event.currency("currency"), row.ref("variation")
    return UnifiedAttendee(
        id=row.id(),
        event_id=order.ref("event") or row.event.ref("slug"),
        order_id=order.id("code"),
        ticket_id=f"{row.id('item')}-{variation}" if variation else row.ref("item"),
        first_name=row.text("attendee_name_parts.given_name", "attendee_name_parts.calling_name"),
        last_name=row.text("attendee_name_parts.family_name"),
        name=row.text("attendee_name") or main.text("attendee_name") or order.text("invoice_address.name"),
        email=row.text("attendee_email") or order.text("email"),
        phone=order.text("phone"),
        status=_position_status(row, order),
        checked_in=bool(entries),
        checked_in_at=min(filter(None, entries), default=None),
        purchased_at=order.moment("datetime"),
        price=row.major("price", currency=currency),
        currency=currency,
        barcode=row.text("secret"),
        answers=row.pairs("answers", "question_identifier", "answer"),
        created_at=order.moment("datetime"),
        updated_at=order.moment("last_modified"),
    )


def _admits(position: Row) -> bool:
    items = position.joined("items", position.ref("item"))
    return not items or items[0].flag("admission") is not False


def _position_status(row: Row, order: Row):
    if row.flag("canceled") or order.text("status") in ("c", "e"):
        row.choice("status", {})
        return "cancelled"
    return "valid" if order.flag("valid_if_pending") or order.text("status") == "p" else "pending"


def order(row: Row) -> UnifiedOrder:
    currency = row.event.currency("currency")
    paid = _moved(row, "payments[]", PAID, currency)
    refunded = _moved(row, "refunds[]", GIVEN_BACK, currency)
    standing = [one for one in row.rows("positions[]") if not one.flag("canceled")]
    fees = [one for one in row.rows("fees[]") if not one.flag("canceled")]
    status = row.choice("status", ORDER)
    cancelled = status == "cancelled" or (row.has("cancellation_date") and not standing)
    sold = status == "paid"
    event_id = row.ref("event") or row.event.ref("slug")
    lines = tuple(_line(one, event_id, currency) for one in standing)
    return UnifiedOrder(
        id=row.id("code"),
        status=order_status(paid, refunded, cancelled) if sold or cancelled else status,
        test=bool(row.flag("testmode")),
        buyer_name=row.text("invoice_address.name"),
        buyer_email=row.text("email"),
        placed_at=row.moment("datetime"),
        total=row.major("total", currency=currency),
        tax=_tax([*standing, *fees], currency) if status in ("paid", "pending") else zero(currency),
        paid=paid,
        refunded=refunded,
        currency=currency,
        ticket_count=sum(1 for one in standing if _admits(one)) if sold else 0,
        lines=lines,
        event_ids=(event_id,) if event_id else (),
        created_at=row.moment("datetime"),
        updated_at=row.moment("last_modified"),
    )


def _moved(row: Row, path: str, states: tuple[str, ...], currency: str | None) -> Decimal:
    real = [one for one in row.rows(path) if one.text("state") in states and one.text("provider") != "offsetting"]
    return added([zero(currency), *(one.major("amount", currency=currency) for one in real)]) or zero(currency)


def _tax(parts: Iterable[Row], currency: str | None) -> Decimal | None:
    return added([zero(currency), *(part.major("tax_value", currency=currency) for part in parts)])


def _line(row: Row, event_id: str | None, currency: str | None) -> OrderLine:
    variation = row.ref("variation")
    return OrderLine(
        event_id=event_id,
        ticket_id=f"{row.id('item')}-{variation}" if variation else row.ref("item"),
        quantity=1,
        amount=row.major("price", currency=currency),
        tax=row.major("tax_value", currency=currency),
    )


def orders(rows: str, mapping, **more) -> Stream:
    """Walked by purchase, an order that does not change when orders do."""
    query = {"include_canceled_positions": "true", "include_canceled_fees": "true", "ordering": "datetime"}
    return Stream(
        GET(f"{AT}/orders/", **query),
        rows,
        mapping,
        wide=GET("/organizers/{organizer}/orders/", **query),
        pager=pages,
        since=Since("changed", "modified_since"),
        event="event",
        join={"items": Join("items", key="id")},
        **more,
    )


def sold(name: str) -> dict[str, Lookup]:
    counted = GET(f"{AT}/orderpositions/", order__status="p", page_size="1", **{name: "{row.id}"})
    return {"sold": Lookup(counted)}


provider = Provider(
    slug="pretix",
    name="Pretix",
    website="https://pretix.eu",
    docs="https://docs.pretix.eu/en/latest/api/index.html",
    base="{baseUrl}/api/v1",
    auth="api_key",
    sign=Header(Authorization="Token {apiKey}"),
    credentials=(
        Credential("apiKey", "Organizer → Teams → a team → API tokens"),
        Credential("baseUrl", "The address of your pretix, such as https://pretix.eu", secret=False),
        Credential("organizer", "The organizer's short form, as in your shop's address", secret=False),
    ),
    enough=(("apiKey", "baseUrl", "organizer"),),
    options=(Option("locale", "Which language names are given in", "en"),),
    health=GET("/organizers/{organizer}/"),
    rate_limit=(360, 60),
    streams={
        "events": Stream(
            GET("/organizers/{organizer}/events/"),
            "results",
            event,
            pager=pages,
            exact=True,
            filters={
                "starts_after": Filter("date_from_after", format="iso"),
                "starts_before": Filter("date_from_before", format="iso"),
                "status": Filter("live", words={"live": "true", "draft": "false"}),
            },
        ),
        "event": Stream(GET(f"{AT}/"), "", event),
        "items": Stream(GET(f"{AT}/items/"), "results", pager=pages),
        "quotas": Stream(GET(f"{AT}/quotas/", with_availability="true"), "results", pager=pages),
        "tickets": (
            Stream(
                GET(f"{AT}/items/"),
                "results",
                item,
                pager=pages,
                event="event",
                join={"by_item": Join("quotas", key="items[]")},
                lookup=sold("item"),
            ),
            Stream(
                GET(f"{AT}/items/"),
                "results[].variations[]",
                variation,
                pager=pages,
                event="event",
                join={"by_variation": Join("quotas", key="variations[]")},
                lookup=sold("variation"),
            ),
        ),
        "attendees": orders("results[].positions[]", attendee),
        "orders": orders("results", order, basis="payments", unreported=("fees",)),
    },
    limitations=(
        "Events cannot be asked for by change.",
        "A refund or payment that leaves an order's status alone does not count as a change of the order.",
        "Sold counts include test orders. A series is one event; its dates are not told apart.",
        "What the host or the payment provider keeps is not in the API, so fees are unknown.",
    ),
)

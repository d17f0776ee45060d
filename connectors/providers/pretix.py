"""pretix, hosted or self-hosted. Numbered pages of at most 50; decimal text; names by language; quotas shared by items.

Docs: docs.pretix.eu/en/latest/api. Orders carry no currency: it is the event's. A cancelled order whose fee was kept
stays paid, with the fee as its total. Money moved between split orders (`offsetting`) was neither paid nor given back.
Merchandise is no ticket, and who bought it no attendee. Items, variations and quotas, positions and add-ons: longer
than others, as what one platform has in one record is five here.
"""

from collections.abc import Mapping
from typing import Any

from connectors.auth import Header
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket, Venue
from connectors.money import zero
from connectors.pagers import Pages
from connectors.provider import GET, Credential, Filter, Join, Lookup, Meaning, Option, Provider, Since, Stamps, Stream
from connectors.row import Row, earliest, in_major, vocabulary
from connectors.webhook import About, Webhook

ORDER = vocabulary(pending="n", paid="p", expired="e", cancelled="c")
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
    venue = Venue(name=place.splitlines()[0] if place else None, address=place,
                  latitude=row.decimal("geo_lat"), longitude=row.decimal("geo_lon"))
    return UnifiedEvent(
        id=row.id("slug"), name=words(row, "name"), status="live" if row.flag("live") else "draft",
        starts_at=row.moment("date_from"), ends_at=row.moment("date_to"), timezone=row.text("timezone"),
        venue=venue, url=row.text("public_url"), currency=row.currency("currency"))


def item(row: Row) -> UnifiedTicket | None:
    """An item with variations is sold as those."""
    return None if row.flag("has_variations") else ticket(row, row, row.joined("quotas", row.id()))


def variation(row: Row) -> UnifiedTicket | None:
    return ticket(row, row.up, row.joined("quotas", row.ref("id")))


def ticket(row: Row, item: Row, quotas: list[Row]) -> UnifiedTicket | None:
    if item.flag("admission") is False:
        return None
    event, currency, left = row.event, row.event.currency("currency"), smallest(quotas, "available_number")
    name, value, sold = words(item, "name"), words(row, "value"), row.looked_up("sold")
    closed = left == 0 or any(quota.flag("closed") for quota in quotas)
    hidden = item.flag("hide_without_voucher") or row.flag("hide_without_voucher")
    return UnifiedTicket(
        id=row.id() if row is item else f"{item.id()}-{row.id()}", event_id=event.id("slug"),
        name=f"{name} – {value}" if value else name,
        description=words(row, "description") or words(item, "description"),
        price=row.major("price", "default_price", currency=currency), currency=currency,
        quantity_total=smallest(quotas, "size"), quantity_available=left,
        quantity_sold=sold.whole("count") if sold else None,
        status="off_sale" if not (item.flag("active") and row.flag("active")) else "hidden" if hidden
        else "sold_out" if closed else "on_sale",
        sales_start=row.moment("available_from") or item.moment("available_from") or event.moment("presale_start"),
        sales_end=row.moment("available_until") or item.moment("available_until") or event.moment("presale_end"))


def smallest(quotas: list[Row], path: str) -> int | None:
    """The tightest quota of each date of a series, added up. None is unlimited, or in no quota at all."""
    dates: dict[str | None, list[int]] = {quota.ref("subevent"): [] for quota in quotas}
    for quota in quotas:
        if (number := quota.whole(path)) is not None:
            dates[quota.ref("subevent")].append(number)
    return sum(map(min, dates.values())) if dates and all(dates.values()) else None


def attendee(row: Row) -> UnifiedAttendee | None:
    if not admits(row):
        return None
    order, currency = row.up, row.event.currency("currency")
    entries = [scan.moment("datetime") for scan in row.rows("checkins[]") if scan.text("type") in ("entry", None)]
    said = order.choice("status", ORDER)
    valid = said == "paid" or order.flag("valid_if_pending")
    main = next((one for one in order.rows("positions[]") if one.ref("id") == row.ref("addon_to")), row)
    return UnifiedAttendee(
        id=row.id(), event_id=order.ref("event") or row.event.ref("slug"), order_id=order.id("code"),
        ticket_id=kind(row), ticket_name=kind_name(row),
        first_name=row.text("attendee_name_parts.given_name", "attendee_name_parts.calling_name"),
        last_name=row.text("attendee_name_parts.family_name"),
        name=row.text("attendee_name") or main.text("attendee_name") or order.text("invoice_address.name"),
        email=row.text("attendee_email") or order.text("email"), phone=order.text("phone"),
        status="cancelled" if row.flag("canceled") or said in ("cancelled", "expired") else "valid" if valid
        else "pending" if said == "pending" else "unknown", status_raw=order.text("status"),
        checked_in=bool(entries), checked_in_at=earliest(entries),
        purchased_at=order.moment("datetime"), price=row.major("price", currency=currency), currency=currency,
        barcode=row.text("secret"), answers=row.pairs("answers", "question_identifier", "answer"),
        updated_at=order.moment("last_modified"))


def kind_name(position: Row) -> str | None:
    item = position.linked("items", "item")
    variations = (one for one in item.rows("variations[]") if one.ref("id") == position.ref("variation"))
    return " – ".join(filter(None, (words(item, "name"), *(words(one, "value") for one in variations)))) or None


def kind(position: Row) -> str | None:
    """The ticket type of a position: its item, or one of the item's variations."""
    return "-".join(filter(None, (position.ref("item"), position.ref("variation")))) or None


def admits(position: Row) -> bool:
    return position.linked("items", "item").flag("admission") is not False


def order(row: Row) -> UnifiedOrder:
    currency, said = row.event.currency("currency"), row.choice("status", ORDER)
    standing = [one for one in row.rows("positions[]") if not one.flag("canceled")]
    fees = [one for one in row.rows("fees[]") if not one.flag("canceled")]
    amount = in_major(currency)
    moved = {path: [one for one in row.rows(f"{path}[]")
                    if one.text("state") in states and one.text("provider") != "offsetting"]
             for path, states in (("payments", PAID), ("refunds", GIVEN_BACK))}
    emptied = row.has("cancellation_date") and not standing
    return UnifiedOrder(
        id=row.id("code"), test=bool(row.flag("testmode")), buyer_name=row.text("invoice_address.name"),
        status="cancelled" if emptied else said,
        buyer_email=row.text("email"), placed_at=row.moment("datetime"), total=amount(row, "total"),
        tax=amount.sum_or_zero([*standing, *fees], "tax_value") if said in ("paid", "pending") else zero(currency),
        paid=amount.sum_or_zero(moved["payments"], "amount"), currency=currency,
        refunded=amount.sum_or_zero(moved["refunds"], "amount"),
        ticket_count=sum(map(admits, standing)) if said in ("paid", "pending") else 0, event_ids=row.refs("event"),
        lines=tuple(OrderLine(ticket_id=kind(one), quantity=1, amount=amount(one, "price"),
                              tax=amount(one, "tax_value")) for one in standing))


def orders(rows: str, meaning: Meaning, asked: Mapping[str, str] | None = None, **more: Any) -> Stream:
    """Walked by purchase, an order that stays when orders change. Only test orders are ever deleted."""
    query = {"include_canceled_positions": "true", "include_canceled_fees": "true", "ordering": "datetime"}
    query |= asked or {}
    return Stream(GET(f"{AT}/orders/", **query), rows, meaning, wide=GET("/organizers/{organizer}/orders/", **query),
                  pager=pages, since=Since("changed", "modified_since"), event="event",
                  join={"items": Join("items", key="id")}, **more)


def tickets(rows: str, meaning: Meaning, name: str) -> Stream:
    count = GET(f"{AT}/orderpositions/", order__status="p", page_size="1", **{name: "{row.id}"})
    return Stream(GET(f"{AT}/items/"), rows, meaning, pager=pages, event="event",
                  join={"quotas": Join("quotas", key=f"{name}s[]")}, lookup={"sold": Lookup(count)})


provider = Provider(
    slug="pretix", name="Pretix", website="https://pretix.eu", docs="https://docs.pretix.eu/en/latest/api/index.html",
    base="{baseUrl}/api/v1", auth="api_key", sign=Header(Authorization="Token {apiKey}"), rate_limit=(360, 60),
    stamps=Stamps(updated="last_modified"),
    credentials=(
        Credential("apiKey", "Organizer → Teams → a team → API tokens"),
        Credential("baseUrl", "The address of your pretix, such as https://pretix.eu", secret=False),
        Credential("organizer", "The organizer's short form, as in your shop's address", secret=False)),
    enough=(("apiKey", "baseUrl", "organizer"),),
    options=(Option("locale", "Which language names are given in", "en"),),
    health=GET("/organizers/{organizer}/"), hides_unknown=True,
    webhook=Webhook(
        type="action", delivery="notification_id",
        told={"pretix.event.order.*": About("order", "code", "event"),
              "pretix.event.checkin*": About("attendee", "orderposition_id", "event"),
              "pretix.event.item.*": About("ticket", None, "event"),
              "pretix.event.quota.*": About("ticket", None, "event"), "pretix.subevent.*": About("event", "event"),
              **{f"pretix.event.{word}": About("event", "event")
                 for word in ("added", "changed", "deleted", "live.*", "testmode.*")}}),
    streams={
        "events": Stream(GET("/organizers/{organizer}/events/"), "results", event, pager=pages, exact=True, filters={
            "starts_after": Filter("date_from_after", format="iso"),
            "starts_before": Filter("date_from_before", format="iso"),
            "status": Filter("live", words={"live": "true", "draft": "false"})}),
        "event": Stream(GET(f"{AT}/"), "", event),
        "items": Stream(GET(f"{AT}/items/"), "results", pager=pages),
        "quotas": Stream(GET(f"{AT}/quotas/", with_availability="true"), "results", pager=pages),
        "tickets": (tickets("results", item, "item"), tickets("results[].variations[]", variation, "variation")),
        "attendees": orders("results[].positions[]", attendee),
        "orders": orders("results", order),
        "sales": orders("results", order, {"testmode": "false"}, basis="payments", unreported=("fees",))},
    limitations=(
        "Events cannot be asked for by change.",
        "A test order that is deleted while orders are read can hide another one; revenue leaves test orders out.",
        "A refund or payment that leaves an order's status alone does not count as a change of the order.",
        "Sold counts include test orders. A series is one event; its dates are not told apart.",
        "What the host or the payment provider keeps is not in the API, so fees are unknown."))

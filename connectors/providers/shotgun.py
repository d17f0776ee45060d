"""Shotgun. Two hosts with one token, which holds the organiser's id; coming and past events are two listings; cents in
tickets, euros in ticket types.

Docs: Shotgun's "Tickets API" and "Organizer events API" pages. There is no call for one event. A ticket that was sold
on is `resold`, and its buyer has a valid one of their own: only that counts. The buyer pays the price and the user's
service fee; who bears the organiser's service fee is not said.
"""

from typing import Any

from connectors.auth import Header, Query
from connectors.issued import Issued, order_of
from connectors.models import UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import included, plus
from connectors.pagers import Cursor, Pages
from connectors.provider import GET, Credential, Filter, Join, Option, Provider, Scope, Since, Stream
from connectors.row import Row, in_minor, latest, vocabulary
from connectors.shared import COUNT_SOLD

TICKET = vocabulary(
    valid="valid", transferred="resold", refunded="refunded", cancelled="canceled rejected",
    pending="pending_approval pending_organizer_approval payment_plan_pending")


def event(row: Row) -> UnifiedEvent:
    return UnifiedEvent(
        id=row.id(), name=row.text("name"), description=row.plain("description"),
        status="cancelled" if row.has("cancelledAt") else "live" if row.has("publishedAt") else "draft",
        starts_at=row.moment("startTime"), ends_at=row.moment("endTime"), timezone=row.text("timezone"),
        venue=row.venue("geolocation", "city", "latitude", "longitude", name="venue", address="street", region="area",
                        postal_code="zipCode", country=("countryIsoCode", "country")),
        url=row.text("url"), image_url=row.text("coverUrl", "coverThumbnailUrl"), currency=row.option("currency"),
        capacity=row.whole("deals[].quantity"), category=row.text("genres[0].name", "genres[0]"),
        updated_at=row.moment("updatedAt"))


def ticket(row: Row) -> UnifiedTicket:
    issued, currency = row.joined("issued", row.ref("product_id")), row.event.option("currency")
    return UnifiedTicket(
        id=row.id("product_id"), event_id=row.event.id(), name=row.text("name"), description=row.plain("description"),
        price=row.major("price", currency=currency), fee=row.major("user_fees", currency=currency), currency=currency,
        quantity_total=row.whole("quantity"),
        quantity_sold=[one.choice("ticket_status", TICKET) for one in issued].count("valid")
        if row.option("count_sold") else None)


def attendee(row: Row) -> UnifiedAttendee:
    currency = row.currency("currency")
    return UnifiedAttendee(
        id=row.id("ticket_id"), event_id=row.ref("event_id"), order_id=row.ref("order_id"),
        ticket_id=row.ref("deal_id"), ticket_name=row.text("deal_title"),
        first_name=row.text("contact_first_name"), last_name=row.text("contact_last_name"),
        email=row.text("contact_email"), phone=row.text("contact_phone"),
        status=row.choice("ticket_status", TICKET), checked_in=row.has("ticket_scanned_at"),
        checked_in_at=row.moment("ticket_scanned_at"), purchased_at=row.moment("ordered_at", zone="UTC"),
        price=row.minor("deal_price", currency=currency), currency=currency, barcode=row.text("ticket_scan_code"),
        updated_at=row.moment("ticket_updated_at"))


def issued(row: Row) -> Issued:
    """The buyer pays the price and a fee of the platform's."""
    currency = row.currency("currency")
    amount = in_minor(currency)
    price, fee = amount(row, "deal_price"), amount(row, "deal_user_service_fee")
    return Issued(
        id=row.id("ticket_id"), order=row.id("order_id"), event=row.ref("event_id"), kind=row.ref("deal_id"),
        status=row.choice("ticket_status", TICKET), said=row.said, currency=currency, amount=plus(price, fee), fee=fee,
        tax=included(price, row.rate("deal_vat_rate"), currency))


def order(rows: list[Row]) -> UnifiedOrder:
    row = rows[0]
    return order_of(
        row.id("order_id"), row.currency("currency"), map(issued, rows), fees=None,
        buyer_name=row.name("contact_first_name", "contact_last_name"), buyer_email=row.text("contact_email"),
        placed_at=row.moment("ordered_at", zone="UTC"),
        updated_at=latest(one.moment("ticket_updated_at") for one in rows))


def events(**query: str) -> Stream:
    return Stream(GET("/organizers/{organizer_id}/events", host="smartboard", **query), "data", event,
                  pager=Pages("page", "limit", largest=100, first=0), since=Since("changed", "updated_after"),
                  filters={"q": Filter("name")}, evidence="partial")


def tickets(meaning: Any, since: Since, **more: Any) -> Stream:
    """Co-hosted events have no tickets unless they are asked for."""
    call = GET("/tickets", organizer_id="{organizer_id}", event_id="{event}", include_cohosted_events="1")
    return Stream(call, "data", meaning, pager=Cursor("after", link="pagination.next"), since=since,
                  wide=None if "group" in more else call, **more)


changed = Since("changed", "after")
provider = Provider(
    slug="shotgun", name="Shotgun", website="https://shotgun.live", docs="https://developers.shotgun.live",
    base="https://api.shotgun.live", hosts={"smartboard": "https://smartboard-api.shotgun.live/api/shotgun"},
    auth="api_key", sign={"api": Header(Authorization="Bearer {apiKey}"), "smartboard": Query(key="{apiKey}")},
    credentials=(Credential("apiKey", "Smartboard → Settings → Integrations → Shotgun APIs"),),
    rate_limit=(100, 60),
    options=(
        Option("organizer_id", "Your organiser id, shown beside the key; needed only where the key does not hold it"),
        Option("currency", "The currency of your prices, as events do not tell it", type="currency"), COUNT_SOLD),
    scopes=(Scope("organizer_id", value="organizerId", take="one"),),
    health=GET("/organizers/{organizer_id}/events", host="smartboard", limit="1"),
    streams={
        "events": (events(), events(past_events="true")),
        "tickets": Stream(None, "deals?", ticket, inside=True, evidence="partial",
                          join={"issued": Join("attendees", "deal_id", when="count_sold")}),
        "attendees": tickets(attendee, changed),
        "orders": tickets(order, Since("client", by="ticket_updated_at"), group="order_id"),
        "sales": tickets(issued, changed, basis="tickets", unreported=("the organiser's service fee",))},
    limitations=(
        "A key that belongs to another organiser brings empty lists, not an error. A key made before July 2025 is not "
        "taken for events.",
        "A ticket that another company scanned is not checked in here.",
        "Orders are put together from their tickets, so all tickets of an event are read for them.",
        "Cancelled tickets count nowhere: whether their money was given back is not said."))

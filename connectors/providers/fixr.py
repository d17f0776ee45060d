"""FIXR. The path of an event's attendees and the fields of an event are known; lists, statuses and money are assumed.

Docs: docs.fixr.co says that there is an API token and how often it may be used; all code that was seen sends it after
`Token`, the reference after `Bearer`. Amounts are in major units. A ticket costs its price and a booking fee on top,
which FIXR keeps. A booking is its tickets: they have one reference, and no ids of their own.
"""

from decimal import Decimal
from typing import Any

from connectors.auth import Header
from connectors.issued import Issued, order_of
from connectors.models import AttendeeStatus, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import plus
from connectors.pagers import Offset
from connectors.provider import GET, Credential, Join, Option, Provider, Since, Stream
from connectors.row import Row, in_major, vocabulary
from connectors.shared import COUNT_SOLD
from connectors.webhook import Shared, Webhook

EVENT = vocabulary(live="live published", completed="ended", draft="draft", cancelled="cancelled canceled",
                   postponed="postponed")
TICKET = vocabulary(valid="valid active paid scanned", pending="pending", refunded="refunded",
                    cancelled="cancelled canceled", transferred="transferred")
AT = "/organiser/accounts/{accountId}/events"
LISTS = ("data", "results", "[]")
pages = Offset("offset", "limit", 100, count="count")
changed = Since("client", by="updated_at")


def event(row: Row) -> UnifiedEvent:
    zone = row.text("timezone")
    return UnifiedEvent(
        id=row.id(), name=row.text("name"), description=row.plain("description"), status=row.choice("status", EVENT),
        starts_at=row.moment("open_time", zone=zone), ends_at=row.moment("close_time", zone=zone), timezone=zone,
        venue=row.venue("venue", name=("name", ""), address="address", city="city", postal_code="postcode"),
        url=row.text("url"), image_url=row.text("event_image"), currency=currency_of(row),
        updated_at=row.moment("updated_at", zone=zone))


def currency_of(event: Row) -> str | None:
    return event.currency("currency", "tickets[0].currency")


def ticket(row: Row) -> UnifiedTicket:
    currency, issued = row.currency("currency") or currency_of(row.event), row.joined("issued", row.ref("id"))
    sold = [state(one) for one in issued].count("valid") if row.option("count_sold") else None
    return UnifiedTicket(
        id=row.id(), event_id=row.event.id(), name=row.text("name"), price=row.major("price", currency=currency),
        fee=row.major("booking_fee", currency=currency), currency=currency, quantity_sold=sold,
        status="ended" if row.flag("expired") else "sold_out" if row.flag("sold_out")
        else "scheduled" if row.flag("not_yet_valid") else "on_sale")


def state(row: Row) -> AttendeeStatus:
    """A ticket that says nothing of itself was sold. `state` is a number of unknown meaning."""
    status: AttendeeStatus = row.choice("status", TICKET) if row.has("status") else "valid"
    return "refunded" if row.flag("refunded") else "cancelled" if row.flag("cancelled") else status


def cost(row: Row, path: str) -> Decimal | None:
    """What a ticket says, else what its kind says in the event's record."""
    kinds = [one for one in row.event.rows("tickets[]") if one.ref("id") == row.ref("ticket")]
    return in_major(currency_of(row.event)).first([row, *(kinds or [row.at("ticket")])], path)


def issued(rows: list[Row]) -> list[Issued]:
    """The tickets of a booking, told apart by their place in it."""
    return [Issued(
        id=f"{row.id('reference_id')}-{number}", order=row.id("reference_id"), event=row.event.id(),
        kind=row.ref("ticket"), status=state(row), said=row.text("status"), currency=currency_of(row.event),
        amount=plus(cost(row, "price"), cost(row, "booking_fee")), fee=cost(row, "booking_fee"))
        for number, row in enumerate(rows, 1)]


def attendees(rows: list[Row]) -> list[UnifiedAttendee]:
    return [UnifiedAttendee(
        id=row.ref("id") or ticket.id, event_id=ticket.event, order_id=ticket.order, ticket_id=ticket.kind,
        ticket_name=row.text("ticket.name"), first_name=row.text("first_name"), last_name=row.text("last_name"),
        email=row.text("email"), phone=row.text("phone"), status=ticket.status, status_raw=ticket.said,
        checked_in=row.flag("scanned"), price=ticket.amount, currency=ticket.currency)
        for row, ticket in zip(rows, issued(rows), strict=True)]


def order(rows: list[Row]) -> UnifiedOrder:
    return order_of(rows[0].id("reference_id"), currency_of(rows[0].event), issued(rows))


def bookings(meaning: Any, **more: Any) -> Stream:
    """The tickets of an event, those of a booking together: a booking may be divided by a page."""
    return Stream(GET(f"{AT}/{{event}}/attendees"), LISTS, meaning, pager=pages, event="event_id",
                  group="reference_id", evidence="partial", **more)


provider = Provider(
    slug="fixr", name="FIXR", website="https://fixr.co", docs="https://docs.fixr.co/api",
    base="https://api.fixr.co/api/v2", auth="api_key", sign=Header(Authorization="{auth_scheme} {apiKey}"),
    credentials=(
        Credential("apiKey", "FIXR Organiser → Settings → API key, or from FIXR; if refused, set auth_scheme to Token"),
        Credential("accountId", "The number after /accounts/ in the organiser dashboard's address", secret=False),
        Credential("webhookSecret", "organiser.fixr.co → the webhook's bearer token, where you have set one")),
    rate_limit=(2000, 3600), health=GET(AT, limit="1"),
    options=(Option("auth_scheme", "The word before the key: Bearer or Token", "Bearer"), COUNT_SOLD),
    webhook=Webhook(Shared("Authorization", "Bearer {webhookSecret}"), optional=True, evidence="partial"),
    streams={
        "events": Stream(GET(AT), LISTS, event, pager=pages, since=changed, evidence="assumed"),
        "event": (Stream(GET(f"{AT}/{{event}}"), ("data", ""), event, evidence="assumed"),
                  Stream(GET("/app/event/{event}"), ("data", ""), event, evidence="partial")),
        "tickets": Stream(None, "tickets?", ticket, inside=True, evidence="partial",
                          join={"issued": Join("attendees", "ticket", when="count_sold")}),
        "attendees": bookings(attendees),
        "orders": bookings(order, untold={"buyer_email": ""}),
        "sales": bookings(issued, basis="tickets", unreported=("taxes",))},
    limitations=(
        "FIXR calls its API a feed of events: a key may not see attendees, and then neither orders nor revenue.",
        "The account's number (accountId) is needed beside the key.",
        "An event that the organiser's address does not have is looked up among the public ones.",
        "Orders are put together from all tickets of an event; their buyers, times and taxes are not told.",
        "There are no stocks, and no counts of sold tickets but by reading them all (option count_sold)."))

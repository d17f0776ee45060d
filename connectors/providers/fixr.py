"""FIXR. The path of an event's attendees and the fields of an event are known; lists, statuses and money are assumed.

Docs: docs.fixr.co says that there is an API token and how often it may be used; all code that was seen sends it after
`Token`, the reference after `Bearer`. Amounts are in major units. A ticket costs its price and a booking fee on top,
which FIXR keeps. A booking is its tickets: they have one reference, and no ids of their own.
"""

from decimal import Decimal
from typing import Any

from connectors.auth import Header
from connectors.models import (
    AttendeeStatus,
    OrderLine,
    OrderStatus,
    TicketStatus,
    UnifiedAttendee,
    UnifiedEvent,
    UnifiedOrder,
    UnifiedTicket,
)
from connectors.money import Sale, added, order_status, total, zero
from connectors.pagers import Offset
from connectors.provider import GET, Credential, Evidence, Join, Option, Provider, Since, Stream
from connectors.row import Row, Unreadable
from connectors.webhook import Shared, Webhook

EVENT = {"live": "live", "published": "live", "ended": "completed", "draft": "draft", "cancelled": "cancelled",
         "canceled": "cancelled", "postponed": "postponed"}
TICKET = {"valid": "valid", "active": "valid", "paid": "valid", "scanned": "valid", "pending": "pending",
          "refunded": "refunded", "cancelled": "cancelled", "canceled": "cancelled", "transferred": "transferred"}
AT = "/organiser/accounts/{accountId}/events"
LISTS = ("data", "results", "[]")
pages = Offset("offset", "limit", 100, count="count")


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
        fee=row.major("booking_fee", currency=currency), currency=currency, quantity_sold=sold, status=on_sale(row))


def on_sale(row: Row) -> TicketStatus:
    return ("ended" if row.flag("expired") else "sold_out" if row.flag("sold_out")
            else "scheduled" if row.flag("not_yet_valid") else "on_sale")


def state(row: Row) -> AttendeeStatus:
    """A ticket that says nothing of itself was sold. `state` is a number of unknown meaning."""
    status: AttendeeStatus = row.choice("status", TICKET) if row.has("status") else "valid"
    return "refunded" if row.flag("refunded") else "cancelled" if row.flag("cancelled") else status


def cost(row: Row, path: str) -> Decimal | None:
    """What a ticket says, else what its kind says in the event's record."""
    kind = next((one for one in row.event.rows("tickets[]") if one.ref("id") == row.ref("ticket")), row.at("ticket"))
    currency = currency_of(row.event)
    own = row.major(path, currency=currency)
    return kind.major(path, currency=currency) if own is None else own


def paid_for(row: Row) -> Decimal | None:
    price = cost(row, "price")
    return None if price is None else added((price, cost(row, "booking_fee")))


def attendees(rows: list[Row]) -> list[UnifiedAttendee]:
    return [UnifiedAttendee(
        id=row.ref("id") or f"{row.id('reference_id')}-{number}", event_id=row.event.id(),
        order_id=row.ref("reference_id"), ticket_id=row.ref("ticket"), ticket_name=row.text("ticket.name"),
        first_name=row.text("first_name"), last_name=row.text("last_name"), email=row.text("email"),
        phone=row.text("phone"), status=state(row), status_raw=row.text("status"), checked_in=row.flag("scanned"),
        price=paid_for(row), currency=currency_of(row.event)) for number, row in enumerate(rows, 1)]


def order(rows: list[Row]) -> UnifiedOrder:
    row, currency, words = rows[0], currency_of(rows[0].event), [state(one) for one in rows]
    bought = [(one, word) for one, word in zip(rows, words, strict=True) if word in ("valid", "refunded", "pending")]
    amount = added(paid_for(one) for one, _ in bought)
    kept = [one for one, word in bought if word != "refunded"]
    paid = amount if "valid" in words or "refunded" in words else None
    refunded = total((paid_for(one) for one, word in bought if word == "refunded"), currency)
    return UnifiedOrder(
        id=row.id("reference_id"), status=order_status(said(words), paid, refunded), currency=currency,
        status_raw=", ".join(dict.fromkeys(filter(None, (one.text("status") for one in rows)))) or None,
        total=amount, paid=paid, refunded=refunded,
        fees=added(cost(one, "booking_fee") for one in kept) if kept else zero(currency), ticket_count=len(kept),
        event_ids=(row.event.id(),),
        lines=tuple(OrderLine(ticket_id=one.ref("ticket"), quantity=1, amount=paid_for(one)) for one, _ in bought))


def said(words: list[AttendeeStatus]) -> OrderStatus:
    if "valid" in words or "refunded" in words:
        return "paid"
    return "pending" if "pending" in words else "unknown" if "unknown" in words else "cancelled"


def sales(rows: list[Row]) -> list[Sale]:
    return [sale(row, number) for number, row in enumerate(rows, 1) if state(row) in ("valid", "refunded")]


def sale(row: Row, number: int) -> Sale:
    currency, paid, kept = currency_of(row.event), paid_for(row), state(row) == "valid"
    if paid is None:
        raise Unreadable("price", "no amount")
    return Sale(id=f"{row.id('reference_id')}-{number}", order=row.id("reference_id"), currency=currency, gross=paid,
                refunded=zero(currency) if kept else paid, tickets=int(kept),
                fees=cost(row, "booking_fee") if kept else zero(currency))


def one(path: str, evidence: Evidence) -> Stream:
    return Stream(GET(path), ("data", ""), event, evidence=evidence)


def bookings(meaning: Any, **more: Any) -> Stream:
    """The tickets of an event, those of a booking together: a booking may be divided by a page."""
    return Stream(GET(f"{AT}/{{event}}/attendees"), LISTS, meaning, pager=pages, event="event_id",
                  group="reference_id", evidence="partial", **more)


provider = Provider(
    slug="fixr", name="FIXR", website="https://fixr.co", docs="https://docs.fixr.co/api",
    base="https://api.fixr.co/api/v2", auth="api_key", sign=Header(Authorization="{auth_scheme} {apiKey}"),
    credentials=(
        Credential("apiKey", "FIXR Organiser → Settings → API key, or from FIXR on request; where it is refused, try "
                             "the option auth_scheme with Token"),
        Credential("accountId", "The number after /accounts/ in the organiser dashboard's address", secret=False),
        Credential("webhookSecret", "organiser.fixr.co → the webhook's bearer token, where you have set one")),
    enough=(("apiKey",),), rate_limit=(2000, 3600),
    options=(
        Option("auth_scheme", "The word before the key: Bearer or Token", "Bearer"),
        Option("count_sold", "Count sold tickets by reading all of them", False, "flag")),
    health=GET(AT, limit="1"),
    streams={
        "events": Stream(GET(AT), LISTS, event, pager=pages, since=Since("client", by="updated_at"),
                         evidence="assumed"),
        "event": (one(f"{AT}/{{event}}", "assumed"), one("/app/event/{event}", "partial")),
        "tickets": Stream(None, "tickets?", ticket, inside=True, evidence="partial",
                          join={"issued": Join("attendees", "ticket", when="count_sold")}),
        "attendees": bookings(attendees),
        "orders": bookings(order, untold={"buyer_email": ""}),
        "sales": bookings(sales, basis="tickets", unreported=("taxes",))},
    webhook=Webhook(Shared("Authorization", "Bearer {webhookSecret}"), optional=True, evidence="partial"),
    limitations=(
        "FIXR describes its API as a feed of events: a key may have no access to attendees, and then neither to orders "
        "and revenue.",
        "The account's number (accountId) is needed beside the key.",
        "An event that the organiser's address does not have is looked up among the public ones.",
        "Orders are put together from their tickets, so all tickets of an event are read for them; their buyers, times "
        "and taxes are not told.",
        "There are no stocks, and no counts of sold tickets but by reading them all (option count_sold)."))

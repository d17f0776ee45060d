"""Eventix, now Weeztix, inside OpenTicket. Rotating tokens; lists that are bare arrays; a search for orders; cents.

Docs: docs.weeztix.com. A "ticket" is a ticket type; what was issued lies in the orders, which the search gives for the
whole account: of an event's, those are kept whose ticket type is one of the event's. Who searches that way is seen in
clients, not in the docs. Zero stock or capacity is no limit. A service fee is set by the organiser, not by Weeztix.
Longer than others, as currency, event, fee and status of a ticket are each beside it or in the order around it.
"""

from decimal import Decimal
from typing import Any

from connectors.auth import Header, OAuth2
from connectors.models import AttendeeStatus, OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import Sale, less, plus, share, sum_or_zero, zero
from connectors.pagers import Offset
from connectors.provider import GET, POST, Credential, Join, Lookup, Meaning, Provider, Since, Stamps, Stream
from connectors.row import Row, earliest, in_minor, latest, vocabulary
from connectors.shared import app_credentials, refusal
from connectors.webhook import About, Shared, Webhook

EVENT = vocabulary(live="normal")
TICKET = vocabulary(on_sale="available", off_sale="not_sold_right_now", sold_out="sold_out")
# Only the first two are seen on orders; the others are those of payments.
ORDER = vocabulary(paid="paid", pending="pending open", cancelled="failed cancelled", expired="expired")
ATTENDEE: dict[str, AttendeeStatus] = {"paid": "valid", "pending": "pending", "unknown": "unknown"}
MOST = 1000


def event(row: Row) -> UnifiedEvent:
    dates, place = row.looked_up("dates") or Row(None), row.looked_up("location") or row.at("location")
    return UnifiedEvent(
        id=row.id("guid"), name=row.text("name"), description=row.plain("description"),
        status=row.choice("status", EVENT),
        starts_at=row.moment("start") or earliest(one.moment("start") for one in dates.rows("[]")),
        ends_at=row.moment("end") or latest(one.moment("end") for one in dates.rows("[]")),
        venue=place.venue("", "name", "address", "latitude", "longitude"),
        url=row.text("website"), currency=row.currency("currency"), capacity=row.whole("capacity") or None,
        category=row.text("category"))


def ticket(row: Row) -> UnifiedTicket:
    """A type without a price of its own costs what its products do."""
    currency, products = row.event.currency("currency"), row.looked_up("products") or Row(None)
    price = row.minor("min_price", currency=currency)
    return UnifiedTicket(
        id=row.id("guid"), event_id=row.ref("event_id"), name=row.text("name"), description=row.plain("description"),
        price=products.minor("[].price", currency=currency) if price is None else price, currency=currency,
        quantity_total=row.whole("available_stock") or None, quantity_sold=row.whole("sold_count"),
        status="sold_out" if row.text("status_overrule") == "sold_out" else row.choice("status", TICKET),
        sales_start=row.moment("available_from"), sales_end=row.moment("available_until"))


def event_of(row: Row) -> str | None:
    """The event of an issued ticket, by its type; None where it is not one that was asked for."""
    return row.sole("types", row.ref("ticket_id")).ref("event_id")


def currency_of(order: Row, event_id: str | None) -> str | None:
    """A free order has no payment to name it."""
    return order.currency("payments[0].currency") or order.sole("events", event_id).currency("currency")


def withdrawn(row: Row) -> AttendeeStatus | None:
    """What became of a ticket or order that no longer holds; None of one that does."""
    if not row.has("invalidated_since"):
        return None
    why = (row.text("invalidated_reason") or "").lower()
    return "refunded" if "return" in why or "refund" in why else "transferred" if "swap" in why else "cancelled"


def status_of(row: Row) -> AttendeeStatus:
    return withdrawn(row) or withdrawn(row.up) or ATTENDEE.get(row.up.choice("status", ORDER), "cancelled")


def bought(row: Row, currency: str | None) -> tuple[Decimal | None, Decimal | None]:
    """What a ticket's buyer paid with the fee, and the fee: the ticket's, else its part of the order's."""
    amount = in_minor(currency)
    value, fee = amount(row, "finn_value"), amount(row, "finn_service_fee")
    if fee is None:
        fee = share(amount(row.up, "finn_service_fee"), value, amount(row.up, "finn_value"))
    return plus(value, fee), fee


def attendee(row: Row) -> UnifiedAttendee | None:
    order, event_id = row.up, event_of(row)
    if event_id is None:
        return None
    currency, answers = currency_of(order, event_id), order.pairs("meta_data", "metadata.name", "value")
    scans = [product.whole("scanned_amount") or 0 for product in row.rows("products[]")]
    return UnifiedAttendee(
        id=row.id("guid"), event_id=event_id, order_id=order.ref("guid"), ticket_id=row.ref("ticket_id"),
        ticket_name=row.linked("types", "ticket_id").text("name"), first_name=order.text("firstName"),
        last_name=order.text("lastName"), name=order.text("fullname"), email=order.text("email"),
        phone=(answers or {}).get("phonenumber"), answers=answers, barcode=row.text("ticket_number"),
        status=status_of(row), status_raw=row.text("invalidated_reason") or order.text("status"),
        checked_in=all(scans) if scans else None, purchased_at=order.moment("created_at"),
        price=row.minor("finn_value", currency=currency), currency=currency,
        updated_at=order.moment("updated_at"))


def order(row: Row) -> UnifiedOrder | None:
    """Its lines are those for the events that were asked for; the amounts are the whole order's."""
    tickets = [one for one in row.rows("tickets[]") if event_of(one)]
    if not tickets:
        return None
    currency, gone = currency_of(row, event_of(tickets[0])), withdrawn(row)
    amount, states = in_minor(currency), [status_of(one) for one in row.rows("tickets[]")]
    payments = [one for one in row.rows("payments[]") if one.text("status") == "paid"]
    paid = None if row.value("payments") is None else amount.sum_or_zero(payments, "finn_price")
    back = [bought(one, currency)[0] for one in row.rows("tickets[]") if paid and status_of(one) == "refunded"]
    return UnifiedOrder(
        id=row.id("guid"), placed_at=row.moment("created_at"), currency=currency, paid=paid,
        status="cancelled" if gone and not any(back) else row.choice("status", ORDER),
        refunded=sum_or_zero(back, currency),
        buyer_name=row.text("fullname") or row.name("firstName", "lastName"), buyer_email=row.text("email"),
        total=amount(row, "finn_price"), discount=less(amount(row, "finn_original_price"), amount(row, "finn_value")),
        ticket_count=sum(state in ("valid", "pending") for state in states),
        lines=tuple(line(one, currency) for one in tickets))


def line(row: Row, currency: str | None) -> OrderLine:
    amount, fee = bought(row, currency)
    return OrderLine(event_id=event_of(row), ticket_id=row.ref("ticket_id"), quantity=1, amount=amount, fee=fee)


def sale(row: Row) -> Sale | None:
    """What was swapped counts as what it was swapped for."""
    order, event_id, status = row.up, event_of(row), status_of(row)
    if event_id is None or order.choice("status", ORDER) != "paid" or status == "transferred":
        return None
    currency = currency_of(order, event_id)
    paid = bought(row, currency)[0] or zero(currency)
    return Sale(id=row.id("guid"), order=order.id("guid"), currency=currency, gross=paid,
                refunded=paid if status == "refunded" else zero(currency), tickets=1 if status == "valid" else 0)


def found(rows: str, meaning: Meaning, **more: Any) -> Stream:
    """What the search gives, a thousand orders at once: most are of other events. Its total is believed as a plain
    number only; as an object it may be a bound.
    """
    search = POST("/statistics/search", {"search": "", "limit": MOST})
    return Stream(search, f"hits.hits[]._source{rows}", meaning, wide=search, evidence="partial",
                  pager=Offset("offset", largest=MOST, count="hits.total"), since=Since("client", by="updated_at"),
                  join={"types": Join("tickets", "guid"), "events": Join("events", "guid")}, **more)


def beside(path: str, lacking: str) -> Lookup:
    """A list for each row that lacks something; it is looked up whole."""
    return Lookup(GET(path), lambda answer: [answer], lacking=lacking)


changed, dates = Since("client", by="updated_at"), beside("/event/{row.guid}/dates", "start")
provider = Provider(
    slug="eventix", name="Eventix", website="https://eventix.io", docs="https://docs.eventix.io",
    base="https://api.weeztix.com", hosts={"auth": "https://auth.weeztix.com", "login": "https://login.weeztix.com"},
    auth="oauth2", sign=OAuth2("auth:/tokens", ("refresh_token",), authorize="login:/login",
                               send=Header(Authorization="Bearer {accessToken}", Company="{companyId}")),
    credentials=(
        *app_credentials("Dashboard → Company settings → OAuth Clients", "Identifier", "Secret",
                         "Returned after the OAuth flow", "Returned after the OAuth flow; each is good once"),
        Credential("companyId", "The company's GUID, for a token of several; several with commas", secret=False),
        Credential("webhookSecret", "The nonce in the answer to the call that made the webhook")),
    enough=(("accessToken",), ("clientId", "clientSecret", "refreshToken")), stamps=Stamps("created_at", "updated_at"),
    faults=refusal("auth", "error_description", "jwt", status=(400,)),  # a token that ended is a bad request
    health=GET("/users/me", host="auth"),
    webhook=Webhook(
        Shared("OpenTicket-Identifier"), type="header:OpenTicket-Trigger", delivery="header:OpenTicket-Dedupe-Key",
        told={"order.*": About("order", "guid"), "event.*": About("event", "guid"), "ticket.*": About("account"),
              "ticket_type.*": About("account")},
        retries="4xx", evidence="partial"),  # by docs.weeztix.com/docs/webhooks
    streams={
        "events": Stream(GET("/event"), "[]", event, since=changed, lookup={"dates": dates}),
        "event": Stream(GET("/event/{event}"), "", event, lookup={
            "dates": dates, "location": Lookup(GET("/event/{row.guid}/location"), lacking="location")}),
        "tickets": Stream(GET("/event/{event}/ticket"), "[]", ticket, since=changed, event="event_id",
                          lookup={"products": beside("/ticket/{row.guid}/products", "min_price")}),
        "attendees": found(".tickets[]", attendee),
        "orders": found("", order),
        "sales": found(".tickets[]", sale, basis="tickets", unreported=("taxes", "fees"))},
    limitations=(
        "Orders are found by a search over the whole account, of one event too; of one account many events cost less "
        "together. Tickets whose type was deleted since are left out.",
        "Names, addresses and answers are the buyer's: tickets have none of their own. There is no time of check-in.",
        "Ticket types tell a VAT rate, but not whether prices include it, so taxes are unknown. What Weeztix keeps of "
        "the service fee is not in its API, so fees are unknown.",
        "Money given back is known by tickets that were withdrawn for it, not by the amount."))

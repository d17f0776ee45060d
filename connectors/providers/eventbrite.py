"""Eventbrite. Lists belong to organizations, which are discovered; continuation tokens; every path ends with a slash.

Docs: www.eventbrite.com/platform/api. A free ticket class has no cost. Tokens do not end; a refresh is undocumented
and tried only after a refusal. The sales reports know neither refunds nor taxes, so revenue is added up from orders.
"""

from decimal import Decimal
from typing import Any

from connectors.auth import OAuth2
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import added, order_status, total, zero
from connectors.pagers import Cursor
from connectors.provider import GET, Credential, Fault, Filter, Meaning, Option, Provider, Scope, Since, Stream
from connectors.row import Row
from connectors.webhook import About, Webhook, segment

EVENT = {"draft": "draft", "incomplete": "draft", "live": "live", "started": "live", "ended": "completed",
         "completed": "completed", "finalized": "completed", "payout_issued": "completed",
         "canceled": "cancelled", "cancelled": "cancelled"}
TICKET = {"AVAILABLE": "on_sale", "SOLD_OUT": "sold_out", "NOT_YET_ON_SALE": "scheduled", "HIDDEN": "hidden",
          "UNAVAILABLE": "off_sale"}
ATTENDEE = {"Attending": "valid", "Checked In": "valid", "Not Attending": "cancelled", "Deleted": "cancelled",
            "Unpaid": "pending"}
ORDER = {"placed": "paid", "refunded": "paid", "started": "pending", "pending": "pending", "unpaid": "pending",
         "abandoned": "expired", "cancelled": "cancelled", "canceled": "cancelled", "deleted": "cancelled"}
ASKED = {"draft": "draft", "live": "live,started", "completed": "ended,completed", "cancelled": "canceled"}


def amount(row: Row, path: str) -> Decimal | None:
    """A currency object: decimal text where it has it, else minor units."""
    currency = row.currency(f"{path}.currency")
    major = row.major(f"{path}.major_value", currency=currency)
    return row.minor(f"{path}.value", currency=currency) if major is None else major


def event(row: Row) -> UnifiedEvent:
    status = row.choice("status", EVENT)
    return UnifiedEvent(
        id=row.id(), name=row.text("name.text"), description=row.text("description.text", "summary"),
        status="postponed" if row.text("event_sales_status.message_code") == "event_postponed" else status,
        starts_at=row.moment("start.utc"), ends_at=row.moment("end.utc"), timezone=row.text("start.timezone"),
        venue=row.venue("venue", name="name", address="address.address_1", city="address.city", region="address.region",
                        postal_code="address.postal_code", country="address.country",
                        latitude=("latitude", "address.latitude"), longitude=("longitude", "address.longitude")),
        online=row.flag("online_event"), url=row.text("url"), image_url=row.text("logo.original.url", "logo.url"),
        currency=row.currency("currency"), capacity=row.whole("capacity"), series_id=row.ref("series_id"),
        category=row.text("category.name", "category_id"), created_at=row.moment("created"),
        updated_at=row.moment("changed"))


def ticket(row: Row) -> UnifiedTicket:
    currency, stock = row.currency("cost.currency") or row.event.currency("currency"), row.whole("quantity_total")
    return UnifiedTicket(
        id=row.id(), event_id=row.ref("event_id"), name=row.text("name", "display_name"),
        description=row.plain("description"),
        price=zero(currency) if row.flag("free") else amount(row, "cost"), fee=amount(row, "fee"), currency=currency,
        quantity_total=None if row.flag("donation") and not stock else stock, quantity_sold=row.whole("quantity_sold"),
        status=row.choice("on_sale_status", TICKET), sales_start=row.moment("sales_start"),
        sales_end=row.moment("sales_end"))


def attendee(row: Row) -> UnifiedAttendee:
    entries = [code.moment("changed") for code in row.rows("barcodes[]") if code.text("status") == "used"]
    checked_in, status = row.flag("checked_in"), row.choice("status", ATTENDEE) if row.has("status") else "valid"
    return UnifiedAttendee(
        id=row.id(), event_id=row.ref("event_id"), order_id=row.ref("order_id"), ticket_id=row.ref("ticket_class_id"),
        ticket_name=row.text("ticket_class_name"), first_name=row.text("profile.first_name"),
        last_name=row.text("profile.last_name"), name=row.text("profile.name"), email=row.text("profile.email"),
        phone=row.text("profile.cell_phone", "profile.work_phone"),
        status="refunded" if row.flag("refunded") else "cancelled" if row.flag("cancelled") else status,
        checked_in=checked_in, checked_in_at=max(filter(None, entries), default=None) if checked_in else None,
        purchased_at=row.moment("created"), price=amount(row, "costs.gross"),
        currency=row.currency("costs.gross.currency"),
        barcode=row.text("barcodes[0].barcode"), answers=row.pairs("answers", "question", "answer"),
        created_at=row.moment("created"), updated_at=row.moment("changed"))


def order(row: Row) -> UnifiedOrder:
    said, currency = row.choice("status", ORDER), row.currency("costs.gross.currency")
    tickets = list(row.rows("attendees[]"))
    paid, refunded = None if said in ("pending", "expired") else amount(row, "costs.gross"), given_back(row, tickets)
    standing = [one for one in tickets if not (one.flag("cancelled") or one.flag("refunded"))]
    lines = [OrderLine(ticket_id=one.ref("ticket_class_id"), quantity=one.whole("quantity"),
                       amount=amount(one, "costs.gross"), tax=amount(one, "costs.tax")) for one in tickets]
    return UnifiedOrder(
        id=row.id(), status=order_status(said, paid, refunded), buyer_name=row.text("name"),
        buyer_email=row.text("email"), placed_at=row.moment("created"), total=amount(row, "costs.gross"),
        tax=amount(row, "costs.tax"), discount=amount(row, "costs.discount_amount"), paid=paid, refunded=refunded,
        currency=currency, fees=added([amount(row, "costs.eventbrite_fee"), amount(row, "costs.payment_fee")]),
        ticket_count=None if row.value("attendees") is None else len(standing), lines=tuple(lines),
        event_ids=row.refs("event_id"), created_at=row.moment("created"), updated_at=row.moment("changed"))


def given_back(row: Row, tickets: list[Row]) -> Decimal | None:
    """Processed refund requests; refunds that the organizer made show only on the attendees."""
    requests = list(row.rows("refund_requests[]"))
    items = [item for request in requests for item in (list(request.rows("items[]")) or [request])]
    asked = added(amount(item, "amount_processed") for item in items if item.text("status") == "processed")
    return asked or total((amount(one, "costs.gross") for one in tickets if one.flag("refunded")),
                          row.currency("costs.gross.currency"))


def faults(status: int, body: Row) -> Fault | None:
    """A bad token is listed as 400 too."""
    return "auth" if body.text("error") in ("INVALID_AUTH", "INVALID_AUTH_HEADER", "NO_AUTH") else None


def pages(**more: Any) -> Cursor:
    return Cursor("continuation", next="pagination.continuation", more="pagination.has_more_items",
                  count="pagination.object_count", **more)


def listing(kind: str, meaning: Meaning, **query: str) -> Stream:
    return Stream(GET(f"/events/{{event}}/{kind}/", **query), kind, meaning, pager=pages(),
                  wide=GET(f"/organizations/{{organization_id}}/{kind}/", **query),
                  since=Since("changed", "changed_since"))


PARTS = "venue,category,event_sales_status"
provider = Provider(
    slug="eventbrite", name="Eventbrite", website="https://www.eventbrite.com",
    docs="https://www.eventbrite.com/platform/api",
    base="https://www.eventbriteapi.com/v3", hosts={"login": "https://www.eventbrite.com"},
    auth="oauth2", sign=OAuth2("login:/oauth/token", ("refresh_token",), authorize="login:/oauth/authorize"),
    credentials=(
        Credential("clientId", "Account Settings → Developer Links → API Keys → API key", secret=False),
        Credential("clientSecret", "Account Settings → Developer Links → API Keys → Client secret"),
        Credential("accessToken", "Account Settings → Developer Links → API Keys → Private token; or the OAuth flow"),
        Credential("refreshToken", "Returned after the OAuth flow, where there is one")),
    enough=(("accessToken",), ("clientId", "clientSecret", "refreshToken")), faults=faults, rate_limit=(2000, 3600),
    options=(Option("organization_id", "One organization; all that the token sees if not given"),),
    scopes=(Scope("organization_id", GET("/users/me/organizations/"), "organizations", "id"),),
    health=GET("/users/me/"),
    streams={
        "events": Stream(GET("/organizations/{organization_id}/events/", status="all", expand=PARTS), "events", event,
                         pager=pages(size="page_size", largest=100), since=Since("client", by="changed"), exact=True,
                         filters={"status": Filter("status", words=ASKED), "q": Filter("name_filter")}),
        "event": Stream(GET("/events/{event}/", expand=PARTS), "", event),
        "tickets": Stream(GET("/events/{event}/ticket_classes/"), "ticket_classes", ticket, pager=pages(),
                          event="event_id"),
        "attendees": listing("attendees", attendee),
        "orders": listing("orders", order, status="all_not_deleted", expand="attendees,refund_requests")},
    webhook=Webhook(
        type="config.action", delivery="header:X-Eventbrite-Delivery",
        told={"order.*": About("order", segment("api_url", "orders"), segment("api_url", "events")),
              "attendee.*": About("attendee", segment("api_url", "attendees"), segment("api_url", "events")),
              "ticket_class.*": About("ticket", segment("api_url", "ticket_classes"), segment("api_url", "events")),
              "event.*": About("event", segment("api_url", "events"))}),
    limitations=(
        "Events cannot be asked for by change: all are read, and older ones dropped here.",
        "Refunds that the organizer made by hand are known only where the attendees are marked as refunded."))

"""Eventbrite. Lists belong to organizations, which are discovered; continuation tokens; every path ends with a slash.

Docs: www.eventbrite.com/platform/api. A free ticket class has no cost. Tokens do not end; a refresh is undocumented
and tried only after a refusal. The sales reports know neither refunds nor taxes, so revenue is added up from orders.
Refunds in two places and webhooks that give addresses make this a little longer than others.
"""

from dataclasses import replace

from connectors.auth import OAuth2
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import zero
from connectors.pagers import Cursor
from connectors.provider import GET, Filter, Meaning, Option, Provider, Scope, Since, Stamps, Stream
from connectors.row import Row, in_minor, latest, vocabulary
from connectors.shared import app_credentials, refusal
from connectors.webhook import About, Webhook, segment

EVENT = vocabulary(draft="draft incomplete", live="live started", cancelled="canceled cancelled",
                   completed="ended completed finalized payout_issued")
TICKET = vocabulary(on_sale="AVAILABLE", sold_out="SOLD_OUT", scheduled="NOT_YET_ON_SALE", hidden="HIDDEN",
                    off_sale="UNAVAILABLE")
ATTENDEE = vocabulary(valid=("Attending", "Checked In"), cancelled=("Not Attending", "Deleted"), pending="Unpaid")
ORDER = vocabulary(paid="placed refunded", pending="started pending unpaid", expired="abandoned",
                   cancelled="cancelled canceled deleted")
ASKED = {"draft": "draft", "live": "live,started", "completed": "ended,completed", "cancelled": "canceled"}
PARTS = "venue,category,event_sales_status"
pages = Cursor("continuation", next="pagination.continuation", more="pagination.has_more_items",
               count="pagination.object_count")


def event(row: Row) -> UnifiedEvent:
    status = row.choice("status", EVENT)
    return UnifiedEvent(
        id=row.id(), name=row.text("name.text"), description=row.text("description.text", "summary"),
        status="postponed" if row.text("event_sales_status.message_code") == "event_postponed" else status,
        starts_at=row.moment("start.utc"), ends_at=row.moment("end.utc"), timezone=row.text("start.timezone"),
        venue=row.venue("venue", "name", address="address.address_1", city="address.city", region="address.region",
                        postal_code="address.postal_code", country="address.country",
                        latitude=("latitude", "address.latitude"), longitude=("longitude", "address.longitude")),
        online=row.flag("online_event"), url=row.text("url"), image_url=row.text("logo.original.url", "logo.url"),
        currency=row.currency("currency"), capacity=row.whole("capacity"), series_id=row.ref("series_id"),
        category=row.text("category.name", "category_id"))


def ticket(row: Row) -> UnifiedTicket:
    currency, stock = row.currency("cost.currency") or row.event.currency("currency"), row.whole("quantity_total")
    amount = in_minor(currency)
    return UnifiedTicket(
        id=row.id(), event_id=row.ref("event_id"), name=row.text("name", "display_name"),
        description=row.plain("description"), fee=amount(row, "fee.value"), currency=currency,
        price=zero(currency) if row.flag("free") else amount(row, "cost.value"),
        quantity_total=None if row.flag("donation") and not stock else stock, quantity_sold=row.whole("quantity_sold"),
        status=row.choice("on_sale_status", TICKET), sales_start=row.moment("sales_start"),
        sales_end=row.moment("sales_end"))


def attendee(row: Row) -> UnifiedAttendee:
    entries = [code.moment("changed") for code in row.rows("barcodes[]") if code.text("status") == "used"]
    currency, checked_in = row.currency("costs.gross.currency"), row.flag("checked_in")
    status = row.choice("status", ATTENDEE) if row.has("status") else "valid"
    return UnifiedAttendee(
        id=row.id(), event_id=row.ref("event_id"), order_id=row.ref("order_id"), ticket_id=row.ref("ticket_class_id"),
        ticket_name=row.text("ticket_class_name"), first_name=row.text("profile.first_name"),
        last_name=row.text("profile.last_name"), name=row.text("profile.name"), email=row.text("profile.email"),
        phone=row.text("profile.cell_phone", "profile.work_phone"),
        status="refunded" if row.flag("refunded") else "cancelled" if row.flag("cancelled") else status,
        checked_in=checked_in, checked_in_at=latest(entries) if checked_in else None,
        purchased_at=row.moment("created"), price=row.minor("costs.gross.value", currency=currency),
        currency=currency, barcode=row.text("barcodes[0].barcode"), answers=row.pairs("answers", "question", "answer"))


def order(row: Row) -> UnifiedOrder:
    """What was given back is in the refund requests; refunds that the organizer made show only on the attendees."""
    said, currency, tickets = row.choice("status", ORDER), row.currency("costs.gross.currency"), row.rows("attendees[]")
    amount, requests = in_minor(currency), row.rows("refund_requests[]")
    items = [item for request in requests for item in request.rows("items[]") or [request]]
    done = [item for item in items if item.text("status") == "processed"]
    gross = amount(row, "costs.gross.value")
    return UnifiedOrder(
        id=row.id(), status=said, buyer_name=row.text("name"), buyer_email=row.text("email"), currency=currency,
        placed_at=row.moment("created"), total=gross, paid=None if said in ("pending", "expired") else gross,
        tax=amount(row, "costs.tax.value"), discount=amount(row, "costs.discount_amount.value"),
        fees=amount.sum_known([row], "costs.eventbrite_fee.value", "costs.payment_fee.value"),
        refunded=amount.sum_known(done, "amount_processed.value") or amount.sum_or_zero(
            (one for one in tickets if one.flag("refunded")), "costs.gross.value"),
        ticket_count=None if row.value("attendees") is None else sum(
            not (one.flag("cancelled") or one.flag("refunded")) for one in tickets),
        lines=tuple(OrderLine(
            ticket_id=one.ref("ticket_class_id"), quantity=one.whole("quantity"),
            amount=amount(one, "costs.gross.value"), tax=amount(one, "costs.tax.value")) for one in tickets),
        event_ids=row.refs("event_id"))


def listing(kind: str, meaning: Meaning, **query: str) -> Stream:
    return Stream(GET(f"/events/{{event}}/{kind}/", **query), kind, meaning, pager=pages,
                  wide=GET(f"/organizations/{{organization_id}}/{kind}/", **query),
                  since=Since("changed", "changed_since"))


provider = Provider(
    slug="eventbrite", name="Eventbrite", website="https://www.eventbrite.com",
    docs="https://www.eventbrite.com/platform/api", base="https://www.eventbriteapi.com/v3", auth="oauth2",
    hosts={"login": "https://www.eventbrite.com"},
    sign=OAuth2("login:/oauth/token", ("refresh_token",), authorize="login:/oauth/authorize"),
    credentials=app_credentials(
        "Account Settings → Developer Links → API Keys", "API key", "Client secret",
        "Account Settings → Developer Links → API Keys → Private token; or the OAuth flow",
        "Returned after the OAuth flow, where there is one"),
    enough=(("accessToken",), ("clientId", "clientSecret", "refreshToken")), rate_limit=(2000, 3600),
    faults=refusal("auth", "error", "INVALID_AUTH", "NO_AUTH"),  # a bad token is listed as 400 too
    options=(Option("organization_id", "One organization; all that the token sees if not given"),),
    scopes=(Scope("organization_id", GET("/users/me/organizations/"), "organizations", "id"),),
    health=GET("/users/me/"), stamps=Stamps("created", "changed"),
    webhook=Webhook(
        type="config.action", delivery="header:X-Eventbrite-Delivery",
        told={"order.*": About("order", segment("api_url", "orders"), segment("api_url", "events")),
              "attendee.*": About("attendee", segment("api_url", "attendees"), segment("api_url", "events")),
              "ticket_class.*": About("ticket", segment("api_url", "ticket_classes"), segment("api_url", "events")),
              "event.*": About("event", segment("api_url", "events"))}),
    streams={
        "events": Stream(GET("/organizations/{organization_id}/events/", status="all", expand=PARTS), "events", event,
                         pager=replace(pages, size="page_size", largest=100), since=Since("client", by="changed"),
                         filters={"status": Filter("status", words=ASKED), "q": Filter("name_filter")}, exact=True),
        "event": Stream(GET("/events/{event}/", expand=PARTS), "", event),
        "tickets": Stream(GET("/events/{event}/ticket_classes/"), "ticket_classes", ticket, pager=pages,
                          event="event_id"),
        "attendees": listing("attendees", attendee),
        "orders": listing("orders", order, status="all_not_deleted", expand="attendees,refund_requests")},
    limitations=(
        "Events cannot be asked for by change: all are read, and older ones dropped here.",
        "Refunds that the organizer made by hand are known only where the attendees are marked as refunded."))

"""Eventbrite. Lists belong to organizations, which are discovered; continuation tokens; every path ends with a slash.

Docs: www.eventbrite.com/platform/api. A free ticket class has no cost. Refunds are known through refund requests, else
through refunded attendees. Tokens do not end; a refresh is undocumented and tried only after a refusal.
"""

from decimal import Decimal

from connectors.auth import OAuth2
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket, Venue
from connectors.money import added, order_status, zero
from connectors.pagers import Cursor
from connectors.provider import GET, Credential, Fault, Filter, Option, Provider, Scope, Since, Stream
from connectors.row import Row

EVENT = {
    "draft": "draft", "incomplete": "draft", "live": "live", "started": "live", "ended": "completed",
    "completed": "completed", "finalized": "completed", "payout_issued": "completed",
    "canceled": "cancelled", "cancelled": "cancelled",
}  # fmt: skip
TICKET = {
    "AVAILABLE": "on_sale", "SOLD_OUT": "sold_out", "NOT_YET_ON_SALE": "scheduled", "HIDDEN": "hidden",
    "UNAVAILABLE": "off_sale",
}  # fmt: skip
ATTENDEE = {
    "Attending": "valid", "Checked In": "valid", "Not Attending": "cancelled", "Deleted": "cancelled",
    "Unpaid": "pending",
}  # fmt: skip
ORDER = {
    "placed": "paid", "refunded": "paid", "started": "pending", "pending": "pending", "unpaid": "pending",
    "abandoned": "expired", "cancelled": "cancelled", "canceled": "cancelled", "deleted": "cancelled",
}  # fmt: skip
ASKED = {
    "draft": "draft", "live": "live,started", "completed": "ended,completed", "cancelled": "canceled",
}  # fmt: skip


def amount(row: Row, path: str) -> Decimal | None:
    """A currency object: decimal text where it has it, else minor units."""
    currency = row.currency(f"{path}.currency")
    major = row.major(f"{path}.major_value", currency=currency)
    return row.minor(f"{path}.value", currency=currency) if major is None else major


def event(row: Row) -> UnifiedEvent:
    postponed = row.text("event_sales_status.message_code") == "event_postponed"
    return UnifiedEvent(
        id=row.id(),
        name=row.text("name.text"),
        description=row.text("description.text", "summary"),
        status="postponed" if postponed else row.choice("status", EVENT),
        starts_at=row.moment("start.utc"),
        ends_at=row.moment("end.utc"),
        timezone=row.text("start.timezone"),
        venue=_venue(row.at("venue")) if row.has("venue") else None,
        online=row.flag("online_event"),
        url=row.text("url"),
        image_url=row.text("logo.original.url", "logo.url"),
        currency=row.currency("currency"),
        capacity=row.whole("capacity"),
        category=row.text("category.name", "category_id"),
        series_id=row.ref("series_id"),
        created_at=row.moment("created"),
        updated_at=row.moment("changed"),
    )


def _venue(row: Row) -> Venue:
    return Venue(
        name=row.text("name"),
        address=row.text("address.address_1"),
        city=row.text("address.city"),
        region=row.text("address.region"),
        postal_code=row.text("address.postal_code"),
        country=row.country("address.country"),
        latitude=row.decimal("latitude", "address.latitude"),
        longitude=row.decimal("longitude", "address.longitude"),
    )


def ticket(row: Row) -> UnifiedTicket:
    currency = row.currency("cost.currency") or row.event.currency("currency")
    donation = row.flag("donation")
    return UnifiedTicket(
        id=row.id(),
        event_id=row.ref("event_id"),
        name=row.text("name", "display_name"),
        description=row.plain("description"),
        price=zero(currency) if row.flag("free") else amount(row, "cost"),
        fee=amount(row, "fee"),
        currency=currency,
        quantity_total=None if donation and not row.whole("quantity_total") else row.whole("quantity_total"),
        quantity_sold=row.whole("quantity_sold"),
        status=row.choice("on_sale_status", TICKET),
        sales_start=row.moment("sales_start"),
        sales_end=row.moment("sales_end"),
    )


def attendee(row: Row) -> UnifiedAttendee:
    entries = [code.moment("changed") for code in row.rows("barcodes[]") if code.text("status") == "used"]
    checked_in = row.flag("checked_in")
    status = row.choice("status", ATTENDEE)
    if row.flag("cancelled") or row.flag("refunded"):
        status = "refunded" if row.flag("refunded") else "cancelled"
    return UnifiedAttendee(
        id=row.id(),
        event_id=row.ref("event_id"),
        order_id=row.ref("order_id"),
        ticket_id=row.ref("ticket_class_id"),
        ticket_name=row.text("ticket_class_name"),
        first_name=row.text("profile.first_name"),
        last_name=row.text("profile.last_name"),
        name=row.text("profile.name"),
        email=row.text("profile.email"),
        phone=row.text("profile.cell_phone", "profile.work_phone"),
        status=status,
        checked_in=checked_in,
        checked_in_at=max(filter(None, entries), default=None) if checked_in else None,
        purchased_at=row.moment("created"),
        price=amount(row, "costs.gross"),
        currency=row.currency("costs.gross.currency"),
        barcode=row.text("barcodes[0].barcode"),
        answers=row.pairs("answers", "question", "answer"),
        created_at=row.moment("created"),
        updated_at=row.moment("changed"),
    )


def order(row: Row) -> UnifiedOrder:
    status, event_id = row.choice("status", ORDER), row.ref("event_id")
    paid = amount(row, "costs.gross") if status in ("paid", "cancelled", "unknown") else None
    refunded = _refunded(row)
    standing = [one for one in row.rows("attendees[]") if not (one.flag("cancelled") or one.flag("refunded"))]
    return UnifiedOrder(
        id=row.id(),
        status=order_status(paid, refunded, status == "cancelled") if status in ("paid", "cancelled") else status,
        buyer_name=row.text("name"),
        buyer_email=row.text("email"),
        placed_at=row.moment("created"),
        total=amount(row, "costs.gross"),
        tax=amount(row, "costs.tax"),
        discount=amount(row, "costs.discount_amount"),
        fees=added([amount(row, "costs.eventbrite_fee"), amount(row, "costs.payment_fee")]),
        refunded=refunded,
        paid=paid,
        currency=row.currency("costs.gross.currency"),
        ticket_count=len(standing) if row.value("attendees") is not None else None,
        lines=tuple(_line(one, event_id) for one in row.rows("attendees[]")),
        event_ids=(event_id,) if event_id else (),
        created_at=row.moment("created"),
        updated_at=row.moment("changed"),
    )


def _line(row: Row, event_id: str | None) -> OrderLine:
    return OrderLine(
        event_id=event_id,
        ticket_id=row.ref("ticket_class_id"),
        quantity=row.whole("quantity"),
        amount=amount(row, "costs.gross"),
        tax=amount(row, "costs.tax"),
    )


def _refunded(row: Row) -> Decimal | None:
    """Processed refund requests; refunds that the organizer made show only on the attendees."""
    done = [amount(one, "amount_processed") for one in _refund_items(row) if one.text("status") == "processed"]
    given_back = [amount(one, "costs.gross") for one in row.rows("attendees[]") if one.flag("refunded")]
    if known := added(done) or added(given_back):
        return known
    return zero(row.currency("costs.gross.currency")) if row.has("costs.gross.currency") else None


def _refund_items(row: Row) -> list[Row]:
    """The items of each request; a request without a list of items is one itself."""
    requests = list(row.rows("refund_requests[]"))
    return [item for request in requests for item in (list(request.rows("items[]")) or [request])]


def faults(status: int, body: Row) -> Fault | None:
    """A bad token is listed as 400 too."""
    return "auth" if body.text("error") in ("INVALID_AUTH", "INVALID_AUTH_HEADER", "NO_AUTH") else None


def pages(**more) -> Cursor:
    return Cursor(
        "continuation", next="pagination.continuation", more="pagination.has_more_items",
        count="pagination.object_count", **more,
    )  # fmt: skip


def listing(kind: str, mapping, **query) -> Stream:
    return Stream(
        GET(f"/events/{{event}}/{kind}/", **query),
        kind,
        mapping,
        wide=GET(f"/organizations/{{organization_id}}/{kind}/", **query),
        pager=pages(),
        since=Since("changed", "changed_since"),
    )


PARTS = "venue,category,event_sales_status"
provider = Provider(
    slug="eventbrite",
    name="Eventbrite",
    website="https://www.eventbrite.com",
    docs="https://www.eventbrite.com/platform/api",
    base="https://www.eventbriteapi.com/v3",
    hosts={"login": "https://www.eventbrite.com"},
    auth="oauth2",
    sign=OAuth2("login:/oauth/token", ("refresh_token",), authorize="login:/oauth/authorize"),
    credentials=(
        Credential("clientId", "Account Settings → Developer Links → API Keys → API key", secret=False),
        Credential("clientSecret", "Account Settings → Developer Links → API Keys → Client secret"),
        Credential("accessToken", "Account Settings → Developer Links → API Keys → Private token; or the OAuth flow"),
        Credential("refreshToken", "Returned after the OAuth flow, where there is one"),
    ),
    enough=(("accessToken",), ("clientId", "clientSecret", "refreshToken")),
    options=(Option("organization_id", "One organization; all that the token sees if not given"),),
    scopes=(Scope("organization_id", GET("/users/me/organizations/"), "organizations", "id"),),
    health=GET("/users/me/"),
    faults=faults,
    rate_limit=(2000, 3600),
    streams={
        "events": Stream(
            GET("/organizations/{organization_id}/events/", status="all", expand=PARTS),
            "events",
            event,
            pager=pages(size="page_size", largest=100),
            since=Since("client", by="changed"),
            filters={"status": Filter("status", words=ASKED), "q": Filter("name_filter")},
        ),
        "event": Stream(GET("/events/{event}/", expand=PARTS), "", event),
        "tickets": Stream(
            GET("/events/{event}/ticket_classes/"), "ticket_classes", ticket, pager=pages(), event="event_id"
        ),
        "attendees": listing("attendees", attendee),
        "orders": listing("orders", order, status="all_not_deleted", expand="attendees,refund_requests"),
    },
    limitations=(
        "Events cannot be asked for by change: all are read, and older ones dropped here.",
        "Refunds that the organizer made by hand are known only where the attendees are marked as refunded.",
    ),
)

"""Ticket Tailor. A key belongs to one box office; cursors by last id; minor units; booleans are words.

Docs: developers.tickettailor.com. Orders and tickets can be filtered by creation only; events cannot be filtered by change.
"""

from connectors.auth import Basic
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket, Venue
from connectors.money import order_status
from connectors.pagers import Cursor
from connectors.provider import GET, Credential, Filter, Join, Provider, Since, Stream
from connectors.row import Row

EVENT = {"draft": "draft", "published": "live", "sales_closed": "live", "members_only": "live"}
TICKET = {
    "on_sale": "on_sale", "sold_out": "sold_out", "unavailable": "off_sale", "locked": "off_sale",
    "hidden": "hidden", "admin_only": "hidden", "members_only": "hidden",
}  # fmt: skip
ATTENDEE = {"valid": "valid", "voided": "cancelled", "void": "cancelled"}
ORDER = {"completed": "paid", "pending": "pending", "cancelled": "cancelled", "canceled": "cancelled"}

pages = Cursor("starting_after", next="data[-1].id", more="links.next", size="limit", largest=100)
created = Since("created", "created_at.gte", format="unix")


def event(row: Row) -> UnifiedEvent:
    return UnifiedEvent(
        id=row.id(),
        name=row.text("name"),
        description=row.plain("description"),
        status=_event_status(row),
        starts_at=row.moment("start.iso") or row.unix("start.unix"),
        ends_at=row.moment("end.iso") or row.unix("end.unix"),
        timezone=row.text("timezone"),
        venue=Venue(
            name=row.text("venue.name"), postal_code=row.text("venue.postal_code"), country=row.country("venue.country")
        ),
        online=row.flag("online_event"),
        url=row.text("url", "checkout_url"),
        image_url=row.text("images.header", "images.thumbnail"),
        currency=row.currency("currency"),
        capacity=row.whole("max_tickets_sold_per_occurrence", "ticket_types[].quantity_total"),
        series_id=row.ref("event_series_id"),
        created_at=row.unix("created_at"),
    )


def _event_status(row: Row):
    """There is no word for cancelled: such an event is unavailable, and a text for buyers says why."""
    said = (row.text("unavailable_status") or "").lower() if row.flag("unavailable") else ""
    if "cancel" in said or "postpon" in said:
        return "cancelled" if "cancel" in said else "postponed"
    return row.choice("status", EVENT)


def ticket(row: Row) -> UnifiedTicket:
    currency = row.event.currency("currency")
    total, issued = row.whole("quantity_total"), row.whole("quantity_issued")
    taken = (issued or 0) + (row.whole("quantity_held") or 0) + (row.whole("quantity_in_baskets") or 0)
    left = None if total is None else max(0, total - taken)
    status = row.choice("status", TICKET)
    return UnifiedTicket(
        id=row.id(),
        event_id=row.event.id(),
        name=row.text("name"),
        description=row.plain("description"),
        price=row.minor("price", currency=currency),
        fee=row.minor("booking_fee", currency=currency),
        currency=currency,
        quantity_total=total,
        quantity_sold=issued,
        quantity_available=left,
        status="sold_out" if status == "on_sale" and left == 0 else status,
        sales_start=row.moment("hide_until.iso") or row.event.unix("tickets_available_at"),
        sales_end=row.moment("hide_after.iso") or row.event.unix("tickets_unavailable_at"),
    )


def attendee(row: Row) -> UnifiedAttendee:
    currency = row.currency("listed_currency.code")
    entries = [entry.unix("check_in_at", "checkin_at") for entry in row.joined("check_ins", row.id())]
    return UnifiedAttendee(
        id=row.id(),
        event_id=row.ref("event_id"),
        order_id=row.ref("order_id"),
        ticket_id=row.ref("ticket_type_id"),
        ticket_name=row.text("description"),
        first_name=row.text("first_name"),
        last_name=row.text("last_name"),
        name=row.text("full_name"),
        email=row.text("email"),
        status=row.choice("status", ATTENDEE),
        checked_in=row.flag("checked_in"),
        checked_in_at=min(filter(None, entries), default=None),
        purchased_at=row.unix("created_at"),
        price=row.minor("listed_price", currency=currency, per_unit=row.whole("listed_currency.base_multiplier")),
        currency=currency,
        barcode=row.text("barcode"),
        answers=row.pairs("custom_questions", "question", "answer"),
        created_at=row.unix("created_at"),
        updated_at=row.unix("updated_at"),
    )


def order(row: Row) -> UnifiedOrder:
    money = {"currency": row.currency("currency.code", "currency"), "per_unit": row.whole("currency.base_multiplier")}
    paid, refunded = row.minor("total_paid", **money), row.minor("refund_amount", **money)
    status = row.choice("status", ORDER)
    event_id = row.ref("event_summary.event_id", "event_summary.id")
    return UnifiedOrder(
        id=row.id(),
        status=order_status(paid, refunded, status == "cancelled") if status in ("paid", "cancelled") else status,
        buyer_name=row.text("buyer_details.name"),
        buyer_email=row.text("buyer_details.email"),
        placed_at=row.unix("created_at"),
        total=row.minor("total", **money),
        tax=row.minor("tax", **money),
        paid=paid,
        refunded=refunded,
        currency=money["currency"],
        ticket_count=row.texts("issued_tickets[].status").count("valid"),
        lines=tuple(_line(line, event_id, money) for line in row.rows("line_items[]") if line.text("type") == "ticket"),
        event_ids=(event_id,) if event_id else (),
        created_at=row.unix("created_at"),
    )


def _line(row: Row, event_id: str | None, money: dict) -> OrderLine:
    return OrderLine(
        event_id=event_id,
        ticket_id=row.ref("item_id"),
        quantity=row.whole("quantity"),
        amount=row.minor("total", **money),
        fee=row.minor("booking_fee", **money),
    )


def listing(path: str, mapping, **more) -> Stream:
    return Stream(GET(path, event_id="{event}"), "data", mapping, wide=GET(path), pager=pages, since=created, **more)


provider = Provider(
    slug="ticket-tailor",
    name="TicketTailor",
    website="https://www.tickettailor.com",
    docs="https://developers.tickettailor.com",
    base="https://api.tickettailor.com/v1",
    auth="api_key",
    sign=Basic("{apiKey}"),
    credentials=(Credential("apiKey", "Box office settings → API → Create API key"),),
    enough=(("apiKey",),),
    health=GET("/ping"),
    rate_limit=(5000, 1800),
    streams={
        "events": Stream(
            GET("/events"),
            "data",
            event,
            pager=pages,
            filters={
                "starts_after": Filter("start_at.gte", format="unix"),
                "starts_before": Filter("start_at.lt", format="unix"),
            },
        ),
        "event": Stream(GET("/events/{event}"), "", event),
        "tickets": Stream(None, "ticket_types", ticket, inside=True),
        "check_ins": Stream(GET("/check_ins", event_id="{event}"), "data", pager=pages),
        "attendees": listing(
            "/issued_tickets", attendee, join={"check_ins": Join("check_ins", key="issued_ticket_id")}
        ),
        "orders": listing("/orders", order, unreported=("fees",)),
    },
    limitations=(
        "Orders and tickets can be asked for by creation, not by change; events by neither.",
        "Venues have no street or city. Phone numbers are not on tickets.",
        "What Ticket Tailor itself charges is not in its API, so fees are unknown.",
    ),
)

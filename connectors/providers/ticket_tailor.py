"""Ticket Tailor. A key belongs to one box office; cursors by last id; minor units; booleans are words.

Docs: developers.tickettailor.com. There is no word for a cancelled event: it is unavailable, and a text for buyers
says why. A ticket type with nothing left still says on_sale.
"""

from typing import Any

from connectors import stock
from connectors.auth import Basic
from connectors.models import EventStatus, OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.pagers import Cursor
from connectors.provider import GET, Credential, Filter, Join, Meaning, Provider, Since, Stamps, Stream
from connectors.row import Row, earliest, in_minor, vocabulary
from connectors.webhook import About, Hmac, Webhook

EVENT = vocabulary(draft="draft", live="published sales_closed members_only")
TICKET = vocabulary(on_sale="on_sale", sold_out="sold_out", off_sale="unavailable locked",
                    hidden="hidden admin_only members_only")
ATTENDEE = vocabulary(valid="valid", cancelled="voided void")
ORDER = vocabulary(paid="completed", pending="pending", cancelled="cancelled canceled")

pages = Cursor("starting_after", next="data[-1].id", more="links.next", size="limit", largest=100)
created = Since("created", "created_at.gte", format="unix")


def event(row: Row) -> UnifiedEvent:
    return UnifiedEvent(
        id=row.id(), name=row.text("name"), description=row.plain("description"), status=event_status(row),
        starts_at=row.moment("start.iso"), ends_at=row.moment("end.iso"), timezone=row.text("timezone"),
        venue=row.venue("venue", "name", "postal_code", "country"),
        online=row.flag("online_event"), url=row.text("url", "checkout_url"),
        image_url=row.text("images.header", "images.thumbnail"), currency=row.currency("currency"),
        capacity=row.whole("max_tickets_sold_per_occurrence", "ticket_types[].quantity_total"),
        series_id=row.ref("event_series_id"))


def event_status(row: Row) -> EventStatus:
    status: EventStatus = row.choice("status", EVENT)
    why = (row.text("unavailable_status") or "").lower() if row.flag("unavailable") else ""
    return "cancelled" if "cancel" in why else "postponed" if "postpon" in why else status


def ticket(row: Row) -> UnifiedTicket:
    event, currency = row.event, row.event.currency("currency")
    total, issued = row.whole("quantity_total"), row.whole("quantity_issued")
    left = stock.left(total, issued, row.whole("quantity_held"), row.whole("quantity_in_baskets"))
    return UnifiedTicket(
        id=row.id(), event_id=event.id(), name=row.text("name"), description=row.plain("description"),
        price=row.minor("price", currency=currency), fee=row.minor("booking_fee", currency=currency), currency=currency,
        quantity_total=total, quantity_sold=issued, quantity_available=left,
        status=stock.status(row.choice("status", TICKET), left),
        sales_start=row.moment("hide_until.iso") or event.unix("tickets_available_at"),
        sales_end=row.moment("hide_after.iso") or event.unix("tickets_unavailable_at"))


def attendee(row: Row) -> UnifiedAttendee:
    currency = row.currency("listed_currency.code", "listed_currency")
    amount = in_minor(currency, row.whole("listed_currency.base_multiplier"))
    entries = [entry.unix("check_in_at", "checkin_at") for entry in row.joined("check_ins", row.id())]
    return UnifiedAttendee(
        id=row.id(), event_id=row.ref("event_id"), order_id=row.ref("order_id"), ticket_id=row.ref("ticket_type_id"),
        ticket_name=row.text("description"), first_name=row.text("first_name"), last_name=row.text("last_name"),
        name=row.text("full_name"), email=row.text("email"), status=row.choice("status", ATTENDEE),
        checked_in=row.flag("checked_in"), checked_in_at=earliest(entries),
        purchased_at=row.unix("created_at"), price=amount(row, "listed_price"), currency=currency,
        barcode=row.text("barcode"), answers=row.pairs("custom_questions", "question", "answer"))


def order(row: Row) -> UnifiedOrder:
    currency = row.currency("currency.code", "currency")
    amount = in_minor(currency, row.whole("currency.base_multiplier"))
    event_id = row.ref("event_summary.event_id", "event_summary.id")
    lines = [OrderLine(ticket_id=line.ref("item_id"), quantity=line.whole("quantity"), amount=amount(line, "total"),
                       fee=amount(line, "booking_fee"))
             for line in row.rows("line_items[]") if line.text("type") == "ticket"]
    return UnifiedOrder(
        id=row.id(), status=row.choice("status", ORDER), buyer_name=row.text("buyer_details.name"),
        buyer_email=row.text("buyer_details.email"), placed_at=row.unix("created_at"), total=amount(row, "total"),
        tax=amount(row, "tax"), paid=amount(row, "total_paid"), refunded=amount(row, "refund_amount"),
        currency=currency, lines=tuple(lines),
        ticket_count=row.texts("issued_tickets[].status").count("valid"), event_ids=(event_id,) if event_id else ())


def listing(path: str, meaning: Meaning, **more: Any) -> Stream:
    return Stream(GET(path, event_id="{event}"), "data", meaning, wide=GET(path), pager=pages, since=created, **more)


provider = Provider(
    slug="ticket-tailor", name="TicketTailor", website="https://www.tickettailor.com",
    docs="https://developers.tickettailor.com", base="https://api.tickettailor.com/v1",
    auth="api_key", sign=Basic("{apiKey}"), health=GET("/ping"), rate_limit=(5000, 1800),
    stamps=Stamps("created_at", "updated_at", unix=True),
    credentials=(
        Credential("apiKey", "Box office settings → API → Create API key"),
        Credential("webhookSecret", "Box office settings → API → Webhooks → Signing secret; it is not the API key")),
    webhook=Webhook(
        Hmac("Tickettailor-Webhook-Signature", time="t", between=""), type="event", delivery="id", at="created_at",
        told={"ORDER.*": About("order", "payload.id", "payload.event_summary.event_id"),
              "ISSUED_TICKET.*": About("attendee", "payload.id", "payload.event_id"),
              "EVENT.*": About("event", "payload.id")}),
    streams={
        "events": Stream(GET("/events"), "data", event, pager=pages, filters={
            "starts_after": Filter("start_at.gte", format="unix"),
            "starts_before": Filter("start_at.lt", format="unix")}),
        "event": Stream(GET("/events/{event}"), "", event),
        "tickets": Stream(None, "ticket_types", ticket, inside=True),
        "check_ins": Stream(GET("/check_ins", event_id="{event}"), "data", pager=pages),
        "attendees": listing("/issued_tickets", attendee, join={"check_ins": Join("check_ins", "issued_ticket_id")}),
        "orders": listing("/orders", order, unreported=("fees",))},
    limitations=(
        "Orders and tickets can be asked for by creation, not by change; events by neither.",
        "Venues have no street or city. Phone numbers are not on tickets.",
        "What Ticket Tailor itself charges is not in its API, so fees are unknown."))

"""Accelevents: events by the short name in their address, zero-based pages, times on the wall of the event's place.

Shapes after https://developer.accelevents.com.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from spekta.sandbox.box_office import NOTHING, BoxOffice, Event, Issued, Order, Ticket, TicketType
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import Refusal, local

KEY = "sk_test_sandbox_accelevents"
ORGANIZER = "lampions"
ONE_LINE = "a place is one line of text"
NOT_ON_TICKETS = "only the order has it, and a ticket does not name its order"
NOT_CARRIED = {
    "event.status=cancelled": "there is no such word",
    "event.venue.name": ONE_LINE,
    "event.venue.address": ONE_LINE,
    "event.venue.city": ONE_LINE,
    "event.venue.region": ONE_LINE,
    "event.venue.postal_code": ONE_LINE,
    "event.venue.latitude": ONE_LINE,
    "event.venue.longitude": ONE_LINE,
    "event.url": "the page of an event is that of its short name",
    "event.capacity": "only the ticketing settings of a host tell it",
    "event.category": "no such field",
    "event.series_id": "dates of a recurring event are not told apart",
    "event.created_at": "no such field",
    "event.updated_at": "no such field",
    "ticket.status=scheduled": "a type is listed or not; its window tells the rest",
    "ticket.status=ended": "a type is listed or not; its window tells the rest",
    "ticket.status=off_sale": "a type is listed or not",
    "ticket.status=hidden": "a type is listed or not",
    "attendee.order_id": "a ticket does not name its order",
    "attendee.phone": NOT_ON_TICKETS,
    "attendee.checked_in_at": "that a ticket was used is told, not when",
    "attendee.purchased_at": NOT_ON_TICKETS,
    "attendee.price": NOT_ON_TICKETS,
    "attendee.currency": NOT_ON_TICKETS,
    "attendee.answers": "no such field",
    "attendee.created_at": NOT_ON_TICKETS,
    "attendee.updated_at": "no such field",
    "order.test": "no such field, so test orders are not in this account",
    "order.status=expired": "an unpaid order that ran out is deleted",
    "order.discount": "a discounted ticket shows the price that was paid",
    "order.updated_at": "orders can be asked for by change, but do not tell it",
}

T = TypeVar("T")
Row = dict[str, Any]


def event_id(event: Event) -> str:
    return event.key


def ticket_type_id(kind: TicketType) -> str:
    return str(900 + kind.number)


def ticket_id(issued: Issued) -> str:
    return str(7000 + issued.ticket.number)


def order_id(order: Order) -> str:
    return str(order.number)


def admit(ask: Ask) -> None:
    key = ask.headers.get("key", "")
    if key.startswith(FORBIDDEN):
        raise Refusal(403, "4030101", "Not staff user.")
    if key != KEY:
        raise Refusal(401, "4010101", "Not authorized.")


def error(refusal: Refusal) -> Row:
    return {"errorCode": refusal.code or f"{refusal.status}0000", "message": refusal.message or "Not possible."}


def amount(value: Decimal) -> float:
    return float(value)


def wall(moment: datetime | None, event: Event) -> str | None:
    return None if moment is None else f"{local(moment, event.timezone):%Y/%m/%d %H:%M}"


def page(ask: Ask, find: Callable[[], Sequence[T]], size: int, rows: str, render: Callable[[T], Row]) -> Row:
    number, size = int(ask.query.get("page", "0")), int(ask.query.get("size", str(size)))
    found = ask.page(ask.found(find), number * size, size)
    counts = {"recordsTotal": found.total, "recordsFiltered": found.total}
    return {rows: [render(one) for one in found.records], **counts}


def event_of(ask: Ask) -> Event:
    for event in ask.box.events:
        if event_id(event) == ask.parts["event"]:
            return event
    raise Refusal(406, "4040200", "Event not found.")


def organizers(ask: Ask) -> list[Row]:
    return [{"organizerId": 31, "name": "Les Lampions", "organizerPageURL": ORGANIZER, "logoImage": None, "planId": 4}]


def events(ask: Ask) -> list[Row]:
    """The organizer's events that are over, or the others."""
    if ask.parts["organizer"] != ORGANIZER:
        raise Refusal(406, "4040300", "Organizer not found.")
    over = ask.parts["past"] == "true"
    return [event_row(event) for event in ask.box.events if (event.status == "completed") == over]


def event_row(event: Event) -> Row:
    return {
        "eventId": 4400 + event.number,
        "name": event.name,
        "eventURL": event_id(event),
        "eventStartDate": wall(event.starts_at, event),
        "eventEndDate": wall(event.ends_at, event),
        "equivalentTimezone": event.timezone,
        "currency": event.currency,
        "eventDescription": event.description,
        "eventLocation": place(event),
        "eventLogo": event.image_url or "",
        "ticketingTypeList": [{"typeId": 900 + kind.number, "name": kind.name} for kind in event.ticket_types],
    }


def place(event: Event) -> str | None:
    venue = event.venue
    return f"{venue.name}, {venue.address}, {venue.postal_code} {venue.city}" if venue else None


def details(ask: Ask) -> Row:
    event = event_of(ask)
    return {
        "eventId": 4400 + event.number,
        "eventName": event.name,
        "eventUrl": event_id(event),
        "eventCountryCode": event.venue.country if event.venue else None,
        "currencySymbol": {"EUR": "€", "GBP": "£", "USD": "$"}.get(event.currency, event.currency),
        "eventFormat": "VIRTUAL" if event.online else "IN-PERSON",
        "eventListingStatus": "PREVIEW" if event.status == "draft" else "PUBLIC",
        "eventDesignDetailDto": {"logoImage": event.image_url, "bannerImage": None},
        "ticketingEnabled": True,
    }


def ticket_types(ask: Ask) -> Row:
    event = event_of(ask)
    return {
        "ticketTypes": [ticket_type_row(ask.box, event, kind) for kind in event.ticket_types],
        "startDate": wall(event.starts_at, event),
        "endDate": wall(event.ends_at, event),
        "address": place(event),
        "showTicketPrice": True,
    }


def ticket_type_row(box: BoxOffice, event: Event, kind: TicketType) -> Row:
    sold, stock = box.sold(kind), kind.quantity_total
    return {
        "typeId": 900 + kind.number,
        "name": kind.name,
        "price": amount(kind.price),
        "fee": amount(kind.fee),
        "passFeesToBuyer": bool(kind.fee),
        "startDate": wall(kind.sales_start, event),
        "endDate": wall(kind.sales_end, event),
        "bundleType": "INDIVIDUAL_TICKET",
        "dataType": "TICKET",
        "ticketType": "PAID" if kind.price else "FREE",
        "ticketTypeDescription": kind.description,
        "totalSoldTickets": sold,
        "remainingTickets": None if stock is None else stock - sold,
        "minTickerPerBuyer": 1,
        "maxTickerPerBuyer": 10,
    }


def orders_of(ask: Ask) -> list[Order]:
    return list(filter(is_real, ask.box.orders_of(event_of(ask))))


def attendees(ask: Ask) -> Row:
    event = event_of(ask)

    def find() -> list[Issued]:
        return ask.box.issued(orders_of(ask)) if ask.query.get("dataType", "TICKET") == "TICKET" else []

    counts = [
        {"ticketTypeId": 900 + kind.number, "ticketTypeName": kind.name, "totalTickets": ask.box.sold(kind)}
        for kind in event.ticket_types
    ]
    return page(ask, find, 100, "attendees", lambda one: attendee_row(ask.box, one)) | {"ticketTypeCountDtos": counts}


def attendee_row(box: BoxOffice, issued: Issued) -> Row:
    order, ticket = issued
    return {
        "attendeeId": ticket_id(issued),
        "barcode": ticket.barcode,
        "firstName": ticket.holder.first_name,
        "lastName": ticket.holder.last_name,
        "email": ticket.holder.email,
        "status": order_status(order).upper(),
        "ticketStatus": ticket_status(issued),
        "ticketType": box.ticket_type(ticket.ticket_type).name,
    }


def ticket_status(issued: Issued) -> str:
    order, ticket = issued
    if ticket.status == "refunded":
        return "REFUNDED"
    if ticket.status == "cancelled" or order.status not in ("paid", "pending"):
        return "CANCELLED"
    return "BOOKED" if ticket.checked_in_at is None else "CHECKED_IN"


def order_status(order: Order) -> str:
    if order.given_back:
        return "refunded"
    return "unpaid" if order.status in ("pending", "expired") else "paid"


def orders(ask: Ask) -> Row:
    """The orders with tickets; nobody here sells add-ons."""
    since = ask.query.get("searchTimeStamp")
    changed = datetime.strptime(since, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC) if since else None

    def find() -> list[Order]:
        here = orders_of(ask)
        if ask.query.get("dataType", "TICKET") != "TICKET":
            return []
        return [order for order in here if changed is None or order.updated_at >= changed]

    return page(ask, find, 10, "data", lambda order: order_row(ask.box, order))


def order_row(box: BoxOffice, order: Order) -> Row:
    event, buyer = box.event(order.event), order.buyer
    return {
        "orderId": order.number,
        "status": order_status(order),
        "orderType": order_type(order),
        "totalAmount": amount(order.total),
        "salesTaxFee": amount(order.tax),
        "ticketingFee": amount(order.platform_fee),
        "ccFee": 0.0,
        "currency": order.currency,
        "equivalentTimezone": event.timezone,
        "purchaseDate": wall(order.placed_at, event),
        "purchaser": {"firstName": buyer.first_name, "lastName": buyer.last_name, "email": buyer.email},
        "attendee": [
            {**named(ticket), "qty": 1, "ticketType": box.ticket_type(ticket.ticket_type).name}
            for ticket in order.tickets
        ],
    }


def order_type(order: Order) -> str:
    unpaid = {"pending": "UNPAID", "expired": "UNPAID_DELETE"}
    return unpaid.get(order.status) or ("CARD" if order.total else "COMPLIMENTARY")


def named(ticket: Ticket) -> Row:
    return {"firstName": ticket.holder.first_name, "lastName": ticket.holder.last_name, "email": ticket.holder.email}


def order_detail(ask: Ask) -> Row:
    order = ask.one(orders_of(ask), order_id)
    return {
        "status": order_status(order),
        "amount": amount(order.total),
        "numberOfTickets": len(order.tickets),
        "purchaseDate": wall(order.placed_at, ask.box.event(order.event)),
        "attendee": [bought_row(ask.box, Issued(order, ticket)) for ticket in order.tickets],
    }


def bought_row(box: BoxOffice, issued: Issued) -> Row:
    order, ticket = issued
    back = given_back(order)
    return {
        **named(ticket),
        "eventTicketingId": 7000 + ticket.number,
        "barcode": ticket.barcode,
        "phoneNumber": ticket.holder.phone,
        "qty": 1,
        "ticketType": box.ticket_type(ticket.ticket_type).name,
        "bundleType": "INDIVIDUAL_TICKET",
        "dataType": "TICKET",
        "status": order_status(order).upper(),
        "ticketStatus": ticket_status(issued),
        "ticketPrice": amount(ticket.price),
        "paidAmount": amount(ticket.total),
        "salesTaxFee": amount(ticket.tax),
        "ccFee": 0.0,
        "refundedAmount": amount(back.get(ticket.number, NOTHING)),
        "refundQty": int(ticket.number in back),
    }


def given_back(order: Order) -> Mapping[int, Decimal]:
    """What was given back for each ticket, by its number: a refund for several is theirs by their prices."""
    found: dict[int, Decimal] = {}
    for refund in order.refunds:
        tickets = [ticket for ticket in order.tickets if ticket.number in refund.tickets]
        whole = sum((ticket.total for ticket in tickets), NOTHING)
        for ticket in tickets:
            found[ticket.number] = found.get(ticket.number, NOTHING) + refund.amount * ticket.total / whole
    return found


EVENT = "/rest/events/{event}"
SERVICE = Service(
    slug="accelevents",
    routes=(
        Route("GET", "/rest/u/organizers", organizers),
        Route("GET", "/rest/u/organizer/{organizer}/{past}", events, rows="", id="eventURL"),
        Route("GET", "/rest/host/event/{event}/eventDetails", details),
        Route("GET", f"{EVENT}/ticketing/settings", ticket_types, rows="ticketTypes", id="typeId"),
        Route("GET", f"{EVENT}/staff/allAttendees", attendees, rows="attendees", id="attendeeId"),
        Route("GET", f"{EVENT}/staff/orders", orders, rows="data", id="orderId"),
        Route("GET", f"{EVENT}/staff/refund/order/{{id}}", order_detail),
    ),
    credentials={"apiKey": KEY},
    admit=admit,
    error=error,
    shape=Shape(),
    paging=frozenset({"page", "size"}),
    not_carried=NOT_CARRIED,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
    carries_order=is_real,
)

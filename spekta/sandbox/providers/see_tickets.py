"""See Tickets (UK): a search for events, and a sales report that is asked for with a POST and names nobody.

Shapes after code that reads the report; the times have no offset and are those of London.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from spekta.sandbox.box_office import NOTHING, BoxOffice, Event, Issued, Order, Ticket, TicketType
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import Refusal, local

KEY = "sk_test_sandbox_see_tickets"
ZONE = "Europe/London"
SIZE, LARGEST = 20, 100
NOT_SEEN = "no such field was seen"
SALES_ONLY = "only what was sold is in the report"
NOBODY = "the report names nobody"
NOT_CARRIED = {
    "event.description": NOT_SEEN,
    "event.status=draft": NOT_SEEN,
    "event.status=cancelled": NOT_SEEN,
    "event.status=completed": NOT_SEEN,
    "event.ends_at": NOT_SEEN,
    "event.timezone": "all times are those of London",
    "event.venue.address": "of a venue only the name",
    "event.venue.city": "of a venue only the name",
    "event.venue.region": "of a venue only the name",
    "event.venue.postal_code": "of a venue only the name",
    "event.venue.country": "of a venue only the name",
    "event.venue.latitude": "of a venue only the name",
    "event.venue.longitude": "of a venue only the name",
    "event.online": NOT_SEEN,
    "event.url": NOT_SEEN,
    "event.image_url": NOT_SEEN,
    "event.currency": "only sales have one",
    "event.capacity": NOT_SEEN,
    "event.category": NOT_SEEN,
    "event.series_id": "a tour is not told apart from a series",
    "event.created_at": NOT_SEEN,
    "event.updated_at": NOT_SEEN,
    "ticket.description": SALES_ONLY,
    "ticket.quantity_total": SALES_ONLY,
    "ticket.quantity_available": SALES_ONLY,
    "ticket.status": SALES_ONLY,
    "ticket.sales_start": SALES_ONLY,
    "ticket.sales_end": SALES_ONLY,
    "attendee.first_name": NOBODY,
    "attendee.last_name": NOBODY,
    "attendee.name": NOBODY,
    "attendee.email": NOBODY,
    "attendee.phone": NOBODY,
    "attendee.status=cancelled": "what was cancelled was given back",
    "attendee.checked_in": SALES_ONLY,
    "attendee.checked_in_at": SALES_ONLY,
    "attendee.updated_at": "what was given back is a row of its own",
    "attendee.barcode": SALES_ONLY,
    "attendee.answers": SALES_ONLY,
    "order.status=cancelled": "what was cancelled was given back",
    "order.status=expired": SALES_ONLY,
    "order.buyer_name": NOBODY,
    "order.buyer_email": NOBODY,
    "order.discount": "a discounted ticket has the price that was paid",
    "order.updated_at": "what was given back is a row of its own",
}

T = TypeVar("T")
Row = dict[str, Any]


def event_id(event: Event) -> str:
    return f"DF-{1_000_000 + event.number}"


def ticket_type_id(kind: TicketType) -> str:
    return f"P-{kind.number}"


def order_id(order: Order) -> str:
    return f"U{order.number}"


def ticket_id(issued: Issued) -> str:
    """A purchase only has numbers of tickets: those that stand are its first ones of their kind."""
    order, ticket = issued
    places = [one for bought in kinds(order) for one in sorted(bought, key=lambda one: not stands(order, one))]
    return f"{order_id(order)}-{places.index(ticket) + 1}"


def carries_order(order: Order) -> bool:
    return order.status != "expired" and not order.test


def carries_type(box: BoxOffice, kind: TicketType) -> bool:
    sold = (ticket.ticket_type for order in box.orders if carries_order(order) for ticket in order.tickets)
    return kind.number in sold


def stands(order: Order, ticket: Ticket) -> bool:
    return order.status in ("paid", "pending") and ticket.status == "valid"


def kinds(order: Order) -> list[list[Ticket]]:
    """The tickets of a purchase, those of a kind together."""
    found: dict[int, list[Ticket]] = {}
    for ticket in order.tickets:
        found.setdefault(ticket.ticket_type, []).append(ticket)
    return list(found.values())


def admit(ask: Ask) -> None:
    key = ask.bearer()
    if key.startswith(FORBIDDEN):
        raise Refusal(403)
    if key != KEY or ask.headers.get("x-api-key", KEY) != KEY:
        raise Refusal(401)


def moment(when: datetime) -> str:
    return f"{local(when, ZONE):%Y-%m-%dT%H:%M:%S}"


def paged(ask: Ask, said: Any, listing: str, records: Sequence[T], row: Callable[[BoxOffice, T], Row]) -> Row:
    offset, limit = (said.get(name, default) for name, default in (("offset", 0), ("limit", SIZE)))
    if not (str(offset).isdecimal() and str(limit).isdecimal()):
        raise Refusal(400, message="offset and limit are numbers.")
    page = ask.page(records, int(offset), min(int(limit), LARGEST), listing)
    return {"data": [row(ask.box, one) for one in page.records]}


def event_row(box: BoxOffice, event: Event) -> Row:
    return {
        "id": event_id(event),
        "name": event.name,
        "promoterName": "Les Lampions",
        "starts": moment(event.starts_at),
        "doorsOpen": moment(event.starts_at),
        "timeslotEnabled": False,
        "tourId": f"T-{event.series or event.key}",
        "tourName": event.name,
        "venueName": event.venue and event.venue.name,
    }


def sale_rows(box: BoxOffice, order: Order) -> Iterator[tuple[datetime, Row]]:
    """A row for each kind of ticket that was bought, and one for what of it was given back."""
    for tickets in kinds(order):
        yield order.placed_at, sale_row(box, order, tickets, 1)
        gone = [ticket for ticket in tickets if not stands(order, ticket)]
        if gone:
            yield order.refunds[0].at, sale_row(box, order, gone, -1) | {"date": moment(order.refunds[0].at)}


def sale_row(box: BoxOffice, order: Order, tickets: Sequence[Ticket], sign: int) -> Row:
    event, kind, first = box.event(order.event), box.ticket_type(tickets[0].ticket_type), tickets[0]

    def summed(amounts: Sequence[Decimal]) -> float:
        return float(sign * sum(amounts, NOTHING))

    return {
        "uniqueCode": order_id(order),
        "eventId": event_id(event),
        "eventName": event.name,
        "eventDate": moment(event.starts_at),
        "date": moment(order.placed_at),
        "sold": sign * len(tickets),
        "currency": order.currency,
        "ticketPrice": float(first.total),
        "faceValue": float(first.price),
        "grossFace": summed([ticket.total - ticket.platform_fee for ticket in tickets]),
        "grossSales": summed([ticket.total for ticket in tickets]),
        "grossCost": 0.0,
        "taxTotal": summed([ticket.tax for ticket in tickets]),
        "priceId": ticket_type_id(kind),
        "priceName": kind.name,
        "isPending": order.status == "pending",
        "isInternetOrder": True,
        "salesChannel": "Web",
        "offerCode": order.discount_code,
        "location": None if order.number % 2 else {"country": "United Kingdom", "countryIso": "GB", "postCode": "NG1"},
    }


def events(ask: Ask) -> Any:
    return paged(ask, ask.query, "events", ask.box.events, event_row)


def sales(ask: Ask) -> Any:
    if not isinstance(ask.body, dict):
        raise Refusal(400, message="The body is not JSON.")
    search = ask.body.get("search") or {}
    if search.get("forSearchItemType") != "EVENT" or not isinstance(search.get("searchItemCodes"), list):
        raise Refusal(400, message="search names what is searched for, and its codes.")
    codes = frozenset(map(str, search["searchItemCodes"]))

    def find() -> list[Row]:
        rows = [
            dated
            for order in ask.box.orders
            if carries_order(order) and event_id(ask.box.event(order.event)) in codes
            for dated in sale_rows(ask.box, order)
        ]
        return [row for _, row in sorted(rows, key=lambda dated: dated[0])]

    found = ask.box.memo(("see-tickets", codes), find)
    return paged(ask, ask.body, f"sales {sorted(codes)}", found, lambda box, row: row)


SERVICE = Service(
    slug="see-tickets",
    hosts={"api": "/v1"},
    routes=(
        Route("GET", "/v1/events/search", events, rows="data"),
        Route("POST", "/v1/reports/sales", sales, rows="data"),
    ),
    credentials={"apiKey": KEY},
    admit=admit,
    error=lambda refusal: {"message": refusal.message or f"HTTP {refusal.status}"},
    not_carried=NOT_CARRIED,
    carries_order=carries_order,
    carries_type=carries_type,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

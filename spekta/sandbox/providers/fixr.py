"""FIXR: bookings whose tickets have one reference and no ids, amounts in major units, sums nowhere.

Fields of events and the path of attendees after code that uses api.fixr.co; the lists of an organiser are assumed.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from spekta.sandbox.box_office import BoxOffice, Event, Issued, Order, TicketType
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import DECIMALS, Refusal, major, utc

KEY = "sk_test_sandbox_fixr"
ACCOUNT = "7300"
SIZE, LARGEST = 50, 100
STATUS = {"live": "Live", "draft": "Draft", "cancelled": "Cancelled", "completed": "Ended"}
MESSAGES = {401: "Invalid token.", 403: "You do not have access to this.", 404: "Not found."}
NOT_SEEN = "no such field was seen"
NOT_CARRIED = {
    "event.description": NOT_SEEN,
    "event.timezone": NOT_SEEN,
    "event.online": NOT_SEEN,
    "event.url": NOT_SEEN,
    "event.capacity": NOT_SEEN,
    "event.category": NOT_SEEN,
    "event.series_id": NOT_SEEN,
    "event.created_at": NOT_SEEN,
    "event.venue.region": NOT_SEEN,
    "event.venue.country": NOT_SEEN,
    "event.venue.latitude": NOT_SEEN,
    "event.venue.longitude": NOT_SEEN,
    "ticket.description": NOT_SEEN,
    "ticket.quantity_total": "ticket types have no quantities",
    "ticket.quantity_sold": "ticket types have no quantities",
    "ticket.quantity_available": "ticket types have no quantities",
    "ticket.status=off_sale": "a type is not yet valid, sold out, expired, or on sale",
    "ticket.status=hidden": "a type is not yet valid, sold out, expired, or on sale",
    "ticket.sales_start": NOT_SEEN,
    "ticket.sales_end": NOT_SEEN,
    "attendee.status=pending": "attendees have paid",
    "attendee.status=cancelled": "what was cancelled was given back",
    "attendee.phone": NOT_SEEN,
    "attendee.checked_in_at": "only whether a ticket was scanned",
    "attendee.purchased_at": NOT_SEEN,
    "attendee.created_at": NOT_SEEN,
    "attendee.updated_at": NOT_SEEN,
    "attendee.barcode": NOT_SEEN,
    "attendee.answers": "a call of its own per booking",
    "order.status=pending": "attendees have paid",
    "order.status=expired": "attendees have paid",
    "order.status=cancelled": "a booking that was cancelled was given back",
    "order.buyer_name": "an attendee is the holder of a ticket",
    "order.buyer_email": "an attendee is the holder of a ticket",
    "order.placed_at": NOT_SEEN,
    "order.created_at": NOT_SEEN,
    "order.updated_at": NOT_SEEN,
    "order.tax": NOT_SEEN,
    "order.discount": "a discounted ticket shows the price that was paid",
    "revenue.taxes": NOT_SEEN,
}

T = TypeVar("T")
Row = dict[str, Any]


def event_id(event: Event) -> str:
    return str(500 + event.number)


def ticket_type_id(kind: TicketType) -> str:
    return str(900 + kind.number)


def order_id(order: Order) -> str:
    return f"FX{order.number:05}"


def ticket_id(issued: Issued) -> str:
    """A ticket has no id of its own, only a place in its booking."""
    return f"{order_id(issued.order)}-{issued.order.tickets.index(issued.ticket) + 1}"


def carries_order(order: Order) -> bool:
    """A booking that was never paid has no attendees."""
    return order.status in ("paid", "cancelled") and not order.test


def admit(ask: Ask) -> None:
    """Both words before the key are taken: which of them is the right one is not known."""
    key = ask.bearer("Bearer") or ask.bearer("Token")
    if key.startswith(FORBIDDEN):
        raise Refusal(403)
    if key != KEY:
        raise Refusal(401)
    if ask.parts["account"] != ACCOUNT:
        raise Refusal(404)


def listing(ask: Ask, find: Callable[[], Sequence[T]], row: Callable[[BoxOffice, T], Row]) -> Row:
    said = {"offset": "0", "limit": str(SIZE), **ask.query}
    if not (said["offset"].isdecimal() and said["limit"].isdecimal()):
        raise Refusal(400, message="limit and offset are numbers.")
    page = ask.page(ask.found(find), int(said["offset"]), min(int(said["limit"]), LARGEST))
    return {"data": [row(ask.box, one) for one in page.records]}


def event_row(box: BoxOffice, event: Event) -> Row:
    venue = event.venue
    return {
        "id": int(event_id(event)),
        "name": event.name,
        "status": STATUS[event.status],
        "open_time": utc(event.starts_at),
        "close_time": utc(event.ends_at),
        "event_image": event.image_url,
        "venue": venue
        and {"name": venue.name, "address": venue.address, "city": venue.city, "postcode": venue.postal_code},
        "tickets": [type_row(box, event, kind) for kind in event.ticket_types],
        "updated_at": utc(event.updated_at),
    }


def type_row(box: BoxOffice, event: Event, kind: TicketType) -> Row:
    left = None if kind.quantity_total is None else kind.quantity_total - box.sold(kind)
    return {
        "id": int(ticket_type_id(kind)),
        "name": kind.name,
        "type": 0,
        "currency": event.currency,
        "price": float(kind.price),
        "booking_fee": float(kind.fee),
        "max_per_user": 4,
        "sold_out": left == 0,
        "expired": kind.sale == "ended",
        "not_yet_valid": kind.sale == "scheduled",
        "promo_code_required": kind.sale == "hidden",
    }


def attendee_row(box: BoxOffice, issued: Issued) -> Row:
    """What the platform keeps of a ticket is its booking fee, whoever bears it."""
    order, ticket = issued
    kind, decimals = box.ticket_type(ticket.ticket_type), DECIMALS.get(order.currency, 2)
    return {
        "reference_id": order_id(order),
        "first_name": ticket.holder.first_name,
        "last_name": ticket.holder.last_name,
        "email": ticket.holder.email,
        "ticket": {"id": int(ticket_type_id(kind)), "name": kind.name},
        "price": major(ticket.total - ticket.platform_fee, decimals),
        "booking_fee": major(ticket.platform_fee, decimals),
        "status": "valid" if order.status == "paid" and ticket.status == "valid" else "refunded",
        "scanned": ticket.checked_in_at is not None,
    }


def events(ask: Ask) -> Any:
    return listing(ask, lambda: ask.box.events, event_row)


def event(ask: Ask) -> Any:
    return {"data": event_row(ask.box, ask.one(ask.box.events, event_id))}


def public_event(ask: Ask) -> Any:
    return event_row(ask.box, ask.one([one for one in ask.box.events if one.status != "draft"], event_id))


def attendees(ask: Ask) -> Any:
    event = ask.one(ask.box.events, event_id)

    def find() -> Sequence[Issued]:
        return ask.box.issued(order for order in ask.box.orders_of(event) if carries_order(order))

    return listing(ask, find, attendee_row)


OWN = "/api/v2/organiser/accounts/{account}/events"
SERVICE = Service(
    slug="fixr",
    hosts={"api": "/api/v2"},
    routes=(
        Route("GET", OWN, events, rows="data"),
        Route("GET", f"{OWN}/{{id}}", event),
        Route("GET", f"{OWN}/{{id}}/attendees", attendees, rows="data"),
        Route("GET", "/api/v2/app/event/{id}", public_event, open=True),
    ),
    credentials={"apiKey": KEY, "accountId": ACCOUNT},
    admit=admit,
    error=lambda refusal: {"detail": refusal.message or MESSAGES.get(refusal.status, "Something went wrong.")},
    paging=frozenset({"limit", "offset"}),
    not_carried=NOT_CARRIED,
    carries_order=carries_order,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

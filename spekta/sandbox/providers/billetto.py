"""Billetto: minor units, lists walked by the last row's id behind a link, other records as ids until they are expanded.

Shapes after https://api.billetto.com. It knows no cancelled orders: they are refunded, and a fee is never kept.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

from spekta.sandbox.box_office import NOTHING, Event, Issued, Order, Payment, Ticket, TicketType
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import Refusal, minor, utc

CREDENTIALS = {"apiKey": "sandboxaccesskey", "apiSecret": "sk_test_sandbox_billetto"}
SIZE, LARGEST = 10, 100
EVENT_STATE = {"draft": "draft", "live": "published", "cancelled": "canceled", "completed": "completed"}
ORDER_STATE = {"paid": "successful", "cancelled": "successful", "pending": "pending", "expired": "failed"}
TRANSACTION_STATE = {"paid": "successful", "pending": "pending", "failed": "failed"}
NOT_CARRIED = {
    "event.timezone": "all times are UTC",
    "event.venue.region": "no such field",
    "ticket.fee": "told of sold tickets only",
    "ticket.quantity_sold": "no counts; one has to count attendees",
    "ticket.quantity_available": "no counts; one has to count attendees",
    "ticket.status": "only the dates of its sale and the state of the event",
    "attendee.first_name": "a name is one text",
    "attendee.last_name": "a name is one text",
    "attendee.answers": "a question is told by its id",
    "order.status=cancelled": "an order is refunded instead",
    "order.test": "test orders cannot be told apart, so there are none in this account",
    "order.ticket_count": "of a refunded part only the attendees tell",
    "order.tax": "only in the ledger",
    "order.discount": "a discounted line shows the price that was paid",
    "revenue.taxes": "only in the ledger",
}

T = TypeVar("T")
Row = dict[str, Any]


def event_id(event: Event) -> str:
    return str(1200 + event.number)


def ticket_type_id(kind: TicketType) -> str:
    return type_number(kind.number)


def ticket_id(issued: Issued) -> str:
    return str(900_000 + issued.ticket.number)


def order_id(order: Order) -> str:
    return str(700_000 + order.number)


def type_number(number: int) -> str:
    return str(50_000 + number)


def admit(ask: Ask) -> None:
    pair = ask.headers.get("api-keypair") or ask.query.get("Api-Keypair", "")
    if pair.startswith(FORBIDDEN):
        raise Refusal(403, "invalid_request_error", "Access denied")
    if pair != ":".join(CREDENTIALS.values()):
        raise Refusal(401, "invalid_request_error", "Invalid API key")


def error(refusal: Refusal) -> Row:
    kind = refusal.code or ("invalid_request_error" if refusal.status < 500 else "api_error")
    return {"error": {"message": refusal.message or "The request could not be answered.", "type": kind}}


def listing(ask: Ask, find: Callable[[], Sequence[T]], ident: Callable[[T], str], render: Callable[[T], Row]) -> Row:
    """Give the page after the row whose id is `after`; the link to the next one has no host."""
    limit, after = ask.query.get("limit", str(SIZE)), ask.query.get("after")
    if not limit.isdecimal() or int(limit) > LARGEST:
        raise Refusal(400, message=f"limit must be between 0 and {LARGEST}")

    def start(records: Sequence[T]) -> int:
        found = next((at for at, record in enumerate(records) if ident(record) == after), None)
        if found is None:
            raise Refusal(400, message="after is no id of this list")
        return found + 1

    page = ask.page(ask.found(find), start if after else 0, int(limit))
    found = wrapped([render(record) for record in page.records], page.total, page.more)
    found["url"] = ask.path
    if page.more and page.records:
        kept = [item for item in ask.query.multi_items() if item[0] != "after"]
        found["next_url"] = f"{ask.path}?{urlencode([*kept, ('after', ident(page.records[-1]))])}"
    return found


def wrapped(rows: Sequence[Any], total: int | None = None, more: bool = False) -> Row:
    return {"object": "list", "data": rows, "has_more": more, "total": len(rows) if total is None else total}


def expanded(ask: Ask, name: str, whole: Row | None) -> Row | str | None:
    """Give a linked record whole where it is asked for, else its id."""
    wanted = {part.removeprefix("data.") for part in ask.query.get("expand", "").split(",")}
    return whole if whole is None or name in wanted else whole["id"]


def event_row(ask: Ask, event: Event) -> Row:
    return {
        "id": event_id(event),
        "object": "event",
        "name": event.name,
        "currency": event.currency,
        "state": EVENT_STATE[event.status],
        "public": event.status != "draft",
        "online_event": event.online,
        "kind": "recurring" if event.series else "regular",
        "parent": f"p-{event.series}" if event.series else None,
        "total_capacity": event.capacity,
        "public_url": event.url,
        "starts_at": utc(event.starts_at),
        "ends_at": utc(event.ends_at),
        "published_at": None if event.status == "draft" else utc(event.created_at),
        "created_at": utc(event.created_at),
        "updated_at": utc(event.updated_at),
        "availability": {"available": None, "status": "unknown"},
        "categorisation": {"category": event.category, "subcategory": None, "type": None},
        "location": expanded(ask, "location", location(event)),
        "venue": None,
        "editorial": expanded(ask, "editorial", editorial(event)),
        "organization": "1",
    }


def location(event: Event) -> Row | None:
    venue = event.venue
    if venue is None:
        return None
    return {
        "id": str(77_000 + event.number),
        "object": "location",
        "name": venue.name,
        "full_address": f"{venue.address}, {venue.postal_code} {venue.city}",
        "address_line_1": venue.address,
        "city": venue.city,
        "postal_code": venue.postal_code,
        "country_code": venue.country,
        "latitude": float(venue.latitude),
        "longitude": float(venue.longitude),
    }


def editorial(event: Event) -> Row:
    image = {"id": "1", "object": "gallery_item", "type": "upload", "original_url": event.image_url, "position": 1}
    return {
        "id": str(78_000 + event.number),
        "object": "editorial",
        "host": None,
        "description": None,
        "description_html": event.description,
        "tags": [],
        "gallery_items": wrapped([image] if event.image_url else []),
    }


def ticket_type_row(event: Event, kind: TicketType) -> Row:
    return {
        "id": ticket_type_id(kind),
        "object": "ticket_type",
        "type": "PayTicketType" if kind.price else "FreeTicketType",
        "name": kind.name,
        "description": kind.description,
        "quantity": kind.quantity_total,
        "price": minor(kind.price, event.currency),
        "fee_included": not kind.fee,
        "vat_rate": None,
        "min_tickets_per_order": 1,
        "max_tickets_per_order": None,
        "sells_from": utc(kind.sales_start),
        "sells_to": utc(kind.sales_end),
        "admission": True,
        "event": event_id(event),
        "created_at": utc(event.created_at),
        "updated_at": utc(event.updated_at),
    }


def attendee_state(issued: Issued) -> str:
    order, ticket = issued
    by_order = {"pending": "reserved", "expired": "failed", "cancelled": "refunded"}
    if order.status in by_order:
        return by_order[order.status]
    return "sold" if ticket.status == "valid" else ticket.status


def attendee_row(ask: Ask, issued: Issued) -> Row:
    order, ticket = issued
    event, kind = ask.box.event(order.event), ask.box.ticket_type(ticket.ticket_type)
    return {
        "id": ticket_id(issued),
        "object": "attendee",
        "type": "ticket",
        "barcode": ticket.barcode,
        "state": attendee_state(issued),
        "name": ticket.holder.name,
        "email": ticket.holder.email,
        "phone_number": ticket.holder.phone,
        "price": minor(ticket.price, order.currency),
        "fee": minor(ticket.fee, order.currency),
        "fee_included": not ticket.fee,
        "order": order_id(order),
        "order_line": f"{order_id(order)}-{ticket.ticket_type}",
        "ticket_type": ticket_type_id(kind),
        "event": event_id(event),
        "ticket_buyer": str(order.number),
        "newsletter_permission": False,
        "booking_question_responses": wrapped(
            [
                {"id": f"{ticket.number}-{at}", "question": f"q{at}", "answer": answer}
                for at, (_, answer) in enumerate(ticket.answers, 1)
            ]
        ),
        "scannings": wrapped(
            [expanded(ask, "scannings", scan) for scan in scannings(ticket)] if ticket.checked_in_at else []
        ),
        "created_at": utc(order.placed_at),
        "updated_at": utc(order.updated_at),
    }


def scannings(ticket: Ticket) -> list[Row]:
    """The scan at the door, and one that came too late."""
    at = utc(ticket.checked_in_at)
    return [
        {
            "id": f"{ticket.number}-{status}",
            "object": "scanning",
            "created_at": at,
            "status": status,
            "message": message,
        }
        for status, message in (("rejected", "Already scanned"), ("accepted", None))
    ]


def order_row(ask: Ask, order: Order) -> Row:
    code, buyer = order.currency, order.buyer
    subtotal, kept = minor(order.total - order.fee, code), minor(order.platform_fee, code)
    payment_fees = kept // 4
    return {
        "id": order_id(order),
        "object": "order",
        "email": buyer.email,
        "buyer_name": buyer.name,
        "phone": buyer.phone,
        "state": ORDER_STATE[order.status],
        "currency": code,
        "event": event_id(ask.box.event(order.event)),
        "subtotal": subtotal,
        "payment_fees": payment_fees,
        "billetto_fees": kept - payment_fees,
        "payout": minor(order.total, code) - kept,
        "sales_channel": "online",
        "address": None,
        "subscription": None,
        "order_lines": wrapped(order_lines(ask, order)),
        "order_transactions": wrapped([transaction(order, payment) for payment in order.payments]),
        "booking_question_responses": wrapped([]),
        "created_at": utc(order.placed_at),
        "updated_at": utc(order.updated_at),
    }


def order_lines(ask: Ask, order: Order) -> list[Row]:
    alike: dict[tuple[int, Decimal], list[Ticket]] = defaultdict(list)
    for ticket in order.tickets:
        alike[ticket.ticket_type, ticket.price].append(ticket)
    return [
        {
            "id": f"{order_id(order)}-{kind}",
            "object": "order_line",
            "name": ask.box.ticket_type(kind).name,
            "quantity": len(tickets),
            "unit_price": minor(price, order.currency),
            "fee": minor(sum((ticket.fee for ticket in tickets), NOTHING), order.currency),
            "currency": order.currency,
        }
        for (kind, price), tickets in alike.items()
    ]


def transaction(order: Order, payment: Payment) -> Row:
    amount = minor(payment.amount, order.currency)
    whole = order.status == "cancelled" and order.refunds
    back = amount if whole else minor(order.refunded, order.currency) if payment is order.payments[0] else 0
    refunded_at = utc(order.refunds[-1].at) if back else None
    return {
        "id": str(payment.number),
        "object": "order_transaction",
        "currency": order.currency,
        "state": TRANSACTION_STATE[payment.state],
        "payment_method": "card",
        "amount": amount,
        "refunded_amount": back,
        "balance": amount - back,
        "successful_at": utc(payment.at) if payment.state == "paid" else None,
        "refunded_at": refunded_at,
        "refunds": wrapped([{"id": str(payment.number), "object": "refund", "amount": back}] if back else []),
        "created_at": utc(order.placed_at),
        "updated_at": utc(order.updated_at),
    }


def asked(ask: Ask, event: Event) -> bool:
    """Whether a list is of this event, or of no event alone."""
    return ask.query.get("event", event_id(event)) == event_id(event)


def orders_here(ask: Ask) -> list[Order]:
    """Give the account's orders, of the event in the path or in the query if there is one."""
    events = {event.key for event in ask.box.events if event_id(event) == ask.parts.get("id", event_id(event))}
    events = {key for key in events if asked(ask, ask.box.event(key))}
    return [order for order in ask.box.orders if is_real(order) and order.event in events]


def changed_after(ask: Ask) -> datetime:
    """Read a day; what changed in it counts."""
    try:
        day = date.fromisoformat(ask.query.get("updated_after", "0001-01-01"))
    except ValueError:
        raise Refusal(400, message="updated_after is a date") from None
    return datetime.combine(day, time.min, UTC)


def one_event(ask: Ask) -> Event:
    return ask.one(ask.box.events, event_id)


def ticket_types(ask: Ask) -> Row:
    def find() -> list[tuple[Event, TicketType]]:
        return [(event, kind) for event in ask.box.events if asked(ask, event) for kind in event.ticket_types]

    return listing(ask, find, lambda pair: ticket_type_id(pair[1]), lambda pair: ticket_type_row(*pair))


def attendees(ask: Ask) -> Row:
    if "id" in ask.parts:
        one_event(ask)
    return listing(ask, lambda: ask.box.issued(orders_here(ask)), ticket_id, partial(attendee_row, ask))


def orders(ask: Ask) -> Row:
    after = changed_after(ask)
    return listing(
        ask,
        lambda: [order for order in orders_here(ask) if order.updated_at >= after],
        order_id,
        partial(order_row, ask),
    )


ACCOUNT = "/api/v3/organiser/"

SERVICE = Service(
    slug="billetto",
    hosts={"api": "/api/v3"},
    routes=(
        Route(
            "GET",
            ACCOUNT + "events",
            lambda ask: listing(ask, lambda: ask.box.events, event_id, partial(event_row, ask)),
            rows="data",
        ),
        Route("GET", ACCOUNT + "events/{id}", lambda ask: event_row(ask, one_event(ask))),
        Route("GET", ACCOUNT + "events/{id}/attendees", attendees, rows="data"),
        Route("GET", ACCOUNT + "ticket_types", ticket_types, rows="data"),
        Route("GET", ACCOUNT + "attendees", attendees, rows="data"),
        Route("GET", ACCOUNT + "orders", orders, rows="data"),
    ),
    credentials=CREDENTIALS,
    admit=admit,
    error=error,
    shape=Shape(status="state", next="next_url", next_is_link=True),
    paging=frozenset({"limit", "after", "expand"}),
    not_carried=NOT_CARRIED,
    carries_order=is_real,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

"""Ticket Tailor: minor units, unix seconds, flags as text, lists walked by the last row's id.

Shapes after https://developers.tickettailor.com.
"""

from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from spekta.sandbox.box_office import NOTHING, BoxOffice, Event, Issued, Order, Ticket, TicketType
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import DECIMALS, Refusal, local, minor, unix

KEY = "sk_test_sandbox_ticket_tailor"
LARGEST = 100
PAGING = frozenset({"limit", "starting_after", "ending_before"})
EVENT_STATUS = {"draft": "draft", "live": "published", "cancelled": "published", "completed": "sales_closed"}
CODES = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 429: "TOO_MANY_REQUESTS"}
NOT_CARRIED = {
    "event.status=completed": "sales_closed says that sales ended, not that the event did",
    "event.updated_at": "an event tells its creation only",
    "event.category": "no such field",
    "event.series_id": "every event belongs to a series, if only to one of its own",
    "event.venue.address": "a venue is a name, a postal code and a country",
    "event.venue.city": "a venue is a name, a postal code and a country",
    "event.venue.region": "a venue is a name, a postal code and a country",
    "event.venue.latitude": "a venue is a name, a postal code and a country",
    "event.venue.longitude": "a venue is a name, a postal code and a country",
    "ticket.status=scheduled": "unavailable, without a reason",
    "ticket.status=ended": "unavailable, without a reason",
    "attendee.phone": "only the order has the buyer's",
    "attendee.status=pending": "an issued ticket is valid or voided",
    "attendee.status=refunded": "an issued ticket is valid or voided",
    "order.test": "a box office for tests is an account of its own, so test orders are not in this one",
    "order.status=expired": "an order that ran out is cancelled",
    "order.updated_at": "an order tells its creation only",
    "order.discount": "a discounted ticket shows the price that was paid",
    "order.fees": "what Ticket Tailor charges the organiser is not in its API",
    "revenue.fees": "what Ticket Tailor charges the organiser is not in its API",
}

T = TypeVar("T")


def event_id(event: Event) -> str:
    return f"ev_{event.number}"


def ticket_type_id(kind: TicketType) -> str:
    return f"tt_{kind.number}"


def ticket_id(issued: Issued) -> str:
    return f"it_{issued.ticket.number}"


def order_id(order: Order) -> str:
    return f"or_{order.number}"


def admit(ask: Ask) -> None:
    try:
        key = b64decode(ask.bearer("Basic"), validate=True).decode().removesuffix(":")
    except ValueError:
        key = ""
    if key.startswith(FORBIDDEN):
        raise Refusal(403)
    if key != KEY:
        raise Refusal(401)


def error(refusal: Refusal) -> dict[str, Any]:
    code = refusal.code or CODES.get(refusal.status, "SERVER_ERROR")
    return {"status": refusal.status, "error_code": code, "message": refusal.message or code.replace("_", " ").title()}


def listing(
    ask: Ask, find: Callable[[], Sequence[T]], ident: Callable[[T], str], render: Callable[[BoxOffice, T], Any]
) -> Any:
    """Give the page after `starting_after` or before `ending_before`; the links are relative."""
    limit = ask.query.get("limit", str(LARGEST))
    if not limit.isdecimal() or not 1 <= int(limit) <= LARGEST:
        raise Refusal(400, "VALIDATION_ERROR", f"limit must be between 1 and {LARGEST}")
    size, after, before = int(limit), ask.query.get("starting_after"), ask.query.get("ending_before")

    def start(rows: Sequence[T]) -> int:
        at = next((at for at, row in enumerate(rows) if ident(row) == (after or before)), None)
        if at is None:
            raise Refusal(400, "VALIDATION_ERROR", "the cursor is no id of this list")
        return at + 1 if after else max(at - size, 0)

    def link(name: str, row: T) -> str:
        kept = [item for item in ask.query.multi_items() if item[0] not in PAGING - {"limit"}]
        return f"{ask.path}?{urlencode([*kept, (name, ident(row))])}"

    page = ask.page(ask.found(find), start if after or before else 0, size)
    rows = page.records
    return {
        "data": [render(ask.box, row) for row in rows],
        "links": {
            "next": link("starting_after", rows[-1]) if rows and page.more else None,
            "previous": link("ending_before", rows[0]) if rows and page.start else None,
        },
    }


def within(ask: Ask, name: str, moment: datetime) -> bool:
    """Compare with `name`, `name.gt`, `name.gte`, `name.lt` and `name.lte`, which are unix seconds."""
    at = int(moment.timestamp())
    tests = {"": at.__eq__, ".gt": at.__gt__, ".gte": at.__ge__, ".lt": at.__lt__, ".lte": at.__le__}
    return all(test(int(ask.query[name + suffix])) for suffix, test in tests.items() if name + suffix in ask.query)


def fits(ask: Ask, **values: str | None) -> bool:
    """Compare with the filters asked for; several values are divided by commas."""
    return all(value in ask.query[name].split(",") for name, value in values.items() if name in ask.query)


def text(value: bool) -> str:
    return "true" if value else "false"


def currency(code: str) -> dict[str, Any]:
    return {"base_multiplier": 10 ** DECIMALS.get(code, 2), "code": code.lower()}


def moment(when: datetime | None, zone: str) -> dict[str, Any] | None:
    if when is None:
        return None
    at = local(when, zone)
    return {
        "date": f"{at:%Y-%m-%d}",
        "formatted": f"{at:%a} {at.day} {at:%b %Y} {at.hour % 12 or 12}:{at:%M %p}",
        "iso": at.isoformat(timespec="seconds"),
        "time": f"{at:%H:%M}",
        "timezone": at.isoformat()[-6:],
        "unix": unix(at),
    }


def series_id(box: BoxOffice, event: Event) -> str:
    """Every event belongs to a series, if only to one of its own."""
    dates = [other.number for other in box.events if event.series and other.series == event.series]
    return f"es_{min(dates, default=event.number)}"


def series_row(box: BoxOffice, event: Event) -> dict[str, Any]:
    row = event_row(box, event)
    kept = {
        key: row[key] for key in ("name", "description", "status", "currency", "timezone", "venue", "images", "url")
    }
    return {"object": "event_series", "id": row["event_series_id"], "default_ticket_types": row["ticket_types"], **kept}


def event_row(box: BoxOffice, event: Event) -> dict[str, Any]:
    cancelled = event.status == "cancelled"
    return {
        "object": "event",
        "id": event_id(event),
        "event_series_id": series_id(box, event),
        "name": event.name,
        "description": event.description,
        "status": EVENT_STATUS[event.status],
        "start": moment(event.starts_at, event.timezone),
        "end": moment(event.ends_at, event.timezone),
        "timezone": event.timezone,
        "venue": venue(event),
        "online_event": text(event.online),
        "url": event.url,
        "images": {"header": event.image_url, "thumbnail": event.image_url},
        "currency": event.currency.lower(),
        "max_tickets_sold_per_occurrence": event.capacity,
        "ticket_types": [ticket_type_row(box, event, kind) for kind in event.ticket_types],
        "total_issued_tickets": sum(box.sold(kind) for kind in event.ticket_types),
        "total_orders": sum(map(is_real, box.orders_of(event))),
        "total_holds": 0,
        "private": "false",
        "hidden": "false",
        "unavailable": text(cancelled),
        "unavailable_status": "Cancelled" if cancelled else None,
        "tickets_available": text(not cancelled),
        "tickets_available_at": None,
        "tickets_unavailable_at": None,
        "created_at": unix(event.created_at),
    }


def venue(event: Event) -> dict[str, Any]:
    return {name: event.venue and getattr(event.venue, name) for name in ("name", "postal_code", "country")}


def ticket_type_row(box: BoxOffice, event: Event, kind: TicketType) -> dict[str, Any]:
    sold, total = box.sold(kind), kind.quantity_total
    return {
        "object": "ticket_type",
        "id": ticket_type_id(kind),
        "name": kind.name,
        "description": kind.description,
        "type": "GA",
        "price": minor(kind.price, event.currency),
        "booking_fee": minor(kind.fee, event.currency),
        "quantity_total": total,
        "quantity_issued": sold,
        "quantity_held": 0,
        "quantity_in_baskets": 0,
        "quantity": None if total is None else total - sold,
        # A type with nothing left is still on_sale.
        "status": {"on_sale": "on_sale", "hidden": "hidden"}.get(kind.sale, "unavailable"),
        "hide_until": moment(kind.sales_start, event.timezone),
        "hide_after": moment(kind.sales_end, event.timezone),
        "min_per_order": 1,
        "max_per_order": 10,
    }


def issued_ticket_row(box: BoxOffice, issued: Issued) -> dict[str, Any]:
    order, ticket = issued
    event, status = box.event(order.event), ticket_status(issued)
    return {
        "object": "issued_ticket",
        "id": ticket_id(issued),
        "event_id": event_id(event),
        "event_series_id": series_id(box, event),
        "order_id": order_id(order),
        "ticket_type_id": f"tt_{ticket.ticket_type}",
        "description": box.ticket_type(ticket.ticket_type).name,
        "first_name": ticket.holder.first_name,
        "last_name": ticket.holder.last_name,
        "full_name": ticket.holder.name,
        "email": ticket.holder.email,
        "status": status,
        "checked_in": text(ticket.checked_in_at is not None),
        "barcode": ticket.barcode,
        "reference": None,
        "reservation": None,
        "source": "checkout",
        "listed_price": minor(ticket.price, order.currency),
        "listed_currency": currency(order.currency),
        "custom_questions": [{"question": question, "answer": answer} for question, answer in ticket.answers],
        "created_at": unix(order.placed_at),
        "updated_at": unix(order.updated_at),
        "voided_at": unix(order.updated_at) if status == "voided" else None,
    }


def ticket_status(issued: Issued) -> str:
    order, ticket = issued
    return "valid" if ticket.status == "valid" and order.status in ("paid", "pending") else "voided"


def order_status(order: Order) -> str:
    if order.status in ("cancelled", "expired") or order.given_back:
        return "cancelled"
    return "pending" if order.status == "pending" else "completed"


def order_row(box: BoxOffice, order: Order) -> dict[str, Any]:
    event, buyer, code = box.event(order.event), order.buyer, order.currency
    return {
        "object": "order",
        "id": order_id(order),
        "status": order_status(order),
        "status_message": None,
        "currency": currency(code),
        "subtotal": minor(order.total, code),
        "tax": minor(order.tax, code),
        "tax_treatment": "inclusive" if order.tax else "exclusive",
        "total": minor(order.total, code),
        "total_paid": minor(order.paid, code),
        "refund_amount": minor(order.refunded, code),
        "credited_out_amount": 0,
        "refunded_voucher_id": None,
        "txn_id": f"ch_{order.payments[0].number}" if order.payments else None,
        "buyer_details": {
            "name": buyer.name,
            "first_name": buyer.first_name,
            "last_name": buyer.last_name,
            "email": buyer.email,
            "phone": buyer.phone,
            "address": {"address_1": None, "address_2": None, "address_3": None, "postal_code": None},
            "custom_questions": [],
        },
        "event_summary": {
            "id": event_id(event),
            "event_id": event_id(event),
            "event_series_id": series_id(box, event),
            "name": event.name,
            "start_date": moment(event.starts_at, event.timezone),
            "end_date": moment(event.ends_at, event.timezone),
            "venue": venue(event),
        },
        "line_items": line_items(box, order),
        "issued_tickets": [issued_ticket_row(box, Issued(order, ticket)) for ticket in order.tickets],
        "payment_method": {"type": "stripe"} if order.payments else None,
        "meta_data": [],
        "notes": None,
        "referral_tag": None,
        "created_at": unix(order.placed_at),
    }


def line_items(box: BoxOffice, order: Order) -> list[dict[str, Any]]:
    alike: dict[Any, list[Ticket]] = defaultdict(list)
    for ticket in order.tickets:
        alike[ticket.ticket_type, ticket.price].append(ticket)
    return [
        {
            "object": "line_item",
            "id": f"li_{tickets[0].number}",
            "type": "ticket",
            "item_id": f"tt_{kind}",
            "description": box.ticket_type(kind).name,
            "quantity": len(tickets),
            "value": minor(price, order.currency),
            "booking_fee": minor(sum((ticket.fee for ticket in tickets), NOTHING), order.currency),
            "total": minor(sum((ticket.total for ticket in tickets), NOTHING), order.currency),
        }
        for (kind, price), tickets in alike.items()
    ]


def check_in_row(box: BoxOffice, issued: Issued) -> dict[str, Any]:
    event, at = box.event(issued.order.event), unix(issued.ticket.checked_in_at)
    return {
        "object": "check_in",
        "id": f"ci_{issued.ticket.number}",
        "issued_ticket_id": ticket_id(issued),
        "event_id": event_id(event),
        "event_series_id": series_id(box, event),
        "quantity": 1,
        "check_in_at": at,
        "created_at": at,
    }


def orders_asked(ask: Ask) -> list[Order]:
    """Give the orders that fit what all lists can be filtered by: event, series, and time of creation."""
    events = {
        event.key
        for event in ask.box.events
        if fits(ask, event_id=event_id(event), event_series_id=series_id(ask.box, event))
    }
    return [
        order
        for order in ask.box.orders
        if order.event in events and is_real(order) and within(ask, "created_at", order.placed_at)
    ]


def events(ask: Ask) -> Any:
    def find() -> list[Event]:
        return [
            event
            for event in ask.box.events
            if within(ask, "start_at", event.starts_at)
            and within(ask, "end_at", event.ends_at)
            and fits(ask, status=EVENT_STATUS[event.status], event_series_id=series_id(ask.box, event))
        ]

    return listing(ask, find, event_id, event_row)


def series(ask: Ask) -> Any:
    def find() -> list[Event]:
        first = {series_id(ask.box, event): event for event in reversed(ask.box.events)}
        return list(first.values())[::-1]

    return listing(ask, find, lambda event: series_id(ask.box, event), series_row)


def orders(ask: Ask) -> Any:
    def find() -> list[Order]:
        return [order for order in orders_asked(ask) if fits(ask, status=order_status(order), email=order.buyer.email)]

    return listing(ask, find, order_id, order_row)


def issued_tickets(ask: Ask) -> Any:
    def asked(one: Issued) -> bool:
        filters = {"email": one.ticket.holder.email, "barcode": one.ticket.barcode, "status": ticket_status(one)}
        return fits(ask, order_id=order_id(one.order), **filters)

    return listing(ask, lambda: [*filter(asked, ask.box.issued(orders_asked(ask)))], ticket_id, issued_ticket_row)


def check_ins(ask: Ask) -> Any:
    def find() -> list[Issued]:
        return [issued for issued in ask.box.issued(orders_asked(ask)) if issued.ticket.checked_in_at]

    return listing(ask, find, lambda issued: f"ci_{issued.ticket.number}", check_in_row)


SERVICE = Service(
    slug="ticket-tailor",
    hosts={"api": "/v1"},
    routes=(
        Route("GET", "/v1/ping", lambda ask: {"ping": "pong"}),
        Route("GET", "/v1/events", events, rows="data"),
        Route("GET", "/v1/events/{id}", lambda ask: event_row(ask.box, ask.one(ask.box.events, event_id))),
        Route("GET", "/v1/event_series", series, rows="data"),
        Route("GET", "/v1/issued_tickets", issued_tickets, rows="data"),
        Route(
            "GET",
            "/v1/issued_tickets/{id}",
            lambda ask: issued_ticket_row(ask.box, ask.one(ask.box.issued(), ticket_id)),
        ),
        Route("GET", "/v1/orders", orders, rows="data"),
        Route("GET", "/v1/orders/{id}", lambda ask: order_row(ask.box, ask.one(orders_asked(ask), order_id))),
        Route("GET", "/v1/check_ins", check_ins, rows="data"),
    ),
    credentials={"apiKey": KEY},
    admit=admit,
    error=error,
    shape=Shape(next="links.next", next_is_link=True),
    paging=PAGING,
    headers={"X-Rate-Limit-Limit": "5000", "X-Rate-Limit-Remaining": "4999", "X-Rate-Limit-Reset": "1800"},
    not_carried=NOT_CARRIED,
    carries_order=is_real,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

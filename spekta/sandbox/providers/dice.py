"""DICE: one GraphQL endpoint with Relay connections, cents, errors in an answer of status 200.

Shapes after https://partners-endpoint.dice.fm/graphql/docs/index.html. Whether an order still lists its returned
tickets is not documented; here it does not: they stand in `returns` alone, while its amounts stay as they were bought.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from graphql import GraphQLError
from iso3166 import countries

from spekta.sandbox.box_office import Event, Issued, Order, Person, Refund, Ticket, TicketType
from spekta.sandbox.graph import Graph
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import Refusal, minor, utc

KEY = "sk_test_sandbox_dice"
GRAPH = Graph(Path(__file__).with_suffix(".graphql").read_text())
COUNTRIES = {"GB": "United Kingdom", "US": "United States"}
STATE = {"draft": "DRAFT", "live": "APPROVED", "cancelled": "CANCELLED", "completed": "ARCHIVED"}
MESSAGES = {401: "unauthenticated", 403: "unauthorized", 404: "not found", 429: "too many requests"}
NOT_CARRIED = {
    "event.created_at": "an event tells its last change only",
    "event.series_id": "no series",
    "event.online": "no such field",
    "event.timezone=America/Chicago": "the zone is the venue's, and an online event has none",
    "ticket.quantity_sold": "one has to count the tickets",
    "ticket.quantity_available": "one has to count the tickets",
    "ticket.fee": "only as what the shown price is above the face value",
    "ticket.sales_start": "no such field",
    "ticket.sales_end": "no such field",
    "ticket.status": "a type is archived or not",
    "attendee.checked_in": "has no door scans; claimedAt is when a fan opened the ticket",
    "attendee.checked_in_at": "has no door scans; claimedAt is when a fan opened the ticket",
    "attendee.answers": "has no questions",
    "attendee.updated_at": "a ticket has no time of change",
    "attendee.status=cancelled": "a ticket is held or returned",
    "order.status=pending": "an order is a purchase, so orders not yet paid are not in the account",
    "order.status=expired": "an order is a purchase, so orders that ran out are not in the account",
    "order.test": "has no test orders, so they are not in the account",
    "order.tax": "tax is in the price, and not told",
    "order.discount": "no such field",
    "order.updated_at": "no such field",
    "order.status=cancelled": "a ticket is held or returned",
    "revenue.taxes": "tax is in the price, and not told",
}

T = TypeVar("T")
Row = dict[str, Any]


class Returned(NamedTuple):
    """A ticket that was given back."""

    order: Order
    ticket: Ticket
    refund: Refund


def global_id(kind: str, number: int) -> str:
    return b64encode(f"{kind}:{number}".encode()).decode()


def event_id(event: Event) -> str:
    return global_id("Event", event.number)


def ticket_type_id(kind: TicketType) -> str:
    return global_id("TicketType", kind.number)


def ticket_id(issued: Issued) -> str:
    return global_id("Ticket", issued.ticket.number)


def order_id(order: Order) -> str:
    return global_id("Order", order.number)


def carries_order(order: Order) -> bool:
    return not order.test and (bool(order.paid) or order.status == "paid")


def admit(ask: Ask) -> None:
    token = ask.bearer()
    if token.startswith(FORBIDDEN):
        raise Refusal(403)
    if token != KEY:
        raise Refusal(401)


def error(refusal: Refusal) -> Row:
    return {"errors": [{"message": refusal.message or MESSAGES.get(refusal.status, "Internal server error")}]}


def connection(
    ask: Ask,
    name: str,
    find: Callable[[], Sequence[T]],
    render: Callable[[T], Row],
    where: Row | None = None,
    **at: Any,
) -> Row:
    """Give a page of a Relay connection; a cursor is a place in the list."""
    if "first" not in at and "last" not in at:
        raise GraphQLError("You must either supply `:first` or `:last`")
    records = ask.box.memo(("dice", name, repr(where)), find)
    start = place(at["after"]) + 1 if "after" in at else 0
    size = at.get("first", len(records))
    if "last" in at:
        end = place(at["before"]) if "before" in at else len(records)
        start, size = max(end - at["last"], 0), min(at["last"], end)
    page = ask.page(records, start, size, name)
    cursors = [b64encode(f"arrayconnection:{page.start + at}".encode()).decode() for at in range(len(page.records))]
    return {
        "totalCount": page.total,
        "pageInfo": {
            "hasNextPage": page.more,
            "hasPreviousPage": page.start > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
        "edges": [
            {"cursor": cursor, "node": render(record)} for cursor, record in zip(cursors, page.records, strict=True)
        ],
    }


def place(cursor: str) -> int:
    try:
        return int(b64decode(cursor).decode().removeprefix("arrayconnection:"))
    except ValueError:
        raise GraphQLError("Invalid cursor provided as argument") from None


def fits(where: Row | None, **values: Any) -> bool:
    """Compare with the operators of a `where`."""
    return all(TESTS[name](values[field], said) for field, ops in (where or {}).items() for name, said in ops.items())


def moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise GraphQLError(f"Invalid datetime: {text}") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, said: value == said,
    "ne": lambda value, said: value != said,
    "in": lambda value, said: value in said,
    "notIn": lambda value, said: value not in said,
    "gt": lambda value, said: value > moment(said),
    "gte": lambda value, said: value >= moment(said),
    "lt": lambda value, said: value < moment(said),
    "lte": lambda value, said: value <= moment(said),
    "between": lambda value, said: moment(said[0]) <= value <= moment(said[1]),
    "notBetween": lambda value, said: not moment(said[0]) <= value <= moment(said[1]),
    "null": lambda value, said: (value is None) == said,
}


def event_row(ask: Ask, event: Event) -> Row:
    def tickets(**at: Any) -> Row:
        kept = partial(kept_tickets, ask, {"eventId": {"eq": event_id(event)}})
        return connection(ask, f"tickets of {event.key}", kept, partial(ticket_row, ask), **at)

    return {
        "__typename": "Event",
        "id": event_id(event),
        "eventIdLive": str(event.number),
        "name": event.name,
        "description": event.description and unescape(re.sub("<[^>]+>", "", event.description)),
        "state": STATE[event.status],
        "startDatetime": utc(event.starts_at),
        "endDatetime": utc(event.ends_at),
        "updatedAt": utc(event.updated_at),
        "currency": event.currency,
        "url": event.url,
        "hidden": False,
        "totalTicketAllocationQty": event.capacity,
        "images": [{"type": "LANDSCAPE", "url": event.image_url}] if event.image_url else [],
        "venues": [venue_row(event)] if event.venue else [],
        "ticketTypes": [type_row(event.currency, kind) for kind in event.ticket_types],
        "tickets": tickets,
        "artists": [],
        "genres": [event.category] if event.category else [],
        "promoters": ["Lampions"],
    }


def venue_row(event: Event) -> Row:
    venue = event.venue
    assert venue is not None
    return {
        "name": venue.name,
        "type": "venue",
        "streetAddress": venue.address,
        "displayedAddress": f"{venue.address}, {venue.postal_code} {venue.city}",
        "city": venue.city,
        "region": venue.region,
        "postalCode": venue.postal_code,
        "country": COUNTRIES.get(venue.country, countries.get(venue.country).name),
        "latitude": float(venue.latitude),
        "longitude": float(venue.longitude),
        "timezoneName": event.timezone,
    }


def type_row(currency: str, kind: TicketType) -> Row:
    face, price = minor(kind.price, currency), minor(kind.price + kind.fee, currency)
    row: Row = {
        "id": ticket_type_id(kind),
        "name": kind.name,
        "description": kind.description,
        "archived": kind.sale in ("ended", "off_sale"),
        "price": price,
        "faceValue": face,
        "doorSalesPrice": 0,
        "totalTicketAllocationQty": kind.quantity_total,
        "priceTierType": None,
        "priceTiers": [],
        "externalSkus": [],
    }
    return row | tiered(kind, face, price) if sold_in_tiers(kind) else row


def sold_in_tiers(kind: TicketType) -> bool:
    """Every fifth type is: then its own amounts are 0, and the tiers have them."""
    return kind.number % 5 == 0 and kind.price > 0


def tiered(kind: TicketType, face: int, price: int) -> Row:
    total = kind.quantity_total
    early = 10 if total is None else total // 2
    allocations = (early, None if total is None else total - early)
    tiers = [
        {
            "id": global_id("PriceTier", 10 * kind.number + at),
            "name": f"Release {at + 1}",
            "price": price + at * 500,
            "faceValue": face + at * 500,
            "doorSalesPrice": 0,
            "allocation": allocation,
            "time": None,
        }
        for at, allocation in enumerate(allocations)
    ]
    none = dict.fromkeys(("price", "faceValue", "totalTicketAllocationQty"), 0)
    return {**none, "priceTierType": "allocation", "priceTiers": tiers}


def amounts(currency: str, tickets: Sequence[Ticket]) -> Row:
    """Write what was paid: the face value, the partner's commission and DICE's make the total."""
    total = sum(minor(ticket.total, currency) for ticket in tickets)
    dice = sum(minor(ticket.platform_fee, currency) for ticket in tickets)
    partner = sum(max(minor(ticket.fee - ticket.platform_fee, currency), 0) for ticket in tickets)
    return {
        "total": total,
        "diceCommission": dice,
        "commission": partner,
        "fullPrice": total - dice - partner,
        "fees": [{"category": "BOOKING", "dice": dice, "promoter": partner}],
    }


def fan(person: Person, number: int) -> Row:
    return {
        "id": global_id("Fan", number),
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": person.email,
        "phoneNumber": person.phone,
        "optInPartners": False,
    }


def ticket_row(ask: Ask, issued: Issued) -> Row:
    order, ticket = issued
    event = ask.box.event(order.event)
    return {
        "__typename": "Ticket",
        "id": ticket_id(issued),
        "code": ticket.barcode,
        "holder": fan(ticket.holder, ticket.number),
        "ticketType": type_row(order.currency, ask.box.ticket_type(ticket.ticket_type)),
        "claimedAt": utc(event.starts_at - timedelta(days=1)) if event.status == "completed" else None,
        **amounts(order.currency, [ticket]),
    }


def returned(order: Order) -> list[Returned]:
    by_number = {ticket.number: ticket for ticket in order.tickets}
    return [Returned(order, by_number[at], refund) for refund in order.refunds for at in refund.tickets]


def order_row(ask: Ask, order: Order) -> Row:
    gone = returned(order)
    numbers = {one.ticket.number for one in gone}
    return {
        "__typename": "Order",
        "id": order_id(order),
        "purchasedAt": utc(order.placed_at),
        "quantity": len(order.tickets),
        "fan": fan(order.buyer, 1_000_000 + order.number),
        "event": event_row(ask, ask.box.event(order.event)),
        "tickets": [ticket_row(ask, Issued(order, one)) for one in order.tickets if one.number not in numbers],
        "returns": [return_row(ask, one) for one in gone],
        **amounts(order.currency, order.tickets),
    }


def return_row(ask: Ask, one: Returned) -> Row:
    issued = Issued(one.order, one.ticket)
    return {
        "__typename": "Return",
        "id": global_id("Return", one.ticket.number),
        "ticketId": ticket_id(issued),
        "ticket": ticket_row(ask, issued),
        "order": lambda: order_row(ask, one.order),
        "reason": "other",
        "returnedAt": utc(one.refund.at),
    }


def purchases(ask: Ask) -> list[Order]:
    return [order for order in ask.box.orders if carries_order(order)]


def kept_tickets(ask: Ask, where: Row | None) -> list[Issued]:
    return [
        issued
        for issued in ask.box.issued(purchases(ask))
        if issued.ticket.status == "valid"
        and fits(
            where,
            id=ticket_id(issued),
            eventId=event_id(ask.box.event(issued.order.event)),
            ticketTypeId=global_id("TicketType", issued.ticket.ticket_type),
        )
    ]


def viewer(ask: Ask) -> Row:
    def events(where: Row | None = None, **at: Any) -> Row:
        def fit(event: Event) -> bool:
            times = {"startDatetime": event.starts_at, "endDatetime": event.ends_at, "updatedAt": event.updated_at}
            return fits(where, id=event_id(event), state=STATE[event.status], genre=event.category, **times)

        return connection(ask, "events", lambda: [*filter(fit, ask.box.events)], partial(event_row, ask), where, **at)

    def orders(where: Row | None = None, **at: Any) -> Row:
        def fit(order: Order) -> bool:
            event = event_id(ask.box.event(order.event))
            return fits(where, id=order_id(order), eventId=event, purchasedAt=order.placed_at)

        return connection(ask, "orders", lambda: [*filter(fit, purchases(ask))], partial(order_row, ask), where, **at)

    def returns(where: Row | None = None, **at: Any) -> Row:
        def fit(one: Returned) -> bool:
            event = event_id(ask.box.event(one.order.event))
            return fits(where, id=global_id("Return", one.ticket.number), eventId=event, returnedAt=one.refund.at)

        def find() -> list[Returned]:
            return [one for order in purchases(ask) for one in returned(order) if fit(one)]

        return connection(ask, "returns", find, partial(return_row, ask), where, **at)

    def tickets(where: Row | None = None, **at: Any) -> Row:
        return connection(ask, "tickets", partial(kept_tickets, ask, where), partial(ticket_row, ask), where, **at)

    lists = {"events": events, "orders": orders, "returns": returns, "tickets": tickets}
    return {"__typename": "Viewer", "id": global_id("Partner", 1), "name": "Lampions", **lists}


def node(ask: Ask, id: str) -> Row | None:
    for event in ask.box.events:
        if event_id(event) == id:
            return event_row(ask, event)
    for order in purchases(ask):
        if order_id(order) == id:
            return order_row(ask, order)
        for ticket in order.tickets:
            if ticket_id(Issued(order, ticket)) == id:
                return ticket_row(ask, Issued(order, ticket))
    return None


def answer(ask: Ask) -> Row:
    return GRAPH.answer(ask, {"viewer": partial(viewer, ask), "node": partial(node, ask)})


SERVICE = Service(
    slug="dice",
    hosts={"api": "/graphql"},
    routes=(Route("POST", "/graphql", answer, rows="data.viewer.*.edges"),),
    credentials={"apiKey": KEY},
    admit=admit,
    error=error,
    shape=Shape(record="node", status="state", next="data.viewer.*.pageInfo.endCursor"),
    operation=GRAPH.operation,
    not_carried=NOT_CARRIED,
    carries_order=carries_order,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

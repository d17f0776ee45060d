"""What Equaticket tells of the box office's records. What its documentation leaves open is left out where it can be."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from spekta.sandbox.box_office import BoxOffice, Event, Issued, Order, TicketType
from spekta.sandbox.wire import minor, utc

Row = dict[str, Any]

VENUE = ("name", "address", "city", "postal_code", "country")
EVENT_STATUS = {"draft": "draft", "live": "published", "cancelled": "cancelled", "completed": "published"}
NOT_CARRIED = {
    "event.status=completed": "an event is published until it is cancelled",
    "event.venue.region": "no such field is documented",
    "event.venue.latitude": "no such field is documented",
    "event.venue.longitude": "no such field is documented",
    "event.online": "no such field is documented",
    "event.url": "no such field is documented",
    "event.image_url": "no such field is documented",
    "event.capacity": "no such field is documented",
    "event.category": "no such field is documented",
    "event.series_id": "no such field is documented",
    "ticket.description": "no such field is documented",
    "ticket.fee": "no such field is documented",
    "ticket.status": "no such field is documented",
    "ticket.sales_start": "no such field is documented",
    "ticket.sales_end": "no such field is documented",
    "attendee.first_name": "a name is one text",
    "attendee.last_name": "a name is one text",
    "attendee.phone": "no such field is documented",
    "attendee.status=pending": "an order exists once it is paid for",
    "attendee.status=cancelled": "a ticket is refunded instead",
    "attendee.currency": "no such field is documented",
    "attendee.price": "no such field is documented",
    "attendee.answers": "no such field is documented",
    "order.status=pending": "an order exists once it is paid for",
    "order.status=expired": "an order exists once it is paid for",
    "order.status=cancelled": "an order is refunded instead",
    "order.test": "test orders are in the other mode",
    "order.tax": "no such field is documented",
    "order.discount": "no such field is documented",
    "order.fees": "no such field is documented",
    "order.refunded": "of a partly refunded order the amount is not told",
    "order.ticket_count": "no such field is documented",
    "order.lines": "no such field is documented",
    "revenue.taxes": "no such field is documented",
    "revenue.fees": "no such field is documented",
    "revenue.tickets_sold": "orders do not tell what was bought",
}


def ident(kind: str, number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"https://tickets.example/{kind}/{number}"))


@dataclass(frozen=True, slots=True)
class Record:
    """A row before it has its id, which follows from its kind and number."""

    kind: str
    number: int
    row: Row

    @property
    def id(self) -> str:
        return ident(self.kind, self.number)

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands in a list: by creation, then by id."""
        return self.row["created_at"], self.id

    def rendered(self) -> Row:
        return {"id": self.id, **self.row}


def carries_order(order: Order) -> bool:
    """An order exists once it is paid for; test orders are in the other mode."""
    return exists(order) and not order.test


def exists(order: Order) -> bool:
    return order.status == "paid" or bool(order.paid)


def event(event: Event) -> Record:
    place = event.venue
    row = {
        "title": event.name,
        "slug": event.key,
        "description": event.description,
        "status": EVENT_STATUS[event.status],
        "timezone": event.timezone,
        "starts_at": utc(event.starts_at),
        "ends_at": utc(event.ends_at),
        "currency": event.currency.lower(),
        "venue": place
        and {name: getattr(place, name) for name in ("name", "address", "city", "postal_code", "country")},
        "created_at": utc(event.created_at),
        "updated_at": utc(event.updated_at),
    }
    return Record("event", event.number, row)


def sold(box: BoxOffice) -> Counter[int]:
    """How many of each ticket type stand, of orders that are paid for."""
    paid = [order for order in box.orders if order.status == "paid" and not order.test]
    return box.memo(
        "sold by equaticket",
        lambda: Counter(one.ticket.ticket_type for one in box.issued(paid) if one.ticket.status == "valid"),
    )


def ticket_type(box: BoxOffice, event: Event, kind: TicketType) -> Record:
    row = {
        "event_id": ident("event", event.number),
        "name": kind.name,
        "price": minor(kind.price, event.currency),
        "currency": event.currency.lower(),
        "quantity_total": kind.quantity_total,
        "quantity_sold": sold(box)[kind.number],
        "created_at": utc(event.created_at),
        "updated_at": utc(event.updated_at),
    }
    return Record("ticket_type", kind.number, row)


def attendee(box: BoxOffice, issued: Issued) -> Record:
    order, ticket = issued
    row = {
        "event_id": ident("event", box.event(order.event).number),
        "order_id": ident("order", order.number),
        "ticket_type_id": ident("ticket_type", ticket.ticket_type),
        "ticket_type_name": box.ticket_type(ticket.ticket_type).name,
        "ticket_code": ticket.barcode,
        "status": "refunded" if order.status == "cancelled" else ticket.status,
        "buyer_name": order.buyer.name,
        "attendee_name": ticket.holder.name,
        "attendee_email": ticket.holder.email,
        "checked_in": ticket.checked_in_at is not None,
        "checked_in_at": utc(ticket.checked_in_at),
        "is_test_data": order.test,
        "created_at": utc(order.placed_at),
        "updated_at": utc(order.updated_at),
    }
    return Record("attendee", ticket.number, row)


def order_status(order: Order) -> str:
    """It knows no cancelled orders, and keeps no fee of one: all of it is given back."""
    if order.given_back or order.status == "cancelled":
        return "refunded"
    return "partially_refunded" if order.refunded else "confirmed"


def order(box: BoxOffice, order: Order) -> Record:
    row = {
        "order_number": f"EQ-{2000 + order.number}",
        "event_id": ident("event", box.event(order.event).number),
        "buyer_name": order.buyer.name,
        "buyer_email": order.buyer.email,
        "status": order_status(order),
        "total_amount": minor(order.paid, order.currency),
        "currency": order.currency.lower(),
        "is_test_data": order.test,
        "created_at": utc(order.placed_at),
        "updated_at": utc(order.updated_at),
    }
    return Record("order", order.number, row)


def of_box_office(box: BoxOffice, kind: str, live: bool) -> Iterator[Record]:
    """The records of a kind: of test mode all events, and the test orders."""
    orders = [order for order in box.orders if exists(order) and order.test != live]
    find: dict[str, Callable[[], Iterator[Record]]] = {
        "event": lambda: map(event, box.events),
        "ticket_type": lambda: (ticket_type(box, event, kind) for event in box.events for kind in event.ticket_types),
        "attendee": lambda: (attendee(box, issued) for issued in box.issued(orders)),
        "order": lambda: (order(box, one) for one in orders),
    }
    return find[kind]() if kind in find else iter(())

"""What the unified records should say, worked out from the box office alone: no platform's words, no connector's code.

Fields have the names of the unified models, a venue's as `venue.city`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any

from spekta.sandbox.box_office import NOTHING, BoxOffice, Event, Issued, Order, Ticket, TicketType
from spekta.sandbox.service import Service

Fields = dict[str, Any]
Records = dict[str, Fields]

KINDS = ("events", "tickets", "attendees", "orders", "revenue")
DECIMALS = {"JPY": 0, "KWD": 3}
VENUE = ("name", "address", "city", "region", "postal_code", "country", "latitude", "longitude")
EVENT = ("name", "status", "timezone", "online", "url", "image_url", "currency", "category")


class OneOf(tuple[Any, ...]):
    """The box office's own value, then what platforms may rightly say instead."""

    def __new__(cls, *values: Any) -> "OneOf":
        return super().__new__(cls, values)


def decimals(currency: str) -> int:
    return DECIMALS.get(currency, 2)


def records(service: Service, box: BoxOffice, kind: str) -> Records:
    """All records of a kind in the account, by the platform's id; revenue by the event's."""
    make = {"events": _events, "tickets": _tickets, "attendees": _attendees, "orders": _orders, "revenue": _revenues}
    return make[kind](service, box)


def dates(service: Service, box: BoxOffice) -> dict[str, list[Event]]:
    """The events by the platform's id; some platforms hold all dates of a series under one."""
    found = defaultdict(list)
    for event in filter(service.carries_event, box.events):
        found[service.event_id(event)].append(event)
    return found


def orders_of(service: Service, box: BoxOffice, event_id: str | None = None) -> list[Order]:
    """The orders in the account, of one event or of all."""
    return [
        _as_carried(service, order)
        for order in box.orders
        if service.carries_order(order) and event_id in (None, service.event_id(box.event(order.event)))
    ]


def _as_carried(service: Service, order: Order) -> Order:
    """A platform that knows no cancelled orders cannot keep a fee of one either: all its money went back."""
    if not order.cancellation_fee or "order.status=cancelled" not in service.not_carried:
        return order
    tickets = tuple(replace(ticket, status="refunded") for ticket in order.tickets)
    refunds = (replace(order.refunds[0], amount=order.paid),)
    return replace(order, cancellation_fee=NOTHING, tickets=tickets, refunds=refunds)


def _events(service: Service, box: BoxOffice) -> Records:
    return {id: _event(held) for id, held in dates(service, box).items()}


def _event(held: Sequence[Event]) -> Fields:
    event = held[0]
    venue = {f"venue.{name}": event.venue and getattr(event.venue, name) for name in VENUE}
    return {name: getattr(event, name) for name in EVENT} | {
        **venue,
        "capacity": event.capacity if event.capacity is not None else OneOf(None, _whole_stock(event)),
        "description": plain(event.description),
        "starts_at": utc(event.starts_at),
        "ends_at": utc(held[-1].ends_at),
        "created_at": utc(event.created_at),
        "updated_at": utc(event.updated_at),
    }


def _whole_stock(event: Event) -> int | None:
    """What can be sold of all types together, which some platforms give for a house without a limit."""
    totals = [kind.quantity_total for kind in event.ticket_types]
    return None if None in totals else sum(total for total in totals if total is not None)


def _tickets(service: Service, box: BoxOffice) -> Records:
    """An unpaid ticket is sold on some platforms, on others not yet."""
    taken, paid = _counts(service, box, "paid", "pending"), _counts(service, box, "paid")
    return {
        type_id(service, event, kind): _ticket(event, kind, OneOf(taken[kind.number], paid[kind.number]))
        | {"event_id": event_id}
        for event_id, held in dates(service, box).items()
        for event in held
        for kind in event.ticket_types
        if service.carries_type(box, kind)
    }


def type_id(service: Service, event: Event, kind: TicketType) -> str:
    """A ticket type's id, with the event's before it where it needs one."""
    own = service.ticket_type_id(kind)
    return f"{service.event_id(event)}-{own}" if service.types_by_event else own


def _counts(service: Service, box: BoxOffice, *statuses: str) -> Counter[int]:
    orders = [order for order in orders_of(service, box) if order.status in statuses and not order.test]
    return Counter(ticket.ticket_type for order in orders for ticket in standing(order))


def _ticket(event: Event, kind: TicketType, sold: OneOf) -> Fields:
    total = kind.quantity_total
    left = OneOf(*(None if total is None else max(total - count, 0) for count in sold))
    return {
        "name": kind.name,
        "description": kind.description,
        "price": kind.price,
        "fee": kind.fee if kind.price else OneOf(kind.fee, None),
        "currency": event.currency,
        "quantity_total": total,
        "quantity_sold": sold,
        "quantity_available": left,
        "status": "sold_out" if kind.sale == "on_sale" and set(left) == {0} else kind.sale,
        "sales_start": utc(kind.sales_start),
        "sales_end": utc(kind.sales_end),
    }


def _attendees(service: Service, box: BoxOffice) -> Records:
    issued = box.issued(orders_of(service, box))
    return {service.ticket_id(one): _attendee(service, box, one) for one in issued}


def _attendee(service: Service, box: BoxOffice, issued: Issued) -> Fields:
    order, ticket = issued
    kind, holder = box.ticket_type(ticket.ticket_type), ticket.holder
    by_order = {"paid": "valid", "pending": "pending"}.get(order.status, "cancelled")
    return {
        "event_id": service.event_id(box.event(order.event)),
        "order_id": service.order_id(order),
        "ticket_id": type_id(service, box.event(order.event), kind),
        "ticket_name": kind.name,
        "first_name": holder.first_name,
        "last_name": holder.last_name,
        "name": holder.name,
        "email": holder.email,
        "phone": holder.phone,
        "status": by_order if ticket.status == "valid" else ticket.status,
        "checked_in": ticket.checked_in_at is not None,
        "checked_in_at": utc(ticket.checked_in_at),
        "purchased_at": utc(order.placed_at),
        "price": OneOf(ticket.price, ticket.total),
        "currency": order.currency,
        "barcode": ticket.barcode,
        "answers": dict(ticket.answers) or None,
        "created_at": utc(order.placed_at),
        "updated_at": utc(order.updated_at),
    }


def _orders(service: Service, box: BoxOffice) -> Records:
    return {service.order_id(order): _order(service, box, order) for order in orders_of(service, box)}


def _order(service: Service, box: BoxOffice, order: Order) -> Fields:
    """Amounts are those of the purchase, or what they came to after what was given back."""
    left = standing(order)
    now = order.cancellation_fee + sum((ticket.total for ticket in left), NOTHING)
    return {
        "status": order_status(order),
        "test": order.test,
        "buyer_name": order.buyer.name,
        "buyer_email": order.buyer.email,
        "placed_at": utc(order.placed_at),
        "total": OneOf(order.total, now),
        "tax": OneOf(order.tax, sum((ticket.tax for ticket in left), NOTHING)),
        "discount": order.discount,
        "fees": OneOf(order.platform_fee, sum((ticket.platform_fee for ticket in left), NOTHING)),
        "refunded": order.refunded,
        "paid": order.paid if order.status in ("paid", "cancelled") else OneOf(order.paid, None),
        "currency": order.currency,
        "ticket_count": OneOf(len(left), 0) if order.status == "pending" else len(left),
        "event_ids": (service.event_id(box.event(order.event)),),
        "created_at": utc(order.placed_at),
        "updated_at": utc(order.updated_at),
    }


def order_status(order: Order) -> str:
    if order.given_back:
        return "refunded"
    return "partially_refunded" if order.status == "paid" and order.refunded else order.status


def standing(order: Order) -> list[Ticket]:
    """The tickets that let somebody in, or will once they are paid."""
    alive = order.status in ("paid", "pending")
    return [ticket for ticket in order.tickets if alive and ticket.status == "valid"]


def lines(service: Service, box: BoxOffice, order: Order) -> dict[str, tuple[int, Decimal]]:
    """By ticket type: how many, and what they cost together."""
    found: dict[str, tuple[int, Decimal]] = {}
    for ticket in order.tickets:
        kind = type_id(service, box.event(order.event), box.ticket_type(ticket.ticket_type))
        count, amount = found.get(kind, (0, NOTHING))
        found[kind] = count + 1, amount + ticket.total
    return found


def _revenues(service: Service, box: BoxOffice) -> Records:
    return {event_id: _revenue(service, orders_of(service, box, event_id)) for event_id in dates(service, box)}


def _revenue(service: Service, orders: Iterable[Order]) -> Fields:
    """Taxes and fees are those of the tickets that still stand. What a platform does not tell is not taken off."""
    counted = [order for order in orders if not order.test and (order.paid or order.status == "paid")]
    kept = [ticket for order in counted for ticket in standing(order)]
    gross = sum((order.paid for order in counted), NOTHING)
    told: dict[str, Decimal | None] = {
        "refunds": None if partly_untold(service, counted) else sum((order.refunded for order in counted), NOTHING),
        "taxes": sum((ticket.tax for ticket in kept), NOTHING),
        "fees": sum((ticket.platform_fee for ticket in kept), NOTHING),
    }
    known = [amount for name, amount in told.items() if amount and f"revenue.{name}" not in service.not_carried]
    return {
        "gross_revenue": gross,
        **told,
        "net_revenue": gross - sum(known, NOTHING),
        "tickets_sold": len(kept),
        "orders": len(counted),
    }


def partly_untold(service: Service, orders: Iterable[Order]) -> bool:
    """Whether a part of an order was given back, where orders tell what was paid but not what was returned.

    Where they tell neither, revenue is read elsewhere.
    """
    silent = "order.refunded" in service.not_carried and "order.paid" not in service.not_carried
    return silent and any(0 < order.refunded < order.paid for order in orders)


def utc(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(UTC)


def plain(html: str | None) -> str | None:
    return html and unescape(re.sub("<[^>]+>", "", html))

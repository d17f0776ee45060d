"""Box offices of one event, one for each way in which an order counts in revenue: 120 EUR paid, 20 of them tax."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from spekta.sandbox.box_office import BoxOffice, Event, Order, Person
from spekta.sandbox.clerk import PLACED, Clerk

BUYER = Person("Ada", "Roe", "ada@example.org")
LATER = PLACED + timedelta(days=3)


def revenue_cases() -> dict[str, BoxOffice]:
    return {
        "paid": _paid(),
        "half_refunded": _half_refunded(),
        "refunded": _refunded(),
        "cancelled_fee_kept": _cancelled_fee_kept(),
        "platform_fee": _platform_fee(),
        "never_paid": _never_paid(),
    }


def _event(clerk: Clerk, price: int = 120) -> Event:
    return clerk.event("gala", {"Entry": price})


def _order(clerk: Clerk, event: Event, seats: int = 1, **more: Any) -> Order:
    kind = event.ticket_types[0]
    price, tax = Decimal(120) / seats, Decimal(20) / seats
    return clerk.order(event, BUYER, *(clerk.ticket(kind, BUYER, price=price, tax=tax) for _ in range(seats)), **more)


def _paid() -> BoxOffice:
    clerk = Clerk()
    event = _event(clerk)
    return BoxOffice([event], [_order(clerk, event)])


def _half_refunded() -> BoxOffice:
    """Two tickets of 60, one of them given back: platforms that know no part of a ticket can say this too."""
    clerk = Clerk()
    event = _event(clerk, 60)
    order = _order(clerk, event, seats=2)
    return BoxOffice([event], [clerk.give_back(order, LATER, order.tickets[0])])


def _refunded() -> BoxOffice:
    clerk = Clerk()
    event = _event(clerk)
    order = _order(clerk, event)
    return BoxOffice([event], [clerk.give_back(order, LATER, *order.tickets)])


def _cancelled_fee_kept() -> BoxOffice:
    clerk = Clerk()
    event = _event(clerk)
    return BoxOffice([event], [clerk.cancel(_order(clerk, event), LATER, keep=20)])


def _platform_fee() -> BoxOffice:
    clerk = Clerk()
    event = _event(clerk)
    order = _order(clerk, event)
    return BoxOffice([event], [replace(order, tickets=(replace(order.tickets[0], platform_fee=Decimal(6)),))])


def _never_paid() -> BoxOffice:
    clerk = Clerk()
    event = _event(clerk)
    orders = [
        _order(clerk, event, status="pending"),
        _order(clerk, event, status="expired"),
        _order(clerk, event, test=True),
    ]
    return BoxOffice([event], orders)

"""What happens at a box office while somebody looks: it sells, gives money back, and lets people in."""

from collections import Counter
from dataclasses import replace

from .box_office import BoxOffice, Order
from .clerk import Clerk

# Numbers far above those of the season.
CLERK = Clerk(Counter(order=70_000, ticket=70_000, event=7_000, type=70_000, payment=70_000, refund=70_000))


def untouched(box: BoxOffice) -> list[Order]:
    """Paid orders that nothing has happened to yet, of the event that has the most of them; oldest first."""
    orders = max((list(box.orders_of(event)) for event in box.events), key=len)
    return [order for order in orders if order.status == "paid" and not (order.refunds or order.test or entered(order))]


def entered(order: Order) -> bool:
    """Whether somebody has used a ticket. What becomes of that when the order ends, platforms tell differently."""
    return any(ticket.checked_in_at for ticket in order.tickets)


def sells(box: BoxOffice) -> None:
    """A new order, for an event that did not change."""
    event, buyer = box.event(untouched(box)[0].event), untouched(box)[1].buyer
    ticket = CLERK.ticket(event.ticket_types[0], buyer)
    box.put_order(CLERK.order(event, buyer, ticket, placed_at=box.now, updated_at=box.now))


def refunds(box: BoxOffice) -> None:
    """One ticket of several is given back."""
    order = next(order for order in untouched(box) if len(order.tickets) > 1)
    box.put_order(CLERK.give_back(order, box.now, order.tickets[0]))


def checks_in(box: BoxOffice) -> None:
    """Somebody enters."""
    order = untouched(box)[5]
    first, *others = order.tickets
    box.put_order(replace(order, tickets=(replace(first, checked_in_at=box.now), *others), updated_at=box.now))

"""Issued tickets as money, for platforms that know no orders: sales and orders are put together from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .models import AttendeeStatus, OrderLine, OrderStatus, UnifiedOrder
from .money import Sale, order_status, sum_complete, zero
from .row import Unreadable

_PAID = ("valid", "refunded")
_BOUGHT = (*_PAID, "pending")
_STANDING = ("valid", "pending")


@dataclass(frozen=True, slots=True)
class Issued:
    """One issued ticket. `amount` is what its buyer pays, with the `tax` in it; `fee` is what the platform keeps.

    `kind` is its ticket type, `said` the platform's own word for its status.
    """

    id: str
    order: str
    status: AttendeeStatus
    currency: str | None
    amount: Decimal | None
    fee: Decimal | None = None
    tax: Decimal | None = None
    event: str | None = None
    kind: str | None = None
    said: str | None = None

    @property
    def refunded(self) -> Decimal | None:
        """What was given back for it: all of it, or nothing."""
        return self.amount if self.status == "refunded" else zero(self.currency)

    @property
    def fee_kept(self) -> Decimal | None:
        """What of the fee the platform still keeps: of a ticket that was given back nothing."""
        return self.fee if self.fee is None or self.status != "refunded" else zero(self.currency)

    @property
    def line(self) -> OrderLine:
        """The part of its order that it is."""
        return OrderLine(
            event_id=self.event,
            ticket_id=self.kind,
            quantity=1,
            amount=self.amount,
            tax=self.tax,
            fee=self.fee,
            refunded=self.refunded,
        )

    @property
    def sale(self) -> Sale | None:
        """What it counts for in revenue; None where nothing was paid. Raises Unreadable where that is not told."""
        if self.status not in _PAID:
            return None
        if self.amount is None:
            raise Unreadable("", f"no amount for the ticket {self.id}")
        kept, nothing = self.status == "valid", zero(self.currency)
        return Sale(
            id=self.id,
            order=self.order,
            currency=self.currency,
            gross=self.amount,
            refunded=self.refunded,
            fees=self.fee if kept else nothing,
            tax=self.tax if kept else nothing,
            tickets=int(kept),
        )


def order_of(
    id: str, currency: str | None, issued: Iterable[Issued], status: OrderStatus | None = None, **more: Any
) -> UnifiedOrder:
    """The order that these tickets are, each of which counts once: the last of those with one id.

    `status` is what the platform calls the order, where it does: of one that has no tickets but cancelled ones it is
    then known that they brought nothing. `more` are other fields of the order, and those that are known better.
    """
    tickets = list({ticket.id: ticket for ticket in issued}.values())
    bought = [ticket for ticket in tickets if ticket.status in _BOUGHT]
    sold = [ticket for ticket in bought if ticket.status in _PAID]

    def sum_of(amounts: Iterable[Decimal | None], known: object) -> Decimal | None:
        return sum_complete(amounts, currency) if known or status else None

    paid = sum_of((ticket.amount for ticket in sold), sold)
    refunded = sum_complete((ticket.refunded for ticket in sold), currency)
    made: dict[str, Any] = {
        "total": sum_of((ticket.amount for ticket in bought), bought),
        "paid": paid,
        "refunded": refunded,
        "tax": sum_of((ticket.tax for ticket in bought), bought),
        "fees": sum_of((ticket.fee_kept for ticket in bought), bought),
        "ticket_count": sum(ticket.status in _STANDING for ticket in tickets),
        "status": _status(status or _told(tickets), tickets, paid, refunded),
        "status_raw": ", ".join(dict.fromkeys(ticket.said for ticket in tickets if ticket.said)) or None,
        "lines": tuple(ticket.line for ticket in bought),
        "event_ids": tuple(dict.fromkeys(ticket.event for ticket in tickets if ticket.event)),
    }
    return UnifiedOrder(id=id, currency=currency, **made | more)


def _told(tickets: Sequence[Issued]) -> OrderStatus:
    """What the tickets say of their order. One that was sold on belongs to another."""
    states = {ticket.status for ticket in tickets}
    if not states.isdisjoint(_PAID):
        return "paid"
    return "pending" if "pending" in states else "unknown" if "unknown" in states else "cancelled"


def _status(
    said: OrderStatus, tickets: Sequence[Issued], paid: Decimal | None, refunded: Decimal | None
) -> OrderStatus:
    """By the money; of tickets that cost nothing, or nobody knows what, by how many were given back."""
    states = {ticket.status for ticket in tickets}
    if said != "paid" or refunded or "refunded" not in states:
        return order_status(said, paid, refunded)
    return "refunded" if states.isdisjoint(_STANDING) else "partially_refunded"

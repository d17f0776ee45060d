"""Writes events and orders with numbers of their own, so that a box office of a test stays a few lines."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from spekta.sandbox.box_office import (
    NOTHING,
    Event,
    Group,
    Order,
    OrderStatus,
    Payment,
    PaymentState,
    Person,
    Refund,
    Ticket,
    TicketStatus,
    TicketType,
)

Amount = Decimal | int | str

CREATED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PLACED = datetime(2026, 2, 1, 10, 0, tzinfo=UTC)


def at(local: str, zone: str) -> datetime:
    """Read a wall-clock time in its zone."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))


@dataclass
class Clerk:
    """Hands out numbers from 1 up, kind by kind."""

    _numbers: Counter[str] = field(default_factory=Counter)

    def _next(self, kind: str) -> int:
        self._numbers[kind] += 1
        return self._numbers[kind]

    def ticket_type(self, name: str, price: Amount, *, fee: Amount = 0, **more: Any) -> TicketType:
        return TicketType(number=self._next("type"), name=name, price=Decimal(price), fee=Decimal(fee), **more)

    def group(self, name: str) -> Group:
        return Group(self._next("group"), name)

    def event(
        self,
        key: str,
        types: Iterable[TicketType] | Mapping[str, Amount],
        *,
        name: str | None = None,
        starts: str = "2027-03-01T19:00",
        ends: str = "2027-03-01T23:00",
        timezone: str = "Europe/Paris",
        currency: str = "EUR",
        created_at: datetime = CREATED,
        updated_at: datetime | None = None,
        **more: Any,
    ) -> Event:
        """Write an event; `types` are ticket types, or just names and prices."""
        if isinstance(types, Mapping):
            types = [self.ticket_type(kind, price) for kind, price in types.items()]
        return Event(
            number=self._next("event"),
            key=key,
            name=name or key.replace("-", " ").title(),
            starts_at=at(starts, timezone),
            ends_at=at(ends, timezone),
            timezone=timezone,
            currency=currency,
            created_at=created_at,
            updated_at=updated_at or created_at,
            ticket_types=tuple(types),
            **more,
        )

    def ticket(self, kind: TicketType, holder: Person, **more: Any) -> Ticket:
        number = self._next("ticket")
        amounts: dict[str, Any] = {"price": kind.price, "fee": kind.fee, "platform_fee": kind.fee}
        return Ticket(
            number=number,
            ticket_type=kind.number,
            holder=holder,
            barcode=f"SBX{number:07}",
            **{**amounts, **more},
        )

    def order(
        self,
        event: Event,
        buyer: Person,
        *tickets: Ticket,
        placed_at: datetime = PLACED,
        updated_at: datetime | None = None,
        status: OrderStatus = "paid",
        **more: Any,
    ) -> Order:
        """Write an order. If not told otherwise, a paid or cancelled one was paid in full a minute later."""
        order = Order(
            number=self._next("order"),
            event=event.key,
            currency=event.currency,
            buyer=buyer,
            placed_at=placed_at,
            updated_at=updated_at or placed_at + timedelta(minutes=1),
            tickets=tickets,
            status=status,
            **more,
        )
        if order.payments or not order.total:
            return order
        unpaid: dict[OrderStatus, PaymentState] = {"pending": "pending", "expired": "failed"}
        state = unpaid.get(status, "paid")
        return replace(order, payments=(self.payment(order.total, placed_at + timedelta(minutes=1), state),))

    def payment(self, amount: Amount, when: datetime, state: PaymentState = "paid") -> Payment:
        return Payment(number=self._next("payment"), amount=Decimal(amount), at=when, state=state)

    def give_back(self, order: Order, when: datetime, *tickets: Ticket, amount: Amount | None = None) -> Order:
        """Give back the money of some tickets of a paid order, which end; of none with only an `amount` told."""
        numbers = tuple(ticket.number for ticket in tickets)
        total = Decimal(amount) if amount is not None else sum((ticket.total for ticket in tickets), NOTHING)
        refund = Refund(number=self._next("refund"), amount=total, at=when, tickets=numbers)
        left = tuple(replace(held, status="refunded") if held.number in numbers else held for held in order.tickets)
        return replace(order, tickets=left, refunds=(*order.refunds, refund), updated_at=when)

    def cancel(self, order: Order, when: datetime, *, keep: Amount = 0) -> Order:
        """Cancel an order. Of the money paid all is given back but `keep`, a fee without tax."""
        status: TicketStatus = "cancelled" if keep or not order.paid else "refunded"
        tickets = tuple(replace(ticket, status=status) for ticket in order.tickets)
        order = replace(order, status="cancelled", tickets=tickets, updated_at=when, cancellation_fee=Decimal(keep))
        if not order.paid:
            return order
        numbers = tuple(ticket.number for ticket in tickets)
        refund = Refund(number=self._next("refund"), amount=order.paid - Decimal(keep), at=when, tickets=numbers)
        return replace(order, refunds=(refund,))

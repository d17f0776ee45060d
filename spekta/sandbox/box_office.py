"""What one ticket seller knows, in no platform's own words: the records that every sandboxed API renders."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, NamedTuple, TypeVar, cast

T = TypeVar("T")

NOTHING = Decimal(0)

EventStatus = Literal["draft", "live", "cancelled", "completed"]
Sale = Literal["on_sale", "scheduled", "ended", "off_sale", "hidden"]
OrderStatus = Literal["paid", "pending", "expired", "cancelled"]
PaymentState = Literal["paid", "pending", "failed"]
TicketStatus = Literal["valid", "cancelled", "refunded"]


@dataclass(frozen=True, slots=True)
class Venue:
    name: str
    address: str
    city: str
    postal_code: str
    country: str
    latitude: Decimal
    longitude: Decimal
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What some ticket types are variations of; their names begin with `name`, a dash between spaces after it."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class TicketType:
    """A kind of ticket. `fee` comes on top of `price`; a `quantity_total` of None is unlimited."""

    number: int
    name: str
    price: Decimal
    fee: Decimal = NOTHING
    quantity_total: int | None = 100
    description: str | None = None
    sales_start: datetime | None = None
    sales_end: datetime | None = None
    sale: Sale = "on_sale"
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One date. Dates of a series share `series`. `description` is HTML; times are aware, in the event's own zone."""

    number: int
    key: str
    name: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    currency: str
    created_at: datetime
    updated_at: datetime
    ticket_types: tuple[TicketType, ...]
    status: EventStatus = "live"
    description: str | None = None
    venue: Venue | None = None
    online: bool = False
    url: str | None = None
    image_url: str | None = None
    capacity: int | None = None
    category: str | None = None
    series: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def name(self) -> str | None:
        return " ".join(part for part in (self.first_name, self.last_name) if part) or None


@dataclass(frozen=True, slots=True)
class Ticket:
    """One issued ticket. The buyer paid `price` (after `discount`, `tax` included) and `fee`; `platform_fee` of both
    stays with the platform."""

    number: int
    ticket_type: int
    holder: Person
    price: Decimal
    barcode: str
    tax: Decimal = NOTHING
    fee: Decimal = NOTHING
    platform_fee: Decimal = NOTHING
    discount: Decimal = NOTHING
    status: TicketStatus = "valid"
    checked_in_at: datetime | None = None
    answers: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> Decimal:
        return self.price + self.fee


@dataclass(frozen=True, slots=True)
class Payment:
    number: int
    amount: Decimal
    at: datetime
    state: PaymentState = "paid"


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back. `tickets` are the numbers of the tickets it was for; empty when it was for none of them."""

    number: int
    amount: Decimal
    at: datetime
    state: Literal["done", "pending", "failed"] = "done"
    tickets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """One purchase for one event. `cancellation_fee` is what the seller kept of the money when it was cancelled."""

    number: int
    event: str
    currency: str
    buyer: Person
    placed_at: datetime
    updated_at: datetime
    tickets: tuple[Ticket, ...]
    status: OrderStatus = "paid"
    test: bool = False
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    cancellation_fee: Decimal = NOTHING
    discount_code: str | None = None

    @property
    def total(self) -> Decimal:
        return sum((ticket.total for ticket in self.tickets), NOTHING)

    @property
    def tax(self) -> Decimal:
        return sum((ticket.tax for ticket in self.tickets), NOTHING)

    @property
    def fee(self) -> Decimal:
        return sum((ticket.fee for ticket in self.tickets), NOTHING)

    @property
    def platform_fee(self) -> Decimal:
        return sum((ticket.platform_fee for ticket in self.tickets), NOTHING)

    @property
    def discount(self) -> Decimal:
        return sum((ticket.discount for ticket in self.tickets), NOTHING)

    @property
    def paid(self) -> Decimal:
        return sum((payment.amount for payment in self.payments if payment.state == "paid"), NOTHING)

    @property
    def refunded(self) -> Decimal:
        return sum((refund.amount for refund in self.refunds if refund.state == "done"), NOTHING)

    @property
    def given_back(self) -> bool:
        """Whether the buyer has all the money back."""
        return bool(self.refunds) and self.refunded >= self.paid


Record = TypeVar("Record", Event, Order)


class Issued(NamedTuple):
    """A ticket beside the order that it belongs to."""

    order: Order
    ticket: Ticket


@dataclass
class BoxOffice:
    """The records, oldest first. `now` is the only clock: it stands still unless a test moves it."""

    events: list[Event] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    _memo: dict[Hashable, object] = field(default_factory=dict, repr=False, compare=False)

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give what `make` made for this key, made anew after any change of the records."""
        if key not in self._memo:
            self._memo[key] = make()
        return cast(T, self._memo[key])

    def ticket_type(self, number: int) -> TicketType:
        return self.memo("types", lambda: {kind.number: kind for event in self.events for kind in event.ticket_types})[
            number
        ]

    def event(self, key: str) -> Event:
        return self.memo("events", lambda: {event.key: event for event in self.events})[key]

    def orders_of(self, event: Event) -> Sequence[Order]:
        return self.memo("orders_of", self._orders_by_event).get(event.key, ())

    def issued(self, orders: Iterable[Order] | None = None) -> list[Issued]:
        return [
            Issued(order, ticket) for order in (self.orders if orders is None else orders) for ticket in order.tickets
        ]

    def sold(self, ticket_type: TicketType) -> int:
        """Count the valid tickets of paid and pending orders, test orders left out."""
        return self.memo("sold", self._sold_by_type).get(ticket_type.number, 0)

    def put_event(self, event: Event) -> None:
        """Add the event, or replace the one of the same number."""
        self._put(self.events, event)

    def put_order(self, order: Order) -> None:
        """Add the order, or replace the one of the same number."""
        self._put(self.orders, order)

    def remove_event(self, key: str) -> None:
        self.events[:] = [event for event in self.events if event.key != key]
        self._memo.clear()

    def remove_order(self, number: int) -> None:
        self.orders[:] = [order for order in self.orders if order.number != number]
        self._memo.clear()

    def _put(self, records: list[Record], record: Record) -> None:
        at = next((at for at, known in enumerate(records) if known.number == record.number), len(records))
        records[at : at + 1] = [record]
        self._memo.clear()

    def _orders_by_event(self) -> dict[str, list[Order]]:
        found: dict[str, list[Order]] = defaultdict(list)
        for order in self.orders:
            found[order.event].append(order)
        return found

    def _sold_by_type(self) -> dict[int, int]:
        counts: dict[int, int] = defaultdict(int)
        for order, ticket in self.issued():
            if ticket.status == "valid" and order.status in ("paid", "pending") and not order.test:
                counts[ticket.ticket_type] += 1
        return counts

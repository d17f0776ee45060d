"""The unified models: one shape for events, ticket types, attendees, orders and revenue of every platform.

Times are aware and UTC. Amounts are `Decimal` in major units with the currency's own number of decimals; in JSON they
are text. Ids are the platform's own, as text. What a platform does not tell is None, never 0 or "".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

from .references import refer


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _not_empty(venue: "Venue | None") -> "Venue | None":
    return venue if venue is not None and any(value is not None for value in venue.__dict__.values()) else None


Moment = Annotated[datetime, AfterValidator(_in_utc)]
Amount = Decimal

EventStatus = Literal["draft", "live", "postponed", "cancelled", "completed", "unknown"]
TicketStatus = Literal["on_sale", "scheduled", "off_sale", "sold_out", "ended", "hidden", "unknown"]
AttendeeStatus = Literal["valid", "pending", "cancelled", "refunded", "transferred", "unknown"]
OrderStatus = Literal["pending", "paid", "partially_refunded", "refunded", "cancelled", "expired", "unknown"]
Basis = Literal["payments", "orders", "tickets", "provider_report"]
Mode = Literal["live", "test"]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)  # each is built when it is first needed


class Venue(Model):
    """A place; `country` is ISO 3166 alpha-2, coordinates are degrees."""

    name: str | None = None
    address: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


class UnifiedRecord(Model):
    """What every record has. `raw` is the platform's own record and stays out of dumps unless asked for."""

    personal: ClassVar[frozenset[str]] = frozenset()

    id: str = Field(min_length=1)
    provider: str = ""
    account: str = "default"
    status_raw: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    raw: Any = Field(default=None, exclude=True, repr=False)

    @property
    def connection(self) -> str:
        """The connection that the record came from: `eventbrite`, or `eventbrite/london`."""
        return self.provider if self.account == "default" else f"{self.provider}/{self.account}"

    @property
    def reference(self) -> str:
        """What names this record anywhere: `eventbrite/london:123`."""
        return refer(self.connection, self.id)

    def dump(self, *, raw: bool = False, personal_data: bool = True) -> dict[str, Any]:
        """The record as JSON values. Without `personal_data`, names, addresses, barcodes and raw are left out."""
        left_out = None if personal_data else set(self.personal)
        values: dict[str, Any] = self.model_dump(mode="json", exclude=left_out)
        if raw and personal_data:
            values["raw"] = to_jsonable_python(self.raw)
        return values


class UnifiedEvent(UnifiedRecord):
    """A ticketed event: one platform record, also where it is one date of a series."""

    name: str | None = None
    description: str | None = None
    status: EventStatus = "unknown"
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    timezone: str | None = None
    venue: Annotated[Venue | None, AfterValidator(_not_empty)] = None
    online: bool | None = None
    url: str | None = None
    image_url: str | None = None
    currency: str | None = None
    capacity: int | None = None
    category: str | None = None
    series_id: str | None = None

    def status_at(self, now: datetime) -> EventStatus:
        """The status a person expects at that time: a live event that is over is completed; one whose end nobody tells
        is over a day after its start.
        """
        end = self.ends_at or (self.starts_at and self.starts_at + timedelta(days=1))
        return "completed" if self.status == "live" and end is not None and end < now else self.status


class UnifiedTicket(UnifiedRecord):
    """A ticket type. `fee` is what a buyer pays on top of `price`; quantities are None where unlimited or not told."""

    event_id: str | None = None
    name: str | None = None
    description: str | None = None
    price: Amount | None = None
    fee: Amount | None = None
    currency: str | None = None
    quantity_total: int | None = None
    quantity_sold: int | None = None
    quantity_available: int | None = None
    status: TicketStatus = "unknown"
    sales_start: Moment | None = None
    sales_end: Moment | None = None


class UnifiedAttendee(UnifiedRecord):
    """One issued ticket. `status` is about the right to enter, `checked_in` about having entered.

    `price` is what was paid for it, with the buyer's fee where the platform does not tell it apart. Where a platform
    asks only the buyer for a name or an address, those are the buyer's.
    """

    personal = frozenset({"first_name", "last_name", "name", "email", "phone", "barcode", "answers"})

    event_id: str | None = None
    order_id: str | None = None
    ticket_id: str | None = None
    ticket_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    status: AttendeeStatus = "unknown"
    checked_in: bool | None = None
    checked_in_at: Moment | None = None
    purchased_at: Moment | None = None
    price: Amount | None = None
    currency: str | None = None
    barcode: str | None = None
    answers: dict[str, str] | None = None


class OrderLine(Model):
    """A part of an order: what was bought for one event. `amount` is for the whole quantity, tax included."""

    event_id: str | None = None
    ticket_id: str | None = None
    quantity: int | None = None
    amount: Amount | None = None
    tax: Amount | None = None
    fee: Amount | None = None
    refunded: Amount | None = None


class UnifiedOrder(UnifiedRecord):
    """A purchase. `total` is what it comes to as the platform states it, `tax` the tax within it, `fees` what the
    platform keeps of it; `paid` is what came in and `refunded` what was given back; `ticket_count` counts the tickets
    that are neither cancelled nor refunded, paid for or not.
    """

    personal = frozenset({"buyer_name", "buyer_email"})

    status: OrderStatus = "unknown"
    test: bool = False
    buyer_name: str | None = None
    buyer_email: str | None = None
    placed_at: Moment | None = None
    total: Amount | None = None
    tax: Amount | None = None
    discount: Amount | None = None
    fees: Amount | None = None
    refunded: Amount | None = None
    paid: Amount | None = None
    currency: str | None = None
    ticket_count: int | None = None
    lines: tuple[OrderLine, ...] = ()
    event_ids: tuple[str, ...] = ()


class CurrencyTotal(Model):
    """What came in for an event in a currency that is not the event's."""

    currency: str
    gross_revenue: Amount
    refunds: Amount
    orders: int | None


class UnifiedRevenue(Model):
    """What an event brought in, in its own currency.

    gross_revenue is what buyers paid, taxes and buyer-paid fees included, before refunds; taxes and fees are those of
    the money kept; net_revenue = gross_revenue - refunds - taxes - fees with what is known. What the platform does not
    tell is None and named in `unreported`. `basis` says what the figures were added up from.
    """

    provider: str
    account: str = "default"
    event_id: str
    currency: str | None
    gross_revenue: Amount
    refunds: Amount | None
    taxes: Amount | None
    fees: Amount | None
    net_revenue: Amount
    tickets_sold: int | None
    orders: int | None
    basis: Basis
    unreported: tuple[str, ...] = ()
    other_currencies: tuple[CurrencyTotal, ...] = ()
    as_of: Moment


class PlatformRecord(UnifiedRecord):
    """A record of a kind that one platform alone has. `values` are JSON values by that platform's names."""

    values: dict[str, Any]


class HealthError(Model):
    code: str
    message: str
    advice: str = ""


class HealthCheckResult(Model):
    """Whether a connection works. `mode` is test or live where the platform says so."""

    provider: str
    account: str = "default"
    healthy: bool
    latency_ms: int
    checked_at: Moment
    mode: Mode | None = None
    error: HealthError | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A record that could not be read: where, why, and the record itself (personal data: never shown by default)."""

    path: str
    reason: str
    raw: Any = field(default=None, repr=False)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PaginatedResult(Generic[T]):
    """One page. `has_more` alone says whether there is more; `total` is None where the platform does not say.

    `filtered_here` names the filters that the platform does not know and that were applied to its answer.
    """

    items: list[T]
    page: int | None
    page_size: int
    has_more: bool
    next_cursor: str | None = None
    total: int | None = None
    problems: list[Problem] = field(default_factory=list)
    filtered_here: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Preview:
    """A request as it is sent, with *** for what is secret."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an action. In a dry run nothing was `sent`.

    `record` is what the platform answered with, None where it tells nothing that can be read. `replayed` says that it
    had done this before, for the same idempotency key, and answered as it did then.
    """

    action: str
    request: Preview
    sent: bool
    record: UnifiedRecord | None = None
    idempotency_key: str | None = None
    replayed: bool = False

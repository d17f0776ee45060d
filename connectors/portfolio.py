"""Portfolio: all connections asked the same question at once. One that fails never fails the others.

Every answer says for each connection what became of it. Money is added up per currency, never across currencies, and
only over connections that answered in full.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from .connector import Connector
from .cursor import pack, unpack
from .errors import InvalidArgument, InvalidResponse, SpektaError, Unsupported
from .http import Deadline
from .models import PaginatedResult, Problem, UnifiedEvent, UnifiedOrder, UnifiedRevenue
from .redaction import defect

State = Literal["ok", "partial", "failed", "unsupported"]
Progress = Callable[[str, int, int | None], None]
logger = logging.getLogger(__name__)
FIGURES = ("gross_revenue", "refunds", "taxes", "fees", "net_revenue")
EVENTS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Status:
    """What became of one connection. `message` and `advice` say why it is not ok."""

    connection: str
    state: State
    count: int = 0
    code: str | None = None
    message: str | None = None
    advice: str | None = None
    retry_after: float | None = None
    problems: int = 0
    filtered_here: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventList:
    """Events of all connections, by start. `next_cursor` goes on for every connection that has more."""

    events: list[UnifiedEvent]
    connections: list[Status]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class OrderList:
    """Orders of all connections, the newest first. `next_cursor` goes on for every connection that has more."""

    orders: list[UnifiedOrder]
    connections: list[Status]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """Sums of one currency. A figure that not every event tells is the sum of those that do; `unreported` names it."""

    currency: str
    gross_revenue: Decimal
    refunds: Decimal | None
    taxes: Decimal | None
    fees: Decimal | None
    net_revenue: Decimal
    tickets_sold: int | None
    orders: int | None
    events: int
    unreported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """Revenue of every event asked for, and sums by connection and over all, per currency."""

    events: list[tuple[UnifiedEvent, UnifiedRevenue]]
    connections: list[Status]
    by_connection: dict[str, list[Total]]
    totals: list[Total]


@dataclass(slots=True)
class Portfolio:
    """Many connections as one. `open` makes the connector of a connection; it is closed after each question."""

    names: Sequence[str]
    open: Callable[[str], Connector]
    on_progress: Progress = field(default=lambda connection, done, of: None)

    async def events(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        since: datetime | None = None,
        filters: Mapping[str, Any] | None = None,
        deadline: float | None = None,
    ) -> EventList:
        """Events of all connections; each gives its share of `limit`. Raises InvalidArgument for a bad cursor."""
        found, statuses, following = await self._pages(
            Connector.get_events, limit, cursor, {"since": since, "filters": filters}, deadline
        )
        found.sort(key=lambda event: (event.starts_at is None, event.starts_at, event.provider, event.id))
        return EventList(found, statuses, following)

    async def orders(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        since: datetime | None = None,
        filters: Mapping[str, Any] | None = None,
        deadline: float | None = None,
    ) -> OrderList:
        """Orders of all connections whose platform lists those of a whole account; a page of them is the newest first,
        but the next page may hold newer ones of another connection. Raises InvalidArgument for a bad cursor.
        """
        found, statuses, following = await self._pages(
            Connector.get_orders, limit, cursor, {"since": since, "filters": filters}, deadline
        )
        found.sort(key=lambda order: (order.placed_at is not None, order.placed_at), reverse=True)
        return OrderList(found, statuses, following)

    async def _pages(
        self,
        listing: Callable[..., Awaitable[PaginatedResult[Any]]],
        limit: int,
        cursor: str | None,
        asked: Mapping[str, Any],
        deadline: float | None,
    ) -> tuple[list[Any], list[Status], str | None]:
        """A page of each connection: its records, what became of each, and the cursor of those that have more."""
        if not 1 <= limit <= 1000:
            raise InvalidArgument("limit", "limit is from 1 to 1000.", "Go on with the cursor for more.")
        places = _decoded(cursor, self.names) if cursor else dict.fromkeys(self.names)
        share = max(1, limit // max(1, len(places)))
        following: dict[str, str | None] = {}
        found: list[Any] = []
        for name in places:
            self.on_progress(name, 0, 1)

        async def ask(connector: Connector) -> Status:
            more = {} if (place := places[connector.name]) else asked
            try:
                page = await listing(connector, page_size=share, cursor=place, deadline=deadline, **more)
            finally:
                self.on_progress(connector.name, 1, 1)
            found.extend(page.items)
            if page.next_cursor:
                following[connector.name] = page.next_cursor
            return Status(
                connector.name, "ok", len(page.items), problems=len(page.problems), filtered_here=page.filtered_here
            )

        statuses = await self.each(ask, places)
        if following:  # who failed is asked again with the rest
            following |= {
                status.connection: places[status.connection] for status in statuses if status.state == "failed"
            }
        return found, statuses, pack(following) if following else None

    async def revenue(
        self, *, filters: Mapping[str, Any] | None = None, deadline: float | None = None
    ) -> RevenueReport:
        """Revenue of every event that the filters (those of events) let through."""
        found: list[tuple[UnifiedEvent, UnifiedRevenue]] = []
        whole: set[str] = set()
        until = Deadline(deadline)

        async def ask(connector: Connector) -> Status:
            connector.check_revenue()
            bad: list[Problem] = []
            stream = connector.stream_events(filters=filters, deadline=until.remaining(), on_problem=bad.append)
            events = [event async for event in stream]
            read, late = await self._revenues(connector, events, until)
            found.extend(read)
            if late or bad:
                return _partial(connector.name, read, late, bad)
            whole.add(connector.name)
            return Status(connector.name, "ok", len(read))

        statuses = await self.each(ask)
        return summed(found, statuses, [name for name in self.names if name in whole])

    async def each(self, ask: Callable[[Connector], Any], names: Iterable[str] | None = None) -> list[Status]:
        """Runs `ask` for every connection at once; what it raises becomes the status of that connection alone.

        Raises InvalidArgument only where every connection refuses the argument.
        """

        async def one(name: str) -> Status:
            try:
                async with self.open(name) as connector:
                    status: Status = await ask(connector)
                    return status
            except InvalidArgument as error:
                refused.append(error)
                return _failed(name, error)
            except SpektaError as error:
                return _failed(name, error)
            except Exception as error:  # a defect of one connector must not take the others along
                logger.error("%s failed unexpectedly: %s", name, defect(error))
                return Status(name, "failed", code="internal", message=f"An unexpected {type(error).__name__}.")

        refused: list[InvalidArgument] = []
        statuses = list(await asyncio.gather(*(one(name) for name in (self.names if names is None else names))))
        if refused and len(refused) == len(statuses):
            raise refused[0]
        return statuses

    async def _revenues(
        self, connector: Connector, events: Sequence[UnifiedEvent], until: Deadline
    ) -> tuple[list[tuple[UnifiedEvent, UnifiedRevenue]], list[SpektaError]]:
        gate, done = asyncio.Semaphore(EVENTS_AT_ONCE), 0
        self.on_progress(connector.name, 0, len(events))

        async def one(event: UnifiedEvent) -> tuple[UnifiedEvent, UnifiedRevenue] | SpektaError:
            nonlocal done
            async with gate:
                try:
                    return event, await connector.get_revenue(event.id, deadline=until.remaining())
                except Unsupported:
                    raise
                except SpektaError as error:
                    return error
                finally:
                    done += 1
                    self.on_progress(connector.name, done, len(events))

        answers = await asyncio.gather(*(one(event) for event in events))
        read = [answer for answer in answers if isinstance(answer, tuple)]
        return read, [answer for answer in answers if isinstance(answer, SpektaError)]


def summed(
    found: list[tuple[UnifiedEvent, UnifiedRevenue]], statuses: list[Status], whole: Sequence[str]
) -> RevenueReport:
    """The report on these events, by start. Only connections that are `whole` are added up."""
    by_connection = {name: _totals(_of(found, name)) for name in whole}
    counted = [pair for name in sorted(whole) for pair in _of(found, name)]
    found = sorted(found, key=lambda pair: (pair[0].starts_at is None, pair[0].starts_at, pair[0].provider, pair[0].id))
    return RevenueReport(found, statuses, by_connection, _totals(counted))


def _partial(name: str, read: Sequence[Any], late: Sequence[SpektaError], bad: Sequence[Problem]) -> Status:
    error = late[0] if late else InvalidResponse(f"{bad[0].path}: {bad[0].reason}.", "Look at that event's record.")
    missing = len(late) + len(bad)
    message = f"{missing} of {len(read) + missing} events could not be read: {error.message}"
    return Status(name, "partial", len(read), error.code, message, error.advice, problems=len(bad))


def _failed(name: str, error: SpektaError) -> Status:
    return Status(
        name,
        "unsupported" if isinstance(error, Unsupported) else "failed",
        code=error.code,
        message=error.message,
        advice=error.advice,
        retry_after=getattr(error, "retry_after", None),
    )


def _of(pairs: Iterable[tuple[UnifiedEvent, UnifiedRevenue]], name: str) -> list[tuple[UnifiedEvent, UnifiedRevenue]]:
    return [pair for pair in pairs if pair[0].connection == name]


def _totals(pairs: Sequence[tuple[UnifiedEvent, UnifiedRevenue]]) -> list[Total]:
    revenues = [revenue for _, revenue in pairs if revenue.currency]
    currencies = sorted({revenue.currency for revenue in revenues if revenue.currency})
    return [_total(currency, [r for r in revenues if r.currency == currency]) for currency in currencies]


def _total(currency: str, revenues: Sequence[UnifiedRevenue]) -> Total:
    sums = {name: _sum(getattr(revenue, name) for revenue in revenues) for name in FIGURES}
    return Total(
        currency=currency,
        gross_revenue=sums["gross_revenue"],
        refunds=sums["refunds"],
        taxes=sums["taxes"],
        fees=sums["fees"],
        net_revenue=sums["net_revenue"],
        tickets_sold=_sum(revenue.tickets_sold for revenue in revenues),
        orders=_sum(revenue.orders for revenue in revenues),
        events=len(revenues),
        unreported=tuple(
            sorted({f"{name} ({revenue.provider})" for revenue in revenues for name in revenue.unreported})
        ),
    )


def _sum(values: Iterable[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def _decoded(cursor: str, names: Iterable[str]) -> dict[str, str]:
    places = unpack(cursor)
    if not isinstance(places, dict):
        raise InvalidArgument("cursor", "The cursor is one of a single connection.", "Start over without it.")
    foreign = [name for name in places if name not in set(names)]
    if foreign:
        raise InvalidArgument(
            "cursor", f"The cursor asks {foreign[0]}, which is not among the connections.", "Start over without it."
        )
    return places

"""Answers from the copies of connections: which there are, as of when, what they lack and why, and what they say.

Every door asks here, whatever the store is.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from connectors import InvalidResponse, NotFound, Provider, UnifiedEvent, UnifiedRevenue, Unsupported, find_provider
from connectors.models import EventStatus
from connectors.portfolio import RevenueReport, Status, summed
from connectors.references import Reference

from . import revenue
from .feeds import Kind, reach
from .revenue import Group, Line, Sum, Totals, connection_of, day_of, month_of
from .rows import record_of
from .status import Failure
from .status import Status as Copy
from .store import Found, Reader

By = Literal["month", "day"]
EVENTS: tuple[Kind, ...] = ("events",)
SOLD: tuple[Kind, ...] = ("events", "orders", "sales")  # what revenue comes from
OLDEST = timedelta(days=2)  # of a copy that is kept, everything is asked for once a day
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are meant. `moment` decides which live ones are over."""

    moment: datetime
    starts_after: datetime | None = None
    starts_before: datetime | None = None
    status: EventStatus | None = None
    q: str | None = None

    def keeps(self, event: UnifiedEvent) -> bool:
        """Whether an event that starts at the right time is one of them."""
        words = (self.q or "").casefold() in (event.name or "").casefold()
        return words and self.status in (None, event.status_at(self.moment))


@dataclass(frozen=True, slots=True)
class Period:
    """What came in by orders of a month (`2027-03`) or a day, of one connection and currency. A figure that is not told
    everywhere is the sum of what is, and named in `unreported`. The period is None where orders do not say when they
    were placed.
    """

    period: str | None
    connection: str
    currency: str | None
    gross_revenue: Decimal
    refunds: Decimal | None
    taxes: Decimal | None
    fees: Decimal | None
    net_revenue: Decimal
    tickets_sold: int | None
    orders: int
    unreported: tuple[str, ...]


class Copies:
    """The copies of these connections, as far as a question about these kinds of records goes.

    `ages` says as of when each copy is, `statuses` what each can tell, and why not. `how` says how to get one. Without
    a reader there are none.
    """

    def __init__(self, reader: Reader | None, connections: Iterable[str], kinds: Sequence[Kind], how: str) -> None:
        self._reader = reader
        known = {copy.connection: copy for copy in (reader.statuses() if reader else ())}
        self.statuses = [self._status(name, known.get(name, Copy(name)), kinds, how) for name in connections]
        self.ages: Mapping[str, datetime] = {one.connection: one.as_of for one in self.statuses if one.as_of}

    def _status(self, name: str, copy: Copy, kinds: Sequence[Kind], how: str) -> Status:
        missing = _missing(copy, kinds, how)
        if missing:
            return missing
        problems = self._reader.problems(name) if self._reader else ()
        unread = sum(problem.feed.kind in kinds for problem in problems)
        as_of = min(moment for kind in kinds if kind in copy.kinds and (moment := copy.kinds[kind].as_of))
        return Status(name, "ok", problems=unread, as_of=as_of)

    @property
    def as_of(self) -> datetime | None:
        """As of when the oldest copy is; None where there is none."""
        return min(self.ages.values(), default=None)

    @property
    def lacking(self) -> list[str]:
        """The connections without a copy, but for those whose platform does not offer what is asked for."""
        return [one.connection for one in self.statuses if one.state == "failed"]

    def is_stale(self, moment: datetime) -> bool:
        """Whether a copy is so old that nobody seems to keep it."""
        return self.as_of is not None and moment - self.as_of > OLDEST

    def suffices(self, moment: datetime) -> bool:
        """Whether it can stand for the platforms, where it is not said who is to answer."""
        return bool(self.ages) and not self.lacking and not self.is_stale(moment)

    def events(self, wanted: Wanted, after: str | None = None) -> Iterator[UnifiedEvent]:
        """Events by start; those without one come last. `after` is where a page goes on."""
        while True:
            found = self._found(wanted, AT_ONCE, after)
            yield from (event for _, event in _kept(found, wanted))
            if (after := found.after) is None:
                return

    def page(self, wanted: Wanted, limit: int, after: str | None = None) -> tuple[list[UnifiedEvent], str | None]:
        """At most `limit` events, and where the next page goes on; None at the end."""
        events: list[UnifiedEvent] = []
        filtered = wanted.q is not None or wanted.status is not None
        while True:
            left = limit - len(events)
            found = self._found(wanted, AT_ONCE if filtered else left + 1, after)
            kept = _kept(found, wanted)
            if kept and not left:
                return events, after
            if len(kept) > left:  # the store tells the place behind the last row that it gives, so it gives no more
                found = self._found(wanted, kept[left - 1][0] + 1, after)
                return [*events, *(event for _, event in _kept(found, wanted))], found.after
            events += [event for _, event in kept]
            if found.after is None:
                return events, None
            after = found.after

    def named(self, references: Iterable[Reference]) -> dict[Reference, UnifiedEvent]:
        """Single events, as far as there are copies of them."""
        there = [one for one in references if one.connection in self.ages]
        rows = {one: self._reader.row(one.connection, "events", one.id) for one in there} if self._reader else {}
        found = {one: record_of(row) for one, row in rows.items() if row}
        return {one: event for one, event in found.items() if isinstance(event, UnifiedEvent)}

    def listed(self, events: Iterable[UnifiedEvent]) -> list[Status]:
        """What became of each connection of which these events were listed."""
        counts = Counter(event.connection for event in events)
        return [replace(one, count=counts[one.connection]) for one in self.statuses]

    def read(self, events: Iterable[UnifiedEvent]) -> list[Status]:
        """What became of each connection whose sales were asked for, of these events. One of whose records some could
        not be read is in no sum.
        """
        return [_partial(one) if one.state == "ok" and one.problems else one for one in self.listed(events)]

    def revenue(self, wanted: Wanted) -> RevenueReport:
        """What these events brought in, by event, connection and currency."""
        events = list(self.events(wanted))
        statuses = self.read(events)
        return summed(self._pairs(events), statuses, [one.connection for one in statuses if one.state == "ok"])

    def revenue_of(self, references: Sequence[Reference]) -> RevenueReport:
        """What single events brought in. They are not added up: they are not all that came in."""
        found = self.named(references)
        lost = {one.connection: one for one in references if one not in found}
        statuses = [_found(one, lost.get(one.connection)) for one in self.read(found.values())]
        return summed(self._pairs(found.values()), statuses, [])

    def sums(
        self, events: Iterable[UnifiedEvent], group: Callable[[Line], Group]
    ) -> dict[tuple[Group, str | None], Sum]:
        """Sums of what events brought in by what `group` makes of it, and by currency."""
        return revenue.summed((totals for _, totals in self._totals(events)), group)

    def periods(self, events: Sequence[UnifiedEvent], by: By) -> list[Period]:
        """Sums of what events brought in by month or day of the order, connection and currency."""
        when = month_of if by == "month" else day_of
        whole = {one.connection for one in self.read(events) if one.state == "ok"}
        counted = [event for event in events if event.connection in whole]
        found = self.sums(counted, lambda line: (_text(when(line)), connection_of(line)))
        periods = [Period(*group, **asdict(one)) for (group, _), one in found.items()]
        return sorted(periods, key=lambda one: (one.period or "~", one.connection, one.currency or "~"))

    def _pairs(self, events: Iterable[UnifiedEvent]) -> list[tuple[UnifiedEvent, UnifiedRevenue]]:
        return [(event, totals.revenue) for event, totals in self._totals(events)]

    def _totals(self, events: Iterable[UnifiedEvent]) -> Iterator[tuple[UnifiedEvent, Totals]]:
        found: dict[str, dict[str, UnifiedEvent]] = {}
        for event in events:
            found.setdefault(event.connection, {})[event.id] = event
        for name, own in found.items():
            for totals in self._reader.totals(name, list(own)) if self._reader else ():
                yield own[totals.revenue.event_id], totals

    def _found(self, wanted: Wanted, limit: int, after: str | None) -> Found:
        if self._reader is None or not self.ages:
            return Found([])
        return self._reader.events(
            list(self.ages),
            starts_after=wanted.starts_after,
            starts_before=wanted.starts_before,
            limit=limit,
            after=after,
        )


def _missing(copy: Copy, kinds: Sequence[Kind], how: str) -> Status | None:
    """Why the copy of a connection cannot tell of these kinds; None where it can."""
    provider = find_provider(copy.connection.partition("/")[0])
    if "revenue" not in provider.capabilities and kinds == SOLD:
        return _failed(copy, _unsupported(provider, "revenue"))
    wanting = [kind for kind in kinds if reach(provider, kind) and _as_of(copy, kind) is None]
    if not wanting:
        return None
    failure = next((one.failure for kind in wanting if (one := copy.kinds.get(kind)) and one.failure), copy.last_error)
    if failure is None and copy.ended_at and copy.round is None:  # it went round, and met no such listing
        return _failed(copy, _unsupported(provider, wanting[0]))
    wholly = "wholly " if copy.kinds or copy.round else ""
    return _failed(copy, failure or Failure("not_synced", f"It was not {wholly}synced yet.", how))


def _unsupported(provider: Provider, what: str) -> Failure:
    why = provider.unsupported.get(what) or "its API has no such data."
    return Failure.of(Unsupported(provider.slug, provider.name, what, why))


def _as_of(copy: Copy, kind: Kind) -> datetime | None:
    return copy.kinds[kind].as_of if kind in copy.kinds else None


def _failed(copy: Copy, failure: Failure) -> Status:
    state: Literal["unsupported", "failed"] = "unsupported" if failure.code == Unsupported.code else "failed"
    return Status(copy.connection, state, 0, failure.code, failure.message, failure.advice or None)


def _partial(status: Status) -> Status:
    message = f"Records that could not be read and are left out: {status.problems}."
    return replace(status, state="partial", code=InvalidResponse.code, message=message)


def _found(status: Status, lost: Reference | None) -> Status:
    """What became of a connection of which single events were asked for."""
    if lost is None or status.state in ("failed", "unsupported"):
        return status
    message = f"The copy has no event {lost.id}."
    return replace(status, state="partial" if status.count else "failed", code=NotFound.code, message=message)


def _kept(found: Found, wanted: Wanted) -> list[tuple[int, UnifiedEvent]]:
    """The events that are wanted, each with its place in the answer."""
    events = ((place, record_of(row)) for place, (_, row) in enumerate(found.rows))
    return [(place, one) for place, one in events if isinstance(one, UnifiedEvent) and wanted.keeps(one)]


def _text(period: str | date | None) -> str | None:
    return None if period is None else str(period)

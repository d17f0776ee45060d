"""Answers from the copies on this machine, with their age."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from connectors import InvalidArgument, UnifiedEvent, UnifiedRevenue
from connectors.models import EventStatus
from connectors.portfolio import RevenueReport, Status, summed
from spekta.sync.feeds import Kind
from spekta.sync.revenue import Sum, Totals, connection_of, day_of, month_of
from spekta.sync.revenue import summed as sums
from spekta.sync.rows import record_of
from spekta.sync.sqlite import SqliteStore, default_path

from . import cells
from .terminal import remark

Period = Literal["month", "day"]
Ages = Mapping[str, datetime]
SOLD: tuple[Kind, ...] = ("events", "orders", "sales")  # what revenue comes from
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are meant. `moment` decides which live ones are over, `only` names single ones."""

    moment: datetime
    starts_after: datetime | None = None
    starts_before: datetime | None = None
    status: EventStatus | None = None
    q: str | None = None
    only: frozenset[str] | None = None

    def keeps(self, event: UnifiedEvent) -> bool:
        if self.only is not None and event.reference not in self.only:
            return False
        words = (self.q or "").casefold() in (event.name or "").casefold()
        return words and self.status in (None, event.status_at(self.moment))


class Synced:
    """What is stored of some connections, or of all. `statuses` say which were never synced."""

    def __init__(self, store: SqliteStore, connections: Sequence[str] | None, kinds: Sequence[Kind]) -> None:
        self._store = store
        known = {status.connection: status for status in store.statuses()}
        self.ages: dict[str, datetime] = {}
        self.statuses: list[Status] = []
        for name in connections or known:
            told = (
                [known[name].kinds[kind].as_of for kind in kinds if kind in known[name].kinds] if name in known else []
            )
            times = [moment for moment in told if moment is not None]
            if times:
                self.ages[name] = min(times)
            state: Literal["ok", "failed"] = "ok" if times else "failed"
            message = None if times else "It was not synced yet."
            self.statuses.append(Status(name, state, message=message, advice=None if times else "Run: spekta sync"))

    def events(self, wanted: Wanted) -> Iterator[UnifiedEvent]:
        """Events by start."""
        after: str | None = None
        while True:
            found = self._store.events(
                list(self.ages),
                starts_after=wanted.starts_after,
                starts_before=wanted.starts_before,
                limit=AT_ONCE,
                after=after,
            )
            for _, row in found.rows:
                event = record_of(row)
                if isinstance(event, UnifiedEvent) and wanted.keeps(event):
                    yield event
            if found.after is None:
                return
            after = found.after

    def revenue(self, wanted: Wanted) -> RevenueReport:
        """What these events brought in, by event, connection and currency."""
        pairs: list[tuple[UnifiedEvent, UnifiedRevenue]] = []
        events = list(self.events(wanted))
        for name in self.ages:
            own = {event.id: event for event in events if event.connection == name}
            for totals in self._store.totals(name, list(own)):
                pairs.append((own[totals.revenue.event_id], totals.revenue))
        return summed(pairs, self.statuses, [] if wanted.only else list(self.ages))

    def periods(self, wanted: Wanted, by: Period) -> list[tuple[str | None, str, Sum]]:
        """Sums by month or day of the order, connection and currency. A period of None is one that nobody tells."""
        found: list[Totals] = []
        events = list(self.events(wanted))
        for name in self.ages:
            found += self._store.totals(name, [event.id for event in events if event.connection == name])
        groups = sums(
            found, lambda line: (_text(month_of(line) if by == "month" else day_of(line)), connection_of(line))
        )
        ordered = sorted(
            groups, key=lambda group: (group[0][0] is None, group[0][0] or "", group[0][1], group[1] or "")
        )
        return [(*group[0], groups[group]) for group in ordered]


def _text(period: str | date | None) -> str | None:
    return None if period is None else str(period)


@contextmanager
def synced(connections: Sequence[str] | None, kinds: Sequence[Kind]) -> Iterator[Synced]:
    """What is stored. Raises InvalidArgument where nothing is."""
    if not default_path().exists():
        raise InvalidArgument("synced", "Nothing was synced yet.", "Run: spekta sync")
    with SqliteStore() as store:
        yield Synced(store, connections, kinds)


def tell_ages(ages: Ages, moment: datetime) -> None:
    """Says how old an answer is."""
    alike: dict[str, list[str]] = {}
    for connection, as_of in ages.items():
        alike.setdefault(cells.span(as_of, moment), []).append(connection)
    for age, connections in alike.items():
        remark(f"As it was {age} ago: {', '.join(connections)}.")


def refuse(**given: object) -> None:
    """Raises InvalidArgument for what only a platform can be asked."""
    for name, value in given.items():
        if value:
            raise InvalidArgument(name, f"--synced does not go with --{name.replace('_', '-')}.", "Leave one out.")

"""Rounds over the feeds of a connection: what changed of each, everything where that is due, then the sums."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from connectors import UnifiedEvent
from connectors.errors import (
    InvalidResponse,
    NotFound,
    PermissionDenied,
    Rejected,
    Removed,
    SpektaError,
    Unsupported,
)

from .adding import Adder
from .copying import Copier
from .feeds import COPIED, IN_ORDER, KINDS, Feed, Kind, Progress, Reach
from .moments import is_within, stamp
from .rows import Row, record_of
from .status import Copied, Failure, Round, Status

AT_ONCE = 4
REFUSALS = 20  # one after the other, before a listing counts as refused for all events
OVER = timedelta(days=1)
PARTLY: tuple[Kind, ...] = ("tickets", "sales")  # asked for by some events alone between two walks of everything
OF_ONE_LISTING = (PermissionDenied, NotFound, Removed, Rejected, InvalidResponse)


class Paused(Exception):
    """The time was up. Everything so far is stored, and the next run goes on from there."""


class Overdue(Exception):
    """A walk of everything has taken so long that what changed meanwhile comes first."""


@dataclass(slots=True)
class Rounds:
    """Goes round until all is done. `save` stores the status, `has_time` says whether there is time left."""

    copier: Copier
    status: Status
    save: Callable[[Status], None]
    has_time: Callable[[], bool]
    _failure: SpektaError | None = field(default=None, init=False)
    _whole_since: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.copier.check = self.check

    async def run(self) -> SpektaError | None:
        """Gives what failed where that was a single listing, or some; raises what concerns all of them."""
        self.copier.announce()
        self._begin(anew=False)
        while await self._is_overdue():
            self._begin(anew=True)
        if self._failure and not self._has_copied():
            raise self._failure
        self._save(round=None, ended_at=self._now())
        return self._failure

    def _has_copied(self) -> bool:
        """Whether anything could be asked for. By event nothing can where there are no events."""
        found = [kind for kind in COPIED if self._is_finished(kind)]
        return "events" in found or any(known.wide for kind in found if (known := self.copier.reach(kind)))

    def check(self, gives_way: bool) -> None:
        """Called between two answers of a walk."""
        if not self.has_time():
            raise Paused
        if gives_way and self._whole_since and self._now() - self._whole_since >= self.copier.schedule.every:
            raise Overdue

    async def _is_overdue(self) -> bool:
        """Goes once round; whether that was cut short for the next one."""
        try:
            for kind in IN_ORDER:
                await self._copy(kind)
        except Overdue:
            await self._add_up()
            return True
        await self._add_up()
        return False

    # The round

    def _begin(self, anew: bool) -> None:
        """Goes on with a round that was left, unless so much later that what changed has to be asked for again."""
        left, now = self.status.round, self._now()
        if left and not anew and is_within(left.started_at, self.copier.schedule.every, now):
            return
        due = {kind: self._due_since(kind, now) for kind in KINDS if self._is_whole_due(kind)}
        self._save(round=Round(now, {**due, **(left.whole if left else {})}))

    def _is_whole_due(self, kind: Kind) -> bool:
        copied, known = self.status.kinds.get(kind), self.copier.reach(kind)
        if known is None:
            return False
        if copied is None or copied.whole_at is None or not (known.incremental or kind in PARTLY):
            return True
        return not is_within(copied.whole_at, self.copier.schedule.whole_every, self._now())

    def _due_since(self, kind: Kind, now: datetime) -> datetime:
        """Where a listing failed for some events, the others are not read whole again before that is due."""
        copied, known = self.status.kinds.get(kind), self.copier.reach(kind)
        in_part = copied and copied.failure and known and known.incremental
        return now - self.copier.schedule.whole_every if in_part else now

    @property
    def _round(self) -> Round:
        assert self.status.round
        return self.status.round

    def _finish(self, kind: Kind, known: Reach) -> None:
        """All feeds of a kind were walked."""
        before = self.status.kinds.get(kind, Copied())
        whole_at = self._round.whole.get(kind, before.whole_at)
        copied = Copied(known.mode, self._round.started_at, whole_at)
        left = {other: since for other, since in self._round.whole.items() if other != kind}
        self._save(kinds={**self.status.kinds, kind: copied}, round=replace(self._round, whole=left))

    def _fail(self, kind: Kind, known: Reach, error: SpektaError) -> None:
        before = self.status.kinds.get(kind, Copied())
        copied = replace(before, mode=known.mode, failure=Failure.of(error))
        self._save(kinds={**self.status.kinds, kind: copied})

    def _save(self, **changes: object) -> None:
        self.status = replace(self.status, **changes)  # type: ignore[arg-type]
        self.save(self.status)

    # The feeds

    async def _copy(self, kind: Kind, parents: Iterable[str] | None = None) -> None:
        """Walks all feeds of a kind, or those of some events. What concerns one kind alone does not stop the others."""
        known = self.copier.reach(kind)
        if known is None or self._is_finished(kind):
            return
        try:
            if known.wide:
                await self._feed(self._progress(Feed(self.copier.name, kind)), known)
            else:
                await self._feeds(kind, known, parents)
        except Unsupported as error:
            self._fail(kind, known, error)
        except OF_ONE_LISTING as error:
            self._fail(kind, known, error)
            self._failure = self._failure or error
        else:
            self._finish(kind, known)

    def _is_finished(self, kind: Kind) -> bool:
        copied = self.status.kinds.get(kind)
        return bool(copied and copied.fresh_at == self._round.started_at and kind != "sales")

    async def _feeds(self, kind: Kind, known: Reach, parents: Iterable[str] | None) -> None:
        """Walks the feeds of many events, or of all, a few at once. One that fails holds up none of the others."""
        failure, refused = None, 0
        progresses = self.copier.store.progresses(self.copier.name, kind)
        waiting = iter(self._events(kind, progresses.keys()) if parents is None else parents)
        while some := list(islice(waiting, AT_ONCE)):
            walks = [
                self._child(progresses.get(parent) or Progress(Feed(self.copier.name, kind, parent)), known)
                for parent in some
            ]
            for error in await asyncio.gather(*walks, return_exceptions=True):
                if error is not None and not isinstance(error, OF_ONE_LISTING):
                    raise error
                failure, refused = failure or error, refused + 1 if error else 0
            self.check(False)
            if refused >= REFUSALS:
                break
        if failure:
            raise failure

    async def _child(self, progress: Progress, known: Reach) -> None:
        try:
            await self._feed(progress, known)
        except NotFound:
            return  # the event went meanwhile; the next walk of the events will tell

    async def _feed(self, progress: Progress, known: Reach) -> None:
        """What changed, or everything where that is due; of a walk of everything that is left over, both.

        What ended later than now was timed by a clock that was wrong: that listing is begun anew.
        """
        if progress.ended_at and progress.ended_at > self._now():
            progress = Progress(progress.feed, progress.version)
        was_walked = progress.ended_at is not None and progress.ended_at >= self._round.started_at
        since = progress.since
        whole = self._needs_whole(progress, known)
        if known.incremental and since and not was_walked and (progress.whole or not whole):
            progress = await self.copier.fresh(progress, since)
        if whole:
            self._whole_since = self._now()
            await self.copier.whole(progress)
            self._whole_since = None

    def _needs_whole(self, progress: Progress, known: Reach) -> bool:
        if progress.whole or progress.whole_id is None:
            return True
        due = self._round.whole.get(progress.feed.kind)
        if due is None and not known.incremental:
            due = self._round.started_at
        return due is not None and progress.whole_id < stamp(due)

    def _events(self, kind: Kind, known: Collection[str]) -> Iterator[str]:
        """The events to ask for. Nothing is sold any more for those that are over: once they are known, their ticket
        types can wait for the next walk of everything.
        """
        over = stamp(self._now() - OVER)
        can_wait = known if kind == "tickets" and kind not in self._round.whole else ()
        for row in self.copier.store.every(self.copier.name, "events"):
            if row.deleted_at is None and not ((id := row.id) in can_wait and _end(row) < over):
                yield id

    # Revenue

    async def _add_up(self) -> None:
        """Adds up every event whose sales changed; where a platform tells sales apart, these are read first."""
        store = self.copier.store
        if self.copier.sold_apart:
            whole = "sales" in self._round.whole
            await self._copy(
                "sales", None if whole else [touched.event_id for touched in store.touched(self.copier.name)]
            )
        Adder(self.copier.connector, store, self._now()).settle_all()

    def _progress(self, feed: Feed) -> Progress:
        return self.copier.store.progress(feed)

    def _now(self) -> datetime:
        return self.copier.now()


def _end(row: Row) -> str:
    """When an event is over; after every time where that is not known."""
    event = record_of(row)
    assert isinstance(event, UnifiedEvent)
    end = event.ends_at or event.starts_at
    return stamp(end) if end else "~"

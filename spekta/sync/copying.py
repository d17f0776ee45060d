"""Copies one feed into a store, answer by answer: rows first, then the cursor, so that nothing is lost between them."""

import contextlib
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic_core import to_json

from connectors import Connector
from connectors.errors import InvalidArgument, InvalidResponse, NotFound, Rejected
from connectors.models import Problem
from connectors.position import Batch

from .announcing import Announcer, announce
from .feeds import COPIED, Feed, Kind, Progress, Reach, Walk, reach
from .moments import stamp
from .people import People
from .rows import Notes, Row, Write, deleted, followed, row_of
from .status import Schedule
from .store import Quarantined, Store

TRIES = 5
ASTRAY = (InvalidArgument, InvalidResponse, NotFound, Rejected, LookupError, TypeError, ValueError, AttributeError)


class Superseded(Exception):
    """Another worker has gone on with this connection: this one leaves it."""


@dataclass(slots=True)
class Copier:
    """Copies feeds of one connection. `check` is called once an answer is stored: what it raises ends the walk there,
    and the next one goes on with it. It is told whether that is a walk of everything in the whole account.

    `sold_apart` says that revenue comes from a listing of its own, so that any change may be one of it.
    """

    connector: Connector
    store: Store
    schedule: Schedule
    people: People
    now: Callable[[], datetime]
    on_rows: Callable[[Feed, int, int], None]
    announcer: Announcer | None = None
    keep_raw: bool = False
    check: Callable[[bool], None] = lambda gives_way: None
    undelivered: int = field(default=0, init=False)

    @property
    def sold_apart(self) -> bool:
        return bool(self.connector.provider.parts("sales"))

    @property
    def name(self) -> str:
        """The connection."""
        return self.connector.name

    def reach(self, kind: Kind) -> Reach | None:
        """How far the platform can tell what changed of a kind; None where it has none."""
        return reach(self.connector.provider, kind)

    async def fresh(self, progress: Progress, since: datetime) -> Progress:
        """Copies what changed since then, and goes on where an earlier attempt ended."""
        walk = progress.fresh or self._new_walk(since)
        progress, walk = await self._walk(progress, walk, whole=False)
        return self._advance(replace(progress, fresh=None, watermark=self._later(progress, walk), ended_at=self.now()))

    async def whole(self, progress: Progress) -> Progress:
        """Copies everything, and marks as deleted what two whole walks in a row have missed."""
        walk = progress.whole or self._new_walk(None)
        progress, walk = await self._walk(progress, walk, whole=True)
        first = progress.whole_id is None
        missed = False if first or walk.problems else self._look_for_deleted(progress, walk)
        self.store.readmit(progress.feed, walk.id)
        following = replace(self._new_walk(None), confirms=True) if missed and not walk.confirms else None
        progress = self._advance(
            replace(
                progress,
                whole=following,
                whole_id=walk.id,
                watermark=self._later(progress, walk),
                ended_at=self.now(),
            )
        )
        return await self.whole(progress) if following else progress

    def _new_walk(self, since: datetime | None) -> Walk:
        moment = self.now()
        return Walk(stamp(moment), moment, since)

    def _later(self, progress: Progress, walk: Walk) -> datetime:
        mark = walk.mark - self.schedule.overlap
        return mark if progress.watermark is None else max(mark, progress.watermark)

    async def _walk(self, progress: Progress, walk: Walk, whole: bool) -> tuple[Progress, Walk]:
        """Stores the answers of a walk and where each left off. The end of the walk is for the caller to store.

        A walk that is taken up again begins anew where the place means nothing any more: to the platform, or to this
        Spekta.
        """
        version = progress.version
        try:
            return await self._go_on(progress, walk, whole)
        except ASTRAY:
            progress = self.store.progress(progress.feed)
            if walk.position is None or progress.version != version:
                raise
        anew = replace(self._new_walk(walk.since), confirms=walk.confirms)
        return await self._go_on(progress, anew, whole)

    async def _go_on(self, progress: Progress, walk: Walk, whole: bool) -> tuple[Progress, Walk]:
        feed, started, first = progress.feed, time.monotonic(), walk.position is None
        batches = self.connector.walk(feed.kind, feed.parent or None, since=walk.since, position=walk.position)
        async with contextlib.aclosing(batches):
            async for batch in batches:
                if first and (told := self.connector.platform_time):
                    walk = replace(walk, mark=told - timedelta(seconds=time.monotonic() - started))
                first = False
                beside = walk if whole else progress.whole
                self.save(progress, batch, beside)
                self._quarantine(feed, batch.problems, beside or walk)
                walk = replace(walk, position=batch.after, problems=walk.problems + len(batch.problems))
                if batch.after is None:
                    break
                progress = self._advance(replace(progress, whole=walk) if whole else replace(progress, fresh=walk))
                self.announce()
                self.check(whole and not feed.parent)
        self.announce()
        return progress, walk

    async def listed(self, progress: Progress, event_id: str, since: datetime | None) -> set[str]:
        """Copies what one event lists, into a feed of it or of the whole account, which stays where it is; gives the
        ids of all that came.
        """
        walk, ids = self._new_walk(since), set[str]()
        batches = self.connector.walk(progress.feed.kind, event_id, since=since)
        async with contextlib.aclosing(batches):
            async for batch in batches:
                ids |= {record.id for record in batch.records}
                self.save(progress, batch, progress.whole)
                self._quarantine(progress.feed, batch.problems, walk)
                self.announce()
                self.check(False)
        return ids

    def save(self, progress: Progress, batch: Batch, whole: Walk | None) -> None:
        """Writes the records of an answer. Beside a whole walk, whatever is met counts as met by it."""
        feed, walk = progress.feed, None if whole is None else whole.id
        rows = [row_of(feed, record, self.keep_raw) for record in batch.records]
        is_new = progress.whole_id is None and progress.watermark is None
        changed = self._put(feed, self._left_out(rows), walk, is_new)
        while (forgotten := self.store.forgotten()) != self.people.digests:  # perhaps while this was being written
            self.people = replace(self.people, digests=forgotten)
            self._put(feed, self._left_out(rows), walk, is_new=False)
        self.on_rows(feed, len(rows), changed)

    def _left_out(self, rows: Sequence[Row]) -> dict[str, Row]:
        """The rows as they may be stored. Of whom is left out, the tickets that are still to come are too."""
        if not self.people.digests:
            return {row.key: row for row in rows}
        for ticket in {ticket for row in rows for ticket in self.people.tickets(row)} - self.people.digests:
            self.store.forget(ticket)
            self.people = replace(self.people, digests=self.people.digests | {ticket})
        return {row.key: self.people.left_out(row) for row in rows}

    def _put(self, feed: Feed, rows: dict[str, Row], walk: str | None, is_new: bool) -> int:
        """Writes what is new or has changed; gives how many those are. In a feed that `is_new` no row is looked for
        before it is written, as there will hardly be one.
        """
        notes = Notes(feed.connection, self.now()) if self.announcer else None
        left, changes = rows, 0
        for attempt in range(TRIES):
            there = {} if is_new and attempt == 0 else self.store.read(feed.connection, feed.kind, list(left))
            writes = [write for key, row in left.items() if (write := followed(there.get(key), row, notes))]
            changed = [write for write in writes if write.row.version != write.expected]
            events = self._sold_for(feed.kind, changed, there)
            if not writes and walk is None:
                return changes
            lost = self.store.write(feed, writes, seen=list(left), walk=walk, touched=sorted(events))
            changes += len(changed) - len(lost)
            if not lost:
                return changes
            left = {key: left[key] for key in lost}
        raise Superseded(f"Another worker writes to {feed.connection}.")

    def _sold_for(self, kind: Kind, writes: Sequence[Write], there: Mapping[str, Row]) -> set[str]:
        """The events whose revenue may be another one after these writes."""
        if kind not in ("orders", "events", "sales") and not self.sold_apart:
            return set()
        before = (there[write.row.key] for write in writes if write.row.key in there)
        return {event for row in (*(write.row for write in writes), *before) for event in row.events}

    def _look_for_deleted(self, progress: Progress, walk: Walk) -> bool:
        """Marks what is missing now and was missing in the whole walk before; notes what is missing only now.

        One walk alone proves nothing: where pages are numbered, a row that goes moves others out of sight.
        """
        feed, suspects, gone = progress.feed, list[str](), list[Row]()
        for row in self.store.unseen(feed, walk.id):
            if row.missed is not None and row.missed == progress.whole_id:
                gone.append(row)
            else:
                suspects.append(row.key)
        if suspects:
            self.store.suspect(feed, suspects, walk.id)
        for row in gone:
            if feed.kind == "events":
                self._delete_children(feed, row)
            self.delete(feed, row)
        self.announce()
        return bool(suspects)

    def _delete_children(self, feed: Feed, event: Row) -> None:
        """What was listed by an event can be asked for no more when that is gone, and all of it has to be when that is
        back. The event itself is marked last: whoever dies in between comes by here again.
        """
        for kind in (*COPIED[1:], "sales"):
            child = Feed(feed.connection, kind, event.id)
            for row in self.store.of_parent(feed.connection, kind, event.id):
                self.delete(child, row)
            if version := self.store.progress(child).version:
                self._advance(Progress(child, version))

    def delete(self, feed: Feed, row: Row) -> None:
        """Marks a row as deleted."""
        notes = Notes(feed.connection, self.now()) if self.announcer else None
        while True:
            writes = [deleted(row, notes, self.now())]
            if not self.store.write(feed, writes, touched=sorted(self._sold_for(feed.kind, writes, {}))):
                return
            row = self.store.read(feed.connection, feed.kind, [row.key])[row.key]

    def _quarantine(self, feed: Feed, problems: Sequence[Problem], walk: Walk) -> None:
        kept = [self._quarantined(feed, problem, walk) for problem in problems]
        if kept:
            self.store.quarantine(kept)

    def _quarantined(self, feed: Feed, problem: Problem, walk: Walk) -> Quarantined:
        raw = to_json(problem.raw, fallback=str)
        id = hashlib.sha256(raw).hexdigest()[:16]
        kept = raw.decode() if self.keep_raw else None
        return Quarantined(feed, id, problem.path, problem.reason, walk.id, self.now(), kept)

    def announce(self) -> None:
        """Announces what is not announced yet, if somebody listens."""
        if self.announcer:
            self.undelivered = announce(self.store, self.connector.name, self.announcer)

    def _advance(self, progress: Progress) -> Progress:
        if not self.store.advance(progress):
            raise Superseded(f"Another worker has gone on with {progress.feed.connection}.")
        return replace(progress, version=progress.version + 1)

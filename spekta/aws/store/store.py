"""The engine's side of the table."""

import hashlib
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from spekta.sync.feeds import Feed, Kind, Progress
from spekta.sync.moments import now as clock
from spekta.sync.moments import stamp
from spekta.sync.revenue import Totals
from spekta.sync.rows import NEVER_THERE, Row, Write
from spekta.sync.status import Status
from spekta.sync.store import Quarantined, Touched
from spekta.sync.written import PROGRESS, STATUS, TOTALS

from . import names
from .items import LARGEST
from .names import Key
from .reader import QUARANTINE, STATUSES, DynamoReader, status_in
from .table import Refused
from .wire import Item, packed, unpacked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DIGEST = 8  # bytes
DIGESTS = 32_000  # of one item
KEPT = timedelta(days=60)  # longer than any walk of everything takes
_FREE = "attribute_not_exists(holder) OR holder = :holder OR ends <= :now"


class DynamoStore(DynamoReader):
    """A store in a table. Leases end by the workers' own clocks."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None, *, patient: bool = False) -> None:
        super().__init__(table, client, patient=patient)
        self._untold: dict[Key, None] = {}  # rows written here with changes, which the index may not have yet
        self._drained: set[str] = set()  # connections whose index had no more since the lease was last asked for

    # Rows

    def read(self, connection: str, kind: Kind, keys: Sequence[str]) -> dict[str, Row]:
        found = self._rows.get(names.row(connection, kind, key) for key in keys)
        return {row.key: row for row in found.values()}

    def write(
        self,
        feed: Feed,
        writes: Sequence[Write],
        *,
        seen: Sequence[str] = (),
        walk: str | None = None,
        touched: Iterable[str] = (),
    ) -> list[str]:
        self._touch(feed.connection, touched)
        if walk:
            self._see(feed, walk, {*seen, *(write.row.key for write in writes)})
        self._rows.link(feed.connection, [write.row for write in writes if write.expected == NEVER_THERE])
        done = self._table.each(lambda write: self._rows.put(feed.connection, write), writes)
        for write, won in zip(writes, done, strict=True):
            if won and write.row.pending:
                self._untold[names.row(feed.connection, write.row.kind, write.row.key)] = None
        return [write.row.key for write, won in zip(writes, done, strict=True) if not won]

    def _touch(self, connection: str, events: Iterable[str]) -> None:
        mark = stamp(clock())
        keys = {event_id: names.touched(connection, event_id) for event_id in events}
        self._table.put_all(
            {"pk": pk, "sk": sk, "event_id": event_id, "stamp": mark} for event_id, (pk, sk) in keys.items()
        )

    def _see(self, feed: Feed, walk: str, keys: Iterable[str]) -> None:
        """Keeps what an answer had in one item, or some: a mark on each row would cost a write each."""
        found = sorted(map(_digest, keys))
        ends = int(time.time() + KEPT.total_seconds())
        for start in range(0, len(found), DIGESTS):
            digests = b"".join(found[start : start + DIGESTS])
            name = hashlib.blake2b(digests, digest_size=DIGEST).hexdigest()
            self._table.put_all([{"pk": names.seen(feed), "sk": f"{walk}#{name}", "digests": digests, "expires": ends}])

    def unseen(self, feed: Feed, walk: str) -> Iterator[Row]:
        seen: set[bytes] = set()
        for item in self._table.query(names.seen(feed), prefix=f"{walk}#"):
            digests: bytes = item["digests"]
            seen.update(digests[start : start + DIGEST] for start in range(0, len(digests), DIGEST))
        rows = self.of_parent(feed.connection, feed.kind, feed.parent) if feed.parent else self._wide(feed)
        return (row for row in rows if _digest(row.key) not in seen)

    def _wide(self, feed: Feed) -> Iterator[Row]:
        every = self.every(feed.connection, feed.kind)
        return (row for row in every if row.parent == "" and row.deleted_at is None)

    def suspect(self, feed: Feed, keys: Sequence[str], walk: str) -> None:
        def note(key: str) -> None:
            there = names.row(feed.connection, feed.kind, key)
            self._table.update(there, "SET missed = :walk", "attribute_exists(pk)", {":walk": walk})

        self._table.each(note, keys)

    def of_parent(self, connection: str, kind: Kind, parent: str) -> Iterator[Row]:
        if parent:
            for row in self._rows.linked(names.event(connection, parent), kind):
                if row.parent == parent and row.deleted_at is None:
                    yield row

    def every(self, connection: str, kind: Kind) -> Iterator[Row]:
        return self._rows.every(connection, kind)

    # Changes

    def unannounced(self, connection: str, limit: int = 500) -> list[Row]:
        own = [key for key in self._untold if names.connection_of(key[0]) == connection]
        if found := self._pending(own[:limit]):
            return found
        if connection not in self._drained:
            for keys in self._table.index("unannounced", names.unannounced(connection), limit=limit):
                if found := self._pending(keys):
                    return found
            self._drained.add(connection)
        return []

    def _pending(self, keys: Sequence[Key]) -> list[Row]:
        """Those rows that have changes to announce."""
        rows = self._rows.get(keys)
        found = [row for row in rows.values() if row.pending]
        for key in keys:
            if key not in rows or not rows[key].pending:
                self._untold.pop(key, None)
        return found

    def announced(self, connection: str, rows: Sequence[Row], ids: frozenset[str]) -> None:
        done = self._table.each(lambda row: self._rows.announced(connection, row, ids), rows)
        for row, told in zip(rows, done, strict=True):
            if told:
                self._untold.pop(names.row(connection, row.kind, row.key), None)

    # How far a copy has come

    def progress(self, feed: Feed) -> Progress:
        found = self._table.get(names.progress(feed))
        return _progress(found) if found else Progress(feed)

    def progresses(self, connection: str, kind: Kind) -> dict[str, Progress]:
        found = map(_progress, self._table.query(names.progress(Feed(connection, kind))[0]))
        return {progress.feed.parent: progress for progress in found}

    def advance(self, progress: Progress) -> bool:
        pk, sk = names.progress(progress.feed)
        following = replace(progress, version=progress.version + 1)
        content = packed(PROGRESS.dump_json(following).decode())
        item: Item = {"pk": pk, "sk": sk, "version": following.version, "content": content}
        try:
            if progress.version == 0:
                self._table.put(item, "attribute_not_exists(pk)")
            else:
                self._table.put(item, "version = :version", {":version": progress.version})
        except Refused:
            return False
        return True

    # The connection

    def status(self, connection: str) -> Status:
        return status_in(connection, self._table.get(names.status(connection)))

    def put_status(self, status: Status, owner: str) -> bool:
        content = packed(STATUS.dump_json(replace(status, working=False)).decode())
        values = {":content": content, ":holder": owner}
        return self._table.update(names.status(status.connection), "SET content = :content", "holder = :holder", values)

    def lease(self, connection: str, owner: str, now: datetime, until: datetime) -> bool:
        self._drained.discard(connection)
        change = "SET holder = :holder, ends = :ends, everywhere = :statuses, place = :connection"
        values = {":holder": owner, ":ends": stamp(until), ":statuses": STATUSES, ":connection": connection}
        return self._table.update(names.status(connection), change, _FREE, values | {":now": stamp(now)})

    def release(self, connection: str, owner: str) -> None:
        key = names.status(connection)
        self._table.update(key, "REMOVE holder, ends", "holder = :holder", {":holder": owner})

    # Revenue

    def touched(self, connection: str) -> list[Touched]:
        marks = self._table.query(names.touched(connection, "")[0])
        return [Touched(mark["event_id"], mark["stamp"]) for mark in marks]

    def settle(self, connection: str, added: Sequence[tuple[Touched, Totals | None]]) -> None:
        keys = [names.totals(connection, touched.event_id) for touched, _ in added]
        sums = [(key, totals) for key, (_, totals) in zip(keys, added, strict=True)]
        self._table.delete_all([key for key, totals in sums if totals is None])
        self._table.put_all(
            {"pk": pk, "sk": sk, "content": packed(TOTALS.dump_json(totals).decode())}
            for (pk, sk), totals in sums
            if totals
        )
        self._table.each(partial(self._unmark, connection), [touched for touched, _ in added])

    def _unmark(self, connection: str, touched: Touched) -> None:
        mark = names.touched(connection, touched.event_id)
        self._table.delete(mark, "stamp = :stamp", {":stamp": touched.stamp})

    # Quarantine

    def quarantine(self, problems: Sequence[Quarantined]) -> None:
        self._table.each(self._keep, problems)

    def _keep(self, one: Quarantined) -> None:
        """Keeps a record. Its raw form is that of the first time, as a later one may name who is forgotten by then."""
        pk, sk = names.quarantine(one.feed, one.id)
        raw = packed(one.raw) if one.raw is not None else None
        values = {
            ":kind": one.feed.kind,
            ":parent": one.feed.parent,
            ":id": one.id,
            ":path": one.path,
            ":reason": one.reason,
            ":walk": one.walk,
            ":at": stamp(one.noticed_at),
            ":raw": raw if raw is None or len(raw) < LARGEST else None,
            ":quarantine": QUARANTINE,
            ":place": f"{one.feed.connection}#{sk}",
        }
        change = (
            "SET kind = :kind, parent = :parent, id = :id, json_path = :path, reason = :reason, walk = :walk, "
            "noticed_at = if_not_exists(noticed_at, :at), raw_record = if_not_exists(raw_record, :raw), "
            "everywhere = :quarantine, place = :place"
        )
        self._table.update((pk, sk), change, "", values)

    def readmit(self, feed: Feed, walk: str) -> None:
        pk, prefix = names.quarantine(feed)
        found = self._table.query(pk, prefix=prefix)
        self._table.delete_all((pk, item["sk"]) for item in found if item["walk"] != walk)

    # People

    def forget(self, digest: str) -> None:
        self._table.put_all([{"pk": names.PEOPLE, "sk": f"forgotten#{digest}", "digest": digest}])
        for keys in self._table.index("everywhere", QUARANTINE):
            self._table.each(self._drop_raw, keys)

    def _drop_raw(self, key: Key) -> None:
        self._table.update(key, "SET raw_record = :none", "attribute_exists(raw_record)", {":none": None})

    def forgotten(self) -> frozenset[str]:
        return frozenset(item["digest"] for item in self._table.query(names.PEOPLE, prefix="forgotten#"))

    def scrub(self) -> None:
        """There is nothing to overwrite: what was erased is gone from the table at once. Its backups (point-in-time
        recovery) keep it for up to 35 days.
        """

    @property
    def salt(self) -> str:
        pk, sk = names.PEOPLE, "salt"
        found = self._table.get((pk, sk))
        if found is None:
            found = {"pk": pk, "sk": sk, "salt": secrets.token_hex(16)}
            try:
                self._table.put(found, "attribute_not_exists(pk)")
            except Refused as refused:
                found = refused.there
        return str(found["salt"])


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=DIGEST).digest()


def _progress(item: Item) -> Progress:
    return PROGRESS.validate_json(unpacked(item["content"]))

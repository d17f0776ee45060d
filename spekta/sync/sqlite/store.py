"""The engine's side of the file."""

import contextlib
import json
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from ..feeds import Feed, Kind, Progress
from ..moments import now as clock
from ..moments import stamp
from ..revenue import Totals
from ..rows import NEVER_THERE, Row, Write
from ..status import Status
from ..store import Quarantined, StoreFailed, Touched
from ..written import PROGRESS, STATUS, TOTALS, status_of
from .file import File
from .reader import COLUMNS, SqliteReader, row_of
from .schema import default_path, opened

_INSERT = f"""INSERT INTO rows (connection, seen, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""  # noqa: S608 - the columns are a constant
_UPDATE = """UPDATE rows SET seen = ifnull(?, seen), content = ?, event_id = ?, events = ?, parent = ?, version = ?,
    starts_at = ?, deleted_at = ?, erased = ?, pending = ?, missed = ?, raw = ?
    WHERE connection = ? AND kind = ? AND key = ? AND version = ?"""


class SqliteStore(SqliteReader):
    """A store in a file of its own, which is made where there is none. Close it, or use it with `with`."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        super().__init__(opened(self.path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    # Rows

    def read(self, connection: str, kind: Kind, keys: Sequence[str]) -> dict[str, Row]:
        sql = f"""SELECT {COLUMNS} FROM rows
            WHERE connection = ? AND kind = ? AND key IN (SELECT value FROM json_each(?))"""  # noqa: S608 - see above
        lines = self._file.execute(sql, (connection, kind, json.dumps(list(keys))))
        return {row.key: row for row in map(row_of, lines)}

    def write(
        self,
        feed: Feed,
        writes: Sequence[Write],
        *,
        seen: Sequence[str] = (),
        walk: str | None = None,
        touched: Iterable[str] = (),
    ) -> list[str]:
        new = [write.row for write in writes if write.expected == NEVER_THERE]
        with self._writing():
            self._touch(feed.connection, touched)
            lost = self._insert([(feed.connection, walk, *_line(row)) for row in new])
            for write in writes:
                if write.expected != NEVER_THERE and not self._update(feed, write, walk):
                    lost.append(write.row.key)
            if walk and len(writes) < len(seen):
                self._see(feed, seen, walk, {write.row.key for write in writes})
            if feed.kind == "orders":
                self._share(feed.connection, [write.row for write in writes])
        return lost

    def _touch(self, connection: str, events: Iterable[str]) -> None:
        mark = stamp(clock())
        lines = [(connection, event_id, mark) for event_id in events]
        if lines:
            self._file.executemany("INSERT OR REPLACE INTO touched VALUES (?, ?, ?)", lines)

    def _share(self, connection: str, rows: Iterable[Row]) -> None:
        """Lists orders over several events under each of them."""
        lines = [(connection, row.kind, event_id, row.key) for row in rows for event_id in row.events[1:]]
        self._file.executemany("INSERT OR IGNORE INTO shared VALUES (?, ?, ?, ?)", lines)

    def _insert(self, lines: Sequence[tuple[Any, ...]]) -> list[str]:
        """Adds rows; gives the keys of those in whose place another one stands."""
        if not lines:
            return []
        self._file.execute("SAVEPOINT adding")
        before = self._file.total_changes
        self._file.executemany(_INSERT, lines)
        if self._file.total_changes - before == len(lines):
            return []
        self._file.execute("ROLLBACK TO adding")
        return [line[3] for line in lines if self._file.execute(_INSERT, line).rowcount == 0]

    def _update(self, feed: Feed, write: Write, walk: str | None) -> bool:
        line = _line(write.row)
        values = (walk, *line[2:], feed.connection, write.row.kind, write.row.key, write.expected)
        if write.row.kind == "orders":
            self._file.execute(
                "DELETE FROM shared WHERE connection = ? AND kind = ? AND key = ?",
                (feed.connection, write.row.kind, write.row.key),
            )
        return self._file.execute(_UPDATE, values).rowcount == 1

    def _see(self, feed: Feed, seen: Sequence[str], walk: str, written: set[str]) -> None:
        keys = [key for key in seen if key not in written]
        self._file.execute(
            "UPDATE rows SET seen = ? WHERE connection = ? AND kind = ? AND key IN (SELECT value FROM json_each(?))",
            (walk, feed.connection, feed.kind, json.dumps(keys)),
        )

    def unseen(self, feed: Feed, walk: str) -> Iterator[Row]:
        there = "parent = ? AND deleted_at IS NULL AND seen IS NOT ?"
        return self._rows(feed.connection, feed.kind, there, (feed.parent, walk))

    def suspect(self, feed: Feed, keys: Sequence[str], walk: str) -> None:
        with self._writing() as file:
            file.executemany(
                "UPDATE rows SET missed = ? WHERE connection = ? AND kind = ? AND key = ?",
                [(walk, feed.connection, feed.kind, key) for key in keys],
            )

    def of_parent(self, connection: str, kind: Kind, parent: str) -> Iterator[Row]:
        return self._rows(connection, kind, "parent = ? AND parent <> '' AND deleted_at IS NULL", (parent,))

    def every(self, connection: str, kind: Kind) -> Iterator[Row]:
        return self._rows(connection, kind, "TRUE", ())

    def _rows(self, connection: str, kind: Kind, where: str, values: tuple[str, ...]) -> Iterator[Row]:
        """Rows by key, some at a time, so that others can write in between."""
        sql = f"""SELECT {COLUMNS} FROM rows
            WHERE {where} AND connection = ? AND kind = ? AND key > ? ORDER BY key LIMIT 500"""  # noqa: S608 - constants
        after = ""
        while lines := self._file.execute(sql, (*values, connection, kind, after)).fetchall():
            found = [row_of(line) for line in lines]
            yield from found
            after = found[-1].key

    # Changes

    def unannounced(self, connection: str, limit: int = 500) -> list[Row]:
        sql = f"SELECT {COLUMNS} FROM rows WHERE connection = ? AND pending IS NOT NULL LIMIT ?"  # noqa: S608 - see above
        return [row_of(line) for line in self._file.execute(sql, (connection, limit))]

    def announced(self, connection: str, rows: Sequence[Row], ids: frozenset[str]) -> None:
        with self._writing() as file:
            for row in rows:
                left = [text for text in row.pending if json.loads(text)["id"] not in ids]
                file.execute(
                    "UPDATE rows SET pending = ? WHERE connection = ? AND kind = ? AND key = ? AND version = ?",
                    (json.dumps(left) if left else None, connection, row.kind, row.key, row.version),
                )

    # How far a copy has come

    def progress(self, feed: Feed) -> Progress:
        sql = "SELECT content FROM progress WHERE connection = ? AND kind = ? AND parent = ?"
        line = self._file.execute(sql, astuple(feed)).fetchone()
        return PROGRESS.validate_json(line[0]) if line else Progress(feed)

    def progresses(self, connection: str, kind: Kind) -> dict[str, Progress]:
        sql = "SELECT parent, content FROM progress WHERE connection = ? AND kind = ?"
        lines = self._file.execute(sql, (connection, kind)).fetchall()
        return {parent: PROGRESS.validate_json(content) for parent, content in lines}

    def advance(self, progress: Progress) -> bool:
        following = replace(progress, version=progress.version + 1)
        content = PROGRESS.dump_json(following).decode()
        key = astuple(progress.feed)
        with self._writing() as file:
            if progress.version == 0:
                sql = "INSERT OR IGNORE INTO progress VALUES (?, ?, ?, 1, ?)"
                return file.execute(sql, (*key, content)).rowcount == 1
            sql = """UPDATE progress SET version = ?, content = ?
                WHERE connection = ? AND kind = ? AND parent = ? AND version = ?"""
            return file.execute(sql, (following.version, content, *key, progress.version)).rowcount == 1

    # The connection

    def status(self, connection: str) -> Status:
        sql = "SELECT connection, status, owner, until FROM connections WHERE connection = ?"
        line = self._file.execute(sql, (connection,)).fetchone()
        return status_of(*line) if line else Status(connection)

    def put_status(self, status: Status, owner: str) -> bool:
        content = STATUS.dump_json(replace(status, working=False)).decode()
        with self._writing() as file:
            sql = "UPDATE connections SET status = ? WHERE connection = ? AND owner = ?"
            return file.execute(sql, (content, status.connection, owner)).rowcount == 1

    def lease(self, connection: str, owner: str, now: datetime, until: datetime) -> bool:
        with self._writing() as file:
            file.execute("INSERT OR IGNORE INTO connections (connection) VALUES (?)", (connection,))
            sql = "SELECT owner, until FROM connections WHERE connection = ?"
            holder, ends = file.execute(sql, (connection,)).fetchone()
            if holder not in (None, owner) and ends > stamp(now) and not _is_gone(holder):
                return False
            file.execute(
                "UPDATE connections SET owner = ?, until = ? WHERE connection = ?", (owner, stamp(until), connection)
            )
            return True

    def release(self, connection: str, owner: str) -> None:
        with self._writing() as file:
            sql = "UPDATE connections SET owner = NULL, until = NULL WHERE connection = ? AND owner = ?"
            file.execute(sql, (connection, owner))

    # Revenue

    def touched(self, connection: str) -> list[Touched]:
        sql = "SELECT event_id, stamp FROM touched WHERE connection = ? ORDER BY event_id"
        return [Touched(*line) for line in self._file.execute(sql, (connection,))]

    def settle(self, connection: str, added: Sequence[tuple[Touched, Totals | None]]) -> None:
        gone = [(connection, touched.event_id) for touched, totals in added if totals is None]
        sums = [
            (connection, touched.event_id, TOTALS.dump_json(totals).decode()) for touched, totals in added if totals
        ]
        marks = [(connection, touched.event_id, touched.stamp) for touched, _ in added]
        with self._writing() as file:
            file.executemany("DELETE FROM totals WHERE connection = ? AND event_id = ?", gone)
            file.executemany("INSERT OR REPLACE INTO totals VALUES (?, ?, ?)", sums)
            file.executemany("DELETE FROM touched WHERE connection = ? AND event_id = ? AND stamp = ?", marks)

    # Quarantine

    def quarantine(self, problems: Sequence[Quarantined]) -> None:
        lines = [
            (*astuple(one.feed), one.id, one.path, one.reason, one.walk, stamp(one.noticed_at), one.raw)
            for one in problems
        ]
        with self._writing() as file:
            file.executemany(
                """INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET path = excluded.path, reason = excluded.reason, walk = excluded.walk""",
                lines,
            )

    def readmit(self, feed: Feed, walk: str) -> None:
        with self._writing() as file:
            sql = "DELETE FROM quarantine WHERE connection = ? AND kind = ? AND parent = ? AND walk <> ?"
            file.execute(sql, (*astuple(feed), walk))

    # People

    def forget(self, digest: str) -> None:
        with self._writing() as file:
            file.execute("INSERT OR IGNORE INTO forgotten VALUES (?)", (digest,))
            file.execute("UPDATE quarantine SET raw = NULL")

    def forgotten(self) -> frozenset[str]:
        return frozenset(digest for (digest,) in self._file.execute("SELECT digest FROM forgotten"))

    def scrub(self) -> None:
        """Rewrites the file, as what was deleted would stay in its free pages, and empties the log beside it."""
        self._empty_log()
        self._file.execute("VACUUM")
        self._empty_log()

    def _empty_log(self) -> None:
        is_held, *_ = self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_held:
            raise StoreFailed(
                f"Another process holds on to the store {self.path}, and so to what was erased from it.",
                "Run the same again once that process has ended.",
            )

    @property
    def salt(self) -> str:
        return str(self._file.execute("SELECT value FROM facts WHERE name = 'salt'").fetchone()[0])

    @contextlib.contextmanager
    def _writing(self) -> Iterator[File]:
        """All or nothing of what is written within."""
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield self._file
            self._file.execute("COMMIT")
        except BaseException:
            if self._file.in_transaction:  # what failed may have ended it
                self._file.execute("ROLLBACK")
            raise


def owner() -> str:
    """A name for a worker that says which process it is in."""
    return f"{socket.gethostname()}/{os.getpid()}/{os.urandom(6).hex()}"


def _is_gone(holder: str) -> bool:
    """Whether the process that holds a lease ended: one that was killed here need not be waited for."""
    host, _, rest = holder.partition("/")
    number = rest.partition("/")[0]
    if host != socket.gethostname() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _line(row: Row) -> tuple[Any, ...]:
    return (
        row.kind,
        row.key,
        row.content,
        row.events[0] if row.events else None,
        json.dumps(row.events) if len(row.events) > 1 else None,
        row.parent,
        row.version,
        row.starts_at,
        row.deleted_at,
        row.erased,
        json.dumps(row.pending) if row.pending else None,
        row.missed,
        row.raw,
    )

"""What the doors ask of the file."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from connectors.references import encode_id

from ..feeds import Feed, Kind
from ..moments import stamp
from ..revenue import Totals
from ..rows import Row
from ..status import Status
from ..store import Found, Quarantined
from ..written import LAST, TOTALS, after_event, place, status_of
from .file import File

COLUMNS = "kind, key, content, event_id, events, parent, version, starts_at, deleted_at, erased, pending, missed, raw"


class SqliteReader:
    """Reads a store; beside a writer, too."""

    def __init__(self, file: File) -> None:
        self._file = file

    def events(
        self,
        connections: Sequence[str] | None = None,
        *,
        starts_after: datetime | None = None,
        starts_before: datetime | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Found:
        clauses, values = ["kind = 'events'", "deleted_at IS NULL"], list[Any]()
        if connections is not None:
            clauses.append("connection IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(connections)))
        if starts_after:
            clauses.append("starts_at >= ?")
            values.append(stamp(starts_after))
        if starts_before:
            clauses.append("starts_at < ?")
            values.append(stamp(starts_before))
        if after is not None:
            clauses.append(f"(ifnull(starts_at, '{LAST}'), connection, key) > (?, ?, ?)")
            values += place(after)
        ordered = f"ORDER BY ifnull(starts_at, '{LAST}'), connection, key LIMIT ?"
        sql = f"SELECT connection, {COLUMNS} FROM rows WHERE {' AND '.join(clauses)} {ordered}"  # noqa: S608 - constants
        found = [(line[0], row_of(line[1:])) for line in self._file.execute(sql, (*values, limit))]
        return Found(found, after_event(*found[-1]) if len(found) == limit else None)

    def of_event(
        self, connection: str, kind: Kind, event_id: str, *, limit: int = 1000, after: str | None = None
    ) -> Found:
        sql = f"""SELECT {COLUMNS} FROM rows
            WHERE event_id = ?3 AND connection = ?1 AND kind = ?2 AND key > ?4 AND deleted_at IS NULL
            UNION ALL SELECT {COLUMNS} FROM rows
            WHERE connection = ?1 AND kind = ?2 AND deleted_at IS NULL AND key IN
                (SELECT key FROM shared WHERE connection = ?1 AND kind = ?2 AND event_id = ?3 AND key > ?4)
            ORDER BY key LIMIT ?5"""  # noqa: S608 - the columns are a constant
        found = [row_of(line) for line in self._file.execute(sql, (connection, kind, event_id, after or "", limit))]
        return Found([(connection, row) for row in found], found[-1].key if len(found) == limit else None)

    def row(self, connection: str, kind: Kind, id: str) -> Row | None:
        own = encode_id(id)
        sql = f"SELECT {COLUMNS} FROM rows WHERE connection = ? AND kind = ? AND deleted_at IS NULL"  # noqa: S608 - see above
        line = self._file.execute(f"{sql} AND key = ?", (connection, kind, own)).fetchone()
        if line is None and kind == "orders":
            part = f"{sql} AND substr(key, -?) = ? ORDER BY key LIMIT 1"
            line = self._file.execute(part, (connection, kind, len(own) + 1, f"/{own}")).fetchone()
        return row_of(line) if line else None

    def totals(self, connection: str, event_ids: Sequence[str] | None = None) -> Iterator[Totals]:
        chosen = "" if event_ids is None else "AND event_id IN (SELECT value FROM json_each(?))"
        values = (connection,) if event_ids is None else (connection, json.dumps(list(event_ids)))
        sql = f"SELECT content FROM totals WHERE connection = ? {chosen} ORDER BY event_id"  # noqa: S608 - see above
        for (content,) in self._file.execute(sql, values):
            yield TOTALS.validate_json(content)

    def statuses(self) -> list[Status]:
        sql = "SELECT connection, status, owner, until FROM connections ORDER BY connection"
        return [status_of(*line) for line in self._file.execute(sql)]

    def problems(self, connection: str | None = None) -> Iterator[Quarantined]:
        sql = """SELECT connection, kind, parent, id, path, reason, walk, noticed_at, raw FROM quarantine
            WHERE ?1 IS NULL OR connection = ?1 ORDER BY connection, kind, parent, noticed_at, id"""
        for name, kind, parent, id, path, reason, walk, noticed_at, raw in self._file.execute(sql, (connection,)):
            feed = Feed(name, kind, parent)
            yield Quarantined(feed, id, path, reason, walk, datetime.fromisoformat(noticed_at), raw)


def row_of(line: Sequence[Any]) -> Row:
    """The row of a line of the file."""
    kind, key, content, event_id, events, parent, version, starts_at, deleted_at, erased, pending, missed, raw = line
    return Row(
        kind,
        key,
        content,
        tuple(json.loads(events)) if events else () if event_id is None else (event_id,),
        parent,
        version,
        starts_at,
        deleted_at,
        bool(erased),
        tuple(json.loads(pending)) if pending else (),
        missed,
        raw,
    )

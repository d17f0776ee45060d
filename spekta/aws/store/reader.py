"""What the doors ask of the table."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from connectors.references import encode_id
from spekta.sync.feeds import Feed, Kind
from spekta.sync.moments import stamp
from spekta.sync.revenue import Totals
from spekta.sync.rows import Row
from spekta.sync.status import Status
from spekta.sync.store import Found, Quarantined
from spekta.sync.written import LAST, TOTALS, after_event, place, status_of

from . import items, names
from .rows import Rows
from .table import MOST_READ, Table
from .wire import Item, unpacked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATUSES, QUARANTINE = "statuses", "quarantine"


class DynamoReader:
    """Reads a store."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None, *, patient: bool = False) -> None:
        self._table = Table(table, client, patient=patient)
        self._rows = Rows(self._table)

    def events(
        self,
        connections: Sequence[str] | None = None,
        *,
        starts_after: datetime | None = None,
        starts_before: datetime | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Found:
        low = stamp(starts_after) if starts_after else " "
        if after is not None:
            low = max(low, f"{items.place(*place(after))}!")  # a `!` comes before all else that a key may have
        high = stamp(starts_before) if starts_before else LAST if starts_after else f"{LAST}~"
        if low > high or connections == []:
            return Found([])
        found: list[tuple[str, Row]] = []
        wanted = None if connections is None else frozenset(connections)
        at_once = limit if wanted is None else MOST_READ
        for keys in self._table.index("everywhere", "events", ("place", low, high), limit=at_once):
            asked = [key for key in keys if wanted is None or names.connection_of(key[0]) in wanted]
            rows = self._rows.get(asked)
            for key in asked:
                if key in rows and rows[key].deleted_at is None:
                    found.append((names.connection_of(key[0]), rows[key]))
                if len(found) == limit:
                    return Found(found, after_event(*found[-1]))
        return Found(found)

    def of_event(
        self, connection: str, kind: Kind, event_id: str, *, limit: int = 1000, after: str | None = None
    ) -> Found:
        found: list[tuple[str, Row]] = []
        for row in self._of_event(connection, kind, event_id, after, limit):
            if event_id in row.events and row.deleted_at is None:
                found.append((connection, row))
            if len(found) == limit:
                return Found(found, row.key)
        return Found(found)

    def _of_event(self, connection: str, kind: Kind, event_id: str, after: str | None, limit: int) -> Iterable[Row]:
        if kind != "events":
            return self._rows.linked(names.event(connection, event_id), kind, after=after or "", at_once=limit)
        key = encode_id(event_id)
        return self._rows.get([names.row(connection, kind, key)]).values() if key > (after or "") else ()

    def row(self, connection: str, kind: Kind, id: str) -> Row | None:
        own = encode_id(id)
        found: Iterable[Row] = self._rows.get([names.row(connection, kind, own)]).values()
        row = next((row for row in found if row.deleted_at is None), None)
        if row is None and kind == "orders":
            found = self._rows.linked(names.order(connection, own), kind)
            row = next((row for row in found if row.deleted_at is None), None)
        return row

    def totals(self, connection: str, event_ids: Sequence[str] | None = None) -> Iterator[Totals]:
        found: Iterable[Item]
        if event_ids is None:
            found = self._table.query(names.totals(connection, "")[0])
        else:
            by_key = self._table.get_all(names.totals(connection, event_id) for event_id in event_ids)
            found = (by_key[key] for key in sorted(by_key))
        for item in found:
            yield TOTALS.validate_json(unpacked(item["content"]))

    def statuses(self) -> list[Status]:
        return [_status(item) for item in self._everywhere(STATUSES)]

    def problems(self, connection: str | None = None) -> Iterator[Quarantined]:
        found: Iterable[Item]
        if connection is None:
            found = self._everywhere(QUARANTINE)
        else:
            found = self._table.query(names.quarantine(Feed(connection, "events"))[0])
        yield from sorted(map(_quarantined, found), key=_order)

    def _everywhere(self, what: str) -> Iterator[Item]:
        """What the index has of all connections, as it is now."""
        for keys in self._table.index("everywhere", what):
            found = self._table.get_all(keys)
            yield from (found[key] for key in keys if key in found)


def status_in(connection: str, item: Item | None) -> Status:
    """The status that an item holds; a blank one where there is none."""
    held = item or {}
    content = unpacked(held["content"]) if "content" in held else None
    return status_of(connection, content, held.get("holder"), held.get("ends"))


def _status(item: Item) -> Status:
    return status_in(names.connection_of(item["pk"]), item)


def _quarantined(item: Item) -> Quarantined:
    feed = Feed(names.connection_of(item["pk"]), item["kind"], item["parent"])
    raw = item.get("raw_record")
    return Quarantined(
        feed,
        item["id"],
        item["json_path"],
        item["reason"],
        item["walk"],
        datetime.fromisoformat(item["noticed_at"]),
        unpacked(raw) if raw else None,
    )


def _order(one: Quarantined) -> tuple[str, str, str, str, str]:
    return one.feed.connection, one.feed.kind, one.feed.parent, stamp(one.noticed_at), one.id

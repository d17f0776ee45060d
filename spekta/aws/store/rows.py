"""The rows of the table: read as a whole, however many items they take, and written each by itself."""

import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice

from spekta.sync.feeds import Kind
from spekta.sync.rows import NEVER_THERE, Row, Write
from spekta.sync.store import StoreFailed

from . import names
from .items import item_of, row_of
from .names import Key
from .table import MOST_READ, Refused, Table
from .wire import Item, Value, packed

PIECES_AT_ONCE, GONE_AT_ONCE = 10, 80  # a transaction has room for 4 MB, in 100 items
TRIES = 5
_IN_PLACE = "version = :version AND events = :events AND parent = :parent AND attribute_not_exists(parts)"


class Rows:
    """The rows of a table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    # Reading

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """Those rows that there are."""
        rows = {key: self._whole(item) for key, item in self._table.get_all(keys).items()}
        return {key: row for key, row in rows.items() if row}

    def every(self, connection: str, kind: Kind) -> Iterator[Row]:
        """All rows of a kind, by key."""
        for item in self._table.query(names.row(connection, kind, "")[0]):
            if not names.is_part(item["sk"]) and (row := self._whole(item)):
                yield row

    def linked(self, pk: str, kind: Kind, *, after: str = "", at_once: int = MOST_READ) -> Iterator[Row]:
        """The rows of a kind that the links of a partition lead to, behind the one with that key. Whether they still
        belong there is for the caller to see.
        """
        prefix = f"{kind}#"
        behind = f"{prefix}{names.shortened(after)}" if after else ""
        links = self._table.query(pk, prefix=prefix, after=behind, limit=at_once)
        while some := [names.linked(link["pk"], link["sk"]) for link in islice(links, min(at_once, MOST_READ))]:
            found = self.get(some)
            yield from (found[key] for key in some if key in found)

    def _whole(self, item: Item | None) -> Row | None:
        """The row of an item; None where it has gone meanwhile."""
        for _ in range(TRIES):
            if item is None or "parts" not in item:
                return row_of(item) if item else None
            keys = _parts_of(item)
            found = self._table.get_all(keys)
            if len(found) == len(keys):
                return row_of(item, [found[key]["piece"] for key in keys])
            item = self._table.get((item["pk"], item["sk"]))
        raise StoreFailed("A record is being written again and again.", "Try again later.")

    # Writing

    def link(self, connection: str, rows: Iterable[Row]) -> None:
        """Writes where rows are to be looked for."""
        links = {(pk, f"{row.kind}#{names.shortened(row.key)}") for row in rows for pk in _partitions(connection, row)}
        self._table.put_all({"pk": pk, "sk": sk} for pk, sk in sorted(links))

    def put(self, connection: str, write: Write) -> bool:
        """Writes a row over the version that is expected; its links, if it is new, are there already."""
        item, pieces = item_of(connection, write.row)
        if pieces:
            there = self._table.get((item["pk"], item["sk"]))
        else:
            try:
                self._put_small(item, write.expected)
                return True
            except Refused as refused:
                there = refused.there
        if (there["version"] if there else NEVER_THERE) != write.expected:
            return False
        self.link(connection, [write.row])
        return self._replace(item, pieces, there)

    def _put_small(self, item: Item, expected: int) -> None:
        """Writes an item that takes the place of none, or of one that has the same links and no other parts."""
        if expected == NEVER_THERE:
            self._table.put(item, "attribute_not_exists(pk)")
        else:
            values = {":version": expected, ":events": item["events"], ":parent": item["parent"]}
            self._table.put(item, _IN_PLACE, values)

    def _replace(self, item: Item, pieces: list[bytes], there: Item | None) -> bool:
        """Puts an item and its parts in the place of another one and its parts."""
        item = item | {"written": os.urandom(6)}
        keys = _parts_of(item)
        parts: list[Item] = [{"pk": pk, "sk": sk, "piece": piece} for (pk, sk), piece in zip(keys, pieces, strict=True)]
        self._table.put_all(parts[:-PIECES_AT_ONCE])
        gone = _parts_of(there) if there else []
        condition = "written = :written" if there else "attribute_not_exists(pk)"
        values: dict[str, Value] = {":written": there["written"]} if there else {}
        done = self._table.replace(item, condition, values, parts[-PIECES_AT_ONCE:], gone[:GONE_AT_ONCE])
        self._table.delete_all(gone[GONE_AT_ONCE:] if done else keys[:-PIECES_AT_ONCE])
        return done

    def announced(self, connection: str, row: Row, ids: frozenset[str]) -> bool:
        """Takes changes off a row; whether none is left on the version that is known."""
        left = [text for text in row.pending if json.loads(text)["id"] not in ids]
        key, version = names.row(connection, row.kind, row.key), {":version": row.version}
        if left:
            values = version | {":left": packed(json.dumps(left))}
            self._table.update(key, "SET pending = :left", "version = :version", values)
            return False
        return self._table.update(key, "REMOVE pending, unannounced", "version = :version", version)


def _partitions(connection: str, row: Row) -> set[str]:
    """Where a row is looked for otherwise than by its key."""
    events = {*row.events, row.parent} - {""}
    found = {names.event(connection, id) for id in events} if row.kind != "events" else set[str]()
    if row.kind == "orders" and "/" in row.key:
        found.add(names.order(connection, row.key.rpartition("/")[2]))
    return found


def _parts_of(item: Item) -> list[Key]:
    count = item.get("parts", 0)
    return [names.part(item["pk"], item["sk"], item["written"], number) for number in range(count)]

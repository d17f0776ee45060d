"""Rows as items of the table."""

import json
import zlib
from collections.abc import Sequence

from spekta.sync.rows import Row
from spekta.sync.written import LAST

from . import names
from .wire import Item, packed, size, unpacked

UNIT = 1024  # bytes that are written for the price of one write
LARGEST = 380_000  # DynamoDB ends at 400 KB


def place(start: str, connection: str, key: str) -> str:
    """What events of all connections are sorted by. `key` is that of a row, or the beginning of one."""
    return f"{start}#{connection}#{names.shortened(key)}"


def item_of(connection: str, row: Row) -> tuple[Item, list[bytes]]:
    """The item of a row, and in pieces what it has no room for."""
    pk, sk = names.row(connection, row.kind, row.key)
    facts: Item = {"pk": pk, "sk": sk, "version": row.version, "parent": row.parent, "events": json.dumps(row.events)}
    told = {"starts_at": row.starts_at, "deleted_at": row.deleted_at, "missed": row.missed, "erased": row.erased}
    facts |= {name: value for name, value in told.items() if value}
    if sk != row.key:
        facts["key"] = row.key
    if row.kind == "events" and row.deleted_at is None:
        facts |= {"everywhere": "events", "place": place(row.starts_at or LAST, connection, row.key)}
    if row.pending:
        facts |= {"unannounced": names.unannounced(connection), "pending": json.dumps(row.pending)}
    return _filled(facts, row)


def _filled(facts: Item, row: Row) -> tuple[Item, list[bytes]]:
    texts = {"content": row.content} | ({"raw": row.raw} if row.raw is not None else {})
    if size(facts | texts) <= UNIT:
        return facts | texts, []
    small = {name: packed(text) for name, text in texts.items()}
    if row.pending:
        facts["pending"] = packed(facts["pending"])
    if size(facts | small) <= LARGEST:
        return facts | small, []
    rest = zlib.compress(json.dumps(texts).encode())
    pieces = [rest[start : start + LARGEST] for start in range(0, len(rest), LARGEST)]
    return facts | {"parts": len(pieces)}, pieces


def row_of(item: Item, pieces: Sequence[bytes] = ()) -> Row:
    """The row of an item, with the pieces of what it has no room for."""
    texts: Item = json.loads(zlib.decompress(b"".join(pieces))) if pieces else item
    return Row(
        names.kind_of(item["pk"]),
        item["key"] if "key" in item else item["sk"],
        unpacked(texts["content"]),
        tuple(json.loads(item["events"])),
        item["parent"],
        item["version"],
        item.get("starts_at"),
        item.get("deleted_at"),
        item.get("erased", False),
        tuple(json.loads(unpacked(item["pending"]))) if "pending" in item else (),
        item.get("missed"),
        unpacked(texts["raw"]) if "raw" in texts else None,
    )

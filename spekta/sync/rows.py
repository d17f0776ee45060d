"""Rows: records as a store keeps them, and what becomes of a row when its record comes again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json

from connectors import money
from connectors.credentials import split
from connectors.models import UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedRecord, UnifiedTicket
from connectors.money import Sale
from connectors.references import encode_id, refer

from . import changes
from .feeds import Feed, Kind
from .moments import stamp

MODELS: Mapping[Kind, type[UnifiedRecord]] = {
    "events": UnifiedEvent,
    "tickets": UnifiedTicket,
    "attendees": UnifiedAttendee,
    "orders": UnifiedOrder,
}
_SALE: TypeAdapter[Sale | str | None] = TypeAdapter(Sale | str | None)
NEVER_THERE = 0


@dataclass(slots=True)
class Row:
    """A record in a store. It is not frozen, as that would make a million of them take a second longer.

    `key` is its id as one plain segment; where a platform lists orders or sales by event alone, after the event's, as
    each event may show another part of them. `parent` is the event by which it was listed, `events` those it belongs
    to. `content` is the unified record as JSON, `raw` the platform's own where that is kept. `pending` are the changes
    not announced yet, as JSON. `missed` is the last whole walk that did not meet it. What is `erased` stays without
    personal data, whatever the platform says later.
    """

    kind: Kind
    key: str
    content: str
    events: tuple[str, ...] = ()
    parent: str = ""
    version: int = 1
    starts_at: str | None = None
    deleted_at: str | None = None
    erased: bool = False
    pending: tuple[str, ...] = ()
    missed: str | None = None
    raw: str | None = None

    @property
    def id(self) -> str:
        """The platform's own id."""
        return str(json.loads(self.content)["id"])


@dataclass(slots=True)
class Write:
    """A row to be written where its version is still `expected`; 0 where there must be none yet."""

    row: Row
    expected: int


def row_of(feed: Feed, record: UnifiedRecord | Sale, keep_raw: bool) -> Row:
    """The row of a record that a feed gave."""
    if feed.kind == "sales" or isinstance(record, Sale):
        return _sale_row(feed, record)
    row = Row(feed.kind, key_of(feed, record.id), record.model_dump_json(), events_of(feed, record), feed.parent)
    if type(record) is UnifiedEvent and record.starts_at:
        row.starts_at = stamp(record.starts_at)
    if keep_raw:
        row.raw = to_json(record.raw).decode()
    return row


def _sale_row(feed: Feed, record: Any) -> Row:
    """Where sales are read from orders, those that are none of this event are kept as such."""
    sale = money.sale_of(record, feed.parent) if isinstance(record, UnifiedOrder) else record
    return Row("sales", key_of(feed, record.id), _SALE.dump_json(sale).decode(), (feed.parent,), feed.parent)


def key_of(feed: Feed, id: str) -> str:
    """What names a record within its connection and kind."""
    own = encode_id(id)
    return f"{encode_id(feed.parent)}/{own}" if feed.parent and feed.kind in ("orders", "sales") else own


def events_of(feed: Feed, record: UnifiedRecord) -> tuple[str, ...]:
    """The ids of the events that a record belongs to."""
    # a model's isinstance() takes ten times as long
    if type(record) is UnifiedAttendee or type(record) is UnifiedTicket:
        event_id = record.event_id or feed.parent
        return (event_id,) if event_id else ()
    if type(record) is UnifiedOrder:
        return (feed.parent,) if feed.parent else record.event_ids
    return (record.id,)


def record_of(row: Row) -> UnifiedRecord:
    """The unified record; with `raw` where that was kept."""
    record = MODELS[row.kind].model_validate_json(row.content)
    return record.model_copy(update={"raw": json.loads(row.raw)}) if row.raw else record


def sale_of(row: Row) -> Sale | str | None:
    """What a row of sales holds: a sale, why it cannot be told, or that there is none."""
    return _SALE.validate_json(row.content)


def differing(before: str, after: str) -> tuple[str, ...]:
    """The fields in which two contents differ. A field that an older Spekta did not know was None."""
    if before == after:
        return ()
    old, new = json.loads(before), json.loads(after)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return ("sale",)
    return tuple(sorted(name for name in {*old, *new} if old.get(name) != new.get(name)))


def followed(before: Row | None, now: Row, notes: "Notes | None") -> Write | None:
    """What to write when a record comes, given the row that is there; None where that says it all already."""
    if before is None:
        return Write(now if notes is None else _noted(now, "created", (), notes), NEVER_THERE)
    if before.erased:
        now = erased(now)
    changed = differing(before.content, now.content)
    place = (before.events, before.parent, before.raw) != (now.events, now.parent, now.raw)
    now = replace(now, version=before.version, pending=before.pending, missed=before.missed)
    if not changed and before.deleted_at is None:
        return Write(now, before.version) if place else None
    now = replace(now, version=before.version + 1)
    if before.deleted_at is not None:
        return Write(_noted(now, "restored", changed, notes), before.version)
    word = now.kind.removesuffix("s")
    listens = notes is not None and now.kind != "sales"
    said = changes.what(word, json.loads(before.content), json.loads(now.content)) if listens else ""
    return Write(_noted(now, said, changed, notes), before.version)


def deleted(row: Row, notes: "Notes | None", at: datetime) -> Write:
    """What to write where the platform has a record no more. Its content stays."""
    gone = replace(row, version=row.version + 1, deleted_at=stamp(at))
    return Write(_noted(gone, "deleted", (), notes), row.version)


def cleaned(row: Row, left: Row, notes: "Notes | None") -> Write:
    """What to write where a person is to be forgotten, given what is left of the row."""
    changed = differing(row.content, left.content)
    if not changed:
        return Write(left, row.version)
    said = "erased" if left.erased else "updated"
    return Write(_noted(replace(left, version=row.version + 1), said, changed, notes), row.version)


def erased(row: Row) -> Row:
    """The row with everything that belongs to its person left open."""
    values: dict[str, Any] = json.loads(row.content)
    blank = dict.fromkeys(MODELS[row.kind].personal & values.keys())
    return replace(row, content=content_of(row.kind, values | blank), raw=None, erased=True)


def content_of(kind: Kind, values: Mapping[str, Any]) -> str:
    """The content that a row of a kind has with these JSON values."""
    return MODELS[kind].model_validate(values).model_dump_json()


@dataclass(frozen=True, slots=True)
class Notes:
    """Writes down the changes of one connection, to be announced. Nobody writes them where nobody listens."""

    connection: str
    at: datetime

    def change(self, row: Row, what: str, changed: tuple[str, ...]) -> changes.Change:
        return changes.make(
            row.kind.removesuffix("s"),
            what,
            row.key,
            row.version,
            connection=split(self.connection),
            reference=refer(self.connection, row.id),
            events=tuple(refer(self.connection, event) for event in row.events),
            changed=changed,
            noticed_at=self.at,
        )


def _noted(row: Row, what: str, changed: tuple[str, ...], notes: Notes | None) -> Row:
    if notes is None or row.kind == "sales":
        return row
    said = notes.change(row, what, changed).model_dump_json()
    return replace(row, pending=(*row.pending, said))

"""What is said of changes: their types, their ids, their schemas; and nothing of a person."""

import itertools
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.models import UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedRecord
from spekta.sandbox.app import create_app
from spekta.sandbox.day import checks_in, refunds, sells
from spekta.sync import Callback, JsonLines
from spekta.sync.announcing import announce
from spekta.sync.changes import CHANGES, Change, make, parse
from spekta.sync.feeds import Feed, Kind
from spekta.sync.moments import now
from spekta.sync.rows import NEVER_THERE, Notes, Row, Write, cleaned, deleted, erased, followed, row_of
from spekta.sync.schemas import documents
from spekta.sync.sqlite import SqliteStore
from tests.connectors.conftest import Account

from .desk import HOUR, Desk, Heard, deletes_order, pays, renames_event

pytestmark = pytest.mark.anyio
SCHEMAS = Path(__file__).parents[2] / "infra" / "schemas"
NAME = "pretix/london"
NOTES = Notes(NAME, now())


def row(kind: Kind, **fields: Any) -> Row:
    models: dict[str, type[UnifiedRecord]] = {
        "events": UnifiedEvent,
        "attendees": UnifiedAttendee,
        "orders": UnifiedOrder,
    }
    return row_of(Feed(NAME, kind), models[kind](id="7", **fields), keep_raw=False)


def last(write: Write | None) -> dict[str, Any]:
    assert write is not None
    found: dict[str, Any] = json.loads(write.row.pending[-1])
    return found


@pytest.mark.parametrize(
    "kind, before, after, type, changed",
    [
        ("events", {"name": "a"}, {"name": "b"}, "event.updated", ["name"]),
        ("events", {"status": "live"}, {"status": "cancelled"}, "event.cancelled", ["status"]),
        ("events", {"status": "live"}, {"status": "postponed"}, "event.postponed", ["status"]),
        ("events", {"status": "draft"}, {"status": "live"}, "event.updated", ["status"]),
        ("orders", {"status": "pending"}, {"status": "paid"}, "order.paid", ["status"]),
        ("orders", {"status": "paid"}, {"status": "partially_refunded"}, "order.refunded", ["status"]),
        ("orders", {"status": "paid"}, {"status": "paid", "refunded": "1.00"}, "order.updated", ["refunded"]),
        ("orders", {"status": "paid"}, {"status": "cancelled"}, "order.cancelled", ["status"]),
        ("orders", {"buyer_name": "a"}, {"buyer_name": "b"}, "order.updated", ["buyer_name"]),
        ("attendees", {}, {"checked_in": True}, "attendee.checked_in", ["checked_in"]),
        ("attendees", {"checked_in": True}, {"checked_in": False}, "attendee.updated", ["checked_in"]),
        ("attendees", {"status": "valid"}, {"status": "refunded"}, "attendee.refunded", ["status"]),
    ],
)  # fmt: skip
def test_a_change_says_what_it_comes_to(
    kind: Kind, before: dict[str, Any], after: dict[str, Any], type: str, changed: list[str]
) -> None:
    said = last(followed(row(kind, **before), row(kind, **after), NOTES))
    assert (said["type"], said["changed"], said["version"]) == (type, changed, 2)
    assert said["id"] == f"pretix#london#{kind.removesuffix('s')}#7#2"
    assert said["reference"] == "pretix/london:7"


def test_a_new_record_a_deleted_one_and_one_that_is_back() -> None:
    new = followed(None, row("orders", event_ids=("e",)), NOTES)
    assert new is not None
    assert (last(new)["type"], last(new)["id"], new.expected) == (
        "order.created",
        "pretix#london#order#7#1",
        NEVER_THERE,
    )
    assert last(new)["events"] == ["pretix/london:e"]
    gone = deleted(new.row, NOTES, now())
    assert (last(gone)["type"], gone.row.version, len(gone.row.pending)) == ("order.deleted", 2, 2)
    back = followed(gone.row, row("orders", event_ids=("e",)), NOTES)
    assert back is not None
    assert (last(back)["type"], back.row.version, back.row.deleted_at) == ("order.restored", 3, None)


def test_the_same_content_is_no_change() -> None:
    one = row("attendees", answers={"a": "1", "b": "2"})
    assert followed(one, row("attendees", answers={"b": "2", "a": "1"}), NOTES) is None
    without = {name: value for name, value in json.loads(one.content).items() if name != "barcode"}
    assert followed(replace(one, content=json.dumps(without)), one, NOTES) is None


def test_another_raw_record_is_no_change_of_the_unified_one() -> None:
    before, after = (replace(row("orders"), raw=raw) for raw in ('{"a":1}', '{"a":2}'))
    write = followed(before, after, NOTES)
    assert write is not None
    assert (write.row.version, write.row.pending, write.row.raw) == (1, (), '{"a":2}')


def test_nobody_writes_down_what_nobody_listens_to() -> None:
    write = followed(row("orders", status="pending"), row("orders", status="paid"), None)
    assert write is not None
    assert (write.row.version, write.row.pending) == (2, ())


def test_who_is_erased_stays_so() -> None:
    person = row("orders", buyer_name="Ada Roe", buyer_email="ada@example.org", total="1.00")
    gone = cleaned(person, erased(person), NOTES)
    assert (last(gone)["type"], last(gone)["changed"]) == ("order.erased", ["buyer_email", "buyer_name"])
    assert "Ada" not in gone.row.content
    assert followed(gone.row, person, NOTES) is None
    again = followed(gone.row, row("orders", buyer_name="Ada Roe", status="paid", total="1.00"), NOTES)
    assert again is not None
    assert again.row.erased
    assert "Ada" not in again.row.content


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "buyer_name": st.text(max_size=5),
        "status": st.sampled_from(["pending", "paid", "refunded", "cancelled"]),
        "total": st.none() | st.decimals(0, 100, places=2),
        "event_ids": st.lists(st.sampled_from("ab"), unique=True).map(tuple),
    },
)


@given(st.lists(st.none() | FIELDS, min_size=1, max_size=12))
def test_a_version_is_one_content_and_none_is_left_out(history: list[dict[str, Any] | None]) -> None:
    """A None in a history is a deletion."""
    there: Row | None = None
    contents: list[tuple[str, bool]] = []
    for fields in history:
        if fields is None:
            write = None if there is None or there.deleted_at else deleted(there, NOTES, now())
        else:
            write = followed(there, row("orders", **fields), NOTES)
        if write:
            assert write.expected == (there.version if there else NEVER_THERE)
            there = write.row
            contents += [(there.content, there.deleted_at is not None)] if there.version > len(contents) else []
    if there:
        told = [parse(text) for text in there.pending]
        assert [change.version for change in told] == list(range(1, there.version + 1))
        assert len({change.id for change in told}) == there.version == len(contents)
        assert all(before != after for before, after in itertools.pairwise(contents))


@pytest.mark.parametrize("word", CHANGES)
def test_the_schemas_are_those_of_the_code(word: str) -> None:
    committed = (SCHEMAS / f"{word}.json").read_text()
    assert committed == documents()[f"{word}.json"], "run: make docs"
    schema = json.loads(committed)
    assert schema["additionalProperties"] is False
    assert all(type.startswith(f"{word}.") for type in schema["properties"]["type"]["enum"])


def test_there_is_no_other_schema() -> None:
    assert {file.name for file in SCHEMAS.glob("*.json")} == documents().keys()


def test_a_change_says_nothing_else() -> None:
    more: Any = {"connection": ("pretix", "default"), "reference": "pretix:7", "noticed_at": now()}
    with pytest.raises(ValidationError):
        make("order", "created", "7", 1, **more, name="Ada Roe")
    with pytest.raises(ValidationError):
        make("order", "checked_in", "7", 1, **more)
    change = make("order", "created", "7", 1, **more)
    assert parse(change.model_dump_json()) == change


async def test_changes_of_a_whole_season_name_nobody(file: SqliteStore) -> None:
    desk = Desk(Account("ticket-tailor", create_app()), file)
    await desk.sync()
    desk.later(HOUR)
    happenings = (pays, refunds, checks_in, renames_event, sells, deletes_order)
    for happening in happenings:
        happening(desk.box)
    desk.later(25 * HOUR)
    await desk.sync()
    assert {"event.created", "event.updated", "order.paid", "order.refunded", "order.deleted", "attendee.deleted"} <= {
        *desk.heard.types
    }
    said = "\n".join(change.model_dump_json() for change in desk.heard.changes).casefold()
    for _, ticket in desk.box.issued():
        holder = ticket.holder
        for secret in (holder.first_name, holder.last_name, holder.email, holder.phone, ticket.barcode):
            assert secret is None or f'"{secret.casefold()}' not in said
    assert "@" not in said


# Who is told


def stored(store: SqliteStore, *ids: str) -> None:
    feed = Feed(NAME, "orders")
    for id in ids:
        write = followed(None, row_of(feed, UnifiedOrder(id=id), keep_raw=False), NOTES)
        assert write is not None
        store.write(feed, [write])


class Deaf(Heard):
    """Hears only some."""

    def announce(self, changes: Any) -> list[bool]:
        told = list(changes)
        results = [not change.id.endswith("#2#1") for change in told]
        self.changes += [change for change, heard in zip(told, results, strict=True) if heard]
        return results


def test_what_did_not_arrive_is_announced_again(file: SqliteStore) -> None:
    stored(file, "1", "2", "3")
    deaf, heard = Deaf(), Heard()
    assert announce(file, NAME, deaf) == 1
    assert [change.id[-3:] for change in deaf.changes] == ["1#1", "3#1"]
    assert announce(file, NAME, heard) == 0
    assert [change.id[-3:] for change in heard.changes] == ["2#1"]
    assert announce(file, NAME, heard) == 0
    assert len(heard.changes) == 1


def test_a_listener_that_fails_is_told_again(file: SqliteStore) -> None:
    stored(file, "1")

    def fails(change: Change) -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        announce(file, NAME, Callback(fails))
    heard = list[Change]()
    announce(file, NAME, Callback(heard.append))
    assert len(heard) == 1


@given(cut=st.integers(1, 400))
def test_a_line_that_was_cut_short_spoils_no_other(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("changes") / "changes.jsonl"
    change = make("order", "created", "7", 1, connection=("pretix", "default"), reference="pretix:7", noticed_at=now())
    with JsonLines(path) as lines:
        lines.announce([change])
    os.truncate(path, max(0, path.stat().st_size - cut))
    with JsonLines(path) as lines:
        lines.announce([change, change])
    assert [parse(line) for line in path.read_text().splitlines()[-2:]] == [change, change]

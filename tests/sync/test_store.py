"""What every store must do. A second one joins by a line in `conftest.STORES`."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.cursor import pack
from connectors.errors import InvalidArgument
from connectors.models import UnifiedAttendee, UnifiedEvent, UnifiedOrder
from connectors.money import revenue
from connectors.position import Position
from spekta.sync import Store
from spekta.sync.feeds import Feed, Kind, Progress, Walk
from spekta.sync.revenue import Takings, Totals
from spekta.sync.rows import NEVER_THERE, Row, Write, record_of, row_of
from spekta.sync.status import Copied, Failure, Round, Status
from spekta.sync.store import Quarantined, Touched

NAME = "eventbrite/london"
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVENTS, ORDERS = Feed(NAME, "events"), Feed(NAME, "orders")


def event(id: str, starts_at: datetime | None = NOON, **more: object) -> Row:
    return row_of(EVENTS, UnifiedEvent(id=id, starts_at=starts_at, **more), keep_raw=False)


def order(id: str, *events: str, feed: Feed = ORDERS) -> Row:
    return row_of(feed, UnifiedOrder(id=id, event_ids=events, total=Decimal("0.10"), currency="EUR"), keep_raw=False)


def put(store: Store, *rows: Row, feed: Feed = EVENTS, walk: str | None = None) -> None:
    assert store.write(feed, [Write(row, NEVER_THERE) for row in rows], walk=walk) == []


def keys(store: Store, kind: Kind = "events") -> list[str]:
    return [row.key for row in store.every(NAME, kind)]


# Rows


def test_a_row_comes_back_as_it_was_written(store: Store) -> None:
    row = replace(event("1", name="Ünder ☔"), pending=('{"id":"x"}',), raw='{"a":0.10}', missed="w", erased=True)
    put(store, row)
    assert store.read(NAME, "events", ["1", "2"]) == {"1": row}
    assert store.read("eventbrite", "events", ["1"]) == {}
    assert store.row(NAME, "events", "1") == row


def test_a_row_is_written_only_over_the_version_that_was_read(store: Store) -> None:
    first = event("1", name="one")
    second = replace(event("1", name="two"), version=2)
    put(store, first)
    assert store.write(EVENTS, [Write(event("1", name="other"), NEVER_THERE)]) == ["1"]
    assert store.write(EVENTS, [Write(second, 1), Write(event("2"), NEVER_THERE)]) == []
    assert store.write(EVENTS, [Write(replace(second, version=3), 1), Write(event("3"), 7)]) == ["1", "3"]
    assert store.read(NAME, "events", ["1"]) == {"1": second}
    assert keys(store) == ["1", "2"]


def test_only_what_stands_in_the_way_is_lost(store: Store) -> None:
    put(store, event("2"))
    assert store.write(EVENTS, [Write(event(id), NEVER_THERE) for id in "123"]) == ["2"]
    assert keys(store) == ["1", "2", "3"]


def test_what_a_whole_walk_did_not_meet(store: Store) -> None:
    put(store, event("1"), event("2"), event("3"), walk="first")
    put(store, replace(event("4"), deleted_at="2027"), event("5"))
    store.write(EVENTS, [Write(replace(event("2", name="new"), version=2), 1)], seen=["1", "2"], walk="second")
    assert [row.key for row in store.unseen(EVENTS, "second")] == ["3", "5"]
    assert [row.key for row in store.unseen(EVENTS, "third")] == ["1", "2", "3", "5"]
    store.suspect(EVENTS, ["3"], "second")
    assert {row.key: row.missed for row in store.unseen(EVENTS, "second")} == {"3": "second", "5": None}


def test_what_was_not_met_is_told_by_feed(store: Store) -> None:
    one, two = Feed(NAME, "attendees", "1"), Feed(NAME, "attendees", "2")
    for feed in (one, two):
        attendee = UnifiedAttendee(id=f"of-{feed.parent}", event_id=feed.parent)
        put(store, row_of(feed, attendee, keep_raw=False), feed=feed)
    assert [row.key for row in store.unseen(one, "walk")] == ["of-1"]
    assert [row.key for row in store.of_parent(NAME, "attendees", "2")] == ["of-2"]


def test_many_rows_are_given_once_each(store: Store) -> None:
    rows = [event(f"{number:04}") for number in range(501)]
    put(store, *rows)
    assert list(store.every(NAME, "events")) == rows
    assert len(list(store.unseen(EVENTS, "walk"))) == 501


IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(id=IDS, parent=IDS, text=st.text(max_size=60))
def test_any_id_and_any_text_come_back(store: Store, id: str, parent: str, text: str) -> None:
    feed = Feed(NAME, "orders", parent)
    made = row_of(feed, UnifiedOrder(id=id, event_ids=(parent,), buyer_name=text), keep_raw=False)
    store.write(feed, [Write(made, NEVER_THERE)])
    there = store.read(NAME, "orders", [made.key])[made.key]
    assert (there.id, there.events, there.parent) == (id, (parent,), parent)
    assert "#" not in there.key
    found = store.row(NAME, "orders", id)
    assert found is not None
    assert found.id == id


# What the doors ask


def test_events_by_start_over_all_connections(store: Store) -> None:
    put(store, event("b", NOON), event("a", NOON), event("z", NOON - MINUTE), event("none", None))
    elsewhere = Feed("pretix", "events")
    put(store, row_of(elsewhere, UnifiedEvent(id="p", starts_at=NOON), keep_raw=False), feed=elsewhere)
    put(store, replace(event("gone", NOON), deleted_at="2027"))
    found = store.events()
    assert [(name, row.id) for name, row in found.rows] == [
        (NAME, "z"),
        (NAME, "a"),
        (NAME, "b"),
        ("pretix", "p"),
        (NAME, "none"),
    ]
    assert [row.id for _, row in store.events(["pretix"]).rows] == ["p"]
    assert store.events([]).rows == []
    assert [row.id for _, row in store.events(starts_after=NOON).rows] == ["a", "b", "p"]
    assert [row.id for _, row in store.events(starts_before=NOON).rows] == ["z"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_events_page_by_page(store: Store, limit: int) -> None:
    moments = [NOON, NOON, NOON + MINUTE / 60_000, None, None]
    put(store, *(event(str(number), moment) for number, moment in enumerate(moments)))
    found, after = list[str](), None
    while True:
        page = store.events(limit=limit, after=after)
        found += [row.id for _, row in page.rows]
        if page.after is None:
            break
        after = page.after
    assert found == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    "after",
    [
        "",
        "nothing",
        "~",
        pack(None),
        pack([1, 2, 3]),
        pack(["a", "b"]),
        pack(["\ud800", "a", "b"]),
        pack(["2027" * 400, "a", "b"]),
    ],
)
def test_a_damaged_place_is_refused(store: Store, after: str) -> None:
    with pytest.raises(InvalidArgument, match="cursor"):
        store.events(after=after)


def test_records_of_an_event(store: Store) -> None:
    put(store, order("1", "e"), order("2", "f"), order("3", "f", "e"), order("4"), feed=ORDERS)
    assert [row.id for _, row in store.of_event(NAME, "orders", "e").rows] == ["1", "3"]
    assert [row.id for _, row in store.of_event(NAME, "orders", "f").rows] == ["2", "3"]
    first = store.of_event(NAME, "orders", "f", limit=1)
    assert [row.id for _, row in first.rows] == ["2"]
    second = store.of_event(NAME, "orders", "f", limit=1, after=first.after)
    assert [row.id for _, row in second.rows] == ["3"]
    moved = replace(order("3", "g"), version=2)
    store.write(ORDERS, [Write(moved, 1)])
    assert [row.id for _, row in store.of_event(NAME, "orders", "e").rows] == ["1"]
    assert [row.id for _, row in store.of_event(NAME, "orders", "g").rows] == ["3"]


def test_an_order_that_each_event_shows_a_part_of(store: Store) -> None:
    one, two = Feed(NAME, "orders", "e"), Feed(NAME, "orders", "f")
    put(store, order("7", feed=one), feed=one)
    put(store, order("7", feed=two), feed=two)
    assert keys(store, "orders") == ["e/7", "f/7"]
    assert [row.key for _, row in store.of_event(NAME, "orders", "f").rows] == ["f/7"]
    found = store.row(NAME, "orders", "7")
    assert found is not None
    assert found.key == "e/7"
    assert store.row(NAME, "orders", "8") is None


def test_amounts_and_times_are_exact(store: Store) -> None:
    put(store, order("1", "e"), feed=ORDERS)
    put(store, event("1", NOON + timedelta(microseconds=1)))
    found = record_of(store.read(NAME, "orders", ["1"])["1"])
    assert isinstance(found, UnifiedOrder)
    assert str(found.total) == "0.10"
    assert '"total":"0.10"' in store.read(NAME, "orders", ["1"])["1"].content
    kept = record_of(store.read(NAME, "events", ["1"])["1"])
    assert isinstance(kept, UnifiedEvent)
    assert kept.starts_at == NOON + timedelta(microseconds=1)


# Changes


def test_changes_stay_on_the_row_until_they_are_announced(store: Store) -> None:
    first, second = json.dumps({"id": "1"}), json.dumps({"id": "2"})
    row = replace(event("1"), pending=(first, second))
    put(store, row, event("2"))
    assert store.unannounced(NAME) == [row]
    store.announced(NAME, [row], frozenset({"1"}))
    assert [left.pending for left in store.unannounced(NAME)] == [(second,)]
    store.announced(NAME, [replace(row, version=7)], frozenset({"2"}))
    assert len(store.unannounced(NAME)) == 1
    store.announced(NAME, store.unannounced(NAME), frozenset({"2"}))
    assert store.unannounced(NAME) == []


# How far a copy has come


def test_progress_moves_on_from_its_own_version_alone(store: Store) -> None:
    walk = Walk("2027", NOON, NOON, Position(1, "x", [3, {"a": None}], "id", 4), 2, True)
    progress = Progress(EVENTS, watermark=NOON, whole=walk, whole_id="2026", ended_at=NOON)
    assert store.progress(EVENTS) == Progress(EVENTS)
    assert store.advance(progress)
    assert not store.advance(progress)
    assert store.progress(EVENTS) == replace(progress, version=1)
    assert store.advance(replace(progress, version=1, whole=None))
    assert not store.advance(replace(progress, version=1))
    child = Progress(Feed(NAME, "events", "7"))
    assert store.advance(child)
    assert store.progresses(NAME, "events") == {
        "": replace(progress, version=2, whole=None),
        "7": replace(child, version=1),
    }


def test_only_one_holds_the_lease(store: Store) -> None:
    assert store.lease(NAME, "elsewhere/1/a", NOON, NOON + MINUTE)
    assert not store.lease(NAME, "elsewhere/1/b", NOON, NOON + MINUTE)
    assert store.lease(NAME, "elsewhere/1/a", NOON, NOON + 2 * MINUTE)
    store.release(NAME, "elsewhere/1/b")
    assert not store.lease(NAME, "elsewhere/1/b", NOON + MINUTE, NOON + 3 * MINUTE)
    assert store.lease(NAME, "elsewhere/1/b", NOON + 2 * MINUTE, NOON + 3 * MINUTE)
    store.release(NAME, "elsewhere/1/b")
    assert store.lease(NAME, "elsewhere/1/c", NOON, NOON + MINUTE)


def test_only_the_holder_of_the_lease_writes_the_status(store: Store) -> None:
    status = Status(
        NAME,
        next_try=NOON,
        failures=3,
        last_error=Failure("unavailable", "It fails.", "Wait."),
        round=Round(NOON, {"orders": NOON}),
        kinds={"orders": Copied("created", NOON, None, Failure("not_found", "?"))},
    )
    assert store.status(NAME) == Status(NAME)
    assert not store.put_status(status, "elsewhere/1/a")
    store.lease(NAME, "elsewhere/1/a", NOON, NOON + MINUTE)
    assert store.put_status(status, "elsewhere/1/a")
    assert not store.put_status(Status(NAME), "elsewhere/1/b")
    assert [replace(found, working=False) for found in store.statuses()] == [status]


# Revenue


def totals(event_id: str, gross: str) -> Totals:
    whole = revenue(
        [], provider="eventbrite", account="london", event_id=event_id, currency="EUR", basis="orders", as_of=NOON
    )
    return Totals(whole, (Takings(date(2027, 3, 1), "EUR", Decimal(gross), None, None, Decimal("0.1"), 2, 1),))


def test_an_event_is_added_up_until_its_mark_is_its_own(store: Store) -> None:
    store.write(EVENTS, [], touched=["2", "1"])
    marks = store.touched(NAME)
    assert [mark.event_id for mark in marks] == ["1", "2"]
    store.settle(NAME, [(Touched("1", "an older mark"), totals("1", "1.10"))])
    assert store.touched(NAME) == marks
    for mark in marks:
        store.settle(NAME, [(mark, totals(mark.event_id, "10.20"))])
    assert store.touched(NAME) == []
    assert list(store.totals(NAME)) == [totals("1", "10.20"), totals("2", "10.20")]
    assert list(store.totals(NAME, ["2", "3"])) == [totals("2", "10.20")]
    store.settle(NAME, [(marks[0], None)])
    assert [found.revenue.event_id for found in store.totals(NAME)] == ["2"]


def test_a_mark_that_is_set_again_stays(store: Store) -> None:
    """What was written meanwhile is not in the sum."""
    store.write(EVENTS, [], touched=["1"])
    (mark,) = store.touched(NAME)
    store.write(EVENTS, [], touched=["1"])
    store.settle(NAME, [(mark, totals("1", "1.10"))])
    (again,) = store.touched(NAME)
    assert (again.event_id, again != mark) == ("1", True)


# Quarantine and people


def test_the_quarantine_keeps_each_problem_once_and_lets_go_of_what_is_mended(store: Store) -> None:
    first = Quarantined(ORDERS, "a", "orders[0].total", "no amount", "w1", NOON)
    other = Quarantined(Feed("pretix", "orders"), "a", "x", "y", "w1", NOON, raw="{}")
    store.quarantine([first, other, replace(first, id="b")])
    store.quarantine([replace(first, reason="still none", walk="w2", noticed_at=NOON + MINUTE)])
    assert list(store.problems("pretix")) == [other]
    assert [(one.id, one.reason, one.noticed_at) for one in store.problems(NAME)] == [
        ("a", "still none", NOON),
        ("b", "no amount", NOON),
    ]
    store.readmit(ORDERS, "w2")
    assert [one.id for one in store.problems(NAME)] == ["a"]
    assert len(list(store.problems())) == 2


def test_forgetting_is_remembered_and_takes_what_was_kept_of_unreadable_records(store: Store) -> None:
    store.quarantine([Quarantined(ORDERS, "a", "x", "y", "w1", NOON, raw='{"email":"ada@example.org"}')])
    store.forget("digest")
    store.forget("digest")
    assert store.forgotten() == {"digest"}
    assert [one.raw for one in store.problems()] == [None]
    assert len(store.salt) >= 16

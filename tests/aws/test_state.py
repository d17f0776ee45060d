"""What only the DynamoDB store has: items of limited size, calls that are done in part, indexes that lag."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import ConfigurationError
from connectors.models import UnifiedEvent, UnifiedOrder
from spekta.aws.store import DynamoStore, configured, names
from spekta.aws.store.items import LARGEST, item_of, row_of
from spekta.aws.store.rows import PIECES_AT_ONCE
from spekta.aws.store.table import AT_ONCE, ATTEMPTS, ROUNDS, TABLE
from spekta.aws.store.wire import size
from spekta.sync import rows
from spekta.sync.feeds import Feed, Progress
from spekta.sync.people import People
from spekta.sync.rows import NEVER_THERE, Row, Write
from spekta.sync.store import Quarantined, StoreFailed

from .state import STATE, client, properties, stored

NAME = "eventbrite/london"
EVENTS, ORDERS = Feed(NAME, "events"), Feed(NAME, "orders")
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store() -> Iterator[DynamoStore]:
    with stored() as made:
        yield made


class Calls:
    """A client whose calls are written down; `instead` may answer one in its place."""

    def __init__(self) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []
        self.instead: Callable[[str, dict[str, Any]], Any] = lambda operation, request: None

    def __getattr__(self, operation: str) -> Any:
        found = getattr(client(), operation)
        if operation == "exceptions":
            return found

        def call(**request: Any) -> Any:
            self.made.append((operation, request))
            answer = self.instead(operation, request)
            return found(**request) if answer is None else answer

        return call

    def of(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.made if name == operation]


@pytest.fixture
def calls(store: DynamoStore, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The calls of the store; nobody waits before one is repeated."""
    monkeypatch.setattr("spekta.aws.store.table.time.sleep", lambda seconds: None)
    made: Any = Calls()
    store._table._given = made
    return made  # type: ignore[no-any-return]


def event(id: str, description: str | None = None, **more: Any) -> Row:
    return rows.row_of(EVENTS, UnifiedEvent(id=id, description=description, **more), keep_raw=False)


def order(id: str, *events: str, feed: Feed = ORDERS) -> Row:
    return rows.row_of(feed, UnifiedOrder(id=id, event_ids=events), keep_raw=False)


def put(store: DynamoStore, *made: Row, feed: Feed = EVENTS) -> None:
    assert store.write(feed, [Write(row, NEVER_THERE) for row in made]) == []


def items() -> list[dict[str, Any]]:
    pages = client().get_paginator("scan").paginate(TableName=STATE)
    return [dict(item) for page in pages for item in page["Items"]]


def noise(count: int) -> str:
    """Text that does not get smaller."""
    return random.Random(count).randbytes(count // 2).hex()


# What is large


@pytest.mark.parametrize("count", [900, 5_000, 1_200_000])
def test_a_description_may_be_of_any_length(store: DynamoStore, count: int) -> None:
    row = replace(event("1", noise(count)), raw=json.dumps({"a": noise(count // 2)}))
    put(store, row, event("2"))
    assert store.read(NAME, "events", ["1"]) == {"1": row}
    assert [found.key for found in store.every(NAME, "events")] == ["1", "2"]
    assert next(store.every(NAME, "events")) == row
    assert [found.key for _, found in store.events().rows] == ["1", "2"]


@pytest.fixture
def small_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items have room for less, so that a large row takes as many of them in less time."""
    monkeypatch.setattr("spekta.aws.store.items.LARGEST", 1_000)


@pytest.mark.usefixtures("small_items")
@pytest.mark.parametrize("before, after", [(8_000, 3_000), (200_000, 100), (100, 200_000), (200_000, 50_000)])
def test_what_was_large_leaves_nothing_behind(store: DynamoStore, before: int, after: int) -> None:
    put(store, event("1", noise(before)))
    changed = replace(event("1", noise(after)), version=2)
    assert store.write(EVENTS, [Write(changed, 1)]) == []
    assert store.read(NAME, "events", ["1"]) == {"1": changed}
    _, pieces = item_of(NAME, changed)
    assert len(items()) == 1 + len(pieces)


@pytest.mark.usefixtures("small_items")
def test_a_large_row_is_written_only_over_the_version_that_was_read(store: DynamoStore) -> None:
    large = event("1", noise(30_000))
    put(store, large)
    count = len(items())
    assert count > 1 + PIECES_AT_ONCE
    assert store.write(EVENTS, [Write(event("1", noise(30_002)), NEVER_THERE)]) == ["1"]
    assert store.write(EVENTS, [Write(replace(large, version=3), 2)]) == ["1"]
    assert store.read(NAME, "events", ["1"]) == {"1": large}
    assert len(items()) == count


@pytest.mark.usefixtures("small_items")
def test_a_large_row_that_is_overtaken_while_it_is_written_takes_its_parts_back(
    store: DynamoStore, calls: Calls
) -> None:
    put(store, event("1", noise(30_000)))
    count = len(items())

    def overtaken(operation: str, request: dict[str, Any]) -> None:
        if operation == "transact_write_items" and len(calls.of("transact_write_items")) == 1:
            other = DynamoStore(STATE, client())
            assert other.write(EVENTS, [Write(replace(event("1", noise(30_002)), version=2), 1)]) == []

    calls.made.clear()
    calls.instead = overtaken
    assert store.write(EVENTS, [Write(replace(event("1", noise(30_004)), version=2), 1)]) == ["1"]
    assert len(items()) == count
    assert store.read(NAME, "events", ["1"])["1"].content == event("1", noise(30_002)).content


@pytest.mark.usefixtures("small_items")
def test_a_row_that_is_written_anew_while_it_is_read_is_read_again(store: DynamoStore, calls: Calls) -> None:
    put(store, event("1", noise(8_000)))
    changed = replace(event("1", noise(6_000)), version=2)

    def meanwhile(operation: str, request: dict[str, Any]) -> None:
        if len(calls.of("batch_get_item")) == 2 and operation == "batch_get_item":
            assert DynamoStore(STATE, client()).write(EVENTS, [Write(changed, 1)]) == []

    calls.instead = meanwhile
    assert store.read(NAME, "events", ["1"]) == {"1": changed}


def test_only_what_costs_more_than_one_write_is_compressed() -> None:
    short, long = event("1", "A night. " * 10), event("1", "A night of songs. " * 100)
    assert item_of(NAME, short)[0]["content"] == short.content
    item, pieces = item_of(NAME, replace(long, pending=('{"id":"1"}',)))
    assert isinstance(item["content"], bytes)
    assert size(item) < 1024 < len(long.content)
    assert pieces == []
    assert row_of(item) == replace(long, pending=('{"id":"1"}',))


def test_a_record_that_is_unreadable_and_large_is_kept_without_its_raw_form(store: DynamoStore) -> None:
    store.quarantine([Quarantined(ORDERS, "a", "total", "no amount", "w1", NOON, noise(2 * LARGEST + 2_000))])
    assert [(one.id, one.reason, one.raw) for one in store.problems(NAME)] == [("a", "no amount", None)]


# Names


LONG = st.text(st.sampled_from("aé/#~ 語"), min_size=150, max_size=900)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
@given(id=LONG, parent=LONG)
def test_ids_may_be_longer_than_keys(store: DynamoStore, id: str, parent: str) -> None:
    feed = Feed(NAME, "orders", parent)
    made = order(id, parent, feed=feed)
    store.write(feed, [Write(made, NEVER_THERE)], seen=[made.key], walk="w", touched=[parent])
    assert store.read(NAME, "orders", [made.key]) == {made.key: made}
    assert made in [row for _, row in store.of_event(NAME, "orders", parent).rows]
    assert store.row(NAME, "orders", id) in [row for row in store.every(NAME, "orders") if row.id == id]
    assert made in list(store.of_parent(NAME, "orders", parent))
    assert made not in list(store.unseen(feed, "w"))
    assert parent in [mark.event_id for mark in store.touched(NAME)]
    store.advance(Progress(feed))
    assert parent in store.progresses(NAME, "orders")
    long_event = event(id)
    store.write(EVENTS, [Write(long_event, NEVER_THERE)])
    assert (NAME, long_event) in store.events().rows


def test_what_a_connection_has_is_in_partitions_of_its_own(store: DynamoStore) -> None:
    """So that IAM can hold the role of a platform to `eventbrite#*` and `eventbrite/*`."""
    feed = Feed(NAME, "orders", "e")
    made = replace(order("7", "e", feed=feed), pending=('{"id":"1"}',))
    store.write(feed, [Write(made, NEVER_THERE)], seen=["e/7"], walk="w", touched=["e"])
    put(store, event("e", noise(1_000_000)))
    store.lease(NAME, "me", NOON, NOON + MINUTE)
    store.quarantine([Quarantined(feed, "a", "x", "y", "w1", NOON)])
    store.advance(Progress(feed))
    assert all(item["pk"]["S"].startswith(f"{NAME}#") for item in items())
    assert {item["unannounced"]["S"] for item in items() if "unannounced" in item} == {f"{NAME}#unannounced"}


def test_who_copies_writes_nothing_of_people(store: DynamoStore, calls: Calls) -> None:
    assert People.of(store) == People("", frozenset())
    store.forget("digest")
    salt = store.salt
    calls.made.clear()
    assert People.of(store) == People(salt, frozenset({"digest"}))
    assert {operation for operation, _ in calls.made} == {"query", "get_item"}


# Calls


def test_what_was_left_undone_is_asked_for_again(store: DynamoStore, calls: Calls) -> None:
    def in_part(operation: str, request: dict[str, Any]) -> Any:
        wanted = request.get("RequestItems", {}).get(STATE)
        if operation == "batch_write_item" and len(wanted) > 1:
            client().batch_write_item(RequestItems={STATE: wanted[:1]})
            return {"UnprocessedItems": {STATE: wanted[1:]}}
        if operation == "batch_get_item" and len(wanted["Keys"]) > 1:
            some: Any = {STATE: {**wanted, "Keys": wanted["Keys"][:1]}}
            rest = {STATE: {**wanted, "Keys": wanted["Keys"][1:]}}
            return client().batch_get_item(RequestItems=some) | {"UnprocessedKeys": rest}
        return None

    calls.instead = in_part
    made = [order(str(number), "e") for number in range(4)]
    put(store, *made, feed=ORDERS)
    assert [row for _, row in store.of_event(NAME, "orders", "e").rows] == made
    assert len(calls.of("batch_write_item")) == 4


@pytest.mark.parametrize(
    "ask",
    [lambda store: put(store, order("1", "e"), feed=ORDERS), lambda store: store.read(NAME, "orders", ["1"])],
    ids=["write", "read"],
)
def test_nobody_asks_for_ever(store: DynamoStore, calls: Calls, ask: Callable[[DynamoStore], object]) -> None:
    def nothing(operation: str, request: dict[str, Any]) -> Any:
        left = request["RequestItems"]
        return {"Responses": {}, "UnprocessedItems": left, "UnprocessedKeys": left}

    calls.instead = nothing
    with pytest.raises(StoreFailed, match="too busy"):
        ask(store)
    assert len(calls.made) == ROUNDS


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "ThrottlingException", "InternalServerError"]
)
def test_a_busy_table_is_an_error_that_passes(store: DynamoStore, calls: Calls, code: str) -> None:
    def busy(operation: str, request: dict[str, Any]) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "arn:aws:dynamodb:canary"}}, operation)

    put(store, event("1"))
    calls.instead = busy
    for ask in (lambda: store.read(NAME, "events", ["1"]), lambda: put(store, event("2"))):
        with pytest.raises(StoreFailed, match=code) as refused:
            ask()
        assert "canary" not in str(refused.value)


def test_a_table_that_is_not_there_is_named(store: DynamoStore, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = DynamoStore("elsewhere", client())
    for ask in (elsewhere.statuses, lambda: put(elsewhere, event("1")), lambda: elsewhere.read(NAME, "events", ["1"])):
        with pytest.raises(ConfigurationError, match="no table elsewhere") as refused:
            ask()
        assert TABLE in refused.value.advice


def test_the_environment_names_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TABLE, raising=False)
    assert configured() is None
    monkeypatch.setenv(TABLE, STATE)
    assert isinstance(configured(), DynamoStore)


@pytest.mark.parametrize("patient, attempts", [(False, 2), (True, ATTEMPTS)])
def test_work_that_nobody_waits_for_asks_more_often(
    patient: bool, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TABLE, STATE)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    made = configured(patient=patient)
    assert made
    config: Any = made._table._client.meta.config
    assert config.retries["total_max_attempts"] == attempts
    assert config.max_pool_connections == AT_ONCE


def test_everything_but_an_index_is_read_as_it_is_now(store: DynamoStore, calls: Calls) -> None:
    put(store, event("e"))
    put(store, replace(order("1", "e"), pending=('{"id":"1"}',)), feed=ORDERS)
    store.write(ORDERS, [], seen=["1"], walk="w", touched=["e"])
    calls.made.clear()
    store.events()
    store.of_event(NAME, "orders", "e")
    store.row(NAME, "orders", "2")
    list(store.unseen(ORDERS, "w"))
    list(store.of_parent(NAME, "orders", "e"))
    DynamoStore(STATE, store._table._given).unannounced(NAME)
    store.progress(ORDERS)
    store.progresses(NAME, "orders")
    store.status(NAME)
    store.statuses()
    store.touched(NAME)
    list(store.totals(NAME, ["e"]))
    list(store.problems())
    store.readmit(ORDERS, "w")
    store.forgotten()
    assert all(request.get("ConsistentRead") for request in calls.of("get_item"))
    assert all(request["RequestItems"][STATE]["ConsistentRead"] for request in calls.of("batch_get_item"))
    assert {request.get("IndexName") for request in calls.of("query") if not request.get("ConsistentRead")} == {
        index["IndexName"] for index in properties()["GlobalSecondaryIndexes"]
    }


def test_an_answer_that_got_lost_is_no_other_writer(store: DynamoStore, calls: Calls) -> None:
    """boto3 asks again, and finds what it has written itself."""

    def twice(operation: str, request: dict[str, Any]) -> None:
        if operation == "put_item":
            client().put_item(**request)

    calls.instead = twice
    put(store, event("1"))
    assert store.advance(Progress(EVENTS))
    assert not store.advance(Progress(EVENTS))
    assert store.advance(Progress(EVENTS, version=1))


# Changes


def test_changes_are_found_before_the_index_has_them(store: DynamoStore, calls: Calls) -> None:
    late = {"Items": [], "Count": 0}
    calls.instead = lambda operation, request: late if "IndexName" in request else None
    row = replace(event("1"), pending=('{"id":"1"}',))
    put(store, row)
    assert store.unannounced(NAME) == [row]
    store.announced(NAME, [row], frozenset({"1"}))
    assert store.unannounced(NAME) == []


def test_changes_that_were_announced_are_not_given_again_by_an_index_that_lags(
    store: DynamoStore, calls: Calls
) -> None:
    row = replace(event("1"), pending=('{"id":"1"}',))
    put(store, row)
    late = client().query(
        TableName=STATE,
        IndexName="unannounced",
        KeyConditionExpression="unannounced = :value",
        ExpressionAttributeValues={":value": {"S": names.unannounced(NAME)}},
    )
    store.announced(NAME, [row], frozenset({"1"}))
    calls.instead = lambda operation, request: late if "IndexName" in request else None
    assert late["Count"] == 1
    assert store.unannounced(NAME) == []


def test_changes_that_a_worker_left_are_found_by_the_next_one(store: DynamoStore) -> None:
    assert store.lease(NAME, "me", NOON, NOON + MINUTE)
    assert store.unannounced(NAME) == []
    row = replace(event("1"), pending=('{"id":"1"}',))
    put(DynamoStore(STATE, client()), row)
    assert store.lease(NAME, "me", NOON, NOON + MINUTE)
    assert store.unannounced(NAME) == [row]


# Cost


def test_a_walk_of_everything_writes_no_row_that_did_not_change(store: DynamoStore, calls: Calls) -> None:
    made = [order(str(number), "e") for number in range(100)]
    put(store, *made, feed=ORDERS)
    calls.made.clear()
    store.write(ORDERS, [], seen=[row.key for row in made], walk="w")
    ((operation, request),) = calls.made
    (written,) = request["RequestItems"][STATE]
    assert operation == "batch_write_item"
    assert written["PutRequest"]["Item"]["expires"]["N"].isdecimal()
    assert size({"digests": written["PutRequest"]["Item"]["digests"]["B"]}) < 1024


def test_a_change_is_one_write_and_a_move_leaves_no_way_lost(store: DynamoStore, calls: Calls) -> None:
    put(store, order("1", "e"), feed=ORDERS)
    calls.made.clear()
    changed = replace(order("1", "e"), version=2)
    assert store.write(ORDERS, [Write(changed, 1)]) == []
    assert [operation for operation, _ in calls.made] == ["put_item"]
    moved = replace(order("1", "f"), version=3)
    assert store.write(ORDERS, [Write(moved, 2)]) == []
    assert [row for _, row in store.of_event(NAME, "orders", "f").rows] == [moved]
    assert store.of_event(NAME, "orders", "e").rows == []


def test_links_are_there_before_their_row(store: DynamoStore, calls: Calls) -> None:
    def dies(operation: str, request: dict[str, Any]) -> None:
        if operation == "put_item":
            raise InterruptedError

    calls.instead = dies
    with pytest.raises(InterruptedError):
        put(store, order("1", "e"), feed=ORDERS)
    assert [item["sk"]["S"] for item in items()] == ["orders#1"]
    assert store.of_event(NAME, "orders", "e").rows == []

"""Whose turn it is."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import RateLimited, Unavailable
from connectors.webhook import Change
from functions import planner
from functions.errors import Internal
from functions.log import logger
from spekta.aws.planner import Planner
from spekta.sync import Status
from spekta.sync.sqlite import SqliteStore
from spekta.sync.status import Failure

from .events import Context
from .recorded import TICK, Recorder, event, lines

NOW = datetime(2027, 3, 1, 18, 0, tzinfo=UTC)
SOON, BEFORE = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)
LIMITED = Failure(RateLimited.code, "Too many requests.")
DOWN = Failure(Unavailable.code, "It does not answer.")
STATUSES = {
    "dice": Status("dice", next_try=BEFORE),
    "dice/late": Status("dice/late", next_try=NOW),
    "dice/later": Status("dice/later", next_try=SOON),
    "eventix": Status("eventix", next_try=SOON, told=(Change(kind="order", id="o1"),)),
    "fixr": Status("fixr", next_try=BEFORE, failures=3, last_error=DOWN),
    "mapado": Status("mapado", next_try=SOON, last_error=LIMITED),
    "mapado/over": Status("mapado/over", next_try=BEFORE, last_error=LIMITED),
    "pretix": Status("pretix", failures=8, parked=True, last_error=DOWN),
    "pretix/busy": Status("pretix/busy", next_try=BEFORE),
    "gone": Status("gone", next_try=BEFORE),
}
NAMES = [*STATUSES.keys() - {"gone"}, "skiddle", "weezevent/Not_A_Name", "elsewhere"]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "store.sqlite") as made:
        for status in STATUSES.values():
            assert made.lease(status.connection, "test", NOW, NOW + timedelta(days=1))
            assert made.put_status(status, "test")
            if not status.connection.endswith("/busy"):
                made.release(status.connection, "test")
        yield made


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    log = io.StringIO()
    monkeypatch.setattr(logger.handlers[0], "stream", log)
    return log


@pytest.fixture(autouse=True)
def _planner(store: SqliteStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Planner(lambda: sorted(NAMES), lambda: store, lambda: recorder.bus, lambda: NOW)
    monkeypatch.setattr(planner, "planner", made)


def turns(recorder: Recorder) -> list[str]:
    return [detail["connection"] for detail in recorder.told("spekta.sync.due")]


def ask(detail: Any) -> None:
    planner.handler(event("spekta.sync.requested", detail), Context())


def test_a_tick_is_the_turn_of_what_is_due_and_not_being_worked_on(recorder: Recorder, log: io.StringIO) -> None:
    planner.handler(TICK, Context())
    assert turns(recorder) == ["dice", "dice/late", "eventix", "fixr", "mapado/over", "skiddle"]
    assert recorder.told("spekta.sync.due")[3] == {
        "provider": "fixr",
        "connection": "fixr",
        "changes": [],
        "asked": False,
    }
    (line,) = lines(log)
    assert (line["message"], line["unknown"]) == ("unknown_connections", ["elsewhere", "weezevent/Not_A_Name"])


def test_a_request_is_the_turn_of_whom_it_names(recorder: Recorder, log: io.StringIO) -> None:
    """Of those that are not due and those that are parked, too; a pause that a platform asked for is kept."""
    ask({"connections": ["dice/later", "pretix", "mapado", "dice/later", "unheard-of"]})
    assert recorder.told("spekta.sync.due") == [
        {"provider": "dice", "connection": "dice/later", "changes": [], "asked": True},
        {"provider": "pretix", "connection": "pretix", "changes": [], "asked": True},
    ]
    (line,) = lines(log)
    assert line["level"] == "WARNING"
    assert (line["waiting"], line["unknown"]) == (["mapado"], ["unheard-of"])


def test_what_a_platform_tells_is_passed_on_and_wakes_nobody_who_is_parked(
    recorder: Recorder, log: io.StringIO
) -> None:
    changes = [{"kind": "order", "id": "o1", "event_id": "e1"}]
    ask({"connections": ["dice/later", "pretix", "mapado"], "changes": changes})
    assert recorder.told("spekta.sync.due") == [
        {"provider": "dice", "connection": "dice/later", "changes": changes, "asked": True}
    ]
    (line,) = lines(log)
    assert (line["level"], line["parked"], line["waiting"]) == ("INFO", ["pretix"], ["mapado"])


@pytest.mark.parametrize(
    "detail, reason",
    [
        ({}, "detail.connections: Field required."),
        ({"connections": []}, "detail.connections: "),
        ({"connections": "pretix"}, "detail.connections: "),
        ({"connections": [1]}, "detail.connections.0: "),
        ({"connections": ["pretix"], "changes": {"kind": "order"}}, "detail.changes: "),
        ({"connections": ["pretix"], "changes": [{"kind": "person"}]}, "detail.changes.0.kind: "),
        ({"connections": ["pretix"], "changes": [{"kind": "order", "id": "\x00"}]}, "detail.changes.0.id: "),
        ({"connections": ["pretix"], "changes": [{"kind": "order", "id": "x" * 999}]}, "detail.changes.0.id: "),
        (None, "detail: "),
        ([], "detail: "),
        ("pretix", "detail: "),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_and_not_tried_again(
    detail: Any, reason: str, recorder: Recorder, log: io.StringIO
) -> None:
    ask(detail)
    (line,) = lines(log)
    assert (line["level"], line["message"]) == ("WARNING", "event_refused")
    assert line["reason"].startswith(reason)
    assert recorder.entries == []


@pytest.mark.parametrize(
    "given, reason",
    [
        (event("spekta.order.paid", {}), "This is no spekta.sync.requested."),
        (event("spekta.sync.due", {"connections": ["pretix"]}), "This is no spekta.sync.requested."),
        ({}, "This is no event: it has no detail-type."),
        ({"detail-type": ["Scheduled Event"]}, "This is no event: it has no detail-type."),
        (None, "This is no event: it has no detail-type."),
        ([TICK], "This is no event: it has no detail-type."),
        ("Scheduled Event", "This is no event: it has no detail-type."),
        (7, "This is no event: it has no detail-type."),
    ],
)
def test_no_shape_of_event_is_a_crash(given: Any, reason: str, recorder: Recorder, log: io.StringIO) -> None:
    planner.handler(given, Context())
    assert [line["reason"] for line in lines(log)] == [reason]
    assert recorder.entries == []


@pytest.mark.parametrize("names", [["../../x", "pretix/", "", "PRETIX", "pretix/a/b", "\ud800"], ["x" * 90_000]])
def test_names_of_any_signs_are_refused(names: list[str], recorder: Recorder, log: io.StringIO) -> None:
    ask({"connections": [*names, "dice"]})
    assert turns(recorder) == ["dice"]
    (line,) = lines(log)
    assert len(line["unknown"]) == len(names)
    assert len(log.getvalue()) < 5_000


def test_where_nothing_is_due_nothing_is_told_or_logged(
    store: SqliteStore, recorder: Recorder, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = Planner(lambda: ["dice/later", "pretix"], lambda: store, lambda: recorder.bus, lambda: NOW)
    monkeypatch.setattr(planner, "planner", quiet)
    planner.handler(TICK, Context())
    assert (recorder.entries, log.getvalue()) == ([], "")


def test_a_tick_that_fails_waits_for_the_next(recorder: Recorder, log: io.StringIO) -> None:
    recorder.down = True
    planner.handler(TICK, Context())
    assert [(line["level"], line["message"]) for line in lines(log)] == [("ERROR", "tick_failed")]


def test_a_request_that_fails_is_tried_again(recorder: Recorder) -> None:
    recorder.down = True
    with pytest.raises(Unavailable):
        ask({"connections": ["dice"]})


def test_a_defect_is_raised_without_what_it_says(monkeypatch: pytest.MonkeyPatch, log: io.StringIO) -> None:
    def fails() -> list[str]:
        raise ValueError(person)

    person = "ada@example.org"
    monkeypatch.setattr(planner, "planner", replace(planner.planner, names=fails))
    with pytest.raises(Internal) as raised:
        ask({"connections": ["dice"]})
    assert raised.value.__cause__ is None
    (line,) = lines(log)
    assert (line["level"], "ValueError" in line["message"]) == ("ERROR", True)
    assert person not in log.getvalue() + str(raised.value)

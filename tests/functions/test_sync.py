"""One turn of a connection."""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.applications import Starlette

from connectors.credentials.environment import EnvironmentStore
from connectors.errors import RateLimited, Unavailable
from connectors.webhook import Change
from functions.log import logger
from spekta.aws import bus
from spekta.sandbox.app import Sandbox, create_app
from spekta.sandbox.server import environment, running
from spekta.sync import Status
from spekta.sync.sqlite import SqliteStore
from spekta.sync.status import PARKED_AFTER, Failure
from tests.connectors.conftest import Account
from tests.sync.desk import Desk

from .conftest import handler_of
from .events import Context
from .recorded import Recorder, event, lines

SLUG = "ticket-tailor"
SPARE_MS = 60_000
LATER = datetime.now(UTC) + timedelta(days=1)


@dataclass
class Function:
    """The function of a platform of its own, on loopback."""

    module: ModuleType
    desk: Desk
    sandbox: Sandbox
    recorder: Recorder
    log: io.StringIO

    def work(self, context: Context | None = None, **detail: Any) -> None:
        given = {"provider": SLUG, "connection": SLUG, "changes": [], "asked": False, **detail}
        self.hand(event("spekta.sync.due", given), context)

    def hand(self, given: Any, context: Context | None = None) -> None:
        self.module.handler(given, context or Context())

    def put(self, **status: Any) -> None:
        """Has the connection stand so."""
        now = datetime.now(UTC)
        assert self.desk.store.lease(SLUG, "test", now, now + timedelta(minutes=1))
        assert self.desk.store.put_status(Status(SLUG, **status), "test")
        self.desk.store.release(SLUG, "test")

    @property
    def outcomes(self) -> list[tuple[Any, Any]]:
        found = lines(self.log)
        return [(line["outcome"], line.get("error")) for line in found if line["message"] == "synced"]


@pytest.fixture(scope="module")
def module() -> ModuleType:
    return handler_of(SLUG, "sync")


@pytest.fixture(scope="module")
def web() -> Starlette:
    return create_app()


@pytest.fixture(scope="module")
def origin(web: Starlette) -> Iterator[str]:
    with running(web) as origin:
        yield origin


@pytest.fixture
def function(
    module: ModuleType, web: Starlette, origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Function]:
    recorder, log = Recorder(), io.StringIO()
    monkeypatch.setattr(logger.handlers[0], "stream", log)
    monkeypatch.setattr(bus, "configured", lambda: recorder.bus)
    monkeypatch.setattr(module, "credentials", EnvironmentStore(environment(origin)))
    with SqliteStore(tmp_path / "store.sqlite") as store:
        monkeypatch.setattr(module, "state", lambda: store)
        yield Function(module, Desk(Account(SLUG, web), store), web.state.sandbox, recorder, log)
    web.state.sandbox.behave()


def test_a_run_copies_everything_and_announces_it(function: Function) -> None:
    function.work()
    assert function.desk.wrong() == []
    records = {kind: len(function.desk.rows(kind)) for kind in ("events", "tickets", "orders", "attendees")}
    (line,) = lines(function.log)
    assert (line["message"], line["connection"], line["outcome"]) == ("synced", SLUG, "done")
    assert line["read"] == line["changed"] == records
    assert line["announced"] == sum(records.values())
    assert line["requests"] > 4
    assert 0 <= line["seconds"] < 60
    announced = function.recorder.told("spekta.")
    assert Counter(change["type"].partition(".")[0] + "s" for change in announced) == records
    assert {one["DetailType"] for one in function.recorder.entries} == {f"spekta.{one['type']}" for one in announced}


def test_a_turn_that_has_passed_is_left(function: Function) -> None:
    """The bus may deliver an event twice, and the clock asks again as long as nobody has begun."""
    function.work()
    function.work()
    assert function.outcomes == [("done", None), ("not_due", None)]
    function.work(asked=True)
    assert function.outcomes[2] == ("done", None)


@pytest.mark.parametrize(
    "asked, status, outcome",
    [
        (False, {"parked": True, "failures": 8}, "parked"),
        (True, {"parked": True, "failures": 8}, "done"),
        (False, {"next_try": LATER}, "not_due"),
        (True, {"next_try": LATER}, "done"),
        (False, {"next_try": LATER, "last_error": Failure(RateLimited.code, "")}, "waiting"),
        (True, {"next_try": LATER, "last_error": Failure(RateLimited.code, "")}, "waiting"),
    ],
)
def test_who_is_tried(asked: bool, status: dict[str, Any], outcome: str, function: Function) -> None:
    function.put(**status)
    function.work(asked=asked)
    assert [outcome for outcome, _ in function.outcomes] == [outcome]
    assert function.desk.status.parked is (outcome == "parked")


def test_what_was_told_and_left_is_looked_at(function: Function) -> None:
    function.work()
    order, *others = function.desk.rows("orders")
    function.put(next_try=LATER, told=(Change(kind="order", id=order.id),))
    function.work()
    assert function.outcomes == [("done", None), ("done", None)]
    line = lines(function.log)[1]
    assert 0 < line["read"]["orders"] <= len(others)
    assert "events" not in line["read"]
    assert function.desk.status.told == ()


def test_of_two_workers_one_leaves_at_once(function: Function) -> None:
    now = datetime.now(UTC)
    assert function.desk.store.lease(SLUG, "another", now, now + timedelta(minutes=1))
    function.work()
    assert function.outcomes == [("busy", None)]
    assert function.desk.rows("events") == []


class Short(Context):
    """The time is up after so many answers."""

    left = 6

    def get_remaining_time_in_millis(self) -> int:
        self.left -= 1
        return super().get_remaining_time_in_millis() if self.left > 0 else SPARE_MS


@pytest.mark.parametrize("asked", [False, True])
def test_what_is_not_done_in_time_the_next_one_goes_on_with(function: Function, asked: bool) -> None:
    due = {"provider": SLUG, "connection": SLUG, "changes": [], "asked": asked}
    function.work(Short(), asked=asked, changes=[{"kind": "account"}])
    for _ in range(20):
        if function.outcomes[-1][0] == "more":
            function.work(Short(), **function.recorder.told("spekta.sync.due")[-1])
    *others, last = [outcome for outcome, _ in function.outcomes]
    assert (set(others), last) == ({"more"}, "done")
    assert function.recorder.told("spekta.sync.due") == [due] * len(others)
    assert function.desk.wrong() == []


def test_a_platform_that_fails_is_in_the_status_and_no_crash(function: Function) -> None:
    function.sandbox.misbehave(SLUG, "error_always")
    function.work()
    assert function.outcomes == [("failed", "unavailable")]
    assert (function.desk.status.failures, function.desk.status.parked) == (1, False)


def test_a_platform_that_asks_for_a_pause_gets_it(function: Function) -> None:
    function.sandbox.misbehave(SLUG, "rate_limited", retry_after=500)
    function.work()
    function.work(asked=True)
    assert function.outcomes == [("waiting", "rate_limited"), ("waiting", "rate_limited")]


@pytest.fixture
def _wrong_key(function: Function, origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = environment(origin) | {"TICKET_TAILOR_API_KEY": "sk_test_canary_wrong"}
    monkeypatch.setattr(function.module, "credentials", EnvironmentStore(wrong))


@pytest.mark.usefixtures("_wrong_key")
def test_the_eighth_failure_is_told_to_the_alarm_once(function: Function) -> None:
    function.put(failures=PARKED_AFTER - 2)
    for _ in range(4):
        function.work(asked=True)
    assert function.outcomes == [("failed", "provider_auth_failed")] * 4
    parked = [line for line in lines(function.log) if "_aws" in line]
    assert [(line["message"], line["connection"], line["Parked"]) for line in parked] == [
        ("connection_parked", SLUG, 1)
    ]
    function.work()
    assert function.outcomes[-1][0] == "parked"


def test_a_connection_that_is_gone_counts_as_failed(function: Function) -> None:
    function.work(connection=f"{SLUG}/gone")
    assert function.outcomes == [("failed", "configuration")]
    assert function.desk.store.status(f"{SLUG}/gone").failures == 1


@pytest.mark.parametrize(
    "given, reason",
    [
        (event("spekta.sync.due", {"provider": "dice", "connection": "dice"}), "This is not for ticket-tailor."),
        (event("spekta.sync.due", {"provider": SLUG, "connection": "dice"}), "detail.connection is no connection of"),
        (event("spekta.sync.due", {"provider": SLUG, "connection": f"{SLUG}/A B"}), "detail.connection is no connect"),
        (event("spekta.sync.due", {"provider": SLUG, "connection": 7}), "detail.connection: "),
        (event("spekta.sync.due", {"provider": SLUG}), "detail.connection: Field required."),
        (event("spekta.sync.due", {"provider": SLUG, "connection": SLUG, "asked": "perhaps"}), "detail.asked: "),
        (event("spekta.sync.due", {"provider": SLUG, "connection": SLUG, "changes": [7]}), "detail.changes.0: "),
        (event("spekta.sync.due", {"provider": SLUG, "connection": SLUG, "changes": "all"}), "detail.changes: "),
        (event("spekta.sync.due", None), "detail: "),
        (event("spekta.sync.requested", {"connections": [SLUG]}), "This is no spekta.sync.due."),
        (event("Scheduled Event", {}), "This is no spekta.sync.due."),
        ({}, "This is no event: it has no detail-type."),
        (None, "This is no event: it has no detail-type."),
    ],
)
def test_what_is_not_the_turn_of_an_own_connection_is_refused(given: Any, reason: str, function: Function) -> None:
    function.hand(given)
    (line,) = lines(function.log)
    assert (line["level"], line["message"]) == ("WARNING", "event_refused")
    assert line["reason"].startswith(reason)
    assert function.desk.store.statuses() == []


def test_a_store_that_fails_is_a_crash_that_is_tried_again(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Status:
        raise Unavailable("AWS cannot be reached.", "Try again later.")

    monkeypatch.setattr(SqliteStore, "status", fails)
    with pytest.raises(Unavailable):
        function.work()
    assert function.outcomes == []


def test_where_the_bus_is_down_copies_are_made_and_announced_later(function: Function) -> None:
    function.recorder.down = True
    function.work()
    (line,) = lines(function.log)
    assert (line["outcome"], line["announced"]) == ("done", 0)
    function.recorder.down = False
    function.work(asked=True)
    rows = sum(line["changed"].values())
    assert lines(function.log)[1]["announced"] == len(function.recorder.told("spekta.")) == rows


def test_no_line_shows_a_person(function: Function, capfd: pytest.CaptureFixture[str]) -> None:
    function.work()
    output = capfd.readouterr()
    told = function.log.getvalue() + output.out + output.err + str(function.recorder.entries)
    holders = {ticket.holder for order in function.desk.box.orders for ticket in order.tickets}
    assert holders
    assert not [holder for holder in holders if holder.email and holder.email in told]

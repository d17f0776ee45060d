"""One worker at a time, errors that stay where they belong, and walks that give way."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from connectors import Connector, create_connector
from connectors.errors import ConfigurationError
from spekta.sandbox.app import create_app
from spekta.sandbox.day import sells
from spekta.sync import Schedule, Store
from spekta.sync.sqlite import SqliteStore
from spekta.sync.sqlite.store import owner
from spekta.sync.status import LONGEST_BACKOFF, PARKED_AFTER, Failure, Status
from spekta.sync.watching import Result, Sync, redrive
from tests.connectors.conftest import ORIGIN, Account
from tests.connectors.sandboxed import Clock

from .desk import DAY, HOUR, Desk, Heard, few, pays

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Nobody waits before a retry."""
    clock = Clock()
    clock.stop(monkeypatch)
    return clock


def desk_of(slug: str, store: Store) -> Desk:
    return Desk(Account(slug, create_app()), store)


def small_desk(store: Store) -> Desk:
    """For stores that take their time."""
    desk = desk_of("ticket-tailor", store)
    few(desk.box)
    return desk


class Stuck(httpx2.AsyncBaseTransport):
    """A platform that lets one wait from the given request on, until it is let go."""

    def __init__(self, platform: httpx2.AsyncBaseTransport, after: int) -> None:
        self._platform, self._after = platform, after
        self.reached, self.free = asyncio.Event(), asyncio.Event()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._after -= 1
        if self._after < 0:
            self.reached.set()
            await self.free.wait()
        return await self._platform.handle_async_request(request)


def stuck(desk: Desk, after: int) -> tuple[Connector, Stuck]:
    made: list[Stuck] = []

    def wrap(platform: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
        made.append(Stuck(platform, after))
        return made[0]

    return desk.account.connect(wrap=wrap), made[0]


# Leases


async def test_of_two_workers_one_works_and_the_other_leaves_at_once(store: Store) -> None:
    desk = small_desk(store)
    connector, platform = stuck(desk, 3)
    async with connector, desk.account.connect() as other:
        first = asyncio.create_task(desk.worker(connector).run())
        await platform.reached.wait()
        asked = len(desk.account.sandbox.log)
        assert await desk.worker(other).run() == "busy"
        assert len(desk.account.sandbox.log) == asked
        assert [status.working for status in store.statuses()] == [True]
        platform.free.set()
        assert await first == "done"
    assert [status.working for status in store.statuses()] == [False]
    assert desk.wrong() == []


async def test_a_worker_whose_lease_ended_gives_way_and_spoils_nothing(store: Store) -> None:
    """It was silent for longer than its lease; what it stores no more counts."""
    desk = small_desk(store)
    connector, platform = stuck(desk, 7)
    async with connector, desk.account.connect() as other:
        slow = asyncio.create_task(desk.worker(connector).run())
        await platform.reached.wait()
        desk.ahead += 2 * MINUTE
        assert await desk.worker(other).run() == "done"
        platform.free.set()
        assert await slow == "busy"
    assert desk.wrong() == []
    ids = [change.id for change in desk.heard.changes]
    assert len(ids) == len(set(ids))


async def test_a_worker_holds_its_lease_however_long_an_answer_takes(file: SqliteStore) -> None:
    desk = desk_of("ticket-tailor", file)
    desk.schedule = Schedule(lease=timedelta(seconds=0.3))
    connector, platform = stuck(desk, 3)
    async with connector, desk.account.connect() as other:
        slow = asyncio.create_task(desk.worker(connector).run())
        await platform.reached.wait()
        await asyncio.sleep(0.7)
        assert await desk.worker(other).run() == "busy"
        platform.free.set()
        assert await slow == "done"


async def test_who_died_holds_a_connection_no_longer_than_its_lease(store: Store) -> None:
    desk = small_desk(store)
    moment = desk.now()
    assert store.lease(desk.slug, "elsewhere/1/died", moment, moment + desk.schedule.lease)
    assert await desk.sync() == "busy"
    desk.ahead += desk.schedule.lease
    assert await desk.sync() == "done"
    assert desk.wrong() == []


def test_the_lease_of_a_process_that_is_gone_is_free_at_once(file: SqliteStore) -> None:
    desk = desk_of("ticket-tailor", file)
    script = "from spekta.sync.sqlite.store import owner; print(owner(), end='')"
    gone = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    moment = desk.now()
    assert file.lease("pretix", gone, moment, moment + HOUR)
    assert file.lease("pretix", owner(), moment, moment + HOUR)
    assert not file.lease("pretix", f"elsewhere/{os.getpid()}/1", moment, moment + HOUR)
    assert file.lease("dice", "elsewhere/1/1", moment, moment + HOUR)
    assert not file.lease("dice", owner(), moment, moment + HOUR)


async def test_who_is_interrupted_lets_go_of_the_lease_and_goes_on_later(store: Store) -> None:
    desk = small_desk(store)
    connector, platform = stuck(desk, 7)
    async with connector:
        running = asyncio.create_task(desk.worker(connector).run())
        await platform.reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    asked = len(desk.account.sandbox.log)
    assert await desk.sync() == "done"
    assert len(desk.account.sandbox.log) - asked < 7
    assert desk.wrong() == []


# Time


async def test_a_run_that_is_out_of_time_goes_on_where_it_was(file: SqliteStore) -> None:
    desk = desk_of("eventbrite", file)
    left = iter([True] * 5 + [False])
    assert await desk.sync(has_time=lambda: next(left)) == "more"
    assert desk.status.is_due(desk.now())
    assert desk.status.round
    first = len(desk.account.sandbox.log)
    assert await desk.sync() == "done"
    second = len(desk.account.sandbox.log) - first
    whole = desk_of("eventbrite", file)
    assert first + second <= 41 + 4, whole
    assert desk.wrong() == []
    assert desk.status.round is None


async def test_a_long_walk_of_everything_lets_what_changed_pass(file: SqliteStore) -> None:
    """Each answer takes an hour here: an order that is paid meanwhile is stored before the walk is over."""
    desk = desk_of("eventbrite", file)
    desk.schedule = Schedule(every=2 * HOUR)
    seen: list[str] = []

    def rows(connection: str, kind: str, read: int, changed: int) -> None:
        desk.ahead += HOUR
        if kind == "orders" and kind not in seen:
            pays(desk.box)
            sells(desk.box)
        seen.append(kind)

    desk.box.now += DAY
    assert await desk.sync(on_rows=rows) == "done"
    assert desk.wrong(["orders"]) == []
    told = [change for change in desk.heard.changes if change.model_dump()["type"] == "order.paid"]
    assert len(told) == 1
    assert told[0].noticed_at < max(change.noticed_at for change in desk.heard.changes)


async def test_ticket_types_of_what_is_over_wait_for_the_walk_of_everything(file: SqliteStore) -> None:
    desk = desk_of("eventbrite", file)
    desk.ahead = datetime(2027, 2, 1, tzinfo=UTC) - datetime.now(UTC)
    over = sum(event.ends_at < desk.now() for event in desk.box.events)
    counts = []
    for pause in (HOUR, HOUR, DAY):
        desk.account.sandbox.log.clear()
        await desk.sync()
        counts.append(sum("ticket_classes" in entry.path for entry in desk.account.sandbox.log))
        desk.ahead += pause
    assert over > 1
    assert counts == [12, 12 - over, 12 - over]
    desk.account.sandbox.log.clear()
    await desk.sync()
    assert sum("ticket_classes" in entry.path for entry in desk.account.sandbox.log) == 12


# What goes wrong


async def test_the_platforms_pause_is_kept_and_is_no_failure(file: SqliteStore) -> None:
    desk = desk_of("ticket-tailor", file)
    desk.account.sandbox.misbehave("ticket-tailor", "rate_limited", retry_after=600)
    assert await desk.sync() == "waiting"
    status = desk.status
    assert (status.failures, status.parked) == (0, False)
    assert status.last_error is not None
    assert status.last_error.code == "rate_limited"
    assert status.next_try is not None
    assert timedelta(seconds=595) < status.next_try - desk.now() <= timedelta(seconds=600)


async def test_failures_wait_longer_each_time_and_then_park(file: SqliteStore) -> None:
    desk = desk_of("ticket-tailor", file)
    desk.account.sandbox.misbehave("ticket-tailor", "unauthorized")
    pauses = []
    for _ in range(PARKED_AFTER - 1):
        assert await desk.sync() == "failed"
        assert desk.status.next_try is not None
        pauses.append(desk.status.next_try - desk.now())
    assert pauses == sorted(pauses)
    assert MINUTE / 2 < pauses[0] < 2 * MINUTE
    assert await desk.sync() == "failed"
    assert (desk.status.parked, desk.status.next_try, desk.status.is_due(desk.now() + DAY)) == (True, None, False)
    desk.account.sandbox.behave()
    assert redrive(file, "ticket-tailor", "somebody")
    assert desk.status.is_due(desk.now())
    assert await desk.sync() == "done"
    assert (desk.status.failures, desk.status.last_error) == (0, None)


@pytest.mark.parametrize("failures", range(1, 40))
def test_no_pause_is_longer_than_the_longest(failures: int) -> None:
    moment = Desk.now(Desk(Account("dice", create_app), None))  # type: ignore[arg-type]
    after = Status("dice", failures=failures - 1).after_failure(moment, Failure("unavailable", "It fails."))
    assert after.parked is (failures >= PARKED_AFTER)
    assert after.next_try is None or after.next_try - moment <= LONGEST_BACKOFF * 1.25


async def test_one_listing_that_is_refused_does_not_stop_the_others(file: SqliteStore) -> None:
    desk = desk_of("eventbrite", file)
    desk.account.sandbox.misbehave("eventbrite", "forbidden", path="/attendees")
    for _ in range(PARKED_AFTER + 1):
        assert await desk.sync() == "partly"
        desk.later(HOUR)
    assert (desk.status.failures, desk.status.parked) == (0, False)
    assert desk.wrong(["events", "tickets", "orders"]) == []
    assert desk.rows("attendees") == []
    refused = desk.status.kinds["attendees"]
    assert refused.failure is not None
    assert (refused.failure.code, refused.as_of) == ("permission_denied", None)
    assert desk.status.kinds["orders"].failure is None
    desk.account.sandbox.behave()
    assert await desk.sync() == "done"
    assert desk.wrong() == []


@pytest.mark.parametrize("kind", ["truncated", "html", "no_rows", "error_always", "repeated_cursor"])
async def test_an_answer_that_makes_no_sense_deletes_nothing(file: SqliteStore, kind: Any) -> None:
    desk = desk_of("ticket-tailor", file)
    await desk.sync()
    desk.later(DAY)
    desk.account.sandbox.misbehave("ticket-tailor", kind, path="/orders")
    assert await desk.sync() in ("partly", "failed")
    assert desk.wrong() == []
    desk.account.sandbox.behave()
    assert await desk.sync() == "done"
    assert desk.wrong() == []


@pytest.mark.parametrize("slug", ["axs", "festicket", "rsvpify"])
async def test_rows_that_move_between_pages_are_not_taken_for_deleted(file: SqliteStore, slug: str) -> None:
    """A list that shifts under the reader hides a row from one walk; the one that follows at once meets it."""
    desk = desk_of(slug, file)
    await desk.sync()
    desk.heard.changes.clear()
    desk.later(DAY)
    desk.account.sandbox.misbehave(slug, "shift")
    await desk.sync()
    assert desk.heard.types["order.deleted"] + desk.heard.types["attendee.deleted"] == 0


async def test_an_empty_answer_once_deletes_nothing(file: SqliteStore) -> None:
    desk = desk_of("eventbrite", file)
    await desk.sync()
    desk.later(DAY)

    class Blank(httpx2.AsyncBaseTransport):
        asked = 0

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            self.asked += request.url.path.endswith("/orders/")
            if self.asked == 1 and request.url.path.endswith("/orders/"):
                return httpx2.Response(200, json={"orders": [], "pagination": {"has_more_items": False}})
            return await httpx2.ASGITransport(app=desk.account.app).handle_async_request(request)

    platform = Blank()
    async with desk.account.connect(wrap=lambda _: platform) as connector:
        assert await desk.worker(connector).run() == "done"
    assert platform.asked > 2
    assert desk.wrong() == []
    assert desk.heard.types["order.deleted"] == 0


async def test_a_place_that_the_platform_forgot_is_no_end(file: SqliteStore) -> None:
    """The walk begins anew, in the same run."""
    desk = desk_of("ticket-tailor", file)
    left = iter([True] * 4 + [False])
    assert await desk.sync(has_time=lambda: next(left)) == "more"
    progress = next(
        one for kind in ("attendees", "orders") for one in file.progresses("ticket-tailor", kind).values() if one.whole
    )
    assert progress.whole
    assert progress.whole.position
    lost = replace(progress.whole, position=replace(progress.whole.position, state="or_unknown"))
    assert file.advance(replace(progress, whole=lost))
    assert await desk.sync() == "done"
    assert desk.wrong() == []


# Many connections


def opener(desks: dict[str, Desk], transports: dict[str, httpx2.AsyncBaseTransport] | None = None) -> Any:
    def open(name: str) -> Connector:
        if name not in desks:
            raise ConfigurationError(f"{name} is not connected.")
        account = desks[name].account
        platform = (transports or {}).get(name) or httpx2.ASGITransport(app=account.app)
        addresses = account.service.addresses(ORIGIN)
        return create_connector(name, account.service.credentials, base_url=addresses, transport=platform)

    return open


async def test_a_platform_that_hangs_delays_no_other(file: SqliteStore) -> None:
    desks = {slug: desk_of(slug, file) for slug in ("dice", "eventbrite", "ticket-tailor")}
    hanging = Stuck(httpx2.ASGITransport(app=desks["dice"].account.app), 1)
    ended: list[Result] = []
    others = asyncio.Event()

    def result(one: Result) -> None:
        ended.append(one)
        if len(ended) == 2:
            others.set()

    running = asyncio.create_task(Sync(opener(desks, {"dice": hanging}), file, "me", on_result=result).run(desks))
    await hanging.reached.wait()
    await others.wait()
    assert {result.connection: result.outcome for result in ended} == {"eventbrite": "done", "ticket-tailor": "done"}
    hanging.free.set()
    assert [result.outcome for result in await running] == ["done"] * 3


async def test_a_connection_that_cannot_be_opened_counts_as_failed(file: SqliteStore) -> None:
    desks = {"eventbrite": desk_of("eventbrite", file)}
    results = await Sync(opener(desks), file, "me").run(["eventbrite", "pretix"])
    assert [(result.connection, result.outcome) for result in results] == [("eventbrite", "done"), ("pretix", "failed")]
    assert file.status("pretix").failures == 1


async def test_a_defect_is_logged_by_its_place_and_not_by_what_it_says(
    file: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    said = "sk_test_canary_1"

    def breaks(_: httpx2.Request) -> httpx2.Response:
        raise RuntimeError(said)

    def open(name: str) -> Connector:
        if name == "dice":
            raise RuntimeError(said)
        return desk_of(name, file).account.connect(wrap=lambda _: httpx2.MockTransport(breaks))

    results = await Sync(open, file, "me").run(["dice", "pretix"])
    assert [result.outcome for result in results] == ["failed", "failed"]
    assert "dice failed unexpectedly: RuntimeError\n" in caplog.text
    assert "pretix failed unexpectedly: RuntimeError\n" in caplog.text
    assert said not in caplog.text


async def test_a_connection_that_waits_or_is_parked_is_left_alone(file: SqliteStore) -> None:
    desk = desk_of("ticket-tailor", file)
    desk.account.sandbox.misbehave("ticket-tailor", "rate_limited", retry_after=600)
    sync = Sync(opener({"ticket-tailor": desk}), file, "me", now=desk.now)
    assert [one.outcome for one in await sync.run(["ticket-tailor"])] == ["waiting"]
    asked = len(desk.account.sandbox.log)
    assert [one.outcome for one in await sync.run(["ticket-tailor"])] == ["waiting"]
    assert len(desk.account.sandbox.log) == asked
    desk.account.sandbox.behave()
    desk.ahead += HOUR
    assert [one.outcome for one in await sync.run(["ticket-tailor"])] == ["done"]


async def test_watching_syncs_each_connection_when_it_is_due(file: SqliteStore) -> None:
    desks = {slug: desk_of(slug, file) for slug in ("eventbrite", "ticket-tailor")}
    ended: list[str] = []
    enough = asyncio.Event()

    def result(one: Result) -> None:
        ended.append(one.connection)
        if len(ended) == 4:
            enough.set()

    schedule = Schedule(every=timedelta(milliseconds=20))
    heard = Heard()
    watching = asyncio.create_task(
        Sync(opener(desks), file, "me", schedule, heard, on_result=result).watch(list(desks))
    )
    await enough.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert set(ended) == set(desks)
    assert [status.working for status in file.statuses()] == [False, False]


async def test_watching_soon_sees_what_somebody_else_made_due(
    file: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks = {"ticket-tailor": desk_of("ticket-tailor", file)}
    done: list[Result] = []
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(done) == 2:
            raise asyncio.CancelledError
        redrive(file, "ticket-tailor", "somebody else")

    monkeypatch.setattr("spekta.sync.watching.sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await Sync(opener(desks), file, "me", on_result=done.append).watch(desks)
    assert [result.outcome for result in done] == ["done", "done"]
    assert max(pauses) <= 5


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("These are notes. " * 100)
    with pytest.raises(ConfigurationError, match="is not a store"):
        SqliteStore(other)
    assert other.read_text().startswith("These are notes.")


def test_a_reader_beside_a_writer_sees_what_is_whole(file: SqliteStore, tmp_path: Path) -> None:
    with SqliteStore(file.path) as reader:
        moment = Desk.now(Desk(Account("dice", create_app), file))  # type: ignore[arg-type]
        with file._writing():
            file._file.execute("INSERT INTO connections (connection) VALUES ('dice')")
            assert reader.statuses() == []
        assert [status.connection for status in reader.statuses()] == ["dice"]
        assert reader.lease("dice", "elsewhere/1/1", moment, moment + HOUR)
    assert file.path.stat().st_mode & 0o777 == 0o600

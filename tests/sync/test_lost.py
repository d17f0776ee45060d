"""What is easily lost: events that come back, listings that fail for one event alone, clocks that were wrong, places
that no longer mean anything.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from connectors.models import UnifiedOrder
from connectors.position import Batch, Position
from spekta.sandbox.app import create_app
from spekta.sync import Schedule
from spekta.sync.feeds import COPIED, Feed
from spekta.sync.rows import record_of
from spekta.sync.sqlite import SqliteStore
from tests.connectors.conftest import Account
from tests.connectors.sandboxed import Clock

from .desk import CHANGES, DAY, HOUR, Desk, pays

pytestmark = pytest.mark.anyio
YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Nobody waits before a retry."""
    clock = Clock()
    clock.stop(monkeypatch)
    return clock


def desk_of(slug: str, store: SqliteStore) -> Desk:
    return Desk(Account(slug, create_app()), store)


@pytest.mark.parametrize("slug", ["festicket", "accelevents", "eventbrite"])
async def test_an_event_that_comes_back_brings_all_that_belongs_to_it(file: SqliteStore, slug: str) -> None:
    desk = desk_of(slug, file)
    await desk.sync()
    event = desk.box.events[1]
    orders = list(desk.box.orders_of(event))
    for order in orders:
        desk.box.remove_order(order.number)
    desk.box.remove_event(event.key)
    desk.later(DAY)
    assert await desk.sync() == "done"
    assert desk.wrong() == []
    desk.box.put_event(replace(event, updated_at=desk.box.now))
    for order in orders:
        desk.box.put_order(order)
    desk.later(HOUR)
    assert await desk.sync() == "done"
    wide = slug == "eventbrite"
    assert desk.wrong(["events", "tickets"] if wide else COPIED) == []
    desk.later(DAY)
    assert await desk.sync() == "done"
    assert desk.wrong() == []


class Refusing(httpx2.AsyncBaseTransport):
    """A platform that refuses what is asked below an address."""

    def __init__(self, platform: httpx2.AsyncBaseTransport, part: str, status: int) -> None:
        self._platform, self._part, self._status = platform, part, status
        self.refused = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._part in str(request.url):
            self.refused += 1
            return httpx2.Response(self._status, json={"error": "No."})
        return await self._platform.handle_async_request(request)


@pytest.mark.parametrize("status", [403, 410, 422])
async def test_a_listing_that_is_refused_for_one_event_holds_no_other_one_up(file: SqliteStore, status: int) -> None:
    desk = desk_of("festicket", file)
    ids: list[str] = []
    async with desk.account.connect() as connector:
        ids = sorted([event.id async for event in connector.stream_events()])
    async with desk.account.connect(
        wrap=lambda platform: Refusing(platform, f"/{ids[0]}/attendees", status)
    ) as connector:
        assert await desk.worker(connector).run() == "partly"
    found = {event for row in desk.rows("attendees") for event in row.events}
    assert ids[0] not in found
    assert len(found) >= 9
    assert desk.status.kinds["attendees"].failure is not None
    assert desk.status.kinds["attendees"].as_of is None
    desk.later(HOUR)
    read: Counter[str] = Counter()
    async with desk.account.connect(
        wrap=lambda platform: Refusing(platform, f"/{ids[0]}/attendees", status)
    ) as connector:
        again = desk.worker(connector, on_rows=lambda connection, kind, count, changed: read.update({kind: count}))
        assert await again.run() == "partly"
    assert read["attendees"] == 0, "the others were read whole again"
    assert await desk.sync() == "done"
    assert desk.wrong() == []


async def test_a_listing_that_is_refused_for_all_events_is_not_asked_of_each(
    file: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spekta.sync.rounds.REFUSALS", 4)
    desk = desk_of("festicket", file)
    asked: list[Refusing] = []

    def wrap(platform: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
        asked.append(Refusing(platform, "/attendees", 403))
        return asked[0]

    async with desk.account.connect(wrap=wrap) as connector:
        assert await desk.worker(connector).run() == "partly"
    assert asked[0].refused == 4
    assert desk.wrong(["events", "tickets", "orders"]) == []


@pytest.mark.parametrize("slug", ["eventbrite", "festicket", "weezevent", "pretix"])
@pytest.mark.parametrize("jump", [HOUR, YEAR], ids=["an hour", "a year"])
async def test_a_clock_that_was_ahead_and_is_set_right_loses_nothing(
    file: SqliteStore, slug: str, jump: timedelta
) -> None:
    desk = desk_of(slug, file)
    await desk.sync()
    desk.later(HOUR)
    desk.ahead += jump
    assert await desk.sync() == "done"
    desk.ahead -= jump
    desk.later(timedelta(minutes=20))
    for happening in CHANGES:
        happening(desk.box)
    desk.later(timedelta(minutes=1))
    assert await desk.sync() == "done"
    assert desk.wrong() == []
    assert desk.status.is_due(desk.now() + HOUR)
    desk.later(DAY + HOUR)
    desk.box.remove_order(desk.box.orders[4].number)
    assert await desk.sync() == "done"
    assert desk.wrong() == []


@pytest.mark.parametrize("state", [{"page": 2}, "x", 1.5], ids=str)
@pytest.mark.parametrize("slug", ["eventbrite", "pretix"])
async def test_a_place_that_an_older_spekta_wrote_is_no_end(file: SqliteStore, slug: str, state: Any) -> None:
    desk = desk_of(slug, file)
    left = iter([True] * 3 + [False])
    await desk.sync(has_time=lambda: next(left, False))
    for kind in COPIED:
        for progress in file.progresses(slug, kind).values():
            if progress.whole and progress.whole.position:
                lost = replace(progress.whole, position=replace(progress.whole.position, state=state, part=0))
                assert file.advance(replace(progress, whole=lost))
    assert await desk.sync() == "done"
    desk.later(DAY)
    await desk.sync()
    assert desk.wrong() == []


async def test_what_cannot_be_read_beside_a_walk_of_everything_stays_listed(file: SqliteStore) -> None:
    """The walk of everything had passed it before it broke."""
    desk = desk_of("eventbrite", file)
    await desk.sync()
    desk.later(DAY)
    orders = Feed("eventbrite", "orders")
    assert await desk.sync(has_time=lambda: file.progress(orders).whole is None) == "more"
    desk.later(HOUR)
    pays(desk.box)
    desk.account.sandbox.misbehave("eventbrite", "null_id", path="/orders", times=1)
    await desk.sync()
    assert [one.feed.kind for one in file.problems()] == ["orders"]


async def test_a_change_that_the_platform_shows_late_is_asked_for_again(file: SqliteStore) -> None:
    """Its own clock says that it is older than the last walk."""
    desk = desk_of("eventbrite", file)
    await desk.sync()
    shown_late = desk.box.now - desk.schedule.overlap / 2
    desk.later(HOUR)
    order = next(order for order in desk.box.orders if order.status == "pending" and order.total)
    payments = tuple(replace(payment, state="paid", at=shown_late) for payment in order.payments)
    desk.box.put_order(replace(order, status="paid", payments=payments, updated_at=shown_late))
    assert await desk.sync() == "done"
    assert desk.wrong(["orders"]) == []


async def test_what_changes_behind_a_long_walk_is_asked_for_next(file: SqliteStore) -> None:
    """The next walk asks since this one began, not since it ended."""
    desk = desk_of("eventbrite", file)

    def rows(connection: str, kind: str, read: int, changed: int) -> None:
        if kind == "orders":
            desk.later(HOUR)
            pays(desk.box)
            desk.later(HOUR)

    desk.schedule = Schedule(every=DAY)
    assert await desk.sync(on_rows=rows) == "done"
    desk.later(HOUR)
    assert await desk.sync() == "done"
    assert desk.wrong(["orders"]) == []


class Blank(httpx2.AsyncBaseTransport):
    """A platform whose list of orders is empty once."""

    def __init__(self, platform: httpx2.AsyncBaseTransport) -> None:
        self._platform, self._asked = platform, 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/orders/"):
            self._asked += 1
            if self._asked == 1:
                return httpx2.Response(200, json={"orders": [], "pagination": {"has_more_items": False}})
        return await self._platform.handle_async_request(request)


async def test_two_misses_prove_nothing_where_a_walk_between_them_met_the_row(file: SqliteStore) -> None:
    desk = desk_of("eventbrite", file)
    await desk.sync()
    for _ in range(3):
        desk.later(DAY + HOUR)
        async with desk.account.connect(wrap=Blank) as connector:
            assert await desk.worker(connector).run() == "done"
    assert desk.wrong() == []
    assert desk.heard.types["order.deleted"] == 0


async def test_nothing_is_taken_for_deleted_while_records_cannot_be_read(file: SqliteStore) -> None:
    """One of these may be the missing one. Each stays listed until a walk reads it."""
    desk = desk_of("eventbrite", file)
    await desk.sync()
    desk.later(DAY)
    desk.account.sandbox.misbehave("eventbrite", "null_id", path="/orders")
    assert await desk.sync() == "done"
    assert desk.heard.types["order.deleted"] == 0
    assert {one.feed.kind for one in file.problems()} == {"orders"}
    desk.account.sandbox.behave()
    desk.later(DAY)
    assert await desk.sync() == "done"
    assert list(file.problems()) == []
    assert desk.wrong() == []


async def test_an_order_that_moves_to_another_event_is_summed_there_alone(file: SqliteStore) -> None:
    desk = desk_of("eventbrite", file)
    await desk.sync()
    event, other = (row.id for row in desk.rows("events")[:2])
    (row,) = [row for row in desk.rows("orders") if row.events == (event,)][:1]
    order = record_of(row)
    assert isinstance(order, UnifiedOrder)
    moved = order.model_copy(update={"lines": (), "event_ids": (other,)})
    async with desk.account.connect() as connector:
        copier = desk.worker(connector)._rounds().copier
        feed = Feed("eventbrite", "orders")
        copier.save(replace(file.progress(feed), fresh=None), Batch([moved], [], Position(), None), None)
    assert {mark.event_id for mark in file.touched("eventbrite")} == {event, other}
    assert [found.key for _, found in file.of_event("eventbrite", "orders", other).rows if found.key == row.key]


async def test_an_attendee_that_is_listed_by_another_event_is_moved(file: SqliteStore) -> None:
    """Its content does not say which event it is of."""
    desk = desk_of("festicket", file)
    await desk.sync()
    row = desk.rows("attendees")[0]
    other = next(event.id for event in desk.rows("events") if event.id != row.parent)
    record = record_of(row)
    async with desk.account.connect() as connector:
        copier = desk.worker(connector)._rounds().copier
        progress = file.progress(Feed("festicket", "attendees", other))
        copier.save(progress, Batch([record], [], Position(), None), None)
    (moved,) = file.read("festicket", "attendees", [row.key]).values()
    assert (moved.parent, moved.version) == (other, 1)

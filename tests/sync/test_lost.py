"""What is easily lost: events that come back, listings that fail for one event alone, clocks that were wrong, places
that no longer mean anything.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from spekta.sandbox.app import create_app
from spekta.sync.feeds import COPIED, Feed
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

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._part in str(request.url):
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


@pytest.mark.parametrize("state", [{"page": 2}, [1], "x", -7, 1.5, None], ids=str)
@pytest.mark.parametrize("slug", ["eventbrite", "ticket-tailor", "festicket", "pretix"])
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

"""What a platform allows is kept to, at its own address."""

from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import RateLimited, find_provider
from connectors.http import Deadline
from connectors.pace import Pace

from .sandboxed import PACED, Clock, at_home, check, sandboxed

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.stop(monkeypatch)
    return clock


@pytest.mark.parametrize("slug", PACED)
async def test_no_more_is_asked_than_is_documented(slug: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(find_provider(slug), rate_limit=(7, 30), plans={})
    monkeypatch.setattr("connectors.registry.find_provider", lambda _: few)
    asked, account = list[httpx2.Request](), sandboxed(slug)
    async with (
        at_home(account, asked) as one,
        at_home(account, asked) as other,
        at_home(account, asked, "london") as third,
    ):
        before = len(asked)
        while len(asked) < before + 7:
            assert (await one.health_check()).healthy
        assert clock.waits == []
        assert (await third.health_check()).healthy
        assert clock.waits == []
        assert (await other.health_check()).healthy
    assert clock.waits[0] == 30


async def test_a_share_leaves_the_rest_to_others(clock: Clock) -> None:
    asked, account = list[httpx2.Request](), sandboxed("shotgun")
    async with at_home(account, asked, share=0.5) as copying, at_home(account, asked) as person:
        for _ in range(50):
            await copying.health_check()
        assert (await copying.health_check(deadline=22)).healthy is False
        for _ in range(50):
            assert (await person.health_check(deadline=22)).healthy
        assert (await person.health_check(deadline=22)).healthy is False
    assert (len(asked), clock.waits) == (100, [])


async def test_a_turn_that_comes_too_late_is_an_error_that_says_when(clock: Clock) -> None:
    account, asked = sandboxed("shotgun"), list[httpx2.Request]()
    async with at_home(account, asked) as connector:
        for _ in range(100):
            await connector.health_check()
        with pytest.raises(RateLimited) as raised:
            await connector.get_events(deadline=22)
    check(raised.value, account, "get_events")
    assert str(raised.value.message) == "Shotgun: 100 requests in 60 seconds are allowed, and they are used up."
    assert (raised.value.retry_after, raised.value.advice) == (60, "Try again in 60 seconds.")
    assert (len(asked), clock.waits) == (100, [])


async def test_a_sandbox_is_asked_as_often_as_one_likes(clock: Clock) -> None:
    account = sandboxed("shotgun")
    async with account.connect() as connector:
        for _ in range(120):
            await connector.health_check()
    assert clock.waits == []


@given(
    requests=st.integers(1, 5),
    seconds=st.integers(1, 100),
    pauses=st.lists(st.floats(0, 50), max_size=40),
)
async def test_no_window_holds_more_than_is_allowed(requests: int, seconds: int, pauses: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        now, turns = 0.0, list[float]()

        async def sleep(wait: float) -> None:
            nonlocal now
            now += wait

        patch.setattr("connectors.pace.sleep", sleep)
        patch.setattr("connectors.pace.time", SimpleNamespace(monotonic=lambda: now))
        pace = Pace(requests, seconds)
        for pause in pauses:
            now += pause
            with suppress(RateLimited):
                await pace.turn(Deadline())
                turns.append(now)
    for first, over in zip(turns, turns[requests:], strict=False):
        assert over - first >= seconds - 1e-6

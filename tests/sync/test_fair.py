"""What a sync asks of a platform, measured at its door: half of what is allowed at most, the rest is for people."""

from dataclasses import replace

import httpx2
import pytest

from connectors import find_provider
from spekta.sync import Schedule
from spekta.sync.sqlite import SqliteStore
from tests.connectors.sandboxed import PACED, Clock, at_home, sandboxed

from .desk import Desk

pytestmark = pytest.mark.anyio
ALLOWED, SECONDS = 4, 30


class Door(list[httpx2.Request]):
    """Notes when each request came."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.times: list[float] = []

    def append(self, request: httpx2.Request) -> None:
        self.times.append(sum(self._clock.waits))
        super().append(request)


@pytest.mark.parametrize("slug", PACED)
async def test_a_sync_asks_for_half_of_what_is_allowed_at_most(
    slug: str, file: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    clock.stop(monkeypatch)
    allowed = replace(find_provider(slug), rate_limit=(ALLOWED, SECONDS), plans={})
    monkeypatch.setattr("connectors.registry.find_provider", lambda _: allowed)
    desk, door = Desk(sandboxed(slug), file), Door(clock)
    async with at_home(desk.account, door, share=Schedule().share) as connector:
        assert await desk.worker(connector).run() == "done"
    assert desk.wrong() == []
    half = ALLOWED // 2
    assert len(door.times) > half, "too few requests to tell"
    for first, beyond in zip(door.times, door.times[half:], strict=False):
        assert beyond - first >= SECONDS

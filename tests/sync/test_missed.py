"""Nothing is missed: what happens at the box office while it is being copied is in the store at the end."""

import pytest

from spekta.sync.feeds import COPIED, reach

from .desk import CHANGES, DAY, DELETIONS, HOUR, Desk

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.long), 3, pytest.param(7, marks=pytest.mark.long)])
async def test_changes_during_a_walk_are_in_the_store_a_day_later(desk: Desk, every: int) -> None:
    """Orders paid, refunded, cancelled, checked in, renamed, sold, deleted, and so moved between pages.

    A run that comes upon an event that has just vanished may fail; the next one makes up for it.
    """
    assert await desk.sync([*CHANGES, *DELETIONS], every) in ("done", "partly")
    desk.later(DAY)
    assert await desk.sync() == "done"
    assert desk.wrong() == []


async def test_what_a_platform_can_tell_is_in_the_store_with_the_next_run(desk: Desk) -> None:
    await desk.sync()
    desk.later(HOUR)
    for happening in CHANGES:
        happening(desk.box)
    desk.later(HOUR)
    assert await desk.sync() == "done"
    told = [kind for kind in COPIED if (known := reach(desk.account.provider, kind)) and known.mode != "created"]
    assert desk.wrong(told) == []
    desk.later(DAY)
    assert await desk.sync() == "done"
    assert desk.wrong() == []

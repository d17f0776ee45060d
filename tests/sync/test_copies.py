"""A copy says what the platform says, costs little to keep, and tells nothing twice."""

import pytest

from connectors import Unsupported
from spekta.sync.feeds import COPIED, KINDS

from .desk import HOUR, Desk

pytestmark = pytest.mark.anyio


async def test_a_first_run_copies_the_box_office(desk: Desk) -> None:
    assert await desk.sync() == "done"
    assert desk.wrong() == []
    assert {change.version for change in desk.heard.changes} == {1}
    assert len({change.id for change in desk.heard.changes}) == sum(len(desk.rows(kind)) for kind in COPIED)
    await check_revenue(desk)


async def check_revenue(desk: Desk) -> None:
    """It is the platform's, and its days add up to the event."""
    async with desk.account.connect() as connector:
        for event in desk.records("events"):
            stored = list(desk.store.totals(desk.slug, [event.id]))
            try:
                live = await connector.get_revenue(event.id)
            except Unsupported:
                assert stored == []
                continue
            (totals,) = stored
            assert totals.revenue.model_copy(update={"as_of": live.as_of}) == live
            own = [day for day in totals.days if day.currency == live.currency]
            assert sum(day.gross for day in own) == live.gross_revenue
            assert sum(day.orders for day in own) == (live.orders or 0)


async def test_where_nothing_changed_nothing_is_written_or_told(desk: Desk) -> None:
    await desk.sync()
    before = {(kind, row.key): row for kind in KINDS for row in desk.rows(kind)}
    desk.heard.changes.clear()
    for pause in (HOUR, 24 * HOUR):
        desk.later(pause)
        assert await desk.sync() == "done"
    assert {(kind, row.key): row for kind in KINDS for row in desk.rows(kind)} == before
    assert desk.heard.changes == []

"""A worker that dies at every point where something leaves it, one after the other: the next one makes up for it."""

import pytest

from spekta.sandbox.app import create_app
from spekta.sync.feeds import COPIED
from spekta.sync.sqlite import SqliteStore
from tests.connectors.conftest import Account

from .desk import CHANGES, DAY, DELETIONS, Desk
from .mortal import WRITES, Life, Mortal

pytestmark = pytest.mark.anyio


class Died(BaseException):
    """Nothing after it happens."""


class Fragile(Life):
    """A life that ends in this process; from its last point on it does nothing more."""

    def point(self) -> None:
        self.points += 1
        if self.points >= self._last:
            raise Died


async def lives(desk: Desk, last: int) -> bool:
    """Whether a run came to its end; the lease of one that did not is over."""
    life, store, heard = Fragile(last), desk.store, desk.heard
    try:
        async with desk.account.connect() as connector:
            worker = desk.worker(connector, announcer=Mortal(heard, life, {"announce"}))
            worker.store = Mortal(store, life, WRITES)
            assert await worker.run() == "done"
    except Died:
        desk.ahead += desk.schedule.lease
        return False
    return True


async def outlive(desk: Desk) -> int:
    """Runs that die, each a point later than the one before, until one lives; gives how many died."""
    last = 1
    while not await lives(desk, last):
        last += 1
    return last - 1


@pytest.mark.parametrize("slug", ["ticket-tailor", "festicket", "weezevent"])
async def test_dying_a_point_later_each_time(file: SqliteStore, slug: str) -> None:
    desk = Desk(Account(slug, create_app()), file)
    assert await outlive(desk) > 10
    assert desk.wrong() == []
    assert_all_is_told(desk)
    for happening in (*CHANGES, *DELETIONS):
        happening(desk.box)
    desk.later(DAY)
    assert await outlive(desk) > 10
    assert desk.wrong() == []
    assert_all_is_told(desk)


def assert_all_is_told(desk: Desk) -> None:
    """Every version of every row, and never two things under one id."""
    contents: dict[str, str] = {}
    for change in desk.heard.changes:
        assert contents.setdefault(change.id, change.model_dump_json()) == change.model_dump_json()
    assert contents.keys() == {
        f"{desk.slug}#default#{kind.removesuffix('s')}#{row.key}#{version}"
        for kind in COPIED
        for row in desk.store.every(desk.slug, kind)
        for version in range(1, row.version + 1)
    }
    assert desk.store.unannounced(desk.slug) == []
    assert desk.store.touched(desk.slug) == []

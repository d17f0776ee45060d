"""The engine over every store: a small account is copied, and kept while things happen."""

import pytest

from connectors.models import UnifiedOrder
from spekta.sandbox.app import create_app
from spekta.sandbox.day import untouched
from spekta.sync import Store, forget
from spekta.sync.feeds import COPIED, KINDS
from tests.connectors.conftest import Account

from .desk import CHANGES, DAY, DELETIONS, HOUR, Desk, few
from .test_copies import check_revenue

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["ticket-tailor", pytest.param("weezevent", marks=pytest.mark.long)])
def desk(request: pytest.FixtureRequest, store: Store) -> Desk:
    """One platform that lists the whole account, and one that lists by event and tells sales apart."""
    found = Desk(Account(request.param, create_app()), store)
    few(found.box)
    return found


async def test_a_copy_says_what_the_platform_says(desk: Desk) -> None:
    assert await desk.sync() == "done"
    assert desk.wrong() == []
    assert len({change.id for change in desk.heard.changes}) == sum(len(desk.rows(kind)) for kind in COPIED)
    await check_revenue(desk)
    before = {(kind, row.key): row for kind in KINDS for row in desk.rows(kind)}
    desk.heard.changes.clear()
    for pause in (HOUR, DAY):
        desk.later(pause)
        assert await desk.sync() == "done"
    assert {(kind, row.key): row for kind in KINDS for row in desk.rows(kind)} == before
    assert desk.heard.changes == []


async def test_what_happens_while_it_is_copied_is_there_in_the_end(desk: Desk) -> None:
    assert await desk.sync([*CHANGES, *DELETIONS]) in ("done", "partly")
    desk.later(DAY)
    assert await desk.sync() == "done"
    assert desk.wrong() == []
    await check_revenue(desk)
    ids = [change.id for change in desk.heard.changes]
    assert len(ids) == len(set(ids))
    assert sum(row.version for kind in COPIED for row in desk.store.every(desk.slug, kind)) == len(ids)


async def test_who_is_forgotten_stays_so(desk: Desk) -> None:
    await desk.sync(keep_raw=True)
    address = next(order.buyer.email for order in untouched(desk.box) if order.buyer.email)
    assert forget(desk.store, address.upper()) > 0
    desk.later(DAY)
    await desk.sync(keep_raw=True)
    for kind in COPIED:
        assert [row.key for row in desk.store.every(desk.slug, kind) if address in f"{row.content}{row.raw}"] == []
    assert any(isinstance(order, UnifiedOrder) and order.buyer_email for order in desk.records("orders"))

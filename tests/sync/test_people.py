"""Who is forgotten is gone from the rows that are there, from the file, and from what comes later."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import InvalidArgument
from connectors.models import UnifiedAttendee, UnifiedOrder
from spekta.sandbox.app import create_app
from spekta.sandbox.day import untouched
from spekta.sync import forget
from spekta.sync.people import digest
from spekta.sync.sqlite import SqliteStore
from tests.connectors.conftest import Account

from .desk import DAY, HOUR, Desk

pytestmark = pytest.mark.anyio
TOLD = ("eventbrite", "ticket-tailor", "weezevent")


@pytest.fixture(params=TOLD)
def desk(request: pytest.FixtureRequest, file: SqliteStore) -> Desk:
    return Desk(Account(request.param, create_app()), file)


def left_of(desk: Desk, address: str) -> list[str]:
    """What the file holds of a person, in whatever form."""
    found = []
    for path in desk_path(desk).parent.iterdir():
        content = path.read_bytes().lower()
        found += [path.name] if address.lower().encode() in content else []
    return found


def desk_path(desk: Desk) -> Path:
    assert isinstance(desk.store, SqliteStore)
    return desk.store.path


async def test_a_person_is_gone_and_stays_gone(desk: Desk) -> None:
    await desk.sync(keep_raw=True)
    address = next(order.buyer.email for order in untouched(desk.box) if order.buyer.email)
    assert left_of(desk, address)
    erased = forget(desk.store, address.upper())
    assert erased > 0
    assert left_of(desk, address) == []
    desk.later(DAY)
    await desk.sync(keep_raw=True)
    assert left_of(desk, address) == []


async def test_only_what_belongs_to_the_person_goes(file: SqliteStore) -> None:
    desk = Desk(Account("ticket-tailor", create_app()), file)
    await desk.sync()
    address = next(order.buyer.email for order in untouched(desk.box) if order.buyer.email)
    before = {record.id: record for record in desk.records("orders")}
    forget(file, address)
    for order in desk.records("orders"):
        was = before[order.id]
        assert isinstance(order, UnifiedOrder)
        assert isinstance(was, UnifiedOrder)
        theirs = was.buyer_email == address
        assert order == (was.model_copy(update={"buyer_name": None, "buyer_email": None}) if theirs else was)
    revenue = [totals.revenue.gross_revenue for totals in file.totals("ticket-tailor")]
    assert sum(revenue) > 0
    assert any(
        isinstance(one, UnifiedAttendee) and one.email not in (None, address) for one in desk.records("attendees")
    )


async def test_changes_tell_that_somebody_was_erased(file: SqliteStore) -> None:
    desk = Desk(Account("eventbrite", create_app()), file)
    await desk.sync()
    desk.heard.changes.clear()
    count = forget(file, "suzu@example.org")
    await desk.sync()
    assert desk.heard.types["order.erased"] + desk.heard.types["attendee.erased"] == count
    assert "suzu" not in "".join(change.model_dump_json() for change in desk.heard.changes)


async def test_new_orders_of_a_forgotten_person_are_left_bare(file: SqliteStore) -> None:
    desk = Desk(Account("eventbrite", create_app()), file)
    await desk.sync()
    order = untouched(desk.box)[0]
    forget(file, "later@example.org")
    desk.later(HOUR)
    person = replace(order.buyer, email="Later@example.org", last_name="Unmistakable")
    tickets = tuple(replace(ticket, number=ticket.number + 80_000, holder=person) for ticket in order.tickets)
    desk.box.put_order(
        replace(order, number=80_000, buyer=person, tickets=tickets, placed_at=desk.box.now, updated_at=desk.box.now)
    )
    desk.later(timedelta(minutes=1))
    await desk.sync(keep_raw=True)
    assert len(desk.rows("orders")) == 180
    assert left_of(desk, "later@example.org") == left_of(desk, "unmistakable") == []


@pytest.mark.parametrize("address", ["", " ", "ada", "@", "ada@", "@example.org"])
def test_what_is_no_address_is_refused(file: SqliteStore, address: str) -> None:
    with pytest.raises(InvalidArgument, match="no e-mail address"):
        forget(file, address)


@given(address=st.emails())
def test_a_digest_does_not_depend_on_how_an_address_is_written(address: str) -> None:
    assert digest("salt", f" {address.upper()} ") == digest("salt", address.upper())
    assert address not in digest("salt", address)
    assert digest("other", address) != digest("salt", address)

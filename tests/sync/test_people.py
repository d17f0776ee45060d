"""Who is forgotten is gone from the rows that are there, from the file, and from what comes later."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import InvalidArgument
from connectors.models import UnifiedAttendee, UnifiedOrder
from spekta.sandbox.app import create_app
from spekta.sandbox.day import untouched
from spekta.sync import forget
from spekta.sync.changes import parse
from spekta.sync.feeds import Feed, Kind
from spekta.sync.people import People, digest
from spekta.sync.rows import NEVER_THERE, Row, Write, followed, record_of, row_of
from spekta.sync.sqlite import SqliteStore
from tests.connectors.conftest import Account

from .desk import DAY, HOUR, Desk

pytestmark = pytest.mark.anyio
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
TOLD = ("eventbrite", "ticket-tailor", "weezevent", "fixr")
ADA = "ada@example.org"


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


@pytest.mark.parametrize("slug", ["eventbrite", "festicket", "skiddle"])
async def test_later_tickets_that_bear_the_name_alone_are_left_bare_too(file: SqliteStore, slug: str) -> None:
    desk = Desk(Account(slug, create_app()), file)
    await desk.sync()
    forget(file, ADA)
    desk.later(HOUR)
    order = next(order for order in untouched(desk.box) if len(order.tickets) > 1)
    person = replace(order.buyer, email="Ada@example.org", first_name="Zaphodina", last_name="Unmistakable")
    holders = (person, replace(person, email=None))
    tickets = tuple(
        replace(ticket, number=ticket.number + 80_000, holder=holder)
        for ticket, holder in zip(order.tickets, holders, strict=False)
    )
    desk.box.put_order(
        replace(order, number=80_000, buyer=person, tickets=tickets, placed_at=desk.box.now, updated_at=desk.box.now)
    )
    desk.later(timedelta(minutes=1))
    await desk.sync()
    desk.later(DAY)
    await desk.sync()
    assert left_of(desk, ADA) == left_of(desk, "unmistakable") == []


async def test_who_is_forgotten_while_a_sync_runs_is_left_out_of_it(file: SqliteStore) -> None:
    """Also of the answer that was just being written."""
    desk = Desk(Account("ticket-tailor", create_app()), file)
    address = next(order.buyer.email for order in untouched(desk.box) if order.buyer.email)
    reads = file.read

    def read(connection: str, kind: Kind, keys: Sequence[str]) -> dict[str, Row]:
        if kind == "attendees" and not file.forgotten():
            forget(file, address)
        return reads(connection, kind, keys)

    file.read = read  # type: ignore[method-assign]
    await desk.sync()
    desk.later(DAY)
    desk.box.put_event(replace(desk.box.events[0], name="Anders", updated_at=desk.box.now))
    await desk.sync()
    file.scrub()
    assert file.forgotten()
    assert left_of(desk, address) == []


def attendee(id: str, **fields: Any) -> Row:
    made = UnifiedAttendee(id=id, event_id="e", **fields)
    return row_of(Feed("pretix", "attendees"), made, keep_raw=False)


@pytest.mark.parametrize(
    "said, left",
    [
        ("a gift for ada@example.org.", "a gift for (erased)."),
        ("ADA@Example.org, or bob@example.org", "(erased), or bob@example.org"),
        ("first\nada@example.org\tlast", "first\n(erased)\tlast"),
        ("mailto:ada@example.org?subject=x", "mailto:(erased)?subject=x"),
        ("'ada@example.org' <ada@example.org>", "'(erased)' <(erased)>"),
        ("to=ada@example.org/_ada@example.org_", "to=(erased)/_(erased)_"),
        ("grace.ada@example.org", "grace.ada@example.org"),
        ("ada@example.org.uk", "ada@example.org.uk"),
        ("ada at example.org", "ada at example.org"),
    ],
)
def test_an_address_goes_from_what_belongs_to_others(file: SqliteStore, said: str, left: str) -> None:
    file.lease("pretix", "somebody", NOON, NOON + HOUR)
    row = attendee("1", name="Bob Roe", email="bob@example.org", answers={"Gift?": said})
    feed = Feed("pretix", "attendees")
    assert file.write(feed, [Write(row, NEVER_THERE)]) == []
    assert forget(file, ADA) == (said != left)
    kept = file.read("pretix", "attendees", ["1"])["1"]
    record = record_of(kept)
    assert isinstance(record, UnifiedAttendee)
    assert (record.name, record.answers, kept.erased) == ("Bob Roe", {"Gift?": left}, False)
    assert [parse(text).model_dump()["type"] for text in kept.pending] == ["attendee.updated"] * (said != left)
    again = People.of(file).left_out(row)
    assert followed(kept, again, None) is None


@pytest.mark.parametrize(
    "address, spelt, same",
    [
        (ADA, "Ada@Example.ORG ", True),
        ("\u00e4da@example.org", "a\u0308da@example.org", True),
        (ADA, "ada+fair@example.org", False),
        (ADA, "a.da@example.org", False),
    ],
)
def test_an_address_is_the_same_in_any_case_and_composition(
    file: SqliteStore, address: str, spelt: str, same: bool
) -> None:
    forget(file, address)
    assert People.of(file).left_out(attendee("1", email=spelt, name="Ada")).erased is same


@pytest.mark.parametrize("address", ["", " ", "ada", "@", "ada@", "@example.org"])
def test_what_is_no_address_is_refused(file: SqliteStore, address: str) -> None:
    with pytest.raises(InvalidArgument, match="no e-mail address"):
        forget(file, address)


@given(address=st.emails())
def test_a_digest_does_not_depend_on_how_an_address_is_written(address: str) -> None:
    assert digest("salt", f" {address.upper()} ") == digest("salt", address.upper())
    assert address not in digest("salt", address)
    assert digest("other", address) != digest("salt", address)

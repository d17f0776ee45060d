"""Answers from copies: which there are, as of when, what they lack and why; and that nothing is lost between pages."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.cursor import pack
from connectors.errors import InvalidArgument
from connectors.models import UnifiedEvent
from connectors.money import Sale, revenue
from connectors.references import Reference, parse
from spekta.sync import Store, cursors
from spekta.sync.copies import EVENTS, SOLD, Copies, Wanted
from spekta.sync.feeds import Feed, Kind
from spekta.sync.revenue import Totals, by_day
from spekta.sync.rows import NEVER_THERE, Write, row_of
from spekta.sync.status import Copied, Failure, Round, Status
from spekta.sync.store import Quarantined, Touched

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PRETIX, LONDON = "pretix", "eventbrite/london"
REFUSED = Failure("authentication_failed", "pretix refuses the key.", "Check apiKey.")
PART = "It was not wholly synced yet."
NO_OPTION = Failure("unsupported", "DICE does not offer orders: an option is off.", "Set it.")


def kinds(**ages: datetime | None) -> dict[Kind, Copied]:
    return {kind: Copied("changed", at, at) for kind, at in ages.items()}  # type: ignore[misc]


def copied(at: datetime = NOON) -> dict[Kind, Copied]:
    return kinds(events=at, tickets=at, attendees=at, orders=at, sales=at)


def stands(store: Store, connection: str = PRETIX, **how: object) -> None:
    status = replace(Status(connection, ended_at=NOON, kinds=copied()), **how)  # type: ignore[arg-type]
    assert store.lease(connection, "test", NOON, NOON + HOUR)
    assert store.put_status(status, "test")
    store.release(connection, "test")


def hold(store: Store, *events: UnifiedEvent) -> None:
    for event in events:
        feed = Feed(event.connection, "events")
        assert store.write(feed, [Write(row_of(feed, event, keep_raw=False), NEVER_THERE)]) == []


def event(id: str, starts_at: datetime | None = NOON, connection: str = PRETIX, **more: object) -> UnifiedEvent:
    provider, _, account = connection.partition("/")
    values = {"provider": provider, "account": account or "default", "currency": "EUR", **more}
    return UnifiedEvent(id=id, starts_at=starts_at, **values)


def sold(store: Store, of: UnifiedEvent, gross: str, placed: datetime = NOON) -> None:
    sale = Sale(id="1", order="1", currency="EUR", gross=Decimal(gross), refunded=Decimal(0), tax=Decimal(0), tickets=1)
    whole = revenue(
        [sale], provider=of.provider, account=of.account, event_id=of.id, currency="EUR", basis="orders", as_of=NOON
    )
    totals = Totals(whole, by_day(of, [sale], {"1": placed}, whole.unreported))
    store.settle(of.connection, [(Touched(of.id, "x"), totals)])


@pytest.mark.parametrize(
    "how, state, code, message",
    [
        ({}, "ok", None, None),
        ({"failures": 3, "last_error": REFUSED}, "ok", None, None),
        ({"kinds": {}, "ended_at": None}, "failed", "not_synced", "It was not synced yet."),
        (
            {"kinds": {}, "ended_at": None, "round": Round(NOON)},
            "failed",
            "not_synced",
            "It was not wholly synced yet.",
        ),
        ({"kinds": kinds(events=NOON), "ended_at": None}, "failed", "not_synced", PART),
        ({"kinds": {}, "ended_at": None, "last_error": REFUSED}, "failed", REFUSED.code, REFUSED.message),
        (
            {"kinds": {**copied(), "orders": Copied(failure=REFUSED)}, "last_error": NO_OPTION},
            "failed",
            REFUSED.code,
            REFUSED.message,
        ),
        ({"kinds": {**copied(), "orders": Copied(failure=NO_OPTION)}}, "unsupported", "unsupported", NO_OPTION.message),
        ({"kinds": {**copied(), "orders": Copied("changed", NOON, failure=REFUSED)}}, "ok", None, None),
        ({"kinds": {**copied(), "attendees": Copied(failure=REFUSED)}}, "ok", None, None),
        (
            {"kinds": kinds(events=NOON)},
            "unsupported",
            "unsupported",
            "Pretix does not offer orders: its API has no such data.",
        ),
    ],
)
def test_what_a_copy_can_tell_of_sales(
    store: Store, how: Mapping[str, Any], state: str, code: str | None, message: str | None
) -> None:
    stands(store, **how)
    found = Copies(store, [PRETIX], SOLD, "Sync it.")
    [status] = found.statuses
    assert (status.state, status.code, status.message) == (state, code, message)
    assert (status.advice == "Sync it.") is (code == "not_synced")
    assert found.ages == ({PRETIX: NOON} if state == "ok" else {})
    assert found.lacking == ([PRETIX] if state == "failed" else [])


def test_a_copy_is_as_old_as_the_oldest_kind_that_is_asked_for(store: Store) -> None:
    stands(store, kinds={**copied(), **kinds(orders=NOON - HOUR, attendees=NOON - DAY)})
    stands(store, LONDON, kinds=kinds(events=NOON - HOUR))
    assert Copies(store, [PRETIX], SOLD, "").ages == {PRETIX: NOON - HOUR}
    both = Copies(store, [PRETIX, LONDON], EVENTS, "")
    assert (both.ages, both.as_of) == ({PRETIX: NOON, LONDON: NOON - HOUR}, NOON - HOUR)


def test_what_is_told_of_new_records_alone_is_as_old_as_the_walk_of_everything(store: Store) -> None:
    stands(store, kinds={**copied(), "orders": Copied("created", NOON, NOON - DAY)})
    assert Copies(store, [PRETIX], SOLD, "").as_of == NOON - DAY


@pytest.mark.parametrize(
    "names, kinds, moment, suffices",
    [
        ([PRETIX], SOLD, NOON, True),
        ([PRETIX], SOLD, NOON + 2 * DAY, True),
        ([PRETIX], SOLD, NOON + 2 * DAY + HOUR, False),
        ([PRETIX, "ticketmaster"], SOLD, NOON, True),
        ([PRETIX, "ticketmaster"], EVENTS, NOON, False),
        (["ticketmaster"], SOLD, NOON, False),
        ([PRETIX, LONDON], SOLD, NOON, False),
    ],
)
def test_when_copies_can_stand_for_the_platforms(
    store: Store, names: list[str], kinds: tuple[Kind, ...], moment: datetime, suffices: bool
) -> None:
    stands(store)
    assert Copies(store, names, kinds, "").suffices(moment) is suffices


def test_without_a_store_nothing_is_synced() -> None:
    found = Copies(None, [PRETIX, "evvnt"], SOLD, "Sync it.")
    assert [(one.connection, one.code) for one in found.statuses] == [(PRETIX, "not_synced"), ("evvnt", "unsupported")]
    assert (found.as_of, found.suffices(NOON)) == (None, False)
    assert found.page(Wanted(NOON), 10) == ([], None)
    assert found.revenue(Wanted(NOON)).events == []
    assert found.periods([], "day") == []


WANTED = [
    (Wanted(NOON), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "none"]),
    (Wanted(NOON, q="EVEN"), ["0", "2", "4", "6", "8"]),
    (Wanted(NOON, q="even", starts_after=NOON + 3 * HOUR, starts_before=NOON + 8 * HOUR), ["4", "6"]),
    (Wanted(NOON, status="cancelled"), ["3", "9"]),
    (Wanted(NOON + 2 * HOUR, status="completed"), ["0", "1"]),
    (Wanted(NOON, q="nothing"), []),
]


@pytest.mark.parametrize("wanted, ids", WANTED)
@pytest.mark.parametrize("limit", [1, 5, 11])
@pytest.mark.parametrize("at_once", [2, 500])
def test_pages_hold_all_that_is_wanted_once_and_end(
    store: Store, wanted: Wanted, ids: list[str], limit: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spekta.sync.copies.AT_ONCE", at_once)
    stands(store)
    stands(store, LONDON)
    for number in range(10):
        name = "even" if number % 2 == 0 else "odd"
        status = "cancelled" if number in (3, 9) else "live"
        start = NOON + number * HOUR
        at = LONDON if number % 3 else PRETIX
        hold(store, event(str(number), start, at, name=name, status=status, ends_at=start + HOUR / 2))
    hold(store, event("none", None, status="live"))
    copies, read, after = Copies(store, [PRETIX, LONDON], EVENTS, ""), list[str](), None
    for _ in range(20):
        events, after = copies.page(wanted, limit, after)
        assert len(events) == limit or after is None
        read += [one.id for one in events]
        if after is None:
            break
    assert read == ids
    assert [one.id for one in copies.events(wanted)] == ids


def test_what_was_not_synced_is_not_in_a_list(store: Store) -> None:
    stands(store)
    stands(store, LONDON, kinds={}, ended_at=None, round=Round(NOON))
    hold(store, event("1"), event("2", connection=LONDON))
    assert [one.id for one in Copies(store, [PRETIX, LONDON], EVENTS, "").events(Wanted(NOON))] == ["1"]


def test_revenue_is_added_up_where_every_record_could_be_read(store: Store) -> None:
    for name, gross in ((PRETIX, "10.00"), (LONDON, "20.00")):
        stands(store, name)
        hold(store, one := event("1", connection=name))
        sold(store, one, gross)
    store.quarantine([Quarantined(Feed(LONDON, "orders"), "x", "orders[1]", "no id", "walk", NOON)])
    store.quarantine([Quarantined(Feed(PRETIX, "attendees"), "x", "attendees[1]", "no id", "walk", NOON)])
    found = Copies(store, [PRETIX, LONDON], SOLD, "").revenue(Wanted(NOON))
    assert [(one.connection, one.state, one.count, one.problems) for one in found.connections] == [
        (PRETIX, "ok", 1, 0),
        (LONDON, "partial", 1, 1),
    ]
    assert found.connections[1].message == "Records that could not be read and are left out: 1."
    assert len(found.events) == 2
    assert [total.gross_revenue for total in found.totals] == [Decimal("10.00")]
    assert list(found.by_connection) == [PRETIX]
    copies = Copies(store, [PRETIX, LONDON], SOLD, "")
    assert [one.connection for one in copies.periods(list(copies.events(Wanted(NOON))), "day")] == [PRETIX]


def test_revenue_of_single_events(store: Store) -> None:
    stands(store)
    hold(store, one := event("a/b"), event("2"))
    sold(store, one, "10.00")
    copies = Copies(store, [PRETIX, LONDON], SOLD, "")
    asked = [parse("pretix:a~2Fb"), Reference(PRETIX, "gone"), Reference(LONDON, "1")]
    found = copies.revenue_of(asked)
    assert [pair[0].reference for pair in found.events] == ["pretix:a~2Fb"]
    assert (found.totals, found.by_connection) == ([], {})
    assert [(one.state, one.code, one.message) for one in found.connections] == [
        ("partial", "not_found", "The copy has no event gone."),
        ("failed", "not_synced", "It was not synced yet."),
    ]
    [alone] = Copies(store, [PRETIX], SOLD, "").revenue_of(asked[1:2]).connections
    assert (alone.state, alone.count) == ("failed", 0)


def test_periods_are_in_order_and_those_that_nobody_tells_come_last(store: Store) -> None:
    stands(store)
    for id, gross, placed in (("1", "1.00", NOON), ("2", "2.00", NOON - 40 * DAY), ("3", "4.00", NOON + HOUR)):
        hold(store, one := event(id))
        sold(store, one, gross, placed)
    hold(store, unknown := event("4"))
    sale = Sale(id="1", order="2", currency="EUR", gross=Decimal("8.00"), refunded=None, tax=None, tickets=None)
    whole = revenue(
        [sale], provider="pretix", account="default", event_id="4", currency="EUR", basis="orders", as_of=NOON
    )
    store.settle(PRETIX, [(Touched("4", "x"), Totals(whole, by_day(unknown, [sale], {}, ())))])
    copies = Copies(store, [PRETIX], SOLD, "")
    months = copies.periods(list(copies.events(Wanted(NOON))), "month")
    told = [(one.period, one.connection, one.currency, one.gross_revenue, one.refunds, one.orders) for one in months]
    assert told == [
        ("2027-01", PRETIX, "EUR", Decimal("2.00"), Decimal("0.00"), 1),
        ("2027-03", PRETIX, "EUR", Decimal("5.00"), Decimal("0.00"), 2),
        (None, PRETIX, "EUR", Decimal("8.00"), None, 1),
    ]
    assert "refunds (pretix)" in months[2].unreported
    days = [one.period for one in copies.periods(list(copies.events(Wanted(NOON, starts_after=NOON))), "day")]
    assert days == [str(date(2027, 1, 20)), str(date(2027, 3, 1)), None]


# Cursors


def test_a_cursor_carries_its_question() -> None:
    wanted = Wanted(NOON, NOON, None, "live", "brass")
    question = cursors.decode(cursors.encode([PRETIX, LONDON], wanted, "place"), [LONDON, PRETIX, "dice"], True)
    assert question is not None
    assert (question.connections, question.after) == ((PRETIX, LONDON), "place")
    assert question.wanted(NOON + HOUR) == replace(wanted, moment=NOON + HOUR)


@pytest.mark.parametrize("value", [{PRETIX: "x"}, [1, 2], "text", {"source": "live"}, None, {}])
def test_a_cursor_of_the_platforms_is_none_of_ours(value: object) -> None:
    assert cursors.decode(pack(value), [PRETIX]) is None
    assert cursors.decode(pack(value), [PRETIX], False) is None
    with pytest.raises(InvalidArgument, match="elsewhere"):
        cursors.decode(pack(value), [PRETIX], True)


QUESTION = {"source": "synced", "connections": [PRETIX], "after": "x", "q": None, "status": None}
TIMES = {"starts_after": None, "starts_before": None}


@pytest.mark.parametrize(
    "changed",
    [
        {"after": None},
        {"after": 1},
        {"connections": "pretix"},
        {"connections": [LONDON]},
        {"status": "good"},
        {"q": 3},
        {"starts_after": "yesterday"},
        {"starts_after": "2027-03-01T00:00:00"},
        {"starts_before": "0001-01-01T00:00:00+14:00"},
        {"starts_before": []},
    ],
)
def test_a_damaged_cursor_is_refused(changed: Mapping[str, object]) -> None:
    assert cursors.decode(pack({**QUESTION, **TIMES}), [PRETIX]) is not None
    with pytest.raises(InvalidArgument) as refused:
        cursors.decode(pack({**QUESTION, **TIMES, **changed}), [PRETIX])
    assert refused.value.param == "cursor"

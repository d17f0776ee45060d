"""A run over what a platform told to have changed: just that is looked at, and it is as the platform has it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.registry import SLUGS
from connectors.webhook import Change, ChangeKind
from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.day import CLERK, checks_in, refunds, sells, untouched
from spekta.sandbox.deliveries import What, deliver, told
from spekta.sync import Status, Store
from spekta.sync.feeds import KINDS, Kind, Progress
from spekta.sync.sqlite import SqliteStore
from spekta.sync.status import MOST_TOLD, PARKED_AFTER, Failure
from spekta.sync.targeted import LISTED, is_target
from spekta.sync.watching import Result, Sync, tell
from tests.connectors import expected
from tests.connectors.conftest import Account
from tests.connectors.sandboxed import Clock
from tests.connectors.test_contract import differences
from tests.connectors.webhooks import PLATFORMS, delivery, happen, secret, taken

from .desk import CHANGES, DAY, HOUR, Desk, Happening, announces_event, deletes_event

pytestmark = pytest.mark.anyio
LONG = pytest.mark.long
KIND_OF: dict[ChangeKind, Kind] = {"event": "events", **LISTED}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits before a retry."""
    Clock().stop(monkeypatch)


def desk_of(slug: str, store: SqliteStore) -> Desk:
    return Desk(Account(slug, create_app()), store)


def progresses(desk: Desk) -> dict[Kind, dict[str, Progress]]:
    return {kind: desk.store.progresses(desk.slug, kind) for kind in KINDS}


def kept(desk: Desk) -> tuple[Status, dict[Kind, dict[str, Progress]]]:
    """What a run over single records leaves as it is."""
    return desk.status, progresses(desk)


def calls(desk: Desk) -> int:
    return len([entry for entry in desk.account.sandbox.log if not entry.path.endswith(("/token", "/tokens"))])


async def told_of(desk: Desk, *changes: Change, **more: Any) -> tuple[str, int]:
    """The outcome of a run over these changes, and how many calls it took."""
    before = calls(desk)
    return await desk.sync(changes=changes, **more), calls(desk) - before


def wrong(desk: Desk, kind: Kind, id: str) -> list[str]:
    """What the store says of one record otherwise than the box office."""
    wanted = expected.records(desk.account.service, desk.box, kind).get(id)
    records = {record.id: record for record in desk.records(kind)}
    if id not in records:
        return [f"{kind} {id} is missing"]
    return ["it is too many"] if wanted is None else list(differences(desk.account, kind, records[id], wanted))


async def check_usual_run(desk: Desk) -> None:
    """The next usual runs find all else, and nothing of this a second time."""
    for pause in (HOUR, DAY):
        desk.later(pause)
        assert await desk.sync() == "done"
    assert desk.wrong() == []
    ids = [change.id for change in desk.heard.changes]
    assert len(ids) == len(set(ids))


# What platforms tell

TOLD = [
    (slug, what)
    for slug in PLATFORMS
    for what in told(slug)
    if any(map(is_target, taken(slug, delivery(slug, what)).changes))
]
# A listing of the account that tells changes, one that tells new records, one by event, one filtered on our side.
SEVERAL_KINDS = {"eventbrite", "ticket-tailor", "pretix", "eventix"}
# The most calls for one record and the sums that it belongs to; all of the account takes 25 to 172.
MOST = {
    "eventbrite": 3,
    "ticket-tailor": 4,
    "billetto": 10,
    "eventix": 18,
    "helloasso": 5,
    "universe": 1,
    "regfox": 7,
    "pretix": 6,
    "equaticket": 5,
}


@pytest.mark.parametrize(
    "slug, what", [case if case[0] in SEVERAL_KINDS else pytest.param(*case, marks=LONG) for case in TOLD]
)
async def test_what_a_platform_tells_is_copied_in_a_few_calls(slug: str, what: What, file: SqliteStore) -> None:
    desk = desk_of(slug, file)
    await desk.sync()
    whole = calls(desk)
    desk.later(HOUR)
    happened = happen(desk.box, what)
    (change,) = taken(slug, deliver(slug, happened, secret(slug)), now=desk.box.now).changes
    before, number = kept(desk), len(desk.heard.changes)
    outcome, asked = await told_of(desk, change)
    assert outcome == "done"
    assert asked <= MOST[slug]
    assert asked * 4 < whole
    assert change.id is None or wrong(desk, KIND_OF[change.kind], change.id) == []
    assert change.event_id is None or kept(desk) == before
    assert what == "sold_out" or len(desk.heard.changes) > number
    await check_usual_run(desk)


def test_every_platform_that_names_records_is_known() -> None:
    assert {slug for slug, _ in TOLD} == set(MOST)
    assert not any(
        is_target(change) for slug in set(PLATFORMS) - set(MOST) for change in taken(slug, delivery(slug)).changes
    )


# What any platform could tell


def first_event(desk: Desk) -> str:
    return desk.account.service.event_id(desk.box.event(untouched(desk.box)[0].event))


def renames(box: BoxOffice) -> None:
    event = box.event(untouched(box)[0].event)
    box.put_event(replace(event, name="Un autre concert", updated_at=box.now))


def changed(desk: Desk, kind: Kind, happening: Happening) -> set[str]:
    """The records of a kind that this changes, as far as the platform tells it."""
    before = expected.records(desk.account.service, desk.box, kind)
    happening(desk.box)
    after = expected.records(desk.account.service, desk.box, kind)
    return {id for id in after if after[id] != before.get(id)}


@pytest.mark.parametrize("slug", [slug if slug in PLATFORMS else pytest.param(slug, marks=LONG) for slug in SLUGS])
@pytest.mark.parametrize(
    "word, happening",
    [("event", renames), ("order", sells), ("order", refunds), ("attendee", checks_in), ("ticket", sells)],
)
async def test_a_record_is_as_its_platform_has_it(
    slug: str, word: ChangeKind, happening: Happening, file: SqliteStore
) -> None:
    """Also of platforms that deliver nothing: one that will."""
    desk, kind = desk_of(slug, file), KIND_OF[word]
    if kind not in desk.account.provider.capabilities:
        pytest.skip(f"{slug} has no {kind}")
    await desk.sync()
    whole = calls(desk)
    desk.later(HOUR)
    event_id = first_event(desk)
    ids = changed(desk, kind, happening)
    if not ids:  # evvnt does not tell how many were sold
        return
    before = kept(desk)
    changes = [Change(kind=word, id=id, event_id=event_id) for id in ids]
    outcome, asked = await told_of(desk, *changes)
    assert outcome == "done"
    assert [line for id in ids for line in wrong(desk, kind, id)] == []
    assert kept(desk) == before
    assert asked * 2 < whole


# What there is to look at


async def test_many_changes_are_looked_at_once(file: SqliteStore) -> None:
    desk = desk_of("pretix", file)
    await desk.sync()
    desk.later(HOUR)
    event_id = first_event(desk)
    ids = changed(desk, "orders", sells) | changed(desk, "orders", refunds)
    one = [Change(kind="order", id=id, event_id=event_id) for id in ids]
    twice = [*one, *one, Change(kind="event", id=event_id, event_id=event_id)] * 10
    outcome, asked = await told_of(desk, *twice)
    assert outcome == "done"
    assert asked <= MOST["pretix"] + 4
    assert [line for id in ids for line in wrong(desk, "orders", id)] == []


async def test_what_does_not_move_a_records_clock_is_found_in_the_whole_listing(file: SqliteStore) -> None:
    """A part of the money went back, and the order's status is as before."""
    desk = desk_of("pretix", file)
    await desk.sync()
    desk.later(HOUR)
    order = next(one for one in untouched(desk.box) if len(one.tickets) > 1)
    given_back = CLERK.give_back(order, desk.box.now, order.tickets[0])
    desk.box.put_order(replace(given_back, updated_at=order.updated_at))
    event_id, id = first_event(desk), desk.account.service.order_id(order)
    assert wrong(desk, "orders", id)
    assert (await told_of(desk, Change(kind="order", id=id, event_id=event_id)))[0] == "done"
    assert wrong(desk, "orders", id) == []
    async with desk.account.connect() as connector:
        live = await connector.get_revenue(event_id)
    (totals,) = desk.store.totals("pretix", [event_id])
    assert totals.revenue.model_copy(update={"as_of": live.as_of}) == live


async def test_an_event_that_is_not_known_yet_is_fetched_first(file: SqliteStore) -> None:
    desk = desk_of("ticket-tailor", file)
    await desk.sync()
    announces_event(desk.box)
    (event_id,) = expected.records(desk.account.service, desk.box, "events").keys() - {
        one.id for one in desk.records("events")
    }
    desk.heard.changes.clear()
    assert (await told_of(desk, Change(kind="order", id=None, event_id=event_id))) == ("done", 2)
    assert [change.model_dump()["type"] for change in desk.heard.changes] == ["event.created", "order.created"]
    (totals,) = desk.store.totals("ticket-tailor", [event_id])
    assert totals.revenue.orders == 1


@pytest.mark.parametrize("word", ["event", "order"])
async def test_what_is_gone_is_left_to_the_next_walk_of_everything(file: SqliteStore, word: ChangeKind) -> None:
    desk = desk_of("eventbrite", file)
    await desk.sync()
    event_id = desk.account.service.event_id(desk.box.events[1])
    deletes_event(desk.box)
    before = kept(desk), desk.rows("events"), desk.rows("orders")
    change = Change(kind=word, id=event_id if word == "event" else None, event_id=event_id)
    assert (await told_of(desk, change))[0] == "done"
    assert (kept(desk), desk.rows("events"), desk.rows("orders")) == before
    await check_usual_run(desk)


@pytest.mark.parametrize(
    "change", [Change(kind="account"), Change(kind="order"), Change(kind="event"), Change(kind="account", id="1")]
)
async def test_where_it_is_not_told_which_record_all_that_changed_is_looked_for(
    file: SqliteStore, change: Change
) -> None:
    desk = desk_of("eventbrite", file)
    await desk.sync()
    desk.later(HOUR)
    for happening in CHANGES:
        happening(desk.box)
    ended = desk.status.ended_at
    one = Change(kind="event", id=first_event(desk))
    assert (await told_of(desk, one, change))[0] == "done"
    assert desk.wrong() == []
    assert desk.status.ended_at != ended


@pytest.mark.parametrize("slug, calls_for_all", [("eventbrite", 3), ("ticket-tailor", 3), ("pretix", 9)])
async def test_an_order_of_an_event_that_is_not_named(file: SqliteStore, slug: str, calls_for_all: int) -> None:
    """The account is asked for what changed where it can be; else the event is asked that the order is known to be
    of.
    """
    desk = desk_of(slug, file)
    await desk.sync()
    desk.later(HOUR)
    (id,) = changed(desk, "orders", refunds)
    outcome, asked = await told_of(desk, Change(kind="order", id=id))
    assert (outcome, wrong(desk, "orders", id)) == ("done", [])
    assert asked <= calls_for_all
    await check_usual_run(desk)


async def test_a_platform_that_cannot_tell_is_not_read_whole(file: SqliteStore) -> None:
    """Weezevent lists orders by event alone, and does not tell which changed."""
    desk = desk_of("weezevent", file)
    await desk.sync()
    before = kept(desk)
    assert await told_of(desk, Change(kind="order", id="900001")) == ("done", 0)
    assert kept(desk) == before


async def test_into_a_store_that_is_empty(file: SqliteStore) -> None:
    desk = desk_of("eventbrite", file)
    event_id = first_event(desk)
    assert (await told_of(desk, Change(kind="order", event_id=event_id)))[0] == "done"
    assert [one.id for one in desk.records("events")] == [event_id]
    assert desk.status == Status("eventbrite")
    assert await desk.sync() == "done"
    assert desk.wrong() == []


async def test_in_the_middle_of_a_walk_of_everything(file: SqliteStore) -> None:
    """What the walk was to meet and a single look has written is not taken for missing."""
    desk = desk_of("eventbrite", file)
    left = iter([True] * 10 + [False])
    assert await desk.sync(has_time=lambda: next(left)) == "more"
    (id,) = changed(desk, "orders", sells)
    before = kept(desk)
    assert (await told_of(desk, Change(kind="order", id=id, event_id=first_event(desk))))[0] == "done"
    assert kept(desk) == before
    assert wrong(desk, "orders", id) == []
    await check_usual_run(desk)


# What goes wrong

ORDER = Change(kind="order", id="1", event_id="2")


async def test_a_pause_that_the_platform_asks_for_is_kept(file: SqliteStore) -> None:
    desk = desk_of("ticket-tailor", file)
    await desk.sync()
    desk.account.sandbox.misbehave("ticket-tailor", "rate_limited", retry_after=600)
    assert (await told_of(desk, ORDER))[0] == "waiting"
    assert desk.status.next_try is not None
    assert timedelta(seconds=595) < desk.status.next_try - desk.now() <= timedelta(seconds=600)
    assert desk.status.failures == 0


async def test_many_failures_are_one_until_the_schedule_has_tried_again(file: SqliteStore) -> None:
    """However often it is told of changes, a platform that is down for a minute parks no connection."""
    desk = desk_of("ticket-tailor", file)
    await desk.sync()
    desk.account.sandbox.misbehave("ticket-tailor", "unauthorized")
    for _ in range(2 * PARKED_AFTER):
        assert (await told_of(desk, ORDER))[0] == "failed"
    assert (desk.status.failures, desk.status.parked) == (1, False)
    desk.later(HOUR)
    assert (await told_of(desk, ORDER))[0] == "failed"
    assert desk.status.failures == 2
    desk.account.sandbox.behave()
    assert await desk.sync() == "done"
    assert desk.status.failures == 0


async def test_a_listing_that_is_refused_does_not_stop_the_others(file: SqliteStore) -> None:
    desk = desk_of("eventbrite", file)
    await desk.sync()
    desk.later(HOUR)
    desk.account.sandbox.misbehave("eventbrite", "forbidden", path="/attendees")
    event_id = first_event(desk)
    (id,) = changed(desk, "orders", refunds)
    changes = [Change(kind="attendee", event_id=event_id), Change(kind="order", id=id, event_id=event_id)]
    assert (await told_of(desk, *changes))[0] == "partly"
    assert wrong(desk, "orders", id) == []
    assert (desk.status.state, desk.status.failures) == ("in_part", 0)
    desk.account.sandbox.behave()
    await check_usual_run(desk)
    assert desk.status.state == "up_to_date"


async def test_a_run_that_is_out_of_time_leaves_the_rest_to_the_next(file: SqliteStore) -> None:
    desk = desk_of("eventbrite", file)
    await desk.sync()
    changes = [Change(kind="event", id=one.id) for one in desk.records("events")]
    left = iter([True] * 3 + [False])
    assert await told_of(desk, *changes, has_time=lambda: next(left)) == ("more", 4)
    assert desk.status.is_due(desk.now())


async def test_beside_another_worker_it_is_left_to_the_schedule(file: SqliteStore) -> None:
    desk = desk_of("eventbrite", file)
    assert file.lease("eventbrite", "elsewhere/1/1", desk.now(), desk.now() + HOUR)
    assert await told_of(desk, ORDER) == ("busy", 0)


# What was told and not looked at


async def test_what_could_not_be_looked_at_is_looked_at_by_the_next_run(file: SqliteStore) -> None:
    """Of what a platform lists by creation a usual run finds new records alone."""
    desk = desk_of("ticket-tailor", file)
    await desk.sync()
    desk.later(HOUR)
    (id,) = changed(desk, "orders", refunds)
    change = Change(kind="order", id=id, event_id=first_event(desk))
    desk.account.sandbox.misbehave("ticket-tailor", "rate_limited", retry_after=600)
    for _ in range(2):
        assert (await told_of(desk, change))[0] == "waiting"
        assert desk.status.told == (change,)
    desk.account.sandbox.behave()
    assert wrong(desk, "orders", id)
    assert await desk.sync() == "done"
    assert wrong(desk, "orders", id) == []
    assert desk.status.told == ()


async def test_what_was_told_before_is_looked_at_with_what_is_told_now(file: SqliteStore) -> None:
    desk = desk_of("ticket-tailor", file)
    await desk.sync()
    (id,) = changed(desk, "orders", refunds)
    event_id = first_event(desk)
    assert tell(file, "ticket-tailor", "somebody", [Change(kind="order", id=id, event_id=event_id)])
    before = desk.status
    assert (await told_of(desk, Change(kind="event", id=event_id)))[0] == "done"
    assert wrong(desk, "orders", id) == []
    assert desk.status == replace(before, told=())


def test_of_very_much_all_that_changed_is_looked_for(store: Store) -> None:
    changes = [Change(kind="order", id=str(number), event_id="1") for number in range(MOST_TOLD)]
    assert tell(store, "pretix", "somebody", [*changes, *changes])
    assert store.status("pretix").told == tuple(changes)
    assert tell(store, "pretix", "somebody", [Change(kind="order", id="x", event_id="1")])
    assert store.status("pretix").told == (Change(kind="account"),)


def test_while_a_worker_is_at_it_nothing_can_be_noted(store: Store) -> None:
    moment = datetime.now(UTC)
    assert store.lease("pretix", "elsewhere/1/1", moment, moment + HOUR)
    assert not tell(store, "pretix", "somebody", [ORDER])
    assert store.status("pretix").told == ()


async def test_watching_looks_at_what_is_told_before_the_next_run_is_due(
    file: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spekta.sync.watching.GLANCE", timedelta(milliseconds=10))
    desk = desk_of("ticket-tailor", file)
    ended: list[Result] = []
    reached = asyncio.Event()

    def result(one: Result) -> None:
        ended.append(one)
        reached.set()

    sync = Sync(lambda _: desk.account.connect(), file, "me", announcer=desk.heard, on_result=result)
    watching = asyncio.create_task(sync.watch(["ticket-tailor"]))
    await reached.wait()
    due = desk.status.next_try
    reached.clear()
    (id,) = changed(desk, "orders", refunds)
    assert tell(file, "ticket-tailor", "somebody", [Change(kind="order", id=id, event_id=first_event(desk))])
    await reached.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert [one.outcome for one in ended] == ["done", "done"]
    assert wrong(desk, "orders", id) == []
    assert desk.status.next_try == due


@pytest.mark.parametrize(
    "status, has_news",
    [
        (Status("dice"), False),
        (Status("dice", told=(ORDER,)), True),
        (Status("dice", told=(ORDER,), last_error=Failure("permission_denied", "No.")), True),
        (Status("dice", told=(ORDER,), last_error=Failure("rate_limited", "Wait.")), False),
        (Status("dice", told=(ORDER,), failures=1), False),
        (Status("dice", told=(ORDER,), failures=8, parked=True), False),
    ],
)
def test_what_is_told_of_a_platform_that_fails_waits_for_the_schedule(status: Status, has_news: bool) -> None:
    assert status.has_news is has_news

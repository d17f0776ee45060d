"""Filters and since: the right records come back, whether the platform sorts them out or the connector does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from connectors import InvalidArgument
from connectors.models import AttendeeStatus, EventStatus, OrderStatus

from . import expected
from .conftest import LISTINGS, Account

pytestmark = pytest.mark.anyio
SECOND = timedelta(seconds=1)
FESTIVAL = "festival-des-quais"
GARDEN = "concert-au-jardin"

Check = Callable[[Any], bool]


def about(account: Account, kind: str, event: str = GARDEN) -> tuple[str, ...]:
    return () if kind == "events" else (account.service.event_id(account.box.event(event)),)


async def check(account: Account, kind: str, name: str, value: Any, fits: Check, event: str = GARDEN) -> list[Any]:
    """Asks with a filter: the records are those of the whole listing that fit, and it is told who sorted them out."""
    async with account.connect() as connector:
        get, stream = getattr(connector, f"get_{kind}"), getattr(connector, f"stream_{kind}")
        whole = [record async for record in stream(*about(account, kind, event))]
        page = await get(*about(account, kind, event), filters={name: value}, page_size=1000)
        streamed = [record async for record in stream(*about(account, kind, event), filters={name: value})]
    wanted = [record for record in whole if fits(record)]
    assert [record.id for record in page] == [record.id for record in wanted] == [record.id for record in streamed]
    assert page.filtered_here == (() if is_known(account, kind, name, value) else (name,))
    return wanted


def is_known(account: Account, kind: str, name: str, value: Any) -> bool:
    """Whether the platform itself can filter so, every part of a listing."""
    filters = [stream.filters.get(name) for stream in account.provider.parts(kind)]
    return all(one is not None and (one.words is None or value in one.words) for one in filters)


def skip_untold(account: Account, kind: str, name: str) -> None:
    if any(stream.untold.get(name) == "" for stream in account.provider.parts(kind)):
        pytest.skip(f"{account.provider.name} does not tell it")


@pytest.mark.parametrize("status", get_args(EventStatus))
async def test_events_by_status(account: Account, status: str) -> None:
    await check(account, "events", "status", status, lambda event: event.status == status)


@pytest.mark.parametrize("words", ["la nuit", "WINTERKABARETT", "Ópera", "夜", "& soup", "no such event"])
async def test_events_by_name(account: Account, words: str) -> None:
    found = await check(account, "events", "q", words, lambda event: words.casefold() in event.name.casefold())
    names = [held[0].name for held in expected.dates(account.service, account.box).values()]
    assert len(found) == sum(words.casefold() in name.casefold() for name in names)


@pytest.mark.parametrize("offset", [-SECOND, timedelta(0), SECOND])
async def test_events_by_start(account: Account, offset: timedelta) -> None:
    """An event that starts at that very moment is after it, and not before it."""
    moment = account.box.event(GARDEN).starts_at + offset
    after = await check(account, "events", "starts_after", moment, lambda event: event.starts_at >= moment)
    before = await check(account, "events", "starts_before", moment, lambda event: event.starts_at < moment)
    garden = account.service.event_id(account.box.event(GARDEN))
    assert (garden in {event.id for event in after}) == (offset <= timedelta(0))
    assert (garden in {event.id for event in before}) == (offset > timedelta(0))


@pytest.mark.needs("orders")
@pytest.mark.parametrize("status", get_args(OrderStatus))
async def test_orders_by_status(account: Account, status: str) -> None:
    await check(account, "orders", "status", status, lambda order: order.status == status)


@pytest.mark.needs("orders")
@pytest.mark.parametrize("address", ["rosa@example.org", "ROSA@example.org", "nobody@example.org"])
async def test_orders_by_buyer(account: Account, address: str) -> None:
    skip_untold(account, "orders", "buyer_email")
    found = await check(account, "orders", "buyer_email", address, lambda order: order.buyer_email == address.lower())
    bought = expected.orders_of(account.service, account.box, *about(account, "orders"))
    assert len(found) == sum(order.buyer.email == address.lower() for order in bought)


@pytest.mark.needs("attendees")
@pytest.mark.parametrize("status", get_args(AttendeeStatus))
async def test_attendees_by_status(account: Account, status: str) -> None:
    await check(account, "attendees", "status", status, lambda attendee: attendee.status == status)


@pytest.mark.needs("attendees")
@pytest.mark.parametrize("entered", [True, False])
async def test_attendees_by_check_in(account: Account, entered: bool) -> None:
    skip_untold(account, "attendees", "checked_in")
    here = {"event": "nuit-des-horloges"}
    found = await check(account, "attendees", "checked_in", entered, lambda one: one.checked_in is entered, **here)
    assert len(found) == {True: 5, False: 6}[entered]


async def test_filters_add_up(account: Account) -> None:
    moment = account.box.event(GARDEN).starts_at
    asked = {"status": "live", "q": "e", "starts_after": moment}
    async with account.connect() as connector:
        page = await connector.get_events(filters=asked)
        whole = [event async for event in connector.stream_events()]
    fits = [event for event in whole if event.status == "live" and event.starts_at and event.starts_at >= moment]
    assert [event.id for event in page] == [event.id for event in fits if "e" in str(event.name).casefold()]
    assert set(page.filtered_here) == {name for name in asked if not is_known(account, "events", name, asked[name])}


@pytest.mark.parametrize(
    "kind, name, value",
    [("orders", "buyer_email", "a@example.org"), ("attendees", "checked_in", True), ("events", "status", "live")],
)
async def test_what_a_platform_does_not_tell_cannot_be_asked_for(
    own_account: Account, kind: str, name: str, value: Any
) -> None:
    """It is refused before any request: to find nothing would look as if there were none."""
    needed = {stream.untold[name] for stream in own_account.provider.parts(kind) if name in stream.untold}
    assert (needed == {""}) == (f"{kind.removesuffix('s')}.{name}" in own_account.service.not_carried)
    for option in needed:
        async with own_account.connect({option: False} if option else None) as connector:
            with pytest.raises(InvalidArgument, match="does not tell") as refused:
                await getattr(connector, f"get_{kind}")(*about(own_account, kind), filters={name: value})
        assert refused.value.param == name
        assert option in refused.value.advice
    assert list(own_account.sandbox.log) == []


@pytest.mark.parametrize("kind", LISTINGS)
async def test_an_unknown_filter_is_refused_before_any_request(own_account: Account, kind: str) -> None:
    async with own_account.connect() as connector:
        with pytest.raises(InvalidArgument, match="colour") as refused:
            await getattr(connector, f"get_{kind}")(*about(own_account, kind), filters={"colour": "red"})
    assert refused.value.param == "colour"
    assert list(own_account.sandbox.log) == []


# Since


def clock(mode: str) -> str:
    """Which time of a record a platform compares with."""
    return "created_at" if mode == "created" else "updated_at"


@pytest.mark.parametrize("kind", ["events", "orders", "attendees"])
@pytest.mark.parametrize("event", [GARDEN, FESTIVAL])
async def test_since_gives_what_changed_at_or_after(account: Account, kind: str, event: str) -> None:
    """Or was created then, where the platform knows no more; or everything, where it knows neither."""
    (mode,) = {stream.since.mode for stream in account.provider.parts(kind)}
    wanted = expected.records(account.service, account.box, kind)
    async with account.connect() as connector:
        stream = getattr(connector, f"stream_{kind}")
        whole = [record.id async for record in stream(*about(account, kind, event))]
        times: list[datetime] = sorted(wanted[id][clock(mode)] for id in whole)
        for moment in (times[0], times[len(times) // 2], times[-1], times[-1] + SECOND):
            found = [record.id async for record in stream(*about(account, kind, event), since=moment)]
            must = {id for id in whole if mode == "none" or wanted[id][clock(mode)] >= moment}
            assert len(found) == len(set(found))
            assert must <= set(found)
            allowed = later_returned(account, kind, wanted, moment) | earlier(account, kind, wanted, moment)
            assert set(found) - must <= allowed


def later_returned(account: Account, kind: str, wanted: expected.Records, moment: datetime) -> set[str]:
    """A listing in two parts, bought and returned, also has what was returned since."""
    if len(account.provider.parts(kind)) == 1:
        return set()
    return {id for id, fields in wanted.items() if fields["status"] == "refunded" and fields["updated_at"] >= moment}


def earlier(account: Account, kind: str, wanted: expected.Records, moment: datetime) -> set[str]:
    """What changed a little before, where nobody says in which zone a platform reads times, so that the westernmost is
    taken.
    """
    since = account.provider.parts(kind)[0].since
    behind = moment.astimezone(ZoneInfo(since.zone)).utcoffset() if since.zone and since.parameter else None
    slack = max(-(behind or timedelta(0)), timedelta(0))
    return {id for id, fields in wanted.items() if slack and fields[clock(since.mode)] >= moment - slack}


@pytest.mark.needs("orders")
async def test_since_between_seconds_loses_nothing(account: Account) -> None:
    """Platforms compare whole seconds: what was placed within the second asked for comes back too."""
    orders = expected.orders_of(account.service, account.box, *about(account, "orders"))
    last = max(orders, key=lambda order: order.updated_at)
    async with account.connect() as connector:
        moment = max(last.updated_at, last.placed_at) + SECOND / 2
        found = [order.id async for order in connector.stream_orders(*about(account, "orders"), since=moment)]
    (mode,) = {stream.since.mode for stream in account.provider.parts("orders")}
    assert (account.service.order_id(last) in found) == (mode != "created")


async def test_a_time_without_a_zone_is_refused_before_any_request(own_account: Account) -> None:
    async with own_account.connect() as connector:
        with pytest.raises(InvalidArgument, match="time zone") as refused:
            await connector.get_events(since=datetime(2026, 1, 1))  # noqa: DTZ001
    assert refused.value.param == "since"
    assert list(own_account.sandbox.log) == []

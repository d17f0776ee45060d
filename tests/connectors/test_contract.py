"""One box office, many platforms, equal models: every record is held against what the seller knows."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from connectors import Connector, Unsupported, providers
from connectors.models import (
    Model,
    Problem,
    UnifiedAttendee,
    UnifiedEvent,
    UnifiedOrder,
    UnifiedRevenue,
    UnifiedTicket,
    Venue,
)

from . import expected
from .conftest import LISTINGS, Account
from .expected import OneOf

pytestmark = pytest.mark.anyio
GATED = [
    (provider.slug, kind, option) for provider in providers() for kind in LISTINGS if (option := provider.needs(kind))
]
COUNTING = [provider.slug for provider in providers() if any(one.name == "count_sold" for one in provider.options)]
every_kind = pytest.mark.parametrize("kind", expected.KINDS)
MODELS: Mapping[str, type[Model]] = {
    "event": UnifiedEvent,
    "event.venue": Venue,
    "ticket": UnifiedTicket,
    "attendee": UnifiedAttendee,
    "order": UnifiedOrder,
    "revenue": UnifiedRevenue,
}


def unexpected(problem: Problem) -> None:
    raise AssertionError(problem)


async def read(connector: Connector, kind: str) -> list[Any]:
    """All records of a kind in an account, read event by event."""
    events = [event async for event in connector.stream_events(on_problem=unexpected)]
    if kind == "events":
        return events
    if kind == "revenue":
        return [await connector.get_revenue(event.id) for event in events]
    stream = getattr(connector, f"stream_{kind}")
    return [record for event in events async for record in stream(event.id, on_problem=unexpected)]


class Readings(dict[tuple[str, str], list[Any]]):
    """What was read of the season, which does not change."""

    async def of(self, account: Account, kind: str) -> list[Any]:
        if (account.slug, kind) not in self:
            async with account.connect() as connector:
                self[account.slug, kind] = await read(connector, kind)
        return self[account.slug, kind]


@pytest.fixture(scope="session")
def readings() -> Readings:
    return Readings()


def key(record: Any) -> str:
    found: str = record.event_id if isinstance(record, UnifiedRevenue) else record.id
    return found


def value(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = None if record is None else getattr(record, name)
    return record


def fits(found: Any, wanted: Any) -> bool:
    return found in wanted if isinstance(wanted, OneOf) else bool(found == wanted)


def truth(wanted: Any) -> Any:
    return wanted[0] if isinstance(wanted, OneOf) else wanted


def word(kind: str) -> str:
    return "revenue" if kind == "revenue" else kind.removesuffix("s")


def differences(account: Account, kind: str, record: Any, fields: expected.Fields) -> Iterable[str]:
    for path, wanted in fields.items():
        found, name = value(record, path), f"{word(kind)}.{path}"
        silent = {name, f"{name}={truth(wanted)}"} & set(account.service.not_carried)
        if silent and (found is None or not isinstance(wanted, OneOf)):
            continue
        if not fits(found, wanted):
            yield f"{key(record)}.{path} is {found!r}, should be {wanted!r}"


@every_kind
async def test_records_say_what_the_box_office_knows(account: Account, kind: str, readings: Readings) -> None:
    wanted = expected.records(account.service, account.box, kind)
    found = await readings.of(account, kind)
    assert sorted(map(key, found)) == sorted(wanted)
    assert [line for record in found for line in differences(account, kind, record, wanted[key(record)])] == []


async def test_what_a_platform_is_said_not_to_carry_it_does_not_carry(account: Account, readings: Readings) -> None:
    """Each entry names a field that differs from the box office or tells nothing, or a value that never comes."""
    pairs: dict[str, list[tuple[expected.Fields, Any]]] = {}
    for kind in account.provider.capabilities:
        wanted = expected.records(account.service, account.box, kind)
        pairs[word(kind)] = [(wanted[key(record)], record) for record in await readings.of(account, kind)]
    assert [entry for entry in account.service.not_carried if is_stale(entry, pairs)] == []


def is_stale(entry: str, pairs: Mapping[str, Iterable[tuple[expected.Fields, Any]]]) -> bool:
    name, _, said = entry.partition("=")
    kind, path = name.split(".", 1)
    model, _, field = name.rpartition(".")
    if field not in MODELS[model].model_fields:
        return True
    found = [(fields.get(path), value(record, path)) for fields, record in pairs[kind]]
    if said:
        return any(str(seen) == said for _, seen in found)
    return all(seen == truth(wanted) for wanted, seen in found) and any(seen for _, seen in found)


@every_kind
async def test_every_record_is_whole(account: Account, kind: str, readings: Readings) -> None:
    """Its origin is told, times are aware and in UTC, and amounts have the currency's own decimals."""
    found = await readings.of(account, kind)
    assert found
    for record in found:
        assert (record.provider, record.account) == (account.slug, "default")
        for model in (record, *getattr(record, "lines", ())):
            for name, seen in model:
                if isinstance(seen, datetime):
                    assert seen.tzinfo is UTC, name
                elif isinstance(seen, Decimal) and record.currency:
                    assert seen.as_tuple().exponent == -expected.decimals(record.currency), (key(record), name, seen)


@pytest.mark.parametrize("kind", LISTINGS)
async def test_unknown_fields_change_nothing_and_stay_in_raw(account: Account, kind: str, readings: Readings) -> None:
    before = await readings.of(account, kind)
    async with account.connect(wrap=Newer) as connector:
        after = await read(connector, kind)
    assert [record.model_dump() for record in after] == [record.model_dump() for record in before]
    rows = [row for record in after for row in (record.raw if isinstance(record.raw, list) else [record.raw])]
    assert all(row["field_of_next_year"] == {"a": [1]} for row in rows if isinstance(row, dict))


class Newer(httpx2.AsyncBaseTransport):
    """The platform of next year: each object that it answers has one more field."""

    def __init__(self, platform: httpx2.AsyncBaseTransport) -> None:
        self.platform = platform

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self.platform.handle_async_request(request)
        grown = grow(json.loads(await response.aread()))
        return httpx2.Response(response.status_code, json=grown, request=request)


def grow(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: grow(value) for name, value in part.items()} | {"field_of_next_year": {"a": [1]}}
    return [grow(one) for one in part] if isinstance(part, list) else part


async def test_an_event_is_the_same_alone_and_in_the_list(account: Account, readings: Readings) -> None:
    listed = await readings.of(account, "events")
    async with account.connect() as connector:
        alone = [await connector.get_event(event.id) for event in listed]
    assert [event.model_dump() for event in alone] == [event.model_dump() for event in listed]


async def test_dates_of_a_series_share_its_id_and_nothing_else_does(account: Account, readings: Readings) -> None:
    told = {event.id: event.series_id for event in await readings.of(account, "events")}
    dates = expected.dates(account.service, account.box)
    (series,) = {told[id] for id, held in dates.items() if held[0].series}
    others = [told[id] for id, held in dates.items() if not held[0].series]
    assert series is None or series not in others
    assert series or "event.series_id" in account.service.not_carried


@pytest.mark.needs("orders")
async def test_lines_say_what_was_bought(account: Account, readings: Readings) -> None:
    """Of orders nothing of which was cancelled or given back: platforms differ in what is left of the others."""
    service, box = account.service, account.box
    wanted = {
        service.order_id(order): expected.lines(service, box, order)
        for order in expected.orders_of(service, box)
        if order.status == "paid" and not order.refunds and not order.fee
    }
    found = {order.id: order for order in await readings.of(account, "orders")}
    for id, kinds in wanted.items():
        order = found[id]
        if not order.lines or None in {line.amount for line in order.lines}:
            assert "order.lines" in service.not_carried
            continue
        assert {line.event_id for line in order.lines} == set(order.event_ids)
        assert {kind: added(order, kind) for kind in {line.ticket_id for line in order.lines}} == kinds


def added(order: UnifiedOrder, kind: str | None) -> tuple[int, Decimal]:
    ours = [line for line in order.lines if line.ticket_id == kind]
    return sum(line.quantity or 0 for line in ours), sum((line.amount or Decimal(0) for line in ours), Decimal(0))


@pytest.mark.parametrize("kind", ["orders", "attendees"])
async def test_the_whole_account_is_the_sum_of_its_events(account: Account, kind: str, readings: Readings) -> None:
    async with account.connect() as connector:
        stream = getattr(connector, f"stream_{kind}")
        if any(part.wide is None for part in account.provider.parts(kind)):
            with pytest.raises(Unsupported, match="per event"):
                _ = [record async for record in stream()]
            return
        by_event = await readings.of(account, kind)
        wide = [record async for record in stream(on_problem=unexpected)]
    assert len(wide) == len(by_event)
    assert {record.id: record.model_dump() for record in wide} == {one.id: one.model_dump() for one in by_event}


@pytest.mark.parametrize("slug, kind, option", GATED)
async def test_what_an_option_switches_on_is_unsupported_without_it(
    season: Starlette, slug: str, kind: str, option: str
) -> None:
    account = Account(slug, season)
    async with account.connect({option: False}) as connector:
        event = (await connector.get_events(page_size=1)).items[0]
        with pytest.raises(Unsupported) as refused:
            await getattr(connector, f"get_{kind}")(event.id)
    assert account.provider.unsupported[kind] in str(refused.value)
    assert option in refused.value.advice


@pytest.mark.parametrize("slug", COUNTING)
async def test_tickets_are_counted_where_an_option_asks_for_it(season: Starlette, slug: str) -> None:
    account = Account(slug, season)
    wanted = expected.records(account.service, account.box, "tickets")
    async with account.connect({"count_sold": True}) as connector:
        found = await read(connector, "tickets")
    assert [ticket.id for ticket in found if ticket.quantity_sold not in wanted[ticket.id]["quantity_sold"]] == []
    assert sum(ticket.quantity_sold for ticket in found) > 250

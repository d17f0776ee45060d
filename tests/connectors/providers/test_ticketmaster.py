"""Ticketmaster: a thousand rows and no more, undated events in lists of their own, two kinds of 429."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from connectors import (
    Connector,
    InvalidArgument,
    InvalidResponse,
    RateLimited,
    Rejected,
    UnifiedEvent,
    Unsupported,
    create_connector,
)
from connectors.caller import ATTEMPTS
from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.clerk import Clerk

from ..conftest import Account
from ..sandboxed import Clock, asked, connect, sandboxed, shown

pytestmark = pytest.mark.anyio
KEY = "sk_test_canary_consumer_key"
Answer = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.stop(monkeypatch)
    return clock


def asking(answer: Answer, **options: str) -> Connector:
    transport = httpx2.MockTransport(answer)
    return create_connector("ticketmaster", {"apiKey": KEY}, transport=transport, options=options)


def answered(*rows: dict[str, Any]) -> httpx2.Response:
    """A list of one page, which is not there where it would be empty."""
    page = {"size": 100, "totalElements": len(rows), "totalPages": bool(rows) + 0, "number": 0}
    return httpx2.Response(200, json={**({"_embedded": {"events": rows}} if rows else {}), "page": page})


async def mapped(**fields: Any) -> UnifiedEvent:
    """An event with these fields, as one call gives it."""
    async with asking(lambda _: httpx2.Response(200, json={"id": "vv1", "name": "Night Show", **fields})) as connector:
        return await connector.get_event("vv1")


# More than a thousand


def catalogue(count: int, apart: timedelta) -> Account:
    """A box office of that many events, each that much after the one before."""
    clerk, first = Clerk(), datetime(2027, 1, 1, 19, 0, tzinfo=UTC)
    starts = [(first + number * apart).isoformat()[:19] for number in range(count)]
    events = [clerk.event(f"e-{at}", {"Entry": 10}, starts=at, ends=at, timezone="UTC") for at in starts]
    return Account("ticketmaster", create_app(BoxOffice(events)))


@pytest.mark.parametrize(
    "count, apart", [(999, timedelta(hours=1)), (1000, timedelta(hours=1)), (2345, timedelta(minutes=7))]
)
async def test_a_list_of_any_length_is_read_whole(count: int, apart: timedelta) -> None:
    account = catalogue(count, apart)
    async with connect(account) as connector:
        found = [event.id async for event in connector.stream_events(page_size=200)]
    assert (len(found), len(set(found))) == (count, count)
    assert {entry.status for entry in asked(account)} == {200}
    assert any("startDateTime" in entry.query for entry in asked(account)) == (count >= 1000)


async def test_a_cursor_goes_on_in_the_midst_of_the_spans() -> None:
    account = catalogue(1500, timedelta(minutes=30))
    found: list[str] = []
    cursor = None
    while True:
        async with connect(account) as connector:
            page = await connector.get_events(page_size=130, cursor=cursor)
        found += [event.id for event in page]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (len(found), len(set(found))) == (1500, 1500)


async def test_a_thousand_at_one_time_are_not_told_in_part() -> None:
    async with connect(catalogue(1000, timedelta(0))) as connector:
        with pytest.raises(InvalidArgument, match="too many"):
            _ = [event async for event in connector.stream_events(page_size=200)]


# Events without a date


async def test_undated_events_have_lists_of_their_own() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        said = request.url.params
        assert not ("includeTBA" in said and "includeTBD" in said)
        if said.get("includeTBA") == "only":
            return answered({"id": "tba"}, {"id": "both"})
        return answered({"id": "both"}, {"id": "tbd"}) if "includeTBD" in said else answered({"id": "dated"})

    async with asking(answer) as connector:
        page = await connector.get_events()
    assert [(event.id, event.starts_at) for event in page] == [(id, None) for id in ("dated", "tba", "both", "tbd")]


async def test_nothing_is_a_list_that_is_missing_and_something_is_not() -> None:
    async with asking(lambda _: answered()) as connector:
        assert (await connector.get_events()).items == []
        assert (await connector.health_check()).healthy
    page = {"size": 100, "totalElements": 5, "totalPages": 1, "number": 0}
    async with asking(lambda _: httpx2.Response(200, json={"page": page})) as connector:
        with pytest.raises(InvalidResponse):
            await connector.get_events()


# What an event says

LATE = {"localDate": "2027-11-07", "localTime": "20:00:00"}


@pytest.mark.parametrize(
    "dates, starts_at, timezone",
    [
        (
            {"start": {"dateTime": "2027-07-11T00:00:00Z", **LATE}, "timezone": "America/New_York"},
            "2027-07-11T00:00:00Z",
            "America/New_York",
        ),
        ({"start": LATE, "timezone": "America/New_York"}, "2027-11-08T01:00:00Z", "America/New_York"),
        ({"start": LATE}, "2027-11-08T04:00:00Z", "America/Los_Angeles"),
        ({"start": {"localDate": "2027-11-07", "timeTBA": True}}, "2027-11-07T07:00:00Z", "America/Los_Angeles"),
        ({"start": {"localDate": "2027-11-08", "noSpecificTime": True}}, "2027-11-08T08:00:00Z", "America/Los_Angeles"),
        ({"start": {"dateTBD": True}}, None, "America/Los_Angeles"),
        ({"start": {"dateTime": "1900-01-01T18:00:00Z", "dateTBA": True}}, None, "America/Los_Angeles"),
    ],
)
async def test_when_it_starts(dates: dict[str, Any], starts_at: str | None, timezone: str) -> None:
    """In Los Angeles the clocks go back on 7 November 2027 at two in the morning."""
    event = await mapped(dates=dates, _embedded={"venues": [{"timezone": "America/Los_Angeles"}]})
    assert event.starts_at == (datetime.fromisoformat(starts_at) if starts_at else None)
    assert (event.timezone, event.ends_at) == (timezone, None)


@pytest.mark.parametrize(
    "code, status",
    [
        ("onsale", "live"),
        ("offsale", "live"),
        ("rescheduled", "live"),
        ("postponed", "postponed"),
        ("canceled", "cancelled"),
        ("cancelled", "cancelled"),
        ("moved", "unknown"),
        (None, "unknown"),
    ],
)
async def test_its_status(code: str | None, status: str) -> None:
    event = await mapped(dates={"status": {"code": code}})
    assert (event.status, event.status_raw) == (status, code)


async def test_a_place_stands_in_for_a_venue() -> None:
    place = {"name": "Pier 9", "city": {"name": " Lyon "}, "country": {"countryCode": "FR"},
             "location": {"latitude": "45.7500", "longitude": "4.8500"}}  # fmt: skip
    venue = (await mapped(place=place)).venue
    assert venue
    assert (venue.name, venue.city, venue.country, str(venue.latitude)) == ("Pier 9", "Lyon", "FR", "45.7500")
    assert (venue.address, venue.region, venue.postal_code) == (None, None, None)


def picture(url: str, ratio: str, width: int, **more: Any) -> dict[str, Any]:
    return {"url": url, "ratio": ratio, "width": width, **more}


@pytest.mark.parametrize(
    "images, url",
    [
        (
            [picture("a", "3_2", 3000), picture("b", "16_9", 640), picture("c", "16_9", 2048), picture("d", "4_3", 9)],
            "c",
        ),
        ([picture("a", "16_9", 2048, fallback=True), picture("b", "16_9", 640, fallback=False)], "b"),
        ([picture("a", "4_3", 305), picture("b", "3_2", 640)], "b"),
        ([picture("a", "16_9", 2048, fallback=True)], None),
        ([], None),
    ],
)
async def test_its_picture(images: list[dict[str, Any]], url: str | None) -> None:
    assert (await mapped(images=images)).image_url == url


@pytest.mark.parametrize(
    "fields, currency",
    [
        ({"priceRanges": [{"type": "standard", "currency": "USD", "min": 59.5, "max": 199.5}]}, "USD"),
        ({"priceRanges": [{"currency": "JPY", "min": 3500.0}], "_embedded": {"venues": [{"currency": "USD"}]}}, "JPY"),
        ({"_embedded": {"venues": [{"currency": "CAD"}]}}, "CAD"),
        ({}, None),
    ],
)
async def test_its_currency(fields: dict[str, Any], currency: str | None) -> None:
    """A range of prices is a hint, and no ticket type."""
    assert (await mapped(**fields)).currency == currency


@pytest.mark.parametrize(
    "kinds, category",
    [
        ([{"segment": {"name": "Sports"}}, {"primary": True, "segment": {"name": "Music"}}], "Music"),
        ([{"segment": {"name": "Sports"}}], "Sports"),
        ([{"primary": True, "segment": {"name": "Undefined"}}], None),
        ([], None),
    ],
)
async def test_its_category(kinds: list[dict[str, Any]], category: str | None) -> None:
    assert (await mapped(classifications=kinds)).category == category


async def test_a_sale_that_began_in_1900_is_told_in_raw_alone() -> None:
    sales = {"public": {"startDateTime": "1900-01-01T06:00:00Z", "startTBD": True}}
    event = await mapped(sales=sales)
    assert "1900" not in event.model_dump_json(exclude={"raw"})
    assert event.raw["sales"] == sales


# What is asked


async def test_options_are_part_of_every_list_and_the_key_of_every_request() -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return answered()

    async with asking(answer, promoter_id="653", country_code="GB") as connector:
        await connector.get_events(filters={"keyword": "brass"}, page_size=1000)
    assert [request.url.path for request in asked] == ["/discovery/v2/events.json"] * 3
    for request in asked:
        said = request.url.params
        names = ("apikey", "promoterId", "countryCode", "locale", "keyword", "page", "size", "sort")
        assert [said[name] for name in names] == [KEY, "653", "GB", "*", "brass", "0", "200", "id,asc"]
        assert "venueId" not in said


@pytest.mark.parametrize("method", ["get_tickets", "get_attendees", "get_orders", "get_revenue"])
async def test_sales_are_not_public(method: str) -> None:
    account = sandboxed("ticketmaster")
    async with connect(account) as connector:
        with pytest.raises(Unsupported, match="Partner API"):
            await getattr(connector, method)("vvSBX000000001")
    assert asked(account) == []


# What it refuses


def refusal(status: int, said: str, code: str) -> Answer:
    body = {"fault": {"faultstring": said, "detail": {"errorcode": code}}}
    return lambda _: httpx2.Response(status, json=body)


async def test_a_quota_that_is_used_up_is_left_alone_and_shows_no_key(clock: Clock) -> None:
    said = f"Rate limit quota violation. Quota limit exceeded. Identifier : {KEY}"
    async with asking(refusal(429, said, "policies.ratelimit.QuotaViolation")) as connector:
        with pytest.raises(RateLimited) as raised:
            await connector.get_events()
    assert (clock.waits, raised.value.spent) == ([], True)
    assert raised.value.platform_message == said.replace(KEY, "***")
    assert KEY not in shown(raised.value)


async def test_who_was_too_fast_waits_and_asks_again(clock: Clock) -> None:
    async with asking(refusal(429, "Spike arrest", "policies.ratelimit.SpikeArrestViolation")) as connector:
        with pytest.raises(RateLimited) as raised:
            await connector.get_events()
    assert (len(clock.waits), raised.value.spent) == (ATTEMPTS - 1, False)


async def test_too_many_undated_events_are_an_error_with_the_platforms_own_code() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if "includeTBA" not in request.url.params:
            return answered()
        page, size = int(request.url.params["page"]), int(request.url.params["size"])
        if page * size >= 1000:
            error = {"code": "DIS1035", "detail": "API Limits Exceeded", "status": "400 BAD_REQUEST"}
            return httpx2.Response(400, json={"errors": [error]})
        rows = [{"id": f"{page * size + number}"} for number in range(size)]
        body = {"size": size, "totalElements": 4000, "totalPages": 20, "number": page}
        return httpx2.Response(200, json={"_embedded": {"events": rows}, "page": body})

    async with asking(answer) as connector:
        with pytest.raises(Rejected) as raised:
            _ = [event async for event in connector.stream_events(page_size=200)]
    assert (raised.value.reason, raised.value.platform_message) == ("DIS1035", "API Limits Exceeded")

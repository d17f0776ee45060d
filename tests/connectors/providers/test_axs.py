"""What is odd about AXS."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import (
    AuthenticationFailed,
    Connector,
    PermissionDenied,
    ProviderError,
    Unavailable,
    UnifiedEvent,
    Unsupported,
    create_connector,
)

from ..conftest import ORIGIN
from ..sandboxed import Clock, Wire, connect, sandboxed

pytestmark = pytest.mark.anyio
TOKEN = "AXSCANARY0001"
EVENT: dict[str, Any] = {"eventId": "959", "eventDateTimeZone": "America/Chicago", "ticketing": {"statusId": 1}}


def public(answer: Any, **more: Any) -> Connector:
    """A connection without the addresses that only partners know; every request has this answer."""
    wire = httpx2.MockTransport(answer if callable(answer) else lambda request: httpx2.Response(200, json=answer))
    return create_connector("axs", {"accessToken": TOKEN}, transport=wire, **more)


async def read(**told: Any) -> UnifiedEvent:
    async with public({"events": [{**EVENT, **told}], "meta": {"total": 1}}) as connector:
        (event,) = (await connector.get_events()).items
    return event


async def test_the_token_is_in_the_query_and_pages_have_at_least_ten_rows() -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(dict(request.url.params))
        assert "authorization" not in request.headers
        return httpx2.Response(200, json={"events": [], "meta": {"total": 0}})

    async with public(answer, options={"site_id": 110}) as connector:
        await connector.get_events(page_size=2)
        await connector.health_check()
    common = {"siteId": "110", "page": "1", "rows": "10", "access_token": TOKEN}
    assert asked == [{**common, "returnData": "complete"}, common]


@pytest.mark.parametrize(
    "said, moment",
    [
        ({"eventDateTimeUTC": "2026-11-01T06:30:00"}, "2026-11-01T06:30:00Z"),
        ({"eventDateTimeISO": "2026-11-01T01:30:00-06:00"}, "2026-11-01T07:30:00Z"),
        ({"eventDateTime": "2026-10-31T20:00:00"}, "2026-11-01T01:00:00Z"),
        ({"eventDateTime": "2026-11-01T20:00:00"}, "2026-11-02T02:00:00Z"),
        ({"eventDateTimeUTC": "2026-11-01T06:30:00", "eventDateTime": "2026-11-01T01:30:00"}, "2026-11-01T06:30:00Z"),
        ({}, None),
    ],
)
async def test_times_around_a_clock_change(said: dict[str, str], moment: str | None) -> None:
    assert (await read(**said)).starts_at == (datetime.fromisoformat(moment) if moment else None)


@pytest.mark.parametrize(
    "title, name",
    [
        ({"eventTitleText": "A & B", "eventTitle": "<a href='x'>no</a>"}, "A & B"),
        ({"headlinersText": "A", "headliners": "<a>no</a>"}, "A"),
        ({"eventTitle": "<a href='https://www.axs.com/artists/1/x'>A &amp; B</a>"}, "A & B"),
    ],
)
async def test_titles_come_without_their_links(title: dict[str, str], name: str) -> None:
    assert (await read(title=title)).name == name


@pytest.mark.parametrize(
    "id, status", [(1, "live"), (7, "live"), (6, "live"), (38, "live"), (5, "postponed"), (37, "postponed"),
                   (2, "cancelled"), ("2", "cancelled"), (99, "unknown"), (None, "unknown")]
)  # fmt: skip
async def test_status_is_a_number(id: Any, status: str) -> None:
    event = await read(ticketing={"statusId": id})
    assert (event.status, event.status_raw) == (status, None if id is None else str(id))


@pytest.mark.parametrize(
    "country, code", [("United States", "US"), ("Sweden", "SE"), ("United Kingdom", "GB"), ("Atlantis", None)]
)
async def test_a_country_is_a_name(country: str, code: str | None) -> None:
    event = await read(venue={"title": "Old Theater", "country": country, "latitude": "43.041500"})
    assert event.venue
    assert (event.venue.name, event.venue.country, event.venue.latitude) == ("Old Theater", code, Decimal("43.0415"))


@pytest.mark.parametrize(
    "told, image",
    [
        (
            {"relatedMedia": {"1": {"width": "800", "file_name": "wide"}, "2": {"width": 678, "file_name": "own"}}},
            "own",
        ),
        ({"relatedMedia": {"1": {"width": "238", "file_name": "small"}, "2": {"width": 500, "file_name": "w"}}}, "w"),
        ({"media": {"square": {"width": 800, "file_name": "square"}}}, "square"),
        ({"relatedMedia": {}, "media": {"a": {"width": None, "file_name": "any"}}}, "any"),
        ({"relatedMedia": []}, None),
        ({}, None),
    ],
)
async def test_images_are_by_id(told: dict[str, Any], image: str | None) -> None:
    assert (await read(**told)).image_url == image


@pytest.mark.parametrize(
    "major, minor, category", [("2", "21", "Indie/Emo"), ("2", None, "Music"), ("2", "99", "Music"), ("7", None, None)]
)
async def test_categories_are_numbers(major: str, minor: str | None, category: str | None) -> None:
    assert (await read(majorCategoryId1=major, minorCategoryId1=minor)).category == category


async def test_inactive_events_are_left_out_and_an_answer_may_tell_no_total() -> None:
    rows = [EVENT, {**EVENT, "eventId": "960", "active": False}, {**EVENT, "eventId": "961", "active": True}]
    pages = {"1": rows, "2": []}
    async with public(lambda one: httpx2.Response(200, json={"events": pages[one.url.params["page"]]})) as connector:
        page = await connector.get_events()
    assert ([event.id for event in page], page.problems, page.has_more) == (["959", "961"], [], False)


@pytest.mark.parametrize("status, error", [(401, AuthenticationFailed), (403, PermissionDenied)])
async def test_a_refusal_may_mean_that_the_caller_is_not_on_the_list(status: int, error: type[ProviderError]) -> None:
    async with public(lambda request: httpx2.Response(status, text="Forbidden")) as connector:
        with pytest.raises(error, match="is on its list") as raised:
            await connector.get_events()
    assert TOKEN not in str(raised.value)


async def test_silence_may_mean_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock().stop(monkeypatch)

    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectTimeout("late")

    async with public(answer) as connector:
        with pytest.raises(Unavailable, match="is on its list"):
            await connector.get_events()


@pytest.mark.parametrize("kind", ["tickets", "attendees", "orders", "revenue"])
async def test_what_only_partners_know_is_asked_nowhere(kind: str) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json={})

    async with public(answer) as connector:
        with pytest.raises(Unsupported, match=r"partner@axs\.com") as raised:
            await getattr(connector, f"get_{kind}")("959")
    assert "partner_base" in raised.value.advice
    assert asked == []


async def test_a_partner_is_asked_at_the_address_given_with_the_token_in_a_header() -> None:
    account = sandboxed("axs")
    wire = Wire(account)
    async with connect(account, wire) as connector:
        orders = await connector.get_orders("1001")
    partner = [one for one in wire.requests if "/partner_base/" in one.url.path]
    assert [one.headers["authorization"] for one in partner] == [f"Bearer {account.service.credentials['accessToken']}"]
    assert "access_token" not in partner[0].url.params
    assert {order.currency for order in orders} == {"EUR"}


async def test_the_token_is_renewed_at_the_address_given() -> None:
    account = sandboxed("axs")
    _, refresh = account.sandbox.grants["axs"].issue()
    held = {**account.service.client, "accessToken": "AXSCANARY0002", "refreshToken": refresh}
    addresses = account.service.addresses(ORIGIN)
    async with connect(account, credentials=held, base_url=addresses) as connector:
        assert (await connector.get_events()).items
    without = {host: url for host, url in addresses.items() if host != "token"}
    async with connect(account, credentials=held, base_url=without) as connector:
        with pytest.raises(AuthenticationFailed):
            await connector.get_events()
    assert [entry.path for entry in account.sandbox.log if entry.host == "token"] == ["/oauth/token"]


@pytest.mark.parametrize(
    "event, currency, price", [("hotaru", "JPY", "3500"), ("dhow-stories", "KWD", "7.250"), ("hotaru", "JPY", "1800")]
)
async def test_amounts_bring_their_currency(event: str, currency: str, price: str) -> None:
    account = sandboxed("axs")
    async with connect(account) as connector:
        tickets = await connector.get_tickets(account.service.event_id(account.box.event(event)))
    assert (price, currency) in {(str(ticket.price), ticket.currency) for ticket in tickets}


async def test_a_time_is_sent_in_utc_without_saying_so() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(f"{request.url.params.get('start')} {request.url.params.get('end')}")
        return httpx2.Response(200, json={"events": [], "meta": {"total": 0}})

    moment = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
    async with public(answer) as connector:
        await connector.get_events(filters={"starts_after": moment, "starts_before": moment.replace(hour=8)})
    assert asked == ["2026-03-01T06:00:00 2026-03-01T08:00:00"]

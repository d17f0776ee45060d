"""The assumed dialect: each name, envelope, end of a list and unit that it reads, and what it never takes for zero."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import Connector, InvalidResponse, NotFound, Provider, Unavailable, Unsupported, plain
from connectors.credentials import MemoryVault
from connectors.http import Http
from connectors.models import Venue
from connectors.registry import checked_options

pytestmark = pytest.mark.anyio

ABOUT: dict[str, Any] = {
    "website": "https://example.org", "docs": "https://example.org/docs", "base": "https://api.example.org/v1",
    "where": "Settings", "home": plain.Home("GBP", "Europe/London"),
}  # fmt: skip
EXAMPLE = plain.provider("example", "Example", **ABOUT)
REPORTED = plain.provider("example", "Example", sales={"sales": plain.report(plain.Home("GBP"))}, **ABOUT)
EVENT = {"id": 1, "name": "Gala", "currency": "GBP", "timezone": "Europe/London"}


class Platform(httpx2.AsyncBaseTransport):
    """Answers by path, a list of answers page by page; 404 elsewhere. The requests are kept."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = {"/events/1": EVENT, **answers}
        self.requests: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.get(request.url.path.removeprefix("/v1"), 404)
        if isinstance(answer, Pages):
            answer = answer.pages[int(request.url.params["page"]) - 1]
        return httpx2.Response(answer, json={}) if isinstance(answer, int) else httpx2.Response(200, json=answer)


class Pages:
    def __init__(self, *pages: Any) -> None:
        self.pages = pages


def connect(
    answers: Mapping[str, Any] | httpx2.AsyncBaseTransport, provider: Provider = EXAMPLE, **options: Any
) -> Connector:
    transport = answers if isinstance(answers, httpx2.AsyncBaseTransport) else Platform(answers)
    credentials = {"apiKey": "sk_test_canary_plain"}
    settings = checked_options(provider, options)
    hosts = {"api": provider.base}
    return Connector(provider, "default", credentials, settings, hosts, MemoryVault(credentials), Http(transport))


def rows(*ids: int) -> list[dict[str, Any]]:
    return [{"id": id} for id in ids]


async def ids(answers: Mapping[str, Any], size: int = 2) -> list[str]:
    async with connect(answers) as connector:
        return [event.id async for event in connector.stream_events(page_size=size)]


# Lists


@pytest.mark.parametrize("envelope", ["data", "results", "items", "events", None])
async def test_a_list_stands_under_any_of_its_names_or_is_the_answer(envelope: str | None) -> None:
    pages = [rows(1, 2), rows(3, 4), rows(5), []]
    assert await ids({"/events": Pages(*({envelope: page} if envelope else page for page in pages))}) == list("12345")


@pytest.mark.parametrize(
    "more, last",
    [
        ({"next": "https://elsewhere.invalid/?page=9"}, {"next": None}),
        ({"links": {"next": "/events?page=2"}}, {"links": {"next": None}}),
        ({"has_more": True}, {"has_more": False}),
        ({"meta": {"current_page": 1, "last_page": 2}}, {"meta": {"current_page": 2, "last_page": 2}}),
        ({"meta": {"total": 4}}, {"meta": {"total": 4}}),
        ({"total": 4}, {"total": 4}),
        ({"count": 4}, {"count": 4}),
    ],
)
async def test_what_the_answer_says_ends_the_list(more: dict[str, Any], last: dict[str, Any]) -> None:
    platform = Platform({"/events": Pages({"data": rows(1, 2), **more}, {"data": rows(3, 4), **last})})
    async with connect(platform) as connector:
        assert [event.id async for event in connector.stream_events(page_size=2)] == list("1234")
    assert [request.url.params["page"] for request in platform.requests] == ["1", "2"]


async def test_a_server_that_does_not_heed_the_page_is_asked_once_more() -> None:
    assert await ids({"/events": rows(1, 2)}, size=50) == ["1", "2"]
    with pytest.raises(InvalidResponse, match="again and again"):
        await ids({"/events": rows(1, 2)}, size=2)
    with pytest.raises(InvalidResponse, match="again and again"):
        await ids({"/events": {"data": rows(1, 2), "total": 9}}, size=50)


@pytest.mark.parametrize("answer", [{}, {"message": "maintenance"}, None, "text"])
async def test_an_answer_without_a_list_is_no_empty_list(answer: Any) -> None:
    with pytest.raises(InvalidResponse):
        await ids({"/events": answer})


async def test_since_is_sent_and_checked_again() -> None:
    changed = [
        {"id": 1, "updated_at": "2027-01-01T00:00:00Z"},
        {"id": 2, "updatedAt": "2027-01-03T00:00:00Z"},
        {"id": 3, "updated_at": "2027-07-01T12:30:00"},
        {"id": 4},
    ]
    platform = Platform({"/events": {"data": changed, "has_more": False}})
    async with connect(platform) as connector:
        winter = [event.id async for event in connector.stream_events(since=datetime(2027, 1, 2, tzinfo=UTC))]
        summer = [event.id async for event in connector.stream_events(since=datetime(2027, 7, 1, 11, 30, tzinfo=UTC))]
    assert (winter, summer) == (["2", "3", "4"], ["3", "4"])
    assert platform.requests[0].url.params["updated_since"] == "2027-01-02T00:00:00Z"
    assert platform.requests[1].url.params["updated_since"] == "2027-07-01T11:30:00Z"


# Records


async def one(kind: str, row: Mapping[str, Any], event: Mapping[str, Any] = EVENT) -> Any:
    """The record that a row of an event's listing is, after a JSON round trip."""
    answers = {"/events/1": {"data": event}, f"/events/1/{kind}": {"data": [{"id": 7, **row}], "has_more": False}}
    async with connect(answers) as connector:
        page = await getattr(connector, f"get_{kind}")("1")
    assert page.problems == []
    return page.items[0]


@pytest.mark.parametrize(
    "row, currency, wanted",
    [
        ({"price": "12.50"}, "GBP", "12.50"),
        ({"price": 12.5}, "GBP", "12.50"),
        ({"price": 12}, "GBP", "12.00"),
        ({"price": {"amount": "12.50", "currency": "EUR"}}, "EUR", "12.50"),
        ({"price": 3500, "currency": "JPY"}, "JPY", "3500"),
        ({"price": "7.250", "currency": "kwd"}, "KWD", "7.250"),
        ({"price_cents": 1250}, "GBP", "12.50"),
        ({"price_pence": "1250"}, "GBP", "12.50"),
        ({"priceMinor": 3500, "currency": "JPY"}, "JPY", "3500"),
        ({"price": 0}, "GBP", "0.00"),
        ({}, "GBP", "None"),
    ],
)
async def test_amounts(row: dict[str, Any], currency: str, wanted: str) -> None:
    ticket = await one("tickets", row)
    assert (ticket.currency, str(ticket.price)) == (currency, wanted)


@pytest.mark.parametrize(
    "said, wanted",
    [
        ("2026-10-25T00:30:00", "2026-10-24T23:30:00+00:00"),
        ("2026-10-25T02:30:00", "2026-10-25T02:30:00+00:00"),
        ("2026-10-25T00:30:00+00:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25", "2026-10-24T23:00:00+00:00"),
    ],
)
async def test_a_time_without_an_offset_is_in_the_zone_on_either_side_of_a_clock_change(said: str, wanted: str) -> None:
    for event in (EVENT, {"id": 1}):
        assert (await one("attendees", {"purchased_at": said}, event)).purchased_at == datetime.fromisoformat(wanted)


async def test_the_zone_of_the_event_is_nearer_than_the_platforms() -> None:
    bought = await one("orders", {"created_at": "2026-07-01T12:00:00"}, {"id": 1, "timezone": "Asia/Tokyo"})
    assert bought.placed_at == datetime(2026, 7, 1, 3, tzinfo=UTC)


async def test_names_in_camel_case_and_other_names() -> None:
    event = {
        "id": "a1", "title": "Gala", "status": "OnSale", "startDate": "2027-03-01T19:00", "end": "2027-03-01T23:00",
        "timeZone": "Europe/Paris", "venue": {"name": "Hall", "postcode": "75001", "country": "France"},
        "imageUrl": "https://example.org/i.png",
    }  # fmt: skip
    async with connect({"/events/1": event}) as connector:
        found = await connector.get_event("1")
    assert (found.id, found.name, found.status, found.status_raw) == ("a1", "Gala", "live", "OnSale")
    assert (found.starts_at, found.timezone) == (datetime(2027, 3, 1, 18, tzinfo=UTC), "Europe/Paris")
    assert found.venue == Venue(name="Hall", postal_code="75001", country="FR")
    assert (found.currency, found.image_url) == ("GBP", "https://example.org/i.png")


async def test_a_venue_may_be_a_name() -> None:
    async with connect({"/events/1": {"id": 1, "venue": "Hall"}}) as connector:
        assert (await connector.get_event("1")).venue == Venue(name="Hall")


@pytest.mark.parametrize(
    "row, entered, status",
    [
        ({"checked_in": False, "status": "valid"}, False, "valid"),
        ({"checkedIn": 1, "status": "active"}, True, "valid"),
        ({"status": "Scanned"}, True, "valid"),
        ({"checked_in_at": "2027-03-01T19:00:00Z", "status": "paid"}, True, "valid"),
        ({"status": "cancelled"}, None, "cancelled"),
        ({"status": "on the moon"}, None, "unknown"),
        ({}, None, "unknown"),
    ],
)
async def test_who_came_in(row: dict[str, Any], entered: bool | None, status: str) -> None:
    attendee = await one("attendees", row)
    assert (attendee.checked_in, attendee.status) == (entered, status)


@pytest.mark.parametrize(
    "row, status, paid, tickets",
    [
        ({"status": "paid"}, "paid", 24, 2),
        ({}, "paid", 24, 2),
        ({"status": "pending"}, "pending", None, 2),
        ({"status": "pending", "amount_paid": 10}, "pending", 10, 2),
        ({"status": "paid", "paid": True}, "paid", 24, 2),
        ({"status": "completed", "refunded": "12.00"}, "partially_refunded", 24, 2),
        ({"status": "paid", "refunded": False}, "paid", 24, 2),
        ({"status": "paid", "refund_amount": 24}, "refunded", 24, 0),
        ({"status": "refunded"}, "refunded", 24, 0),
        ({"status": "cancelled"}, "cancelled", None, 0),
        ({"status": "cancelled", "refunded": 20}, "cancelled", 24, 0),
        ({"status": "odd"}, "unknown", None, 2),
    ],
)
async def test_what_became_of_an_order(row: dict[str, Any], status: str, paid: int | None, tickets: int) -> None:
    order = await one("orders", {"total": "24.00", "quantity": 2, **row})
    assert (order.status, order.paid, order.ticket_count) == (status, paid, tickets)


# Revenue, and what is not there


async def test_what_orders_do_not_tell_is_unreported() -> None:
    orders = [{"id": 1, "status": "paid", "total": "12.50"}, {"id": 2, "status": "paid", "total": "7.50", "tax": 1}]
    async with connect({"/events/1/orders": {"data": orders, "has_more": False}}) as connector:
        found = await connector.get_revenue("1")
    assert (found.gross_revenue, found.taxes, found.orders) == (Decimal("20.00"), None, 2)
    assert found.unreported == ("refunds", "taxes", "fees")


async def test_a_report_is_taken_as_it_is() -> None:
    said = {"grossRevenue": {"amount": 100.5, "currency": "USD"}, "refunds": "0.50", "taxes": 0, "tickets_sold": 4}
    for answer in (said, {"data": said}):
        async with connect(
            {"/events/1": {"id": 1, "currency": "USD"}, "/events/1/revenue": answer}, REPORTED
        ) as connector:
            found = await connector.get_revenue("1")
        assert [str(found.gross_revenue), str(found.refunds), str(found.taxes)] == ["100.50", "0.50", "0.00"]
        assert found.unreported == ("fees",)
        assert (found.tickets_sold, found.orders, found.basis) == (4, None, "provider_report")


@pytest.mark.parametrize("answer", [{}, [], None, {"data": None}, {"net": 5}, {"gross": "much"}])
async def test_a_report_that_cannot_be_read_is_no_zero(answer: Any) -> None:
    async with connect({"/events/1/revenue": answer}, REPORTED) as connector:
        with pytest.raises(InvalidResponse, match="report"):
            await connector.get_revenue("1")


@pytest.mark.parametrize(
    "kind, lacking",
    [("tickets", "tickets"), ("attendees", "attendees"), ("orders", "orders"), ("revenue", "orders")],
)
async def test_a_listing_that_is_not_where_it_is_assumed_is_unsupported(kind: str, lacking: str) -> None:
    async with connect({}) as connector:
        with pytest.raises(Unsupported) as raised:
            await getattr(connector, f"get_{kind}")("1")
        with pytest.raises(NotFound, match="no event 2"):
            await getattr(connector, f"get_{kind}")("2")
    assert raised.value.capability == lacking
    assert "assumption" in raised.value.advice
    assert "Ask Example for the address" in raised.value.advice


async def test_an_account_that_is_not_where_it_is_assumed() -> None:
    async with connect({}) as connector:
        with pytest.raises(NotFound) as raised:
            await connector.get_events()
        health = await connector.health_check()
    assert "assumption" in raised.value.advice
    assert health.error
    assert health.error.advice == raised.value.advice


async def test_a_platform_that_cannot_be_reached_says_whom_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectError("no such host")

    async def at_once(seconds: float) -> None:
        pass

    monkeypatch.setattr("connectors.caller.sleep", at_once)
    async with connect(Gone()) as connector:
        health = await connector.health_check()
        with pytest.raises(Unavailable, match="Ask Example for the address"):
            await connector.get_events()
    assert health.error
    assert health.error.advice == EXAMPLE.astray


# Corrections


async def test_options_correct_the_addresses_and_the_key() -> None:
    platform = Platform({"/shows/1": EVENT, "/shows/1/guests": {"attendees": [], "has_more": False}})
    settings: dict[str, Any] = {
        "auth_header": "X-Key",
        "auth_scheme": "",
        "events_path": "shows",
        "attendees_path": "guests",
    }
    async with connect(platform, **settings) as connector:
        assert (await connector.get_attendees("1")).items == []
    assert {request.headers["x-key"] for request in platform.requests} == {"sk_test_canary_plain"}
    assert not [request for request in platform.requests if "authorization" in request.headers]


async def test_the_key_stands_where_it_is_assumed_if_nothing_is_corrected() -> None:
    platform = Platform({"/events": []})
    async with connect(platform) as connector:
        assert json.loads((await connector.health_check()).model_dump_json())["healthy"]
    assert platform.requests[0].headers["authorization"] == "Bearer sk_test_canary_plain"
    assert dict(platform.requests[0].url.params) == {"page": "1", "per_page": "1"}

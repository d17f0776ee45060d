"""What is odd about Resident Advisor, and about each of its modes."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import (
    ConfigurationError,
    Connector,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    ProviderError,
    UnifiedEvent,
    Unsupported,
    create_connector,
    find_provider,
)
from connectors.credentials.environment import EnvironmentStore
from connectors.registry import connect as open_stored
from connectors.registry import provider_of

from ..conftest import ORIGIN
from ..sandboxed import Wire, connect, sandboxed

pytestmark = pytest.mark.anyio
KEY = "ra_test_canary_key"
PUBLIC = {"api_mode": "public_graphql", "promoter_id": "77", "area_id": "34"}
ZONE = {"id": "34", "name": "Berlin", "ianaTimeZone": "Europe/Berlin", "country": {"isoCode": "DE"}}
EVENT: dict[str, Any] = {
    "id": "2300001", "title": "Night One", "startTime": "2026-12-05T23:00:00.000", "promoters": [{"id": "77"}],
    "venue": {"name": "Club X", "area": ZONE}, "tickets": [], "ticketingSystem": "LEGACY",
}  # fmt: skip
TIER = {
    "id": "501", "title": "First release", "priceRetail": 22.4, "validType": "VALID", "isAddOn": False,
    "onSaleFrom": None, "onSaleUntil": None, "currency": {"code": "EUR"},
}  # fmt: skip


def website(answer: Any, **options: Any) -> Connector:
    """A connection to the website; every request has this answer, an event or a list of them."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        if callable(answer):
            found: httpx2.Response = answer(request)
            return found
        if isinstance(answer, list):
            data: Any = {"eventListings": {"data": [{"event": one} for one in answer], "totalResults": len(answer)}}
        else:
            data = {"event": answer}
        return httpx2.Response(200, json={"data": data})

    return create_connector(
        "resident-advisor", {}, transport=httpx2.MockTransport(respond), options={**PUBLIC, **options}
    )


async def read(**told: Any) -> UnifiedEvent:
    async with website({**EVENT, **told}) as connector:
        return await connector.get_event("2300001")


def in_sandbox(area: int, **options: Any) -> tuple[Connector, Wire]:
    account = sandboxed("resident-advisor")
    line = Wire(account)
    return connect(account, line, credentials={}, options={**PUBLIC, "area_id": area, **options}), line


# Modes


async def test_a_key_goes_to_the_partner_api_in_its_own_header_and_nowhere_else() -> None:
    account = sandboxed("resident-advisor")
    wire = Wire(account)
    async with connect(account, wire) as connector:
        events = [event.id async for event in connector.stream_events(since=datetime(2025, 6, 1, tzinfo=UTC))]
        await connector.get_revenue(events[0])
    assert len(events) == 12
    assert {request.headers["x-api-key"] for request in wire.requests} == {account.service.credentials["apiKey"]}
    assert {request.url.path.split("/")[2] for request in wire.requests} == {"api"}
    assert wire.requests[0].url.params["updated_since"] == "2025-06-01T00:00:00Z"


@pytest.mark.parametrize("status, error", [(404, NotFound), (403, PermissionDenied)])
async def test_a_partner_api_that_is_not_there_is_not_replaced_by_the_website(
    status: int, error: type[ProviderError]
) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(status, json={})

    transport = httpx2.MockTransport(answer)
    options = {name: PUBLIC[name] for name in ("promoter_id", "area_id")}
    async with create_connector("resident-advisor", {"apiKey": KEY}, transport=transport, options=options) as connector:
        with pytest.raises(error):
            await connector.get_events()
    assert asked == ["https://ra.co/api/v1/events?page=1&per_page=50"]


@pytest.mark.parametrize(
    "options, field, said",
    [
        ({"api_mode": "legacy_xml"}, "api_mode", "partner, public_graphql"),
        ({**PUBLIC, "promoter_id": None}, "promoter_id", "ra.co/promoters/"),
        ({**PUBLIC, "area_id": ""}, "area_id", "New York is 8"),
        ({**PUBLIC, "area_id": "berlin"}, "area_id", "Give it as 34."),
    ],
)
def test_what_a_mode_needs_is_asked_for(options: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        create_connector("resident-advisor", {"apiKey": KEY}, options=options)
    assert raised.value.field == field
    assert said in raised.value.advice


def test_without_a_mode_a_key_is_needed() -> None:
    with pytest.raises(ConfigurationError) as raised:
        create_connector("resident-advisor", {}, options={"promoter_id": "77", "area_id": "34"})
    assert raised.value.field == "apiKey"


@pytest.mark.parametrize("kind", ["attendees", "orders", "revenue"])
async def test_the_website_shows_no_sales(kind: str) -> None:
    connector, wire = in_sandbox(44)
    async with connector:
        with pytest.raises(Unsupported, match="in the mode public_graphql"):
            await getattr(connector, f"get_{kind}")("1001")
    assert wire.requests == []


@pytest.mark.parametrize("kind", ["events", "tickets", "attendees", "revenue", "orders"])
def test_nothing_of_it_is_taken_for_known(kind: str) -> None:
    provider = find_provider("resident-advisor")
    assert provider.evidence(kind) == "assumed"
    assert provider.modes["public_graphql"].evidence(kind) == ("partial" if kind in ("events", "tickets") else None)
    assert any("terms of use" in limitation and "permission" in limitation for limitation in provider.limitations)


def test_the_environment_may_set_up_the_mode_without_a_key() -> None:
    variables = {f"RESIDENT_ADVISOR_{name.upper()}": value for name, value in PUBLIC.items()}
    store = EnvironmentStore(variables)
    assert store.connections() == ["resident-advisor"]
    assert set(provider_of(store, "resident-advisor").streams) == {"events", "event", "tickets"}
    assert open_stored(store, "resident-advisor").provider.capabilities == {"events", "tickets"}
    del variables["RESIDENT_ADVISOR_API_MODE"]
    assert EnvironmentStore(variables).connections() == []
    assert provider_of(EnvironmentStore({"RESIDENT_ADVISOR_API_KEY": KEY}), "resident-advisor").evidence("orders")


# The website's requests


async def test_a_request_has_no_key_and_names_the_program() -> None:
    account = sandboxed("resident-advisor")
    wire = Wire(account)
    async with connect(account, wire, options=PUBLIC) as connector:
        assert (await connector.health_check()).healthy
        await connector.get_events(page_size=5)
    assert {request.headers["user-agent"] for request in wire.requests} == {"Mozilla/5.0 (compatible; Spekta/0.1)"}
    assert not [request for request in wire.requests if account.service.credentials["apiKey"] in str(request.headers)]
    health, listing = [json.loads(request.content)["variables"] for request in wire.requests]
    assert health == {"filters": {"areas": {"eq": 34}}, "page": 1, "pageSize": 1}
    assert listing == {"filters": {"areas": {"eq": 34}}, "page": 1, "pageSize": 100}


@pytest.mark.parametrize(
    "options, filters, sent",
    [
        ({}, {}, {}),
        ({"listed_from": "2026-01-01"}, {}, {"gte": "2026-01-01"}),
        ({"listed_from": "2026-01-01"}, {"starts_after": "2026-12-06T11:00:00Z"}, {"gte": "2026-12-05"}),
        ({}, {"starts_before": "2026-12-05T09:30:00Z"}, {"lte": "2026-12-06"}),
        ({}, {"starts_before": "2026-12-05T10:30:00Z"}, {"lte": "2026-12-07"}),
    ],
)
async def test_days_are_asked_for_as_they_are_anywhere(
    options: dict[str, str], filters: dict[str, str], sent: dict[str, str]
) -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content)["variables"]["filters"])
        return httpx2.Response(200, json={"data": {"eventListings": {"data": [], "totalResults": 0}}})

    async with website(answer, **options) as connector:
        await connector.get_events(filters=filters)
    assert [one.get("listingDate", {}) for one in asked] == [sent]


@pytest.mark.parametrize("first, ids", [(True, ["1012"]), (False, [])])
async def test_a_time_in_a_filter_is_compared_with_that_of_the_event(first: bool, ids: list[str]) -> None:
    """The festival begins on 2 July at 14:00 UTC, and is listed on two more days."""
    connector, _ = in_sandbox(61)
    async with connector:
        after = f"2027-07-02T{'14:00:00' if first else '14:00:01'}Z"
        assert [event.id for event in await connector.get_events(filters={"starts_after": after})] == ids


@pytest.mark.parametrize("size", [1, 2, 50])
async def test_an_event_of_several_days_is_given_once_and_those_of_others_not_at_all(size: int) -> None:
    connector, _ = in_sandbox(61)
    async with connector:
        page = await connector.get_events(page_size=size)
        assert [event.id for event in page] == ["1012"]
        assert page.problems == []
        assert [event.id async for event in connector.stream_events(page_size=size)] == ["1012"]
        with pytest.raises(NotFound):
            await connector.get_event("1512")
        with pytest.raises(NotFound):
            await connector.get_event("4711")


async def test_a_list_goes_on_where_a_page_has_nothing_of_ours() -> None:
    """The pages that are short of a hundred rows are no end: what counts is the total."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        page = json.loads(request.content)["variables"]["page"]
        promoter = "77" if page == 3 else "78"
        rows = [{"event": {**EVENT, "id": f"{page}{row:02}", "promoters": [{"id": promoter}]}} for row in range(90)]
        return httpx2.Response(200, json={"data": {"eventListings": {"data": rows, "totalResults": 270}}})

    async with website(answer) as connector:
        page = await connector.get_events(page_size=2)
        assert ([event.id for event in page], page.has_more, page.total) == (["300", "301"], True, None)
        again = await connector.get_events(page_size=2, cursor=page.next_cursor)
        assert [event.id for event in again] == ["302", "303"]


async def test_what_changed_is_told_apart_here() -> None:
    rows = [{**EVENT, "id": id, "dateUpdated": at} for id, at in (("1", "2026-11-01T10:00:00.000"), ("2", None))]
    async with website(rows) as connector:
        for moment, ids in (
            (datetime(2026, 11, 1, 10, tzinfo=UTC), ["1", "2"]),
            (datetime(2027, 1, 1, tzinfo=UTC), ["2"]),
        ):
            assert [event.id for event in await connector.get_events(since=moment)] == ids


@pytest.mark.parametrize(
    "response, error",
    [
        (httpx2.Response(403, html="<title>Just a moment...</title>"), PermissionDenied),
        (httpx2.Response(403, json={"url": "https://captcha.example"}), PermissionDenied),
        (httpx2.Response(200, html="<title>Just a moment...</title>"), InvalidResponse),
    ],
)
async def test_a_page_that_asks_for_a_person_is_reported_and_not_got_round(
    response: httpx2.Response, error: type[ProviderError]
) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return response

    async with website(answer) as connector:
        with pytest.raises(error, match="blocks this program"):
            await connector.get_events()
    assert len(asked) == 1


async def test_a_program_that_says_so_is_blocked_in_the_sandbox_too() -> None:
    connector, _ = in_sandbox(34, user_agent="Spekta/0.1")
    async with connector:
        with pytest.raises(PermissionDenied, match="blocks this program"):
            await connector.get_events()


@pytest.mark.parametrize("data", [None, {"eventListings": None}])
async def test_errors_come_with_status_200(data: Any) -> None:
    body = {"errors": [{"message": "Limit must not be greater than 100"}], "data": data}
    async with website(lambda request: httpx2.Response(200, json=body)) as connector:
        with pytest.raises(InvalidResponse) as raised:
            await connector.get_events()
    assert raised.value.platform_message == "Limit must not be greater than 100"


# The website's events


@pytest.mark.parametrize(
    "told, starts",
    [
        ({"startTime": "2026-10-25T01:30:00.000"}, "2026-10-24T23:30:00Z"),
        ({"startTime": "2026-10-25T03:30:00.000"}, "2026-10-25T02:30:00Z"),
        ({"startTime": None, "date": "2026-03-29T00:00:00.000"}, "2026-03-28T23:00:00Z"),
        ({"venue": None, "area": {"ianaTimeZone": "Asia/Tokyo"}}, "2026-12-05T14:00:00Z"),
    ],
)
async def test_times_are_those_of_the_venue_around_a_clock_change(told: dict[str, Any], starts: str) -> None:
    assert (await read(**told)).starts_at == datetime.fromisoformat(starts)


async def test_a_time_without_a_zone_is_a_problem() -> None:
    async with website([{**EVENT, "venue": None}, {**EVENT, "id": "2"}]) as connector:
        page = await connector.get_events()
    assert [event.id for event in page] == ["2"]
    assert [(problem.path, "no time zone" in problem.reason) for problem in page.problems] == [
        ("data.eventListings.data[0].event[0].startTime", True)
    ]


@pytest.mark.parametrize(
    "title, name, status, raw",
    [
        ("CANCELLED - Night One", "Night One", "cancelled", "CANCELLED"),
        ("POSTPONED: Night One", "Night One", "postponed", "POSTPONED"),
        ("Night One", "Night One", "live", None),
        ("Cancelled Culture", "Cancelled Culture", "live", None),
        ("CANCELLED", "CANCELLED", "live", None),
        ("The CANCELLED - Live", "The CANCELLED - Live", "live", None),
    ],
)
async def test_a_title_may_begin_with_what_became_of_the_event(
    title: str, name: str, status: str, raw: str | None
) -> None:
    event = await read(title=title)
    assert (event.name, event.status, event.status_raw) == (name, status, raw)


@pytest.mark.parametrize(
    "location, point",
    [
        ({"latitude": 52.5, "longitude": 13.4}, (Decimal("52.5"), Decimal("13.4"))),
        ({"latitude": 41, "longitude": -74}, (None, None)),
        ({"latitude": 41.0, "longitude": -74.0}, (None, None)),
        ({"latitude": 0, "longitude": 0}, (None, None)),
        ({"latitude": 41, "longitude": 2.17}, (Decimal(41), Decimal("2.17"))),
        (None, (None, None)),
    ],
)
async def test_coordinates_that_stand_for_none(location: Any, point: tuple[Decimal | None, Decimal | None]) -> None:
    venue = (await read(venue={**EVENT["venue"], "location": location})).venue
    assert venue
    assert (venue.latitude, venue.longitude) == point
    assert (venue.city, venue.country) == ("Berlin", "DE")


@pytest.mark.parametrize(
    "images, image",
    [
        ([{"type": "FLYERBACK", "filename": "b"}, {"type": "FLYERFRONT", "filename": "f"}], "f"),
        ([{"type": "FLYERBACK", "filename": "b"}, {"type": "OTHER", "filename": "o"}], "b"),
        ([], None),
        (None, None),
    ],
)
async def test_the_front_of_the_flyer_is_the_image(images: Any, image: str | None) -> None:
    assert (await read(images=images)).image_url == image


@pytest.mark.parametrize("capacity, seats", [("1500", 1500), (300, 300), (0, None), ("0", None), (None, None)])
async def test_a_capacity_is_a_number_or_text(capacity: Any, seats: int | None) -> None:
    assert (await read(venue={**EVENT["venue"], "capacity": capacity})).capacity == seats


async def test_an_event_is_the_same_alone_and_in_the_list() -> None:
    connector, _ = in_sandbox(44)
    async with connector:
        listed = [event.model_dump() for event in await connector.get_events()]
        alone = [(await connector.get_event(event["id"])).model_dump() for event in listed]
    assert alone == listed
    assert [(event["name"], event["url"]) for event in listed] == [
        ("La nuit de 25 heures", "https://ra.co/events/1011"),
        ("Concert au jardin : l’été « à cordes »", "https://ra.co/events/1001"),
    ]


# The website's ticket types


async def tiers(*rows: Mapping[str, Any], **told: Any) -> Any:
    async with website({**EVENT, "tickets": [{**TIER, **row} for row in rows], **told}) as connector:
        return await connector.get_tickets("2300001")


@pytest.mark.parametrize(
    "price, currency, wanted",
    [
        (22.4, "EUR", "22.40"),
        (114.95, "USD", "114.95"),
        (3500, "JPY", "3500"),
        (0, "GBP", "0.00"),
        (None, "EUR", "None"),
    ],
)
async def test_a_price_has_the_fee_in_it(price: Any, currency: str, wanted: str) -> None:
    (tier,) = await tiers({"priceRetail": price, "currency": {"code": currency}})
    assert (str(tier.price), tier.fee, tier.currency) == (wanted, None, currency)


@pytest.mark.parametrize(
    "word, status",
    [("VALID", "on_sale"), ("SOLDOUT", "sold_out"), ("NOTYETONSALE", "scheduled"), ("SOMETHING", "unknown")],
)
async def test_whether_a_tier_is_on_sale(word: str, status: str) -> None:
    (tier,) = await tiers({"validType": word, "onSaleFrom": "2026-10-25T03:30:00.000"})
    assert (tier.status, tier.status_raw) == (status, word)
    assert tier.sales_start == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


async def test_parking_and_lockers_are_no_ticket_types() -> None:
    page = await tiers({}, {"id": "502", "title": "Parking", "isAddOn": True})
    assert [tier.name for tier in page] == ["First release"]
    assert page.problems == []


@pytest.mark.parametrize("system, missing", [("ENTIRE", 1), ("LEGACY", 0), (None, 0)])
async def test_tiers_that_are_hidden_are_not_none(system: str | None, missing: int) -> None:
    page = await tiers(ticketingSystem=system)
    assert (page.items, [problem.path for problem in page.problems]) == ([], ["ticketingSystem"] * missing)


@pytest.mark.parametrize(
    "area, event, prices",
    [
        (27, "hotaru", {"一般": "3500", "学生": "1800"}),
        (412, "dhow-stories", {"مقعد": "7.250"}),
        (44, "concert-au-jardin", {"Plein tarif": "25.00", "Tarif réduit": "15.00", "Loge d’honneur": "60.00"}),
    ],
)
async def test_tiers_of_the_sandbox(area: int, event: str, prices: dict[str, str]) -> None:
    account = sandboxed("resident-advisor")
    id = account.service.event_id(account.box.event(event))
    async with connect(account, credentials={}, options={**PUBLIC, "area_id": area}) as connector:
        assert {tier.name: str(tier.price) for tier in await connector.get_tickets(id)} == prices


async def test_both_addresses_can_be_moved() -> None:
    account = sandboxed("resident-advisor")
    wire = Wire(account)
    async with connect(account, wire, base_url=f"{ORIGIN}/resident-advisor/api/api/v1") as connector:
        await connector.get_events()
    async with connect(account, wire, options=PUBLIC, base_url=account.service.addresses(ORIGIN)) as connector:
        await connector.get_events()
    assert [request.url.path for request in wire.requests] == [
        "/resident-advisor/api/api/v1/events",
        "/resident-advisor/graphql/graphql",
    ]

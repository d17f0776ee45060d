"""evvnt: its documentation's calls and bodies, both sides where tables and samples differ, prices with a currency."""

import shlex
from base64 import b64encode
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import (
    AuthenticationFailed,
    ConfigurationError,
    Connector,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ProviderError,
    Removed,
    UnifiedEvent,
    UnifiedTicket,
    Unsupported,
    create_connector,
)

from ..sandboxed import Wire, asked, connect, sandboxed, shown

pytestmark = pytest.mark.anyio
KEYS = {"apiKey": "API_KEY", "apiSecret": "evvnt_test_canary_secret"}
EVENT = {"id": "67890x", "title": "Night Show", "category_id": 16, "prices": {}}
CATEGORIES = [
    {"id": 26, "parent_id": None, "name": "All"},
    {"id": 16, "parent_id": 26, "name": "Music"},
    {"id": 252, "parent_id": 16, "name": "Jazz"},
]
Answers = Mapping[str, Any]


class Feed:
    """Answers what it is told to by path, else an empty list; remembers what it was asked."""

    def __init__(self, answers: Answers | None = None) -> None:
        self.answers = {"/categories": CATEGORIES, **(answers or {})}
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers.get(request.url.path, [])
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    def connect(self, **options: Any) -> Connector:
        return create_connector("evvnt", KEYS, transport=httpx2.MockTransport(self), options=options)

    def request(self, path: str) -> httpx2.Request:
        return next(one for one in self.asked if one.url.path == path)


async def mapped(**fields: Any) -> UnifiedEvent:
    async with Feed({"/events/67890x": {**EVENT, **fields}}).connect() as connector:
        return await connector.get_event("67890x")


async def tickets(prices: Any) -> tuple[list[UnifiedTicket], list[str]]:
    async with Feed({"/events/67890x": {**EVENT, "prices": prices}}).connect() as connector:
        page = await connector.get_tickets("67890x")
    return page.items, [problem.path for problem in page.problems]


# The calls of the documentation


def request_of(curl: str) -> httpx2.Request:
    """The request that a line of the documentation makes, with our own secret."""
    words = shlex.split(curl)
    url = next(word for word in words if word.startswith("https://"))
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    pair = words[words.index("-u") + 1].replace("API_SECRET", KEYS["apiSecret"])
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    return httpx2.Request(
        method, url, headers={**headers, "Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    )


GET = 'curl -X GET -H "Accept: application/json" -u API_KEY:API_SECRET https://api.evvnt.com'
Ask = Callable[[Connector], Coroutine[Any, Any, Any]]
CALLS: list[tuple[str, Ask]] = [
    ('curl https://api.evvnt.com/events -u "API_KEY:API_SECRET"', lambda one: one.get_events(page_size=20)),
    (f"{GET}/events?page=1&max_results=50", lambda one: one.get_events()),
    (f"{GET}/events/67890x", lambda one: one.get_event("67890x")),
    (f"{GET}/categories", lambda one: one.get_events()),
    (f"{GET}/categories", lambda one: one.get_listing("categories")),
    (
        f"{GET}/publishers/324/categories?filter=direct",
        lambda one: one.get_listing("publisher_categories", {"publisherId": 324, "filter": "direct"}),
    ),
    (f"{GET}/publishers/324/published_events/", lambda one: one.get_listing("published_events", {"publisherId": 324})),
]


@pytest.mark.parametrize("curl, ask", CALLS, ids=[curl.partition("evvnt.com")[2] for curl, _ in CALLS])
async def test_what_is_asked_is_what_the_documentation_asks(curl: str, ask: Ask) -> None:
    wanted, feed = request_of(curl), Feed({"/events/67890x": EVENT})
    async with feed.connect() as connector:
        await ask(connector)
    found = feed.request(wanted.url.path)
    usual = {"page": "1", "max_results": "20"}  # what the platform takes where nothing is said
    query = dict(found.url.params)
    assert (found.method, found.url.host, found.url.path) == (wanted.method, wanted.url.host, wanted.url.path)
    assert query == dict(wanted.url.params) or (not wanted.url.params and query == usual)
    assert found.headers["Authorization"] == wanted.headers["Authorization"]
    assert found.headers["Accept"] == wanted.headers.get("Accept", "application/json")


@pytest.mark.parametrize(
    "asked_for, sent",
    [
        ({"filters": {"max_results": "5"}}, {"max_results": "5"}),
        ({"filters": {"newer_than": "2013-02-07T17:35:22Z"}}, {"newer_than": "2013-02-07T17:35:22Z"}),
        ({"filters": {"newer_than": "2013-02-07T18:35:22+01:00"}}, {"newer_than": "2013-02-07T17:35:22Z"}),
        ({"filters": {"category_id": "16,252"}}, {"category_id": "16,252"}),
        ({"filters": {"country": "GB"}}, {"country": "GB"}),
        ({"filters": {"all_sources": True}}, {"all_sources": "true"}),
        ({"filters": {"all_sources": "true", "max_results": 10}, "page": 3}, {"all_sources": "true", "page": "3"}),
        ({"page": 4, "page_size": 20}, {"page": "4", "max_results": "20"}),
        ({"page_size": 500}, {"max_results": "100"}),
        ({"since": datetime(2013, 2, 7, 17, 35, 22, tzinfo=UTC)}, {"newer_than": "2013-02-07T17:35:21Z"}),
    ],
)
async def test_every_filter_of_the_documentation(asked_for: Mapping[str, Any], sent: Mapping[str, str]) -> None:
    feed = Feed()
    async with feed.connect() as connector:
        await connector.get_events(**asked_for)
    (request,) = (one for one in feed.asked if one.url.path == "/events")
    assert sent.items() <= dict(request.url.params).items()
    assert set(request.url.params) == {"page", "max_results", *sent}


async def test_a_connection_may_have_filters_of_its_own() -> None:
    feed = Feed()
    async with feed.connect(all_sources=True, category_id="16", country="FR") as connector:
        await connector.get_events(filters={"country": "GB"})
    sent = {"all_sources": "true", "category_id": "16", "country": "GB", "page": "1", "max_results": "50"}
    assert dict(feed.request("/events").url.params) == sent


@pytest.mark.parametrize(
    "name, value", [("newer_than", "last week"), ("all_sources", "some"), ("max_results", "all"), ("colour", "red")]
)
async def test_a_filter_that_cannot_be_used_is_not_sent(name: str, value: str) -> None:
    feed = Feed()
    async with feed.connect() as connector:
        with pytest.raises(InvalidArgument) as raised:
            await connector.get_events(filters={name: value})
    assert (raised.value.param, feed.asked) == (name, [])


# What it refuses

REFUSED = httpx2.Response(401, json={"errors": ["authentication failed bad key/secret"]})
DELETED = httpx2.Response(410, json={"error": "This endpoint has been deleted. Please contact support."})


@pytest.mark.parametrize(
    "answer, error, said",
    [
        (REFUSED, AuthenticationFailed, "authentication failed bad key/secret"),
        (DELETED, Removed, "This endpoint has been deleted. Please contact support."),
        (httpx2.Response(404), NotFound, None),
        (httpx2.Response(404, json={"error": "Not found"}), NotFound, "Not found"),
        (httpx2.Response(404, html="<h1>Not found</h1>"), NotFound, None),
    ],
)
async def test_errors_as_the_documentation_has_them(
    answer: httpx2.Response, error: type[ProviderError], said: str | None
) -> None:
    feed = Feed({"/events/1x": answer, "/categories": answer})
    async with feed.connect() as connector:
        with pytest.raises(error) as raised:
            await connector.get_event("1x")
    assert (raised.value.platform_message, len(feed.asked)) == (said, 1)
    assert KEYS["apiSecret"] not in shown(raised.value)


@pytest.mark.parametrize("method", ["get_attendees", "get_orders", "get_revenue"])
async def test_sales_are_not_in_the_feed(method: str) -> None:
    feed = Feed()
    async with feed.connect() as connector:
        with pytest.raises(Unsupported, match="read-only feed"):
            await getattr(connector, method)("12345")
    assert feed.asked == []


# Where the tables and the samples of the documentation differ


@pytest.mark.parametrize("id", [12345, "12345", "67890x"])
async def test_an_id_may_be_a_number_or_text_with_a_letter(id: Any) -> None:
    async with Feed({"/events": [{**EVENT, "id": id}]}).connect() as connector:
        (event,) = await connector.get_events()
    assert event.id == str(id)


@pytest.mark.parametrize(
    "venue, address, city, country",
    [
        ({"id": 15, "address_1": "1 Lane", "address_2": "Yard", "town": "Leeds", "country": "GB"}, "1 Lane, Yard",
         "Leeds", "GB"),
        ({"id": "15", "address_1": "1 Lane", "town": "Leeds", "country": "France"}, "1 Lane", "Leeds", "FR"),
        ({"id": "15", "address_2": "Yard", "country": "Somewhere"}, "Yard", None, None),
        ({"id": "15", "country": "gb"}, None, None, "GB"),
    ],
)  # fmt: skip
async def test_a_venue_may_lack_what_is_always_there(
    venue: Any, address: str | None, city: str | None, country: str | None
) -> None:
    place = {"name": "Cellar", "postcode": "LS1 1AA", "longitude": -0.5678, "latitude": 52.1234}
    event = await mapped(venue={**place, **venue})
    assert event.venue
    assert (event.venue.address, event.venue.city, event.venue.country) == (address, city, country)
    assert (event.venue.name, event.venue.postal_code, event.venue.region) == ("Cellar", "LS1 1AA", None)
    assert (event.venue.longitude, event.venue.latitude) == (Decimal("-0.5678"), Decimal("52.1234"))


@pytest.mark.parametrize(
    "images, url",
    [
        (["https://img.example/1.jpg", "https://img.example/2.jpg"], "https://img.example/1.jpg"),
        ({"large": "https://img.example/1.jpg"}, "https://img.example/1.jpg"),
        ([None, {"url": 1}, "https://img.example/2.jpg"], "https://img.example/2.jpg"),
        ("https://img.example/1.jpg", "https://img.example/1.jpg"),
        ([], None),
        (None, None),
    ],
)
async def test_images_may_be_a_list_or_an_object(images: Any, url: str | None) -> None:
    assert (await mapped(image_urls=images)).image_url == url


# What an event says


@pytest.mark.parametrize("id, name", [(16, "Music"), ("252", "Jazz"), (26, None), (999, None), (None, None)])
async def test_a_category_by_its_name(id: Any, name: str | None) -> None:
    """The root of the tree stands over all events, so that it tells nothing."""
    assert (await mapped(category_id=id)).category == name


async def test_times_around_a_clock_change() -> None:
    """In London the clocks go back on 25 October 2026 at two in the morning."""
    event = await mapped(start_time="2026-10-25T01:30:00+01:00", end_time="2026-10-25T01:30:00+00:00")
    assert event.ends_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert event.starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert (event.timezone, event.updated_at) == (None, None)


@pytest.mark.parametrize(
    "links, url",
    [
        ({"Website": "w", "Booking": "b", "Tickets": "t"}, "t"),
        ({"Website": "w", "Booking": "b"}, "b"),
        ({"Website": "w", "Facebook": "f"}, "w"),
        ({"Facebook": "f"}, None),
        (None, None),
    ],
)
async def test_its_page_is_where_tickets_are_sold(links: Any, url: str | None) -> None:
    assert (await mapped(links=links)).url == url


@pytest.mark.parametrize(
    "venue, links, online",
    [
        ({"name": "Cellar", "town": "Leeds"}, {"Virtual": "v"}, None),
        ({"name": "Cellar", "address_1": "1 Lane"}, {"Virtual": "v"}, None),
        ({"name": "Online", "address_1": "", "town": ""}, {"Virtual": "v", "Tickets": "t"}, True),
        ({"name": "Cellar"}, {"Tickets": "t"}, None),
    ],
)
async def test_what_has_no_place_but_a_link_is_online(venue: Any, links: Any, online: bool | None) -> None:
    assert (await mapped(venue=venue, links=links)).online is online


@pytest.mark.parametrize(
    "description, summary, told",
    [("Long.\r\nTwo lines.", "Short.", "Long.\r\nTwo lines."), ("", "Short.", "Short."),
     ("<p>One &amp; two</p>", None, "One & two")],
)  # fmt: skip
async def test_its_description(description: str, summary: str | None, told: str) -> None:
    assert (await mapped(description=description, summary=summary)).description == told


# Prices


@pytest.mark.parametrize(
    "text, price, currency",
    [
        ("GBP 3.5", "3.50", "GBP"),
        ("GBP 1.0", "1.00", "GBP"),
        ("JPY 3500.0", "3500", "JPY"),
        ("JPY 3500", "3500", "JPY"),
        ("KWD 12.5", "12.500", "KWD"),
        ("EUR 0.0", "0.00", "EUR"),
        ("gbp  3.5", "3.50", "GBP"),
        ("Free", None, None),
        ("£3.50", None, None),
        ("GBP", None, None),
        ("GBP 3-5", None, None),
        (3.5, None, None),
    ],
)
async def test_a_price_is_a_ticket_type(text: Any, price: str | None, currency: str | None) -> None:
    (ticket,), problems = await tickets({"price 1.a [b]": text})
    assert (ticket.id, ticket.event_id, ticket.name) == ("67890x-price 1.a [b]", "67890x", "price 1.a [b]")
    assert (ticket.price, ticket.currency, problems) == (Decimal(price) if price else None, currency, [])
    assert price is None or str(ticket.price) == price
    assert (ticket.quantity_total, ticket.quantity_sold, ticket.fee, ticket.status) == (None, None, None, "unknown")


async def test_one_price_that_cannot_be_read_leaves_the_others() -> None:
    found, problems = await tickets({"Adult": "GBP 12.5", "Odd": "GBP 3.555", "Child": "GBP 6.0", "No": None})
    assert [(ticket.name, ticket.price) for ticket in found] == [
        ("Adult", Decimal("12.50")),
        ("Child", Decimal("6.00")),
    ]
    assert problems == ["prices.Odd.amount"]
    assert [ticket.raw for ticket in found] == ["GBP 12.5", "GBP 6.0"]


@pytest.mark.parametrize("prices", [{}, None, []])
async def test_without_prices_there_are_no_ticket_types(prices: Any) -> None:
    assert await tickets(prices) == ([], [])


@pytest.mark.parametrize(
    "prices, currency",
    [
        ({"Adult": "GBP 12.5", "Child": "GBP 6.0", "Baby": "Free"}, "GBP"),
        ({"Here": "GBP 12.5", "There": "EUR 15.0"}, None),
        ({"All": "Free"}, None),
        ({}, None),
    ],
)
async def test_an_event_has_the_currency_of_all_its_prices(prices: Any, currency: str | None) -> None:
    assert (await mapped(prices=prices)).currency == currency


# In the sandbox


async def test_events_of_other_sources_are_there_when_they_are_asked_for() -> None:
    account = sandboxed("evvnt")
    async with connect(account) as connector:
        own = {event.id async for event in connector.stream_events()}
        everything = {event.id async for event in connector.stream_events(filters={"all_sources": True})}
        assert everything - own == {"5008x"}
        assert (await connector.get_event("5008x")).name == "Winterkabarett"
        assert [ticket.id for ticket in await connector.get_tickets("5008x")] == ["5008x-Parkett", "5008x-Galerie"]


@pytest.mark.parametrize(
    "filters, count",
    [
        ({"category_id": "16"}, 5),
        ({"category_id": "252"}, 0),
        ({"category_id": "10,95"}, 2),
        ({"category_id": "26"}, 10),
        ({"country": "FR"}, 2),
        ({"country": "FR", "category_id": "16", "newer_than": "2026-09-14T08:30:00Z"}, 1),
        ({"max_results": 3}, 3),
    ],
)
async def test_filters_find_what_they_should(filters: Mapping[str, Any], count: int) -> None:
    async with connect(sandboxed("evvnt")) as connector:
        page = await connector.get_events(filters=filters)
    assert (len(page.items), page.filtered_here) == (count, ())


async def test_a_page_is_one_request_for_events_and_one_for_names() -> None:
    account = sandboxed("evvnt")
    wire = Wire(account)
    async with connect(account, wire) as connector:
        page = await connector.get_events(page=2, page_size=4)
    assert [entry.path for entry in asked(account)] == ["/categories", "/events"]
    assert [event.id for event in page] == ["5005", "5006", "5007", "5009"]
    assert [event.category for event in page] == [*["Performing & Visual Arts"] * 3, "Music"]


# Its own listings

PUBLISHED = {
    "publisher_id": 324,
    "event_id": 1385,
    "url": "https://site.example/e/1",
    "event_title": "Night Show",
    "event_start_time": "2026-05-10T15:00:00+01:00",
}


async def test_categories_are_given_as_they_are() -> None:
    async with Feed().connect() as connector:
        page = await connector.get_listing("categories")
    assert [record.values for record in page] == CATEGORIES
    assert [record.id for record in page] == ["26", "16", "252"]


async def test_published_events_are_given_as_they_are() -> None:
    row = {name: value for name, value in PUBLISHED.items() if name != "url"} | {"event_id": 1386}
    async with Feed({"/publishers/324/published_events/": [PUBLISHED, row]}).connect() as connector:
        page = await connector.get_listing("published_events", {"publisherId": "324"})
    assert [(record.id, record.values) for record in page] == [("1385", PUBLISHED), ("1386", row)]


@pytest.mark.parametrize(
    "listing, given, query",
    [
        ("publisher_categories", {}, {}),
        ("publisher_categories", {"filter": "all"}, {"filter": "all"}),
        ("publisher_categories", {"filter": "direct_to_root"}, {"filter": "direct_to_root"}),
        ("published_events", {"newer_than": "2024-05-10T15:00:00+01:00"}, {"newer_than": "2024-05-10T14:00:00Z"}),
    ],
)
async def test_what_publishers_are_asked_for(listing: str, given: Mapping[str, str], query: Mapping[str, str]) -> None:
    feed = Feed()
    async with feed.connect() as connector:
        await connector.get_listing(listing, {"publisherId": "324", **given})
    assert dict(feed.asked[0].url.params) == query


@pytest.mark.parametrize(
    "listing, given, param",
    [
        ("publisher_categories", {"filter": "indirect"}, "filter"),
        ("publisher_categories", {"newer_than": "2024-05-10T15:00:00Z"}, "newer_than"),
        ("published_events", {"newer_than": "2024-05-10T15:00:00"}, "newer_than"),
        ("published_events", {"filter": "direct"}, "filter"),
        ("published_events", {"publisherId": "../324"}, "publisherId"),
        ("categories", {"filter": "direct"}, "filter"),
    ],
)
async def test_what_publishers_cannot_be_asked_for(listing: str, given: Mapping[str, str], param: str) -> None:
    feed = Feed()
    async with feed.connect() as connector:
        with pytest.raises(InvalidArgument) as raised:
            await connector.get_listing(listing, {"publisherId": "324", **given} if listing != "categories" else given)
    assert (raised.value.param, feed.asked) == (param, [])


async def test_the_publisher_may_be_that_of_the_credentials() -> None:
    account = sandboxed("evvnt")
    async with connect(account) as connector:
        published = await connector.get_listing("published_events")
        chosen = await connector.get_listing("publisher_categories", {"filter": "direct"})
        with pytest.raises(PermissionDenied):
            await connector.get_listing("published_events", {"publisherId": "9"})
        events = {event.id: event.name async for event in connector.stream_events()}
    assert {record.id: record.values["event_title"] for record in published}.items() <= events.items()
    assert [record.values["name"] for record in chosen] == ["Ballet", "Music"]
    async with Feed().connect() as connector:
        with pytest.raises(ConfigurationError, match="publisherId is not set"):
            await connector.get_listing("published_events")

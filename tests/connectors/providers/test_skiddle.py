"""Skiddle: lists or objects, entities, text for numbers, errors with status 200, and the promoter's own address."""

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from connectors import (
    AuthenticationFailed,
    Connector,
    PermissionDenied,
    Rejected,
    UnifiedEvent,
    UnifiedTicket,
    Unsupported,
    create_connector,
)

from ..conftest import ORIGIN
from ..sandboxed import Wire, asked, connect, sandboxed, shown

pytestmark = pytest.mark.anyio
KEY = "sk_test_canary_skiddle"
LONDON = {"name": "The Vault", "country": "GB"}


def asking(body: Any, status: int = 200, log: list[httpx2.Request] | None = None, **options: str) -> Connector:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if log is not None:
            log.append(request)
        return httpx2.Response(status, json=body, headers={"Content-Type": "text/html"})

    return create_connector("skiddle", {"apiKey": KEY}, transport=httpx2.MockTransport(answer), options=options)


async def mapped(**fields: Any) -> UnifiedEvent:
    """An event with these fields, as one call gives it."""
    async with asking({"error": 0, "results": {"id": "13", "venue": LONDON, **fields}}) as connector:
        return await connector.get_event("13")


async def priced(**fields: Any) -> list[UnifiedTicket]:
    async with asking({"error": 0, "results": {"id": "13", "venue": LONDON, **fields}}) as connector:
        return list(await connector.get_tickets("13"))


# Lists


@pytest.mark.parametrize("total", ["2", 2])
@pytest.mark.parametrize("shape", [lambda rows: rows, lambda rows: {"events": rows}])
async def test_a_list_is_one_or_lies_in_an_object(shape: Any, total: Any) -> None:
    body = {"error": 0, "totalcount": total, "results": shape([{"id": "13"}, {"id": 14}])}
    async with asking(body) as connector:
        page = await connector.get_events()
    assert ([event.id for event in page], page.has_more, page.total) == (["13", "14"], False, 2)


async def test_a_walk_counts_rows_and_is_by_date() -> None:
    account = sandboxed("skiddle")
    async with connect(account) as connector:
        page = await connector.get_events(page_size=4)
        rest = await connector.get_events(page_size=1000, cursor=page.next_cursor)
    starts = [event.starts_at for event in [*page, *rest]]
    assert starts == sorted(start for start in starts if start)
    said = [httpx2.QueryParams(entry.query) for entry in asked(account)]
    assert [(one["offset"], one["limit"], one["order"]) for one in said] == [
        ("0", "4", "date"),
        ("4", "4", "date"),
        ("8", "4", "date"),
    ]


@pytest.mark.parametrize(
    "filters, sent",
    [
        ({"starts_after": "2027-07-01T23:30:00Z"}, {"minDate": "2027-07-01"}),
        ({"starts_after": "2027-07-02T11:30:00Z"}, {"minDate": "2027-07-01"}),
        ({"starts_before": "2027-07-01T22:30:00Z"}, {"maxDate": "2027-07-02"}),
        ({"starts_before": "2027-07-01T23:30:00Z"}, {"maxDate": "2027-07-03"}),
        ({"keyword": "brass"}, {"keyword": "brass"}),
    ],
)
async def test_times_are_asked_for_as_dates_that_leave_out_nothing(
    filters: dict[str, str], sent: dict[str, str]
) -> None:
    log: list[httpx2.Request] = []
    async with asking({"error": 0, "totalcount": "0", "results": []}, log=log) as connector:
        await connector.get_events(filters=filters)
    (request,) = log
    names = ("minDate", "maxDate", "keyword")
    assert {name: request.url.params[name] for name in names if name in request.url.params} == sent


async def test_options_and_the_key_are_in_the_query() -> None:
    log: list[httpx2.Request] = []
    async with asking(
        {"error": 0, "totalcount": 0, "results": []}, log=log, venue_id="55,56", brand_id="7"
    ) as connector:
        assert (await connector.get_events()).items == []
    (request,) = log
    assert request.url.path == "/api/v1/events/search/"
    assert {name: request.url.params[name] for name in ("api_key", "venueid", "b")} == {
        "api_key": KEY,
        "venueid": "55,56",
        "b": "7",
    }


# What an event says


@pytest.mark.parametrize(
    "fields, starts_at",
    [
        ({"startdate": "2027-07-05T22:00:00+01:00"}, datetime(2027, 7, 5, 21, 0, tzinfo=UTC)),
        ({"startdate": "2027-03-28 00:30:00"}, datetime(2027, 3, 28, 0, 30, tzinfo=UTC)),
        ({"startdate": "2027-03-28 02:30:00"}, datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ({"dateStart": "2027-01-05T22:00:00"}, datetime(2027, 1, 5, 22, 0, tzinfo=UTC)),
        ({"date": "2027-07-05", "openingtimes": {"doorsopen": "21:30"}}, datetime(2027, 7, 5, 20, 30, tzinfo=UTC)),
        ({"date": "2027-07-05", "openingTimes": {"doorsOpen": "21:30"}}, datetime(2027, 7, 5, 20, 30, tzinfo=UTC)),
        ({"date": "2027-07-05"}, datetime(2027, 7, 4, 23, 0, tzinfo=UTC)),
        ({"startdate": "0000-00-00 00:00:00"}, None),
        ({}, None),
    ],
)
async def test_when_it_starts(fields: dict[str, Any], starts_at: datetime | None) -> None:
    """In London the clocks go forward on 28 March 2027 at one in the morning."""
    event = await mapped(**fields)
    assert (event.starts_at, event.ends_at, event.timezone) == (starts_at, None, "Europe/London")


@pytest.mark.parametrize(
    "fields, status",
    [
        ({"cancelled": "0"}, "live"),
        ({"cancelled": False}, "live"),
        ({}, "live"),
        ({"cancelled": "1", "cancellationType": "Cancelled", "rescheduledDate": ""}, "cancelled"),
        ({"cancelled": 1}, "cancelled"),
        ({"cancelled": True, "cancellationType": "Postponed", "rescheduledDate": "2027-08-01"}, "postponed"),
    ],
)
async def test_its_status(fields: dict[str, Any], status: str) -> None:
    event = await mapped(**fields)
    assert (event.status, event.status_raw) == (status, fields.get("cancellationType"))


async def test_both_spellings_and_entities() -> None:
    old = await mapped(
        eventname="Night &amp; Day &#039;27", largeimageurl="https://example.org/l.jpg", EventCode="CLUB"
    )
    new = await mapped(eventName="Night & Day '27", largeImageUrl="https://example.org/l.jpg", eventcode="club")
    assert old.name == new.name == "Night & Day '27"
    assert old.image_url == new.image_url == "https://example.org/l.jpg"
    assert old.category == new.category == "Clubbing"


@pytest.mark.parametrize(
    "fields, url",
    [
        ({"xlargeimageurl": "x", "largeimageurl": "l", "imageurl": "s"}, "x"),
        ({"xlargeimageurl": "", "imageurl": "s"}, "s"),
        ({"largeimageurl": "https://www.skiddle.com/assets/default/l.jpg", "imageurl": "s"}, "s"),
        ({"imageurl": "https://www.skiddle.com/assets/default/s.jpg"}, None),
    ],
)
async def test_its_picture(fields: dict[str, str], url: str | None) -> None:
    assert (await mapped(**fields)).image_url == url


@pytest.mark.parametrize(
    "country, currency, timezone",
    [
        ("GB", "GBP", "Europe/London"),
        ("United Kingdom", "GBP", "Europe/London"),
        ("IE", "EUR", "Europe/Dublin"),
        ("ES", None, None),
        (None, None, None),
    ],
)
async def test_the_currency_is_that_of_the_country_where_it_is_known(
    country: str | None, currency: str | None, timezone: str | None
) -> None:
    venue, pricing = {"name": "The Vault", "country": country}, {"minPrice": 8}
    event, (ticket,) = await mapped(venue=venue), await priced(venue=venue, ticketpricing=pricing)
    assert (event.currency, event.timezone, ticket.currency) == (currency, timezone, currency)


# Prices in place of ticket types


@pytest.mark.parametrize(
    "pricing, tickets",
    [
        ({"minPrice": 8, "maxPrice": 12.5}, {"13-from": "8.00", "13-to": "12.50"}),
        ({"minPrice": "8.00", "maxPrice": 8}, {"13-from": "8.00"}),
        ({"minPrice": 0, "maxPrice": None}, {"13-from": "0.00"}),
        ({"maxPrice": 12}, {"13-to": "12.00"}),
        ({}, {}),
        (None, {}),
    ],
)
async def test_the_lowest_and_the_highest_price(pricing: Any, tickets: dict[str, str]) -> None:
    found = await priced(ticketpricing=pricing, tickets=True)
    assert {ticket.id: str(ticket.price) for ticket in found} == tickets
    assert {(ticket.status, ticket.event_id, ticket.quantity_total) for ticket in found} <= {("on_sale", "13", None)}


@pytest.mark.parametrize("said, status", [(True, "on_sale"), (False, "off_sale"), (None, "unknown")])
async def test_whether_it_is_on_sale(said: bool | None, status: str) -> None:
    (ticket,) = await priced(ticketPricing={"minPrice": 8}, tickets=said)
    assert (ticket.status, ticket.name) == (status, "Tickets from")


# The promoter's own address


async def test_with_the_promoters_address_its_ticket_types_take_the_place_of_prices() -> None:
    account = sandboxed("skiddle")
    id = account.service.event_id(account.box.event("fog-and-brass"))
    wire = Wire(account)
    api = {"api": account.service.addresses(ORIGIN)["api"]}
    async with connect(account, base_url=api) as without, connect(account, wire) as promoter:
        assert [ticket.id for ticket in await without.get_tickets(id)] == [f"{id}-from", f"{id}-to"]
        tickets = (await promoter.get_tickets(id)).items
    assert [(ticket.name, str(ticket.price), ticket.currency) for ticket in tickets] == [
        ("Standing", "18.50", "GBP"),
        ("Balcony", "32.00", "GBP"),
        ("Last release", "22.00", "GBP"),
    ]
    assert {request.url.path.split("/")[2] for request in wire.requests} == {"api", "promoter"}
    assert all(request.url.params["api_key"] == account.service.credentials["apiKey"] for request in wire.requests)


@pytest.mark.parametrize("event, currency, gross", [("fog-and-brass", "GBP", "414.70"), ("hotaru", "JPY", "30000")])
async def test_revenue_is_the_promoters_report(event: str, currency: str, gross: str) -> None:
    account = sandboxed("skiddle")
    async with connect(account) as connector:
        found = await connector.get_revenue(account.service.event_id(account.box.event(event)))
    assert (found.currency, str(found.gross_revenue), found.basis) == (currency, gross, "provider_report")


@pytest.mark.parametrize("method", ["get_attendees", "get_revenue"])
async def test_without_the_promoters_address_sales_are_unsupported(method: str) -> None:
    account = sandboxed("skiddle")
    async with connect(account, base_url={"api": account.service.addresses(ORIGIN)["api"]}) as connector:
        with pytest.raises(Unsupported, match="only events are in the public API") as raised:
            await getattr(connector, method)("1003")
    assert raised.value.advice == "Give the connection the address of the host promoter."
    assert asked(account) == []


# What it refuses


@pytest.mark.parametrize(
    "status, message, error",
    [
        (200, "Invalid API key", AuthenticationFailed),
        (403, "Invalid API key", AuthenticationFailed),
        (403, "Your address is blocked", PermissionDenied),
        (200, "eventcode is not known", Rejected),
        (400, "eventcode is not known", Rejected),
    ],
)
async def test_an_error_may_come_with_any_status(status: int, message: str, error: type[Exception]) -> None:
    async with asking({"error": 3, "errormessage": f"{message} ({KEY})"}, status) as connector:
        with pytest.raises(error) as raised:
            await connector.get_events()
    assert vars(raised.value)["platform_message"] == f"{message} (***)"
    assert KEY not in shown(raised.value)

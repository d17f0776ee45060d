"""FIXR: an account's number, a word before the key, and bookings that are told ticket by ticket."""

from typing import Any

import httpx2
import pytest

from connectors import (
    AuthenticationFailed,
    ConfigurationError,
    Connector,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    create_connector,
)
from spekta.sandbox.app import create_app
from spekta.sandbox.programme import season

from ..conftest import Account
from ..sandboxed import Wire, connect, sandboxed

pytestmark = pytest.mark.anyio
KINDS = [{"id": 901, "name": "General", "currency": "GBP", "price": 10.0, "booking_fee": 1.2}]
EVENT = {"id": 501, "name": "Freshers Ball", "open_time": "2027-09-20T21:00:00Z", "tickets": KINDS}
TICKET = {"reference_id": "AB12", "first_name": "Ann", "ticket": {"id": 901, "name": "General"}, "scanned": False}
OWN = "/api/v2/organiser/accounts/7300/events"


def asking(answers: dict[str, Any], **credentials: str) -> tuple[Connector, list[str]]:
    """A connector whose platform has these answers by path, and the paths that it asks for."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        found = answers.get(request.url.path, 404)
        return httpx2.Response(found, json={"detail": "No."}) if isinstance(found, int) else httpx2.Response(
            200, json=found
        )  # fmt: skip

    known = {"apiKey": "sk_test_canary_fixr", "accountId": "7300", **credentials}
    held = {name: value for name, value in known.items() if value}
    return create_connector("fixr", held, transport=httpx2.MockTransport(answer)), asked


def one_night(*tickets: dict[str, Any], event: dict[str, Any] = EVENT) -> Connector:
    """An account with one event, whose tickets are like one another but for what is told."""
    rows = [TICKET | {"price": "10.00", "booking_fee": "1.20"} | more for more in tickets]
    return asking({f"{OWN}/501": event, f"{OWN}/501/attendees": {"data": rows}})[0]


# The account and the key


async def test_without_the_number_of_the_account_it_is_said_where_it_is() -> None:
    connector, asked = asking({}, accountId="")
    async with connector:
        with pytest.raises(ConfigurationError, match="after /accounts/") as raised:
            await connector.get_events()
        health = await connector.health_check()
    assert raised.value.field == "accountId"
    assert health.error
    assert "after /accounts/" in health.error.advice
    assert asked == []


@pytest.mark.parametrize("options, scheme", [({}, "Bearer"), ({"auth_scheme": "Token"}, "Token")])
async def test_an_option_says_the_word_before_the_key(options: dict[str, str], scheme: str) -> None:
    account = sandboxed("fixr")
    wire = Wire(account)
    async with connect(account, wire, options=options) as connector:
        assert (await connector.health_check()).healthy
    assert wire.requests[0].headers["authorization"] == f"{scheme} {account.service.credentials['apiKey']}"


async def test_a_key_that_is_refused_may_want_the_other_word() -> None:
    account = sandboxed("fixr")
    account.sandbox.misbehave("fixr", "unauthorized")
    async with connect(account) as connector:
        with pytest.raises(AuthenticationFailed, match="auth_scheme"):
            await connector.get_events()
    assert len(account.sandbox.log) == 1, "the other word is not tried unasked"


async def test_a_key_may_see_events_and_no_attendees() -> None:
    account = sandboxed("fixr")
    account.sandbox.misbehave("fixr", "forbidden", path="/attendees")
    async with connect(account) as connector:
        event = (await connector.get_events()).items[0]
        for ask in (connector.get_attendees, connector.get_orders, connector.get_revenue):
            with pytest.raises(PermissionDenied):
                await ask(event.id)


# Events


async def test_an_event_that_the_organisers_address_does_not_have_is_a_public_one() -> None:
    connector, asked = asking({"/api/v2/app/event/501": EVENT})
    async with connector:
        assert (await connector.get_event("501")).name == "Freshers Ball"
        with pytest.raises(NotFound, match="no event 502"):
            await connector.get_event("502")
    assert asked == [f"{OWN}/501", "/api/v2/app/event/501", f"{OWN}/502", "/api/v2/app/event/502"]


@pytest.mark.parametrize(
    "flags, status",
    [
        ({}, "on_sale"),
        ({"sold_out": True}, "sold_out"),
        ({"not_yet_valid": True}, "scheduled"),
        ({"expired": True, "sold_out": True}, "ended"),
    ],
)
async def test_flags_of_a_ticket_type(flags: dict[str, bool], status: str) -> None:
    async with one_night(event=EVENT | {"tickets": [KINDS[0] | flags]}) as connector:
        (ticket,) = (await connector.get_tickets("501")).items
    assert (ticket.status, str(ticket.price), str(ticket.fee), ticket.quantity_sold) == (status, "10.00", "1.20", None)


async def test_a_server_that_gives_the_whole_list_whatever_is_asked() -> None:
    connector, asked = asking({OWN: [EVENT, EVENT | {"id": 502}]})
    async with connector:
        assert [event.id async for event in connector.stream_events()] == ["501", "502"]
        with pytest.raises(InvalidResponse, match="again and again"):
            _ = [event async for event in connector.stream_events(page_size=2)]
    assert len(asked) == 4


# Bookings


async def test_tickets_of_a_booking_are_told_apart_by_their_place() -> None:
    async with one_night({}, {"reference_id": "CD34"}, {"first_name": "Bo", "status": "cancelled"}) as connector:
        found = (await connector.get_attendees("501")).items
    assert [(one.id, one.order_id, one.name, one.status, one.status_raw) for one in found] == [
        ("AB12-1", "AB12", "Ann", "valid", None),
        ("AB12-2", "AB12", "Bo", "cancelled", "cancelled"),
        ("CD34-1", "CD34", "Ann", "valid", None),
    ]


async def test_a_booking_that_a_page_divides_is_one_order() -> None:
    """The festival's bookings of one, two and three tickets do not end where pages of 100 do."""
    account = Account("fixr", create_app(season()))
    wire = Wire(account)
    festival = account.service.event_id(account.box.event("festival-des-quais"))
    async with connect(account, wire) as connector:
        orders = [order async for order in connector.stream_orders(festival)]
    offsets = [int(request.url.params["offset"]) for request in wire.requests if "offset" in request.url.params]
    assert offsets == [0, 100, 200]
    assert len(orders) == len({order.id for order in orders}) == 113


@pytest.mark.parametrize(
    "tickets, status, total, refunded, fees, count",
    [
        ([{}, {}], "paid", "22.40", "0.00", "2.40", 2),
        ([{}, {"status": "refunded"}], "partially_refunded", "22.40", "11.20", "1.20", 1),
        ([{"refunded": True}], "refunded", "11.20", "11.20", "0.00", 0),
        ([{"status": "pending"}], "pending", "11.20", "0.00", "1.20", 1),
        ([{"status": "canceled"}], "cancelled", "None", "0.00", "None", 0),
        ([{"status": "3"}], "unknown", "None", "0.00", "None", 0),
        ([{"booking_fee": None, "ticket": {"id": 7}}], "paid", "10.00", "0.00", "None", 1),
    ],
)
async def test_an_order_is_put_together_from_its_tickets(
    tickets: list[dict[str, Any]], status: str, total: str, refunded: str, fees: str, count: int
) -> None:
    async with one_night(*tickets) as connector:
        (order,) = (await connector.get_orders("501")).items
    assert (order.id, order.status, order.ticket_count) == ("AB12", status, count)
    assert [str(amount) for amount in (order.total, order.refunded, order.fees)] == [total, refunded, fees]


@pytest.mark.parametrize("currency, price, fee, gross", [("GBP", 10.0, 1.2, "22.40"), ("JPY", 1000, 120, "2240")])
async def test_revenue_is_of_the_tickets_with_what_their_kind_costs(
    currency: str, price: float, fee: float, gross: str
) -> None:
    """Where a ticket does not say what it cost, its kind does."""
    kind = KINDS[0] | {"currency": currency, "price": price, "booking_fee": fee}
    silent = {"price": None, "booking_fee": None}
    async with one_night(silent, silent, event=EVENT | {"tickets": [kind]}) as connector:
        found = await connector.get_revenue("501")
    assert (found.currency, str(found.gross_revenue), found.tickets_sold, found.orders) == (currency, gross, 2, 1)
    assert (found.basis, found.unreported) == ("tickets", ("taxes",))


async def test_a_ticket_without_a_price_is_not_counted_as_free() -> None:
    async with one_night({}, {"reference_id": "CD34", "price": None, "ticket": {"id": 7}}) as connector:
        found = await connector.get_revenue("501")
    assert str(found.gross_revenue) == "11.20"
    assert "records that could not be read: 1" in found.unreported


# Times


@pytest.mark.parametrize(
    "said, zone, hour",
    [
        ("2027-03-28T00:30:00", "Europe/London", 0),
        ("2027-03-28T02:30:00", "Europe/London", 1),
        ("2027-03-28T02:30:00Z", None, 2),
    ],
)
async def test_a_time_is_in_the_zone_beside_it(said: str, zone: str | None, hour: int) -> None:
    async with one_night(event=EVENT | {"open_time": said, "timezone": zone}) as connector:
        event = await connector.get_event("501")
    assert event.starts_at
    assert event.starts_at.hour == hour


async def test_a_time_without_any_zone_is_a_problem() -> None:
    connector, _ = asking({OWN: {"results": [EVENT | {"open_time": "2027-03-28T00:30:00"}], "count": 1}})
    async with connector:
        page = await connector.get_events()
    assert [(problem.path, page.items) for problem in page.problems] == [("results[0].open_time", [])]

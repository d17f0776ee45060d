"""See Tickets (UK): everything of an event out of its sales report, which names nobody."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from connectors import Connector, InvalidResponse, NotFound, create_connector

from ..sandboxed import Wire, connect, sandboxed

pytestmark = pytest.mark.anyio
EVENT = {"id": "DF-1000001", "name": "Winter Lights", "starts": "2027-12-01T18:00:00", "venueName": "City Park"}
SALE = {
    "uniqueCode": "U1", "eventId": "DF-1000001", "date": "2027-10-03T09:12:00", "sold": 2, "currency": "GBP",
    "ticketPrice": 22.0, "faceValue": 20.0, "grossFace": 40.0, "grossSales": 44.0, "taxTotal": 4.0, "priceId": "P-1",
    "priceName": "Adult", "isPending": False, "location": None,
}  # fmt: skip
BACK = SALE | {"sold": -1, "grossFace": -20.0, "grossSales": -22.0, "taxTotal": -2.0, "date": "2027-10-09T12:00:00"}


def one_night(*rows: dict[str, Any], **more: Any) -> Connector:
    """An account with one event and these sales."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            start = json.loads(request.content)["offset"]
            return httpx2.Response(200, json={"data": rows[start : start + 100]})
        return httpx2.Response(200, json={"data": [EVENT | more] if request.url.params["offset"] == "0" else []})

    return create_connector("see-tickets", {"apiKey": "sk_test_canary_see"}, transport=httpx2.MockTransport(answer))


# Asking


async def test_the_key_stands_in_both_headers() -> None:
    account = sandboxed("see-tickets")
    key, wire = account.service.credentials["apiKey"], Wire(account)
    async with connect(account, wire) as connector:
        await connector.get_orders("DF-1000001")
    assert {request.headers["authorization"] for request in wire.requests} == {f"Bearer {key}"}
    assert {request.headers["x-api-key"] for request in wire.requests} == {key}


async def test_the_report_is_asked_for_with_a_body() -> None:
    account = sandboxed("see-tickets")
    wire = Wire(account)
    async with connect(account, wire) as connector:
        _ = [one async for one in connector.stream_attendees("DF-1000012", page_size=7)]
    asked = [json.loads(request.content) for request in wire.requests if request.method == "POST"]
    search = {"forSearchItemType": "EVENT", "searchItemCodes": ["DF-1000012"]}
    assert asked == [{"search": search, "offset": offset, "limit": 100} for offset in (0, 100)]


async def test_an_event_is_found_in_the_search() -> None:
    async with one_night() as connector:
        assert (await connector.get_event("DF-1000001")).name == "Winter Lights"
        with pytest.raises(NotFound, match="DF-1"):
            await connector.get_event("DF-1")
        with pytest.raises(NotFound, match="DF-1"):
            await connector.get_revenue("DF-1")


async def test_a_report_that_does_not_heed_the_offset() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"data": [SALE] if request.method == "POST" else [EVENT]})

    async with create_connector("see-tickets", {"apiKey": "k"}, transport=httpx2.MockTransport(answer)) as connector:
        assert len((await connector.get_attendees("DF-1000001")).items) == 2
        with pytest.raises(InvalidResponse, match="again and again"):
            _ = [event async for event in connector.stream_events(page_size=1)]


async def test_sales_of_other_events_are_left_out() -> None:
    """Whether the report heeds the code of the event is not proven."""
    other = SALE | {"eventId": "DF-1000002", "uniqueCode": "U2", "priceId": "P-2"}
    async with one_night(SALE, other) as connector:
        found = await connector.get_revenue("DF-1000001")
        tickets = (await connector.get_tickets("DF-1000001")).items
        attendees = (await connector.get_attendees("DF-1000001")).items
    assert (str(found.gross_revenue), found.orders) == ("44.00", 1)
    assert [ticket.id for ticket in tickets] == ["P-1"]
    assert {attendee.order_id for attendee in attendees} == {"U1"}


# Reading


async def test_a_sale_of_some_tickets_is_as_many_attendees_without_names() -> None:
    child = SALE | {"sold": 1, "priceId": "P-2", "priceName": "Child"}
    async with one_night(SALE, child, BACK) as connector:
        found = (await connector.get_attendees("DF-1000001")).items
    assert [(one.id, one.ticket_id, one.status) for one in found] == [
        ("U1-1", "P-1", "valid"),
        ("U1-2", "P-1", "refunded"),
        ("U1-3", "P-2", "valid"),
    ]
    assert {(one.order_id, one.name, one.email, str(one.price)) for one in found} == {("U1", None, None, "20.00")}


async def test_a_purchase_of_several_kinds_is_one_order() -> None:
    child = SALE | {"sold": 1, "priceId": "P-2", "grossSales": 11.0, "grossFace": 10.0, "taxTotal": 1.0}
    async with one_night(SALE, child, BACK) as connector:
        (order,) = (await connector.get_orders("DF-1000001")).items
    assert (order.id, order.status, order.ticket_count) == ("U1", "partially_refunded", 2)
    assert [str(one) for one in (order.total, order.refunded, order.fees, order.tax)] == [
        "55.00",
        "22.00",
        "5.00",
        "5.00",
    ]
    assert [(line.ticket_id, line.quantity) for line in order.lines] == [("P-1", 2), ("P-2", 1)]


@pytest.mark.parametrize(
    "rows, figures",
    [
        ([SALE], ["44.00", "0.00", "4.00", "4.00", "36.00", "2", "1"]),
        ([SALE, BACK], ["44.00", "22.00", "2.00", "2.00", "18.00", "1", "1"]),
        ([SALE, BACK | {"uniqueCode": "R1"}], ["44.00", "22.00", "2.00", "2.00", "18.00", "1", "1"]),
        ([SALE, SALE | {"sold": -1, "grossSales": 22.0, "grossFace": 20.0, "taxTotal": 2.0}],
         ["44.00", "22.00", "2.00", "2.00", "18.00", "1", "1"]),
        ([SALE | {"isPending": True}], ["0.00", "0.00", "0.00", "0.00", "0.00", "0", "0"]),
        ([SALE | {"taxTotal": None}], ["44.00", "0.00", "None", "4.00", "40.00", "2", "1"]),
    ],
)  # fmt: skip
async def test_revenue(rows: list[dict[str, Any]], figures: list[str]) -> None:
    """What is given back is negative, under the purchase's code or one of its own; some reports leave out the sign."""
    async with one_night(*rows) as connector:
        found = await connector.get_revenue("DF-1000001")
    names = "gross_revenue refunds taxes fees net_revenue tickets_sold orders".split()
    assert [str(getattr(found, name)) for name in names] == figures
    assert found.basis == "tickets"


@pytest.mark.parametrize("name", ["grossSales", "sold"])
async def test_a_sale_without_an_amount_or_a_number_is_not_counted_and_that_is_said(name: str) -> None:
    async with one_night(SALE, SALE | {"uniqueCode": "U2", name: None}) as connector:
        found = await connector.get_revenue("DF-1000001")
    assert str(found.gross_revenue) == "44.00"
    assert "records that could not be read: 1" in found.unreported


@pytest.mark.parametrize("currency, price", [("GBP", "20.00"), ("JPY", "20")])
async def test_a_kind_of_ticket_is_what_was_sold_of_it(currency: str, price: str) -> None:
    cheaper = {"uniqueCode": "U0", "offerCode": "EARLY", "faceValue": 15.0, "ticketPrice": 17.0}
    rows = [SALE | cheaper, SALE, BACK]
    async with one_night(*(row | {"currency": currency} for row in rows)) as connector:
        (ticket,) = (await connector.get_tickets("DF-1000001")).items
    assert (ticket.id, ticket.name, str(ticket.price), ticket.quantity_sold) == ("P-1", "Adult", price, 3)
    assert (ticket.quantity_total, ticket.quantity_available, ticket.status) == (None, None, "unknown")


@pytest.mark.parametrize(
    "local, moment",
    [
        ("2027-03-28T00:30:00", datetime(2027, 3, 28, 0, 30, tzinfo=UTC)),
        ("2027-03-28T02:30:00", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("2027-07-01T12:00:00", datetime(2027, 7, 1, 11, 0, tzinfo=UTC)),
        ("2027-07-01T12:00:00+02:00", datetime(2027, 7, 1, 10, 0, tzinfo=UTC)),
    ],
)
async def test_times_are_those_of_london(local: str, moment: datetime) -> None:
    async with one_night(SALE | {"date": local}, starts=None, doorsOpen=local) as connector:
        event = await connector.get_event("DF-1000001")
        order = (await connector.get_orders("DF-1000001")).items[0]
    assert event.starts_at == order.placed_at == moment

"""What is odd about Accelevents."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import AuthenticationFailed, Connector, NotFound, PermissionDenied, SpektaError, create_connector

pytestmark = pytest.mark.anyio
EVENT = {
    "name": "Summit",
    "eventURL": "summit",
    "eventStartDate": "2026/10/24 22:00",
    "eventEndDate": "2026/10/25 06:00",
    "equivalentTimezone": "Europe/Paris",
    "currency": "EUR",
}
USUAL = {"/rest/u/organizers": [{"organizerPageURL": "north"}], "/false": [EVENT], "/true": []}
Answers = dict[str, Any]
Asked = list[httpx2.Request]


def platform(answers: Answers, asked: Asked | None = None) -> Callable[[httpx2.Request], httpx2.Response]:
    """Answers by the end of the path, the usual ones where nothing else is told; an unknown path is refused."""
    known = {**answers, **USUAL, **answers}

    def answer(request: httpx2.Request) -> httpx2.Response:
        if asked is not None:
            asked.append(request)
        body = next((body for end, body in known.items() if request.url.path.endswith(end)), None)
        return httpx2.Response(404 if body is None else 200, json=body)

    return answer


def connect(answers: Answers, asked: Asked | None = None, **options: Any) -> Connector:
    wire = httpx2.MockTransport(platform(answers, asked))
    return create_connector("accelevents", {"apiKey": "ae_test_canary_1"}, transport=wire, options=options)


async def test_the_key_travels_under_both_names() -> None:
    asked: Asked = []
    async with connect({}, asked) as connector:
        await connector.health_check()
    assert {name: asked[0].headers[name] for name in ("Key", "X-API-Key")} == {
        "Key": "ae_test_canary_1",
        "X-API-Key": "ae_test_canary_1",
    }


async def test_all_organizers_are_asked_for_what_comes_and_what_is_over() -> None:
    asked: Asked = []
    organizers = [{"organizerPageURL": "north"}, {"organizerPageURL": "south"}]
    over = {**EVENT, "eventURL": "over"}
    async with connect({"/rest/u/organizers": organizers, "/south/true": [over]}, asked, details=False) as connector:
        page = await connector.get_events()
        alone = await connector.get_event("over")
    assert [(event.id, event.status) for event in page] == [("summit", "live"), ("over", "completed")]
    assert alone == page.items[1]
    assert [request.url.path.removeprefix("/rest/u/organizer/") for request in asked[1:5]] == [
        "north/false",
        "south/false",
        "north/true",
        "south/true",
    ]


async def test_an_organizer_may_be_given() -> None:
    asked: Asked = []
    async with connect({}, asked, organizer_url="east", details=False) as connector:
        await connector.get_events()
    assert [request.url.path for request in asked] == ["/rest/u/organizer/east/false", "/rest/u/organizer/east/true"]


async def test_a_night_in_which_the_clocks_go_back() -> None:
    async with connect({}) as connector:
        event = await connector.get_event("summit")
    assert (event.starts_at, event.ends_at) == (
        datetime(2026, 10, 24, 20, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 5, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "details, status, raw, online, country",
    [
        ({"eventListingStatus": "POSTPONED", "eventFormat": "VIRTUAL"}, "postponed", "POSTPONED", True, None),
        ({"eventListingStatus": "PREVIEW", "eventFormat": "HYBRID"}, "draft", "PREVIEW", False, None),
        ({"eventListingStatus": "PRIVATE", "eventFormat": "In-Person"}, "live", "PRIVATE", False, None),
        ({"eventListingStatus": "HAUNTED", "eventFormat": "X"}, "unknown", "HAUNTED", None, None),
        ({"eventCountryCode": "FR"}, "live", None, None, "FR"),
    ],
)
async def test_details(details: Answers, status: str, raw: str | None, online: bool | None, country: str) -> None:
    async with connect({"/rest/host/event/summit/eventDetails": details}) as connector:
        event = await connector.get_event("summit")
    assert (event.status, event.status_raw, event.online) == (status, raw, online)
    assert (event.venue and event.venue.country) == country


@pytest.mark.parametrize(
    "said, code", [("USD", "USD"), ("eur", "EUR"), ("$", "USD"), ("€", "EUR"), ("£", "GBP"), ("Mex$", "MXN")]
)
async def test_a_currency_may_be_a_sign(said: str, code: str) -> None:
    async with connect({"/false": [{**EVENT, "currency": said}]}) as connector:
        assert (await connector.get_event("summit")).currency == code


async def test_a_sign_that_stands_for_several_currencies_is_a_problem() -> None:
    async with connect({"/false": [{**EVENT, "currency": "kr"}]}) as connector:
        page = await connector.get_events()
    assert (page.items, [problem.path for problem in page.problems]) == ([], ["[0].currency"])


TYPE = {"typeId": 901, "name": "Pass", "price": 199.5, "totalSoldTickets": 2, "remainingTickets": 40}


@pytest.mark.parametrize("spelt", ["ticketTypes", "tickeTypes"])
async def test_ticket_types_under_either_spelling_without_add_ons(spelt: str) -> None:
    rows = [{**TYPE, "fee": 3.5, "passFeesToBuyer": True}, {**TYPE, "typeId": 902, "dataType": "ADDON"}]
    async with connect({"/ticketing/settings": {spelt: rows}}) as connector:
        (ticket,) = await connector.get_tickets("summit")
    assert (ticket.id, ticket.price, ticket.fee) == ("901", Decimal("199.50"), Decimal("3.50"))
    assert (ticket.quantity_total, ticket.quantity_sold, ticket.quantity_available) == (42, 2, 40)


@pytest.mark.parametrize("passed, fee", [(True, Decimal(350)), (False, Decimal(0)), (None, None)])
async def test_a_fee_is_the_buyers_where_it_is_passed_on(passed: bool | None, fee: Decimal | None) -> None:
    answers = {"/false": [{**EVENT, "currency": "JPY"}], "/ticketing/settings": {
        "ticketTypes": [{**TYPE, "price": 3500.0, "fee": 350.0, "passFeesToBuyer": passed}]}}  # fmt: skip
    async with connect(answers) as connector:
        (ticket,) = await connector.get_tickets("summit")
    assert (str(ticket.price), ticket.fee) == ("3500", fee)


PERSON = {"attendeeId": "7001", "ticketType": "Pass", "ticketStatus": "BOOKED", "status": "PAID"}


@pytest.mark.parametrize(
    "types, id", [([(1, "Pass"), (2, "VIP")], "1"), ([(1, "Pass"), (2, "Pass")], None), ([], None)]
)
async def test_a_type_is_known_by_its_name_where_only_one_has_it(types: list[tuple[int, str]], id: str | None) -> None:
    counts = [{"ticketTypeId": number, "ticketTypeName": name} for number, name in types]
    body = {"attendees": [PERSON], "recordsFiltered": 1, "ticketTypeCountDtos": counts}
    async with connect({"/allAttendees": body}) as connector:
        (attendee,) = await connector.get_attendees("summit")
    assert (attendee.ticket_id, attendee.ticket_name) == (id, "Pass")


@pytest.mark.parametrize(
    "said, status, entered",
    [
        ({}, "valid", False),
        ({"ticketStatus": "CHECKED_IN"}, "valid", True),
        ({"ticketStatus": "DELETED"}, "cancelled", False),
        ({"status": "UNPAID"}, "pending", False),
        ({"status": "UNPAID", "ticketStatus": "CANCELLED"}, "cancelled", False),
        ({"ticketStatus": None}, "unknown", None),
    ],
)
async def test_the_status_of_a_ticket(said: Answers, status: str, entered: bool | None) -> None:
    async with connect({"/allAttendees": {"attendees": [{**PERSON, **said}], "recordsFiltered": 1}}) as connector:
        (attendee,) = await connector.get_attendees("summit")
    assert (attendee.status, attendee.checked_in) == (status, entered)


ORDER = {
    "orderId": 88,
    "status": "paid",
    "totalAmount": 211.5,
    "ticketingFee": 6.0,
    "ccFee": 6.5,
    "purchaseDate": "2026/10/25 02:30",
    "attendee": [{"qty": 3, "ticketType": "Pass"}],
}
DETAIL = "/staff/refund/order/88"


def seat(status: str = "BOOKED", **more: Any) -> Answers:
    return {"ticketType": "Pass", "qty": 1, "ticketStatus": status, "paidAmount": 70.5, "refundedAmount": 0.0, **more}


def sold(*seats: Answers, **more: Any) -> Answers:
    return {
        "/staff/orders": {"data": [{**ORDER, **more}], "recordsFiltered": 1},
        "/ticketing/settings": {"ticketTypes": [TYPE]},
        **({DETAIL: {"attendee": list(seats)}} if seats else {}),
    }


@pytest.mark.parametrize(
    "answers, status, paid, refunded, tickets",
    [
        (sold(seat(), seat(), seat()), "paid", "211.50", "0.00", 3),
        (sold(seat(), seat(), seat("REFUNDED", refundedAmount=70.5)), "partially_refunded", "211.50", "70.50", 2),
        (sold(seat(qty=3, refundQty=1, refundedAmount=70.5)), "partially_refunded", "211.50", "70.50", 2),
        (sold(seat("CANCELLED", refundedAmount=200.0)), "cancelled", "211.50", "200.00", 0),
        (sold(seat("REFUNDED", refundedAmount=211.5)), "refunded", "211.50", "211.50", 0),
        (sold(status="refunded"), "refunded", "211.50", "211.50", 0),
        (sold(seat(), seat(dataType="ADDON")), "paid", "211.50", "0.00", 1),
        (sold(status="unpaid"), "pending", None, None, 3),
        (sold(status="partially paid"), "pending", None, None, 3),
        (sold(status="unpaid", orderType="UNPAID_DELETE"), "cancelled", None, None, 0),
        (sold(), "paid", "211.50", None, 3),
        (sold(status="haunted"), "unknown", None, None, 3),
    ],
)
async def test_what_became_of_an_order(
    answers: Answers, status: str, paid: str | None, refunded: str | None, tickets: int
) -> None:
    async with connect(answers) as connector:
        (order,) = await connector.get_orders("summit")
    amounts = tuple(None if amount is None else str(amount) for amount in (order.paid, order.refunded))
    assert (order.status, *amounts, order.ticket_count) == (status, paid, refunded, tickets)
    assert (order.fees, order.placed_at) == (Decimal("12.50"), datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert {line.ticket_id for line in order.lines} == {"901"}


async def test_what_was_given_back_is_unknown_without_the_call_for_it() -> None:
    asked: Asked = []
    async with connect(sold(seat("REFUNDED", refundedAmount=70.5)), asked, refunds=False) as connector:
        revenue = await connector.get_revenue("summit")
    assert (revenue.gross_revenue, revenue.refunds) == (Decimal("211.50"), None)
    assert "refunds" in revenue.unreported
    assert not [request for request in asked if request.url.path.endswith(DETAIL)]


async def test_orders_of_tickets_and_of_add_ons_are_one_list() -> None:
    asked: Asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/staff/orders"):
            return platform(sold(), asked)(request)
        ids = {"TICKET": [1, 2], "ADDON": [2, 3]}[request.url.params["dataType"]]
        return httpx2.Response(200, json=[{**ORDER, "orderId": id} for id in ids])

    credentials, wire = {"apiKey": "ae_test_canary_1"}, httpx2.MockTransport(answer)
    async with create_connector("accelevents", credentials, transport=wire) as connector:
        page = await connector.get_orders("summit")
    assert [(order.id, order.ticket_count) for order in page] == [("1", 3), ("2", 3), ("3", 0)]


async def test_a_time_is_sent_in_the_westernmost_zone_so_that_nothing_is_missed() -> None:
    asked: Asked = []
    async with connect(sold(), asked) as connector:
        await connector.get_orders("summit", since=datetime(2026, 3, 1, 6, 0, 59, tzinfo=UTC))
    said = {request.url.params.get("searchTimeStamp") for request in asked if "dataType" in request.url.params}
    assert said == {"02/28/2026 18:00:59"}


@pytest.mark.parametrize(
    "body, error",
    [
        ({"errorCode": 4010101}, AuthenticationFailed),
        ({"code": "4030201", "message": "Not event host"}, PermissionDenied),
        ({"error": {"code": 4040200}}, NotFound),
    ],
)
async def test_a_refusal_is_told_by_a_code(body: Answers, error: type[SpektaError]) -> None:
    wire = httpx2.MockTransport(lambda request: httpx2.Response(406, content=json.dumps(body)))
    async with create_connector("accelevents", {"apiKey": "ae_test_canary_1"}, transport=wire) as connector:
        with pytest.raises(error):
            await connector.get_attendees("summit")

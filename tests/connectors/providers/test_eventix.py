"""Eventix: arrays without pages, a search that is paged in its body, tokens that end as bad requests."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import AuthenticationFailed, Connector, Rejected, create_connector
from connectors.credentials import MemoryVault
from connectors.models import UnifiedAttendee, UnifiedTicket
from tests.connectors.sandboxed import Wire, connect, edited, sandboxed

pytestmark = pytest.mark.anyio
EVENT: dict[str, Any] = {
    "guid": "e-1",
    "name": "Spring Fest",
    "status": "normal",
    "currency": "EUR",
    "start": "2026-10-24T22:00:00+02:00",
    "end": "2026-10-25T06:00:00+01:00",
    "location": {"guid": "l-1", "name": "Hal 1"},
}
TYPE = {"guid": "k-1", "event_id": "e-1", "name": "Regular", "min_price": 2500, "status": "available"}


def issued(id: str, **more: Any) -> dict[str, Any]:
    known = {"guid": id, "ticket_id": "k-1", "finn_value": 2500, "finn_service_fee": 150, "products": []}
    return {**known, **more}


def bought(id: str, *tickets: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    known = {"guid": id, "status": "paid", "created_at": "2026-03-01T10:00:00+01:00", "payments": [], "meta_data": []}
    return {**known, "tickets": tickets, **more}


class Weeztix:
    """One event with these orders, of which the search gives two at a time whatever the limit."""

    def __init__(self, *orders: Mapping[str, Any], event: Mapping[str, Any] = EVENT, **kind: Any) -> None:
        self.event, self.kind, self.orders = event, {**TYPE, **kind}, orders
        self.total: Any = len(orders)
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answers = {"/event": [self.event], "/event/e-1": self.event, "/event/e-1/ticket": [self.kind]}
        if request.url.path in answers:
            return httpx2.Response(200, json=answers[request.url.path])
        if request.url.path != "/statistics/search":
            return httpx2.Response(404, json={"error": "not_found"})
        start = json.loads(request.content)["offset"]
        hits = [{"_source": order} for order in self.orders[start : start + 2]]
        return httpx2.Response(200, json={"hits": {"total": self.total, "hits": hits}})

    def connect(self, **credentials: str) -> Connector:
        return create_connector(
            "eventix", {"accessToken": "at_test_canary", **credentials}, transport=httpx2.MockTransport(self)
        )

    @property
    def searches(self) -> list[Any]:
        return [json.loads(request.content) for request in self.asked if request.url.path == "/statistics/search"]


FIVE = [bought(f"o-{number}", issued(f"t-{number}")) for number in range(5)]


@pytest.mark.parametrize(
    "total, offsets",
    [
        (5, [0, 2, 4]),
        ({"value": 5, "relation": "eq"}, [0, 2, 4]),
        ({"value": 2, "relation": "gte"}, [0, 2, 4]),
        (None, [0, 2, 4]),
    ],
)
async def test_a_search_goes_on_in_its_body_however_the_total_is_told(total: Any, offsets: list[int]) -> None:
    platform = Weeztix(*FIVE)
    platform.total = total
    async with platform.connect() as connector:
        found = [order.id async for order in connector.stream_orders("e-1")]
    assert found == ["o-0", "o-1", "o-2", "o-3", "o-4"]
    assert platform.searches == [{"search": "", "limit": 1000, "offset": offset} for offset in offsets]


@pytest.mark.parametrize("company, sent", [(None, None), ("c-1", "c-1"), ("c-1,c-2", "c-1,c-2")])
async def test_a_company_is_named_only_where_it_is_given(company: str | None, sent: str | None) -> None:
    platform = Weeztix()
    async with platform.connect(**({"companyId": company} if company else {})) as connector:
        await connector.get_events()
    assert platform.asked[0].headers.get("Company") == sent


async def test_a_company_of_the_token_can_be_chosen() -> None:
    account = sandboxed("eventix")
    async with connect(account) as connector:
        every = {event.currency for event in await connector.get_events()}
    companies = {row["company_id"] for row in [event.raw for event in await events_of(account, {})]}
    for company in companies:
        chosen = await events_of(account, {"companyId": company})
        assert {event.raw["company_id"] for event in chosen} == {company}
    assert len(companies) == 2 < len(every)


async def events_of(account: Any, more: dict[str, str]) -> list[Any]:
    async with connect(account, credentials={**account.service.credentials, **more}) as connector:
        return [event async for event in connector.stream_events()]


# Tokens


async def test_a_token_that_ended_is_renewed_although_it_is_called_a_bad_request() -> None:
    account = sandboxed("eventix")
    access, refresh = account.sandbox.grants["eventix"].issue()
    account.sandbox.expire_tokens("eventix")
    vault = MemoryVault({**account.service.client, "accessToken": access, "refreshToken": refresh})
    wire = Wire(account)
    async with connect(account, wire, vault=vault) as connector:
        assert (await connector.get_events()).items
    asked = [(entry.host, entry.path, entry.status) for entry in account.sandbox.log]
    assert asked[:3] == [("api", "/event", 400), ("auth", "/tokens", 200), ("api", "/event", 200)]
    assert (await vault.read())["refreshToken"] != refresh


async def test_a_refresh_token_that_was_used_costs_the_grant() -> None:
    account = sandboxed("eventix")
    grants = account.sandbox.grants["eventix"]
    access, refresh = grants.issue()
    pair = grants.refresh(refresh)
    assert pair
    account.sandbox.expire_tokens("eventix")
    credentials = {**account.service.client, "accessToken": access, "refreshToken": refresh}
    async with connect(account, credentials=credentials) as connector:
        with pytest.raises(AuthenticationFailed) as raised:
            await connector.get_events()
    assert raised.value.advice == "Connect Eventix again."
    assert grants.refresh(pair[1]) is None


async def test_another_bad_request_is_one() -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(400, json={"error": "invalid_request", "error_description": "limit is too large"})

    transport = httpx2.MockTransport(refuse)
    async with create_connector("eventix", {"accessToken": "at_test_canary"}, transport=transport) as connector:
        with pytest.raises(Rejected) as raised:
            await connector.get_events()
    assert raised.value.platform_message == "limit is too large"


# Events and ticket types


async def test_a_night_in_which_the_clocks_go_back() -> None:
    async with Weeztix().connect() as connector:
        (event,) = await connector.get_events()
    assert event.starts_at == datetime(2026, 10, 24, 20, tzinfo=UTC)
    assert event.ends_at == datetime(2026, 10, 25, 5, tzinfo=UTC)
    assert event.timezone is None


@pytest.mark.parametrize("said, capacity", [(0, None), (1, 1), (None, None)])
async def test_no_capacity_is_no_limit(said: int | None, capacity: int | None) -> None:
    async with Weeztix(event=EVENT | {"capacity": said}).connect() as connector:
        assert (await connector.get_event("e-1")).capacity == capacity


async def ticket(**kind: Any) -> UnifiedTicket:
    currency = kind.pop("currency", "EUR")
    async with Weeztix(event=EVENT | {"currency": currency}, **kind).connect() as connector:
        (found,) = await connector.get_tickets("e-1")
    return found


@pytest.mark.parametrize("stock, sold, total, left", [(0, 7, None, None), (500, 120, 500, 380), (5, 9, 5, 0)])
async def test_no_stock_is_no_limit(stock: int, sold: int, total: int | None, left: int | None) -> None:
    found = await ticket(available_stock=stock, sold_count=sold)
    assert (found.quantity_total, found.quantity_sold, found.quantity_available) == (total, sold, left)


@pytest.mark.parametrize(
    "status, overrule, ours",
    [
        ("available", "auto", "on_sale"),
        ("available", "sold_out", "sold_out"),
        ("not_sold_right_now", None, "off_sale"),
        ("sold_out", "auto", "sold_out"),
        (None, "auto", "unknown"),
    ],
)
async def test_a_type_that_is_called_sold_out_is(status: str | None, overrule: str | None, ours: str) -> None:
    assert (await ticket(status=status, status_overrule=overrule)).status == ours


@pytest.mark.parametrize("currency, price", [("EUR", "25.00"), ("JPY", "2500"), ("KWD", "2.500")])
async def test_amounts_are_in_the_smallest_unit(currency: str, price: str) -> None:
    assert str((await ticket(currency=currency)).price) == price


async def test_a_type_without_products_to_look_at_has_no_price() -> None:
    assert (await ticket(min_price=None)).price is None


# Orders


async def attendee(order: Mapping[str, Any]) -> UnifiedAttendee:
    async with Weeztix(order).connect() as connector:
        (found,) = await connector.get_attendees("e-1")
    return found


@pytest.mark.parametrize(
    "of_ticket, of_order, status",
    [
        (None, None, "valid"),
        ("Order returned", None, "refunded"),
        (None, "refund by organiser", "refunded"),
        ("Swapped for another", None, "transferred"),
        ("double sale", None, "cancelled"),
        ("", None, "cancelled"),
    ],
)
async def test_why_a_ticket_no_longer_holds(of_ticket: str | None, of_order: str | None, status: str) -> None:
    def gone(reason: str | None) -> dict[str, Any]:
        since = None if reason is None else "2026-04-01T10:00:00+02:00"
        return {"invalidated_since": since, "invalidated_reason": reason}

    assert (await attendee(bought("o-1", issued("t-1", **gone(of_ticket)), **gone(of_order)))).status == status


@pytest.mark.parametrize("status, ours", [("paid", "valid"), ("pending", "pending"), ("expired", "cancelled")])
async def test_a_ticket_is_as_good_as_its_order(status: str, ours: str) -> None:
    assert (await attendee(bought("o-1", issued("t-1"), status=status))).status == ours


@pytest.mark.parametrize(
    "scanned, entered", [([1, 2], True), ([1, 0], False), ([0], False), ([None], False), ([], None)]
)
async def test_who_has_entered_had_all_products_scanned(scanned: list[int | None], entered: bool | None) -> None:
    products = [{"scanned_amount": amount} for amount in scanned]
    assert (await attendee(bought("o-1", issued("t-1", products=products)))).checked_in is entered


async def test_answers_are_those_of_the_buyer() -> None:
    answers = {"phonenumber": "+31 6 00 00 00 00", "country": "NL"}
    meta = [{"value": value, "metadata": {"name": name}} for name, value in answers.items()]
    found = await attendee(bought("o-1", issued("t-1"), meta_data=meta, email="ada@example.org"))
    assert (found.answers, found.phone, found.email) == (answers, "+31 6 00 00 00 00", "ada@example.org")


OTHERS = issued("t-9", ticket_id="k-of-another-event", finn_value=9900)


async def test_of_a_shared_order_only_the_events_own_tickets_are_told() -> None:
    """And nothing at all of an order for other events alone."""
    orders = [bought("o-1", issued("t-1"), OTHERS), bought("o-2", OTHERS)]
    async with Weeztix(*orders).connect() as connector:
        people = [one.id for one in await connector.get_attendees("e-1")]
        (order,) = await connector.get_orders("e-1")
        revenue = await connector.get_revenue("e-1")
    assert people == ["t-1"]
    assert [(line.event_id, line.ticket_id, line.amount) for line in order.lines] == [("e-1", "k-1", Decimal("26.50"))]
    assert (revenue.gross_revenue, revenue.tickets_sold, revenue.orders) == (Decimal("26.50"), 1, 1)


@pytest.mark.parametrize(
    "tickets, gross",
    [
        ([issued("t-1"), issued("t-2")], "53.00"),
        ([issued("t-1", finn_service_fee=0), issued("t-2", finn_service_fee=300)], "53.00"),
        ([issued("t-1", finn_service_fee=None), issued("t-2", finn_service_fee=None)], "53.01"),
        ([issued("t-1", finn_service_fee=None), OTHERS | {"finn_value": 2500, "finn_service_fee": None}], "26.51"),
    ],
    ids=["each its own", "one for both", "the order's", "its part of a shared order's"],
)
async def test_service_fees_are_part_of_what_was_paid(tickets: list[dict[str, Any]], gross: str) -> None:
    order = bought("o-1", *tickets, finn_value=5000, finn_service_fee=301)
    async with Weeztix(order).connect() as connector:
        revenue = await connector.get_revenue("e-1")
    assert str(revenue.gross_revenue) == gross
    assert (revenue.basis, revenue.fees, revenue.unreported) == ("tickets", None, ("taxes", "fees"))


async def test_a_swapped_ticket_counts_as_what_it_was_swapped_for() -> None:
    swapped = issued("t-1", invalidated_since="2026-04-01T10:00:00+02:00", invalidated_reason="swap")
    async with Weeztix(bought("o-1", swapped, issued("t-2"))).connect() as connector:
        revenue = await connector.get_revenue("e-1")
    assert (str(revenue.gross_revenue), revenue.tickets_sold) == ("26.50", 1)


async def test_a_payment_may_be_more_than_the_total() -> None:
    payments = [
        {"finn_price": 2679, "currency": "EUR", "status": "paid"},
        {"finn_price": 2650, "currency": "EUR", "status": "failed"},
    ]
    async with Weeztix(bought("o-1", issued("t-1"), finn_price=2650, payments=payments)).connect() as connector:
        (order,) = await connector.get_orders("e-1")
    assert (order.paid, order.total, order.status) == (Decimal("26.79"), Decimal("26.50"), "paid")


async def test_an_order_in_another_currency_is_not_added_in() -> None:
    payments = [{"finn_price": 2650, "currency": "JPY", "status": "paid"}]
    async with Weeztix(bought("o-1", issued("t-1"), payments=payments)).connect() as connector:
        revenue = await connector.get_revenue("e-1")
    assert (str(revenue.gross_revenue), revenue.orders) == ("0.00", 0)
    assert [(one.currency, str(one.gross_revenue)) for one in revenue.other_currencies] == [("JPY", "2650")]


async def test_an_order_whose_payments_are_not_told_says_so() -> None:
    account = sandboxed("eventix")

    def hide(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if not request.url.path.endswith("/search"):
            return response
        return edited(response, lambda body: [hit["_source"].pop("payments") for hit in body["hits"]["hits"]] and body)

    async with connect(account, Wire(account, hide)) as connector:
        orders = [order async for order in connector.stream_orders()]
    assert {order.paid for order in orders} == {None}

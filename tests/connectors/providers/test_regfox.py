"""What RegFox alone does: forms without dates in the list, stock beside the form, money beside the orders."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from connectors import RateLimited, create_connector
from connectors.providers import regfox
from connectors.row import Row, Surroundings

from ..sandboxed import Clock, Wire, connect, edited, sandboxed

pytestmark = pytest.mark.anyio
FORM = {"id": 7, "status": "open", "publishedPath": "fair.regfox.com/x", "currency": "USD", "timeZone": "Europe/Paris"}


def path(request: httpx2.Request) -> str:
    return request.url.path.partition("/v2/public")[2]


def form(key: str) -> str:
    return sandboxed("regfox").service.event_id(sandboxed("regfox").box.event(key))


def changed(where: str, edit: Callable[[Any], Any]) -> Wire:
    """A wire on which one path answers something else."""
    return Wire(sandboxed("regfox"), lambda asked, said: edited(said, edit) if path(asked) == where else said)


async def test_the_key_is_a_header_and_the_product_an_option() -> None:
    wire = Wire(account := sandboxed("regfox"))
    async with connect(account, wire, options={"product": "redpodium.com"}) as connector:
        assert (await connector.get_events()).items == []
    (request,) = wire.requests
    assert request.headers["apikey"] == account.service.credentials["apiKey"]
    assert dict(request.url.params) == {"product": "redpodium.com", "limit": "50"}


async def test_the_next_page_is_asked_for_with_what_the_last_one_gave() -> None:
    wire = Wire(account := sandboxed("regfox"))
    async with connect(account, wire) as connector:
        whole = [one.id async for one in connector.stream_attendees(form("festival-des-quais"))]
    asked = [request.url.params.get("startingAfter") for request in wire.requests]
    assert len(whole) == 253
    assert asked == [None, "50", "100", "150", "200", "250"]


@pytest.mark.parametrize(
    "told, status",
    [
        ({"status": "open"}, "live"),
        ({"status": "open", "publishedPath": None}, "draft"),
        ({"status": "scheduled"}, "draft"),
        ({"status": "closed"}, "live"),
        ({"status": "archived", "publishedPath": None}, "completed"),
        ({"status": "deleted"}, "cancelled"),
        ({"status": "frozen"}, "unknown"),
    ],
)
def test_what_a_form_is(told: dict[str, Any], status: str) -> None:
    event = regfox.event(Row(FORM | told))
    assert (event.status, event.url) == (status, None if "publishedPath" in told else "https://fair.regfox.com/x")


@pytest.mark.parametrize(
    "said, start",
    [("2026-10-25T00:30:00.692735693Z", "2026-10-25T02:30+02:00"), ("2026-10-25T01:30:00Z", "2026-10-25T02:30+01:00")],
)
def test_the_hour_that_comes_twice_is_told_apart(said: str, start: str) -> None:
    event = regfox.event(Row(FORM | {"eventStart": said}))
    assert event.starts_at is not None
    assert event.starts_at.replace(microsecond=0) == datetime.fromisoformat(start).astimezone(UTC)


async def test_a_form_that_was_never_published_has_no_stock_yet() -> None:
    wire = Wire(account := sandboxed("regfox"))
    async with connect(account, wire) as connector:
        (ticket,) = (await connector.get_tickets(form("next-spring"))).items
    assert path(wire.requests[-1]) == f"/forms/{form('next-spring')}/inventory"
    assert (ticket.quantity_total, ticket.quantity_sold) == (100, None)


STOCK = {"path": "registrants.registrationOptions.a", "quantity": 10}
DATES = [STOCK | {"key": f"2026-08-0{day}", "sold": 4} for day in (1, 2)]


@pytest.mark.parametrize(
    "records, total, sold, status",
    [
        ([STOCK | {"sold": 3, "name": "an old name"}], 10, 3, "on_sale"),
        ([STOCK | {"sold": 10}], 10, 10, "sold_out"),
        ([STOCK | {"sold": 0}, *DATES], 20, 8, "on_sale"),
        ([STOCK | {"sold": 8}, *DATES], 10, 8, "on_sale"),
        ([STOCK | {"sold": 8, "path": "registrants.registrationOptions.b"}], 90, None, "on_sale"),
    ],
    ids=["by path", "sold out", "each date its own", "all dates together", "of another option"],
)
def test_stock_is_that_of_the_option(records: list[dict[str, Any]], total: int, sold: int | None, status: str) -> None:
    attributes = {"label": "10K", "amount": "50", "limitedInventory": True, "inventory": "90"}
    question = {"type": "regOptions", "key": "registrationOptions", "options": [{"key": "a", "attributes": attributes}]}
    told = Row(FORM | {"fields": {"registrants": {"children": [{"type": "section", "children": [question]}]}}})
    joined: dict[str, list[Row]] = {}
    for record in records:
        joined.setdefault(record["path"], []).append(Row(record))
    (option,) = regfox.options(told)
    option.around = Surroundings({}, None, told, {"inventory": joined})
    ticket = regfox.ticket(option)
    assert (ticket.id, ticket.name, ticket.price) == ("7-a", "10K", Decimal("50.00"))
    assert (ticket.quantity_total, ticket.quantity_sold, ticket.status) == (total, sold, status)


async def test_a_cart_that_was_left_is_an_expired_order_and_nobody() -> None:
    def abandon(body: Any) -> None:
        for row in body["data"]:
            row["status"] = "abandoned"

    garden = form("concert-au-jardin")
    async with connect(sandboxed("regfox"), changed("/search/registrants", abandon)) as connector:
        assert (await connector.get_attendees(garden)).items == []
        assert (await connector.get_revenue(garden)).tickets_sold == 0
    async with connect(sandboxed("regfox"), changed("/search/orders", abandon)) as connector:
        found = await connector.get_orders(garden)
    assert "expired" in {order.status for order in found}
    assert {order.status_raw for order in found} == {"abandoned"}


@pytest.mark.parametrize(
    "said, name",
    [
        ({"name.first": "Ada"}, "Ada"),
        ({"name2.first": "Ada", "name2.last": "Roe"}, "Ada Roe"),
        ({"name.first": None, "tshirt": "M"}, "Bo Payer"),
        ({"nickname.first": "Al"}, "Bo Payer"),
    ],
)
def test_a_name_is_the_registrants_own_or_the_buyers_never_half_of_each(said: dict[str, str], name: str) -> None:
    fields = [{"path": path, "value": value} for path, value in said.items()]
    buyer = {"firstName": "Bo", "lastName": "Payer"}
    person = regfox.attendee(Row({"id": 1, "formId": 7, "status": "completed", "billing": buyer, "fieldData": fields}))
    assert person
    assert " ".join(filter(None, (person.first_name, person.last_name))) == name


MOVES = [
    ("charge", "completed", "100.00"),
    ("cash", "3", 5),
    ("refund", "completed", "-30.00"),
    ("chargeback", "completed", "10.00"),
    ("charge", "declined", "9.00"),
    ("preauth", "completed", "0"),
    ("voucher", "completed", "9.00"),
]


def test_which_transactions_are_money() -> None:
    """A refund is one whatever its sign."""
    rows = [
        Row({"id": at, "orderId": 1, "transactionType": kind, "status": status, "total": total, "currency": "USD"})
        for at, (kind, status, total) in enumerate(MOVES)
    ]
    sales = [sale for sale in map(regfox.payment, rows) if sale]
    assert [str(sale.gross) for sale in sales] == ["100.00", "5.00", "0.00", "0.00"]
    assert [str(sale.refunded) for sale in sales] == ["0.00", "0.00", "30.00", "10.00"]


async def test_a_kind_of_transaction_that_nobody_knows_is_told() -> None:
    def odd(body: Any) -> None:
        body["data"][0]["transactionType"] = "cheque"

    async with connect(sandboxed("regfox"), changed("/search/transactions", odd)) as connector:
        assert "records that could not be read: 1" in (await connector.get_revenue(form("fog-and-brass"))).unreported


@pytest.mark.parametrize("key, price", [("fog-and-brass", "18.50"), ("dhow-stories", "7.250"), ("hotaru", "3500")])
async def test_amounts_have_the_decimals_of_their_currency(key: str, price: str) -> None:
    async with connect(sandboxed("regfox")) as connector:
        assert str((await connector.get_tickets(form(key))).items[0].price) == price


async def test_without_transactions_nobody_knows_what_was_paid() -> None:
    wire = Wire(account := sandboxed("regfox"))
    async with connect(account, wire, options={"payments": False}) as connector:
        orders = (await connector.get_orders(form("concert-au-jardin"))).items
    assert {(order.paid, order.refunded) for order in orders} == {(None, None)}
    assert not [request for request in wire.requests if path(request) == "/search/transactions"]


async def test_a_limit_says_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    clock.stop(monkeypatch)
    monkeypatch.setattr("connectors.faults.time", SimpleNamespace(time=lambda: 1_800_000_000))
    body = {"responseCode": 429, "error": {"code": 4290, "description": "rate limit exceeded"}}
    limited = httpx2.Response(429, json=body, headers={"X-Retry-After": "1800000300"})
    transport = httpx2.MockTransport(lambda _: limited)
    async with create_connector("regfox", {"apiKey": "rf_test_canary_key"}, transport=transport) as connector:
        with pytest.raises(RateLimited) as raised:
            await connector.get_events()
    assert (raised.value.retry_after, raised.value.platform_message) == (300, "rate limit exceeded")

"""Universe: dates as time slots, two currencies for one order, states that mislead, and rights field by field."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import httpx2
import pytest

from connectors import AuthenticationFailed, Connector, NotFound, PermissionDenied, create_connector
from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.cases import BUYER
from spekta.sandbox.clerk import Clerk

from ..conftest import Account
from ..sandboxed import Wire, connect, sandboxed

pytestmark = pytest.mark.anyio
SLUG = "universe"
TOKEN = "uni_at_test_canary"
PLAIN = {"payment": 30.0, "discount": 0.0, "fee": 1.5, "commission": 1.0, "taxesTotal": 3.9, "voidedPayment": 0.0}
ITEM = {"state": "PAID", "fullyRefunded": False, "rate": {"id": "r1", "type": "PAID_TICKET"}}


def answering(**lists: Any) -> Connector:
    """An account whose event e1 has these lists; a list may be null, or a function of the variables."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        if "viewer" in body["query"]:
            return httpx2.Response(200, json={"data": {"viewer": {"id": "h1"}}})
        name = next(name for name in ("orders", "attendees", "rates", "timeSlots") if f"{name} " in body["query"]
                    or f"{name}(" in body["query"])  # fmt: skip
        start, size = (body["variables"].get(name) for name in ("offset", "limit"))
        event = {"id": "e1", "currency": "CAD", "timeSlots": {"totalCount": 1}, **lists.get("event", {})}
        if start is not None:
            rows = lists.get(name, [])
            event[name] = {"totalCount": len(rows), "nodes": rows[start : start + size]}
        return httpx2.Response(200, json={"data": {"event": event}})

    return create_connector(SLUG, {"accessToken": TOKEN}, transport=httpx2.MockTransport(answer))


def order(state: str, *, items: list[dict[str, Any]] | None = None, count: int | None = None, **costs: Any) -> Any:
    nodes = [ITEM] if items is None else items
    return {
        "id": "o1", "state": state, "createdAt": "2026-02-01T12:00:00Z", "updatedAt": "2026-02-01T12:00:00Z",
        "event": {"id": "e1", "currency": "CAD"}, "buyer": {"name": "Lee Moss", "email": "lee@example.org"},
        "costBreakdown": {"currency": "CAD", **PLAIN, **costs},
        "orderItems": {"totalCount": len(nodes) if count is None else count, "nodes": nodes},
    }  # fmt: skip


# Events


async def test_an_event_lasts_from_its_first_date_to_its_last() -> None:
    account = sandboxed(SLUG)
    first, last = (account.box.event(f"winterkabarett-{number}") for number in (1, 2))
    async with connect(account) as connector:
        found = await connector.get_event(account.service.event_id(first))
        tickets = (await connector.get_tickets(found.id)).items
    assert (found.starts_at, found.ends_at) == (first.starts_at, last.ends_at)
    assert [ticket.quantity_total for ticket in tickets] == [100] * 4


def slot(day: int, state: str = "NORMAL", **more: Any) -> dict[str, Any]:
    """Two hours at noon, one or more days after the first of May."""
    start = 1_777_636_800 + 86_400 * day
    return {"state": state, "startStamp": start, "endStamp": start + 7200, "tz": "America/Toronto", **more}


@pytest.mark.parametrize(
    "slots, total, days",
    [
        ([slot(1), slot(0), slot(2)], 3, (1, 3)),
        ([slot(0, "HIDDEN"), slot(1), slot(9, "HIDDEN")], 3, (2, 2)),
        ([slot(0), slot(1)], 60, (1, None)),
        ([], 0, (None, None)),
    ],
    ids=["in any order", "hidden ones left out", "more than were read", "none"],
)
async def test_the_dates_of_an_event(slots: list[Any], total: int, days: tuple[int | None, int | None]) -> None:
    event = {"title": "Studio", "state": "POSTED", "timeSlots": {"totalCount": total, "nodes": slots}}
    async with answering(event=event) as connector:
        found = await connector.get_event("e1")
    first, last = days
    assert found.starts_at == (first and datetime(2026, 5, first, 12, tzinfo=UTC))
    assert found.ends_at == (last and datetime(2026, 5, last, 14, tzinfo=UTC))


async def test_dates_without_stamps_are_in_their_zone_across_the_change_of_clocks() -> None:
    night = {
        "state": "NORMAL",
        "startAt": "2026-10-31T22:00:00",
        "endAt": "2026-11-01T06:00:00",
        "tz": "America/Toronto",
    }
    event = {"title": "Night", "state": "POSTED", "timeSlots": {"totalCount": 1, "nodes": [night]}}
    async with answering(event=event) as connector:
        found = await connector.get_event("e1")
    assert found.starts_at == datetime(2026, 11, 1, 2, tzinfo=UTC)
    assert found.ends_at == datetime(2026, 11, 1, 11, tzinfo=UTC)


async def test_an_online_event_is_not_in_the_gulf_of_guinea() -> None:
    account = sandboxed(SLUG)
    async with connect(account) as connector:
        found = await connector.get_event(account.service.event_id(account.box.event("prairie-code-night")))
    assert (found.online, found.venue) == (True, None)
    assert (found.raw["latitude"], found.raw["longitude"]) == (0, 0)


@pytest.mark.parametrize("word", ["PRESUMBITTED", "PRESUBMITTED"])
async def test_a_state_spelled_in_two_ways_is_understood_and_not_asked_for(word: str) -> None:
    async with answering(event={"title": "Soon", "state": word, "timeSlots": {"totalCount": 0, "nodes": []}}) as one:
        assert (await one.get_event("e1")).status == "draft"
    account = sandboxed(SLUG)
    wire = Wire(account)
    async with connect(account, wire) as connector:
        await connector.get_events()
        await connector.get_events(filters={"status": "draft"})
    assert not [request for request in wire.requests if word.encode() in request.content]


# Ticket types


def rate(**more: Any) -> dict[str, Any]:
    plain = {"id": "r1", "name": "Entry", "type": "PAID_TICKET", "state": "ACTIVE", "price": 28.099999999999998}
    return {**plain, "minPrice": 5.0, "capacity": None, "maxQuantity": 30, "soldCount": 3, **more}


@pytest.mark.parametrize(
    "said, dates, price, total",
    [
        ({}, 1, "28.10", 30),
        ({}, 2, "28.10", None),
        ({"capacity": 80}, 2, "28.10", 80),
        ({"type": "PWYW_TICKET"}, 1, "5.00", 30),
        ({"type": "FREE_TICKET", "price": 0}, 1, "0.00", 30),
    ],
    ids=["one date", "`maxQuantity` is for each date", "of all dates", "at least", "free"],
)
async def test_ticket_types(said: dict[str, Any], dates: int, price: str, total: int | None) -> None:
    async with answering(event={"timeSlots": {"totalCount": dates}}, rates=[rate(**said)]) as connector:
        (ticket,) = (await connector.get_tickets("e1")).items
    assert (str(ticket.price), ticket.currency, ticket.quantity_total) == (price, "CAD", total)


async def test_an_add_on_is_no_ticket() -> None:
    rates, items = [rate(), rate(id="r2", type="ADD_ON")], [ITEM, {**ITEM, "rate": {"id": "r2", "type": "ADD_ON"}}]
    async with answering(rates=rates, orders=[order("PAID", items=items)]) as connector:
        assert [ticket.id for ticket in (await connector.get_tickets("e1")).items] == ["r1"]
        (bought,) = (await connector.get_orders("e1")).items
    assert (bought.ticket_count, len(bought.lines)) == (1, 1)


@pytest.mark.parametrize("currency, amount", [("CAD", "28.10"), ("JPY", "28")])
async def test_amounts_have_the_decimals_of_their_currency(currency: str, amount: str) -> None:
    price = 28.099999999999998 if currency == "CAD" else 28.0
    async with answering(event={"currency": currency}, rates=[rate(price=price)]) as connector:
        (ticket,) = (await connector.get_tickets("e1")).items
    assert (str(ticket.price), ticket.currency) == (amount, currency)


# Orders


@pytest.mark.parametrize(
    "said, back, status, paid",
    [
        ("PAID", 0.0, "paid", "30.00"),
        ("ENDED", 0.0, "paid", "30.00"),
        ("CLOSED", 0.0, "paid", "30.00"),
        ("DISPUTED", 0.0, "paid", "30.00"),
        ("PAID", 15.0, "partially_refunded", "30.00"),
        ("CANCELLED", 30.0, "refunded", "30.00"),
        ("CANCELLED", 0.0, "cancelled", None),
        ("UNPAID", 0.0, "pending", None),
        ("PARTIALLY_PAID", 0.0, "pending", None),
        ("EXPIRED", 0.0, "expired", None),
        ("FAILED", 0.0, "cancelled", None),
        ("TELEPORTED", 0.0, "unknown", None),
    ],
)
async def test_the_states_of_an_order(said: str, back: float, status: str, paid: str | None) -> None:
    async with answering(orders=[order(said, voidedPayment=back)]) as connector:
        (found,) = (await connector.get_orders("e1")).items
        revenue = await connector.get_revenue("e1")
    assert (found.status, found.status_raw) == (status, said)
    assert found.paid == (paid and Decimal(paid))
    assert revenue.gross_revenue == Decimal(paid or 0)
    assert revenue.refunds == Decimal(str(back))


@pytest.mark.parametrize(
    "charged, settled, total, currency",
    [
        ("CAD", None, "30.00", "CAD"),
        ("USD", {"currency": "CAD", **PLAIN, "payment": 41.1}, "41.10", "CAD"),
        ("USD", None, "30.00", "USD"),
        ("USD", {"currency": "EUR", **PLAIN}, "30.00", "USD"),
    ],
)
async def test_an_order_is_counted_in_the_currency_of_the_event(
    charged: str, settled: Any, total: str, currency: str
) -> None:
    async with answering(orders=[order("PAID", currency=charged, settlement=settled)]) as connector:
        (found,) = (await connector.get_orders("e1")).items
        revenue = await connector.get_revenue("e1")
    assert (str(found.total), found.currency) == (total, currency)
    assert revenue.currency == "CAD"
    assert revenue.gross_revenue == (Decimal(total) if currency == "CAD" else 0)
    assert [other.currency for other in revenue.other_currencies] == ([] if currency == "CAD" else [currency])


async def test_fees_are_the_buyers_and_the_hosts() -> None:
    async with answering(orders=[order("PAID")]) as connector:
        revenue = await connector.get_revenue("e1")
    assert (revenue.fees, revenue.taxes, revenue.net_revenue) == (Decimal("2.50"), Decimal("3.90"), Decimal("23.60"))


async def test_of_more_items_than_one_answer_holds_the_tickets_are_not_counted() -> None:
    async with answering(orders=[order("PAID", items=[ITEM] * 50, count=60)]) as connector:
        (found,) = (await connector.get_orders("e1")).items
    assert (found.ticket_count, len(found.lines)) == (None, 50)


# Attendees


@pytest.mark.parametrize(
    "state, refunded, status",
    [
        ("PAID", False, "valid"),
        ("ENDED", False, "valid"),
        ("CLOSED", False, "valid"),
        ("PAID", True, "refunded"),
        ("CANCELLED", False, "cancelled"),
        ("UPGRADED", False, "cancelled"),
        ("TRANSFERRED", False, "transferred"),
        ("UNPAID", False, "pending"),
        ("TELEPORTED", False, "unknown"),
    ],
)
@pytest.mark.parametrize("entry, entered", [("CHECKED_OUT", False), ("SCANNED_IN", True), ("SCANNED_OUT", True)])
async def test_the_states_of_a_ticket(state: str, refunded: bool, status: str, entry: str, entered: bool) -> None:
    item = {"checkInState": entry, "fullyRefunded": refunded, "qrCode": "QR1", "updatedAt": "2026-05-01T20:30:00Z"}
    holder = {"id": "t1", "firstName": "Lee", "email": "lee@example.org", "state": state, "orderItem": item}
    async with answering(attendees=[holder]) as connector:
        (found,) = (await connector.get_attendees("e1")).items
    assert (found.status, found.checked_in, found.status_raw) == (status, entered, state)


# Rights


async def test_what_is_closed_to_a_token_is_said_and_not_taken_for_nothing() -> None:
    account = sandboxed(SLUG)
    event = account.service.event_id(account.box.event("fog-and-brass"))
    async with connect(account, credentials={"accessToken": "sk_test_forbidden_1"}) as connector:
        assert (await connector.get_event(event)).name
        assert (await connector.get_tickets(event)).items
        for ask in (connector.get_orders, connector.get_attendees, connector.get_revenue):
            with pytest.raises(PermissionDenied) as raised:
                await ask(event)
            assert (raised.value.platform_message or "").startswith("Not authorized to access Event.")


@pytest.mark.parametrize(
    "body, error",
    [({"data": {"viewer": None}}, AuthenticationFailed), ({"data": {"event": None}}, NotFound)],
)
async def test_null_is_who_or_what_is_not_known(body: Any, error: type[Exception]) -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=body))
    async with create_connector(SLUG, {"accessToken": TOKEN}, transport=transport) as connector:
        by_event: list[Callable[..., Any]] = [connector.get_event, connector.get_tickets, connector.get_revenue]
        asks = [partial(ask, "e1") for ask in by_event] if error is NotFound else [connector.get_events]
        for ask in asks:
            with pytest.raises(error):
                await ask()


async def test_the_owner_of_the_token_is_the_host_unless_told() -> None:
    account = sandboxed(SLUG)
    async with connect(account) as connector:
        assert len((await connector.get_events()).items) == 11
    async with connect(account, options={"host_id": "5a0000000000000000000009"}) as connector:
        with pytest.raises(NotFound):
            await connector.get_events()


async def test_an_order_of_many_tickets_is_whole() -> None:
    clerk = Clerk()
    event = clerk.event("gala", {"Entry": "28.10"})
    bought = clerk.order(event, BUYER, *(clerk.ticket(event.ticket_types[0], BUYER) for _ in range(7)))
    account = Account(SLUG, create_app(BoxOffice([event], [bought])))
    async with account.connect() as connector:
        (found,) = (await connector.get_orders(account.service.event_id(event))).items
    assert (found.total, found.ticket_count) == (Decimal("196.70"), 7)
    assert {line.amount for line in found.lines} == {Decimal("28.10")}


# Tokens


async def test_a_refused_token_is_refreshed_and_else_had_from_the_client() -> None:
    account = sandboxed(SLUG)
    grants, wire = account.sandbox.grants[SLUG], Wire(account)
    access, refresh = grants.issue()
    held = {**account.service.credentials, "accessToken": access, "refreshToken": refresh}
    async with connect(account, wire, credentials=held) as connector:
        for kinds in ([], ["refresh_token"]):
            wire.requests.clear()
            await connector.get_events()
            assert grant_types(wire) == kinds
            grants.expire()
    spent = {**held, "refreshToken": "uni_rt_test_canary_spent"}
    async with connect(account, wire, credentials=spent) as connector:
        wire.requests.clear()
        assert (await connector.get_events()).items
    assert grant_types(wire) == ["refresh_token", "client_credentials"]


def grant_types(wire: Wire) -> list[str]:
    asked = [one for one in wire.requests if one.url.path.endswith("/oauth/token")]
    return [httpx2.QueryParams(one.content.decode())["grant_type"] for one in asked]

"""Equaticket: newest first, two modes, scopes, plans, request ids, and listings of its own."""

from collections.abc import Callable
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
    RateLimited,
    Rejected,
    Unavailable,
    create_connector,
    find_provider,
)
from connectors.credentials.environment import EnvironmentStore
from connectors.models import PlatformRecord, UnifiedOrder
from connectors.providers import equaticket
from connectors.registry import connect as open_connection
from connectors.row import Row, Surroundings
from spekta.sandbox.app import create_app
from spekta.sandbox.providers.equaticket.state import TEST, State
from tests.connectors.conftest import ORIGIN, Account
from tests.connectors.sandboxed import Clock, Wire, connect, sandboxed

pytestmark = pytest.mark.anyio
KEY = "sk_live_canary_4711"
GARDEN, NIGHT = "concert-au-jardin", "nuit-des-horloges"
HOOK = {"url": "https://hooks.example/equaticket", "events": ["order.created"]}


@pytest.fixture
def account() -> Account:
    return Account("equaticket", create_app())


@pytest.fixture
def state(account: Account) -> State:
    found: State = account.sandbox.states["equaticket"]
    return found


def with_key(account: Account, key: str, wire: Wire | None = None) -> Connector:
    return connect(account, wire, credentials={"apiKey": key})


def answering(answer: Callable[[httpx2.Request], httpx2.Response], **more: Any) -> Connector:
    return create_connector("equaticket", {"apiKey": KEY}, transport=httpx2.MockTransport(answer), **more)


def page(*rows: dict[str, Any], live: bool = True) -> httpx2.Response:
    return httpx2.Response(200, json={"livemode": live, "data": rows, "has_more": False, "next_cursor": None})


def id_of(account: Account, key: str) -> str:
    return account.service.event_id(account.box.event(key))


# What is asked


@pytest.mark.parametrize(
    "kind, event, filters, path, query",
    [
        ("orders", None, {}, "/api/v1/orders", {}),
        ("orders", "EVENT_ID", {}, "/api/v1/events/EVENT_ID/orders", {}),
        ("orders", None, {"status": "paid"}, "/api/v1/orders", {"status": "confirmed"}),
        ("orders", None, {"buyer_email": "jane@example.com"}, "/api/v1/orders", {"buyer_email": "jane@example.com"}),
        ("attendees", None, {}, "/api/v1/attendees", {}),
        ("attendees", "EVENT_ID", {}, "/api/v1/events/EVENT_ID/attendees", {}),
        ("attendees", "EVENT_ID", {"checked_in": True}, "/api/v1/events/EVENT_ID/attendees", {"checked_in": "true"}),
        ("tickets", "EVENT_ID", {}, "/api/v1/events/EVENT_ID/ticket-types", {}),
    ],
)
async def test_requests_are_those_of_the_documentation(
    kind: str, event: str | None, filters: Any, path: str, query: dict[str, str]
) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return page({"id": "EVENT_ID"})

    async with answering(answer) as connector:
        await getattr(connector, f"get_{kind}")(*filter(None, [event]), filters=filters)
    request = asked[0]
    assert (request.method, request.url.host, request.url.path) == ("GET", "app.equaticket.com", path)
    assert dict(request.url.params) == {"limit": "50", **query}
    assert request.headers["Authorization"] == f"Bearer {KEY}"


async def test_the_next_page_is_asked_for_by_its_cursor() -> None:
    asked: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        cursor = request.url.params.get("cursor")
        asked.append(cursor)
        more = {"has_more": cursor is None, "next_cursor": None if cursor else "eyJjcmVhdGVkX2F0Ii4uLn0="}
        return httpx2.Response(200, json={"livemode": True, "data": [{"id": f"o{len(asked)}"}], **more})

    async with answering(answer) as connector:
        assert [order.id async for order in connector.stream_orders()] == ["o1", "o2"]
    assert asked == [None, "eyJjcmVhdGVkX2F0Ii4uLn0="]


async def test_since_stops_at_the_first_older_order(account: Account) -> None:
    wire = Wire(account)
    async with connect(account, wire) as connector:
        newest = [order async for order in connector.stream_orders(page_size=50)][:20]
        wire.requests.clear()
        since = newest[-1].created_at
        found = [order.id async for order in connector.stream_orders(since=since)]
    assert found[:20] == [order.id for order in newest]
    assert len(wire.requests) == 1


# Modes, money and times


@pytest.mark.parametrize("key, mode, orders", [(None, "live", 175), (TEST, "test", 1)])
async def test_the_mode_is_told_and_the_other_is_not_seen(
    account: Account, key: str | None, mode: str, orders: int
) -> None:
    async with with_key(account, key or account.service.credentials["apiKey"]) as connector:
        health = await connector.health_check()
        found = [order async for order in connector.stream_orders()]
    assert (health.healthy, health.mode) == (True, mode)
    assert len(found) == orders
    assert {order.test for order in found} == {mode == "test"}


@pytest.mark.parametrize("said, mode", [(True, "live"), (False, "test"), ("yes", None), (None, None), ([], None)])
async def test_a_mode_that_is_not_told_is_unknown(said: Any, mode: str | None) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"livemode": said, "data": []})

    async with answering(answer) as connector:
        assert (await connector.health_check()).mode == mode


@pytest.mark.parametrize("live, count", [(True, 1), (False, 2)])
async def test_test_tickets_are_none_of_a_live_list(live: bool, count: int) -> None:
    rows = ({"id": "t1", "is_test_data": True}, {"id": "t2", "is_test_data": False})
    async with answering(lambda request: page(*rows, live=live)) as connector:
        found = await connector.get_attendees()
    assert (len(found.items), found.problems) == (count, [])


async def test_test_orders_count_in_no_revenue() -> None:
    order = {"event_id": "e", "status": "confirmed", "currency": "usd", "total_amount": 2500}
    rows = ({**order, "id": "o1"}, {**order, "id": "o2", "is_test_data": True})

    def answer(request: httpx2.Request) -> httpx2.Response:
        return page(*rows) if request.url.path.endswith("/orders") else httpx2.Response(200, json={"id": "e"})

    async with answering(answer) as connector:
        revenue = await connector.get_revenue("e")
    assert (str(revenue.gross_revenue), revenue.currency, revenue.orders) == ("25.00", "USD", 1)


def mapped(**row: Any) -> UnifiedOrder:
    return equaticket.order(Row({"id": "o", "event_id": "e", **row}, Surroundings()))


@pytest.mark.parametrize(
    "currency, amount, total", [("usd", 2500, "25.00"), ("jpy", 2500, "2500"), ("kwd", 2500, "2.500")]
)
def test_amounts_are_in_the_smallest_unit(currency: str, amount: int, total: str) -> None:
    order = mapped(status="confirmed", currency=currency, total_amount=amount)
    assert (str(order.total), str(order.paid), order.currency) == (total, total, currency.upper())


@pytest.mark.parametrize(
    "word, status, paid, refunded",
    [
        ("confirmed", "paid", 25, 0),
        ("refunded", "refunded", 25, 25),
        ("partially_refunded", "partially_refunded", 25, None),
        ("on_hold", "unknown", None, None),
    ],
)
def test_what_was_given_back_is_all_nothing_or_unknown(
    word: str, status: str, paid: int | None, refunded: int | None
) -> None:
    order = mapped(status=word, currency="usd", total_amount=2500)
    assert (order.status, order.paid, order.refunded) == (status, paid, refunded)


async def test_a_part_that_was_given_back_is_unreported(account: Account) -> None:
    async with connect(account) as connector:
        revenue = await connector.get_revenue(id_of(account, GARDEN))
    assert (revenue.refunds, revenue.tickets_sold) == (None, None)
    assert revenue.unreported == ("refunds", "taxes", "fees")
    assert revenue.net_revenue == revenue.gross_revenue == Decimal("560.00")


async def test_times_across_the_change_of_the_clock(account: Account) -> None:
    event = account.box.event(NIGHT)
    async with connect(account) as connector:
        found = await connector.get_event(id_of(account, NIGHT))
    assert found.starts_at == event.starts_at.astimezone(UTC)
    assert found.ends_at == event.ends_at.astimezone(UTC)
    assert found.timezone == event.timezone


def test_milliseconds_are_read() -> None:
    assert mapped(created_at="2026-04-14T10:00:00.250Z").placed_at == datetime(2026, 4, 14, 10, 0, 0, 250_000, UTC)


# Errors

ERRORS: list[tuple[int, str, type[ProviderError], str]] = [
    (400, "validation_error", Rejected, "Check starts_at."),
    (401, "unauthorized", AuthenticationFailed, "API Keys"),
    (403, "forbidden", PermissionDenied, "create a key that has orders:read"),
    (403, "api_terms_required", PermissionDenied, "accepts the API Terms of Service"),
    (404, "not_found", NotFound, "Check the id"),
    (409, "conflict", Rejected, "state"),
    (422, "unprocessable", Rejected, "Stripe Connect"),
    (429, "rate_limited", RateLimited, "60 seconds"),
    (500, "internal_error", Unavailable, "Try again later"),
]


@pytest.mark.parametrize("status, code, error, advice", ERRORS, ids=[code for _, code, *_ in ERRORS])
async def test_each_code_is_an_error_with_advice(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, error: type[ProviderError], advice: str
) -> None:
    Clock().stop(monkeypatch)
    told = {
        "code": code,
        "message": "No.",
        "request_id": "req_1",
        "param": "starts_at",
        "doc_url": "https://x.example/d",
    }

    async with answering(lambda request: httpx2.Response(status, json={"error": told})) as connector:
        with pytest.raises(error) as raised:
            await connector.get_orders()
    assert type(raised.value) is error
    assert advice in raised.value.advice
    assert "req_1" in str(raised.value)
    assert (raised.value.request_id, raised.value.doc_url) == ("req_1", "https://x.example/d")
    assert raised.value.platform_message == "No."
    if isinstance(raised.value, Rejected):
        assert (raised.value.reason, raised.value.param) == (code, "starts_at")
    assert ("they need the scope orders:read" in raised.value.message) == (code == "forbidden")


async def test_a_missing_scope_is_named(account: Account, state: State) -> None:
    async with with_key(account, state.issue("events:read")) as connector:
        assert (await connector.get_events()).items
        with pytest.raises(PermissionDenied, match="they need the scope attendees:read") as raised:
            await connector.get_attendees()
    assert "Scopes cannot be changed" in raised.value.advice


async def test_every_request_has_an_id_which_errors_tell(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    Clock().stop(monkeypatch)

    def broken(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        raise httpx2.ReadTimeout("late")

    wire = Wire(account, broken)
    async with connect(account, wire) as connector:
        with pytest.raises(Unavailable) as raised:
            await connector.get_events()
    sent = [request.headers["X-Request-Id"] for request in wire.requests]
    assert len(set(sent)) == len(sent) > 1
    assert raised.value.request_id == sent[-1]
    assert sent[-1] in str(raised.value)


@pytest.mark.parametrize("said", ["req_1 and then ignore", "r" * 81, "<b>"])
async def test_what_cannot_be_a_request_id_is_not_repeated(said: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(401, json={"error": {"code": "unauthorized"}}, headers={"X-Request-Id": said})

    async with answering(answer) as connector:
        with pytest.raises(AuthenticationFailed) as raised:
            await connector.get_events()
    assert raised.value.request_id is None


async def test_an_expired_cursor_is_the_callers_to_mend(account: Account, state: State) -> None:
    async with connect(account) as connector:
        first = await connector.get_orders(page_size=50)
        state.expire_cursors()
        with pytest.raises(InvalidArgument, match="no longer knows the place") as raised:
            await connector.get_orders(cursor=first.next_cursor)
    assert raised.value.param == "cursor"


async def test_another_organisations_event_is_not_found(account: Account) -> None:
    foreign = "0b6e1f4e-0000-4000-8000-000000000000"
    async with connect(account) as connector:
        for ask in (connector.get_event, connector.get_orders, connector.get_tickets, connector.get_revenue):
            with pytest.raises(NotFound):
                await ask(foreign)


@pytest.mark.parametrize(
    "options, limit", [({}, 60), ({"plan": "starter"}, 100), ({"plan": "growth"}, 300), ({"plan": "pro"}, 600)]
)
async def test_a_plan_says_how_much_is_allowed(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str], limit: int
) -> None:
    Clock().stop(monkeypatch)
    refusal = {"error": {"code": "rate_limited", "message": "Too many requests."}}
    async with answering(lambda request: httpx2.Response(429, json=refusal), options=options) as connector:
        assert connector.rate_limit == (limit, 60)
        with pytest.raises(RateLimited, match=f"allows {limit} requests"):
            await connector.get_events()


def test_an_unknown_plan_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="free, starter, growth, pro") as raised:
        create_connector("equaticket", {"apiKey": KEY}, options={"plan": "platinum"})
    assert raised.value.field == "plan"


# Listings of its own


async def test_public_events_are_asked_for_without_the_key(account: Account) -> None:
    wire = Wire(account)
    async with connect(account, wire) as connector:
        found = await connector.get_listing("public_events", {"org_slug": "lampions"}, page_size=4)
        more = await connector.get_listing("public_events", {"org_slug": "lampions"}, cursor=found.next_cursor)
        live = {event.id async for event in connector.stream_events(filters={"status": "live"})}
    assert {event.id for event in [*found, *more]} == live
    assert (found.has_more, len(found.items)) == (True, 4)
    assert ["Authorization" in request.headers for request in wire.requests[:2]] == [False, False]


async def test_public_events_need_no_connection() -> None:
    account = sandboxed("equaticket")
    addresses = account.service.addresses(ORIGIN)
    async with create_connector("equaticket", None, base_url=addresses, transport=Wire(account)) as connector:
        assert (await connector.get_listing("public_events", {"org_slug": "lampions"})).items
        with pytest.raises(ConfigurationError, match="only with credentials") as raised:
            await connector.get_events()
    assert raised.value.field == "apiKey"
    assert [entry.path for entry in account.sandbox.log] == ["/api/v1/public/events"]


async def test_only_what_everybody_may_see_needs_no_connection() -> None:
    async with open_connection(EnvironmentStore({}), "equaticket", listing="public_events") as connector:
        assert connector.name == "equaticket"
    for listing in (None, "webhooks"):
        with pytest.raises(ConfigurationError, match="not connected"):
            open_connection(EnvironmentStore({}), "equaticket", listing=listing)


@pytest.mark.parametrize("body", [[{"id": "e1"}], {"data": [{"id": "e1"}]}])
async def test_public_events_may_come_as_a_bare_list(body: Any) -> None:
    async with answering(lambda request: httpx2.Response(200, json=body)) as connector:
        found = await connector.get_listing("public_events", {"org_slug": "x"})
    assert ([event.id for event in found], found.has_more) == (["e1"], False)


async def test_one_order(account: Account) -> None:
    async with connect(account) as connector:
        order = (await connector.get_orders(page_size=1)).items[0]
        assert (await connector.get_listing("order", {"order": order.id})).items == [order]
        with pytest.raises(NotFound):
            await connector.get_listing("order", {"order": "another"})


async def test_the_ticket_types_of_an_event_are_those_of_the_unified_list(account: Account) -> None:
    event = id_of(account, GARDEN)
    async with connect(account) as connector:
        found = await connector.get_listing("ticket_types", {"event": event})
        assert found.items == (await connector.get_tickets(event)).items
        with pytest.raises(NotFound):
            await connector.get_listing("ticket_types", {"event": "another"})


async def test_webhooks_and_what_was_sent_to_them(account: Account, state: State) -> None:
    world = state.worlds[True]
    hooks = [world.make("webhook", account.box.now, **HOOK, active=True) for _ in range(3)]
    for number in range(5):
        state.announce(account.box, True, "order.created", order_id=str(number), buyer_name="Ann Lee")
    async with connect(account) as connector:
        found = await connector.get_listing("webhooks", page_size=2)
        rest = await connector.get_listing("webhooks", cursor=found.next_cursor)
        (alone,) = await connector.get_listing("webhook", {"webhook": hooks[0].id})
        sent = await connector.get_listing("deliveries", {"webhook": hooks[0].id}, page_size=3)
        with pytest.raises(NotFound):
            await connector.get_listing("deliveries", {"webhook": "another"})
    assert {one.id for one in [*found, *rest]} == {one.id for one in hooks}
    assert isinstance(alone, PlatformRecord)
    assert (alone.values, alone.created_at) == ({**HOOK, "active": True}, account.box.now)
    assert (len(sent.items), sent.has_more) == (3, True)
    assert sent.items[0].values == {"type": "order.created", "status": "delivered", "response_status": 200}
    assert "Ann" not in str(sent.items[0].dump())


@pytest.mark.parametrize(
    "name, inputs, param",
    [
        ("payouts", {}, "name"),
        ("order", {}, "order"),
        ("order", {"order": "a/b"}, "order"),
        ("order", {"order": ""}, "order"),
        ("order", {"order": 7}, "order"),
        ("webhooks", {"colour": "red"}, "colour"),
        ("public_events", {"org_slug": " "}, "org_slug"),
    ],
)
async def test_what_cannot_be_asked_is_refused_before_any_request(
    account: Account, name: str, inputs: Any, param: str
) -> None:
    async with connect(account) as connector:
        with pytest.raises(InvalidArgument) as raised:
            await connector.get_listing(name, inputs)
    assert raised.value.param == param
    assert list(account.sandbox.log) == []


def test_every_call_says_which_scope_it_needs() -> None:
    provider = find_provider("equaticket")
    calls = [
        call for kind in provider.streams for part in provider.parts(kind) for call in (part.call, part.wide) if call
    ]
    calls += [one.stream.call for one in provider.listings.values() if one.stream.call]
    assert {call.path for call in calls if call.scope is None} == {"/public/events"}
    assert all(call.signed == (call.scope is not None) for call in calls)

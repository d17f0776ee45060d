"""All connections at once, through the functions of their providers, which alone hold credentials."""

import io
import json
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from starlette.applications import Starlette

from connectors import InvalidArgument, NotAllowed, Portfolio, connect
from connectors.credentials.environment import EnvironmentStore
from functions import portfolio
from functions.portfolio import PortfolioRoutes
from spekta.aws.remote import Functions
from spekta.sandbox.server import environment

from .conftest import Ask, handler_of, outcome
from .events import REQUEST_ID, Context, request

pytestmark = pytest.mark.anyio
NAMES = ["ticket-tailor", "pretix", "helloasso", "evvnt"]
EVENTS, REVENUE = "/v1/portfolio/events", "/v1/portfolio/revenue"


class Lambda:
    """The part of Lambda's client that invokes, with every function in this process."""

    def __init__(self, modules: dict[str, ModuleType]) -> None:
        self.modules = modules
        self.invoked: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - as boto3 names them
        event = json.loads(Payload)
        self.invoked.append(event)
        answer = self.modules[FunctionName.removeprefix("shop-")].handler(event, Context())
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.fixture(scope="module")
def modules() -> dict[str, ModuleType]:
    return {slug: handler_of(slug) for slug in NAMES}


@pytest.fixture
def store(sandbox: str) -> EnvironmentStore:
    return EnvironmentStore(environment(sandbox))


@pytest.fixture
def client(modules: dict[str, ModuleType], store: EnvironmentStore, monkeypatch: pytest.MonkeyPatch) -> Lambda:
    for module in modules.values():
        monkeypatch.setattr(module.routes, "store", store)
    return Lambda(modules)


@pytest.fixture
def functions(client: Any) -> Functions:
    return Functions("shop", client, lambda: {"X-Correlation-Id": REQUEST_ID})


@pytest.fixture
def ask(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setattr(portfolio, "routes", PortfolioRoutes(lambda: NAMES, functions.open, portfolio.SECONDS))
    return lambda event: outcome(portfolio.handler(event, Context()))


@pytest.fixture
def direct(store: EnvironmentStore) -> Portfolio:
    """The same connections, asked without functions between."""
    return Portfolio(NAMES, lambda name: connect(store, name))


async def test_events_are_those_of_the_connections_themselves(functions: Functions, direct: Portfolio) -> None:
    asked: dict[str, Any] = {"limit": 20, "filters": {"q": "e"}}
    remote = await Portfolio(NAMES, functions.open).events(**asked)
    local = await direct.events(**asked)
    assert [event.reference for event in remote.events] == [event.reference for event in local.events]
    assert {event.name for event in remote.events} == {event.name for event in local.events}
    assert remote.connections == local.connections
    assert remote.next_cursor == local.next_cursor


async def test_revenue_is_that_of_the_connections_themselves(functions: Functions, direct: Portfolio) -> None:
    remote, local = await Portfolio(NAMES, functions.open).revenue(), await direct.revenue()
    assert (remote.totals, remote.by_connection) == (local.totals, local.by_connection)
    assert [revenue.model_copy(update={"as_of": None}) for _, revenue in remote.events] == [
        revenue.model_copy(update={"as_of": None}) for _, revenue in local.events
    ]
    assert remote.connections == local.connections
    assert remote.connections[-1].state == "unsupported"


@pytest.mark.parametrize("kind", ["tickets", "attendees", "orders"])
async def test_listings_of_an_event(functions: Functions, store: EnvironmentStore, kind: str) -> None:
    async with functions.open("pretix") as remote, connect(store, "pretix") as local:
        event = await local.get_event("hotaru")
        assert (await remote.get_event(event.id)).dump() == {
            **event.dump(),
            "status": event.status_at(datetime.now(UTC)),
        }
        found = await getattr(remote, f"get_{kind}")(event.id, page_size=3)
        expected = await getattr(local, f"get_{kind}")(event.id, page_size=3)
        assert [one.dump(personal_data=False) for one in found] == [one.dump(personal_data=False) for one in expected]
        assert (found.has_more, found.next_cursor) == (expected.has_more, expected.next_cursor)
        assert (await remote.health_check()).healthy


@pytest.mark.parametrize("allowed", [True, False])
async def test_personal_data_where_both_functions_may_give_it(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, allowed: bool
) -> None:
    monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", str(allowed).lower())
    async with functions.open("ticket-tailor") as remote:
        orders = (await remote.get_orders(page_size=5)).items
    assert bool({order.buyer_email for order in orders} - {None}) is allowed


async def test_a_listing_of_the_platforms_own(functions: Functions) -> None:
    async with functions.open("evvnt") as remote:
        found = await remote.get_listing("publisher_categories", {"publisherId": "324", "filter": "direct"})
    assert {record.values["name"] for record in found} == {"Music", "Ballet"}


def test_events_over_http(ask: Ask, client: Lambda) -> None:
    status, body, headers = ask(request(EVENTS, limit=8, connections="pretix,evvnt"))
    assert (status, headers["Cache-Control"], len(body["data"]), body["has_more"]) == (200, "no-store", 8, True)
    assert {event["provider"] for event in body["data"]} == {"pretix", "evvnt"}
    assert [one["state"] for one in body["connections"]] == ["ok", "ok"]
    rest = ask(request(EVENTS, limit=8, connections="pretix,evvnt", cursor=body["next_cursor"]))[1]["data"]
    assert not {event["id"] for event in rest} & {event["id"] for event in body["data"]}
    starts = [event["starts_at"] for event in body["data"] if event["starts_at"]]
    assert starts == sorted(starts)
    assert {event["headers"]["x-correlation-id"] for event in client.invoked} == {REQUEST_ID}
    assert all(0 < event["seconds"] < portfolio.SECONDS for event in client.invoked)


def test_revenue_over_http(ask: Ask) -> None:
    status, body, _ = ask(request(REVENUE, starts_after="2026-12-01T00:00:00Z"))
    assert status == 200
    assert body["data"].keys() == {"totals", "by_connection", "events"}
    assert all(isinstance(total["gross_revenue"], str) for total in body["data"]["totals"])
    assert {one["connection"]: one["state"] for one in body["connections"]} == {
        "ticket-tailor": "ok", "pretix": "ok", "helloasso": "ok", "evvnt": "unsupported",
    }  # fmt: skip


@pytest.mark.parametrize("path", [EVENTS, REVENUE])
def test_one_that_fails_does_not_fail_the_others(ask: Ask, platforms: Starlette, path: str) -> None:
    platforms.state.sandbox.misbehave("pretix", "rate_limited", retry_after=61)
    try:
        status, body, _ = ask(request(path))
    finally:
        platforms.state.sandbox.behave("pretix")
    found = {one["connection"]: (one["state"], one["code"], one["retry_after"]) for one in body["connections"]}
    assert (status, found["pretix"], found["ticket-tailor"]) == (
        200,
        ("failed", "rate_limited", 61),
        ("ok", None, None),
    )


@pytest.mark.parametrize(
    "path, query, param",
    [
        (EVENTS, {"limit": "0"}, "limit"),
        (EVENTS, {"limit": "1001"}, "limit"),
        (EVENTS, {"page_size": "5"}, "page_size"),
        (EVENTS, {"cursor": "x"}, "cursor"),
        (EVENTS, {"since": "yesterday"}, "since"),
        (EVENTS, {"personal_data": "true"}, "personal_data"),
        *(
            (path, query, next(iter(query)))
            for path in (EVENTS, REVENUE)
            for query in (
                {"account": "default"},
                {"status": "good"},
                {"starts_after": "2027-03-01"},
                {"starts_before": "then"},
                {"q": ""},
                {"connections": ""},
                {"connections": "pretix,nothere"},
                {"connections": "pretix,"},
                {"limit ": "1"},
            )
        ),
    ],
)
def test_bad_input(ask: Ask, client: Lambda, path: str, query: dict[str, str], param: str) -> None:
    status, body, _ = ask(request(path, **query))
    assert (status, body["error"]["code"], body["error"]["param"]) == (400, "invalid_argument", param.strip() or param)
    assert client.invoked == []


@pytest.mark.parametrize("path, param", [(EVENTS, "limit"), (REVENUE, "starts_after")])
def test_an_answer_too_large_for_lambda(
    direct: Portfolio, monkeypatch: pytest.MonkeyPatch, path: str, param: str
) -> None:
    monkeypatch.setattr("functions.answers.LARGEST", 5_000)
    routes = PortfolioRoutes(lambda: NAMES, direct.open, portfolio.SECONDS)
    status, body, _ = outcome(routes.resolver.run(request(path), Context()))
    assert (status, body["error"]["param"]) == (400, param)


async def test_what_is_done_elsewhere(functions: Functions) -> None:
    async with functions.open("pretix/london") as remote:
        assert remote.name == "pretix/london"
        with pytest.raises(InvalidArgument, match="has no action 'create_event'"):
            await remote.act("create_event")
        with pytest.raises(NotAllowed, match="page by page"):
            remote.walk("events")


@pytest.fixture(autouse=True)
def _without_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No region, and so no AWS, should anything try to reach it."""
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)

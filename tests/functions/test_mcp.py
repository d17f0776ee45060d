"""The assistants' door of a stack: its tools ask the functions of the providers, which do what is written to platforms;
nobody is let in without an issuer.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest

from connectors import ConfigurationError, connect
from connectors.credentials.environment import EnvironmentStore
from functions import mcp, stored
from functions.asgi import Resident
from mcp_server.authorization import Authorization
from mcp_server.copies import Copies
from mcp_server.server import create_server
from mcp_server.state import State
from mcp_server.tools.writing import UNCERTAIN
from mcp_server.web import create_app
from spekta.aws.remote import Functions
from spekta.sandbox.server import environment
from spekta.sync.sqlite import SqliteStore
from spekta.sync.sqlite.reading import reading
from spekta.sync.watching import Sync
from tests.mcp_server.website import ISSUER, MODERN, RESOURCE, Tokens, message

from .conftest import handler_of
from .events import Context, request

CHOIR = {
    "title": "Choir Night", "slug": "choir-night", "timezone": "Europe/London",
    "starts_at": "2027-10-01T19:00:00+01:00", "currency": "GBP",
}  # fmt: skip
SOLD = ("ticket-tailor", "pretix", "evvnt")


class Stack:
    """The functions of a stack, in this process; boto3's client as far as it is used."""

    def __init__(self, handlers: dict[str, ModuleType]) -> None:
        self._handlers = handlers
        self.asked: list[dict[str, Any]] = []
        self.loses_answers = False

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        event = json.loads(Payload)
        self.asked.append(event)
        answer = self._handlers[FunctionName.removeprefix("stack-")].handler(event, Context())
        if self.loses_answers and "dry_run" not in event["rawQueryString"]:
            answer = {"errorMessage": "2026 Task timed out", "errorType": "Sandbox.Timedout"}
        return {"Payload": Body(json.dumps(answer).encode())}


class Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content


Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def handlers() -> dict[str, ModuleType]:
    return {slug: handler_of(slug) for slug in (*SOLD, "equaticket")}


@pytest.fixture
def stack(handlers: dict[str, ModuleType], sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Stack:
    store = EnvironmentStore(environment(sandbox))
    for handler in handlers.values():
        monkeypatch.setattr(handler.routes, "store", store)
    return Stack(handlers)


@pytest.fixture
def asking(stack: Stack) -> Iterator[Callable[..., Ask]]:
    """Makes doors of the stack, each with what its operator allows."""
    made: list[Resident] = []

    def make(connections: Sequence[str] = SOLD, **allowed: Any) -> Ask:
        functions = Functions("stack", stack)  # type: ignore[arg-type]
        state = State(names=lambda: list(connections), open=functions.open, seconds=mcp.SECONDS, **allowed)
        rules = Authorization(Tokens(), RESOURCE, ISSUER)
        resident = Resident(create_app(create_server(state, shared=True), rules, buffered=True))
        made.append(resident)

        def ask(tool: str, *, token: str = "read", **arguments: Any) -> dict[str, Any]:
            content, headers = message("tools/call", {"name": tool, "arguments": arguments}, MODERN)
            shown = {**headers, "authorization": f"Bearer {token}"}
            answer = resident({**request("/mcp", "POST"), "body": content.decode(), "headers": shown})
            assert answer["statusCode"] == 200, answer
            found: dict[str, Any] = json.loads(json.loads(answer["body"])["result"]["content"][0]["text"])
            return found

        return ask

    yield make
    for resident in made:
        resident.close()


@pytest.fixture
def ask(asking: Callable[..., Ask]) -> Ask:
    return asking()


def test_all_platforms_are_asked_through_their_functions(ask: Ask, stack: Stack) -> None:
    told = ask("get_revenue", q="festival")
    assert {row["connection"]: row["status"] for row in told["connections"]} == {
        "ticket-tailor": "ok", "pretix": "ok", "evvnt": "unsupported",
    }  # fmt: skip
    assert [row["gross_after_refunds"] for row in told["by_connection"]] == ["14277.00", "14277.00"]
    counted = ask("list_attendees", event=told["events"][0]["event"], summary=True)
    assert counted["complete"] is True
    assert counted["counts"]["tickets"] > 200
    assert all(event["requestContext"]["requestId"] for event in stack.asked)


@pytest.mark.parametrize(
    "tool, arguments, rows",
    [
        ("list_events", {"limit": 30}, "events"),
        ("list_tickets", {"event": "ticket-tailor:ev_12"}, "ticket_types"),
        ("list_orders", {"event": "ticket-tailor:ev_12", "limit": 7}, "orders"),
        ("list_orders", {"connections": ["pretix"]}, "orders"),
        ("evvnt_list_categories", {}, "categories"),
        ("evvnt_list_published_events", {"publisher": "324"}, "events"),
        ("check_connection", {}, "connections"),
        ("list_providers", {}, "connections"),
    ],
)
def test_every_tool_answers(ask: Ask, tool: str, arguments: dict[str, Any], rows: str) -> None:
    assert ask(tool, **arguments)[rows]


def test_errors_come_back_in_their_own_words(ask: Ask) -> None:
    assert ask("get_event", event="ticket-tailor:ev_404")["error"]["code"] == "not_found"
    assert ask("list_events", cursor="abc")["error"]["code"] == "invalid_argument"
    error = ask("evvnt_list_published_events")["error"]
    assert (error["code"], error["param"]) == ("invalid_argument", "publisherId")


def test_nobody_is_named_unless_the_stack_allows(asking: Callable[..., Ask], monkeypatch: pytest.MonkeyPatch) -> None:
    event, token = "ticket-tailor:ev_12", "read.personal_data"
    asked = {"event": event, "personal_data": True, "limit": 5}
    assert "@example.org" not in json.dumps(asking()("list_attendees", token=token, **asked))
    monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", "true")
    assert "@example.org" in json.dumps(asking(personal_data=True)("list_attendees", token=token, **asked))


def test_without_an_issuer_nobody_is_let_in() -> None:
    for _ in range(2):
        answer = mcp.handler(request("/mcp", "POST"), Context())
        assert answer["statusCode"] == 503
        assert json.loads(answer["body"])["error"]["code"] == "not_configured"


def test_with_an_issuer_a_token_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKTA_MCP_ISSUER", ISSUER)
    monkeypatch.setenv("SPEKTA_MCP_RESOURCE", RESOURCE)
    answer = mcp.door(mcp.of_stack())
    assert isinstance(answer, Resident)
    assert answer(request("/mcp", "POST"))["statusCode"] == 401
    assert json.loads(answer(request("/.well-known/oauth-protected-resource/mcp"))["body"])["resource"] == RESOURCE
    answer.close()


# What is written


@pytest.fixture
def writing(asking: Callable[..., Ask], sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Ask]]:
    """Makes environments of one door, where the stack allows writes."""
    monkeypatch.setenv("SPEKTA_WRITES", "true")
    secret = b"what all environments share"

    def make() -> Ask:
        return partial(asking(["equaticket"], writes=True, secret=secret), token="read.write")

    yield make
    httpx2.post(f"{sandbox}/_sandbox/reset", params={"provider": "equaticket"})


def test_an_event_is_made_sold_and_cancelled_through_the_function_of_its_platform(writing: Callable[[], Ask]) -> None:
    ask = writing()

    def do(action: str, **arguments: Any) -> dict[str, Any]:
        plan = ask(f"equaticket_{action}", **arguments)
        found = ask(f"equaticket_{action}", **arguments, confirm=plan["confirm"])
        assert found["done"] is True, found
        record: dict[str, Any] = found.get("record", {})
        return record

    made = do("create_event", **CHOIR)
    assert (made["name"], made["status"]) == ("Choir Night", "draft")
    assert made["starts_local"] == "Fri 2027-10-01 19:00 Europe/London"
    event = made["event"]
    kind = do("create_ticket_type", event=event, name="Seat", price="15.00", currency="GBP", quantity_total=8)
    do("update_ticket_type", event=event, ticket_type=kind["ticket_type"], price="16.50", currency="GBP")
    [row] = ask("list_tickets", event=event)["ticket_types"]
    assert (row["price"], row["total"]) == ("16.50", 8)
    do("delete_ticket_type", event=event, ticket_type=kind["ticket_type"])
    assert do("update_event", event=event, title="Choir Nights")["name"] == "Choir Nights"
    assert do("publish_event", event=event)["status"] == "live"
    assert do("cancel_event", event=event)["status"] == "cancelled"


def test_a_preview_is_confirmed_in_another_environment_and_done_once(writing: Callable[[], Ask], stack: Stack) -> None:
    plan = writing()("equaticket_create_event", **CHOIR)
    assert plan["request"]["url"].endswith("/api/v1/events")
    assert plan["request"]["body"]["starts_at"] == "2027-10-01T18:00:00Z"
    first, again = [writing()("equaticket_create_event", **CHOIR, confirm=plan["confirm"]) for _ in range(2)]
    assert first["record"] == again["record"]
    assert (first.get("repeated"), again["repeated"]) == (None, True)
    posted = [event for event in stack.asked if event["requestContext"]["http"]["method"] == "POST"]
    assert len({event["headers"]["idempotency-key"] for event in posted}) == 1
    assert [event["rawQueryString"] for event in posted].count("account=default&dry_run=true") == len(posted) - 2


@pytest.mark.parametrize(
    "action, arguments, code, param",
    [
        ("create_event", {**CHOIR, "confirm": "0123456789ab"}, "invalid_argument", "confirm"),
        ("create_event", {**CHOIR, "timezone": "Mars"}, "invalid_argument", "timezone"),
        ("cancel_event", {"event": "equaticket:nothing"}, "not_found", None),
        ("cancel_event", {"event": "equaticket:.."}, "invalid_argument", "event_id"),
    ],
)
def test_what_is_not_written(
    writing: Callable[[], Ask], stack: Stack, action: str, arguments: dict[str, Any], code: str, param: str | None
) -> None:
    error = writing()(f"equaticket_{action}", **arguments)["error"]
    assert (error["code"], error.get("param")) == (code, param)
    assert all("dry_run=true" in event["rawQueryString"] for event in stack.asked if event["body"])


def test_what_the_platform_refuses_is_said(writing: Callable[[], Ask]) -> None:
    ask = writing()
    ask("equaticket_create_event", **CHOIR, confirm=ask("equaticket_create_event", **CHOIR)["confirm"])
    more = {**CHOIR, "title": "A second one"}
    error = ask("equaticket_create_event", **more, confirm=ask("equaticket_create_event", **more)["confirm"])["error"]
    assert (error["code"], error["param"]) == ("rejected", "slug")
    assert "taken" not in json.dumps(error)


def test_a_function_that_does_not_write_stops_a_door_that_would(
    writing: Callable[[], Ask], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = writing()
    plan = ask("equaticket_create_event", **CHOIR)
    monkeypatch.delenv("SPEKTA_WRITES")
    assert ask("equaticket_create_event", **CHOIR, confirm=plan["confirm"])["error"]["code"] == "not_allowed"


def test_a_function_that_does_not_answer_may_have_done_it(writing: Callable[[], Ask], stack: Stack) -> None:
    ask = writing()
    plan = ask("equaticket_create_event", **CHOIR)
    stack.loses_answers = True
    error = ask("equaticket_create_event", **CHOIR, confirm=plan["confirm"])["error"]
    assert (error["code"], error["next"]) == ("unavailable", UNCERTAIN)
    stack.loses_answers = False
    assert ask("equaticket_create_event", **CHOIR, confirm=plan["confirm"])["repeated"] is True


def test_the_scope_is_asked_for(writing: Callable[[], Ask]) -> None:
    with pytest.raises(AssertionError, match="insufficient_scope"):
        writing()("equaticket_create_event", token="read", **CHOIR)


@pytest.mark.parametrize(
    "variables, writes, secret",
    [
        ({}, False, None),
        ({"SPEKTA_WRITES": "false", "SPEKTA_PREVIEW_SECRET": ""}, False, None),
        ({"SPEKTA_WRITES": "true", "SPEKTA_PREVIEW_SECRET": "s" * 64}, True, b"s" * 64),
    ],
)
def test_the_stack_says_whether_it_writes(
    variables: dict[str, str], writes: bool, secret: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = mcp.of_stack()
    assert found.writes is writes
    assert secret in (None, found.secret)


@pytest.mark.parametrize("secret, said", [("", "is missing"), ("short", "is too short")])
def test_environments_that_would_not_know_each_others_codes_do_not_start(
    secret: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEKTA_WRITES", "true")
    monkeypatch.setenv("SPEKTA_PREVIEW_SECRET", secret)
    with pytest.raises(ConfigurationError, match=f"SPEKTA_PREVIEW_SECRET {said}"):
        mcp.of_stack()


# Copies


@pytest.fixture
def copies(sandbox: str, tmp_path: Path) -> Copies:
    """A store of the stack, in which two connections were synced."""
    store, path = EnvironmentStore(environment(sandbox)), tmp_path / "store.sqlite"
    with SqliteStore(path) as made:
        asyncio.run(Sync(lambda name: connect(store, name), made, "test").run(["pretix", "evvnt"]))
    return Copies(partial(reading, path))


def test_copies_answer_for_the_functions(asking: Callable[..., Ask], copies: Copies, stack: Stack) -> None:
    ask = asking(copies=copies)
    told = ask("revenue_summary", by="month", connections=["pretix", "evvnt"])
    assert (told["source"], {row["connection"]: row["status"] for row in told["connections"]}) == (
        "synced", {"pretix": "ok", "evvnt": "unsupported"},
    )  # fmt: skip
    assert {row["connection"]: row["state"] for row in ask("sync_status")["connections"]} == {
        "ticket-tailor": "never_synced", "pretix": "up_to_date", "evvnt": "up_to_date",
    }  # fmt: skip
    assert stack.asked == []


def test_a_sync_is_asked_for_on_the_bus(
    asking: Callable[..., Ask], copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setenv("SPEKTA_BUS", "stack")
    monkeypatch.setattr("spekta.aws.bus.Bus.request_sync", lambda self, names: asked.append(names))
    ask = asking(copies=copies)
    assert [row["state"] for row in ask("request_sync", connections=["pretix"])["connections"]] == ["requested"]
    assert asked == [["pretix"]]
    [never] = ask("sync_status", connections=["ticket-tailor"])["connections"]
    assert never["next"] == "request_sync asks for it."


def test_advice_is_for_who_runs_a_stack(asking: Callable[..., Ask]) -> None:
    ask = asking(on_aws=True)
    assert ask("list_providers", provider="pretix")["providers"][0]["connect"] == "spekta connect --aws pretix"
    assert ask("request_sync")["error"]["next"].startswith("The operator has not switched syncs on")
    nobody = asking([], on_aws=True)
    assert nobody("list_events")["error"]["next"] == "Ask the user to run `spekta connect --aws`."


def test_without_a_table_there_are_no_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mcp.of_stack().copies is None
    monkeypatch.setenv("SPEKTA_STATE_TABLE", "state")
    assert mcp.of_stack().copies == Copies(stored.of_stack)

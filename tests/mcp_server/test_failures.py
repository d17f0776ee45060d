"""Every error says its class, what happened, and what to do next; none says more."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from connectors import Connector
from spekta.sandbox.app import Sandbox
from spekta.sandbox.server import environment
from tests.mcp_server.conftest import ERAS, ORIGIN, Assistant, state_for, text_of

pytestmark = pytest.mark.anyio

CANARY = "sk_test_canary_7f3a91"

HOTARU = "pretix:hotaru"
ARGUMENTS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("get_event", {}, "event", "event is missing.", "event: A reference, such as"),
    ("get_event", {"event": "ev_11"}, "event", "event 'ev_11' is not a reference.", "References look like"),
    (
        "list_events",
        {"colour": CANARY},
        "colour",
        "colour is not an argument of list_events.",
        "Arguments of list_events:",
    ),
    ("list_events", {"limit": 0}, "limit", "limit should be greater than or equal to 1.", "limit: Shared"),
    ("list_events", {"limit": 101}, "limit", "limit should be less than or equal to 100.", "limit: Shared"),
    ("list_events", {"limit": CANARY}, "limit", "limit should be a valid integer", "limit: Shared"),
    ("list_events", {"status": CANARY}, "status", "status should be 'draft', 'live'", "status: "),
    (
        "list_events",
        {"starts_after": "2027-03-01"},
        "starts_after",
        "starts_after should have timezone info.",
        "starts_",
    ),
    ("list_events", {"since": CANARY}, "since", "since should be a valid datetime", "since: Changed"),
    ("list_events", {"connections": ["x"]}, "connections", "There is no connection 'x'.", "Connections: "),
    ("list_events", {"cursor": "abc"}, "cursor", "The cursor is damaged.", "Start over without"),
    ("list_attendees", {"event": HOTARU, "summary": True, "cursor": "abc"}, "cursor", "A summary counts", "Leave out"),
    ("get_revenue", {"event": HOTARU, "q": "x"}, "event", "event stands alone.", "Leave out q."),
]


@pytest.mark.parametrize("tool, arguments, param, message, following", ARGUMENTS)
async def test_arguments_that_cannot_be_used(
    assistant: Assistant, tool: str, arguments: dict[str, Any], param: str, message: str, following: str
) -> None:
    error = await assistant.fail(tool, **arguments)
    assert (error["code"], error["param"]) == ("invalid_argument", param)
    assert error["message"].startswith(message)
    assert error["next"].startswith(following)
    assert CANARY not in json.dumps(error)
    assert "pydantic" not in json.dumps(error)


@pytest.mark.parametrize("era", ERAS)
async def test_both_eras_say_the_same(assistant: Assistant, era: str) -> None:
    assert (await assistant.fail("get_event", era=era, event="nonsense"))["code"] == "invalid_argument"


@pytest.mark.parametrize(
    "event, code, message",
    [
        ("nowhere:7", "configuration", "nowhere is not connected."),
        ("pretix/berlin:hotaru", "configuration", "pretix/berlin is not connected."),
        ("ticket-tailor:ev_404", "not_found", "TicketTailor knows no event ev_404"),
    ],
)
@pytest.mark.parametrize("tool", ["get_event", "list_tickets", "list_attendees", "get_revenue"])
async def test_records_that_are_not_there(assistant: Assistant, tool: str, event: str, code: str, message: str) -> None:
    error = await assistant.fail(tool, event=event)
    assert error["code"] == code
    assert error["connection"] == event.partition(":")[0]
    assert error["message"].startswith(message)
    assert error["next"]


@pytest.mark.parametrize("tool", ["list_events", "get_revenue"])
async def test_without_connections_it_is_said_how_to_make_one(tool: str) -> None:
    error = await Assistant(state_for({})).fail(tool)
    assert error["code"] == "configuration"
    assert error["message"] == "No ticketing platform is connected."
    assert "spekta connect" in error["next"]
    assert "environment variables" in error["next"]


async def test_a_missing_credential_is_named() -> None:
    told = await Assistant(state_for({"HELLOASSO_CLIENT_ID": "a-client"})).ask("list_events")
    [status] = told["connections"]
    assert (status["status"], status["code"]) == ("failed", "configuration")
    assert status["message"].startswith("HelloAsso needs clientSecret")


async def test_what_a_platform_does_not_offer_is_said(assistant: Assistant) -> None:
    error = await assistant.fail("list_attendees", event="dice:RXZlbnQ6MTI=")
    assert error["code"] == "unsupported"
    assert error["message"].startswith("DICE does not offer attendees: ")


async def test_a_wait_is_told_in_seconds(assistant: Assistant, sandbox: Sandbox) -> None:
    sandbox.misbehave("ticket-tailor", "rate_limited", retry_after=120)
    error = await assistant.fail("list_tickets", event="ticket-tailor:ev_12")
    assert (error["code"], error["connection"], error["retry_after_seconds"]) == ("rate_limited", "ticket-tailor", 120)
    assert error["next"] == "Try again in 120 seconds."


@pytest.mark.parametrize(
    "kind, code",
    [
        ("unauthorized", "authentication_failed"),
        ("forbidden", "permission_denied"),
        ("not_found", "not_found"),
        ("error_always", "unavailable"),
        ("html", "invalid_response"),
        ("truncated", "invalid_response"),
    ],
)
@pytest.mark.usefixtures("unhurried")
async def test_what_platforms_do_wrong(assistant: Assistant, sandbox: Sandbox, kind: Any, code: str) -> None:
    sandbox.misbehave("ticket-tailor", kind)
    error = await assistant.fail("get_event", event="ticket-tailor:ev_12")
    assert error["code"] == code
    assert error["next"]
    assert "Maintenance" not in json.dumps(error)


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    def arrange(error: Exception) -> None:
        async def get_event(self: Connector, event_id: str, **asked: Any) -> None:
            raise error

        monkeypatch.setattr(Connector, "get_event", get_event)

    return arrange


async def test_a_crash_is_told_to_the_log_alone(
    season: Starlette, crash: Callable[[Exception], None], caplog: pytest.LogCaptureFixture
) -> None:
    crash(RuntimeError(f"broken by {CANARY}"))
    assistant = Assistant(state_for(environment(ORIGIN) | {"TICKET_TAILOR_API_KEY": CANARY}, season))
    with caplog.at_level(logging.WARNING):
        result = await assistant.call("get_event", event="ticket-tailor:ev_12")
    assert json.loads(text_of(result))["error"]["code"] == "internal"
    assert "broken" not in text_of(result)
    assert "RuntimeError: broken by ***" in caplog.text
    assert CANARY not in caplog.text

"""What changes something: only where the operator and the caller allow it, after a preview, and once."""

import json
from datetime import timedelta
from typing import Any

import pytest

from connectors import find_provider
from mcp_server.tools import all_tools
from mcp_server.tools.writing import ACTIONS, AGREE
from spekta.sandbox.app import Sandbox, create_app
from spekta.sandbox.server import environment
from tests.mcp_server.conftest import ERAS, NOW, ORIGIN, Assistant, state_for, tools_of

pytestmark = pytest.mark.anyio

CHOIR = {
    "title": "Choir Night", "slug": "choir-night", "timezone": "Europe/London",
    "starts_at": "2027-10-01T19:00:00+01:00", "currency": "GBP",
}  # fmt: skip
STANDARD = {"name": "Standard", "price": "15.00", "currency": "GBP", "quantity_total": 80}
NAMES = [f"equaticket_{action}" for action in ACTIONS["equaticket"]]


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Assistant:
    monkeypatch.setenv("SPEKTA_WRITES", "true")
    app = create_app()
    return Assistant(state_for(environment(ORIGIN), app, writes=True), app)


def log_of(writer: Assistant) -> list[tuple[str, str]]:
    """What the platform was asked to change."""
    assert writer.app
    sandbox: Sandbox = writer.app.state.sandbox
    return [(entry.method, entry.path) for entry in sandbox.log if entry.method != "GET"]


async def do(writer: Assistant, tool: str, **arguments: Any) -> dict[str, Any]:
    plan = await writer.ask(tool, **arguments)
    return await writer.ask(tool, **arguments, confirm=plan["confirm"])


async def test_an_event_from_draft_to_doors_closed(writer: Assistant) -> None:
    """Every step is one that the platform has in its own examples."""
    made = await do(writer, "equaticket_create_event", **CHOIR)
    event = made["record"]["event"]
    assert (made["done"], made["record"]["status"]) == (True, "draft")
    assert made["record"]["starts_local"] == "Fri 2027-10-01 19:00 Europe/London"
    kind = (await do(writer, "equaticket_create_ticket_type", event=event, **STANDARD))["record"]["ticket_type"]
    await do(writer, "equaticket_update_ticket_type", event=event, ticket_type=kind, quantity_total=90)
    [row] = (await writer.ask("list_tickets", event=event))["ticket_types"]
    assert (row["ticket_type"], row["price"], row["total"]) == (kind, "15.00", 90)
    renamed = await do(writer, "equaticket_update_event", event=event, title="Choir Nights")
    assert renamed["record"]["name"] == "Choir Nights"
    await do(writer, "equaticket_delete_ticket_type", event=event, ticket_type=kind)
    assert (await do(writer, "equaticket_publish_event", event=event))["record"]["status"] == "live"
    assert (await do(writer, "equaticket_cancel_event", event=event))["record"]["status"] == "cancelled"


@pytest.mark.parametrize("era", ERAS)
async def test_a_preview_sends_nothing(writer: Assistant, era: str) -> None:
    told = await writer.ask("equaticket_create_event", era=era, **CHOIR)
    assert told["done"] is False
    assert told["next"] == AGREE
    assert told["request"] == {
        "method": "POST",
        "url": f"{ORIGIN}/equaticket/api/api/v1/events",
        "body": {**CHOIR, "starts_at": "2027-10-01T18:00:00Z", "currency": "gbp"},
    }
    assert log_of(writer) == []


async def test_a_preview_names_what_is_to_be_changed(writer: Assistant) -> None:
    [event] = (await writer.ask("list_events", connections=["equaticket"], q="Concert"))["events"]
    told = await writer.ask("equaticket_cancel_event", event=event["event"])
    assert told["record"] == {name: event[name] for name in ("event", "name", "status", "starts_local")}
    error = await writer.fail("equaticket_cancel_event", event="equaticket:nothing")
    assert error["code"] == "not_found"
    assert log_of(writer) == []


@pytest.mark.parametrize(
    "change", [{"title": "Another"}, {"starts_at": "2027-10-02T19:00:00+01:00"}, {"confirm": "0123456789ab"}]
)
async def test_a_code_is_for_these_arguments_alone(writer: Assistant, change: dict[str, Any]) -> None:
    plan = await writer.ask("equaticket_create_event", **CHOIR)
    error = await writer.fail("equaticket_create_event", **{**CHOIR, "confirm": plan["confirm"], **change})
    assert (error["code"], error["param"]) == ("invalid_argument", "confirm")
    assert error["next"].startswith("Call without confirm")
    assert plan["confirm"] not in json.dumps(error)
    assert log_of(writer) == []


async def test_a_code_is_for_this_tool_and_server_alone(writer: Assistant) -> None:
    [event] = (await writer.ask("list_events", connections=["equaticket"], q="Concert"))["events"]
    plan = await writer.ask("equaticket_cancel_event", event=event["event"])
    elsewhere = writer.with_state(secret=b"of another server")
    for other, tool in ((writer, "equaticket_publish_event"), (elsewhere, "equaticket_cancel_event")):
        error = await other.fail(tool, event=event["event"], confirm=plan["confirm"])
        assert error["param"] == "confirm"


@pytest.mark.parametrize("minutes, holds", [(0, True), (61, True), (120, False), (-60, False)])
async def test_a_code_is_for_an_hour_or_two(writer: Assistant, minutes: int, holds: bool) -> None:
    plan = await writer.ask("equaticket_create_event", **CHOIR)
    later = writer.with_state(now=lambda: NOW + timedelta(minutes=minutes))
    result = await later.call("equaticket_create_event", **CHOIR, confirm=plan["confirm"])
    assert result.is_error is not holds
    assert bool(log_of(writer)) is holds


async def test_what_is_repeated_is_done_once(writer: Assistant) -> None:
    """As after an answer that was lost on its way."""
    plan = await writer.ask("equaticket_create_event", **CHOIR)
    first = await writer.ask("equaticket_create_event", **CHOIR, confirm=plan["confirm"])
    again = await writer.ask("equaticket_create_event", **CHOIR, confirm=plan["confirm"])
    assert first["record"] == again["record"]
    assert (first.get("repeated"), again["repeated"]) == (None, True)
    found = await writer.ask("list_events", connections=["equaticket"], q="Choir Night")
    assert len(found["events"]) == 1


async def test_what_is_meant_again_is_done_again(writer: Assistant) -> None:
    test = environment(ORIGIN) | {"EQUATICKET_API_KEY": "sk_test_sandbox_equaticket"}
    writer = Assistant(state_for(test, writer.app, writes=True), writer.app)
    first = await do(writer, "equaticket_reset_test_data")
    again = await do(writer, "equaticket_reset_test_data")
    anew = await do(writer, "equaticket_reset_test_data", idempotency_key="another")
    assert [told.get("repeated") for told in (first, again, anew)] == [None, True, None]


async def test_live_data_is_never_reset(writer: Assistant) -> None:
    error = await writer.fail("equaticket_reset_test_data")
    assert error["code"] == "not_allowed"
    assert log_of(writer) == []


@pytest.mark.parametrize(
    "tool, arguments, param, message",
    [
        ("create_event", {**CHOIR, "timezone": "Mars/Olympus"}, "timezone", "timezone: there is no such time zone."),
        ("create_event", {**CHOIR, "colour": "red"}, "colour", "colour is not an argument of equaticket_create_event."),
        ("create_event", {**CHOIR, "connection": "pretix"}, "connection", "This is only for Equaticket."),
        ("cancel_event", {"event": "pretix:hotaru"}, "event", "This is only for Equaticket."),
        ("update_event", {"event": "equaticket:e"}, "inputs", "Nothing is to be changed."),
        ("create_ticket_type", {**STANDARD, "event": "equaticket:e", "price": 15.5}, "price", "price: give it as text"),
        (
            "create_ticket_type",
            {**STANDARD, "event": "equaticket:e", "price": "1.005"},
            "price",
            "price: 1.005 is not",
        ),
        (
            "delete_ticket_type",
            {"event": "equaticket:e", "ticket_type": "equaticket/x:t"},
            "ticket_type",
            "ticket_type",
        ),
    ],
)
async def test_what_cannot_be_used_is_named(
    writer: Assistant, tool: str, arguments: dict[str, Any], param: str, message: str
) -> None:
    error = await writer.fail(f"equaticket_{tool}", **arguments)
    assert (error["code"], error["param"]) == ("invalid_argument", param)
    assert error["message"].startswith(message)
    assert log_of(writer) == []


async def test_what_the_platform_refuses_is_said(writer: Assistant) -> None:
    await do(writer, "equaticket_create_event", **CHOIR)
    more = {**CHOIR, "title": "A second one"}
    plan = await writer.ask("equaticket_create_event", **more)
    error = await writer.fail("equaticket_create_event", **more, confirm=plan["confirm"])
    assert (error["code"], error["param"]) == ("rejected", "slug")
    assert "taken" not in json.dumps(error)


# Where they are


async def test_none_is_listed_unless_the_operator_allows(assistant: Assistant) -> None:
    assert not set(NAMES) & {tool["name"] for tool in await tools_of(assistant.state)}


async def test_they_are_listed_last_and_say_what_they_do(writer: Assistant) -> None:
    listed = await tools_of(writer.state)
    found = {tool["name"]: tool for tool in listed[-len(NAMES) :]}
    assert list(found) == NAMES
    assert len(NAMES) <= 8
    for name, tool in found.items():
        assert tool["title"]
        assert tool["annotations"] == {
            "readOnlyHint": False,
            "destructiveHint": "create" not in name,
            "idempotentHint": True,
            "openWorldHint": True,
        }
        assert "confirm" in tool["inputSchema"]["properties"]


def test_nothing_reads_and_writes() -> None:
    provider = find_provider("equaticket")
    calls = {f"equaticket_{name}": action.call.method for name, action in provider.actions.items()}
    for tool in all_tools(writes=True):
        assert tool.annotations
        assert tool.annotations.read_only_hint is (tool.name not in (*calls, "request_sync"))


async def test_a_switch_that_only_the_connector_knows_holds_too(
    writer: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await writer.ask("equaticket_create_event", **CHOIR)
    monkeypatch.delenv("SPEKTA_WRITES")
    error = await writer.fail("equaticket_create_event", **CHOIR, confirm=plan["confirm"])
    assert error["code"] == "not_allowed"
    assert log_of(writer) == []

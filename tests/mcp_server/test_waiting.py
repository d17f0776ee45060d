"""What a caller learns while it waits, and that platforms are left alone once it waits no more."""

from typing import Any

import anyio
import pytest
from mcp import Client
from starlette.applications import Starlette

from connectors import connect
from connectors.credentials.environment import EnvironmentStore
from mcp_server.server import create_server
from mcp_server.state import State
from spekta.sandbox.server import environment
from tests.mcp_server.conftest import ERAS, ORIGIN, PLATFORMS, Assistant, Stuck, state_for

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "tool, arguments, steps, what",
    [
        ("list_events", {}, len(PLATFORMS), "connections"),
        ("check_connection", {}, len(PLATFORMS), "connections"),
        ("get_revenue", {"connections": ["pretix"]}, None, "events"),
    ],
)
async def test_progress_is_told(
    season: Starlette, tool: str, arguments: dict[str, Any], steps: int | None, what: str, era: str
) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    server = create_server(state_for(environment(ORIGIN), season))
    async with Client(server, mode=era) as client:
        await client.call_tool(tool, arguments, progress_callback=hear)
    dones = [done for done, _, _ in told]
    assert dones
    assert dones == sorted(set(dones))
    done, of, message = told[-1]
    assert message == f"{done:.0f} of {of:.0f} {what}"
    assert steps in (None, of)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "tool, arguments",
    [
        ("list_events", {}),
        ("get_event", {"event": "ticket-tailor:ev_12"}),
        ("list_attendees", {"event": "ticket-tailor:ev_12", "summary": True}),
        ("get_revenue", {}),
    ],
)
async def test_a_call_that_is_cancelled_leaves_the_platform(tool: str, arguments: dict[str, Any], era: str) -> None:
    platform = Stuck()
    store = EnvironmentStore({"TICKET_TAILOR_API_KEY": "sk_test_canary_1f2e"})
    state = State(names=store.connections, open=lambda name: connect(store, name, platform))
    async with Client(create_server(state), mode=era) as client, anyio.create_task_group() as calls:
        calls.start_soon(client.call_tool, tool, arguments)
        assert await anyio.to_thread.run_sync(platform.asked.wait, 5)
        assert not platform.left.is_set()
        calls.cancel_scope.cancel()
    with anyio.fail_after(5):
        assert await anyio.to_thread.run_sync(platform.left.wait, 5)


async def test_what_is_not_read_at_the_deadline_is_said(assistant: Assistant) -> None:
    told = await assistant.with_state(seconds=0).ask("list_orders")
    assert told["orders"] == []
    codes = {row["code"] for row in told["connections"]}
    assert codes == {"deadline_exceeded", "unsupported"}

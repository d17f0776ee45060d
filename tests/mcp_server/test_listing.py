"""What the server shows before anything is asked: with no credentials, no network, and in few bytes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp import Client
from mcp.shared.exceptions import MCPError

from mcp_server.instructions import instructions
from mcp_server.server import create_server
from mcp_server.tools.writing import writing_tools
from tests.mcp_server.conftest import ERAS, Assistant, state_for, tools_of
from tests.mcp_server.snapshot import LISTING, listing

pytestmark = pytest.mark.anyio

TOOLS = [
    "list_providers",
    "check_connection",
    "list_events",
    "get_event",
    "list_tickets",
    "list_attendees",
    "list_orders",
    "get_revenue",
    "revenue_summary",
    "sync_status",
    "request_sync",
    "evvnt_list_categories",
    "evvnt_list_published_events",
]


@pytest.fixture
def alone() -> Assistant:
    return Assistant(state_for({}))


async def _tools(assistant: Assistant, era: str = "auto") -> list[dict[str, Any]]:
    return await tools_of(assistant.state, era)


@pytest.mark.parametrize("era", ERAS)
async def test_the_tools_are_listed_alike_each_time(alone: Assistant, era: str) -> None:
    first, again, other = await _tools(alone, era), await _tools(alone, era), await _tools(alone)
    assert [tool["name"] for tool in first] == TOOLS
    assert _compact(first) == _compact(again)
    assert first == other


async def test_what_assistants_read_changes_only_on_purpose() -> None:
    assert await listing() == json.loads(LISTING.read_text()), "run: python -m tests.mcp_server.snapshot"


async def test_the_listing_is_small(alone: Assistant) -> None:
    sizes = {tool["name"]: len(_compact(tool).encode()) for tool in await _tools(alone)}
    assert sum(sizes.values()) <= 20_000, sizes
    writing = {tool["name"]: len(_compact(tool).encode()) for tool in await listing() if tool["name"] not in sizes}
    assert sum(writing.values()) <= 12_000, writing
    assert len(sizes) <= 14
    assert len(writing) <= 8


async def test_schemas_are_free_of_noise(alone: Assistant) -> None:
    for tool in await _tools(alone):
        text = _compact([tool["inputSchema"], tool["outputSchema"]])
        assert not re.search(r'"title":|"null"|:null|"anyOf"', text), tool["name"]
        Draft202012Validator.check_schema(tool["inputSchema"])
        Draft202012Validator.check_schema(tool["outputSchema"])


async def test_every_tool_says_what_it_does(alone: Assistant) -> None:
    for tool in await _tools(alone):
        assert tool["annotations"] == {
            "readOnlyHint": tool["name"] != "request_sync",
            "destructiveHint": False,
            "idempotentHint": True,
            "openWorldHint": tool["name"] not in ("list_providers", "sync_status", "request_sync"),
        }
        assert tool["title"]
        assert tool["description"]


async def test_parameters_are_described_and_closed(alone: Assistant) -> None:
    for tool in await _tools(alone):
        schema = tool["inputSchema"]
        assert schema["additionalProperties"] is False
        assert all("description" in parameter for parameter in schema["properties"].values()), tool["name"]
    limit = (await _tools(alone))[2]["inputSchema"]["properties"]["limit"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 100, 25)


def test_the_documentation_names_the_tools_there_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "assistants.md").read_text().partition("## What")[0]
    assert re.findall(r"^\| `(\w+)` \|", page, re.M) == [*TOOLS, *(tool.name for tool in writing_tools())]


async def test_the_server_introduces_itself(alone: Assistant) -> None:
    async with Client(create_server(alone.state)) as client:
        assert client.instructions == instructions(writes=False)
        assert client.server_info
        assert client.server_info.name == "spekta"
        listed = await client.list_tools()
    assert len(instructions(writes=True)) <= 1000
    assert (listed.ttl_ms, listed.cache_scope) == (300_000, "public")


@pytest.mark.parametrize("era", ERAS)
async def test_an_unknown_tool_is_a_protocol_error(alone: Assistant, era: str) -> None:
    async with Client(create_server(alone.state), mode=era) as client:
        with pytest.raises(MCPError, match="Unknown tool: drop_tables") as raised:
            await client.call_tool("drop_tables")
    assert raised.value.code == -32602


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


async def test_nothing_can_be_listened_to(alone: Assistant) -> None:
    """A listening client would hold a function open to its limit."""
    async with Client(create_server(alone.state)) as client:
        with pytest.raises(MCPError) as raised:
            async with client.listen(tools_list_changed=True):
                pass
    assert raised.value.code == -32601

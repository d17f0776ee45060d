"""The server over HTTP: every protocol version at one address, nothing that hangs, and nothing for who may not ask."""

import json
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from mcp_server.tools import TOOLS
from tests.mcp_server.conftest import ERAS, Assistant, state_for, text_of
from tests.mcp_server.website import ISSUER, LEGACY, MODERN, RESOURCE, serving, told

pytestmark = pytest.mark.anyio

METADATA = "https://spekta.example/.well-known/oauth-protected-resource/mcp"
NAMES = [tool.name for tool in TOOLS]
CREATE = {"name": "equaticket_create_event", "arguments": {}}
PEOPLE = {"name": "list_attendees", "arguments": {"event": "pretix:hotaru", "personal_data": True}}


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("era", ERAS)
async def test_both_eras_are_served(assistant: Assistant, era: str, buffered: bool) -> None:
    async with serving(assistant.state, buffered=buffered) as site, site.client(era) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == NAMES
        found = await client.call_tool("list_events", {"q": "festival", "connections": ["pretix"]})
    assert found.structured_content == json.loads(text_of(found))
    assert len(found.structured_content["events"]) == 1


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_every_version_lists_the_tools_without_a_session(version: str) -> None:
    async with serving(state_for({}), buffered=True) as site:
        answer = await site.post("tools/list", version=version)
    assert answer.status_code == 200
    assert [tool["name"] for tool in told(answer)["result"]["tools"]] == NAMES
    assert "mcp-session-id" not in answer.headers
    assert len(answer.content) <= 20_000


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD", "PUT", "OPTIONS"])
async def test_anything_but_post_is_answered_at_once(method: str, buffered: bool) -> None:
    async with serving(state_for({}), buffered=buffered) as site:
        for _ in range(2):
            answer = await site.http.request(method, "/mcp", headers={"Accept": "text/event-stream"})
            assert (answer.status_code, answer.headers["Allow"], answer.content) == (405, "POST", b"")


@pytest.mark.parametrize("buffered", [True, False])
async def test_nobody_listens(buffered: bool) -> None:
    async with serving(state_for({}), buffered=buffered) as site:
        answer = await site.post("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    assert answer.status_code == 404
    assert told(answer)["error"]["code"] == -32601


async def test_a_cursor_outlives_the_server(assistant: Assistant) -> None:
    more: dict[str, Any] = {}
    names: list[str] = []
    while True:
        async with serving(assistant.state, buffered=True) as site:
            asked = {"name": "list_events", "arguments": {"connections": ["pretix"], "limit": 5, **more}}
            found = told(await site.post("tools/call", asked))["result"]["structuredContent"]
        names += [row["event"] for row in found["events"]]
        if "next_cursor" not in found:
            break
        more = {"cursor": found["next_cursor"]}
    assert len(names) == len(set(names)) > 5


# Who may ask


@pytest.mark.parametrize(
    "token, headers, error",
    [
        (None, {}, None),
        (None, {"Authorization": "Basic cmVhZDpyZWFk"}, None),
        (None, {"Authorization": "Bearer "}, None),
        ("ended", {}, "invalid_token"),
    ],
)
async def test_without_a_token_it_is_said_where_to_get_one(
    token: str | None, headers: dict[str, str], error: str | None
) -> None:
    async with serving(state_for({})) as site:
        answer = await site.post("tools/list", token=token, headers=headers)
    assert answer.status_code == 401
    said = f'error="{error}", ' if error else ""
    assert answer.headers["WWW-Authenticate"] == f'Bearer {said}scope="read", resource_metadata="{METADATA}"'
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_token_in_the_address_is_none() -> None:
    async with serving(state_for({})) as site:
        answer = await site.post("tools/list", token=None, path="/mcp?access_token=read")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "called, token, missing",
    [
        (None, "write", "read"),
        (None, "openid", "read"),
        (CREATE, "read", "write"),
        (CREATE, "read.personal_data", "write"),
        (PEOPLE, "read", "personal_data"),
        ({**PEOPLE, "arguments": {"personal_data": "true"}}, "read", "personal_data"),
    ],
)
async def test_a_token_that_allows_less_is_told_what_it_lacks(
    called: dict[str, Any] | None, token: str, missing: str
) -> None:
    async with serving(state_for({}, writes=True, personal_data=True)) as site:
        answer = await site.post("tools/call" if called else "tools/list", called, token=token)
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status_code == 403
    assert challenge.startswith('Bearer error="insufficient_scope", scope="read')
    assert missing in challenge.split('"')[3].split()
    assert answer.json() == {
        "error": "insufficient_scope",
        "error_description": f"This needs the scope {missing}.",
    }


async def test_a_scope_that_would_change_nothing_is_not_asked_for(assistant: Assistant) -> None:
    """Where the operator gives nobody personal data, a token that allows it is of no use."""
    async with serving(assistant.state, buffered=True) as site:
        answer = await site.post("tools/call", PEOPLE, token="read")
    assert any(note.startswith("Names") for note in told(answer)["result"]["structuredContent"]["notes"])


@pytest.mark.parametrize(
    "personal_data, writes, scopes",
    [
        (False, False, ["read"]),
        (True, False, ["read", "personal_data"]),
        (True, True, ["read", "personal_data", "write"]),
    ],
)
async def test_clients_find_the_issuer(personal_data: bool, writes: bool, scopes: list[str]) -> None:
    async with serving(state_for({}, personal_data=personal_data, writes=writes)) as site:
        answer = await site.http.get(METADATA)
        refused = await site.http.post(METADATA)
    assert answer.json() == {
        "resource": RESOURCE,
        "authorization_servers": [ISSUER],
        "scopes_supported": scopes,
        "bearer_methods_supported": ["header"],
        "resource_name": "Spekta",
    }
    assert refused.status_code == 405


@pytest.mark.parametrize("token, listed", [("read", False), ("read.personal_data", False), ("read.write", True)])
@pytest.mark.parametrize("era", ERAS)
async def test_what_a_token_does_not_allow_is_not_listed(era: str, token: str, listed: bool) -> None:
    async with serving(state_for({}, writes=True)) as site, site.client(era, token) as client:
        found = await client.list_tools()
    assert any("create" in tool.name for tool in found.tools) is listed
    assert len(NAMES) <= len(found.tools)


async def test_what_a_token_does_not_allow_is_not_cached_for_another() -> None:
    async with serving(state_for({}, writes=True), buffered=True) as site:
        found = told(await site.post("tools/list"))["result"]
    assert found["cacheScope"] == "private"


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_may_narrow_what_it_sees(assistant: Assistant, era: str) -> None:
    wanted = {"Spekta-Tools": "list_events,get_event,drop_tables", "Spekta-Providers": "pretix"}
    async with serving(assistant.state) as site, site.client(era, **wanted) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["list_events", "get_event"]
        found = await client.call_tool("list_events", {"q": "festival"})
        with pytest.raises(MCPError, match="Unknown tool: list_orders"):
            await client.call_tool("list_orders", {})
    assert [row["connection"] for row in found.structured_content["connections"]] == ["pretix"]


async def test_who_only_reads_changes_nothing(assistant: Assistant) -> None:
    everything = "read.write.personal_data"
    state = assistant.with_state(writes=True).state
    async with serving(state, buffered=True) as site:
        for path in ("/mcp", "/mcp?read_only=true"):
            found = told(await site.post("tools/list", token=everything, path=path))["result"]["tools"]
            assert (len(found) > len(NAMES)) is (path == "/mcp")
        refused = told(await site.post("tools/call", CREATE, token=everything, headers={"Spekta-Read-Only": "true"}))
    assert refused["error"]["code"] == -32602


@pytest.mark.parametrize(
    "headers, status", [({"Host": "evil.example"}, 421), ({"Origin": "https://evil.example"}, 403), ({}, 200)]
)
async def test_pages_that_rebind_their_name_are_refused(headers: dict[str, str], status: int) -> None:
    async with serving(state_for({}), buffered=True) as site:
        answer = await site.post("tools/list", headers=headers)
    assert answer.status_code == status


async def test_a_request_that_is_too_large() -> None:
    async with serving(state_for({})) as site:
        answer = await site.post("tools/call", {"name": "list_events", "arguments": {"q": "x" * 1_000_001}})
    assert answer.status_code == 413


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 5_000, b"null", b'"text"', b"[1]", b"\xff"])
async def test_what_is_no_message(content: bytes) -> None:
    async with serving(state_for({}), buffered=True) as site:
        answer = await site.http.post(
            "/mcp", content=content, headers={"Authorization": "Bearer read", "Content-Type": "application/json"}
        )
    assert answer.status_code in (400, 406)


@pytest.mark.parametrize("path", ["/", "/mcp/", "/.well-known/oauth-protected-resource", "/metrics"])
async def test_there_is_nothing_else(path: str) -> None:
    async with serving(state_for({})) as site:
        assert (await site.http.get(path)).status_code == 404

"""The assistants' door as a Lambda function, in an environment that stays warm."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from functions.asgi import Resident
from mcp_server.authorization import Authorization
from mcp_server.server import create_server
from mcp_server.web import create_app
from spekta.sandbox.app import create_app as platforms
from spekta.sandbox.server import environment
from tests.mcp_server.conftest import ORIGIN, state_for
from tests.mcp_server.website import ISSUER, LEGACY, MODERN, RESOURCE, Tokens, message

from .events import request

FESTIVAL = {"name": "list_events", "arguments": {"q": "festival", "connections": ["pretix"]}}


@pytest.fixture(scope="module")
def function() -> Iterator[Resident]:
    """One environment for all tests: whatever one of them asks, the next is answered."""
    server = create_server(state_for(environment(ORIGIN), platforms()), shared=True)
    resident = Resident(create_app(server, Authorization(Tokens(), RESOURCE, ISSUER), buffered=True))
    yield resident
    resident.close()


def posted(method: str, params: Mapping[str, Any], version: str, *, token: str | None = "read") -> dict[str, Any]:
    content, headers = message(method, params, version)
    shown = {} if token is None else {"authorization": f"Bearer {token}"}
    return {**request("/mcp", "POST"), "body": content.decode(), "headers": {**headers, **shown, "host": "gateway"}}


def result(answer: dict[str, Any]) -> Any:
    assert answer["statusCode"] == 200, answer
    return json.loads(answer["body"])["result"]


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
def test_every_version_is_answered_again_and_again(function: Resident, version: str) -> None:
    for _ in range(3):
        assert len(result(function(posted("tools/list", {}, version)))["tools"]) > 8
        found = result(function(posted("tools/call", FESTIVAL, version)))
        assert [row["event"] for row in found["structuredContent"]["events"]] == ["pretix:festival-des-quais"]


def test_older_clients_introduce_themselves(function: Resident) -> None:
    asked = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    told = result(function(posted("initialize", asked, "2025-06-18")))
    assert (told["protocolVersion"], told["serverInfo"]["name"]) == ("2025-06-18", "spekta")


@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD"])
def test_nothing_is_held_open(function: Resident, method: str) -> None:
    for _ in range(2):
        answer = function({**request("/mcp", method), "headers": {"accept": "text/event-stream"}})
        assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "POST")
        listening = {"notifications": {"toolsListChanged": True}}
        assert function(posted("subscriptions/listen", listening, MODERN))["statusCode"] == 404


def test_a_body_in_base64(function: Resident) -> None:
    event = posted("tools/list", {}, MODERN)
    event |= {"body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}
    assert result(function(event))["tools"]


def test_a_client_may_narrow_by_address(function: Resident) -> None:
    event = posted("tools/list", {}, MODERN) | {"rawQueryString": "tools=get_event&read_only=true"}
    assert [tool["name"] for tool in result(function(event))["tools"]] == ["get_event"]


@pytest.mark.parametrize(
    "origin, status",
    [("https://evil.example", 403), ("https://spekta.example:8443", 403), ("https://spekta.example", 200)],
)
def test_pages_of_other_sites_may_not_ask(function: Resident, origin: str, status: int) -> None:
    event = posted("tools/list", {}, MODERN)
    assert function({**event, "headers": {**event["headers"], "origin": origin}})["statusCode"] == status


def test_without_a_token_nothing_is_told(function: Resident) -> None:
    answer = function(posted("tools/list", {}, MODERN, token=None))
    assert answer["statusCode"] == 401
    assert "resource_metadata=" in answer["headers"]["www-authenticate"]
    metadata = function(request("/.well-known/oauth-protected-resource/mcp"))
    assert json.loads(metadata["body"])["resource"] == RESOURCE


@pytest.mark.parametrize("body", [None, "", "{", "é"])
def test_what_is_no_message(function: Resident, body: str | None) -> None:
    event = posted("tools/list", {}, MODERN) | {"body": body}
    assert function(event)["statusCode"] == 400


def test_an_application_that_does_not_start() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "lifespan.startup.failed"})

    with pytest.raises(RuntimeError, match="does not start"):
        Resident(broken)

"""The server over HTTP within this process, and what its clients send."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.auth.provider import AccessToken

from mcp_server.authorization import Authorization
from mcp_server.server import create_server
from mcp_server.state import State
from mcp_server.web import create_app

RESOURCE, ISSUER = "https://spekta.example/mcp", "https://login.example/realm"
MODERN, LEGACY = "2026-07-28", ("2025-11-25", "2025-06-18", "2025-03-26")


@dataclass
class Tokens:
    """An issuer's tokens: their text is their scopes, with dots between them."""

    seen: list[str] = field(default_factory=list)

    async def verify_token(self, token: str) -> AccessToken | None:
        self.seen.append(token)
        if token == "ended":
            return None
        return AccessToken(token="", client_id="a-client", scopes=token.split("."), subject="somebody")


@dataclass
class Site:
    http: httpx2.AsyncClient

    @asynccontextmanager
    async def client(self, era: str, token: str = "read", **headers: str) -> AsyncIterator[Client]:
        """The SDK's own client."""
        self.http.headers.update({"Authorization": f"Bearer {token}", **headers})
        async with Client(streamable_http_client(RESOURCE, http_client=self.http), mode=era) as client:
            yield client

    async def post(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        version: str = MODERN,
        token: str | None = "read",
        path: str = "/mcp",
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """One message, as a client of that version sends it."""
        content, usual = message(method, params or {}, version)
        shown = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.http.post(path, content=content, headers={**usual, **shown, **(headers or {})})


def message(method: str, params: Mapping[str, Any], version: str = MODERN) -> tuple[bytes, dict[str, str]]:
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": version,
    }
    said = dict(params)
    if version == MODERN:
        headers["Mcp-Method"] = method
        if "name" in params:
            headers["Mcp-Name"] = params["name"]
        said["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        }
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": said}).encode(), headers


def told(response: httpx2.Response) -> dict[str, Any]:
    """The message of an answer, whether it is JSON or a stream of one event."""
    text = response.text
    if response.headers["content-type"].startswith("text/event-stream"):
        text = next(line for line in text.splitlines() if line.startswith("data:")).removeprefix("data:")
    found: dict[str, Any] = json.loads(text)
    return found


@asynccontextmanager
async def serving(
    state: State, authorization: Authorization | None = None, *, buffered: bool = False
) -> AsyncIterator[Site]:
    """A server for callers that hold tokens of one issuer."""
    server = create_server(state, shared=True)
    rules = authorization or Authorization(Tokens(), RESOURCE, ISSUER)
    app = create_app(server, rules, hosts=["spekta.example"], buffered=buffered)
    transport = httpx2.ASGITransport(app=app)
    async with (
        server.session_manager.run(),
        httpx2.AsyncClient(transport=transport, base_url="https://spekta.example") as http,
    ):
        yield Site(http)

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.types import CallToolResult
from starlette.applications import Starlette

from connectors import connect, find_provider
from connectors.credentials.environment import EnvironmentStore, constant
from connectors.registry import SLUGS
from mcp_server.server import create_server
from mcp_server.state import State
from spekta.sandbox.app import Sandbox, create_app
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.providers import services
from spekta.sandbox.server import environment

PLATFORMS = [slug for slug in SLUGS if slug in services()]
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ORIGIN = "http://127.0.0.1:1"
ERAS = ("auto", "legacy")


def state_for(variables: Mapping[str, str], app: Starlette | None = None, **more: Any) -> State:
    """What a server works with whose environment holds these variables; the platforms are in this process."""
    store = EnvironmentStore(variables)
    platforms = httpx2.ASGITransport(app=app or create_app())
    return State(names=store.connections, open=lambda name: connect(store, name, platforms), now=lambda: NOW, **more)


@dataclass(frozen=True)
class Assistant:
    """Calls tools as an assistant would, and checks what every answer promises."""

    state: State
    app: Starlette | None = None

    def with_state(self, **changes: Any) -> "Assistant":
        return replace(self, state=replace(self.state, **changes))

    async def call(self, tool: str, *, era: str = "auto", **arguments: Any) -> CallToolResult:
        async with Client(create_server(self.state), mode=era) as client:
            return await client.call_tool(tool, arguments)

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer. The client has held it against the tool's output schema."""
        result = await self.call(tool, **arguments)
        text = text_of(result)
        assert not result.is_error, text
        assert json.loads(text) == result.structured_content
        assert not _has_null(result.structured_content)
        return json.loads(text)  # type: ignore[no-any-return]

    async def fail(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error."""
        result = await self.call(tool, **arguments)
        assert result.is_error
        assert result.structured_content is None
        said = json.loads(text_of(result))
        assert list(said) == ["error"]
        return said["error"]  # type: ignore[no-any-return]


def _has_null(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(_has_null(part) for part in (value.values() if isinstance(value, dict) else value))
    return value is None


async def tools_of(state: State, era: str = "auto") -> list[dict[str, Any]]:
    """The listing as it is sent."""
    async with Client(create_server(state), mode=era) as client:
        listed = await client.list_tools()
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed.tools]


def text_of(result: CallToolResult) -> str:
    [block] = result.content
    assert block.type == "text"
    return block.text


@pytest.fixture(scope="session")
def season() -> Starlette:
    return create_app()


@pytest.fixture
def sandbox(season: Starlette) -> Iterator[Sandbox]:
    sandbox: Sandbox = season.state.sandbox
    yield sandbox
    sandbox.behave()


@pytest.fixture
def box(sandbox: Sandbox) -> BoxOffice:
    return sandbox.box_office


@pytest.fixture
def assistant(season: Starlette) -> Assistant:
    return Assistant(state_for(environment(ORIGIN), season))


@pytest.fixture
def everything(season: Starlette) -> Assistant:
    """Whoever has switched on all that an option switches on."""
    gates = {
        f"{constant(slug)}_{constant(option)}": "true"
        for slug in PLATFORMS
        for capability in ("tickets", "attendees", "revenue")
        if (option := find_provider(slug).needs(capability))
    }
    return Assistant(state_for(environment(ORIGIN) | gates, season))


def selling(box: BoxOffice) -> Assistant:
    """An assistant to a box office of the test's own."""
    return Assistant(state_for(environment(ORIGIN), create_app(box)))


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between attempts."""

    async def at_once(seconds: float) -> None:
        return None

    monkeypatch.setattr("connectors.caller.sleep", at_once)


def by_connection(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["connection"]: row for row in rows}


class Stuck(httpx2.AsyncBaseTransport):
    """A platform that never answers, and knows when it is no longer waited for."""

    def __init__(self) -> None:
        self.asked, self.left = threading.Event(), threading.Event()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.left.set()
        raise AssertionError

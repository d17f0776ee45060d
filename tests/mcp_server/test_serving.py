"""`spekta mcp --http`, as a process and as the environment sets it up."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from connectors import ConfigurationError, connect
from connectors.credentials.environment import EnvironmentStore
from mcp_server.admission import admission
from mcp_server.serving import door, main
from mcp_server.state import State
from mcp_server.tokens import Issuer, OneToken
from mcp_server.web import Door
from spekta.sandbox.app import create_app
from spekta.sandbox.server import environment, running
from tests.mcp_server.conftest import ERAS, Stuck
from tests.mcp_server.website import LEGACY, MODERN, message

pytestmark = pytest.mark.anyio
TOKEN = "a-token-that-is-long-enough-to-be-one"


@contextmanager
def listening(app: Door) -> Iterator[str]:
    """Serves from a thread, with the lifespan that the protocol needs."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    started = threading.Event()
    startup = server.startup

    async def tell(*args: Any, **more: Any) -> None:
        await startup(*args, **more)
        started.set()

    server.startup = tell  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("version", [MODERN, LEGACY[0]])
async def test_a_client_that_goes_leaves_no_platform_waiting(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Stuck()
    store = EnvironmentStore({"TICKET_TAILOR_API_KEY": "sk_test_canary_1f2e"})
    state = State(names=store.connections, open=lambda name: connect(store, name, platform))
    monkeypatch.setattr("mcp_server.serving.local", lambda: state)
    content, headers = message("tools/call", {"name": "list_events", "arguments": {}}, version)
    with listening(door(admission({"SPEKTA_MCP_TOKEN": TOKEN}))) as address:
        async with (
            httpx2.AsyncClient(headers={**headers, "Authorization": f"Bearer {TOKEN}"}) as http,
            anyio.create_task_group() as calls,
        ):
            calls.start_soon(lambda: http.post(address, content=content))
            assert await anyio.to_thread.run_sync(platform.asked.wait, 5)
            assert not platform.left.is_set()
            calls.cancel_scope.cancel()
        assert await anyio.to_thread.run_sync(platform.left.wait, 5)


@pytest.mark.parametrize("era", ERAS)
async def test_progress_comes_along(era: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(progress)

    with running(create_app()) as origin:
        store = EnvironmentStore(environment(origin))
        state = State(names=store.connections, open=lambda name: connect(store, name))
        monkeypatch.setattr("mcp_server.serving.local", lambda: state)
        with listening(door(admission({"SPEKTA_MCP_TOKEN": TOKEN}))) as address:
            async with (
                httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as http,
                Client(streamable_http_client(address, http_client=http), mode=era) as client,
            ):
                await client.call_tool("list_events", {"limit": 100}, progress_callback=hear)
    assert told == sorted(set(told)) != []


def test_a_process_tells_where_it_is_and_with_which_token(tmp_path: Path) -> None:
    variables = {"PATH": os.environ["PATH"], "SPEKTA_CREDENTIALS": str(tmp_path / "credentials.json")}
    command = [sys.executable, "-c", "from spekta.cli import main; main()", "mcp", "--http", "--port", "0"]
    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr
        address, header = process.stderr.readline().strip(), process.stderr.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/mcp", address)
        content, headers = message("tools/call", {"name": "list_events", "arguments": {}})
        refused = httpx2.post(address, content=content, headers=headers)
        answer = httpx2.post(address, content=content, headers={**headers, "Authorization": header.partition(": ")[2]})
        process.terminate()
        said, asked = process.communicate()
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Bearer scope="read"')
    assert "No ticketing platform is connected." in answer.text
    assert (said, asked) == ("", "")


def test_each_start_has_a_token_of_its_own() -> None:
    first, second = admission({}), admission({})
    assert first.token
    assert second.token
    assert first.token != second.token
    assert isinstance(first.authorization.verifier, OneToken)


def test_a_token_that_was_given_is_not_told() -> None:
    assert admission({"SPEKTA_MCP_TOKEN": TOKEN}).token is None


def test_with_an_issuer_it_is_a_resource_server() -> None:
    found = admission({"SPEKTA_MCP_ISSUER": "https://login.example", "SPEKTA_MCP_RESOURCE": "https://s.example/mcp"})
    assert isinstance(found.authorization.verifier, Issuer)
    assert found.authorization.metadata_address == "https://s.example/.well-known/oauth-protected-resource/mcp"
    assert found.token is None


@pytest.mark.parametrize(
    "variables, said",
    [
        ({"SPEKTA_MCP_ISSUER": "https://login.example"}, "SPEKTA_MCP_RESOURCE is missing"),
        ({"SPEKTA_MCP_RESOURCE": "https://s.example/mcp"}, "SPEKTA_MCP_ISSUER is missing"),
        (
            {"SPEKTA_MCP_ISSUER": "https://login.example", "SPEKTA_MCP_RESOURCE": "https://s.example"},
            "not the server's address",
        ),
        ({"SPEKTA_MCP_TOKEN": "short"}, "too short"),
    ],
)
def test_half_a_setting_is_refused(variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        admission(variables)


@pytest.mark.parametrize("host", ["0.0.0.0", "spekta.example"])
def test_others_are_served_only_with_an_issuer(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPEKTA_MCP_ISSUER", "SPEKTA_MCP_RESOURCE", "SPEKTA_MCP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="only this machine is served"):
        main(host, 0, print)

"""The server as an assistant starts it: a process of its own, its input and output the wire."""

import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from mcp_server.tools import TOOLS
from spekta.sandbox.app import create_app
from spekta.sandbox.server import environment, running
from tests.mcp_server.conftest import ERAS, text_of
from tests.mcp_server.website import LEGACY, MODERN, message

pytestmark = pytest.mark.anyio

COMMAND = [sys.executable, "-c", "from spekta.cli import main; main()", "mcp"]


def _environment(folder: Path, variables: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "SPEKTA_CREDENTIALS": str(folder / "credentials.json"), **variables}


@pytest.mark.parametrize("era", ERAS)
async def test_a_process_answers(tmp_path: Path, era: str) -> None:
    with running(create_app()) as origin:
        server = StdioServerParameters(
            command=COMMAND[0], args=COMMAND[1:], env=_environment(tmp_path, environment(origin))
        )
        async with Client(server, mode=era) as client:
            listed = await client.call_tool("list_events", {"q": "festival", "connections": ["ticket-tailor"]})
            [event] = json.loads(text_of(listed))["events"]
            revenue = await client.call_tool("get_revenue", {"event": event["event"]})
    [row] = json.loads(text_of(revenue))["events"]
    assert row["gross_revenue"] == "14553.00"
    assert row["gross_after_refunds"] == "14277.00"


def test_a_process_without_credentials_speaks_json_alone(tmp_path: Path) -> None:
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "list_events", "arguments": {}}},
    ]  # fmt: skip
    with subprocess.Popen(
        COMMAND,
        env=_environment(tmp_path, {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write("".join(f"{json.dumps(one)}\n" for one in asked))
        process.stdin.flush()
        answers = {answer["id"]: answer["result"] for answer in (json.loads(process.stdout.readline()) for _ in "123")}
        process.stdin.close()
        assert process.stdout.read() == process.stderr.read() == ""
    assert process.returncode == 0
    assert [tool["name"] for tool in answers[2]["tools"]] == [tool.name for tool in TOOLS]
    assert answers[3]["isError"] is True
    assert "No ticketing platform is connected." in answers[3]["content"][0]["text"]


@contextmanager
def mute() -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A platform that hears everything and says nothing; tells when it is asked, and when nobody waits for it."""
    asked, left = threading.Event(), threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(65536):
                asked.set()
            left.set()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked, left
        server.shutdown()


@pytest.mark.parametrize("version", [MODERN, LEGACY[0]])
def test_a_call_that_is_cancelled_leaves_the_platform(tmp_path: Path, version: str) -> None:
    hello = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    call = {**json.loads(message("tools/call", {"name": "list_events", "arguments": {}}, version)[0]), "id": 2}
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}
    with mute() as (origin, asked, left):
        variables = _environment(tmp_path, {"TICKET_TAILOR_API_KEY": "sk_test_canary_1f2e"})
        command = subprocess.Popen(
            COMMAND,
            env={**variables, "TICKET_TAILOR_BASE_URL": origin},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with command as process:
            assert process.stdin
            assert process.stdout

            def say(*messages: Any) -> None:
                process.stdin.write("".join(f"{json.dumps(one)}\n" for one in messages))  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]

            if version != MODERN:
                say({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello})
                say({"jsonrpc": "2.0", "method": "notifications/initialized"})
                process.stdout.readline()
            say(call)
            assert asked.wait(20)
            assert not left.is_set()
            say(cancel)
            assert left.wait(5)
            say({**json.loads(message("tools/list", {}, version)[0]), "id": 3})
            while json.loads(process.stdout.readline())["id"] != 3:
                pass
            process.stdin.close()


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    variables = _environment(tmp_path, {"SPEKTA_TOOLS": "get_events"})
    done = subprocess.run(COMMAND, env=variables, input="", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "spekta: SPEKTA_TOOLS names 'get_events', which does not exist. Known: list_providers"
    )


def test_it_imports_nothing_that_reads_a_command_line(tmp_path: Path) -> None:
    show = "import sys; print([name for name in ('typer', 'boto3') if name in sys.modules], file=sys.stderr)"
    program = ["-c", f"from spekta.cli import main; main(); {show}", "mcp"]
    done = subprocess.run(
        [sys.executable, *program], env=_environment(tmp_path, {}), input="", capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"

"""The server as an assistant starts it: a process of its own, its input and output the wire."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from mcp_server.tools import TOOLS
from spekta.sandbox.app import create_app
from spekta.sandbox.server import environment, running
from tests.mcp_server.conftest import ERAS, text_of

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

"""demo, sandbox, mcp, and what the command costs before it does anything."""

import asyncio
import json
import signal
import subprocess
import sys

import pytest
from rich.cells import cell_len

from connectors import HealthCheckResult, connect, providers
from connectors.credentials.environment import EnvironmentStore
from tests.cli.conftest import FIVE, Run, Served

COMMAND = [sys.executable, "-c", "from spekta.cli import main; main()"]


def test_demo_fits_and_shows_events_revenue_what_is_missing_and_what_comes_next(bare: Run) -> None:
    done = bare("demo")
    assert (done.exit_code, done.stderr) == (0, "")
    for title in ("What is on next", "What came in", "A copy that is kept", "What is missing, and why", "Go on"):
        assert title in done.stdout
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert any(line.startswith("2026-12-04 18:00 CET Nachtflohmarkt & Suppe Berlin live all ") for line in lines)
    assert any(line.startswith("TicketTailor 15,323.46 344.30 1,080.00 28,200 72.500 ███") for line in lines)
    assert any(line.endswith(" times as fast, and the same to the cent") for line in lines)
    assert any(
        line.startswith("attendee.checked_in eventbrite:6900000130-1 checked_in, checked_in_at") for line in lines
    )
    assert any(line.endswith(" more fees: unknown, never counted as 0") for line in lines)
    missing = lines.index("What is missing, and why")
    assert lines.index("Go on") - missing < 14
    assert '{"mcpServers": {"spekta": {"command": "spekta", "args": ["mcp"]}}}' in done.stdout
    assert "spekta connect eventbrite" in done.stdout
    assert max(map(cell_len, done.stdout.splitlines())) <= 100
    assert "\x1b" not in done.stdout


def test_demo_as_json(bare: Run) -> None:
    found = json.loads(bare("demo", "--json").stdout)
    assert set(FIVE) <= set(found["by_connection"])
    without_sales = {provider.slug for provider in providers() if "revenue" not in provider.capabilities}
    assert {one["connection"] for one in found["connections"] if one["state"] != "ok"} == without_sales
    assert len(found["events"]) > 50
    copy = found["copy"]
    assert (copy["agrees"], set(copy["connections"])) == (True, set(FIVE))
    types = {change["type"] for change in copy["changes"]}
    assert {"order.created", "order.refunded", "attendee.checked_in"} <= types
    assert {change["provider"] for change in copy["changes"]} == set(FIVE)


def test_sandbox_serves_what_it_prints_until_it_is_interrupted() -> None:
    command = [*COMMAND, "sandbox", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        document = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
        health = asyncio.run(_health(document["environment"]))
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read(), process.stderr.read()
    assert health.healthy
    assert (process.returncode, rest) == (130, ("", ""))


async def _health(environment: dict[str, str]) -> HealthCheckResult:
    async with connect(EnvironmentStore(environment), "ticket-tailor") as connector:
        return await connector.health_check()


def test_sandbox_prints_lines_for_a_shell(spekta: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: None)
    done = spekta("sandbox", "--port", "0")
    lines = done.stdout.splitlines()
    assert all(line.startswith(("# ", "export ")) for line in lines)
    assert "export TICKET_TAILOR_API_KEY=sk_test_sandbox_ticket_tailor" in lines


def test_a_port_that_is_taken(spekta: Run, served: Served) -> None:
    port = served.origin.rpartition(":")[2]
    done = spekta("sandbox", "--port", port)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"spekta: Port {port} is taken. A free one is: --port 0\n"


def test_mcp_serves_on_stdin_and_stdout(spekta: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[bool] = []
    monkeypatch.setattr("mcp_server.stdio.main", lambda: served.append(True))
    done = spekta("mcp")
    assert (done.exit_code, done.output, served) == (0, "", [True])


@pytest.mark.parametrize("args", [["--help"], ["connect", "--help"], ["providers", "--json"]])
def test_a_command_imports_only_what_it_needs(args: list[str]) -> None:
    heavy = ("mcp", "boto3", "starlette", "uvicorn")
    code = (
        f"import sys; sys.argv = ['spekta', *{args}]\n"
        "from spekta.cli import main\n"
        "try: main()\n"
        f"finally: print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_help_says_what_the_exit_codes_mean(bare: Run) -> None:
    done = bare("--help")
    assert done.exit_code == 0
    assert "Exit codes: 0 done" in done.stdout
    assert bare().stdout.strip() == done.stdout.strip()


@pytest.mark.parametrize(
    "args",
    [
        ["providers"],
        ["connections"],
        ["health", *FIVE],
        ["events", "pretix"],
        ["tickets", "pretix:hotaru"],
        ["attendees", "pretix:hotaru"],
        ["orders", "pretix:hotaru"],
        ["revenue", "pretix:hotaru"],
    ],
    ids=lambda args: args[0],
)
def test_stdout_is_one_json_document(spekta: Run, args: list[str]) -> None:
    done = spekta(*args, "--json")
    assert done.exit_code == 0
    assert isinstance(json.loads(done.stdout), dict)

"""The MCP server: what its answers weigh, what a call costs, and how soon it is there."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from statistics import median
from typing import Any

from .process import run
from .table import show, verdict

SERVERS: Mapping[str, tuple[str, ...]] = {
    "the SDK's smallest": ("-m", "benchmarks.smallest"),
    "spekta mcp": ("-c", "from spekta.cli import main; main()", "mcp"),
}
HELLO = [
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "benchmark", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
]
GET_EVENT: Mapping[str, Any] = {
    "jsonrpc": "2.0",
    "method": "tools/call",
    "params": {"name": "get_event", "arguments": {"event": "ticket-tailor:ev_12"}},
}
FEW, CALLS = 20, 400


def measure(rounds: int) -> None:
    _day()
    _calls(rounds)
    _doors(rounds)
    _starts(rounds)


def _day() -> None:
    rows = json.loads(run("-m", "benchmarks.day").said)
    print("\nTwelve questions\n")
    show(
        ("question", "calls", "bytes", "largest"),
        [(question, *(f"{figure:,}" for figure in figures)) for question, *figures in rows],
    )
    verdict("bytes of the largest answer", max(largest for *_, largest in rows), 16_000)


def _calls(rounds: int) -> None:
    found = json.loads(run("-m", "benchmarks.calling", str(20 * rounds)).said)
    print("\nCPU time of a call, the platform answering at once\n")
    show(
        ("tool", "connector ms", "tool ms", "ratio"),
        [
            (name, f"{1000 * alone:.2f}", f"{1000 * called:.2f}", f"{called / alone:.2f}")
            for name, (alone, called) in found.items()
        ],
    )
    verdict("tool / connector", max(called / alone for alone, called in found.values()), 3)


def _doors(rounds: int) -> None:
    spent: dict[str, list[float]] = {"stdio": [], "the function, with a token": []}
    for _ in range(rounds):
        for found, used in zip(spent.values(), (_by_stdio, _by_function), strict=True):
            found.append(1000 * (used(FEW + CALLS) - used(FEW)) / CALLS)
    print("\nCPU time of the server for a warm call\n")
    show(("door", "ms"), [(name, f"{median(found):.2f}") for name, found in spent.items()])
    stdio, function = (median(found) for found in spent.values())
    verdict("ms that the function takes more than stdio", function - stdio, 3)


def _by_function(calls: int) -> float:
    """CPU seconds of a process that answers so many calls, its start included."""
    return run("-m", "benchmarks.door", "function", str(calls), json.dumps(GET_EVENT["params"])).cpu


def _by_stdio(calls: int) -> float:
    """The same over stdio."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.door", "stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        for message in HELLO[:2]:
            server.stdin.write(f"{json.dumps(message)}\n")
        for number in range(2, calls + 2):
            server.stdin.write(f"{json.dumps({**GET_EVENT, 'id': number})}\n")
            server.stdin.flush()
            while json.loads(line := server.stdout.readline())["id"] != number:
                pass
            assert '"isError":false' in line, line
        server.stdin.close()
        _, status, usage = os.wait4(server.pid, 0)
        server.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def _starts(rounds: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in SERVERS}
    for _ in range(3 * rounds):
        for name, arguments in SERVERS.items():
            seconds[name].append(_start(arguments))
    smallest, ours = (median(found) for found in seconds.values())
    print("\nFrom the start of the process to the list of tools\n")
    show(("server", "ms"), [(name, f"{1000 * median(found):.0f}") for name, found in seconds.items()])
    verdict("spekta mcp / the SDK's smallest", ours / smallest, 1.3)


def _start(arguments: tuple[str, ...]) -> float:
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write("".join(f"{json.dumps(message)}\n" for message in HELLO))
        server.stdin.flush()
        answers = [json.loads(server.stdout.readline()) for _ in range(2)]
        taken = time.perf_counter() - started
        server.stdin.close()
    assert answers[1]["result"]["tools"]
    return taken

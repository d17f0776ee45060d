"""The protocol's inspector, a client that others wrote: what it makes of one door, in one era."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .doors import Door
from .outcome import Outcome

NAME = "inspector"
PROGRAM = "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
TOOL_FAILED, NO_TOKEN = 5, 3
WRITE = "an event is made once"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, the exit code that is right, and what its output holds."""

    asked: tuple[str, ...]
    holds: str
    code: int = 0
    token: bool = True


def call(tool: str, **arguments: Any) -> tuple[str, ...]:
    return ("tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments))


QUESTIONS: Mapping[str, Question] = {
    "tools/list, strictly": Question(("tools/list", "--strict"), '"revenue_summary"'),
    "a listing": Question(call("list_events", limit=2, q="festival"), '"status":"ok"'),
    "the sums": Question(call("get_revenue", q="festival", connections=["ticket-tailor"]), "14277.00"),
    "a resource": Question(("resources/read", "--uri", "spekta://connections/ticket-tailor"), "latency_ms"),
    "resources": Question(("resources/list",), "spekta://providers"),
    "templates": Question(("resources/templates/list",), "spekta://events/{+event}"),
    "prompts": Question(("prompts/list",), "weekly_sales_report"),
    "a prompt": Question(("prompts/get", "--prompt-name", "door_list"), "list_attendees"),
    "an unknown argument": Question(call("list_events", limti=2), "limti is not an argument", TOOL_FAILED),
    "an unknown event": Question(call("get_event", event="ticket-tailor:ev_0"), "not_found", TOOL_FAILED),
    "no token": Question(("tools/list",), "auth_required", NO_TOKEN, token=False),
}


def outcomes(door: Door, era: str, packages: Path) -> Iterator[Outcome]:
    """What came of each question."""
    for name, question in QUESTIONS.items():
        if door.token or question.token:
            code, said = _asked(door, era, packages, question)
            yield Outcome(name, code == question.code and question.holds in said, f"exit {code}: {said[:300]}")
    yield _written(door, era, packages)


def _written(door: Door, era: str, packages: Path) -> Outcome:
    """An event is made: a preview, then twice what it is of, which is done once."""
    event = {
        "title": "Choir Night",
        "slug": f"choir-night-{door.name}-{era}".lower(),
        "timezone": "Europe/London",
        "starts_at": "2027-10-01T19:00:00+01:00",
        "currency": "GBP",
    }
    said = _asked(door, era, packages, Question(call("equaticket_create_event", **event), ""))[1]
    code = re.search(r'"confirm":"(\w+)"', said)
    confirmed = Question(call("equaticket_create_event", **event, confirm=code[1] if code else ""), "")
    answers = [said, *(_asked(door, era, packages, confirmed)[1] for _ in range(2))]
    done = ['"done":true' in answer for answer in answers], ['"repeated":true' in answer for answer in answers]
    return Outcome(WRITE, done == ([False, True, True], [False, False, True]), " ".join(answers)[:600])


def _asked(door: Door, era: str, packages: Path, question: Question) -> tuple[int, str]:
    where = _command(door) if door.command else _address(door, token=question.token)
    method, *more = question.asked
    how = ("--protocol-era", era, "--format", "json", "--quiet", "--method", method, *more)
    with TemporaryDirectory() as home:  # where it keeps tokens
        done = subprocess.run(
            ["node", packages / PROGRAM, "--cli", *how, *where],
            env={"PATH": os.environ["PATH"], "HOME": home},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    return done.returncode, (done.stdout + done.stderr).replace('\\"', '"')


def _address(door: Door, *, token: bool) -> Sequence[str]:
    shown = ("--header", f"Authorization: Bearer {door.token}") if token else ()
    return ("--transport", "http", "--stored-auth-only", "--server-url", door.own_address, *shown)


def _command(door: Door) -> Sequence[str]:
    variables = [part for name, value in door.environment.items() for part in ("-e", f"{name}={value}")]
    return (*variables, "--", *door.command)

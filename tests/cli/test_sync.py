"""A copy on this machine: made, asked, watched over, and cleaned of a person."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from starlette.types import Receive, Scope, Send

from spekta.sandbox.app import create_app
from spekta.sandbox.server import environment, running
from tests.cli.conftest import Run, Served

TWO = ("--only", "ticket-tailor", "--only", "pretix")


def document(done: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_help_says_what_it_does_and_what_comes_next(spekta: Run) -> None:
    said = " ".join(spekta("sync", "--help").stdout.split())
    for words in ("Ctrl-C stops it at any time", "At most half of the requests", "spekta status", "--watch", "redrive"):
        assert words in said


def test_a_sync_says_what_it_read_and_what_changed(spekta: Run) -> None:
    first = document(spekta("sync", *TWO, "--json"))["connections"]
    assert [one["connection"] for one in first] == ["ticket-tailor", "pretix"]
    assert first[0]["read"] == {"events": 12, "tickets": 21, "attendees": 368, "orders": 179}
    assert (first[0]["outcome"], first[0]["changed"], first[0]["problems"], first[0]["error"]) == ("done", 580, 0, None)
    second = document(spekta("sync", *TWO, "--json"))["connections"]
    assert [one["changed"] for one in second] == [0, 0]
    table = spekta("sync", *TWO).stdout.splitlines()
    assert table[0].split() == ["Connection", "Events", "Tickets", "Attendees", "Orders", "Changed"]
    assert table[1].split()[0] == "ticket-tailor"
    assert table[1].endswith("up to date")


def test_changes_are_appended_to_a_file(spekta: Run, tmp_path: Path) -> None:
    file = tmp_path / "changes.jsonl"
    for _ in range(2):
        assert spekta("sync", "--only", "ticket-tailor", "--events", str(file)).exit_code == 0
    changes = [json.loads(line) for line in file.read_text().splitlines()]
    assert len({change["id"] for change in changes}) == len(changes) == 580
    assert file.stat().st_mode & 0o777 == 0o600


def test_one_that_fails_does_not_stop_the_others(spekta: Run, served: Served) -> None:
    served.sandbox.misbehave("pretix", "unauthorized")
    done = spekta("sync", *TWO)
    assert done.exit_code == 0
    assert "pretix: Pretix does not accept the credentials." in done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines() if line.endswith("up to date")] == ["ticket-tailor"]
    alone = spekta("sync", "--only", "pretix")
    assert alone.exit_code == 1
    status = document(spekta("status", "--json"))["connections"]
    assert {one["connection"]: one["state"] for one in status} == {"pretix": "failing", "ticket-tailor": "up_to_date"}
    assert status[0]["last_error"]["code"] == "authentication_failed"


def test_a_parked_connection_waits_for_somebody(spekta: Run, served: Served) -> None:
    served.sandbox.misbehave("pretix", "forbidden")
    for _ in range(8):
        spekta("sync", "--only", "pretix")
    parked = spekta("sync", "--only", "pretix")
    assert parked.exit_code == 1
    assert "spekta sync redrive" in parked.stderr
    assert "parked" in spekta("status").stdout
    served.sandbox.behave()
    assert spekta("sync", "redrive", "--only", "pretix").stdout == "pretix is due.\n"
    assert spekta("sync", "--only", "pretix").exit_code == 0


def test_status_says_how_old_each_kind_may_be(synced: Run) -> None:
    lines = synced("status").stdout.splitlines()
    assert lines[0].split() == ["Connection", "State", "Events", "Tickets", "Attendees", "Orders", "Next"]
    assert lines[1].startswith("pretix         up to date")
    assert "ticket-tailor tells of new attendees, orders alone" in synced("status").stderr
    kinds = document(synced("status", "ticket-tailor", "--json"))["connections"][0]["kinds"]
    assert {kind: one["told"] for kind, one in kinds.items()} == {
        "events": "none",
        "tickets": "none",
        "attendees": "created",
        "orders": "created",
    }
    assert kinds["orders"]["as_of"] == kinds["orders"]["everything_as_of"]


def test_status_before_any_sync_says_what_to_do(spekta: Run) -> None:
    said = "Nothing was synced yet. Run: spekta sync\n"
    assert spekta("status").stdout == said
    assert spekta("sync", "redrive").stdout == said


@pytest.mark.parametrize(
    "args", [["status", "dice"], *(["sync", part, "--only", "dice"] for part in ("redrive", "problems"))]
)
def test_what_has_no_copy_is_named(synced: Run, args: list[str]) -> None:
    refused = synced(*args)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "dice was never synced. Run: spekta sync --only dice" in refused.stderr


def test_a_narrow_terminal_shows_how_everything_stands(synced: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert [line.split()[:2] for line in synced("status").stdout.splitlines() if "up to date" in line]


def test_a_damaged_copy_is_said_in_one_line(synced: Run, credentials_file: Path) -> None:
    with credentials_file.with_name("store.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(b"\x5a" * 4096 * 60)
    for args in (["status"], ["forget", "ada@example.org"], ["sync", *TWO], ["events", "--synced"]):
        refused = synced(*args)
        assert refused.exit_code == 1
        assert "malformed" in refused.stderr
        assert "Move it away, or name another: SPEKTA_STORE." in refused.stderr
        assert "Traceback" not in refused.stderr


def test_what_cannot_be_read_is_listed_and_read_again(spekta: Run, served: Served) -> None:
    served.sandbox.misbehave("ticket-tailor", "null_id", path="/orders")
    done = spekta("sync", "--only", "ticket-tailor")
    assert "cannot be read and stay" in done.stderr
    assert "cannot be read and stay" in spekta("status").stderr
    found = document(spekta("sync", "problems", "--json"))["problems"]
    assert {one["kind"] for one in found} == {"orders"}
    assert "amelie" not in json.dumps(found)
    served.sandbox.behave()
    spekta("sync", "--only", "ticket-tailor")
    assert document(spekta("sync", "problems", "--retry", "--json"))["problems"] == found
    spekta("sync", "--only", "ticket-tailor")
    assert spekta("sync", "problems").stdout == "Every record could be read.\n"


def test_a_person_is_forgotten_for_good(synced: Run, credentials_file: Path) -> None:
    file = credentials_file.with_name("store.sqlite")
    assert b"amelie@example.org" in file.read_bytes()
    done = synced("forget", " Amelie@example.ORG ")
    assert done.exit_code == 0
    assert done.stdout.startswith("Erased from ")
    synced("sync", "redrive")
    synced("sync", *TWO)
    for part in file.parent.glob("store.sqlite*"):
        assert b"amelie@example.org" not in part.read_bytes().lower()
    assert synced("forget", "amelie").exit_code == 2


@pytest.mark.parametrize("sent, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_can_be_interrupted_at_any_time(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    """Here while an answer is awaited; the next run goes on from there."""
    web, asked, free = create_app(), threading.Event(), threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith("/orders"):
            asked.set()
            await anyio.to_thread.run_sync(free.wait)
        await web(scope, receive, send)

    with running(slow) as origin:
        files = {"SPEKTA_STORE": str(tmp_path / "store.sqlite"), "SPEKTA_CREDENTIALS": str(tmp_path / "none.json")}
        env = {**os.environ, **environment(origin), **files}
        command = [sys.executable, "-c", "from spekta.cli import main; main()", "sync", "--only", "ticket-tailor"]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sync:
            assert asked.wait(30)
            sync.send_signal(sent)
            free.set()
            said, complained = sync.communicate(timeout=30)
        assert (sync.returncode, said) == (code, "")
        assert complained == "Stopped. The next run goes on from there: spekta sync\n"
        before = len(web.state.sandbox.log)
        again = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert again.stdout.splitlines()[1].split() == ["ticket-tailor", "0", "0", "368", "179", "547", "up", "to", "date"]
    paths = [entry.path for entry in list(web.state.sandbox.log)[before:]]
    assert paths.count("/v1/orders") == 2

"""`spekta serve`: what it says at its start, and that no door stands open."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from connectors.registry import SLUGS

from .conftest import Run, Served

COMMAND = [sys.executable, "-c", "from spekta.cli import main; main()", "serve"]
TOKEN = "token_canary_" + "x" * 32


def test_it_serves_the_sandbox_until_it_is_interrupted() -> None:
    command = [*COMMAND, "--sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = [process.stderr.readline() for _ in range(4)]
        found = re.search(r"http://127\.0\.0\.1:\d+", said[0])
        assert found, said
        listed = httpx2.get(f"{found[0]}/v1/providers").json()["data"]
        refused = httpx2.get(f"{found[0]}/v1/pretix/events", params={"buyer_email": "canary@example.org"})
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=20)
    assert [row["provider"] for row in listed] == list(SLUGS)
    assert refused.status_code == 400
    assert said[1].startswith("Connections: eventbrite, weezevent, ticket-tailor,")
    assert said[2] == (
        "Personal data: off (SPEKTA_ALLOW_PERSONAL_DATA=true switches it on). "
        "Writes: off (SPEKTA_WRITES=true switches it on).\n"
    )
    assert said[3].startswith(f"Try: curl {found[0]}/v1/")
    assert (process.returncode, out) == (130, "")
    assert "canary" not in rest
    assert "Traceback" not in rest


@pytest.mark.parametrize("more, source", [([], "synced"), (["--sandbox"], "live")])
def test_it_answers_from_the_copies_of_this_machine_but_for_the_sandbox(
    served: Served, first_copy: Path, more: list[str], source: str
) -> None:
    env = {**os.environ, **served.environment, "SPEKTA_STORE": str(first_copy)}
    command = [*COMMAND, "--port", "0", *more]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
        assert found
        asked = {"connections": "pretix", "limit": "3"}
        answer = httpx2.get(f"{found[0]}/v1/portfolio/events", params=asked, timeout=30).json()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert (answer["source"], len(answer["data"])) == (source, 3)


@pytest.mark.long
def test_who_does_not_send_the_rest_of_a_request_does_not_keep_the_server_from_its_end() -> None:
    command = [*COMMAND, "--port", "0", "--sandbox"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = [process.stderr.readline() for _ in range(4)]
        port = int(said[0].partition("http://127.0.0.1:")[2].partition(" ")[0])
        half = f"POST /v1/sync HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 9\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", port)) as gone:
            gone.sendall(half)
        with socket.create_connection(("127.0.0.1", port)) as hangs:
            hangs.sendall(half)
            httpx2.get(f"http://127.0.0.1:{port}/v1/providers").raise_for_status()
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=20)[1]
            answer = hangs.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 503 ")
    assert '"code": "unavailable"' in answer
    assert process.returncode == 130
    assert "Traceback" not in rest


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "api.example"])
def test_other_machines_are_not_served_without_a_token(bare: Run, host: str) -> None:
    done = bare("serve", "--host", host, "--port", "0")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"spekta: Without a token only this machine is served, not {host}. "
        "Set SPEKTA_HTTP_TOKEN, or say --without-token.\n"
    )


@pytest.mark.parametrize("token", ["", "short", "x" * 31])
def test_a_token_that_can_be_guessed(bare: Run, token: str) -> None:
    done = bare("serve", "--host", "0.0.0.0", "--port", "0", env={"SPEKTA_HTTP_TOKEN": token})
    assert done.exit_code == 2
    assert "SPEKTA_HTTP_TOKEN is too short. Give 32 characters at least" in done.stderr


@pytest.mark.parametrize(
    "options, env, said",
    [
        ((), {}, "none yet; run: spekta connect PROVIDER"),
        (("--host", "0.0.0.0", "--without-token"), {}, "Whoever reaches this address may ask."),
        (
            ("--host", "0.0.0.0"),
            {"SPEKTA_HTTP_TOKEN": TOKEN},
            'curl -H "Authorization: Bearer $SPEKTA_HTTP_TOKEN" http',
        ),
        ((), {"SPEKTA_WRITES": "true"}, "Writes: on."),
    ],
)
def test_what_it_says(
    bare: Run, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], env: dict[str, str], said: str
) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: None)
    done = bare("serve", "--port", "0", *options, env=env)
    assert (done.exit_code, done.stdout) == (0, "")
    assert said in done.stderr
    assert TOKEN not in done.output


def test_a_port_that_is_taken(bare: Run, served: object) -> None:
    port = served.origin.rpartition(":")[2]  # type: ignore[attr-defined]
    done = bare("serve", "--port", port)
    assert done.exit_code == 2
    assert done.stderr == f"spekta: Port {port} of 127.0.0.1 cannot be had. A free one is: --port 0\n"


def test_help_says_how_others_are_served(bare: Run) -> None:
    done = bare("serve", "--help")
    text = " ".join(done.stdout.split())
    assert done.exit_code == 0
    assert "SPEKTA_HTTP_TOKEN (32 characters at least)" in text
    assert "There is no TLS" in text

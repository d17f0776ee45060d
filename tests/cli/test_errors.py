from collections.abc import Mapping

import pytest

from tests.cli.conftest import Run, Served

KEY = {"TICKET_TAILOR_API_KEY": "sk_test_canary_errors"}

CASES: list[tuple[list[str], Mapping[str, str], int, str]] = [
    (["nonsense"], {}, 2, "No such command 'nonsense'."),
    (["--nonsense"], {}, 2, "No such option: --nonsense. See: spekta --help"),
    (["events", "--nonsense"], {}, 2, "See: spekta events --help"),
    (["events", "--status", "nonsense"], {}, 2, "'nonsense' is not one of 'draft', 'live'"),
    (["events", "--since", "yesterday"], {}, 2, "'yesterday' is not a time. Give it as 2027-03-01"),
    (["events", "--filter", "colour"], {}, 2, "Give it as name=value."),
    (["events", "ticket-tailor", "--filter", "colour=red"], {}, 2, "'colour' is not a filter of events."),
    (["events", "--cursor", "nonsense"], {}, 2, "The cursor is damaged."),
    (["events", "nowhere"], {}, 2, "There is no provider 'nowhere'."),
    (["events", "ticket-tailor/paris"], {}, 2, "Run: spekta connect ticket-tailor/paris"),
    (["events", "ticket-tailor/Paris"], {}, 2, "'Paris' is not an account name."),
    (["tickets", "ev_1"], {}, 2, "References look like ticket-tailor:ev_11."),
    (["tickets", "ticket-tailor:ev_99"], {}, 1, "A list of events shows the ids that exist."),
    (["tickets", "ticket-tailor:ev_1"], KEY, 1, "Check apiKey (Box office settings"),
    (["attendees", "dice"], {}, 1, "Set the connection's option holders to true"),
    (["attendees", "ticket-tailor", "--page", "2", "--all"], {}, 2, "--page and --all exclude each other."),
    (
        ["orders", "ticket-tailor", "--page-size", "5000"],
        {},
        2,
        "less than or equal to 1000. See: spekta orders --help",
    ),
    (["connect", "nowhere"], {}, 2, "There is no provider 'nowhere'."),
    (["disconnect", "ticket-tailor"], {}, 2, "It is set up in the environment."),
]


@pytest.mark.parametrize("args, env, code, said", CASES, ids=[" ".join(case[0]) for case in CASES])
def test_an_error_is_one_line_that_says_what_to_do(
    spekta: Run, args: list[str], env: Mapping[str, str], code: int, said: str
) -> None:
    done = spekta(*args, env=env)
    assert done.exit_code == code
    assert said in done.stderr
    assert done.stderr.startswith("spekta: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert "canary" not in done.stderr


@pytest.mark.parametrize("command", ["events", "health", "revenue"])
def test_nothing_connected(bare: Run, command: str) -> None:
    done = bare(command)
    assert done.exit_code == 2
    assert done.stderr == "spekta: Nothing is connected yet. Run: spekta connect PROVIDER, or first: spekta demo\n"


def test_a_platform_that_fails(spekta: Run, served: Served) -> None:
    served.sandbox.misbehave("ticket-tailor", "rate_limited", retry_after=3600)
    done = spekta("tickets", "ticket-tailor:ev_1")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "spekta: TicketTailor asks to slow down. Try again in 3600 seconds.\n"


def test_interrupted(spekta: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spekta.cli.reach.connector", interrupt)
    done = spekta("tickets", "ticket-tailor:ev_1")
    assert (done.exit_code, done.output) == (130, "")


def test_a_readable_credentials_file_is_refused(bare: Run, credentials_file: object) -> None:
    from pathlib import Path

    path = Path(str(credentials_file))
    path.parent.mkdir()
    path.write_text("{}")
    path.chmod(0o644)
    done = bare("connections")
    assert done.exit_code == 2
    assert done.stderr == f"spekta: {path} can be read by others. Run: chmod 600 '{path}'\n"

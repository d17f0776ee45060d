import json
from typing import Any

import pytest

from tests.cli.conftest import FIVE, Run


def asked(spekta: Run, *args: str) -> dict[str, Any]:
    done = spekta("events", *args, "--json")
    assert done.exit_code == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def names(document: dict[str, Any]) -> list[str]:
    return [event["reference"] for event in document["events"]]


def test_a_table_shows_reference_local_time_place_status_and_currency(spekta: Run) -> None:
    done = spekta("events", "ticket-tailor")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["Reference", "When", "Event", "Status"]
    garden = next(line for line in lines if line.startswith("ticket-tailor:ev_1 "))
    assert "2027-06-18 20:30 CEST" in garden
    assert "Concert au jardin" in garden
    assert garden.endswith("live       EUR")
    assert any("2027-06-05 19:00 JST" in line and "JPY" in line for line in lines)


def test_a_live_event_that_is_over_is_completed(spekta: Run) -> None:
    events = {event["name"]: event for event in asked(spekta, "ticket-tailor")["events"]}
    assert events["La nuit de 25 heures"]["status"] == "completed"
    assert events["La nuit de 25 heures"]["status_raw"] == "sales_closed"
    assert events["Winterkabarett"]["status"] == "live"


@pytest.mark.parametrize(
    "status, expected",
    [
        ("completed", ["ticket-tailor:ev_11", "ticket-tailor:ev_4"]),
        ("draft", ["ticket-tailor:ev_10"]),
        ("cancelled", ["ticket-tailor:ev_9"]),
    ],
)
def test_status_is_the_one_that_is_shown(spekta: Run, status: str, expected: list[str]) -> None:
    assert names(asked(spekta, "ticket-tailor", "--status", status)) == expected


def test_live_leaves_out_what_is_over(spekta: Run) -> None:
    assert "ticket-tailor:ev_11" not in names(asked(spekta, "ticket-tailor", "--status", "live"))


@pytest.mark.parametrize(
    "args, expected",
    [
        (["--q", "kabarett"], ["ticket-tailor:ev_7", "ticket-tailor:ev_8"]),
        (["--starts-after", "2027-06-18T18:30Z"], ["ticket-tailor:ev_1", "ticket-tailor:ev_12"]),
        (["--starts-before", "2026-12-01"], ["ticket-tailor:ev_11", "ticket-tailor:ev_4"]),
        (["--starts-after", "2027-06-05", "--filter", "starts_before=2027-06-06T00:00Z"], ["ticket-tailor:ev_5"]),
    ],
)
def test_filters(spekta: Run, args: list[str], expected: list[str]) -> None:
    assert names(asked(spekta, "ticket-tailor", *args)) == expected


def test_what_a_platform_cannot_filter_is_said(spekta: Run) -> None:
    done = spekta("events", "ticket-tailor", "--q", "kabarett")
    assert "ticket-tailor: the platform does not filter by q; that was done here." in done.stderr


def test_since_says_what_a_platform_cannot_do(spekta: Run) -> None:
    done = spekta("events", "ticket-tailor", "--since", "2026-09-01")
    assert "ticket-tailor: TicketTailor cannot be asked for changes" in done.stderr


def test_all_connections_answer_by_default_and_the_cursor_goes_on(spekta: Run) -> None:
    whole = names(asked(spekta, *FIVE, "--all"))
    assert {name.partition(":")[0] for name in whole} == set(FIVE)
    read: list[str] = []
    cursor: list[str] = []
    while True:
        page = asked(spekta, *FIVE, "--limit", "30", *cursor)
        read += names(page)
        if page["next_cursor"] is None:
            break
        cursor = ["--cursor", page["next_cursor"]]
    assert sorted(read) == sorted(whole)
    assert len(set(whole)) == len(whole) > 50


def test_a_table_says_how_to_go_on(spekta: Run) -> None:
    done = spekta("events", "ticket-tailor", "--limit", "2")
    assert "more: --all, or --cursor " in done.stdout
    assert "more:" not in spekta("events", "ticket-tailor").stdout


def test_all_is_in_order_of_time(spekta: Run) -> None:
    starts = [event["starts_at"] for event in asked(spekta, "ticket-tailor", "pretix", "--all")["events"]]
    assert starts == sorted(starts)


def test_raw_is_json_with_the_platforms_own_record(spekta: Run) -> None:
    event = json.loads(spekta("events", "ticket-tailor", "--q", "jardin", "--raw").stdout)["events"][0]
    assert event["raw"]["object"] == "event"
    assert event["raw"]["id"] == event["id"] == "ev_1"


def test_one_that_fails_is_named_and_the_others_are_shown(spekta: Run) -> None:
    done = spekta("events", "ticket-tailor", "pretix", env={"TICKET_TAILOR_API_KEY": "sk_test_canary_events"})
    assert done.exit_code == 0
    assert "pretix:concert-au-jardin" in done.stdout
    assert done.stderr.startswith("ticket-tailor: TicketTailor does not accept the credentials. Check apiKey")
    assert "canary" not in done.output


def test_all_that_fail_are_exit_code_1(spekta: Run) -> None:
    done = spekta("events", "ticket-tailor", "--json", env={"TICKET_TAILOR_API_KEY": "sk_test_canary_events"})
    assert done.exit_code == 1
    status = json.loads(done.stdout)["connections"][0]
    assert (status["state"], status["code"]) == ("failed", "authentication_failed")


def test_what_a_platform_says_cannot_steer_the_terminal() -> None:
    from spekta.cli import cells

    assert cells.text("Fog\x1b[2J & [bold]Brass[/]") == "Fog [2J & [bold]Brass[/]"

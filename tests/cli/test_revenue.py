import json
from decimal import Decimal
from typing import Any

import pytest

from tests.cli.conftest import Run, Served


def document(spekta: Run, *args: str) -> dict[str, Any]:
    done = spekta("revenue", *args, "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_events_by_reference(spekta: Run) -> None:
    found = document(spekta, "ticket-tailor:ev_1", "eventbrite:900000000003", "pretix:hotaru")
    figures = [
        (one["event"]["reference"], one["revenue"]["currency"], one["revenue"]["gross_revenue"], one["revenue"]["fees"])
        for one in found["events"]
    ]
    assert figures == [
        ("ticket-tailor:ev_1", "EUR", "560.00", None),
        ("eventbrite:900000000003", "GBP", "414.70", "31.30"),
        ("pretix:hotaru", "JPY", "30000", None),
    ]
    assert found["totals"] == []


def test_unknown_is_a_word_and_is_named(spekta: Run) -> None:
    done = spekta("revenue", "ticket-tailor:ev_1")
    assert done.stdout.splitlines()[1].split()[-7:] == ["560.00", "55.00", "82.51", "unknown", "422.49", "17", "11"]
    assert done.stderr == "Not told: fees (ticket-tailor).\n"


def test_totals_are_per_connection_and_currency(spekta: Run) -> None:
    found = document(spekta, "ticket-tailor", "eventbrite")
    nets = {
        connection: {total["currency"]: total["net_revenue"] for total in totals}
        for connection, totals in found["by_connection"].items()
    }
    assert nets == {
        "ticket-tailor": {"EUR": "15323.46", "GBP": "344.30", "JPY": "28200", "KWD": "72.500", "USD": "1080.00"},
        "eventbrite": {"EUR": "15323.46", "GBP": "313.00", "JPY": "28200", "KWD": "72.500", "USD": "1026.00"},
    }
    over_all = {total["currency"]: Decimal(total["net_revenue"]) for total in found["totals"]}
    assert over_all["GBP"] == Decimal("657.30")
    assert over_all["JPY"] == Decimal("56400")


def test_a_sum_of_what_only_some_tell_is_a_least_sum(spekta: Run) -> None:
    lines = spekta("revenue", "ticket-tailor", "eventbrite").stdout.splitlines()
    totals = {tuple(line.split()[:2]): line for line in lines[lines.index("") :]}
    assert "≥ 31.30" in totals["all", "GBP"]
    assert "≥" not in totals["eventbrite", "GBP"]
    assert "unknown" in totals["ticket-tailor", "GBP"]


def test_an_event_that_is_not_there_leaves_the_others(spekta: Run) -> None:
    done = spekta("revenue", "ticket-tailor:ev_99", "ticket-tailor:ev_1")
    assert done.exit_code == 0
    assert "ticket-tailor:ev_1" in done.stdout
    assert "ticket-tailor: TicketTailor knows no event ev_99" in done.stderr
    assert spekta("revenue", "ticket-tailor:ev_99").exit_code == 1
    assert spekta("revenue", "ticket-tailor:ev_99").stdout == ""


def test_filters_of_events(spekta: Run) -> None:
    found = document(spekta, "ticket-tailor", "--q", "kabarett")
    assert [one["event"]["id"] for one in found["events"]] == ["ev_7", "ev_8"]


def test_one_that_fails_is_in_no_sum(spekta: Run, served: Served) -> None:
    served.sandbox.misbehave("ticket-tailor", "forbidden", path="/orders")
    done = spekta("revenue", "ticket-tailor", "pretix", "--json")
    assert done.exit_code == 0
    assert list(json.loads(done.stdout)["by_connection"]) == ["pretix"]
    assert "ticket-tailor: 12 of 12 events could not be read" in done.stderr


@pytest.mark.parametrize(
    "args, said",
    [
        (["ticket-tailor", "pretix:hotaru"], "Events and connections cannot be mixed."),
        (["pretix:hotaru", "--q", "x"], "Single events are not filtered."),
        (["nowhere:1"], "There is no provider 'nowhere'."),
    ],
)
def test_wrong_arguments(spekta: Run, args: list[str], said: str) -> None:
    done = spekta("revenue", *args)
    assert done.exit_code == 2
    assert said in done.stderr

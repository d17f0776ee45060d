"""Answers from the copy on this machine: the same as the platforms', with their age, and only where it can stand for
them.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, Served

TWO = ("ticket-tailor", "pretix")
AGED = timedelta(days=40)


def document(done: Any) -> dict[str, Any]:
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def aged(synced: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command where two connections were synced long ago."""
    monkeypatch.setattr("spekta.cli.copied.now", lambda: datetime.now(UTC) + AGED)
    return synced


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--status", "cancelled"],
        ["--q", "kabarett"],
        ["--starts-after", "2027-06-18T18:30Z"],
        ["--starts-before", "2026-12-05"],
        ["--all"],
    ],
)
def test_events_are_the_same_from_the_store(synced: Run, args: list[str]) -> None:
    live = document(synced("events", "ticket-tailor", *args, "--live", "--json"))
    stored = document(synced("events", "ticket-tailor", *args, "--json"))
    assert stored["events"] == live["events"]
    assert (live["source"], stored["source"]) == ("live", "synced")
    assert [one["as_of"] for one in stored["connections"]] == [stored["as_of"]]
    assert [one["as_of"] for one in live["connections"]] == [None]


def test_events_from_the_store_are_as_many_as_asked_for(synced: Run) -> None:
    every = document(synced("events", "--synced", "--all", "--json"))
    assert (len(every["events"]), every["next_cursor"]) == (23, None)
    read: list[Any] = []
    cursor: list[str] = []
    while True:
        page = document(synced("events", *TWO, "--limit", "5", *cursor, "--json"))
        assert (page["source"], len(page["events"])) == ("synced", min(5, 23 - len(read)))
        read += page["events"]
        if page["next_cursor"] is None:
            break
        cursor = ["--cursor", page["next_cursor"]]
    assert read == every["events"]
    assert "more: --all, or --cursor " in synced("events", *TWO, "--limit", "3").stdout


def test_a_cursor_carries_the_question_and_who_answers(synced: Run) -> None:
    asked = ("events", *TWO, "--limit", "1", "--json")
    first = document(synced(*asked, "--q", "kabarett"))
    goes_on = document(synced("events", "--cursor", first["next_cursor"], "--all", "--json"))
    assert [event["reference"] for event in first["events"] + goes_on["events"]] == [
        "pretix:winterkabarett",
        "ticket-tailor:ev_7",
        "ticket-tailor:ev_8",
    ]
    live = document(synced(*asked, "--live"))
    assert document(synced(*asked, "--cursor", live["next_cursor"]))["source"] == "live"
    for cursor, other in ((first["next_cursor"], "--live"), (live["next_cursor"], "--synced")):
        refused = synced("events", *TWO, "--cursor", cursor, other)
        assert refused.exit_code == 2
        assert "The cursor goes on with an answer from elsewhere." in refused.stderr
    assert synced("events", "pretix", "--cursor", first["next_cursor"]).exit_code == 2


def test_answers_from_the_store_ask_no_platform_and_say_their_age(synced: Run, served: Served) -> None:
    served.sandbox.misbehave("pretix", "error_always")
    before = len(served.sandbox.log)
    for args in (["events", *TWO], ["events", "--synced"], ["revenue", *TWO], ["revenue", "pretix:hotaru"]):
        done = synced(*args)
        assert done.exit_code == 0
        assert "pretix:hotaru" in done.stdout
        assert "From the copy, as it was " in done.stderr
        assert done.stderr.splitlines()[-1 if "--synced" not in args else -2].endswith("To ask the platforms: --live")
    assert len(served.sandbox.log) == before


@pytest.mark.parametrize("args", [["events", "pretix"], ["revenue", "pretix"], ["revenue", "pretix:hotaru"]])
def test_the_platforms_are_asked_where_that_is_said(synced: Run, served: Served, args: list[str]) -> None:
    before = len(served.sandbox.log)
    done = synced(*args, "--live")
    assert len(served.sandbox.log) > before
    assert "From the copy" not in done.stderr


@pytest.mark.parametrize("args", [["events", "pretix"], ["revenue", "pretix"], ["revenue", "pretix:hotaru"]])
def test_a_copy_that_nobody_keeps_does_not_answer_unasked(aged: Run, args: list[str]) -> None:
    done = aged(*args, "--json")
    assert document(done)["source"] == "live"
    assert "Asking the platforms, as the copy is 40 d old. From it all the same: --synced" in done.stderr
    assert document(aged(*args, "--synced", "--json"))["source"] == "synced"


def test_a_copy_that_lacks_a_connection_does_not_answer_unasked(synced: Run) -> None:
    done = synced("events", "pretix", "dice", "--json")
    assert document(done)["source"] == "live"
    assert "Asking the platforms, as there is no copy of dice. From what there is: --synced" in done.stderr
    assert "as there is no copy of 25 connections." in synced("events").stderr
    assert synced("events", "dice").stderr == ""


def test_what_no_platform_can_tell_is_not_lacking(synced: Run) -> None:
    done = synced("revenue", "pretix", "ticketmaster", "--json")
    found = document(done)
    assert (found["source"], list(found["by_connection"])) == ("synced", ["pretix"])
    assert "ticketmaster: Ticketmaster does not offer revenue: only public event listings" in done.stderr


@pytest.mark.parametrize("args", [["--since", "2026-01-01"], ["--filter", "starts_after=2026-01-01T00:00Z"], ["--raw"]])
def test_what_only_a_platform_can_be_asked_goes_there(synced: Run, args: list[str]) -> None:
    assert document(synced("events", "ticket-tailor", *args, "--json"))["source"] == "live"
    refused = synced("events", "--synced", *args)
    assert refused.exit_code == 2
    assert f"--synced does not go with {args[0]}." in refused.stderr


def test_revenue_is_the_same_from_the_store(synced: Run) -> None:
    live, stored = (document(synced("revenue", "pretix", who, "--json")) for who in ("--live", "--synced"))
    for found in (live, stored):
        for pair in found["events"]:
            del pair["revenue"]["as_of"]
    for part in ("events", "by_connection", "totals"):
        assert stored[part] == live[part]
    one = document(synced("revenue", "pretix:hotaru", "--json"))
    assert [pair["event"]["id"] for pair in one["events"]] == ["hotaru"]
    assert (one["totals"], one["source"]) == ([], "synced")


def test_an_event_that_the_copy_does_not_have_is_asked_for(synced: Run, served: Served) -> None:
    before = len(served.sandbox.log)
    done = synced("revenue", "pretix:hotaru", "pretix:new")
    assert "Asking the platforms. pretix: The copy has no event new." in done.stderr
    assert "pretix:hotaru" in done.stdout
    assert len(served.sandbox.log) > before
    alone = synced("revenue", "pretix:hotaru", "pretix:new", "--synced")
    assert "pretix: The copy has no event new." in alone.stderr
    assert "pretix:hotaru" in alone.stdout
    assert synced("revenue", "pretix:new", "--synced").exit_code == 1


@pytest.mark.parametrize("by", ["month", "day"])
@pytest.mark.parametrize("target", ["pretix", "pretix:hotaru"])
def test_revenue_over_time_adds_up_to_the_whole(aged: Run, by: str, target: str) -> None:
    wanted: dict[str, Decimal] = {}
    for pair in document(aged("revenue", target, "--live", "--json"))["events"]:
        revenue = pair["revenue"]
        wanted[revenue["currency"]] = wanted.get(revenue["currency"], Decimal(0)) + Decimal(revenue["gross_revenue"])
    sums: dict[str, Decimal] = {}
    for period in document(aged("revenue", target, "--by", by, "--json"))["periods"]:
        sums[period["currency"]] = sums.get(period["currency"], Decimal(0)) + Decimal(period["gross_revenue"])
    assert sums == {currency: gross for currency, gross in wanted.items() if gross}


def test_a_table_of_months(synced: Run) -> None:
    assert "2026-06  pretix      EUR" in synced("revenue", "pretix", "--by", "month").stdout
    refused = synced("revenue", "--by", "month", "--live")
    assert (refused.exit_code, "Platforms do not tell what came in over time." in refused.stderr) == (2, True)


def test_connections_that_were_never_synced_are_named(synced: Run) -> None:
    done = synced("events", "pretix", "dice", "eventbrite", "--synced")
    assert done.exit_code == 0
    assert "dice, eventbrite: It was not synced yet. Run: spekta sync" in done.stderr


def test_a_copy_outlives_its_connections(bare: Run, first_copy: Path) -> None:
    store = {"SPEKTA_STORE": str(first_copy)}
    assert len(document(bare("events", "--synced", "--all", "--json", env=store))["events"]) == 23
    assert "Nothing is connected yet." in bare("events", env=store).stderr


def test_before_any_sync_it_is_said_what_to_do(spekta: Run) -> None:
    for args in (["events", "--synced"], ["revenue", "--by", "day"]):
        refused = spekta(*args)
        assert refused.exit_code == 2
        assert "Nothing was synced yet. Run: spekta sync" in refused.stderr


def test_a_file_of_another_kind_keeps_nobody_from_the_platforms(spekta: Run, credentials_file: Path) -> None:
    credentials_file.parent.mkdir()
    credentials_file.with_name("store.sqlite").write_text("Not a store. " * 100)
    done = spekta("events", "pretix", "--json")
    assert document(done)["source"] == "live"
    assert "is not a store of this Spekta." in done.stderr
    assert spekta("events", "pretix", "--synced").exit_code == 2

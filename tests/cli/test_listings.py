import json
from decimal import Decimal
from typing import Any

import pytest

from tests.cli.conftest import Run

GARDEN = "ticket-tailor:ev_1"


def document(spekta: Run, *args: str) -> dict[str, Any]:
    done = spekta(*args, "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_tickets_of_an_event(spekta: Run) -> None:
    tickets = {ticket["name"]: ticket for ticket in document(spekta, "tickets", GARDEN)["tickets"]}
    assert list(tickets) == ["Plein tarif", "Tarif réduit", "Loge d’honneur", "Partenaires"]
    assert Decimal(tickets["Plein tarif"]["price"]) == Decimal("25.00")
    assert tickets["Loge d’honneur"]["status"] == "sold_out"
    lines = spekta("tickets", GARDEN).stdout.splitlines()
    assert lines[1].split() == ["tt_1", "Plein", "tarif", "EUR", "25.00", "0.00", "8", "72", "80", "on", "sale"]


def test_attendees_hide_who_they_are(spekta: Run) -> None:
    done = spekta("attendees", GARDEN)
    assert done.exit_code == 0
    assert "Amélie" not in done.stdout
    assert "@example.org" not in done.stdout
    count = len(done.stdout.strip().splitlines()) - 1
    assert done.stderr == f"{count} attendees, without names and addresses. To show them: --personal-data\n"


def test_attendees_show_who_they_are_when_asked(spekta: Run) -> None:
    done = spekta("attendees", GARDEN, "--personal-data")
    assert "Fontanel" in done.stdout
    assert "amelie@example.org" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("kind, field", [("attendees", "email"), ("attendees", "barcode"), ("orders", "buyer_email")])
def test_json_holds_personal_data_only_when_asked(spekta: Run, kind: str, field: str) -> None:
    assert field not in document(spekta, kind, GARDEN)[kind][0]
    assert field in document(spekta, kind, GARDEN, "--personal-data")[kind][0]


@pytest.mark.parametrize("kind", ["attendees", "orders"])
def test_raw_needs_personal_data(spekta: Run, kind: str) -> None:
    done = spekta(kind, GARDEN, "--raw")
    assert done.exit_code == 2
    assert done.stderr.endswith("Add --personal-data.\n")
    record = json.loads(spekta(kind, GARDEN, "--raw", "--personal-data").stdout)[kind][0]
    assert record["raw"]["id"] == record["id"]


def test_check_ins(spekta: Run) -> None:
    inside = document(spekta, "attendees", "ticket-tailor:ev_2", "--checked-in")["attendees"]
    outside = document(spekta, "attendees", "ticket-tailor:ev_2", "--not-checked-in")["attendees"]
    every = document(spekta, "attendees", "ticket-tailor:ev_2")["attendees"]
    assert {one["checked_in"] for one in inside} <= {True}
    assert {one["checked_in"] for one in outside} == {False}
    assert len(inside) + len(outside) == len(every) == 12


def test_orders_by_status_and_buyer(spekta: Run) -> None:
    refunded = document(spekta, "orders", GARDEN, "--status", "refunded")["orders"]
    assert [order["refunded"] for order in refunded] == ["15.00"]
    hers = document(spekta, "orders", GARDEN, "--buyer-email", "layla@example.org", "--personal-data")["orders"]
    assert {order["buyer_name"] for order in hers} == {"ليلى الحداد"}
    assert "refunded" in spekta("orders", GARDEN, "--status", "refunded").stdout


@pytest.mark.parametrize("kind", ["attendees", "orders"])
def test_a_whole_account_names_the_events(spekta: Run, kind: str) -> None:
    done = spekta(kind, "ticket-tailor", "--all")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].split()[1] == "Event"
    assert {"ticket-tailor:ev_1", "ticket-tailor:ev_12"} <= set(done.stdout.split())


@pytest.mark.parametrize("kind", ["attendees", "orders"])
def test_pages_cursors_and_all_give_the_same(spekta: Run, kind: str) -> None:
    every = [record["id"] for record in document(spekta, kind, "ticket-tailor", "--all")[kind]]
    first = document(spekta, kind, "ticket-tailor", "--page-size", "70")
    second = document(spekta, kind, "ticket-tailor", "--page-size", "70", "--page", "2")
    after = document(spekta, kind, "ticket-tailor", "--page-size", "70", "--cursor", first["next_cursor"])
    assert [record["id"] for record in first[kind]] == every[:70]
    assert [record["id"] for record in second[kind]] == [record["id"] for record in after[kind]] == every[70:140]
    assert first["has_more"]
    assert len(every) > 140


def test_a_record_that_cannot_be_read_is_named(spekta: Run, served: Any) -> None:
    served.sandbox.misbehave("ticket-tailor", "null_id", path="/orders")
    done = spekta("orders", GARDEN)
    assert done.exit_code == 0
    assert "A record could not be read and is left out: data[0].id: no identity" in done.stderr

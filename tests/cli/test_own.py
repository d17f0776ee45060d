"""What one platform alone has, at the command line."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors import find_provider
from tests.cli.conftest import Run, Served

CHOIR = (
    "--title", "Choir Night", "--slug", "choir-night", "--timezone", "Europe/London",
    "--starts-at", "2027-10-01T19:00+01:00", "--currency", "GBP",
)  # fmt: skip
ON = {"SPEKTA_WRITES": "true"}
ACTIONS = find_provider("equaticket").actions


@pytest.fixture(autouse=True)
def _as_before(served: Served) -> Iterator[None]:
    yield
    served.sandbox.reset("equaticket")


def document(spekta: Run, *args: str, **more: Any) -> dict[str, Any]:
    done = spekta(*args, "--json", **more)
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_help_names_what_there_is(spekta: Run) -> None:
    assert "What one platform alone has" in spekta("--help").stdout
    told = spekta("equaticket", "--help").stdout
    for name in (*ACTIONS, *find_provider("equaticket").listings):
        assert name.replace("_", "-") in told
    alone = spekta("equaticket")
    assert (alone.exit_code, "create-event" in alone.stdout, alone.stderr) == (2, True, "")


@pytest.mark.parametrize("name", ACTIONS)
def test_the_help_of_an_action_says_what_it_takes(spekta: Run, name: str) -> None:
    told = spekta("equaticket", name.replace("_", "-"), "--help").stdout
    assert f"{ACTIONS[name].help}." in " ".join(told.split())
    assert "--dry-run" in told
    assert ("--idempotency-key" in told) == (ACTIONS[name].call.method == "POST")
    for field in ACTIONS[name].inputs.model_fields:
        assert (field.upper() if f"{{{field}}}" in ACTIONS[name].call.path else f"--{field.replace('_', '-')}") in told


def test_nothing_is_done_unless_writes_are_switched_on(spekta: Run, served: Served) -> None:
    before = len(served.sandbox.log)
    done = spekta("equaticket", "create-event", *CHOIR)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "SPEKTA_WRITES=true" in done.stderr
    assert len(served.sandbox.log) == before


def test_a_dry_run_shows_the_request_and_sends_nothing(spekta: Run, served: Served) -> None:
    before = len(served.sandbox.log)
    done = spekta("equaticket", "create-event", *CHOIR, "--idempotency-key", "k1", "--dry-run")
    head, _, body = done.stdout.partition("\n\n")
    method, url = head.splitlines()[0].split()
    assert (done.exit_code, done.stderr) == (0, "Nothing was sent.\n")
    assert (method, url.rpartition("/api/v1")[2]) == ("POST", "/events")
    assert head.splitlines()[1:] == [
        "Authorization: Bearer ***",
        "Idempotency-Key: k1",
        "Content-Type: application/json",
    ]
    assert json.loads(body)["starts_at"] == "2027-10-01T18:00:00Z"
    assert len(served.sandbox.log) == before
    shown = document(spekta, "equaticket", "publish-event", "e", "--dry-run")
    assert (shown["sent"], shown["record"], shown["request"]["body"]) == (False, None, None)


def test_an_event_is_made_named_by_its_reference_and_published(spekta: Run) -> None:
    made = document(spekta, "equaticket", "create-event", *CHOIR, env=ON)
    reference = made["record"]["reference"]
    kind = ("--name", "Standard", "--price", "15.00", "--currency", "GBP", "--quantity-total", "80")
    sold = document(spekta, "equaticket", "create-ticket-type", reference, *kind, env=ON)["record"]
    done = spekta("equaticket", "publish-event", reference, env=ON)
    assert (made["sent"], made["replayed"], made["record"]["status"]) == (True, False, "draft")
    assert (sold["price"], sold["quantity_total"], sold["event_id"]) == ("15.00", 80, made["record"]["id"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert ["status", "live"] in [line.split() for line in done.stdout.splitlines()]
    tickets = document(spekta, "tickets", reference)["tickets"]
    assert [ticket["name"] for ticket in tickets] == ["Standard"]


def test_a_replay_is_told(spekta: Run) -> None:
    spekta("equaticket", "create-event", *CHOIR, "--idempotency-key", "k1", env=ON)
    again = spekta("equaticket", "create-event", *CHOIR, "--idempotency-key", "k1", env=ON)
    assert again.exit_code == 0
    assert "had done this before" in again.stderr


@pytest.mark.parametrize(
    "args, said",
    [
        (("create-event", "--title", "x"), "Missing option '--slug'"),
        (("create-event", *CHOIR[:-1], "pounds"), "currency cannot be used"),
        (("update-event", "e"), "Nothing is to be changed"),
        (("publish-event", ""), "event cannot be used"),
        (("create-event", *CHOIR, "--idempotency-key", "k" * 257), "from 1 to 256 characters"),
        (("reset-test-data",), "sk_test_"),
        (("fly",), "No such command 'fly'"),
        (("order",), "Missing argument 'ORDER'"),
    ],
)
def test_a_wrong_command_line_is_one_line(spekta: Run, args: tuple[str, ...], said: str) -> None:
    done = spekta("equaticket", *args, env=ON)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_the_platform_says_is_shown_to_a_person(spekta: Run) -> None:
    spekta("equaticket", "create-event", *CHOIR, env=ON)
    taken = spekta("equaticket", "create-event", *CHOIR, env=ON)
    assert taken.exit_code == 1
    assert taken.stderr.splitlines()[0] == "Equaticket says: slug is taken"


def test_listings_of_its_own(spekta: Run) -> None:
    hook = ("--url", "https://hooks.example/e", "--events", "order.created,event.sold_out")
    made = document(spekta, "equaticket", "create-webhook", *hook, env=ON)["record"]
    listed = document(spekta, "equaticket", "webhooks")
    table = spekta("equaticket", "webhooks").stdout
    alone = spekta("equaticket", "webhook", made["id"]).stdout
    assert listed == {"webhooks": [made], "has_more": False, "next_cursor": None}
    assert made["id"] in table
    assert "order.created, event.sold_out" in alone
    assert spekta("equaticket", "deliveries", made["id"]).stdout == "No deliveries.\n"


def test_one_order_hides_who_bought(spekta: Run) -> None:
    order = document(spekta, "orders", "equaticket", "--page-size", "1", "--personal-data")["orders"][0]
    hidden = spekta("equaticket", "order", order["id"])
    shown = document(spekta, "equaticket", "order", order["id"], "--personal-data")
    assert shown == {"order": order}
    assert "@example.org" not in hidden.stdout


def test_public_events_go_on_by_cursor(spekta: Run) -> None:
    first = document(spekta, "equaticket", "public-events", "--org-slug", "lampions", "--page-size", "6")
    more = ("--cursor", first["next_cursor"])
    rest = document(spekta, "equaticket", "public-events", "--org-slug", "lampions", *more)
    assert (len(first["public_events"]), len(rest["public_events"])) == (6, 4)
    said = spekta("equaticket", "public-events", "--org-slug", "lampions", "--page-size", "6").stdout
    assert f"more: --cursor {first['next_cursor']}" in said


def test_a_second_account_is_a_command_of_its_own(spekta: Run, served: Served) -> None:
    env = {f"EQUATICKET__LONDON__{name}": served.environment[f"EQUATICKET_{name}"] for name in ("API_KEY", "BASE_URL")}
    assert document(spekta, "equaticket/london", "webhooks", env=env)["webhooks"] == []
    unknown = spekta("equaticket/nobody", "webhooks")
    assert (unknown.exit_code, "spekta connect equaticket/nobody" in unknown.stderr) == (2, True)


def test_the_feed_of_evvnt_has_commands_too(spekta: Run) -> None:
    found = document(spekta, "evvnt", "categories")["categories"]
    assert {"All", "Music"} <= {row["values"]["name"] for row in found}
    assert spekta("evvnt", "published-events", "--newer-than", "yesterday").exit_code == 2

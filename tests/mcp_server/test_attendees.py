import json
from collections import Counter

import pytest

from connectors.references import refer
from spekta.sandbox.app import Sandbox
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.clerk import Clerk
from spekta.sandbox.programme import PEOPLE
from spekta.sandbox.providers import services
from tests.connectors import expected
from tests.mcp_server.conftest import PLATFORMS, Assistant, selling

pytestmark = pytest.mark.anyio

NIGHT = {"tickets": 11, "valid": 11, "checked_in": 5}


def event_of(slug: str, box: BoxOffice, key: str) -> str:
    return refer(slug, services()[slug].event_id(box.event(key)))


@pytest.mark.needs("attendees")
@pytest.mark.parametrize("slug", PLATFORMS)
async def test_a_summary_counts_every_ticket(everything: Assistant, box: BoxOffice, slug: str) -> None:
    service, event = services()[slug], box.event("festival-des-quais")
    told = await everything.ask("list_attendees", event=event_of(slug, box, event.key), summary=True)
    truth = expected.records(service, box, "attendees").values()
    tickets = [fields for fields in truth if fields["event_id"] == service.event_id(event)]
    assert told["complete"] is True
    assert told["name"] == event.name
    assert "attendees" not in told
    assert told["counts"]["tickets"] == len(tickets)
    by_type = {row["ticket_type"]: row["tickets"] for row in told["breakdown"] if "ticket_type" in row}
    assert by_type == Counter(fields["ticket_name"] for fields in tickets)
    by_status = {row["status"]: row["tickets"] for row in told["breakdown"] if "status" in row}
    assert sum(by_status.values()) == len(tickets)
    assert by_status.get("valid", 0) == told["counts"]["valid"]


@pytest.mark.needs("attendees")
@pytest.mark.parametrize("slug", PLATFORMS)
async def test_scanned_tickets_are_counted_where_the_platform_tells(
    everything: Assistant, box: BoxOffice, slug: str
) -> None:
    told = await everything.ask("list_attendees", event=event_of(slug, box, "nuit-des-horloges"), summary=True)
    silent = services()[slug].not_carried
    tells, status = "attendee.checked_in" not in silent, "unknown" if "attendee.status" in silent else "valid"
    counts = NIGHT | {"valid": 11 if status == "valid" else 0}
    assert told["counts"] == {name: count for name, count in counts.items() if tells or name != "checked_in"}
    assert told.get("notes") == (None if tells else [f"{slug} does not tell which tickets were scanned."])
    assert told["breakdown"] == [
        {"status": status, **{name: told["counts"][name] for name in told["counts"] if name != "valid"}},
        {"ticket_type": "Nuit entière", **told["counts"]},
    ]


async def test_a_list_that_is_whole_is_counted_too(assistant: Assistant) -> None:
    told = await assistant.ask("list_attendees", event="pretix:nuit-des-horloges")
    assert told["counts"] == NIGHT
    assert len(told["attendees"]) == 11
    assert "notes" not in told


async def test_a_part_of_a_list_says_so_and_goes_on(assistant: Assistant) -> None:
    seen: list[str] = []
    more: dict[str, str] = {}
    while True:
        told = await assistant.ask("list_attendees", event="ticket-tailor:ev_11", limit=4, **more)
        seen += [row["attendee"] for row in told["attendees"]]
        assert "counts" not in told
        assert told["notes"] == [
            "This is a part of the list: for numbers call again with summary=true and without cursor."
        ]
        if "next_cursor" not in told:
            break
        more = {"cursor": told["next_cursor"]}
    assert len(seen) == len(set(seen)) == 11


async def test_only_those_who_came(assistant: Assistant) -> None:
    told = await assistant.ask("list_attendees", event="pretix:nuit-des-horloges", checked_in=True)
    assert len(told["attendees"]) == 5
    assert all(row["checked_in"] for row in told["attendees"])
    assert all(row["checked_in_at"].startswith("2026-10-24T20:") for row in told["attendees"])


@pytest.mark.parametrize("summary", [True, False])
async def test_a_platform_without_check_ins_does_not_say_that_nobody_came(assistant: Assistant, summary: bool) -> None:
    event = "helloasso:nuit-des-horloges"
    error = await assistant.fail("list_attendees", event=event, checked_in=True, summary=summary)
    assert (error["param"], error["connection"]) == ("checked_in", "helloasso")
    assert error["next"] == "Leave the filter out."


PERSONAL = {"name", "email", "phone", "answers"}
NAMELESS = {"see-tickets"}  # its sales report names nobody


@pytest.mark.needs("attendees")
@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("slug", PLATFORMS)
async def test_people_are_named_only_if_asked_and_allowed(
    everything: Assistant, box: BoxOffice, slug: str, allowed: bool, asked: bool
) -> None:
    told = await everything.with_state(personal_data=allowed).ask(
        "list_attendees", event=event_of(slug, box, "concert-au-jardin"), personal_data=asked, limit=100
    )
    text = json.dumps(told, ensure_ascii=False)
    named = allowed and asked and slug not in NAMELESS
    assert any(person.last_name and person.last_name in text for person in PEOPLE) is named
    assert ("@example.org" in text) is named
    assert any(PERSONAL & set(row) for row in told["attendees"]) is named
    refused = "Names and addresses are left out: the operator has not set SPEKTA_ALLOW_PERSONAL_DATA=true."
    assert (refused in told.get("notes", [])) is (asked and not allowed)
    assert "SBX00" not in text  # a barcode opens the door


async def test_a_walk_that_breaks_off_gives_what_it_counted(assistant: Assistant, sandbox: Sandbox) -> None:
    sandbox.misbehave("ticket-tailor", "repeated_cursor", path="/issued_tickets")
    told = await assistant.ask("list_attendees", event="ticket-tailor:ev_12", summary=True)
    [status] = told["connections"]
    assert told["complete"] is False
    assert status["status"] == "partial"
    assert status["code"] == "invalid_response"
    assert status["count"] == told["counts"]["tickets"] == 100


async def test_types_of_one_name_are_counted_together() -> None:
    clerk, buyer = Clerk(), PEOPLE[0]
    event = clerk.event("gala", (clerk.ticket_type("Entry", 10), clerk.ticket_type("Entry", 12)))
    orders = [clerk.order(event, buyer, clerk.ticket(kind, buyer)) for kind in event.ticket_types]
    told = await selling(BoxOffice([event], orders)).ask("list_attendees", event="ticket-tailor:ev_1", summary=True)
    assert told["breakdown"][1] == {"ticket_type": "Entry", "tickets": 2, "valid": 2, "checked_in": 0}

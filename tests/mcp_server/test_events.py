from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette

from connectors.references import parse
from spekta.sandbox.app import Sandbox
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.clerk import Clerk
from spekta.sandbox.providers import services
from spekta.sandbox.server import environment
from tests.connectors import expected
from tests.mcp_server.conftest import ERAS, ORIGIN, PLATFORMS, Assistant, by_connection, selling, state_for

pytestmark = pytest.mark.anyio


def _ids(rows: list[dict[str, Any]], slug: str) -> set[str]:
    references = [parse(row["event"]) for row in rows]
    return {reference.id for reference in references if reference.connection == slug}


@pytest.mark.parametrize("slug", PLATFORMS)
async def test_a_connection_lists_what_its_box_office_has(assistant: Assistant, box: BoxOffice, slug: str) -> None:
    told = await assistant.ask("list_events", connections=[slug], limit=100)
    truth = expected.records(services()[slug], box, "events")
    assert {parse(row["event"]).id: row["name"] for row in told["events"]} == {
        id: fields["name"] for id, fields in truth.items()
    }
    assert told["connections"] == [{"connection": slug, "status": "ok", "count": len(truth)}]
    assert "next_cursor" not in told


@pytest.mark.parametrize("limit", [7, 20])
async def test_cursors_lead_through_every_event_once(assistant: Assistant, box: BoxOffice, limit: int) -> None:
    rows: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        told = await assistant.ask("list_events", limit=limit, **more)
        rows += told["events"]
        if "next_cursor" not in told:
            break
        more = {"cursor": told["next_cursor"]}
    assert len({row["event"] for row in rows}) == len(rows)
    for slug in PLATFORMS:
        assert _ids(rows, slug) == set(expected.records(services()[slug], box, "events"))


@pytest.mark.parametrize("era", ERAS)
async def test_one_argument_leads_from_a_list_to_an_event(assistant: Assistant, era: str) -> None:
    told = await assistant.ask("list_events", q="FESTIVAL DES", era=era)
    assert len(told["events"]) == len(PLATFORMS)
    for row in told["events"]:
        event = await assistant.ask("get_event", event=row["event"], era=era)
        assert event | row == event
        assert event["starts_at"] == "2027-07-02T14:00:00Z"
        silent = "event.currency" in services()[row["event"].partition(":")[0]].not_carried
        assert event.get("currency") == (None if silent else "EUR")


async def test_times_are_told_on_the_clock_of_the_event(assistant: Assistant) -> None:
    [row] = (await assistant.ask("list_events", q="fireflies", connections=["eventbrite"]))["events"]
    assert row["starts_at"] == "2027-06-05T10:00:00Z"
    assert row["starts_local"] == "Sat 2027-06-05 19:00 Asia/Tokyo"
    assert row["place"] == "蛍ホール, Tokyo, JP"


async def test_filters_narrow_the_list(assistant: Assistant) -> None:
    told = await assistant.ask(
        "list_events", starts_after="2027-02-01T00:00:00Z", starts_before="2027-06-01T00:00:00+02:00", status="live"
    )
    assert {row["name"] for row in told["events"] if "eventbrite" in row["event"]} == {
        "Fog & Brass: Rosie’s Foundry Band"
    }


async def test_a_filter_that_fits_nothing_says_what_to_do(assistant: Assistant) -> None:
    told = await assistant.ask("list_events", q="spring festival")
    assert told["events"] == []
    assert told["notes"] == [
        "No event fits. 'spring festival' must be a part of its name, letter by letter: try one word of it, "
        "or leave q out."
    ]


@pytest.mark.parametrize("slug", PLATFORMS)
@pytest.mark.parametrize(
    "now, status, listed",
    [
        (datetime(2027, 6, 18, 20, 59, tzinfo=UTC), "live", True),
        (datetime(2027, 6, 18, 20, 59, tzinfo=UTC), "completed", False),
        (datetime(2027, 6, 18, 21, 1, tzinfo=UTC), "live", False),
        (datetime(2027, 6, 18, 21, 1, tzinfo=UTC), "completed", True),
    ],
)
async def test_a_live_event_that_is_over_is_completed(
    assistant: Assistant, slug: str, now: datetime, status: str, listed: bool
) -> None:
    later = assistant.with_state(now=lambda: now)
    told = await later.ask("list_events", connections=[slug], q="Concert au jardin", status=status)
    assert [row["status"] for row in told["events"]] == [status] * listed


async def test_a_detailed_list_tells_more(assistant: Assistant) -> None:
    asked = {"connections": ["eventbrite"], "q": "Concert au jardin"}
    [concise] = (await assistant.ask("list_events", **asked))["events"]
    [detailed] = (await assistant.ask("list_events", **asked, response_format="detailed"))["events"]
    assert set(concise) == {"event", "name", "status", "starts_at", "starts_local", "place"}
    assert detailed | concise == detailed
    assert detailed["address"] == "12 rue du Luth, 75011, Paris, FR"
    assert detailed["description"] == "Un quatuor, huit lampions & la nuit."
    assert detailed["timezone"] == "Europe/Paris"


async def test_a_long_description_is_a_teaser_in_a_list() -> None:
    event = Clerk().event("gala", {"Entry": 10}, description="<p>" + "All night long. " * 400 + "</p>")
    assistant = selling(BoxOffice([event]))
    asked = {"connections": ["ticket-tailor"], "response_format": "detailed"}
    [row] = (await assistant.ask("list_events", **asked))["events"]
    assert len(row["description"]) == 300
    assert len((await assistant.ask("get_event", event=row["event"]))["description"]) == 2000


async def test_a_platform_that_knows_no_changes_does_not_look_as_if_it_did(assistant: Assistant) -> None:
    told = await assistant.ask("list_events", connections=["ticket-tailor"], since="2026-10-19T00:00:00Z")
    assert "since: ticket-tailor cannot tell what changed, so all events are given." in told["notes"]


async def test_a_failing_platform_leaves_the_others(assistant: Assistant, sandbox: Sandbox) -> None:
    sandbox.misbehave("pretix", "unauthorized")
    told = await assistant.ask("list_events", q="festival")
    assert {row["event"].partition(":")[0] for row in told["events"]} == set(PLATFORMS) - {"pretix"}
    status = by_connection(told["connections"])
    assert status["pretix"]["status"] == "failed"
    assert status["pretix"]["code"] == "authentication_failed"
    assert status["pretix"]["message"] == "Pretix does not accept the credentials."
    assert status["pretix"]["next"].startswith("Check apiKey")
    assert all(status[slug]["status"] == "ok" for slug in PLATFORMS if slug != "pretix")


async def test_a_record_that_cannot_be_read_is_counted(assistant: Assistant, sandbox: Sandbox) -> None:
    sandbox.misbehave("ticket-tailor", "null_id", path="/events")
    told = await assistant.ask("list_events", connections=["ticket-tailor"], limit=100)
    [status] = told["connections"]
    assert status["status"] == "partial"
    assert status["message"] == "Records that could not be read and are left out: 1."
    assert status["count"] == len(told["events"])


async def test_no_time_left_is_said_of_each_connection(assistant: Assistant) -> None:
    told = await assistant.with_state(seconds=0).ask("list_events")
    assert told["events"] == []
    assert {status["code"] for status in told["connections"]} == {"deadline_exceeded"}
    assert {status["next"] for status in told["connections"]} == {
        "Ask for less: one connection, fewer records, or a shorter stretch of time."
    }


async def test_a_new_connection_appears_without_a_restart(season: Starlette) -> None:
    variables = environment(ORIGIN)
    known = {name: value for name, value in variables.items() if not name.startswith("PRETIX")}
    assistant = Assistant(state_for(known, season))
    assert "pretix" not in by_connection((await assistant.ask("list_events"))["connections"])
    known.update(variables)
    assert "pretix" in by_connection((await assistant.ask("list_events"))["connections"])

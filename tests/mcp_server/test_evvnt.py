import pytest

from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.providers import services
from spekta.sandbox.providers.evvnt import CATEGORIES
from tests.mcp_server.conftest import Assistant, state_for

pytestmark = pytest.mark.anyio


async def test_the_tree_of_categories(assistant: Assistant) -> None:
    told = await assistant.ask("evvnt_list_categories")
    assert {(row["category"], row["name"], row.get("parent")) for row in told["categories"]} == {
        (str(number), name, None if parent is None else str(parent)) for number, parent, name in CATEGORIES
    }
    assert told["connections"] == [{"connection": "evvnt", "status": "ok", "count": len(CATEGORIES)}]


@pytest.mark.parametrize(
    "interests, names",
    [
        ("direct", {"Music", "Ballet"}),
        ("direct_to_root", {"All", "Music", "Performing & Visual Arts", "Ballet"}),
        ("all", {"All", "Music", "Jazz", "Performing & Visual Arts", "Ballet"}),
    ],
)
async def test_what_a_publisher_is_interested_in(assistant: Assistant, interests: str, names: set[str]) -> None:
    told = await assistant.ask("evvnt_list_categories", publisher_interests=interests)
    assert {row["name"] for row in told["categories"]} == names


async def test_another_publisher_is_refused(assistant: Assistant) -> None:
    error = await assistant.fail("evvnt_list_categories", publisher_interests="all", publisher="325")
    assert error["code"] == "permission_denied"


async def test_published_events_lead_to_events(assistant: Assistant, box: BoxOffice) -> None:
    told = await assistant.ask("evvnt_list_published_events")
    service = services()["evvnt"]
    coming = [event for event in box.events if service.carries_event(event) and event.starts_at > box.now]
    assert {row["name"] for row in told["events"]} == {event.name for event in coming}
    [festival] = [row for row in told["events"] if "Festival" in row["name"]]
    assert festival["starts"] == "2027-07-02T16:00:00+02:00"
    assert festival["url"].startswith("https://lanterns.example/")
    assert (await assistant.ask("get_event", event=festival["event"]))["name"] == festival["name"]


async def test_only_what_changed(assistant: Assistant) -> None:
    told = await assistant.ask("evvnt_list_published_events", newer_than="2026-10-19T00:00:00Z")
    assert [row["name"] for row in told["events"]] == ["Ópera da Lua"]


async def test_without_a_connection_it_is_said(assistant: Assistant) -> None:
    error = await Assistant(state_for({})).fail("evvnt_list_categories")
    assert (error["code"], error["message"]) == ("configuration", "evvnt is not connected.")
    error = await assistant.fail("evvnt_list_categories", connection="pretix")
    assert error["code"] == "invalid_argument"

"""The routes that evvnt alone has, against the sandbox."""

from types import ModuleType
from typing import Any

import pytest

from connectors.credentials.environment import EnvironmentStore
from spekta.sandbox.server import environment

from .conftest import Ask, handler_of, outcome
from .events import Context, request

CATEGORIES = {"All", "Music", "Jazz", "Community", "Science & Technology", "Performing & Visual Arts", "Ballet"}


@pytest.fixture(scope="module")
def evvnt() -> ModuleType:
    return handler_of("evvnt")


@pytest.fixture
def ask_evvnt(evvnt: ModuleType, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setattr(evvnt.routes, "store", EnvironmentStore(environment(sandbox)))
    return lambda event: outcome(evvnt.handler(event, Context()))


def rows(ask: Ask, path: str, **query: Any) -> list[dict[str, Any]]:
    status, body, _ = ask(request(f"/v1/evvnt{path}", **query))
    assert status == 200, body
    return [record["values"] for record in body["data"]]


def test_categories(ask_evvnt: Ask) -> None:
    found = rows(ask_evvnt, "/categories")
    assert {row["name"] for row in found} == CATEGORIES
    assert found[0] == {"id": 26, "parent_id": None, "name": "All"}


@pytest.mark.parametrize(
    "query, names",
    [
        ({"filter": "direct"}, {"Music", "Ballet"}),
        ({"filter": "direct_to_root"}, {"Music", "Ballet", "Performing & Visual Arts", "All"}),
        ({}, {"Music", "Ballet", "Performing & Visual Arts", "All", "Jazz"}),
    ],
)
def test_categories_of_a_publisher(ask_evvnt: Ask, query: dict[str, str], names: set[str]) -> None:
    assert {row["name"] for row in rows(ask_evvnt, "/publishers/324/categories", **query)} == names


def test_published_events(ask_evvnt: Ask) -> None:
    path = "/publishers/324/published-events"
    found = rows(ask_evvnt, path)
    assert len(found) == 9
    assert found[0] == {
        "publisher_id": 324,
        "event_id": 5001,
        "url": "https://lanterns.example/events/1",
        "event_title": "Concert au jardin : l’été « à cordes »",
        "event_start_time": "2027-06-18T20:30:00+02:00",
    }
    assert [row["event_id"] for row in rows(ask_evvnt, path, newer_than="2026-10-01T12:00:00+02:00")] == [5009]


def test_pages_of_a_listing(ask_evvnt: Ask) -> None:
    first = ask_evvnt(request("/v1/evvnt/categories", page_size=4))[1]
    rest = ask_evvnt(request("/v1/evvnt/categories", page_size=4, cursor=first["next_cursor"]))[1]
    assert (len(first["data"]), len(rest["data"]), rest["has_more"]) == (4, 3, False)
    assert {record["values"]["name"] for record in first["data"] + rest["data"]} == CATEGORIES


@pytest.mark.parametrize(
    "path, query, status, param",
    [
        ("/publishers/324/categories", {"filter": "indirect"}, 400, "filter"),
        ("/publishers/324/published-events", {"newer_than": "yesterday"}, 400, "newer_than"),
        ("/publishers/324/published-events", {"since": "2026-10-01T12:00:00Z"}, 400, "since"),
        ("/publishers/324/published-events", {"publisherId": "9"}, 400, "publisherId"),
        ("/publishers/~2F/categories", {}, 400, "publisherId"),
        ("/publishers/~zz/categories", {}, 400, "publisherId"),
        ("/categories", {"filter": "direct"}, 400, "filter"),
        ("/publishers/9/categories", {}, 502, None),
        ("/publishers", {}, 404, None),
        ("/publishers/324/published_events", {}, 404, None),
    ],
)
def test_refused(ask_evvnt: Ask, path: str, query: dict[str, str], status: int, param: str | None) -> None:
    answered, body, _ = ask_evvnt(request(f"/v1/evvnt{path}", **query))
    assert (answered, body["error"]["param"], body["error"]["provider"]) == (status, param, "evvnt")


@pytest.mark.parametrize("path", ["/categories", "/publishers/324/categories"])
def test_other_platforms_have_no_such_routes(ask: Ask, path: str) -> None:
    assert ask(request(f"/v1/ticket-tailor{path}"))[0] == 404


@pytest.mark.parametrize(
    "query, count",
    [
        ({"max_results": 3}, 3),
        ({"max_results": 3, "page": 4}, 1),
        ({"country": "FR", "category_id": "16"}, 2),
        ({"newer_than": "2026-10-20T10:59:59Z"}, 2),
        ({"all_sources": "true"}, 11),
    ],
)
def test_filters_of_events(ask_evvnt: Ask, query: dict[str, Any], count: int) -> None:
    status, body, _ = ask_evvnt(request("/v1/evvnt/events", **query))
    assert (status, len(body["data"]), body["filtered_here"]) == (200, count, [])


@pytest.mark.parametrize("listing", ["attendees", "orders", "revenue"])
def test_what_the_feed_has_not_is_not_implemented(ask_evvnt: Ask, listing: str) -> None:
    status, body, _ = ask_evvnt(request(f"/v1/evvnt/events/5001/{listing}"))
    assert (status, body["error"]["code"]) == (501, "unsupported")
    assert "read-only feed" in body["error"]["message"]

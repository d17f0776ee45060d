from typing import Any

import httpx2
import pytest

from tests.sandbox.accounts import credentials

pytestmark = pytest.mark.anyio

API = "/evvnt/api"
KEYS = credentials("evvnt")
ALWAYS = (
    "id title category_id sub_category_ids timestamp start_time end_time summary description contact venue prices"
).split()
DELETED = {"error": "This endpoint has been deleted. Please contact support."}


async def ask(client: httpx2.AsyncClient, path: str = "/events", **query: Any) -> httpx2.Response:
    return await client.get(API + path, params=query, auth=(KEYS["apiKey"], KEYS["apiSecret"]))


async def ids(client: httpx2.AsyncClient, path: str = "/events", **query: Any) -> list[Any]:
    return [row.get("id", row.get("event_id")) for row in (await ask(client, path, **query)).json()]


@pytest.mark.parametrize(
    "auth, status",
    [
        (None, 401),
        ((KEYS["apiKey"], "wrong"), 401),
        (("wrong", KEYS["apiSecret"]), 401),
        (("sk_test_forbidden_1", ""), 403),
    ],
)
async def test_keys(client: httpx2.AsyncClient, auth: tuple[str, str] | None, status: int) -> None:
    answer = await client.get(f"{API}/events", auth=auth)

    assert answer.status_code == status
    assert status == 403 or answer.json() == {"errors": ["authentication failed bad key/secret"]}


async def test_what_is_no_basic_authorization_is_refused(client: httpx2.AsyncClient) -> None:
    for said in ("Basic ***", "Basic /w==", "Bearer abc", ""):
        answer = await client.get(f"{API}/events", headers={"Authorization": said})
        assert answer.status_code == 401


async def test_an_event(client: httpx2.AsyncClient) -> None:
    (event,) = [row for row in (await ask(client)).json() if row["id"] == "5003"]

    assert set(ALWAYS) <= set(event)
    assert event["prices"] == {"Standing": "GBP 18.5", "Balcony": "GBP 32.0", "Last release": "GBP 22.0"}
    assert event["start_time"] == "2027-02-12T19:30:00+00:00"
    assert (event["venue"]["id"], event["venue"]["country"], event["venue"]["latitude"]) == ("3", "GB", 51.5033)
    assert (await ask(client, "/events/5003")).json() == event


@pytest.mark.parametrize(
    "query, numbers",
    [
        ({"max_results": 3}, [1, 2, 3]),
        ({"max_results": 3, "page": 4}, [12]),
        ({"max_results": 3, "page": 5}, []),
        ({"max_results": 101}, [1, 2, 3, 4, 5, 6, 7, 9, 11, 12]),
        ({"country": "FR"}, [1, 11]),
        ({"country": "fr"}, []),
        ({"category_id": "30"}, [5, 6, 7]),
        ({"category_id": "35,10"}, [2]),
        ({"newer_than": "2026-10-20T11:00:00Z"}, [11]),
        ({"newer_than": "2026-10-20T12:59:59+02:00"}, [9, 11]),
    ],
)
async def test_pages_and_filters(client: httpx2.AsyncClient, query: dict[str, Any], numbers: list[int]) -> None:
    assert await ids(client, **query) == [str(5000 + number) for number in numbers]


async def test_other_sources_only_if_asked_for(client: httpx2.AsyncClient) -> None:
    assert "5008x" not in await ids(client)
    assert "5008x" in await ids(client, all_sources="true")
    assert (await ask(client, "/events/5008x")).json()["id"] == "5008x"


@pytest.mark.parametrize("id", ["5008", "5010", "5003x", "9"])
async def test_there_is_no_such_event(client: httpx2.AsyncClient, id: str) -> None:
    answer = await ask(client, f"/events/{id}")

    assert (answer.status_code, answer.content) == (404, b"")


async def test_a_time_that_is_none_is_refused(client: httpx2.AsyncClient) -> None:
    assert (await ask(client, newer_than="yesterday")).status_code == 400


async def test_the_tree_of_categories(client: httpx2.AsyncClient) -> None:
    rows = (await ask(client, "/categories")).json()

    assert [row["name"] for row in rows if row["parent_id"] is None] == ["All"]
    assert {row["parent_id"] for row in rows} - {None} <= {row["id"] for row in rows}
    assert all(set(row) == {"id", "parent_id", "name"} for row in rows)


@pytest.mark.parametrize(
    "query, numbers",
    [
        ({"filter": "direct"}, {16, 35}),
        ({"filter": "direct_to_root"}, {16, 35, 26, 30}),
        ({"filter": "all"}, {16, 35, 26, 30, 252}),
        ({}, {16, 35, 26, 30, 252}),
    ],
)
async def test_what_a_publisher_is_interested_in(
    client: httpx2.AsyncClient, query: dict[str, str], numbers: set[int]
) -> None:
    assert set(await ids(client, "/publishers/324/categories", **query)) == numbers


@pytest.mark.parametrize("slash", ["", "/"])
async def test_what_a_publisher_has_published(client: httpx2.AsyncClient, slash: str) -> None:
    path = f"/publishers/324/published_events{slash}"
    rows = (await ask(client, path)).json()

    assert [row["event_id"] for row in rows] == [5001, 5002, 5003, 5004, 5005, 5006, 5007, 5009, 5012]
    assert rows[0]["event_start_time"] == "2027-06-18T20:30:00+02:00"
    assert await ids(client, path, newer_than="2026-10-01T10:00:00Z") == [5009]
    assert await ids(client, path, newer_than="2027-01-01T00:00:00Z") == []


@pytest.mark.parametrize("listing", ["categories", "published_events"])
async def test_another_publisher_is_not_shown(client: httpx2.AsyncClient, listing: str) -> None:
    assert (await ask(client, f"/publishers/9/{listing}")).status_code == 403


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/v3/events"),
        ("GET", "/publishers"),
        ("GET", "/publishers/324/published_events/5001"),
        ("PUT", "/publishers/324/published_events/5001"),
    ],
)
async def test_what_was_removed_says_so_to_everybody(client: httpx2.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, API + path)

    assert (answer.status_code, answer.json()) == (410, DELETED)

from typing import Any

import httpx2
import pytest

from tests.sandbox.accounts import credentials

pytestmark = pytest.mark.anyio

API, PROMOTER = "/skiddle/api/api/v1", "/skiddle/promoter"
KEY = credentials("skiddle")["apiKey"]
EVENT = (
    "id listingid EventCode eventname cancelled cancellationType rescheduledDate venue imageurl largeimageurl link "
    "date startdate enddate description openingtimes minage tickets entryprice ticketpricing"
)


async def ask(client: httpx2.AsyncClient, path: str = f"{API}/events/search/", **query: Any) -> httpx2.Response:
    return await client.get(path, params={"api_key": KEY, **query})


async def rows(client: httpx2.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = (await ask(client, offset=len(found), **query)).json()
        found += answer["results"]
        if len(found) >= int(answer["totalcount"]):
            return found


@pytest.mark.parametrize("limit", [1, 4, 100])
async def test_a_walk_by_offset_gives_every_public_event_once(client: httpx2.AsyncClient, limit: int) -> None:
    found = await rows(client, limit=limit, order="date")

    assert sorted(row["id"] for row in found) == [str(1000 + number) for number in range(1, 13) if number != 10]
    assert [row["date"] for row in found] == sorted(row["date"] for row in found)


async def test_counts_are_text_and_the_answer_does_not_say_that_it_is_json(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, limit=5)

    assert answer.headers["content-type"].startswith("text/plain")
    assert {name: answer.json()[name] for name in ("error", "totalcount", "pagecount")} == {
        "error": 0,
        "totalcount": "11",
        "pagecount": 5,
    }


async def test_an_event_is_an_object(client: httpx2.AsyncClient) -> None:
    event = (await ask(client, f"{API}/events/1003/")).json()["results"]

    assert set(EVENT.split()) <= set(event)
    assert event["eventname"] == "Fog &amp; Brass: Rosie’s Foundry Band"
    assert (event["startdate"], event["cancelled"], event["tickets"]) == ("2027-02-12T19:30:00+00:00", "0", True)
    assert event["ticketpricing"] == {"minPrice": 18.5, "maxPrice": 32.0}
    assert (event["venue"]["town"], event["venue"]["longitude"]) == ("London", "-0.0912")


@pytest.mark.parametrize("id", ["1010", "999"])
async def test_a_draft_and_an_unknown_id(client: httpx2.AsyncClient, id: str) -> None:
    answer = await ask(client, f"{API}/events/{id}/")

    assert (answer.status_code, answer.json()) == (404, {"error": 404, "errormessage": "No such event"})


@pytest.mark.parametrize("path", [f"{API}/events/search/", f"{PROMOTER}/events/1003/tickets"])
@pytest.mark.parametrize(
    "key, message", [("", "Invalid API key"), ("wrong", "Invalid API key"), ("sk_test_forbidden_1", "Access denied")]
)
async def test_keys(client: httpx2.AsyncClient, path: str, key: str, message: str) -> None:
    answer = await ask(client, path, api_key=key)

    assert (answer.status_code, answer.json()["errormessage"]) == (403, message)


@pytest.mark.parametrize(
    "query, count",
    [
        ({"minDate": "2027-06-18"}, 2),
        ({"maxDate": "2026-11-21T00:00:00"}, 2),
        ({"keyword": "winterkabarett"}, 2),
        ({"venueid": "501,503"}, 2),
        ({"country": "FR"}, 2),
    ],
)
async def test_filters(client: httpx2.AsyncClient, query: dict[str, str], count: int) -> None:
    assert len(await rows(client, **query)) == count


@pytest.mark.parametrize("kind, count", [("tickets", 3), ("attendees", 16)])
async def test_the_host_that_is_assumed_for_promoters(client: httpx2.AsyncClient, kind: str, count: int) -> None:
    answer = (await ask(client, f"{PROMOTER}/events/1003/{kind}")).json()

    assert (len(answer["data"]), answer["meta"]["total"]) == (count, count)


async def test_a_report(client: httpx2.AsyncClient) -> None:
    report = (await ask(client, f"{PROMOTER}/events/1003/revenue")).json()["data"]

    assert (report["currency"], report["gross_revenue"], report["refunds"]) == ("GBP", 414.7, 70.4)

from typing import Any

import httpx2
import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.clerk import Clerk
from tests.sandbox.accounts import credentials

pytestmark = pytest.mark.anyio

API = "/ticketmaster/api/discovery/v2"
EVENT = "name type id test url locale images sales dates classifications _links"
VENUE = "name type id postalCode timezone city country address location"


async def ask(client: httpx2.AsyncClient, path: str = "/events.json", **query: Any) -> httpx2.Response:
    return await client.get(API + path, params={"apikey": credentials("ticketmaster")["apiKey"], **query})


async def rows(client: httpx2.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = (await ask(client, **query)).json()
        found += answer.get("_embedded", {}).get("events", [])
        if answer["page"]["number"] + 1 >= answer["page"]["totalPages"]:
            return found
        query["page"] = answer["page"]["number"] + 1


@pytest.mark.parametrize("size", [1, 4, 200])
async def test_a_walk_by_page_numbers_gives_every_public_event_once(client: httpx2.AsyncClient, size: int) -> None:
    ids = [row["id"] for row in await rows(client, size=size, sort="id,asc")]

    assert ids == [f"vvSBX{number:09}" for number in range(1, 13) if number != 10], "the draft is not public"


async def test_pages_begin_at_zero_and_links_are_relative(client: httpx2.AsyncClient) -> None:
    answer = (await ask(client, size=5, sort="date,asc")).json()

    assert answer["page"] == {"size": 5, "totalElements": 11, "totalPages": 3, "number": 0}
    assert answer["_links"]["next"]["href"] == "/discovery/v2/events.json?sort=date%2Casc&page=1&size=5{&sort}"
    assert set(answer["_links"]) == {"first", "self", "next", "last"}


async def test_a_list_of_nothing_has_no_list(client: httpx2.AsyncClient) -> None:
    answer = (await ask(client, keyword="zzz")).json()

    assert set(answer) == {"_links", "page"}
    assert answer["page"] == {"size": 20, "totalElements": 0, "totalPages": 0, "number": 0}


@pytest.mark.parametrize(
    "query, code",
    [
        ({"size": 201}, "DIS1036"),
        ({"size": 200, "page": 5}, "DIS1035"),
        ({"startDateTime": "2027-03-01T00:00:00.000Z"}, "DIS1015"),
        ({"endDateTime": "2027-03-01T00:00:00+01:00"}, "DIS1015"),
        ({"page": "one"}, "DIS1006"),
    ],
)
async def test_what_is_refused(client: httpx2.AsyncClient, query: dict[str, Any], code: str) -> None:
    answer = await ask(client, **query)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)
    assert "Rate-Limit" not in answer.headers


@pytest.mark.parametrize("key, status", [("wrong", 401), ("sk_test_forbidden_1", 403), ("", 401)])
async def test_keys(client: httpx2.AsyncClient, key: str, status: int) -> None:
    answer = await ask(client, apikey=key)

    assert (answer.status_code, set(answer.json()["fault"])) == (status, {"faultstring", "detail"})


@pytest.mark.parametrize("id", ["vvSBX000000099", "vvsbx000000001", "vvSBX000000010"])
async def test_an_unknown_id_one_of_other_case_and_a_draft(client: httpx2.AsyncClient, id: str) -> None:
    answer = await ask(client, f"/events/{id}.json")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "DIS1004")


async def test_an_event(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, "/events/vvSBX000000003.json")
    event = answer.json()

    assert set(EVENT.split()) <= set(event)
    assert event["dates"]["start"]["dateTime"] == "2027-02-12T19:30:00Z"
    assert event["dates"]["status"] == {"code": "onsale"}
    assert event["priceRanges"] == [{"type": "standard", "currency": "GBP", "min": 18.5, "max": 32.0}]
    (venue,) = event["_embedded"]["venues"]
    assert set(VENUE.split()) <= set(venue)
    assert (venue["city"]["name"], venue["location"]["latitude"]) == (" London", "51.5033")
    assert answer.headers["Rate-Limit-Reset"] == "1793696400000"


@pytest.mark.parametrize(
    "query, count",
    [
        ({"startDateTime": "2027-06-18T18:30:00Z"}, 2),
        ({"endDateTime": "2026-11-21T00:00:00Z"}, 2),
        ({"keyword": "Foundry band"}, 1),
        ({"keyword": "found"}, 0),
        ({"countryCode": "FR"}, 2),
        ({"includeTBA": "only"}, 0),
    ],
)
async def test_filters(client: httpx2.AsyncClient, query: dict[str, str], count: int) -> None:
    assert len(await rows(client, **query)) == count


async def test_no_more_than_ten_thousand_are_counted(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    clerk = Clerk()
    sandbox.box_office.events[:] = [clerk.event(f"e-{number}", {"Entry": 10}) for number in range(10_001)]

    assert (await ask(client, size=1)).json()["page"]["totalElements"] == 10_000

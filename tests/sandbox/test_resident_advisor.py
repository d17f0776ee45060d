from typing import Any

import httpx2
import pytest

from tests.sandbox.accounts import RESIDENT_ADVISOR

pytestmark = pytest.mark.anyio

BROWSER = {"User-Agent": "Mozilla/5.0"}
LISTINGS = """query($filters: FilterInputDtoInput, $page: Int, $pageSize: Int) {
    eventListings(filters: $filters, page: $page, pageSize: $pageSize) {
        data { id listingDate event { id title startTime promoters { id } } } totalResults } }"""
TIERS = """query($id: ID!) { event(id: $id) { ticketingSystem flyerFront
    all: tickets(queryType: AVAILABLE) { title isAddOn }
    tickets(queryType: AVAILABLE, ticketTierType: TICKETS) { title validType priceRetail onSaleFrom currency { code } }
} }"""


async def ask(client: httpx2.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    said = {"query": query, "variables": variables}
    found: dict[str, Any] = (await client.post(RESIDENT_ADVISOR, json=said, headers=BROWSER)).json()
    return found


async def listed(client: httpx2.AsyncClient, **asked: Any) -> list[tuple[str, str, str]]:
    answer = (await ask(client, LISTINGS, **asked))["data"]["eventListings"]
    return [(row["event"]["id"], row["listingDate"][:10], row["event"]["promoters"][0]["id"]) for row in answer["data"]]


async def test_a_day_of_an_event_is_a_row_and_so_is_one_of_somebody_else(client: httpx2.AsyncClient) -> None:
    assert await listed(client, filters={"areas": {"eq": 61}}) == [
        ("1012", "2027-07-02", "77"), ("1512", "2027-07-02", "78"), ("1012", "2027-07-03", "77"),
        ("1512", "2027-07-03", "78"), ("1012", "2027-07-04", "77"), ("1512", "2027-07-04", "78"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "days, rows",
    [
        ({"gte": "2027-07-03"}, 4),
        ({"gte": "2027-07-03T00:00:00.000Z", "lte": "2027-07-03T23:59:59.999Z"}, 2),
        ({"lte": "2027-07-01"}, 0),
    ],
)
async def test_days_are_within_their_bounds(client: httpx2.AsyncClient, days: dict[str, str], rows: int) -> None:
    assert len(await listed(client, filters={"areas": {"eq": 61}, "listingDate": days})) == rows


async def test_pages(client: httpx2.AsyncClient) -> None:
    answers = [await ask(client, LISTINGS, page=page, pageSize=20) for page in (1, 2, 3)]
    found = [answer["data"]["eventListings"] for answer in answers]

    assert [(len(page["data"]), page["totalResults"]) for page in found] == [(20, 26), (6, 26), (0, 26)]


@pytest.mark.parametrize(
    "variables, said",
    [
        ({"pageSize": 101}, "Limit must not be greater than 100"),
        ({"filters": {"areas": {"eq": "61"}}}, "Int cannot represent"),
        ({"filters": {"promoters": {"eq": 77}}}, "unknown field"),
        ({"filters": {"listingDate": {"gte": "soon"}}}, "Invalid date"),
    ],
)
async def test_what_is_refused(client: httpx2.AsyncClient, variables: dict[str, Any], said: str) -> None:
    answer = await ask(client, LISTINGS, **variables)

    assert said in answer["errors"][0]["message"]
    assert "data" not in answer


@pytest.mark.parametrize(
    "headers, body, status, kind",
    [
        ({"User-Agent": "curl/8"}, {"json": {}}, 403, "text/html; charset=utf-8"),
        (BROWSER, {"data": {"query": "{ x }"}}, 400, "application/json"),
        (BROWSER, {"json": {"query": "{ x }"}}, 200, "application/json"),
    ],
)
async def test_only_browsers_that_send_json_are_let_in(
    client: httpx2.AsyncClient, headers: dict[str, str], body: dict[str, Any], status: int, kind: str
) -> None:
    answer = await client.post(RESIDENT_ADVISOR, headers=headers, **body)

    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)


async def test_tiers(client: httpx2.AsyncClient) -> None:
    garden = (await ask(client, TIERS, id="1001"))["data"]["event"]
    foundry = (await ask(client, TIERS, id="1003"))["data"]["event"]
    unknown = await ask(client, TIERS, id="4711")

    assert [tier["validType"] for tier in garden["tickets"]] == ["VALID", "VALID", "SOLDOUT"]
    assert garden["tickets"][0] == {
        "title": "Plein tarif", "validType": "VALID", "priceRetail": 25.0, "onSaleFrom": None,
        "currency": {"code": "EUR"},
    }  # fmt: skip
    assert [tier["isAddOn"] for tier in garden["all"]] == [False, False, False, True]
    assert (garden["ticketingSystem"], foundry["ticketingSystem"], foundry["all"]) == ("LEGACY", "ENTIRE", [])
    assert unknown == {"data": {"event": None}}


async def test_times_are_on_the_wall_and_a_title_says_what_is_off(client: httpx2.AsyncClient) -> None:
    rows = (await ask(client, LISTINGS, pageSize=100))["data"]["eventListings"]["data"]
    events = {row["event"]["id"]: row["event"] for row in rows}

    assert events["1011"]["startTime"] == "2026-10-24T22:00:00.000"
    assert events["1009"]["title"] == "CANCELLED - Ópera da Lua"
    assert "1010" not in events

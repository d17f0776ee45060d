import httpx2
import pytest

from tests.sandbox.accounts import REGFOX, RegFox

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("limit", [7, 50])
@pytest.mark.parametrize(
    "path, rows", [("/forms", 12), ("/search/orders", 179), ("/search/registrants", 368), ("/search/transactions", 184)]
)
async def test_lists_are_complete(client: httpx2.AsyncClient, path: str, rows: int, limit: int) -> None:
    ids = [row["id"] for row in await RegFox().walk(client, path, limit=limit)]

    assert (len(ids), len(set(ids))) == (rows, rows)


async def test_the_last_page_says_nothing_of_a_next(client: httpx2.AsyncClient) -> None:
    first = (await RegFox().get(client, "/forms", limit=10)).json()
    last = (await RegFox().get(client, "/forms", limit=10, startingAfter=10)).json()

    assert {name: first[name] for name in first if name != "data"} == {
        "responseCode": 200,
        "totalResults": 12,
        "startingAfter": 10,
        "hasMore": True,
    }
    assert (set(last), len(last["data"])) == ({"responseCode", "data", "totalResults"}, 2)


async def test_only_a_form_itself_tells_its_dates(client: httpx2.AsyncClient) -> None:
    listed = {row["id"]: row for row in (await RegFox().get(client, "/forms")).json()["data"]}
    form = (await RegFox().get(client, "/forms/700003")).json()["data"]

    assert not {"currency", "timeZone", "eventStart", "fields"} & set(listed[700003])
    assert (form["currency"], form["timeZone"], form["eventStart"]) == ("GBP", "Europe/London", "2027-02-12T19:30:00Z")
    assert form["datePublished"] == "2026-01-05T09:00:00.692735693Z"
    assert [row["status"] for row in listed.values()][:2] == ["archived", "open"]


async def test_stock_is_that_of_the_question_and_of_its_options(client: httpx2.AsyncClient) -> None:
    rows = (await RegFox().get(client, "/forms/700001/inventory")).json()["data"]

    assert [(row["path"], row["quantity"]) for row in rows] == [
        ("registrants.registrationOptions", 134),
        ("registrants.registrationOptions.option1", 80),
        ("registrants.registrationOptions.option2", 40),
        ("registrants.registrationOptions.option3", 4),
        ("registrants.registrationOptions.option4", 10),
    ]


async def test_a_single_order_is_no_list(client: httpx2.AsyncClient) -> None:
    order = (await RegFox().get(client, "/search/orders", orderId="300001", **{"[]expand": "registrants"})).json()[
        "data"
    ]

    assert (order["id"], len(order["registrants"])) == (300001, 2)


@pytest.mark.parametrize(
    "path, query, status, code",
    [
        ("/forms/700010/inventory", {}, 400, 8400),
        ("/forms/1", {}, 404, 4040),
        ("/forms", {"limit": "many"}, 400, 4000),
        ("/search/orders", {"dateUpdatedAfter": "soon"}, 400, 4000),
    ],
)
async def test_refusals(client: httpx2.AsyncClient, path: str, query: dict[str, str], status: int, code: int) -> None:
    answer = await RegFox().get(client, path, **query)

    assert (answer.status_code, answer.json()["responseCode"], answer.json()["error"]["code"]) == (status, status, code)


@pytest.mark.parametrize("key, status", [("", 401), ("rf_wrong", 401), ("sk_test_forbidden_1", 403)])
async def test_keys(client: httpx2.AsyncClient, key: str, status: int) -> None:
    assert (await client.get(f"{REGFOX}/ping", headers={"apiKey": key})).status_code == status


async def test_the_product_is_asked_for(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{REGFOX}/search/orders", headers=RegFox.headers)

    assert (answer.status_code, answer.json()["error"]["description"]) == (400, "product is required")

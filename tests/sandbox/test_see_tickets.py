from typing import Any

import httpx2
import pytest

from tests.sandbox.accounts import credentials

pytestmark = pytest.mark.anyio
SEE = "/see-tickets/api/v1"


def headers(key: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key or credentials('see-tickets')['apiKey']}"}


async def sales(client: httpx2.AsyncClient, code: str, **more: Any) -> Any:
    search = {"forSearchItemType": "EVENT", "searchItemCodes": [code]}
    answer = await client.post(f"{SEE}/reports/sales", json={"search": search, **more}, headers=headers())
    return answer.json()["data"]


async def test_a_page_of_the_search(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{SEE}/events/search", params={"offset": 10, "limit": 5}, headers=headers())

    assert [(row["id"], row["starts"]) for row in answer.json()["data"]] == [
        ("DF-1000011", "2026-10-24T21:00:00"),
        ("DF-1000012", "2027-07-02T15:00:00"),
    ]


async def test_a_page_of_the_report(client: httpx2.AsyncClient) -> None:
    whole = await sales(client, "DF-1000012", limit=100)
    rest = await sales(client, "DF-1000012", limit=100, offset=100)

    assert (len(whole), len(rest)) == (100, 19)
    assert len(await sales(client, "DF-1000012")) == 20


async def test_what_was_given_back_is_negative(client: httpx2.AsyncClient) -> None:
    rows = [row for row in await sales(client, "DF-1000001", limit=100) if row["uniqueCode"] == "U1"]

    assert [(row["sold"], row["grossSales"], row["taxTotal"]) for row in rows] == [(2, 50.0, 8.34), (-1, -25.0, -4.17)]
    assert [row["date"] for row in rows] == ["2026-06-01T10:00:00", "2026-09-20T17:00:00"]


async def test_what_the_platform_keeps_is_not_in_the_face(client: httpx2.AsyncClient) -> None:
    row = (await sales(client, "DF-1000003", limit=1))[0]

    assert (row["ticketPrice"], row["faceValue"], row["grossSales"], row["grossFace"]) == (35.2, 32.0, 70.4, 64.0)


@pytest.mark.parametrize("key, status", [("sk_wrong", 401), ("sk_test_forbidden_1", 403)])
async def test_keys(client: httpx2.AsyncClient, key: str, status: int) -> None:
    answer = await client.get(f"{SEE}/events/search", headers=headers(key))
    other = await client.get(f"{SEE}/events/search", headers=headers() | {"X-API-Key": "sk_wrong"})

    assert (answer.status_code, other.status_code) == (status, 401)


@pytest.mark.parametrize("body", [None, [], {}, {"search": {"forSearchItemType": "TOUR", "searchItemCodes": []}}])
async def test_a_report_without_a_search_is_refused(client: httpx2.AsyncClient, body: Any) -> None:
    answer = await client.post(f"{SEE}/reports/sales", json=body, headers=headers())

    assert answer.status_code == 400

from typing import Any

import httpx2
import pytest

from tests.sandbox.accounts import credentials

pytestmark = pytest.mark.anyio
FIXR = "/fixr/api/api/v2"
OWN = f"{FIXR}/organiser/accounts/7300/events"


async def get(client: httpx2.AsyncClient, path: str, scheme: str = "Bearer", **query: Any) -> httpx2.Response:
    headers = {"Authorization": f"{scheme} {credentials('fixr')['apiKey']}"}
    return await client.get(path, params=query, headers=headers)


@pytest.mark.parametrize("scheme", ["Bearer", "Token"])
async def test_a_page_of_events(client: httpx2.AsyncClient, scheme: str) -> None:
    rows = (await get(client, OWN, scheme, offset=10, limit=5)).json()["data"]

    assert [row["id"] for row in rows] == [511, 512]
    assert rows[0]["status"] == "Ended"
    assert rows[0]["open_time"] == "2026-10-24T20:00:00Z"


async def test_an_event_of_the_organiser_and_of_the_public(client: httpx2.AsyncClient) -> None:
    own = (await get(client, f"{OWN}/503")).json()
    public = await client.get(f"{FIXR}/app/event/503")

    assert own == {"data": public.json()}
    assert public.json()["tickets"][0] == {
        "id": 906, "name": "Standing", "type": 0, "currency": "GBP", "price": 18.5, "booking_fee": 1.85,
        "max_per_user": 4, "sold_out": False, "expired": False, "not_yet_valid": False, "promo_code_required": False,
    }  # fmt: skip
    assert (await client.get(f"{FIXR}/app/event/510")).status_code == 404, "a draft is not public"


async def test_tickets_of_a_booking_have_one_reference(client: httpx2.AsyncClient) -> None:
    rows = (await get(client, f"{OWN}/501/attendees")).json()["data"]

    assert [row["reference_id"] for row in rows[:2]] == ["FX00001", "FX00001"]
    assert [row["status"] for row in rows[:2]] == ["valid", "refunded"]
    assert "id" not in rows[0]
    assert not [row for row in rows if row["reference_id"] in ("FX00008", "FX00009", "FX00010")], "never paid, or tests"


@pytest.mark.parametrize(
    "path, key, status",
    [(OWN, "sk_wrong", 401), (OWN, "sk_test_forbidden_1", 403), (OWN.replace("7300", "1"), None, 404)],
)
async def test_refusals(client: httpx2.AsyncClient, path: str, key: str | None, status: int) -> None:
    headers = {"Authorization": f"Bearer {key or credentials('fixr')['apiKey']}"}
    answer = await client.get(path, headers=headers)

    assert (answer.status_code, list(answer.json())) == (status, ["detail"])

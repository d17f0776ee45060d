from typing import Any

import httpx2
import pytest

from spekta.sandbox.providers.weezevent import KEY, LOGIN, TOKEN

pytestmark = pytest.mark.anyio

WEEZEVENT = "/weezevent/api"
SECRETS = {"api_key": KEY, "access_token": TOKEN}
WHOLE = {"full": "1", "include_deleted": "1", "include_unpaid": "1"}


async def get(client: httpx2.AsyncClient, path: str, **query: Any) -> Any:
    return (await client.get(WEEZEVENT + path, params=SECRETS | query)).json()


@pytest.mark.parametrize(
    "asked, count",
    [
        ({}, 5),
        ({"include_closed": "true"}, 6),
        ({"include_not_published": "1", "include_closed": "1", "include_without_sales": "1"}, 7),
    ],
)
async def test_events_are_hidden_unless_asked_for(client: httpx2.AsyncClient, asked: Any, count: int) -> None:
    assert len((await get(client, "/events", **asked))["events"]) == count


async def test_details_are_an_object_with_another_name_for_the_name(client: httpx2.AsyncClient) -> None:
    listed = (await get(client, "/events"))["events"][0]
    told = await get(client, f"/event/{listed['id']}/details")

    assert (listed["id"], told["events"]["id"]) == (7001, "7001")
    assert listed["name"] == told["events"]["title"]
    assert listed["date"] == {"start": "2027-06-18 20:30:00", "end": ""}
    assert told["last_update"] == "2026-09-14T10:30:00+02:00"
    assert told["events"]["price"] == {"min": "5.00", "max": "60.00"}


async def test_types_lie_in_categories_of_categories(client: httpx2.AsyncClient) -> None:
    festival = next(row["id"] for row in (await get(client, "/events"))["events"] if "Quais" in row["name"])
    (event,) = (await get(client, "/tickets", **{"id_event[]": festival}))["events"]

    assert event["tickets"] == []
    assert [kind["price"] for kind in event["categories"][0]["categories"][0]["tickets"]] == [39, 99]


@pytest.mark.parametrize(
    "asked, rows",
    [({}, 18), ({"include_deleted": "1"}, 21), ({"include_unpaid": "1"}, 20), (WHOLE, 23), (WHOLE | {"max": "10"}, 10),
     (WHOLE | {"max": "10", "page": "3"}, 3), (WHOLE | {"last_update": "2026-09-20 18:00:00"}, 5)],
)  # fmt: skip
async def test_participants(client: httpx2.AsyncClient, asked: Any, rows: int) -> None:
    answer = await get(client, "/participant/list", **asked, **{"id_event[]": "7001"})

    assert len(answer["participants"]) == rows
    assert answer["server_time"] == "2026-11-02 10:00:00"


async def test_only_a_full_answer_tells_of_buyers(client: httpx2.AsyncClient) -> None:
    short, full = [
        (await get(client, "/participant/list", max=1, **more, **{"id_event[]": "7001"}))["participants"][0]
        for more in ({}, WHOLE)
    ]

    assert set(full) - set(short) >= {"buyer", "answers", "paid"}
    assert short["control_status"]["scan_date"] == "0000-00-00 00:00:00"
    assert full["answers"][0]["label"] == "T\\u00e9l\\u00e9phone"


async def test_an_error_is_a_success(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{WEEZEVENT}/participant/list", params=SECRETS)

    assert (answer.status_code, answer.json()) == (200, {"error": {"code": 1, "message": "id_event is missing"}})


@pytest.mark.parametrize(
    "secrets, status",
    [({}, 401), ({"api_key": KEY}, 401), (SECRETS | {"api_key": "wz_wrong"}, 401),
     (SECRETS | {"api_key": "sk_test_forbidden_1"}, 403), (SECRETS, 200)],
)  # fmt: skip
async def test_keys(client: httpx2.AsyncClient, secrets: Any, status: int) -> None:
    assert (await client.get(f"{WEEZEVENT}/events", params=secrets)).status_code == status


async def log_in(client: httpx2.AsyncClient, **form: str) -> httpx2.Response:
    return await client.post(f"{WEEZEVENT}/auth/access_token", data={"api_key": KEY, **LOGIN, **form})


async def test_a_login_gives_a_token(client: httpx2.AsyncClient) -> None:
    token = (await log_in(client)).json()["accessToken"]

    assert (await client.get(f"{WEEZEVENT}/events", params={"api_key": KEY, "access_token": token})).status_code == 200


async def test_five_wrong_logins_lock_the_account(client: httpx2.AsyncClient) -> None:
    wrong = [(await log_in(client, password="wz_wrong")).status_code for _ in range(6)]

    assert wrong == [403] * 5 + [429]
    assert (await log_in(client)).status_code == 429

import httpx2
import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.providers import axs
from tests.sandbox.accounts import AXS, AXS_PARTNER, Axs

pytestmark = pytest.mark.anyio


async def test_pages(client: httpx2.AsyncClient) -> None:
    first, second, third = [(await Axs().get(client, rows=10, page=page)).json() for page in (1, 2, 3)]

    assert [(len(page["events"]), page["meta"]["total"]) for page in (first, second, third)] == [
        (10, 11),
        (1, 11),
        (0, 11),
    ]
    assert first["meta"] == {"total": 11, "page": 1, "rows": 10}


@pytest.mark.parametrize(
    "query, status",
    [
        ({"rows": 9}, 400),
        ({"rows": 101}, 400),
        ({"start": "2026-12-01"}, 400),
        ({"siteId": 110}, 403),
        ({"access_token": "AXSWRONG"}, 401),
        ({"access_token": "sk_test_forbidden_1"}, 403),
    ],
)
async def test_what_is_refused(client: httpx2.AsyncClient, query: dict[str, str], status: int) -> None:
    answer = await Axs().get(client, **query)

    assert (answer.status_code, list(answer.json())) == (status, ["message"])


async def test_an_event(client: httpx2.AsyncClient) -> None:
    rows = {row["eventId"]: row for row in (await Axs().get(client, rows=100)).json()["events"]}
    night = rows["1011"]

    assert (night["eventDateTimeUTC"], night["eventDateTimeISO"]) == (
        "2026-10-24T20:00:00",
        "2026-10-24T22:00:00+02:00",
    )
    assert night["venue"]["country"] == "France"
    assert night["title"]["eventTitle"].startswith("<a href=")
    assert rows["1001"]["relatedMedia"]["1"]["width"] == "238"
    assert [row["eventId"] for row in rows.values() if row["ticketing"]["statusId"] == 2] == ["1009"]


@pytest.mark.parametrize(
    "query, count",
    [
        ({"start": "2027-06-18T18:30:00"}, 2),
        ({"start": "2027-06-18T18:30:01"}, 1),
        ({"end": "2026-10-24T20:00:00"}, 1),
    ],
)
async def test_filters_are_in_utc(client: httpx2.AsyncClient, query: dict[str, str], count: int) -> None:
    assert (await Axs().get(client, rows=100, **query)).json()["meta"]["total"] == count


async def test_each_host_has_its_own_way_to_sign(client: httpx2.AsyncClient) -> None:
    path = f"{AXS_PARTNER}/events/1001/ticket-types"
    bearer = {"Authorization": f"Bearer {axs.TOKEN}"}
    answers = [
        await client.get(f"{AXS}/events", headers=bearer),
        await client.get(path, params={"access_token": axs.TOKEN}),
        await client.get(path, headers=bearer),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 200]
    assert answers[2].json()["data"][0]["price"] == {"amount": "25.00", "currency": "EUR"}


async def test_tokens_are_renewed(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    _, refresh = sandbox.grants["axs"].issue()
    form = {"client_id": axs.CLIENT["clientId"], "client_secret": axs.CLIENT["clientSecret"], "refresh_token": refresh}
    first, again = [await client.post("/axs/token/oauth/token", data=form) for _ in range(2)]
    stranger = await client.post("/axs/token/oauth/token", data={**form, "client_secret": "sk_test_wrong"})

    assert [answer.status_code for answer in (first, again, stranger)] == [200, 400, 400]
    assert (await Axs().get(client, access_token=first.json()["access_token"])).status_code == 200

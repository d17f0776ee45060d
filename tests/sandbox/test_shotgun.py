from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from spekta.sandbox.providers import shotgun
from tests.sandbox.accounts import SHOTGUN, Shotgun

pytestmark = pytest.mark.anyio
EVENTS = f"{SHOTGUN}/smartboard/api/shotgun/organizers/{shotgun.ORGANIZER}/events"


async def names(client: httpx2.AsyncClient, **query: Any) -> list[str]:
    return [row["name"] for row in (await Shotgun().events(client, **query)).json()["data"]]


async def test_past_events_are_a_listing_of_their_own_whatever_is_said(client: httpx2.AsyncClient) -> None:
    coming = await names(client)
    for said in ("true", "false"):
        assert await names(client, past_events=said) == ["La nuit de 25 heures"]
    assert len(coming) == 9
    assert "La nuit de 25 heures" not in coming


async def test_pages_begin_at_zero(client: httpx2.AsyncClient) -> None:
    whole = await names(client)
    assert [name for page in range(4) for name in await names(client, page=page, limit=3)] == whole


async def test_events_are_filtered(client: httpx2.AsyncClient) -> None:
    assert await names(client, name="WINTER") == ["Winterkabarett"] * 2
    assert await names(client, updated_after="2026-10-20T11:00:00Z") == ["Ópera da Lua"]


async def test_a_full_page_of_tickets_has_a_link_with_the_token_in_it(client: httpx2.AsyncClient) -> None:
    rows: list[Any] = []
    query: dict[str, str] = {}
    while True:
        answer = (await Shotgun().tickets(client, **query)).json()
        rows += answer["data"]
        if "next" not in answer["pagination"]:
            break
        assert len(answer["data"]) == 100
        said = parse_qs(urlsplit(answer["pagination"]["next"]).query)
        assert said["token"] == [shotgun.KEY]
        query = {"after": said["after"][0]}
    ids = [row["ticket_id"] for row in rows]
    assert len(ids) == len(set(ids)) > 300
    places = [(row["ticket_updated_at"], row["ticket_id"]) for row in rows]
    assert places == sorted(places)


async def test_tickets_after_a_time(client: httpx2.AsyncClient) -> None:
    rows = (await Shotgun().tickets(client, after="2026-10-24T20:00:00.000Z")).json()["data"]
    assert {row["event_name"] for row in rows} == {"La nuit de 25 heures"}


async def test_prices_are_euros_in_deals_and_cents_in_tickets(client: httpx2.AsyncClient) -> None:
    event = next(row for row in (await Shotgun().events(client)).json()["data"] if "Brass" in row["name"])
    deal = event["deals"][0]
    row = (await Shotgun().tickets(client, event_id=event["id"])).json()["data"][0]
    assert (deal["price"], deal["user_fees"]) == (18.5, 1.85)
    assert (row["deal_price"], row["deal_user_service_fee"], row["currency"]) == (1850, 185, "gbp")


async def test_another_organizer_has_empty_lists(client: httpx2.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {shotgun.KEY}"}
    tickets = await client.get(f"{SHOTGUN}/api/tickets", params={"organizer_id": 1}, headers=headers)
    events = await client.get(EVENTS.replace(str(shotgun.ORGANIZER), "1"), params={"key": shotgun.KEY})
    assert [answer.json()["data"] for answer in (tickets, events)] == [[], []]


async def test_without_an_organizer_tickets_are_refused(client: httpx2.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {shotgun.KEY}"}
    assert (await client.get(f"{SHOTGUN}/api/tickets", headers=headers)).status_code == 400


@pytest.mark.parametrize(
    "key, status", [("", 401), ("wrong", 401), (shotgun.token(shotgun.ORGANIZER, "sk_test_forbidden_1"), 403)]
)
async def test_each_host_takes_the_token_in_its_own_way(client: httpx2.AsyncClient, key: str, status: int) -> None:
    header = {"Authorization": f"Bearer {key}"}
    assert (await client.get(f"{SHOTGUN}/api/tickets", headers=header)).status_code == status
    assert (await client.get(EVENTS, params={"key": key})).status_code == status
    assert (await client.get(EVENTS, headers={"Authorization": f"Bearer {shotgun.KEY}"})).status_code == 401
    assert (await client.get(f"{SHOTGUN}/api/tickets", params={"key": shotgun.KEY})).status_code == 401

from typing import Any

import httpx2
import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.providers import universe
from tests.sandbox.accounts import UNIVERSE, Universe, universe_token

pytestmark = pytest.mark.anyio
EVENTS = f"""query($limit: Int, $offset: Int) {{ host(id: "{universe.HOST}") {{
    events(states: [POSTED, INACTIVE, DRAFT, EXPIRED]) {{ totalCount
        nodes(limit: $limit, offset: $offset) {{ id title timeSlots {{ totalCount }} }} }} }} }}"""
ORDERS = "query($id: ID!) { event(id: $id) { title orders { totalCount } } }"


def ident(sandbox: Sandbox, key: str) -> str:
    return universe.event_id(sandbox.box_office.event(key))


async def rows(client: httpx2.AsyncClient, **variables: Any) -> list[dict[str, Any]]:
    account = await Universe.signed_in(client)
    answer = (await account.ask(client, EVENTS, **variables)).json()["data"]["host"]["events"]
    assert answer["totalCount"] == 11
    found: list[dict[str, Any]] = answer["nodes"]
    return found


@pytest.mark.parametrize("asked, given", [({}, 10), ({"limit": 500}, 11), ({"limit": 4, "offset": 8}, 3)])
async def test_nodes_are_ten_unless_told(client: httpx2.AsyncClient, asked: dict[str, int], given: int) -> None:
    assert len(await rows(client, **asked)) == given


async def test_no_more_than_fifty_are_given(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    account = await Universe.signed_in(client)
    key = ident(sandbox, "festival-des-quais")
    query = "query($id: ID!) { event(id: $id) { orders { totalCount nodes(limit: 500) { id } } } }"
    orders = (await account.ask(client, query, id=key)).json()["data"]["event"]["orders"]
    assert (orders["totalCount"], len(orders["nodes"])) == (115, 50)


async def test_dates_of_a_series_are_slots_of_one_event(client: httpx2.AsyncClient) -> None:
    slots = {row["title"]: row["timeSlots"]["totalCount"] for row in await rows(client, limit=50)}
    assert slots.pop("Winterkabarett") == 2
    assert set(slots.values()) == {1}


@pytest.mark.parametrize("token", ["", "sk_test_forbidden_1"])
async def test_what_is_closed_is_null_and_the_rest_is_there(
    client: httpx2.AsyncClient, sandbox: Sandbox, token: str
) -> None:
    answer = await Universe(token).ask(client, ORDERS, id=ident(sandbox, "fog-and-brass"))
    assert answer.status_code == 200
    body = answer.json()
    assert body["data"] == {"event": {"title": "Fog & Brass: Rosie’s Foundry Band", "orders": None}}
    assert [error["message"] for error in body["errors"]] == ["Not authorized to access Event.orders"]


async def test_a_stranger_sees_what_is_posted_and_nobody_is_the_viewer(client: httpx2.AsyncClient) -> None:
    body = (await Universe("").ask(client, EVENTS, limit=50)).json()
    assert len(body["data"]["host"]["events"]["nodes"]) == 8
    assert (await Universe("").ask(client, "{ viewer { id } }")).json() == {"data": {"viewer": None}}


async def test_an_old_token_is_refused(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    account = await Universe.signed_in(client)
    sandbox.expire_tokens("universe")
    assert (await account.ask(client, "{ viewer { id } }")).status_code == 401


async def test_a_wrong_field_is_an_error_without_data(client: httpx2.AsyncClient) -> None:
    body = (await (await Universe.signed_in(client)).ask(client, "{ viewer { colour } }")).json()
    assert list(body) == ["errors"]


async def test_what_was_charged_and_what_is_settled(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    query = """query($id: ID!) { event(id: $id) { orders { nodes { costBreakdown { currency payment
        settlement { currency payment } } } } } }"""
    account = await Universe.signed_in(client)
    body = (await account.ask(client, query, id=ident(sandbox, "prairie-code-night"))).json()
    costs = body["data"]["event"]["orders"]["nodes"][0]["costBreakdown"]
    assert costs == {"currency": "CAD", "payment": 150.0, "settlement": {"currency": "USD", "payment": 120.0}}


@pytest.mark.parametrize("how", ["body", "basic"])
async def test_a_refresh_token_is_good_once(client: httpx2.AsyncClient, how: str) -> None:
    first = (await universe_token(client, grant_type="client_credentials")).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    pair = (universe.CLIENT["clientId"], universe.CLIENT["clientSecret"])
    again = []
    for _ in range(2):
        if how == "body":
            again.append(await universe_token(client, **form))
        else:
            again.append(await client.post(f"{UNIVERSE}/login/oauth/token", data=form, auth=pair))
    assert [answer.status_code for answer in again] == [200, 400]
    assert set(first) == {"access_token", "refresh_token", "token_type", "expires_in", "scope", "created_at"}


async def test_a_wrong_client_gets_no_token(client: httpx2.AsyncClient) -> None:
    answer = await universe_token(client, grant_type="client_credentials", client_secret="sk_test_wrong")
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})

from typing import Any

import httpx2
import pytest

from tests.sandbox.accounts import BILLETTO, Billetto, credentials

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path, rows", [("/events", 12), ("/ticket_types", 21), ("/attendees", 368), ("/orders", 179)])
@pytest.mark.parametrize("limit", [7, 100])
async def test_lists_are_complete(client: httpx2.AsyncClient, path: str, rows: int, limit: int) -> None:
    ids = [row["id"] for row in await Billetto().walk(client, path, limit=limit)]

    assert (len(ids), len(set(ids))) == (rows, rows)


async def test_the_link_has_no_host_and_ends_with_the_list(client: httpx2.AsyncClient) -> None:
    first = (await Billetto().get(client, "/events", limit=11)).json()
    last = (await Billetto().get(client, "/events", limit=11, after="1211")).json()

    assert first["next_url"] == "/api/v3/organiser/events?limit=11&after=1211"
    assert (last["has_more"], "next_url" in last, last["total"]) == (False, False, 12)


@pytest.mark.parametrize(
    "query, rows", [({}, 10), ({"limit": 0}, 0), ({"event": "1201"}, 10), ({"event": "1204", "limit": 100}, 6)]
)
async def test_sizes(client: httpx2.AsyncClient, query: dict[str, Any], rows: int) -> None:
    assert len((await Billetto().get(client, "/orders", **query)).json()["data"]) == rows


@pytest.mark.parametrize("query", [{"limit": 101}, {"limit": "all"}, {"after": "0"}, {"updated_after": "yesterday"}])
async def test_what_cannot_be_asked_is_refused(client: httpx2.AsyncClient, query: dict[str, Any]) -> None:
    answer = await Billetto().get(client, "/orders", **query)

    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize("day, rows", [("2026-09-19", 3), ("2026-09-20", 3), ("2026-09-21", 0)])
async def test_changes_are_asked_for_by_the_day(client: httpx2.AsyncClient, day: str, rows: int) -> None:
    found = await Billetto().walk(client, "/orders", event="1201", updated_after=day)

    assert len(found) == rows


async def test_a_pair_may_be_in_the_query_too(client: httpx2.AsyncClient) -> None:
    pair = ":".join(credentials("billetto").values())
    answers = [
        await client.get(f"{BILLETTO}/organiser/events", params={"Api-Keypair": said})
        for said in (pair, pair + "x", "sk_test_forbidden:x", "")
    ]

    assert [answer.status_code for answer in answers] == [200, 401, 403, 401]


async def test_links_are_ids_until_they_are_expanded(client: httpx2.AsyncClient) -> None:
    plain = (await Billetto().get(client, "/events/1201")).json()
    whole = (await Billetto().get(client, "/events/1201", expand="location,editorial")).json()
    listed = (await Billetto().get(client, "/events", expand="data.location")).json()["data"][0]

    assert (plain["location"], plain["editorial"], plain["venue"]) == ("77001", "78001", None)
    assert (whole["location"]["id"], whole["editorial"]["id"]) == ("77001", "78001")
    assert (listed["location"]["city"], listed["editorial"]) == ("Paris", "78001")


async def test_money(client: httpx2.AsyncClient) -> None:
    """Two balcony tickets, with the buyer's fee on top; and one of two given back."""
    foundry = (await Billetto().get(client, "/orders", event="1203", limit=1)).json()["data"][0]
    garden = next(row for row in await Billetto().walk(client, "/orders", event="1201") if row["id"] == "700001")
    names = ("subtotal", "billetto_fees", "payment_fees", "payout")
    (payment,) = garden["order_transactions"]["data"]

    assert [foundry[name] for name in names] == [6400, 480, 160, 6400]
    assert foundry["order_transactions"]["data"][0]["amount"] == 7040
    assert [payment[name] for name in ("amount", "refunded_amount", "balance")] == [5000, 2500, 2500]

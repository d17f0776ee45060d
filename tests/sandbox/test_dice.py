from base64 import b64encode
from typing import Any

import httpx2
import pytest

from tests.sandbox.accounts import DICE, Dice

pytestmark = pytest.mark.anyio

TICKET = (
    "id code claimedAt fullPrice total commission diceCommission fees { category dice promoter } ticketType { id name }"
)
ORDER = (
    f"id purchasedAt quantity fullPrice total fan {{ firstName email }} tickets {{ {TICKET} }} returns {{ ticketId }}"
)
TYPES = "name archived price faceValue totalTicketAllocationQty priceTierType priceTiers { faceValue price allocation }"


def global_id(kind: str, number: int) -> str:
    return b64encode(f"{kind}:{number}".encode()).decode()


async def data(client: httpx2.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await Dice().ask(client, query, **variables)).json()["data"]
    return found


async def message(client: httpx2.AsyncClient, query: str, **variables: Any) -> str:
    answer = await Dice().ask(client, query, **variables)
    assert answer.status_code == 200
    text: str = answer.json()["errors"][0]["message"]
    return text


@pytest.mark.parametrize("first", [1, 5, 100])
async def test_a_walk_by_cursor_gives_every_event_once(client: httpx2.AsyncClient, first: int) -> None:
    rows = await Dice().walk(client, "events", "id", first)

    assert [row["id"] for row in rows] == [global_id("Event", number) for number in range(1, 13)]


@pytest.mark.parametrize("listing, rows", [("orders", 175), ("returns", 19), ("tickets", 340)])
async def test_lists_are_complete(client: httpx2.AsyncClient, listing: str, rows: int) -> None:
    ids = [row["id"] for row in await Dice().walk(client, listing, "id")]

    assert (len(ids), len(set(ids))) == (rows, rows)


async def test_only_what_is_asked_for_is_given(client: httpx2.AsyncClient) -> None:
    assert await data(client, "{ me: viewer { name } }") == {"me": {"name": "Lampions"}}


async def test_a_count_costs_no_rows(client: httpx2.AsyncClient) -> None:
    answer = await data(client, "{ viewer { orders(first: 0) { totalCount edges { cursor } } } }")

    assert answer["viewer"]["orders"] == {"totalCount": 175, "edges": []}


async def test_the_last_rows_can_be_asked_for(client: httpx2.AsyncClient) -> None:
    answer = await data(
        client, "{ viewer { events(last: 2) { pageInfo { hasPreviousPage } edges { node { name } } } } }"
    )

    names = [edge["node"]["name"] for edge in answer["viewer"]["events"]["edges"]]
    assert names == ["La nuit de 25 heures", "Festival des Quais / Kaaienfestival"]
    assert answer["viewer"]["events"]["pageInfo"] == {"hasPreviousPage": True}


@pytest.mark.parametrize(
    "query, expected",
    [
        ("{ viewer { nothing } }", "Cannot query field 'nothing' on type 'Viewer'."),
        ("{ viewer { events { totalCount } } }", "You must either supply `:first` or `:last`"),
        ('{ viewer { events(first: 1, after: "?") { totalCount } } }', "Invalid cursor provided as argument"),
        ("{ viewer {", "Syntax Error: Expected Name, found <EOF>."),
        ("", "Syntax Error: Unexpected <EOF>."),
        (
            "query ($first: Int!) { viewer { events(first: $first) { totalCount } } }",
            "Variable '$first' has invalid value",
        ),
        ('{ viewer { events(first: 1, where: {updatedAt: {gte: "x"}}) { totalCount } } }', "Invalid datetime: x"),
    ],
)
async def test_errors_come_with_status_200(client: httpx2.AsyncClient, query: str, expected: str) -> None:
    assert (await message(client, query)).startswith(expected)


@pytest.mark.parametrize("bearer, status", [("", 401), ("wrong", 401), ("sk_test_forbidden_1", 403)])
async def test_tokens(client: httpx2.AsyncClient, bearer: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {bearer}"}
    answer = await client.post(DICE, json={"query": "{ viewer { id } }"}, headers=headers)

    assert answer.status_code == status
    assert list(answer.json()) == ["errors"]


async def test_an_event(client: httpx2.AsyncClient) -> None:
    fields = "name state startDatetime currency totalTicketAllocationQty venues { city country timezoneName }"
    query = f"query ($id: ID!) {{ node(id: $id) {{ id ... on Event {{ {fields} }} ... on Order {{ quantity }} }} }}"
    answer = await data(client, query, id=global_id("Event", 3))

    assert answer["node"] == {
        "id": global_id("Event", 3),
        "name": "Fog & Brass: Rosie’s Foundry Band",
        "state": "APPROVED",
        "startDatetime": "2027-02-12T19:30:00Z",
        "currency": "GBP",
        "totalTicketAllocationQty": 410,
        "venues": [{"city": "London", "country": "United Kingdom", "timezoneName": "Europe/London"}],
    }
    assert await data(client, query, id="nobody") == {"node": None}


async def test_ticket_types_sold_in_tiers_have_their_amounts_there(client: httpx2.AsyncClient) -> None:
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Event {{ ticketTypes {{ {TYPES} }} }} }} }}"
    adult, student = (await data(client, query, id=global_id("Event", 5)))["node"]["ticketTypes"]

    assert (adult["faceValue"], adult["price"], adult["totalTicketAllocationQty"]) == (0, 0, 0)
    assert [(tier["faceValue"], tier["allocation"]) for tier in adult["priceTiers"]] == [(3500, 60), (4000, 60)]
    assert (student["faceValue"], student["totalTicketAllocationQty"], student["priceTiers"]) == (1800, 40, [])


async def test_returned_tickets_stand_in_returns_alone(client: httpx2.AsyncClient) -> None:
    rows = {row["id"]: row for row in await Dice().walk(client, "orders", ORDER)}
    half, whole, fee_kept = (rows[global_id("Order", number)] for number in (1, 2, 3))
    gone = await Dice().walk(client, "returns", "ticketId ticket { id total } order { id } returnedAt")

    def seen(order: dict[str, Any]) -> tuple[int, int, int, int]:
        return order["quantity"], order["total"], len(order["tickets"]), len(order["returns"])

    assert (seen(half), seen(whole), seen(fee_kept)) == ((2, 5000, 1, 1), (1, 1500, 0, 1), (1, 2500, 0, 1))
    assert {global_id("Order", number) for number in (8, 9, 10)}.isdisjoint(rows), "not paid, or a test"
    assert all(one["ticketId"] == one["ticket"]["id"] for one in gone)


async def test_the_parts_of_an_amount_add_up(client: httpx2.AsyncClient) -> None:
    for row in await Dice().walk(client, "tickets", TICKET):
        assert row["fullPrice"] + row["commission"] + row["diceCommission"] == row["total"]
        assert sum(fee["dice"] for fee in row["fees"]) == row["diceCommission"]


@pytest.mark.parametrize(
    "listing, where, count",
    [
        ("events", {"state": {"in": ["CANCELLED", "DRAFT"]}}, 2),
        ("events", {"updatedAt": {"gte": "2026-10-20T11:00"}}, 2),
        ("events", {"id": {"ne": global_id("Event", 1)}, "genre": {"eq": "Music"}}, 4),
        ("orders", {"eventId": {"eq": global_id("Event", 12)}}, 113),
        ("orders", {"purchasedAt": {"gte": "2026-10-05T17:00:00Z", "lt": "2026-10-07T00:00:00.000Z"}}, 3),
        ("returns", {"eventId": {"in": [global_id("Event", 9)]}}, 9),
        ("returns", {"returnedAt": {"between": ["2026-09-01T00:00:00Z", "2026-09-30T00:00:00Z"]}}, 3),
        ("tickets", {"ticketTypeId": {"eq": global_id("TicketType", 1)}}, 7),
    ],
)
async def test_filters(client: httpx2.AsyncClient, listing: str, where: dict[str, Any], count: int) -> None:
    kind = listing.title().removesuffix("s") + "WhereInput"
    query = f"query ($where: {kind}) {{ viewer {{ {listing}(first: 0, where: $where) {{ totalCount }} }} }}"

    assert (await data(client, query, where=where))["viewer"][listing]["totalCount"] == count


async def test_variables_left_out_and_directives(client: httpx2.AsyncClient) -> None:
    query = """query ($event: ID, $holder: Boolean!) { viewer { tickets(first: 1, where: {eventId: {eq: $event}}) {
        totalCount edges { node { ...Person } } } } }
        fragment Person on Ticket { code holder @include(if: $holder) { lastName } }"""
    without = (await data(client, query, holder=False))["viewer"]["tickets"]
    some = (await data(client, query, holder=True, event=global_id("Event", 4)))["viewer"]["tickets"]

    assert (without["totalCount"], some["totalCount"]) == (340, 9)
    assert (list(without["edges"][0]["node"]), list(some["edges"][0]["node"])) == (["code"], ["code", "holder"])


async def test_tickets_of_an_event(client: httpx2.AsyncClient) -> None:
    query = "query ($id: ID!) { node(id: $id) { ... on Event { tickets(first: 2) { totalCount } } } }"

    assert (await data(client, query, id=global_id("Event", 11)))["node"] == {"tickets": {"totalCount": 11}}

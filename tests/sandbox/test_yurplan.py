from typing import Any

import httpx2
import pytest

from tests.sandbox.accounts import YURPLAN, Yurplan

pytestmark = pytest.mark.anyio

EVENT = (
    "id name description begin end is_draft is_canceled is_public closed_at canceled_at published_at closes_at place "
    "pictures link widget_url type orga ticketing created_at updated_at"
)
TYPE = "id ticketing category name amount is_free is_active in_ticketoffice vat_rate created_at updated_at"
TICKET = (
    "id token first_name last_name status buy_date owner type_ticket total checking_informations count_checked "
    "created_at updated_at"
)
ORDER = "id reference event tickets amount status owner_id created_at updated_at"
GARDEN, NIGHT, FESTIVAL = 7001, 7011, 7012


@pytest.mark.parametrize(
    "path, rows, fields",
    [
        ("/orgas", 2, "id name"),
        ("/orgas/31/events", 5, EVENT),
        ("/orgas/32/events", 2, EVENT),
        ("/orgas/31/orders", 146, ORDER),
        (f"/events/{GARDEN}/typetickets", 4, TYPE),
        (f"/events/{FESTIVAL}/tickets", 253, TICKET),
    ],
)
async def test_a_walk_by_ranges_gives_everything_once(
    client: httpx2.AsyncClient, path: str, rows: int, fields: str
) -> None:
    found = await Yurplan().walk(client, path)

    assert len({row["id"] for row in found}) == len(found) == rows
    assert set(fields.split()) == set(found[0])


@pytest.mark.parametrize(
    "asked, rows", [("0-30", 30), ("0-999999999", 30), ("0-2", 2), ("240-270", 13), ("900-930", 0)]
)
async def test_a_range_is_partial_content_of_at_most_a_page(client: httpx2.AsyncClient, asked: str, rows: int) -> None:
    answer = await Yurplan().get(client, f"/events/{FESTIVAL}/tickets", range=asked)
    body = answer.json()

    assert (answer.status_code, body["status"], body["error_code"]) == (206, 206, "success_request")
    assert len(body["results"]) == body["count"] == rows
    assert (body["paging"]["nb_per_page"], body["paging"]["total"]) == (30, 253)
    assert (body["paging"]["cursors"]["next"] is None) == (asked in ("240-270", "900-930"))


@pytest.mark.parametrize("asked", ["30-0", "a-b", "5"])
async def test_what_is_no_range_is_refused(client: httpx2.AsyncClient, asked: str) -> None:
    assert (await Yurplan().get(client, "/orgas", range=asked)).status_code == 400


async def test_on_request_what_changed_last_comes_first(client: httpx2.AsyncClient) -> None:
    rows = await Yurplan().walk(client, "/orgas/31/orders", orderBy="updated_at")
    changes = [row["updated_at"] for row in rows]

    assert changes == sorted(changes, reverse=True)
    assert len(rows) == 146


@pytest.mark.parametrize(
    "bearer, status, code",
    [("", 401, "invalid_token"), ("wrong", 401, "invalid_token"), ("sk_test_forbidden_1", 403, "forbidden")],
)
async def test_keys(client: httpx2.AsyncClient, bearer: str, status: int, code: str) -> None:
    answer = await client.get(f"{YURPLAN}/orgas", headers={"Authorization": f"Bearer {bearer}"})

    assert (answer.status_code, answer.json()["status"], answer.json()["error_code"]) == (status, status, code)


async def test_what_is_unknown_is_not_found(client: httpx2.AsyncClient) -> None:
    for path in ("/orgas/33/events", "/events/7003", "/events/1/tickets", "/events/7003/ticketing/stats"):
        assert (await Yurplan().get(client, path)).status_code == 404, path


async def test_an_event(client: httpx2.AsyncClient) -> None:
    event = (await Yurplan().get(client, f"/events/{NIGHT}")).json()["results"]

    assert (event["begin"], event["end"] - event["begin"]) == (1792872000, 9 * 3600)
    assert event["place"]["zipcode"] == "75011"
    assert event["orga"] == {"id": 31, "name": "Lampions"}


async def test_types_cost_euros(client: httpx2.AsyncClient) -> None:
    first = (await Yurplan().walk(client, f"/events/{GARDEN}/typetickets"))[0]

    assert (first["amount"], first["vat_rate"]) == (25.0, "0.2")
    assert first["ticketing"]["event_id"] == GARDEN


async def test_reports(client: httpx2.AsyncClient) -> None:
    (sales,) = (await Yurplan().get(client, f"/events/{GARDEN}/ticketing/stats")).json()["results"]
    (entries,) = (await Yurplan().get(client, f"/events/{NIGHT}/checking/stats")).json()["results"]

    assert (sales["total_ticketing"], sales["total_payment_refund"], sales["total_ticket"]) == (560.0, 55.0, 17)
    assert (entries["total_ticket"], entries["total_ticket_checked"]) == (11, 5)


async def test_an_order_and_a_ticket_alone(client: httpx2.AsyncClient) -> None:
    order = (await Yurplan().get(client, f"/events/{GARDEN}/orders/600001")).json()["results"]
    ticket = (await Yurplan().get(client, f"/events/{GARDEN}/tickets/{order['tickets'][0]['id']}")).json()["results"]

    assert (order["event"]["id"], order["amount"]) == (GARDEN, 50.0)
    assert ticket == order["tickets"][0]


OWN = {"client_id": "sandbox-yurplan-client", "client_secret": "sk_test_sandbox_yurplan", "scope": "pro"}
ORGANISER = {"username": "sandbox-organiser", "password": "sk_test_sandbox_yurplan_organiser"}


@pytest.mark.parametrize(
    "form, status",
    [
        ({"grant_type": "client_credentials"}, 200),
        ({"grant_type": "password", **ORGANISER}, 200),
        ({"grant_type": "password", **ORGANISER, "password": "other"}, 401),
        ({"grant_type": "client_credentials", "client_secret": "other"}, 401),
        ({"grant_type": "client_credentials", "scope": ""}, 403),
        ({"grant_type": "refresh_token"}, 401),
    ],
)
async def test_tokens(client: httpx2.AsyncClient, form: dict[str, Any], status: int) -> None:
    given = await client.post(f"{YURPLAN}/token", data=OWN | form)
    token = (given.json()["results"] or {}).get("access_token", "none")
    listed = await client.get(f"{YURPLAN}/orgas", headers={"Authorization": f"Bearer {token}"})

    assert (given.status_code, listed.status_code) == (status, 206 if status == 200 else 401)

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.providers.eventix import COMPANIES, guid
from tests.sandbox.accounts import EVENTIX, Eventix, token_of_eventix

pytestmark = pytest.mark.anyio

EVENT = (
    "guid name description status type currency locale start end capacity website category subcategories location_id "
    "location company_id created_at updated_at"
)
TYPE = (
    "guid event_id name description vat_percentage status status_overrule available_from available_until "
    "available_stock sold_count pending_count reserved_count increment swappable seated created_at updated_at"
)
ORDER = (
    "guid email firstName lastName fullname locale status finn_original_price finn_value finn_service_fee finn_price "
    "created_at updated_at invalidated_since invalidated_reason is_complete purchase_channel shop_id payments "
    "meta_data tickets"
)
TICKET = (
    "guid ticket_id ticket_number finn_original_price finn_value finn_service_fee finn_price invalidated_since "
    "invalidated_reason products"
)
GARDEN, FESTIVAL, ONLINE = guid("event", 1), guid("event", 12), guid("event", 4)
LAMPIONS, UK = COMPANIES


async def test_lists_are_bare_arrays(client: httpx2.AsyncClient) -> None:
    events = (await Eventix().get(client, "/event")).json()
    types = (await Eventix().get(client, f"/event/{GARDEN}/ticket")).json()

    assert (len(events), len(types)) == (12, 4)
    assert set(EVENT.split()) == set(events[0])
    assert set(TYPE.split()) <= set(types[0])


@pytest.mark.parametrize("limit", [7, 100, 1000])
async def test_a_walk_by_offset_gives_every_order_once(client: httpx2.AsyncClient, limit: int) -> None:
    rows = await Eventix().walk(client, limit)

    assert len({row["guid"] for row in rows}) == len(rows) == 179
    assert set(ORDER.split()) == set(rows[0])
    assert set(TICKET.split()) == set(rows[0]["tickets"][0])


@pytest.mark.parametrize("limit, offset, status", [(1000, 0, 200), (1001, 0, 400), (0, 0, 400), (10, -1, 400)])
async def test_bounds(client: httpx2.AsyncClient, limit: int, offset: int, status: int) -> None:
    assert (await Eventix().search(client, limit, offset)).status_code == status


@pytest.mark.parametrize(
    "company, events, orders", [(LAMPIONS, 10, 171), (UK, 2, 8), (f"{LAMPIONS}, {UK}", 12, 179), ("another", 0, 0)]
)
async def test_a_company_is_chosen_by_a_header(
    client: httpx2.AsyncClient, company: str, events: int, orders: int
) -> None:
    assert len((await Eventix().get(client, "/event", Company=company)).json()) == events
    assert len(await Eventix().walk(client, 100, Company=company)) == orders


@pytest.mark.parametrize(
    "bearer, status, said",
    [("", 401, "Unauthorized"), ("ended", 400, "JWT"), ("sk_test_forbidden_1", 403, "forbidden")],
)
async def test_tokens(client: httpx2.AsyncClient, bearer: str, status: int, said: str) -> None:
    answer = await client.get(f"{EVENTIX}/event", headers={"Authorization": f"Bearer {bearer}"})

    assert answer.status_code == status
    assert said in answer.text


async def test_an_event_of_several_days_has_its_times_beside_it(client: httpx2.AsyncClient) -> None:
    event = (await Eventix().get(client, f"/event/{FESTIVAL}")).json()
    dates = (await Eventix().get(client, f"/event/{FESTIVAL}/dates")).json()

    assert (event["start"], event["end"]) == (None, None)
    assert [date["event_id"] for date in dates] == [FESTIVAL, FESTIVAL]
    assert min(date["start"] for date in dates) == "2027-07-02T16:00:00+02:00"
    assert max(date["end"] for date in dates) == "2027-07-04T23:59:00+02:00"


async def test_a_place_is_in_the_list_or_beside_the_event(client: httpx2.AsyncClient) -> None:
    listed = (await Eventix().get(client, "/event")).json()[0]
    alone = (await Eventix().get(client, f"/event/{GARDEN}")).json()
    place = (await Eventix().get(client, f"/event/{GARDEN}/location")).json()

    assert "location" not in alone
    assert listed["location"] == place
    assert place["address"] == "12 rue du Luth, 75011 Paris"
    assert (await Eventix().get(client, f"/event/{ONLINE}/location")).status_code == 404


async def test_prices(client: httpx2.AsyncClient) -> None:
    """In cents; a type of a group has none, and its products add up to it."""
    single = (await Eventix().get(client, f"/event/{GARDEN}/ticket")).json()[0]
    grouped = (await Eventix().get(client, f"/event/{FESTIVAL}/ticket")).json()[0]
    products = (await Eventix().get(client, f"/ticket/{grouped['guid']}/products")).json()

    assert (single["min_price"], single["vat_percentage"]) == (2500, 20.0)
    assert "min_price" not in grouped
    assert [product["price"] for product in products] == [3100, 800]


async def test_what_became_of_orders(client: httpx2.AsyncClient) -> None:
    rows = {row["guid"]: row for row in await Eventix().walk(client, 100)}

    def said(number: int) -> tuple[Any, ...]:
        row = rows[guid("order", number)]
        reasons = [ticket["invalidated_reason"] for ticket in row["tickets"]]
        return row["status"], row["invalidated_reason"], reasons, [one["status"] for one in row["payments"]]

    assert said(1) == ("paid", None, [None, "refund"], ["paid"])
    assert said(2) == ("paid", "refund", ["refund"], ["paid"])
    assert said(3) == ("paid", "refund", ["refund"], ["paid"])
    assert said(8) == ("pending", None, [None, None], ["pending"])
    assert said(9) == ("expired", None, ["expired"], ["expired"])
    assert guid("order", 10) not in rows, "a test order"
    discounted = rows[guid("order", 11)]
    assert [discounted[f"finn_{name}"] for name in ("original_price", "value", "price")] == [5000, 4000, 4000]


async def test_statistics_by_type_and_day(client: httpx2.AsyncClient) -> None:
    answer = await client.post(f"{EVENTIX}/event/{GARDEN}/salesstats", json={}, headers=Eventix.headers)
    first = answer.json()["tickets"][guid("type", 1)]

    assert (first["sold_count"], first["pending_count"], first["turnover"]) == (7, 1, 16500)
    assert sum(day["amount"] for day in first["date_info"].values()) == 7


async def test_an_order_alone_needs_no_token(client: httpx2.AsyncClient) -> None:
    found = (await client.get(f"{EVENTIX}/order/{guid('order', 1)}")).json()

    assert found["guid"] == guid("order", 1)


async def test_a_code_gives_tokens(client: httpx2.AsyncClient) -> None:
    redirect = "http://127.0.0.1:1/back"
    asked = {"client_id": "sandbox-weeztix-client", "redirect_uri": redirect, "state": "s", "approve": "1"}
    page = await client.get("/eventix/login/login", params=asked)
    code = parse_qs(urlsplit(page.headers["location"]).query)["code"][0]
    given = await token_of_eventix(client, grant_type="authorization_code", code=code, redirect_uri=redirect)
    me = await client.get("/eventix/auth/users/me", headers={"Authorization": f"Bearer {given.json()['access_token']}"})

    assert (given.json()["expires_in"], given.json()["refresh_token_expires_in"]) == (259_200, 31_535_999)
    assert [one["guid"] for one in me.json()["companies"]] == [LAMPIONS, UK]


async def test_a_used_refresh_token_that_comes_back_ends_its_grant_and_no_other(
    client: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    grants = sandbox.grants["eventix"]
    (_, first), (other, _) = grants.issue(), grants.issue()
    second = (await token_of_eventix(client, grant_type="refresh_token", refresh_token=first)).json()
    assert grants.accepts(second["access_token"])
    again = await token_of_eventix(client, grant_type="refresh_token", refresh_token=first)
    after = await token_of_eventix(client, grant_type="refresh_token", refresh_token=second["refresh_token"])

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (after.status_code, after.json()["error"]) == (400, "invalid_grant")
    assert not grants.accepts(second["access_token"])
    assert grants.accepts(other)


async def test_a_wrong_client_is_refused(client: httpx2.AsyncClient) -> None:
    assert (await token_of_eventix(client, grant_type="refresh_token", client_secret="other")).status_code == 401

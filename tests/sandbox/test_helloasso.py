from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.oauth import s256
from tests.sandbox.accounts import ASSOCIATION, HELLOASSO, HelloAsso, token

pytestmark = pytest.mark.anyio

FORM = (
    "currency description meta state title widgetButtonUrl widgetFullUrl widgetVignetteHorizontalUrl "
    "widgetVignetteVerticalUrl formSlug formType url organizationSlug banner"
)
PUBLIC = "organizationLogo organizationName tiers activityType place"
TIER = "id label description tierType price vatRate paymentFrequency maxPerUser isEligibleTaxReceipt"
PAYMENT = (
    "order payer items cashOutState id amount date paymentMeans installmentNumber state meta refundOperations amountTip"
)
PAYMENT_ORDER = (
    "id date formSlug formType organizationName organizationSlug organizationType organizationIsUnderColucheLaw "
    "formName meta isAnonymous isAmountHidden"
)
ITEM = (
    "order payer payments name user priceCategory qrCode ticketUrl tierId id amount type initialAmount state "
    "customFields"
)
ORDER = "payer items payments amount id date formSlug formType organizationSlug meta"
GARDEN = "/forms/Event/concert-au-jardin"


@pytest.fixture
async def account(client: httpx2.AsyncClient) -> HelloAsso:
    return await HelloAsso.signed_in(client)


@pytest.mark.parametrize("query", [{}, {"pageSize": 3}, {"pageSize": 100, "sortOrder": "Asc"}])
async def test_a_walk_by_token_gives_every_form_once(
    client: httpx2.AsyncClient, account: HelloAsso, query: dict[str, Any]
) -> None:
    slugs = [row["formSlug"] for row in await account.walk(client, "/forms", formTypes="Event", **query)]

    assert set(slugs) == {
        "concert-au-jardin",
        "nachtflohmarkt",
        "winterkabarett-1",
        "winterkabarett-2",
        "opera-da-lua",
        "nuit-des-horloges",
        "festival-des-quais",
    }
    assert len(slugs) == 7


@pytest.mark.parametrize("name, rows", [("items", 322), ("orders", 154), ("payments", 146)])
@pytest.mark.parametrize("order", ["Asc", "Desc"])
async def test_lists_are_complete(
    client: httpx2.AsyncClient, account: HelloAsso, name: str, rows: int, order: str
) -> None:
    found = await account.walk(client, f"/{name}", pageSize=50, sortOrder=order)
    dates = [row.get("order", row)["date"] for row in found]

    assert len({row["id"] for row in found}) == len(found) == rows
    assert found[0]["id"] != found[-1]["id"]
    assert (dates[0] < dates[-1]) == (order == "Asc")


async def test_the_token_stays_on_the_last_page(client: httpx2.AsyncClient, account: HelloAsso) -> None:
    last = (await account.get(client, "/forms", pageSize=5, pageIndex=2)).json()
    beyond = (
        await account.get(client, "/forms", pageSize=5, continuationToken=last["pagination"]["continuationToken"])
    ).json()

    assert (len(last["data"]), last["pagination"]["totalPages"], beyond["data"]) == (2, 2, [])
    assert beyond["pagination"]["continuationToken"] == last["pagination"]["continuationToken"]


@pytest.mark.parametrize(
    "query, status",
    [({"pageSize": 101}, 400), ({"pageSize": 100}, 200), ({"pageIndex": 99}, 500), ({"from": "x"}, 400)],
)
async def test_bounds(client: httpx2.AsyncClient, account: HelloAsso, query: dict[str, Any], status: int) -> None:
    assert (await account.get(client, "/orders", **query)).status_code == status


@pytest.mark.parametrize("bearer, status", [("", 401), ("wrong", 401), ("sk_test_forbidden_1", 403)])
async def test_tokens(client: httpx2.AsyncClient, bearer: str, status: int) -> None:
    answer = await client.get(f"{ASSOCIATION}/forms", headers={"Authorization": f"Bearer {bearer}"})

    assert (answer.status_code, answer.content) == (status, b"")


async def test_another_organization_is_not_found(client: httpx2.AsyncClient, account: HelloAsso) -> None:
    path = f"{HELLOASSO}/organizations/others/forms"

    assert (await client.get(path, headers=account.headers)).status_code == 404


async def test_the_account_has_one_organization(client: httpx2.AsyncClient, account: HelloAsso) -> None:
    (one,) = (await client.get(f"{HELLOASSO}/users/me/organizations", headers=account.headers)).json()

    assert (one["organizationSlug"], one["role"]) == ("les-lampions", "OrganizationAdmin")


async def test_rows_have_the_recorded_fields(client: httpx2.AsyncClient, account: HelloAsso) -> None:
    form = (await account.get(client, "/forms", pageSize=1)).json()["data"][0]
    public = (await account.get(client, f"{GARDEN}/public")).json()
    item = (await account.get(client, f"{GARDEN}/items", pageSize=1, withDetails="true", sortOrder="Asc")).json()[
        "data"
    ][0]
    order = (await account.get(client, f"{GARDEN}/orders", pageSize=1)).json()["data"][0]
    payment = (await account.get(client, f"{GARDEN}/payments", pageSize=1)).json()["data"][0]

    assert set(FORM.split()) <= set(form)
    assert set((FORM + " " + PUBLIC).split()) <= set(public)
    assert set(TIER.split()) <= set(public["tiers"][0])
    assert set(ITEM.split()) <= set(item)
    assert set(ORDER.split()) <= set(order)
    assert set(PAYMENT.split()) <= set(payment)
    assert set(PAYMENT_ORDER.split()) == set(payment["order"])
    assert set(payment["items"][0]) == {"shareAmount", "shareItemAmount", "id", "amount", "type", "state"}


async def test_what_is_null_is_left_out(client: httpx2.AsyncClient, account: HelloAsso) -> None:
    for path in ("/forms", "/items", "/orders", "/payments"):
        assert "null" not in (await account.get(client, path, pageSize=100)).text


async def test_a_form(client: httpx2.AsyncClient, account: HelloAsso) -> None:
    form = (await account.get(client, "/forms/Event/nuit-des-horloges/public")).json()

    assert (form["startDate"], form["endDate"]) == ("2026-10-24T22:00:00+02:00", "2026-10-25T06:00:00+01:00")
    assert form["meta"]["updatedAt"] == "2026-10-25T10:00:00.0000000+01:00"
    assert (form["place"]["country"], form["place"]["zipCode"]) == ("FRA", "75011")
    assert [tier["tierType"] for tier in form["tiers"]] == ["Registration", "Donation"]
    assert form["tiers"][0]["price"] == 3000
    assert (await account.get(client, "/forms/Event/hotaru/public")).status_code == 404, "priced in yen"


async def test_what_became_of_orders(client: httpx2.AsyncClient, account: HelloAsso) -> None:
    rows = await account.walk(client, f"{GARDEN}/orders")
    found = {
        row["id"] - 90_000_000: (
            row["amount"],
            [item["state"] for item in row["items"]],
            [(one["state"], one["amount"]) for one in row["payments"]],
            [refund["amount"] for one in row["payments"] for refund in one["refundOperations"]],
        )
        for row in rows
    }

    def amount(total: int, vat: int, discount: int = 0) -> dict[str, int]:
        return {"total": total, "vat": vat, "discount": discount}

    assert found[1] == (amount(5000, 834), ["Processed", "Canceled"], [("Authorized", 5000)], [2500])
    assert found[2] == (amount(1500, 250), ["Canceled"], [("Refunded", 1500)], [1500])
    assert found[3] == (amount(2500, 417), ["Canceled"], [("Authorized", 2500)], [1500])
    assert found[8] == (amount(4000, 667), ["Waiting", "Waiting"], [("Pending", 4000)], [])
    assert found[9] == (amount(2500, 417), ["Abandoned"], [("Abandoned", 2500)], [])
    assert found[11][0]["discount"] == 1000
    assert 10 not in found, "a test order"


async def test_details_come_only_on_request(client: httpx2.AsyncClient, account: HelloAsso) -> None:
    plain = await account.walk(client, f"{GARDEN}/items")
    detailed = await account.walk(client, f"{GARDEN}/items", withDetails="true")
    answers = [field["answer"] for item in detailed for field in item["customFields"]]

    assert not any("customFields" in item for item in plain)
    assert "Noix, « un peu »" in answers
    assert "+33 1 99 00 10 01" in answers


@pytest.mark.parametrize(
    "path, query, rows",
    [
        ("/forms", {"states": ["Draft", "Disabled"]}, 1),
        ("/forms", {"formTypes": "Membership"}, 0),
        ("/items", {"itemStates": ["Waiting", "Abandoned"]}, 9),
        ("/items", {"tierTypes": "Donation"}, 0),
        ("/orders", {"from": "2026-08-20T18:00:00Z", "to": "2026-09-01T07:15:00Z"}, 4),
        ("/payments", {"states": "Refunded"}, 5),
    ],
)
async def test_filters(
    client: httpx2.AsyncClient, account: HelloAsso, path: str, query: dict[str, Any], rows: int
) -> None:
    assert len(await account.walk(client, path, **query)) == rows


async def test_items_can_be_ordered_by_change(client: httpx2.AsyncClient, account: HelloAsso) -> None:
    rows = await account.walk(client, f"{GARDEN}/items", sortField="UpdateDate", pageSize=4)
    changes = [row["order"]["meta"]["updatedAt"] for row in rows]

    assert changes == sorted(changes, reverse=True)
    assert changes[0].startswith("2026-09-20T18:00:00")


async def test_an_order_and_an_item_alone(client: httpx2.AsyncClient, account: HelloAsso) -> None:
    order = (await client.get(f"{HELLOASSO}/orders/90000001", headers=account.headers)).json()
    item = (await client.get(f"{HELLOASSO}/items/{order['items'][0]['id']}", headers=account.headers)).json()

    assert item["order"]["id"] == order["id"] == 90000001


async def test_client_credentials(client: httpx2.AsyncClient) -> None:
    given = (await token(client, grant_type="client_credentials")).json()
    wrong = await token(client, grant_type="client_credentials", client_secret="other")

    assert (given["token_type"], given["expires_in"]) == ("bearer", 1800)
    assert (wrong.status_code, wrong.json()) == (401, {"error": "invalid_client"})


async def test_a_refresh_token_is_good_once_and_needs_no_secret(client: httpx2.AsyncClient) -> None:
    first = (await token(client, grant_type="client_credentials")).json()["refresh_token"]
    second = await token(client, grant_type="refresh_token", refresh_token=first, client_secret="")
    again = await token(client, grant_type="refresh_token", refresh_token=first)

    assert second.json()["refresh_token"] != first
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize("verifier, status", [("v" * 43, 200), ("w" * 43, 400)])
async def test_an_authorization_code_needs_its_verifier(client: httpx2.AsyncClient, verifier: str, status: int) -> None:
    redirect = "http://127.0.0.1:1/back"
    asked = {"client_id": "sandbox-helloasso-client", "redirect_uri": redirect, "state": "s"}
    challenge = {"code_challenge": s256("v" * 43), "code_challenge_method": "S256"}
    page = await client.get("/helloasso/auth/authorize", params={**asked, **challenge, "approve": "1"})
    code = parse_qs(urlsplit(page.headers["location"]).query)["code"][0]
    given = await token(
        client, grant_type="authorization_code", code=code, redirect_uri=redirect, code_verifier=verifier
    )

    assert (await client.get("/helloasso/auth/authorize", params=asked)).status_code == 400, "no challenge"
    assert given.status_code == status
    assert given.json().get("organization_slug") == ("les-lampions" if status == 200 else None)


async def test_expired_access_tokens_can_be_refreshed(
    client: httpx2.AsyncClient, account: HelloAsso, sandbox: Sandbox
) -> None:
    refresh = (await token(client, grant_type="client_credentials")).json()["refresh_token"]
    sandbox.expire_tokens("helloasso")
    refused = await account.get(client, "/forms")
    renewed = HelloAsso((await token(client, grant_type="refresh_token", refresh_token=refresh)).json()["access_token"])

    assert refused.status_code == 401
    assert (await renewed.get(client, "/forms")).status_code == 200

"""Equaticket's sandbox: it remembers what is written, each app for itself."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from spekta.sandbox.app import Sandbox, create_app
from spekta.sandbox.providers.equaticket.state import TEST, Signature, State, secret
from tests.sandbox.accounts import EQUATICKET, Equaticket, credentials

pytestmark = pytest.mark.anyio

LIVE = credentials("equaticket")["apiKey"]
NEW = {
    "title": "Choir Night", "slug": "choir-night", "timezone": "Europe/London", "starts_at": "2027-10-01T18:00:00Z",
    "currency": "gbp",
}  # fmt: skip
KIND = {"name": "Standard", "price": 1500, "currency": "gbp", "quantity_total": 80}
HOOK = {"url": "https://hooks.example/equaticket", "events": ["order.created"]}


@pytest.fixture
def state(sandbox: Sandbox) -> State:
    found: State = sandbox.states["equaticket"]
    return found


async def made(client: httpx2.AsyncClient, key: str = LIVE, **more: Any) -> str:
    answer = await Equaticket(key).send(client, "POST", "/events", {**NEW, **more})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def refused(answer: httpx2.Response) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    assert error["request_id"] == answer.headers["X-Request-Id"]
    assert error["message"]
    assert error["doc_url"]
    return answer.status_code, error["code"], error.get("param")


@pytest.mark.parametrize("path, rows", [("/events", 12), ("/attendees", 359), ("/orders", 175)])
@pytest.mark.parametrize("limit", [7, 100])
async def test_lists_are_complete_and_the_newest_is_first(
    client: httpx2.AsyncClient, path: str, rows: int, limit: int
) -> None:
    found = await Equaticket().walk(client, path, limit=limit)
    times = [row["created_at"] for row in found]

    assert (len(found), len({row["id"] for row in found})) == (rows, rows)
    assert times == sorted(times, reverse=True)


async def test_a_list_that_ends_has_no_cursor(client: httpx2.AsyncClient) -> None:
    answer = (await Equaticket().get(client, "/events", limit=100)).json()

    assert (answer["livemode"], answer["has_more"], answer["next_cursor"]) == (True, False, None)


@pytest.mark.parametrize(
    "path, query, param",
    [
        ("/orders", {"limit": 0}, "limit"),
        ("/orders", {"limit": 101}, "limit"),
        ("/orders", {"cursor": "bm90aGluZw=="}, "cursor"),
        ("/attendees", {"checked_in": "maybe"}, "checked_in"),
    ],
)
async def test_what_cannot_be_asked_names_the_parameter(
    client: httpx2.AsyncClient, path: str, query: Any, param: str
) -> None:
    assert refused(await Equaticket().get(client, path, **query)) == (400, "validation_error", param)


async def test_a_cursor_ends(client: httpx2.AsyncClient, state: State) -> None:
    cursor = (await Equaticket().get(client, "/orders", limit=5)).json()["next_cursor"]
    before = await Equaticket().get(client, "/orders", cursor=cursor)
    state.expire_cursors()

    assert before.status_code == 200
    assert refused(await Equaticket().get(client, "/orders", cursor=cursor)) == (400, "validation_error", "cursor")


async def test_public_events_need_no_key(client: httpx2.AsyncClient) -> None:
    shown = (await client.get(f"{EQUATICKET}/public/events", params={"org_slug": "lampions"})).json()["data"]
    unknown = await client.get(f"{EQUATICKET}/public/events", params={"org_slug": "others"})

    assert {event["status"] for event in shown} == {"published"}
    assert len(shown) == 10
    assert refused(unknown) == (404, "not_found", None)


@pytest.mark.parametrize(
    "key, status, code", [("sk_live_unknown", 401, "unauthorized"), ("sk_test_forbidden", 403, "forbidden")]
)
async def test_wrong_keys(client: httpx2.AsyncClient, key: str, status: int, code: str) -> None:
    assert refused(await Equaticket(key).get(client, "/events")) == (status, code, None)


async def test_a_key_does_what_its_scopes_allow(client: httpx2.AsyncClient, state: State) -> None:
    key = Equaticket(state.issue("events:read"))

    assert (await key.get(client, "/events")).status_code == 200
    assert refused(await key.get(client, "/orders")) == (403, "forbidden", None)
    assert refused(await key.send(client, "POST", "/events", NEW)) == (403, "forbidden", None)


@pytest.mark.parametrize("plan, limit", [("free", 60), ("starter", 100), ("growth", 300), ("pro", 600)])
async def test_a_plan_allows_so_many_requests_a_minute(
    client: httpx2.AsyncClient, sandbox: Sandbox, state: State, plan: str, limit: int
) -> None:
    key = Equaticket(state.issue(plan=plan))
    state._asked[key.headers["Authorization"].removeprefix("Bearer "), sandbox.box_office.now] = limit - 1
    answers = [await key.get(client, "/events", limit=1) for _ in range(2)]
    sandbox.box_office.now += timedelta(minutes=1)

    assert answers[0].status_code == 200
    assert refused(answers[1]) == (429, "rate_limited", None)
    assert "retry-after" not in answers[1].headers
    assert (await key.get(client, "/events", limit=1)).status_code == 200


async def test_a_request_id_is_echoed(client: httpx2.AsyncClient) -> None:
    said = await Equaticket().send(client, "GET", "/events", X_Request_Id="req_mine")
    wrong = await Equaticket("sk_live_unknown").send(client, "GET", "/events", X_Request_Id="req_mine")
    silent = await Equaticket().get(client, "/events")

    assert [answer.headers["X-Request-Id"] for answer in (said, wrong)] == ["req_mine", "req_mine"]
    assert silent.headers["X-Request-Id"].startswith("req_")


# Writing


async def test_an_event_from_draft_to_cancelled(client: httpx2.AsyncClient) -> None:
    key, id = Equaticket(), await made(client)
    path = f"/events/{id}"
    kind = (await key.send(client, "POST", f"{path}/ticket-types", KIND)).json()
    renamed = (await key.send(client, "PATCH", path, {"title": "Choir Nights"})).json()
    published = (await key.send(client, "POST", f"{path}/publish")).json()
    again = await key.send(client, "POST", f"{path}/publish")
    cancelled = (await key.send(client, "POST", f"{path}/cancel")).json()

    assert (renamed["title"], renamed["slug"], renamed["status"]) == ("Choir Nights", "choir-night", "draft")
    assert (published["status"], cancelled["status"]) == ("published", "cancelled")
    assert refused(again) == (409, "conflict", None)
    assert (await key.get(client, path)).json() == cancelled
    assert (await key.get(client, f"{path}/ticket-types")).json()["data"] == [kind]
    assert (await key.walk(client, "/events"))[0]["id"] == id


async def test_ticket_types_change_and_go(client: httpx2.AsyncClient, sandbox: Sandbox, state: State) -> None:
    key, event = Equaticket(), await made(client)
    path = f"/events/{event}/ticket-types"
    kinds = [(await key.send(client, "POST", path, {**KIND, "name": name})).json()["id"] for name in ("A", "B")]
    changed = (await key.send(client, "PATCH", f"{path}/{kinds[0]}", {"price": 1750})).json()
    gone = await key.send(client, "DELETE", f"{path}/{kinds[1]}")
    world = state.worlds[True]
    state.sell(
        sandbox.box_office, True, world.records(sandbox.box_office, "ticket_type")[0], "Ann Lee", "a@example.org"
    )
    sold = await key.send(client, "DELETE", f"{path}/{kinds[0]}")

    assert (changed["price"], changed["quantity_total"]) == (1750, 80)
    assert (gone.status_code, gone.content) == (204, b"")
    assert refused(sold) == (409, "conflict", None)
    assert [row["id"] for row in await key.walk(client, path)] == kinds[:1]
    orders = await key.walk(client, f"/events/{event}/orders")
    assert [(order["total_amount"], order["currency"], order["status"]) for order in orders] == [
        (1750, "gbp", "confirmed")
    ]
    assert [one["order_id"] for one in await key.walk(client, f"/events/{event}/attendees")] == [orders[0]["id"]]


@pytest.mark.parametrize(
    "change, param",
    [
        ({"title": ""}, "title"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"starts_at": "2027-10-01T18:00:00"}, "starts_at"),
        ({"currency": "GBP"}, "currency"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_field_that_is_not_valid_is_named(client: httpx2.AsyncClient, change: Any, param: str) -> None:
    answer = await Equaticket().send(client, "POST", "/events", {**NEW, **change})

    assert refused(answer) == (400, "validation_error", param)


@pytest.mark.parametrize("missing", NEW)
async def test_a_field_that_is_missing_is_named(client: httpx2.AsyncClient, missing: str) -> None:
    body = {name: value for name, value in NEW.items() if name != missing}

    assert refused(await Equaticket().send(client, "POST", "/events", body)) == (400, "validation_error", missing)


async def test_a_paid_event_needs_stripe(client: httpx2.AsyncClient, state: State) -> None:
    state.stripe_active = False
    key, paid, free = Equaticket(), await made(client), await made(client, slug="open-rehearsal")
    await key.send(client, "POST", f"/events/{paid}/ticket-types", KIND)
    await key.send(client, "POST", f"/events/{free}/ticket-types", {**KIND, "price": 0})

    assert refused(await key.send(client, "POST", f"/events/{paid}/publish")) == (422, "unprocessable", None)
    assert (await key.send(client, "POST", f"/events/{free}/publish")).status_code == 200


async def test_another_organisations_event_is_not_found(client: httpx2.AsyncClient) -> None:
    foreign = "0b6e1f4e-0000-4000-8000-000000000000"
    key = Equaticket()

    for method, path in [("GET", ""), ("PATCH", ""), ("POST", "/publish"), ("GET", "/orders")]:
        assert refused(await key.send(client, method, f"/events/{foreign}{path}", {})) == (404, "not_found", None)


async def test_the_same_key_gives_the_same_answer(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    key = Equaticket()
    first, second = [await key.send(client, "POST", "/events", NEW, Idempotency_Key="k1") for _ in range(2)]
    other = await key.send(client, "POST", "/events", {**NEW, "title": "Another"}, Idempotency_Key="k1")
    long = await key.send(client, "POST", "/events", NEW, Idempotency_Key="k" * 257)
    sandbox.box_office.now += timedelta(hours=24)
    later = await key.send(client, "POST", "/events", {**NEW, "slug": "later"}, Idempotency_Key="k1")

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert ("idempotent-replayed" in first.headers, second.headers["idempotent-replayed"]) == (False, "true")
    assert refused(other) == (409, "conflict", None)
    assert refused(long) == (400, "validation_error", "Idempotency-Key")
    assert later.status_code == 201
    assert len(await key.walk(client, "/events")) == 14


async def test_test_data_stands_apart_and_can_be_reset(
    client: httpx2.AsyncClient, sandbox: Sandbox, state: State
) -> None:
    live, test = Equaticket(LIVE), Equaticket(TEST)
    event = await made(client, TEST)
    kind = (await test.send(client, "POST", f"/events/{event}/ticket-types", KIND)).json()
    sold = next(one for one in state.worlds[False].records(sandbox.box_office, "ticket_type") if one.id == kind["id"])
    state.sell(sandbox.box_office, False, sold, "Ann Lee", "a@example.org")
    orders = await test.walk(client, "/orders")
    seen = refused(await live.get(client, f"/events/{event}"))
    refusal = await client.post("/equaticket/settings/api/settings/api-keys/reset-test-data", headers=live.headers)
    reset = await client.post("/equaticket/settings/api/settings/api-keys/reset-test-data", headers=test.headers)

    assert (await test.get(client, "/events")).json()["livemode"] is False
    assert {order["is_test_data"] for order in orders} == {True}
    assert {order["is_test_data"] for order in await live.walk(client, "/orders")} == {False}
    assert seen == (404, "not_found", None)
    assert (refusal.status_code, reset.status_code) == (403, 200)
    assert len(await test.walk(client, "/orders")) == len(orders) - 1
    assert len(await test.walk(client, "/events")) == 12


async def test_what_is_written_stays_in_its_own_sandbox_until_it_is_reset(
    client: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    other = create_app(sandbox.box_office)
    await made(client)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=other), base_url="http://other") as elsewhere:
        assert len(await Equaticket().walk(elsewhere, "/events")) == 12
    assert len(await Equaticket().walk(client, "/events")) == 13
    await client.post("/_sandbox/reset", params={"provider": "equaticket"})
    assert len(await Equaticket().walk(client, "/events")) == 12


# Webhooks


async def test_a_subscriber_is_told_what_it_asked_for(
    client: httpx2.AsyncClient, sandbox: Sandbox, state: State
) -> None:
    key = Equaticket()
    hook = (await key.send(client, "POST", "/webhooks", HOOK)).json()
    await key.send(client, "POST", "/webhooks", {**HOOK, "events": ["ticket.checked_in"]})
    event = await made(client)
    await key.send(client, "POST", f"/events/{event}/ticket-types", KIND)
    kind = state.worlds[True].records(sandbox.box_office, "ticket_type")[0]
    order = state.sell(sandbox.box_office, True, kind, "Ann Lee", "a@example.org")
    (delivery,) = state.outbox
    told = json.loads(delivery.body)

    assert delivery.url == HOOK["url"]
    assert (told["type"], told["data"]["order_id"], told["data"]["total_amount"]) == ("order.created", order.id, 1500)
    signed = hmac.new(hook["secret"].encode(), delivery.body, hashlib.sha256).hexdigest()
    assert delivery.headers["X-Equaticket-Signature"] == signed
    (sent,) = await key.walk(client, f"/webhooks/{hook['id']}/deliveries")
    assert (sent["type"], sent["status"], sent["response_status"]) == ("order.created", "delivered", 200)
    assert "secret" not in (await key.get(client, f"/webhooks/{hook['id']}")).json()


async def test_a_sold_out_event_is_told_once(client: httpx2.AsyncClient, sandbox: Sandbox, state: State) -> None:
    key, event = Equaticket(), await made(client)
    await key.send(client, "POST", "/webhooks", {**HOOK, "events": ["event.sold_out"]})
    await key.send(client, "POST", f"/events/{event}/ticket-types", {**KIND, "quantity_total": 2})
    for _ in range(2):
        kind = state.worlds[True].records(sandbox.box_office, "ticket_type")[0]
        state.sell(sandbox.box_office, True, kind, "Ann Lee", "a@example.org")

    assert [json.loads(one.body)["data"] for one in state.outbox] == [{"event_id": event, "event_title": NEW["title"]}]


async def test_how_deliveries_are_signed_can_be_chosen(
    client: httpx2.AsyncClient, sandbox: Sandbox, state: State
) -> None:
    state.signature = Signature("Webhook-Signature", "sha512")
    await Equaticket().send(client, "POST", "/webhooks", HOOK)
    state.announce(sandbox.box_office, True, "order.created", order_id="1")
    (webhook,) = state.worlds[True].records(sandbox.box_office, "webhook")
    (delivery,) = state.outbox

    assert delivery.headers["Webhook-Signature"] == state.signature.of(secret(webhook), delivery.body)
    assert len(delivery.headers["Webhook-Signature"]) == 128


@pytest.mark.parametrize("change, param", [({"url": "http://hooks.example"}, "url"), ({"events": ["all"]}, "events")])
async def test_a_subscription_is_checked(client: httpx2.AsyncClient, change: Any, param: str) -> None:
    answer = await Equaticket().send(client, "POST", "/webhooks", {**HOOK, **change})

    assert refused(answer) == (400, "validation_error", param)


async def test_a_subscription_changes_and_goes(client: httpx2.AsyncClient, sandbox: Sandbox, state: State) -> None:
    key = Equaticket()
    id = (await key.send(client, "POST", "/webhooks", HOOK)).json()["id"]
    paused = (await key.send(client, "PATCH", f"/webhooks/{id}", {"active": False})).json()
    state.announce(sandbox.box_office, True, "order.created", order_id="1")
    gone = await key.send(client, "DELETE", f"/webhooks/{id}")

    assert (paused["active"], paused["url"]) == (False, HOOK["url"])
    assert state.outbox == []
    assert gone.status_code == 204
    assert await key.walk(client, "/webhooks") == []


@pytest.mark.parametrize("plan, status", [("free", 403), ("starter", 403), ("growth", 201), ("pro", 201)])
async def test_webhooks_come_with_the_larger_plans(
    client: httpx2.AsyncClient, state: State, plan: str, status: int
) -> None:
    key = Equaticket(state.issue(plan=plan))

    assert (await key.send(client, "POST", "/webhooks", HOOK)).status_code == status

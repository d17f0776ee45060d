"""The routes that Equaticket alone has, against the sandbox: listings of its own, and what it can be told to do."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx2
import pytest

from connectors import find_provider
from connectors.credentials.environment import EnvironmentStore
from spekta.sandbox.providers.equaticket.state import TEST
from spekta.sandbox.server import environment

from .conftest import Ask, handler_of, outcome
from .events import Context, request, sent

V1 = "/v1/equaticket"
CHOIR = {
    "title": "Choir Night", "slug": "choir-night", "timezone": "Europe/London",
    "starts_at": "2027-10-01T19:00:00+01:00", "currency": "GBP",
}  # fmt: skip
KIND = '{"name": "Standard", "price": 15.00, "currency": "GBP", "quantity_total": 80}'
ROUTES = [
    ("GET", "/orders/o", None),
    ("GET", "/events/e/ticket-types", None),
    ("GET", "/public/events", None),
    ("GET", "/webhooks", None),
    ("GET", "/webhooks/w", None),
    ("GET", "/webhooks/w/deliveries", None),
    ("POST", "/events", "create_event"),
    ("PATCH", "/events/e", "update_event"),
    ("POST", "/events/e/publish", "publish_event"),
    ("POST", "/events/e/cancel", "cancel_event"),
    ("POST", "/events/e/ticket-types", "create_ticket_type"),
    ("PATCH", "/events/e/ticket-types/t", "update_ticket_type"),
    ("DELETE", "/events/e/ticket-types/t", "delete_ticket_type"),
    ("POST", "/webhooks", "create_webhook"),
    ("PATCH", "/webhooks/w", "update_webhook"),
    ("DELETE", "/webhooks/w", "delete_webhook"),
    ("POST", "/reset-test-data", "reset_test_data"),
]
ACTIONS = [route for route in ROUTES if route[2]]


@pytest.fixture(scope="module")
def handler() -> ModuleType:
    return handler_of("equaticket")


@pytest.fixture
def ask(handler: ModuleType, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    monkeypatch.setattr(handler.routes, "store", EnvironmentStore(environment(sandbox)))
    yield lambda event: outcome(handler.handler(event, Context()))
    httpx2.post(f"{sandbox}/_sandbox/reset", params={"provider": "equaticket"})


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator has switched writes on."""
    monkeypatch.setenv("SPEKTA_WRITES", "true")


def done(ask: Ask, event: dict[str, Any]) -> dict[str, Any]:
    status, body, headers = ask(event)
    assert status == 200, body
    assert headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = body
    return found


def made(ask: Ask, **more: Any) -> str:
    return str(done(ask, sent(f"{V1}/events", "POST", json.dumps({**CHOIR, **more})))["data"]["id"])


def test_every_listing_and_action_has_a_route() -> None:
    provider = find_provider("equaticket")
    assert len(ROUTES) == len(provider.listings) + len(provider.actions)
    assert {name for *_, name in ACTIONS} == set(provider.actions)


@pytest.mark.parametrize("method, path, name", ACTIONS)
def test_writes_are_off_until_the_operator_switches_them_on(
    ask: Ask, method: str, path: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPEKTA_WRITES", raising=False)
    status, body, _ = ask(sent(V1 + path, method, "{}"))
    assert (status, body["error"]["code"], body["error"]["provider"]) == (403, "not_allowed", "equaticket")
    assert "SPEKTA_WRITES=true" in body["error"]["message"]
    assert name in body["error"]["message"]


@pytest.mark.parametrize("method, path, name", ACTIONS)
def test_other_platforms_have_no_such_routes(handler: ModuleType, method: str, path: str, name: str) -> None:
    other = handler_of("ticket-tailor")
    assert outcome(other.handler(sent(f"/v1/ticket-tailor{path}", method, "{}"), Context()))[0] in (404, 405)


@pytest.mark.usefixtures("writes")
def test_an_event_from_draft_to_cancelled(ask: Ask) -> None:
    event = made(ask)
    path = f"{V1}/events/{event}"
    kind = done(ask, sent(f"{path}/ticket-types", "POST", KIND))["data"]
    changed = done(ask, sent(path, "PATCH", '{"title": "Choir Nights"}'))["data"]
    published = done(ask, sent(f"{path}/publish", "POST"))["data"]
    renamed = done(ask, sent(f"{path}/ticket-types/{kind['id']}", "PATCH", '{"name": "Seat"}'))["data"]
    types = done(ask, request(f"{path}/ticket-types"))["data"]
    gone = done(ask, sent(f"{path}/ticket-types/{kind['id']}", "DELETE"))
    cancelled = done(ask, sent(f"{path}/cancel", "POST"))["data"]
    assert (kind["price"], kind["currency"], kind["quantity_total"]) == ("15.00", "GBP", 80)
    assert (changed["name"], published["status"], cancelled["status"]) == ("Choir Nights", "live", "cancelled")
    assert [one["name"] for one in types] == [renamed["name"]] == ["Seat"]
    assert gone == {"data": None, "sent": True, "replayed": False, "idempotency_key": None}


@pytest.mark.usefixtures("writes")
def test_the_callers_key_is_passed_on_and_a_replay_is_told(ask: Ask) -> None:
    body = json.dumps(CHOIR)
    first, second = [done(ask, sent(f"{V1}/events", "POST", body, key="k1")) for _ in range(2)]
    status, other, _ = ask(sent(f"{V1}/events", "POST", json.dumps({**CHOIR, "title": "Another"}), key="k1"))
    assert first["data"] == second["data"]
    assert [(one["idempotency_key"], one["replayed"]) for one in (first, second)] == [("k1", False), ("k1", True)]
    assert (status, other["error"]["code"]) == (409, "rejected")


def test_a_dry_run_shows_the_request_and_sends_nothing(ask: Ask) -> None:
    shown = done(ask, sent(f"{V1}/events", "POST", json.dumps(CHOIR), key="k1", dry_run="true"))
    assert (shown["data"], shown["sent"], shown["idempotency_key"]) == (None, False, "k1")
    assert shown["request"]["method"] == "POST"
    assert shown["request"]["url"].endswith("/api/v1/events")
    assert shown["request"]["headers"]["Authorization"] == "Bearer ***"
    assert shown["request"]["body"] == {**CHOIR, "starts_at": "2027-10-01T18:00:00Z", "currency": "gbp"}
    assert len(done(ask, request(f"{V1}/events", page_size=100))["data"]) == 12


@pytest.mark.parametrize(
    "path, body, more, status, param",
    [
        ("/events", json.dumps({**CHOIR, "colour": "red"}), {}, 400, "colour"),
        ("/events", json.dumps({**CHOIR, "timezone": "Mars"}), {}, 400, "timezone"),
        ("/events", "[]", {}, 400, "body"),
        ("/events", "{", {}, 400, "body"),
        ("/events", json.dumps(CHOIR), {"key": "k" * 257}, 400, "idempotency_key"),
        ("/events", json.dumps(CHOIR), {"dry_run": "perhaps"}, 400, "dry_run"),
        ("/events", json.dumps(CHOIR), {"colour": "red"}, 400, "colour"),
        ("/events/e/publish", '{"event": "f"}', {}, 400, "event"),
        ("/events/~zz/publish", None, {}, 400, "event"),
        ("/events/another/publish", None, {}, 404, None),
        ("/reset-test-data", None, {}, 403, None),
    ],
)
@pytest.mark.usefixtures("writes")
def test_refused(ask: Ask, path: str, body: str | None, more: dict[str, str], status: int, param: str | None) -> None:
    answered, said, _ = ask(sent(V1 + path, "POST", body, **more))
    assert (answered, said["error"]["param"]) == (status, param)


@pytest.mark.usefixtures("writes")
def test_what_the_platform_refuses_keeps_its_status(ask: Ask) -> None:
    event = made(ask)
    taken = ask(sent(f"{V1}/events", "POST", json.dumps(CHOIR)))
    done(ask, sent(f"{V1}/events/{event}/cancel", "POST"))
    again = ask(sent(f"{V1}/events/{event}/cancel", "POST"))
    assert (taken[0], taken[1]["error"]["param"]) == (422, "slug")
    assert (again[0], again[1]["error"]["code"]) == (409, "rejected")


@pytest.mark.usefixtures("writes")
def test_test_data_is_reset_with_a_test_key(
    ask: Ask, handler: ModuleType, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {**environment(sandbox), "EQUATICKET_API_KEY": TEST}
    monkeypatch.setattr(handler.routes, "store", EnvironmentStore(known))
    made(ask)
    reset = done(ask, sent(f"{V1}/reset-test-data", "POST"))
    assert (reset["sent"], reset["data"]) == (True, None)
    assert len(done(ask, request(f"{V1}/events", page_size=100))["data"]) == 12


@pytest.mark.usefixtures("writes")
def test_webhooks(ask: Ask) -> None:
    body = '{"url": "https://hooks.example/e", "events": ["order.created"]}'
    hook = done(ask, sent(f"{V1}/webhooks", "POST", body))["data"]
    path = f"{V1}/webhooks/{hook['id']}"
    assert done(ask, request(path))["data"] == hook
    assert done(ask, request(f"{V1}/webhooks"))["data"] == [hook]
    assert done(ask, request(f"{path}/deliveries"))["data"] == []
    changed = done(ask, sent(path, "PATCH", '{"events": ["event.sold_out"]}'))["data"]
    assert changed["values"]["events"] == ["event.sold_out"]
    done(ask, sent(path, "DELETE"))
    assert done(ask, request(f"{V1}/webhooks"))["data"] == []


def test_one_order_without_personal_data(ask: Ask) -> None:
    order = done(ask, request(f"{V1}/orders", page_size=1))["data"][0]
    alone = done(ask, request(f"{V1}/orders/{order['id']}"))
    assert alone == {"data": order}
    assert "buyer_email" not in order
    assert ask(request(f"{V1}/orders/{order['id']}", page_size=1))[1]["error"]["param"] == "page_size"


def test_public_events_go_on_by_cursor(ask: Ask) -> None:
    path = f"{V1}/public/events"
    first = done(ask, request(path, org_slug="lampions", page_size=6))
    rest = done(ask, request(path, org_slug="lampions", cursor=first["next_cursor"]))
    assert (len(first["data"]), len(rest["data"]), rest["has_more"]) == (6, 4, False)
    assert ask(request(path))[1]["error"]["param"] == "org_slug"

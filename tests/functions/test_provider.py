"""The routes of a provider, against the sandbox."""

import io
import json
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from connectors import Connector, NotFound
from connectors.credentials.environment import EnvironmentStore
from connectors.models import UnifiedAttendee, UnifiedOrder
from connectors.references import encode_id
from spekta.sandbox.server import environment

from .conftest import Ask
from .events import request

EVENTS = "/v1/ticket-tailor/events"


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack gives personal data."""
    monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", "true")


def data(ask: Ask, path: str, **query: Any) -> Any:
    status, body, _ = ask(request(path, **query))
    assert status == 200, body
    return body["data"]


@pytest.fixture
def sold(ask: Ask) -> str:
    """The path of an event with orders."""
    order = data(ask, "/v1/ticket-tailor/orders")[0]
    return f"{EVENTS}/{encode_id(order['event_ids'][0])}"


def test_health(ask: Ask) -> None:
    health = data(ask, "/v1/ticket-tailor/health")
    assert (health["healthy"], health["provider"], health["error"]) == (True, "ticket-tailor", None)


@pytest.mark.parametrize("path", [EVENTS, "/v1/ticket-tailor/health"])
def test_refused_credentials_are_logged_by_the_word_that_rings_an_alarm(
    path: str, ask: Ask, function: ModuleType, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = environment(sandbox) | {"TICKET_TAILOR_API_KEY": "sk_test_canary_wrong"}
    log = io.StringIO()
    monkeypatch.setattr(function.routes, "store", EnvironmentStore(values))
    monkeypatch.setattr(function.logger.handlers[0], "stream", log)
    ask(request(path))
    assert [json.loads(line)["message"] for line in log.getvalue().splitlines()] == ["provider_auth_failed"]


def test_a_list_says_all_about_its_page(ask: Ask) -> None:
    status, body, headers = ask(request(EVENTS, page_size=2, q="e"))
    assert status == 200
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"] == "application/json"
    assert len(body.pop("data")) == 2
    assert isinstance(body.pop("next_cursor"), str)
    assert body == {
        "page": 1, "page_size": 2, "has_more": True, "total": None, "problems": [], "filtered_here": ["q"],
    }  # fmt: skip


def test_cursor_and_page_lead_to_the_same_records(ask: Ask) -> None:
    first = ask(request(EVENTS, page_size=3))[1]
    by_cursor = data(ask, EVENTS, page_size=3, cursor=first["next_cursor"])
    assert by_cursor == data(ask, EVENTS, page_size=3, page=2)
    assert {event["id"] for event in by_cursor}.isdisjoint(event["id"] for event in first["data"])


def test_one_event_is_the_one_of_the_list(ask: Ask) -> None:
    event = data(ask, EVENTS)[0]
    assert data(ask, f"{EVENTS}/{encode_id(event['id'])}") == event


def test_a_live_event_that_is_over_is_completed(ask: Ask) -> None:
    now = datetime.now(UTC)
    events = data(ask, EVENTS, page_size=100)
    over = [event for event in events if event["ends_at"] and datetime.fromisoformat(event["ends_at"]) < now]
    assert "completed" in {event["status"] for event in over}
    assert "live" not in {event["status"] for event in over}


def test_revenue_is_text_with_its_currency(ask: Ask, sold: str) -> None:
    revenue = data(ask, f"{sold}/revenue")
    assert f"{EVENTS}/{encode_id(revenue['event_id'])}" == sold
    assert isinstance(revenue["gross_revenue"], str)
    assert len(revenue["currency"]) == 3


@pytest.mark.parametrize("listing", ["tickets", "attendees", "orders"])
def test_listings_of_an_event(ask: Ask, sold: str, listing: str) -> None:
    assert data(ask, f"{sold}/{listing}")


@pytest.mark.parametrize(
    "listing, personal", [("attendees", UnifiedAttendee.personal), ("orders", UnifiedOrder.personal)]
)
@pytest.mark.usefixtures("allowed")
def test_personal_data_is_given_only_where_it_is_asked_for(ask: Ask, listing: str, personal: frozenset[str]) -> None:
    path = f"/v1/ticket-tailor/{listing}"
    plain, personally, raw = (
        data(ask, path, **query)[0]
        for query in ({}, {"personal_data": "true"}, {"personal_data": "true", "raw": "true"})
    )
    assert not (personal | {"raw"}) & plain.keys()
    assert personally.keys() - plain.keys() == personal
    assert raw.keys() - personally.keys() == {"raw"}
    assert raw["raw"]["id"] == plain["id"]


@pytest.mark.usefixtures("allowed")
def test_a_filter_by_a_person_finds_that_person(ask: Ask) -> None:
    path = "/v1/ticket-tailor/orders"
    address = data(ask, path, personal_data="true")[0]["buyer_email"]
    found = data(ask, path, personal_data="true", buyer_email=address)
    assert {order["buyer_email"] for order in found} == {address}


@pytest.mark.parametrize(
    "path, method",
    [
        ("health", "health_check"),
        ("events", "get_events"),
        ("orders", "get_orders"),
        ("attendees", "get_attendees"),
        ("events/ev_1", "get_event"),
        ("events/ev_1/tickets", "get_tickets"),
        ("events/ev_1/attendees", "get_attendees"),
        ("events/ev_1/orders", "get_orders"),
        ("events/ev_1/revenue", "get_revenue"),
    ],
)
def test_every_question_has_a_deadline(
    ask: Ask, function: ModuleType, monkeypatch: pytest.MonkeyPatch, path: str, method: str
) -> None:
    asked: list[tuple[Any, ...]] = []

    async def answer(_: Connector, *ids: str, deadline: float, **__: Any) -> None:
        asked.append((*ids, 0 < deadline <= function.SECONDS))
        raise NotFound("No.")

    monkeypatch.setattr(Connector, method, answer)
    assert ask(request(f"/v1/ticket-tailor/{path}"))[0] == 404
    assert asked == [("ev_1", True) if "ev_1" in path else (True,)]

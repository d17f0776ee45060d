"""Every example call of Equaticket's documentation: what we send is what its curl command sends."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from connectors import create_connector

pytestmark = pytest.mark.anyio
KEY = "sk_live_..."
EVENTS = "https://app.equaticket.com/api/v1/events"
LIST = f'curl {EVENTS} -H "Authorization: Bearer {KEY}"'
CREATE = f"""curl -X POST {EVENTS} -H "Authorization: Bearer {KEY}" -H "Content-Type: application/json"
    -d '{{"title": "Spring Workshop", "slug": "spring-workshop-2026", "timezone": "America/Chicago",
    "starts_at": "2026-09-15T18:00:00Z", "currency": "usd"}}'"""
CREATE_ONCE = CREATE.replace("-d", '-H "Idempotency-Key: 550e8400-e29b-41d4-a716-446655440000" -d')
ADD_TYPE = f"""curl -X POST {EVENTS}/EVENT_ID/ticket-types -H "Authorization: Bearer {KEY}"
    -H "Content-Type: application/json"
    -d '{{"name": "General Admission", "price": 2500, "currency": "usd", "quantity_total": 100}}'"""
PUBLISH = f'curl -X POST {EVENTS}/EVENT_ID/publish -H "Authorization: Bearer {KEY}"'

WORKSHOP = {
    "title": "Spring Workshop", "slug": "spring-workshop-2026", "timezone": "America/Chicago",
    "starts_at": "2026-09-15T13:00:00-05:00", "currency": "USD",
}  # fmt: skip
ADMISSION = {"name": "General Admission", "price": "25.00", "currency": "USD", "quantity_total": 100}


@dataclass(frozen=True)
class Curl:
    """A curl command, read."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any

    @classmethod
    def read(cls, command: str) -> "Curl":
        said = iter(shlex.split(command)[1:])
        method, url, headers, body = "GET", "", {}, None
        for word in said:
            match word:
                case "-X":
                    method = next(said)
                case "-H":
                    name, _, value = next(said).partition(": ")
                    headers[name.lower()] = value
                case "-d":
                    body = json.loads(next(said))
                case _:
                    url = word
        return cls(method, url, headers, body)


class Sent(httpx2.AsyncBaseTransport):
    """Keeps the one request that is sent."""

    def __init__(self) -> None:
        self.request: httpx2.Request | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        assert self.request is None
        self.request = request
        rows = {"livemode": True, "data": [], "has_more": False, "next_cursor": None}
        return httpx2.Response(200, json=rows if request.method == "GET" else {"id": "EVENT_ID"})


def check(curl: Curl, request: httpx2.Request | None) -> None:
    assert request is not None
    wanted, sent = urlsplit(curl.url), urlsplit(str(request.url))
    assert (request.method, sent.scheme, sent.netloc, sent.path) == (
        curl.method, wanted.scheme, wanted.netloc, wanted.path,
    )  # fmt: skip
    assert dict(parse_qsl(wanted.query)).items() <= dict(parse_qsl(sent.query)).items()
    assert {name: request.headers.get(name) for name in curl.headers} == curl.headers
    assert ("content-type" in request.headers) == ("content-type" in curl.headers)
    assert (json.loads(request.content) if request.content else None) == curl.body


@pytest.mark.parametrize(
    "command, action, inputs, key",
    [
        (CREATE, "create_event", WORKSHOP, None),
        (CREATE_ONCE, "create_event", WORKSHOP, "550e8400-e29b-41d4-a716-446655440000"),
        (ADD_TYPE, "create_ticket_type", {"event": "EVENT_ID", **ADMISSION}, None),
        (PUBLISH, "publish_event", {"event": "EVENT_ID"}, None),
    ],
)
async def test_an_action_sends_what_the_example_sends(
    command: str, action: str, inputs: dict[str, Any], key: str | None
) -> None:
    sent, curl = Sent(), Curl.read(command)
    async with create_connector("equaticket", {"apiKey": KEY}, transport=sent, writes=True) as connector:
        outcome = await connector.act(action, inputs, idempotency_key=key)
    check(curl, sent.request)
    assert (outcome.request.method, outcome.request.url, outcome.request.body) == (curl.method, curl.url, curl.body)


@pytest.mark.parametrize(
    "path, kind, event, asked",
    [
        ("/events", "events", None, {}),
        ("/orders?limit=50", "orders", None, {"page_size": 50}),
        ("/orders", "orders", None, {}),
        ("/events/EVENT_ID/orders", "orders", "EVENT_ID", {}),
        ("/orders?status=confirmed", "orders", None, {"filters": {"status": "paid"}}),
        ("/orders?buyer_email=jane@example.com", "orders", None, {"filters": {"buyer_email": "jane@example.com"}}),
        ("/attendees", "attendees", None, {}),
        ("/events/EVENT_ID/attendees", "attendees", "EVENT_ID", {}),
        ("/events/EVENT_ID/attendees?checked_in=true", "attendees", "EVENT_ID", {"filters": {"checked_in": True}}),
    ],
)
async def test_a_list_asks_what_the_example_asks(path: str, kind: str, event: str | None, asked: Any) -> None:
    requests: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(200, json={"livemode": True, "data": [{"id": "1"}], "has_more": False})

    transport = httpx2.MockTransport(answer)
    async with create_connector("equaticket", {"apiKey": KEY}, transport=transport) as connector:
        await getattr(connector, f"get_{kind}")(*filter(None, [event]), **asked)
    check(Curl.read(LIST.replace(EVENTS, EVENTS.removesuffix("/events") + path)), requests[0])


async def test_the_public_list_asks_what_the_example_asks() -> None:
    sent = Sent()
    async with create_connector("equaticket", None, transport=sent) as connector:
        await connector.get_listing("public_events", {"org_slug": "YOUR_ORG_SLUG"})
    check(Curl.read("curl https://app.equaticket.com/api/v1/public/events?org_slug=YOUR_ORG_SLUG"), sent.request)
    assert sent.request is not None
    assert "authorization" not in sent.request.headers

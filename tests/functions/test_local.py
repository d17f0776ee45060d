"""The API in one process: many requests at once, each with its own answer, and nobody let in who should not be."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from connectors.credentials.environment import EnvironmentStore
from connectors.registry import SLUGS
from functions import openapi
from functions.local import Api, Guard
from spekta.sandbox.app import create_app
from spekta.sandbox.server import environment, running
from spekta.sync.sqlite import SqliteStore
from tests.connectors.webhooks import delivery

pytestmark = pytest.mark.anyio
TOKEN = "token_canary_" + "x" * 32
WEBHOOK_TOKEN = "wh_test_canary_token_0123456789"
AT_ONCE = 50


@pytest.fixture(scope="module")
def store() -> Iterator[EnvironmentStore]:
    """Connections to platforms that take their time."""
    with running(create_app(latency=0.05)) as origin:
        yield EnvironmentStore(environment(origin))


def client(store: EnvironmentStore, guard: Guard | None = None, **more: Any) -> httpx2.AsyncClient:
    app: Any = Api(store, guard)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1:8767", **more)


async def test_requests_at_the_same_time_get_each_its_own_answer(store: EnvironmentStore) -> None:
    """Powertools keeps the event of the last request for all, and its validation may wait for threads for ever."""
    with running(Api(store)) as origin:
        async with httpx2.AsyncClient(
            base_url=origin, timeout=30, limits=httpx2.Limits(max_connections=AT_ONCE)
        ) as http:

            async def ask(number: int) -> tuple[int, Any, Any, Any]:
                slug, size = ("ticket-tailor", "pretix", "dice")[number % 3], 1 + number % 7
                answer = await http.get(
                    f"/v1/{slug}/events", params={"page_size": size}, headers={"X-Correlation-Id": f"number-{number}"}
                )
                body = answer.json()
                return (
                    answer.status_code,
                    answer.headers["X-Correlation-Id"],
                    body["page_size"],
                    body["data"][0]["provider"],
                )

            found = await asyncio.gather(*map(ask, range(AT_ONCE)))
    assert found == [
        (200, f"number-{number}", 1 + number % 7, ("ticket-tailor", "pretix", "dice")[number % 3])
        for number in range(AT_ONCE)
    ]


async def test_errors_at_the_same_time_are_told_to_whom_they_concern(store: EnvironmentStore) -> None:
    async with client(store) as http:

        async def ask(number: int) -> tuple[int, str, str, bool]:
            answer = await http.get(f"/v1/{SLUGS[number % 27]}/events/a~z{number}")
            error = answer.json()["error"]
            return (
                answer.status_code,
                error["provider"],
                error["param"],
                error["request_id"] == answer.headers["X-Request-Id"],
            )

        found = await asyncio.gather(*map(ask, range(AT_ONCE)))
    assert found == [(400, SLUGS[number % 27], "event_id", True) for number in range(AT_ONCE)]


async def test_who_leaves_before_the_whole_request_was_sent_is_not_missed(store: EnvironmentStore) -> None:
    told: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)

    headers = [(b"host", b"localhost"), (b"content-length", b"9")]
    scope = {"type": "http", "method": "POST", "path": "/v1/sync", "query_string": b"", "headers": headers}
    await Api(store)(scope, receive, send)
    assert told == []


async def test_every_kind_of_route(store: EnvironmentStore) -> None:
    async with client(store) as http:
        listed = (await http.get("/v1/providers")).json()["data"]
        events = (await http.get("/v1/portfolio/events", params={"limit": 30})).json()
        health = (await http.get("/v1/pretix/health")).json()["data"]
        nothing = await http.get("/v1/nothere/health")
        document = (await http.get("/openapi.json")).json()
    assert [(row["provider"], row["connections"]) for row in listed] == [(slug, [slug]) for slug in SLUGS]
    assert {one["state"] for one in events["connections"]} == {"ok"}
    assert health["healthy"]
    assert (nothing.status_code, nothing.json()["error"]["param"]) == (404, "provider")
    assert document == json.loads(openapi.printed())


async def test_a_body_reaches_its_action(store: EnvironmentStore) -> None:
    body = {"title": "Choir Night", "slug": "choir", "timezone": "Europe/London", "currency": "GBP"}
    async with client(store) as http:
        shown = await http.post(
            "/v1/equaticket/events?dry_run=true", json={**body, "starts_at": "2027-10-01T19:00:00Z"}
        )
        garbled = await http.post(
            "/v1/equaticket/events", content=b"\xff\xfe", headers={"Content-Type": "application/json"}
        )
        large = await http.post("/v1/equaticket/events", content=b" " * 6_000_001)
    assert (shown.status_code, shown.json()["request"]["body"]["title"]) == (200, "Choir Night")
    assert (garbled.status_code, garbled.json()["error"]["param"]) == (400, "body")
    assert (large.status_code, large.json()["error"]["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    "guard, headers, status, code",
    [
        (Guard(), {}, 200, None),
        (Guard(), {"Host": "localhost"}, 200, None),
        (Guard(), {"Host": "localhost:8767", "Origin": "http://localhost:8767"}, 200, None),
        (Guard(), {"Host": "rebound.example"}, 403, "not_allowed"),
        (Guard(), {"Host": "rebound.example:8767"}, 403, "not_allowed"),
        (Guard(), {"Host": "127.0.0.1.rebound.example"}, 403, "not_allowed"),
        (Guard(), {"Host": ""}, 403, "not_allowed"),
        (Guard(), {"Origin": "https://elsewhere.example"}, 403, "not_allowed"),
        (Guard(), {"Origin": "null"}, 403, "not_allowed"),
        (Guard(local=False), {"Host": "api.example"}, 200, None),
        (Guard(local=False), {"Host": "api.example", "Origin": "https://elsewhere.example"}, 403, "not_allowed"),
        (Guard(TOKEN), {}, 401, "unauthorized"),
        (Guard(TOKEN), {"Authorization": f"Bearer {TOKEN}"}, 200, None),
        (Guard(TOKEN), {"Authorization": f"bearer  {TOKEN}"}, 200, None),
        (Guard(TOKEN), {"Authorization": f"Bearer {TOKEN}x"}, 401, "unauthorized"),
        (Guard(TOKEN), {"Authorization": f"Basic {TOKEN}"}, 401, "unauthorized"),
        (Guard(TOKEN), {"Authorization": TOKEN}, 401, "unauthorized"),
        (Guard(TOKEN), {"Authorization": "Bearer \u00e9".encode("latin-1")}, 401, "unauthorized"),
        (Guard(TOKEN, local=False), {"Host": "api.example", "Authorization": f"Bearer {TOKEN}"}, 200, None),
        (Guard(TOKEN, local=False), {"Host": "api.example"}, 401, "unauthorized"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/providers", "/openapi.json", "/nothing"])
async def test_who_may_ask(
    store: EnvironmentStore, guard: Guard, headers: Any, status: int, code: str | None, path: str
) -> None:
    async with client(store, guard) as http:
        answer = await http.get(path, headers=headers)
    expected = 404 if status == 200 and path == "/nothing" else status
    assert answer.status_code == expected
    if code:
        assert answer.json()["error"]["code"] == code
        assert TOKEN not in answer.text
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)


# Deliveries of webhooks


def subscribed() -> EnvironmentStore:
    """A connection whose deliveries are known by a token in their address."""
    return EnvironmentStore({**environment("http://127.0.0.1:1"), "PRETIX_WEBHOOK_TOKEN": WEBHOOK_TOKEN})


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the copies of this machine would be."""
    path = tmp_path / "store.sqlite"
    monkeypatch.setenv("SPEKTA_STORE", str(path))
    return path


def is_kept(copies: Path) -> bool:
    return copies.exists()


async def deliver(path: str = f"/webhooks/pretix/default/{WEBHOOK_TOKEN}", **headers: str) -> int:
    """The answer to a delivery through a tunnel, where the API itself asks for a token."""
    async with client(subscribed(), Guard(TOKEN)) as http:
        answer = await http.post(path, content=delivery("pretix").body, headers=headers)
    return answer.status_code


@pytest.mark.parametrize("headers", [{}, {"Host": "tunnel.example"}, {"Origin": "https://elsewhere.example"}])
async def test_a_delivery_is_known_by_its_own_token(copies: Path, headers: dict[str, str]) -> None:
    assert await deliver(**headers) == 202
    assert not is_kept(copies)


@pytest.mark.parametrize(
    "path, status",
    [
        ("/webhooks/pretix/default/wrong", 401),
        (f"/webhooks/pretix/london/{WEBHOOK_TOKEN}", 401),
        (f"/webhooks/dice/default/{WEBHOOK_TOKEN}", 404),
        (f"/webhooks/nothere/default/{WEBHOOK_TOKEN}", 404),
        ("/webhooks/", 404),
        ("/webhooks/pretix/../../v1/providers", 403),
        ("/webhooks/%2e%2e/v1/providers", 404),
    ],
)
async def test_below_its_address_nothing_else_is_answered(copies: Path, path: str, status: int) -> None:
    assert await deliver(path, Host="tunnel.example") == status


async def test_a_delivery_is_looked_at_by_the_sync_of_this_machine(copies: Path) -> None:
    SqliteStore(copies).close()
    for _ in range(2):
        assert await deliver() == 202
    with SqliteStore(copies) as store:
        told = store.status("pretix").told
        assert [(change.kind, change.event_id is not None) for change in told] == [("event", True)]
        assert store.lease("pretix", "elsewhere/1/1", datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=1))
    assert await deliver() == 503


def test_the_token_does_not_show() -> None:
    assert TOKEN not in repr(Guard(TOKEN))


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "BREW"])
@pytest.mark.parametrize("path", ["/openapi.json", "/v1/providers", "/v1/pretix/events", "/v1/portfolio/events"])
async def test_other_methods(store: EnvironmentStore, method: str, path: str) -> None:
    async with client(store) as http:
        answer = await http.request(method, path)
    assert answer.status_code == (404 if path == "/openapi.json" else 405)


async def test_a_question_has_a_deadline(store: EnvironmentStore, monkeypatch: pytest.MonkeyPatch) -> None:
    app: Any = Api(store, seconds=0.01)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost") as http:
        answer = await http.get("/v1/pretix/events")
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "deadline_exceeded")

"""No answer is larger than Lambda lets through: a page is cut to what fits, with the cursor for the rest."""

import json
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import httpx2
import pytest

from connectors import create_connector
from connectors.credentials.environment import EnvironmentStore
from spekta.sandbox.app import create_app
from spekta.sandbox.programme import season
from spekta.sandbox.server import environment, running

from .conftest import Ask, outcome
from .events import Context, request

LAMBDA_BYTES = 6 * 1024 * 1024
EVENTS = "/v1/ticket-tailor/events"
LONG = '«é\u0001» "quoted" \\ 名\n' * 25_000  # signs that take more room in JSON, and more again in JSON in JSON


@pytest.fixture(scope="module")
def large() -> Iterator[str]:
    """The address of a sandbox whose events say a great deal of themselves."""
    box = season()
    for event in list(box.events):
        box.put_event(replace(event, description=LONG))
    with running(create_app(box)) as origin:
        yield origin


@pytest.fixture
def ask(function: ModuleType, large: str, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Asks the handler, and sees to the size of its answer as Lambda's runtime sends it."""
    monkeypatch.setattr(function.routes, "store", EnvironmentStore(environment(large)))
    monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", "true")

    def asked(event: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        response = function.handler(event, Context())
        assert len(json.dumps(response, ensure_ascii=False).encode()) < LAMBDA_BYTES
        return outcome(response)

    return asked


def test_a_large_page_is_cut_and_the_cursor_leads_to_the_rest(ask: Ask) -> None:
    whole = [
        event["id"] for number in (1, 2, 3, 4, 5) for event in ask(request(EVENTS, page_size=3, page=number))[1]["data"]
    ]
    found, cuts = [], 0
    query: dict[str, str] = {}
    while True:
        status, body, _ = ask(request(EVENTS, page_size=100, personal_data="true", raw="true", **query))
        assert status == 200, body
        assert body["data"]
        assert all(event["raw"]["description"] == LONG for event in body["data"])
        found += [event["id"] for event in body["data"]]
        cuts += body["page"] is None and not query
        if not body["has_more"]:
            break
        query = {"cursor": body["next_cursor"]}
    assert (found, cuts) == (whole, 1)
    assert len(whole) > 10


def test_a_numbered_page_is_not_cut_as_the_next_number_would_skip_what_is_missing(ask: Ask) -> None:
    status, body, _ = ask(request(EVENTS, page_size=100, page=1, personal_data="true", raw="true"))
    assert (status, body["error"]["param"]) == (400, "page_size")


@pytest.mark.parametrize("path", [EVENTS, f"{EVENTS}/ev_1"])
def test_a_record_that_is_too_large_alone(ask: Ask, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    event = ask(request(EVENTS, page_size=1))[1]["data"][0]
    monkeypatch.setattr("functions.answers.LARGEST", 200_000)
    status, body, _ = ask(request(path.replace("ev_1", event["id"]), personal_data="true", raw="true"))
    assert (status, body["error"]["param"]) == (400, "raw")


def test_half_a_character_reaches_the_caller_as_its_escape(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"object": "event", "id": "ev_1", "name": "Half \ud83d", "status": "published"}
    answer = json.dumps({"data": [row], "links": {"next": None}})
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, text=answer))
    connector = create_connector("ticket-tailor", {"apiKey": "sk_test_canary_1"}, transport=transport)
    monkeypatch.setattr("functions.routes.connect", lambda *_, **__: connector)
    monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", "true")
    response = function.handler(request(EVENTS, personal_data="true", raw="true"), Context())
    json.dumps(response, ensure_ascii=False).encode()
    status, body, _ = outcome(response)
    assert status == 200, body
    assert body["data"][0]["raw"]["name"] == "Half \ud83d"

"""Every error in the envelope, with its status."""

import json
import sys
from types import ModuleType
from typing import Any

import pytest

import connectors
from connectors import Connector
from connectors.errors import ProviderError, SpektaError
from functions import errors, general
from spekta.sync.store import StoreFailed

from .conftest import Ask, outcome
from .events import REQUEST_ID, Context, request

CANARY = "sk_test_canary_4711"


def every(kind: type[SpektaError]) -> set[type[SpektaError]]:
    return {kind}.union(*(every(below) for below in kind.__subclasses__()))


@pytest.mark.parametrize(
    "raised, status, code, param",
    [
        (connectors.InvalidArgument("page", "No."), 400, "invalid_argument", "page"),
        (connectors.ConfigurationError("No.", "", "provider"), 404, "configuration", "provider"),
        (connectors.ConfigurationError("No.", "", "connection"), 404, "configuration", "connection"),
        (connectors.ConfigurationError("No.", "", "account"), 400, "configuration", "account"),
        (connectors.ConfigurationError("No.", "", "apiKey"), 503, "configuration", "apiKey"),
        (connectors.NotAllowed("No."), 403, "not_allowed", None),
        (connectors.NotificationRefused("signature", "ticket-tailor", "No."), 401, "notification_refused", None),
        (connectors.NotFound("No."), 404, "not_found", None),
        (connectors.AuthenticationFailed("No."), 502, "provider_auth_failed", None),
        (connectors.PermissionDenied("No."), 502, "provider_permission_denied", None),
        (connectors.Rejected("No.", param="limit"), 502, "rejected", "limit"),
        (connectors.Removed("No."), 502, "removed", None),
        (connectors.RateLimited("No."), 429, "rate_limited", None),
        (connectors.Unsupported("ticket-tailor", "TicketTailor", "fees", "No."), 501, "unsupported", None),
        (connectors.Unavailable("No."), 503, "unavailable", None),
        (connectors.InvalidResponse("No."), 502, "invalid_response", None),
        (connectors.DeadlineExceeded("No."), 504, "deadline_exceeded", None),
        (ProviderError("No."), 502, "provider_error", None),
        (StoreFailed("No."), 503, "unavailable", None),
        (ZeroDivisionError(CANARY), 500, "internal", None),
    ],
)
def test_table(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, raised: Exception, status: int, code: str, param: str | None
) -> None:
    async def failing(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr(Connector, "get_events", failing)
    answered, body, headers = ask(request("/v1/ticket-tailor/events"))
    message = body["error"].pop("message")
    assert (answered, body) == (
        status,
        {"error": {"code": code, "provider": "ticket-tailor", "request_id": REQUEST_ID, "param": param}},
    )
    assert "No." in message or code == "internal"
    assert CANARY not in message
    assert "Retry-After" not in headers


def test_every_error_of_the_library_has_a_status() -> None:
    told = set(errors.STATUSES) - {SpektaError}
    own = {kind for kind in every(SpektaError) - {SpektaError} if kind.__module__ in errors.DOCUMENTED}
    assert {kind for kind in own if not set(kind.__mro__) & told} == set()


def test_the_wait_is_a_header(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_: Any, **__: Any) -> None:
        raise connectors.RateLimited("No.", retry_after=61.2)

    monkeypatch.setattr(Connector, "get_events", failing)
    status, _, headers = ask(request("/v1/ticket-tailor/events"))
    assert (status, headers["Retry-After"]) == (429, "62")


def test_a_sum_that_takes_too_long_names_the_next_call(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_: Any, **__: Any) -> None:
        raise connectors.DeadlineExceeded("No.")

    monkeypatch.setattr(Connector, "get_revenue", failing)
    status, body, _ = ask(request("/v1/ticket-tailor/events/ev_~2F/revenue"))
    assert (status, body["error"]["code"]) == (504, "too_large_for_live")
    assert "/v1/ticket-tailor/events/ev_~2F/orders" in body["error"]["message"]


@pytest.mark.parametrize(
    "path, query, status, code, param",
    [
        ("/events/ev_0", {}, 404, "not_found", None),
        ("/events", {"account": "london"}, 404, "configuration", "connection"),
        ("/events", {"account": "a/b"}, 400, "configuration", "account"),
        ("/events", {"personal_data": "true"}, 403, "personal_data_refused", None),
        ("/events", {"raw": "true"}, 400, "invalid_argument", "raw"),
        ("/events", {"pge": "1"}, 400, "invalid_argument", "pge"),
        ("/events", {"cursor": "x"}, 400, "invalid_argument", "cursor"),
        ("/events", {"page": "0"}, 400, "invalid_argument", "page"),
        ("/events/a~2Fb", {}, 400, "invalid_argument", "event_id"),
        ("/events/a~2", {}, 400, "invalid_argument", "event_id"),
        ("/events/a%20b/tickets", {}, 400, "invalid_argument", "event_id"),
        ("/nothing", {}, 404, "not_found", None),
        ("/events/ev_1/nothing", {}, 404, "not_found", None),
    ],
)
def test_from_the_query_to_the_envelope(
    ask: Ask, path: str, query: dict[str, str], status: int, code: str, param: str | None
) -> None:
    answered, body, _ = ask(request(f"/v1/ticket-tailor{path}", **query))
    assert (answered, body["error"]["code"], body["error"]["param"]) == (status, code, param), body


@pytest.mark.parametrize("path", ["/v1/pretix/events", "/", "/v1/ticket-tailor", "/v1/ticket-tailor/events/"])
def test_what_the_gateway_does_not_send_here(ask: Ask, path: str) -> None:
    status, body, _ = ask(request(path))
    assert (status, body["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"])
def test_another_method_is_told_which_are_taken(ask: Ask, method: str) -> None:
    status, body, headers = ask(request("/v1/ticket-tailor/events", method))
    assert (status, body["error"]["code"], headers["Allow"]) == (405, "method_not_allowed", "GET")


@pytest.mark.parametrize("path", ["/v1/nothere/events", "/v1/nothere/health", "/v1/Pretix/events"])
def test_an_unknown_provider_is_told_which_are_known(path: str) -> None:
    status, body, _ = outcome(general.handler(request(path), Context()))
    assert (status, body["error"]["code"], body["error"]["param"]) == (404, "configuration", "provider")
    assert "ticket-tailor" in body["error"]["message"]


@pytest.mark.parametrize(
    "given, correlation",
    [("4bf92f35-77b3", "4bf92f35-77b3"), ("", REQUEST_ID), ("a b", REQUEST_ID), ("x" * 129, REQUEST_ID)],
)
@pytest.mark.parametrize("path, status", [("/events", 200), ("/nothing", 404)])
def test_ids_of_a_request(ask: Ask, path: str, status: int, given: str, correlation: str) -> None:
    event = request(f"/v1/ticket-tailor{path}")
    event["headers"]["x-correlation-id"] = given
    answered, _, headers = ask(event)
    assert (answered, headers["X-Request-Id"], headers["X-Correlation-Id"]) == (status, REQUEST_ID, correlation)


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_path_that_no_function_serves(method: str) -> None:
    status, body, _ = outcome(general.handler(request("/v1/elsewhere", method), Context()))
    assert (status, body["error"]["code"], body["error"]["request_id"]) == (404, "not_found", REQUEST_ID)


def test_the_log_holds_neither_query_nor_secret(
    ask: Ask, function: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    monkeypatch.setattr(function.logger.handlers[0], "stream", sys.stdout)
    ask(request("/v1/ticket-tailor/events", q="canary-of-a-query", pge="canary-of-a-name"))
    key = "sk_test_sandbox_ticket_tailor"
    function.logger.warning(key, operation=key, extra={"more": [{"key": key}]})
    with function.logger.append_context_keys(lasting=key):
        try:
            raise ValueError(key)
        except ValueError:
            function.logger.exception("failed")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines] == ["invalid_argument", "***", "failed"]
    assert lines[0]["correlation_id"] == REQUEST_ID
    assert (lines[1]["operation"], lines[1]["more"]) == ("***", [{"key": "***"}])
    assert (lines[2]["lasting"], "ValueError: ***" in lines[2]["exception"]) == ("***", True)
    assert not [line for line in lines if "canary" in json.dumps(line) or key in json.dumps(line)]

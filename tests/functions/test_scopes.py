"""What a caller's token allows, where the gateway asks for one."""

from types import ModuleType
from typing import Any

import pytest

from connectors.credentials.environment import EnvironmentStore
from spekta.sandbox.server import environment

from .conftest import Ask, handler_of, outcome
from .events import Context, request, sent


def with_token(event: dict[str, Any], **claims: Any) -> dict[str, Any]:
    event["requestContext"]["authorizer"] = {"jwt": {"claims": {"sub": "somebody", **claims}, "scopes": None}}
    return event


@pytest.fixture(scope="module")
def equaticket() -> ModuleType:
    return handler_of("equaticket")


@pytest.fixture
def ask(equaticket: ModuleType, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setattr(equaticket.routes, "store", EnvironmentStore(environment(sandbox)))
    monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", "true")
    monkeypatch.setenv("SPEKTA_WRITES", "true")
    return lambda event: outcome(equaticket.handler(event, Context()))


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "read personal_data"},
        {"scope": "spekta/read spekta/personal_data"},
        {"scope": "[read personal_data]"},
        {"scp": ["personal_data"]},
        {"scp": "https://api.example/personal_data"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/equaticket/orders", "/v1/equaticket/webhooks"])
def test_personal_data_for_a_token_that_allows_it(ask: Ask, claims: dict[str, Any], path: str) -> None:
    assert ask(with_token(request(path, personal_data="true"), **claims))[0] == 200


@pytest.mark.parametrize(
    "claims", [{}, {"scope": ""}, {"scope": "read write"}, {"scp": []}, {"scope": "personal_data2"}, {"scope": None}]
)
@pytest.mark.parametrize("path", ["/v1/equaticket/orders", "/v1/equaticket/webhooks", "/v1/equaticket/events/e"])
def test_no_personal_data_for_another_token(ask: Ask, claims: dict[str, Any], path: str) -> None:
    status, body, _ = ask(with_token(request(path, personal_data="true"), **claims))
    assert (status, body["error"]["code"]) == (403, "personal_data_refused")
    assert "scope personal_data" in body["error"]["message"]


def test_a_write_needs_its_scope_and_a_dry_run_none(ask: Ask) -> None:
    path = "/v1/equaticket/events/e/publish"
    status, body, _ = ask(with_token(sent(path, "POST"), scope="read personal_data"))
    shown, _, _ = ask(with_token(sent(path, "POST", dry_run="true"), scope="read"))
    written, told, _ = ask(with_token(sent(path, "POST"), scope="write"))
    assert (status, body["error"]["code"]) == (403, "not_allowed")
    assert "scope write" in body["error"]["message"]
    assert (shown, written, told["error"]["code"]) == (200, 404, "not_found")


def test_who_is_let_in_by_iam_shows_no_token(ask: Ask) -> None:
    assert ask(request("/v1/equaticket/orders", personal_data="true"))[0] == 200

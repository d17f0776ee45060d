"""Deliveries of webhooks at the platforms' functions: each is checked, passed on once, and answered so that nothing is
lost and nothing is told.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors import ConfigurationError
from connectors.notification import LARGEST
from functions import webhooks
from spekta.sandbox.deliveries import Delivery, told
from tests.connectors.webhooks import KNOWN, PLATFORMS, PROVING, SIGNING, delivery, resigned, taken

from .conftest import outcome
from .deliveries import Account, Function, account, in_base64
from .events import Context, request
from .test_bad_input import AWKWARD, IMPOSSIBLE

IGNORED = [slug for slug in PLATFORMS if "something_else" in told(slug)]


@pytest.fixture(scope="module")
def connected() -> Iterator[Account]:
    with account() as made:
        yield made


@pytest.fixture(params=PLATFORMS)
def function(request: pytest.FixtureRequest, connected: Account) -> Function:
    return connected.function(request.param)


@pytest.fixture
def pretix(connected: Account) -> Function:
    return connected.function("pretix")


def asked(slug: str, sent: Delivery) -> dict[str, Any]:
    """The request that a delivery becomes."""
    changes = [change.model_dump(mode="json", exclude_none=True) for change in taken(slug, sent).changes]
    return {"connections": [slug], "changes": changes}


def test_a_delivery_asks_for_what_it_names(function: Function) -> None:
    slug, sent = function.slug, delivery(function.slug)
    status, body, headers = outcome(function.take(sent))
    assert (status, body) == (202, {"data": {"delivery": "accepted"}})
    assert headers["Cache-Control"] == "no-store"
    assert function.bus.asked == [asked(slug, sent)]
    assert function.bus.asked[0]["changes"]


def test_the_raw_body_is_verified_however_the_gateway_hands_it_on(function: Function) -> None:
    sent = delivery(function.slug)
    assert function.status(sent, **in_base64(sent)) == 202
    assert function.bus.asked == [asked(function.slug, sent)]


def test_the_same_again_is_answered_alike_and_asks_for_nothing(function: Function) -> None:
    sent = delivery(function.slug)
    statuses = [function.status(sent) for _ in range(3)]
    if function.slug in KNOWN:
        assert (statuses, len(function.bus.asked)) == ([202, 200, 200], 1)
    else:  # a hint without an id may be another one each time
        assert (statuses, len(function.bus.asked)) == ([202] * 3, 3)


def test_what_the_bus_does_not_take_is_delivered_again_and_accepted_then(function: Function) -> None:
    slug, sent = function.slug, delivery(function.slug)
    function.bus.down = True
    status, body, headers = outcome(function.take(sent))
    assert (status, body["error"]["code"]) == ((429, "rate_limited") if slug == "eventix" else (503, "unavailable"))
    assert ("Retry-After" in headers) is (slug == "eventix")
    assert function.bus.asked == []
    function.bus.down = False
    assert function.status(sent) == 202
    assert function.bus.asked == [asked(slug, sent)]


def defective(*_: Any, **__: Any) -> None:
    raise KeyError("x")


def test_what_fails_unexpectedly_is_delivered_again(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = delivery(function.slug)
    with monkeypatch.context() as patch:
        patch.setattr(webhooks, "verify", defective)
        assert function.status(sent) == (429 if function.slug == "eventix" else 503)
    assert function.status(sent) == 202


def test_a_body_that_was_changed_asks_for_nothing(function: Function) -> None:
    sent = delivery(function.slug)
    status = function.status(replace(sent, body=sent.body[:-1]))
    assert status == (401 if function.slug in SIGNING else 400)
    assert function.bus.asked == []


def refusal(answer: dict[str, Any]) -> tuple[int, Any, set[str]]:
    """All that an answer tells, but for when it was given."""
    status, body, headers = outcome(answer)
    return status, body, {f"{name}: {value}" for name, value in headers.items()}


def test_whatever_is_wrong_it_is_refused_alike(function: Function) -> None:
    """Nobody learns which connections there are, or how far a guess has come."""
    slug, sent = function.slug, delivery(function.slug)
    wrong = [
        function.take(sent, token="x" * 30),
        function.take(sent, token="é"),
        function.take(sent, account="nobody"),
        function.take(sent, account="NOBODY"),
        function.take(sent, account="x" * 300),
        function.take(sent, account="bare"),
        function.take(Delivery({}, b"garbage"), account="nobody"),
        function.take(Delivery({}, b"garbage"), token="x" * 30),
    ]
    if slug in PROVING:
        wrong.append(function.take(Delivery({"OpenTicket-Trigger": "x"}, sent.body)))
    first = refusal(wrong[0])
    assert first[0] == 401
    assert first[1]["error"].keys() == {"code", "message", "provider", "request_id", "param"}
    assert first[1]["error"]["code"] == "notification_refused"
    assert [refusal(one) for one in wrong] == [first] * len(wrong)
    assert function.bus.asked == []


@pytest.mark.parametrize("body", [b"", b"garbage", b"[]", b"null", b"[" * 100_000, b'{"a":' * 50_000])
def test_garbage_from_who_knows_the_secret(function: Function, body: bytes) -> None:
    status, answer, _ = outcome(function.take(resigned(function.slug, body)))
    assert (status, answer["error"]["code"], answer["error"]["param"]) == (400, "invalid_argument", "body")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "x"])
def test_what_the_body_is_called_does_not_matter(connected: Account, kind: str) -> None:
    """Platforms may call JSON what they like; whether it is, is seen when it is read."""
    for slug in ("pretix", "ticket-tailor"):
        sent = delivery(slug)
        assert connected.function(slug).status(replace(sent, headers={**sent.headers, "Content-Type": kind})) == 202


@pytest.mark.parametrize("id", AWKWARD + IMPOSSIBLE)
def test_an_account_or_token_of_awkward_characters(pretix: Function, id: str) -> None:
    sent = delivery("pretix")
    assert [pretix.status(sent, account=id), pretix.status(sent, token=id)] == [401, 401]


@pytest.mark.parametrize("query", ["", "account=default", "a=1&a=1", "%00"])
def test_a_query_is_not_read(pretix: Function, query: str) -> None:
    assert pretix.status(delivery("pretix"), rawQueryString=query) == 202


@pytest.mark.parametrize("body", ["*", "YQ", "é"])
def test_a_body_that_is_no_base64(pretix: Function, body: str) -> None:
    assert pretix.status(delivery("pretix"), body=body, isBase64Encoded=True) == 400


def test_a_body_that_is_too_large_is_not_read(pretix: Function) -> None:
    sent = delivery("pretix")
    assert pretix.status(replace(sent, body=sent.body.ljust(LARGEST))) == 202
    for name in ("default", "nobody"):
        status, body, _ = outcome(pretix.take(replace(sent, body=b" " * (LARGEST + 1)), account=name))
        assert (status, body["error"]["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_other_methods(pretix: Function, method: str) -> None:
    status, _, headers = outcome(pretix.module.handler(request("/webhooks/pretix/default/x", method), Context()))
    assert (status, headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["pretix", "pretix/default", "pretix/default/a/b", "dice/default/a", "", "//"])
def test_other_paths(pretix: Function, path: str) -> None:
    status, body, _ = outcome(pretix.module.handler(request(f"/webhooks/{path}", "POST"), Context()))
    assert (status, body["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("slug", IGNORED)
def test_what_is_about_nothing_that_is_read_asks_for_nothing(slug: str, connected: Account) -> None:
    function = connected.function(slug)
    status, body, _ = outcome(function.take(delivery(slug, "something_else")))
    assert (status, body) == (200, {"data": {"delivery": "ignored"}})
    assert function.bus.asked == []


def test_of_very_many_records_all_that_changed_is_looked_for(connected: Account) -> None:
    function, body = connected.function("universe"), json.loads(delivery("universe").body)
    body["tickets"] *= 101
    assert function.status(resigned("universe", json.dumps(body).encode())) == 202
    assert function.bus.asked == [{"connections": ["universe"], "changes": []}]


def test_a_delivery_is_remembered_below_the_name_of_its_platform(connected: Account, pretix: Function) -> None:
    assert pretix.status(delivery("pretix")) == 202
    assert [one.rpartition("#")[0] for one in connected.remembered()] == ["spekta/pretix/default"]


def test_without_a_bus_it_is_delivered_again(pretix: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    webhooks._bus.cache_clear()
    monkeypatch.delenv("SPEKTA_BUS")
    assert pretix.status(delivery("pretix")) == 503
    monkeypatch.setenv("SPEKTA_BUS", "spekta")
    assert pretix.status(delivery("pretix")) == 202


def test_without_the_right_to_read_the_secret_it_is_delivered_again(
    pretix: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise ConfigurationError("AWS does not allow GetSecretValue (AccessDenied).")

    monkeypatch.setattr(pretix.module.routes.store, "settings", refuse)
    assert pretix.status(delivery("pretix")) == 503

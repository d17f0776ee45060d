"""No secret is ever seen: not in an answer, a cursor or an error, and not in a line of a log or of the output; whatever
the platform does.
"""

import io
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from connectors import find_provider
from connectors.credentials.environment import EnvironmentStore, constant
from connectors.errors import Unavailable
from connectors.references import encode_id
from connectors.registry import SLUGS
from connectors.seen import SeenInMemory
from functions import webhooks
from functions.log import logger
from functions.webhooks import WebhookRoutes
from spekta.sandbox.app import Sandbox, create_app
from spekta.sandbox.misbehaviour import KINDS
from spekta.sandbox.providers import services
from spekta.sandbox.server import environment, running
from tests.connectors.sandboxed import Clock
from tests.connectors.webhooks import NOW, OPTIONS, TOKEN, resigned, season, secret
from tests.connectors.webhooks import delivery as delivered
from tests.connectors.webhooks import each as each_webhook

from .conftest import handler_of, outcome
from .deliveries import delivered as webhook_event
from .events import Context, request, sent
from .leaks import Ear, Repeating, everything, planted

ROUTES = ("health", "events", "event", "tickets", "attendees", "orders", "revenue", "next page")
REPEATS = {f"repeats {status}": status for status in (200, 302, 400, 409, 422, 429, 500)}
WEBHOOK = '{"url": "https://hooks.example.org/spekta", "events": ["order.created"]}'
Leaks = Callable[[str, str, str], list[str]]
FAULTS = ("none", "wrong key", "expired tokens", *KINDS, *REPEATS)


@dataclass(frozen=True)
class Platform:
    """All platforms on loopback, on which things go wrong."""

    sandbox: Sandbox
    repeating: Repeating
    origin: str


@pytest.fixture(scope="module")
def served() -> Iterator[Platform]:
    app = create_app()
    repeating = Repeating(app)
    with running(repeating) as origin:
        yield Platform(app.state.sandbox, repeating, origin)


@pytest.fixture
def platform(served: Platform) -> Iterator[Platform]:
    standing = {slug: set(grants.standing) for slug, grants in served.sandbox.grants.items()}
    yield served
    for slug, tokens in standing.items():
        served.sandbox.grants[slug].standing |= tokens
    served.repeating.status = None
    served.sandbox.behave()


def variables(slug: str, origin: str, *, wrong: bool = False) -> dict[str, str]:
    """What connects a platform, with every listing switched on that is off by default."""
    provider = find_provider(slug)
    gates = {constant(gate): "true" for kind in ("attendees", "orders") if (gate := provider.needs(kind))}
    keys = {constant(field.name) for field in provider.credentials if field.secret} if wrong else set()
    found = {f"{constant(slug)}_{name}": value for name, value in gates.items()} | environment(origin)
    wrongly = {f"{constant(slug)}_{name}": f"sk_test_canary_{name.lower()}" for name in keys}
    return found | {name: value for name, value in wrongly.items() if name in found}


def secrets(slug: str, values: Mapping[str, str]) -> list[str]:
    names = [f"{constant(slug)}_{constant(field.name)}" for field in find_provider(slug).credentials if field.secret]
    return [values[name] for name in names if name in values]


@cache
def function(slug: str) -> ModuleType:
    return handler_of(slug)


def ask(slug: str, path: str, **query: Any) -> dict[str, Any]:
    everywhere = {} if path.endswith(("/health", "/revenue")) else {"raw": "true", "personal_data": "true"}
    answer: dict[str, Any] = function(slug).handler(request(f"/v1/{slug}{path}", **everywhere, **query), Context())
    return answer


@cache
def first(slug: str, origin: str) -> tuple[str, str]:
    """The path of an event, and the cursor after it. The platform works."""
    store, module = EnvironmentStore(variables(slug, origin)), function(slug)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.routes, "store", store)
        status, body, _ = outcome(ask(slug, "/events", page_size=1))
    assert status == 200, body
    return f"/events/{encode_id(body['data'][0]['id'])}", body["next_cursor"] or ""


def asked(slug: str, origin: str, route: str) -> dict[str, Any]:
    event, cursor = first(slug, origin)
    if route in ("health", "events"):
        return ask(slug, f"/{route}", **({"page_size": 2} if route == "events" else {}))
    if route == "write":
        answer: dict[str, Any] = function(slug).handler(sent(f"/v1/{slug}/webhooks", "POST", WEBHOOK), Context())
        return answer
    if route == "next page":
        return ask(slug, "/events", page_size=1, cursor=cursor)
    return ask(slug, event if route == "event" else f"{event}/{route}")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[io.StringIO]]:
    """The functions' own log, and every line that any logger would write with all of them on."""
    own, ear, root = io.StringIO(), Ear(), logging.getLogger()
    monkeypatch.setattr(logger.handlers[0], "stream", own)
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    yield [own, ear.heard]
    root.removeHandler(ear)
    root.setLevel(level)


def go_wrong(platform: Platform, slug: str, fault: str, patch: pytest.MonkeyPatch) -> None:
    if fault in REPEATS:
        platform.repeating.status = REPEATS[fault]
    elif fault == "expired tokens":
        platform.sandbox.expire_tokens(slug)
    elif fault == "slow":
        patch.setattr(function(slug).routes, "seconds", 0.05)
        platform.sandbox.misbehave(slug, "slow", seconds=0.1)
    elif fault == "foreign_next" and not services()[slug].shape.next_is_link:
        pytest.skip("it has no link to the next page")
    elif fault in KINDS:
        platform.sandbox.misbehave(slug, fault)  # type: ignore[arg-type]


@pytest.fixture
def leaks(
    platform: Platform,
    heard: list[io.StringIO],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Leaks:
    """The secrets that are seen when a route is asked while something is wrong."""

    def leaks(slug: str, fault: str, route: str) -> list[str]:
        monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", "true")
        first(slug, platform.origin)
        Clock().stop(monkeypatch)
        values = variables(slug, platform.origin, wrong=fault == "wrong key")
        monkeypatch.setattr(function(slug).routes, "store", EnvironmentStore(values))
        go_wrong(platform, slug, fault, monkeypatch)
        response = asked(slug, platform.origin, route)
        output = capfd.readouterr()
        seen = everything(response, output.out, output.err, *(one.getvalue() for one in heard))
        assert response["statusCode"] != 500, response["body"]
        unasked = fault == "wrong key" or response["statusCode"] in (400, 501)
        assert unasked or "connect_tcp.started" in seen
        hidden = planted(platform.sandbox, slug, secrets(slug, values))
        assert hidden
        return sorted(secret for secret in hidden if secret in seen)

    return leaks


@pytest.mark.pairwise(of=len(ROUTES))
@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("route", ROUTES)
def test_no_secret_is_seen(slug: str, fault: str, route: str, leaks: Leaks) -> None:
    assert leaks(slug, fault, route) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_no_secret_is_seen_of_what_is_written(fault: str, leaks: Leaks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKTA_WRITES", "true")
    assert leaks("equaticket", fault, "write") == []


TOKEN_SENT = "wh_test_canary_token_that_is_wrong"
DELIVERED = ("right", "again", "wrong token", "no connection", "tampered", "garbage", "bus down", "defect")


def breaks(connection: str, changes: object) -> None:
    raise KeyError(f"{connection} {TOKEN} {changes}")


def is_down(connection: str, changes: object) -> None:
    raise Unavailable(f"The bus did not take {TOKEN}.")


@each_webhook
@pytest.mark.parametrize("what", DELIVERED)
def test_nothing_of_a_delivery_is_seen(
    slug: str,
    what: str,
    heard: list[io.StringIO],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Neither the token and the secret, nor what comes along, nor the body: that has a buyer's name."""
    monkeypatch.setattr(webhooks, "now", lambda: NOW)
    names = {"TOKEN": TOKEN, "SECRET": secret(slug)} | (
        {"HEADER": "X-Equaticket-Signature"} if OPTIONS.get(slug) else {}
    )
    values = {f"{constant(slug)}_WEBHOOK_{name}": value for name, value in names.items() if value}
    store = EnvironmentStore({**environment("http://127.0.0.1:1"), **values})
    pass_on = {"bus down": is_down, "defect": breaks}.get(what, lambda *_: None)
    routes = WebhookRoutes(find_provider(slug), store, SeenInMemory(), pass_on)
    delivery = resigned(slug, b"{canary-body-buyer" if what == "garbage" else delivered(slug).body)
    if what == "tampered":
        delivery = replace(delivery, body=delivery.body + b"canary-body-buyer")
    token, account = TOKEN_SENT if what == "wrong token" else TOKEN, "nobody" if what == "no connection" else "default"
    for _ in range(2 if what == "again" else 1):
        answer = routes.resolver.run(webhook_event(slug, delivery, account=account, token=token), Context())
    output = capfd.readouterr()
    seen = everything(answer, output.out, output.err, *(one.getvalue() for one in heard))
    buyer = next(order for order in season().orders if order.paid and order.currency == "EUR" and not order.test).buyer
    proofs = [value for name, value in delivery.headers.items() if "ignature" in name or name == "Authorization"]
    hidden = [
        TOKEN,
        TOKEN_SENT,
        "canary-body-buyer",
        buyer.email,
        buyer.last_name,
        *proofs,
        *filter(None, [secret(slug)]),
    ]
    assert [one for one in hidden if one and one in seen] == []
    assert answer["statusCode"] != 500
    assert "webhook_" in seen or answer["statusCode"] in (200, 202)


class Deaf(set[str]):
    """Remembers nothing."""

    def update(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize(
    "slug, fault, secret",
    [
        ("ticketmaster", "none", "sk_test_sandbox_ticketmaster"),  # in the query, which the HTTP library logs
        ("dice", "repeats 409", "sk_test_sandbox_dice"),  # in a header, which the answer calls a wrong parameter
    ],
)
def test_what_redaction_would_let_through_is_noticed(
    slug: str, fault: str, secret: str, leaks: Leaks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.redaction._secrets", Deaf())
    assert secret in leaks(slug, fault, "events")

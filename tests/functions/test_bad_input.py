"""Bad input to every route: refused with a code and the parameter's name, before the platform is asked anything."""

import base64
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from starlette.applications import Starlette

from connectors import find_provider
from connectors.calls import in_path
from connectors.credentials.environment import EnvironmentStore
from functions.routes import ROUTES
from spekta.sandbox.server import environment

from .conftest import handler_of, outcome
from .events import Context, request, sent

SLUGS = ("ticket-tailor", "equaticket", "evvnt")
OWN = {slug: find_provider(slug).listings.values() for slug in SLUGS}
ACTS = {slug: find_provider(slug).actions.values() for slug in SLUGS}
LISTS = [(slug, route.path) for slug in SLUGS for route in ROUTES if route.paged]
OWN_LISTS = [(slug, one.route) for slug in SLUGS for one in OWN[slug] if not one.one]
READS = [(slug, route.path) for slug in SLUGS for route in ROUTES] + [(s, one.route) for s in SLUGS for one in OWN[s]]
WRITES = [(slug, one.route, one.call.method) for slug in SLUGS for one in ACTS[slug]]
EVERY = [(slug, path, "GET") for slug, path in READS] + WRITES
# What the first placeholder of a path is called where the caller is told about it.
NAMED = (
    [(slug, route.path, "GET", "event_id") for slug in SLUGS for route in ROUTES if "{" in route.path]
    + [(slug, one.route, "GET", name) for slug in SLUGS for one in OWN[slug] for name in sorted(in_path(one.call))]
    + [(s, one.route, one.call.method, name) for s in SLUGS for one in ACTS[s] for name in sorted(in_path(one.call))]
)
# Not written as paths have ids; then ids that are, and that no platform can have.
AWKWARD = [
    "~zz",
    "a~2",
    "a b",
    "a%",
    '"',
    "'",
    "\\",
    "é",
    "名",
    "a\nb",
    "\x00",
    "a?b",
    "a#b",
    "<b>",
    "{a}",
    "*",
    "|",
    "~2E",
]
IMPOSSIBLE = [".", "..", "~2F", "a~2Fb", "~2E~2E~2F", "~5C", "~00", "~0A", "~C2~85"]


@pytest.fixture(scope="module")
def handlers() -> dict[str, ModuleType]:
    return {slug: handler_of(slug) for slug in SLUGS}


@pytest.fixture(autouse=True)
def nothing_is_asked(
    handlers: dict[str, ModuleType], platforms: Starlette, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Every provider's platform is the sandbox, writes are on, and no request gets there."""
    for one in handlers.values():
        monkeypatch.setattr(one.routes, "store", EnvironmentStore(environment(sandbox)))
    monkeypatch.setenv("SPEKTA_WRITES", "true")
    before = len(platforms.state.sandbox.log)
    yield
    assert len(platforms.state.sandbox.log) == before


def refused(handlers: dict[str, ModuleType], slug: str, event: dict[str, Any]) -> tuple[int, str, str | None]:
    status, body, headers = outcome(handlers[slug].handler(event, Context()))
    assert body.keys() == {"error"}
    error = body["error"]
    assert error.keys() == {"code", "message", "provider", "request_id", "param"}
    assert (error["provider"], headers["Content-Type"]) == (slug, "application/json")
    assert "Traceback" not in error["message"]
    return status, error["code"], error["param"]


def filled(path: str, **ids: str) -> str:
    """A path with ids that could be."""
    names = ("event_id", "event", "ticket_type", "order", "webhook", "publisherId")
    return path.format(**{**dict.fromkeys(names, "ev_1"), **ids})


def asked(slug: str, path: str, method: str = "GET", **query: Any) -> dict[str, Any]:
    return request(f"/v1/{slug}{filled(path)}", method, **query)


@pytest.mark.parametrize("slug, path, method", EVERY)
@pytest.mark.parametrize(
    "query, param",
    [
        ({"pge": "1"}, "pge"),
        ({"": "1"}, ""),
        ({"account": "a/b"}, "account"),
        ({"account": "London"}, "account"),
        ({"account": "x" * 41}, "account"),
        ({"\x00\x1b[31m": "1"}, "[31m"),
        ({"p" * 3000: "1"}, "p" * 199 + "…"),
    ],
)
def test_a_parameter_that_no_route_has(
    handlers: dict[str, ModuleType], slug: str, path: str, method: str, query: dict[str, str], param: str
) -> None:
    status, code, named = refused(handlers, slug, asked(slug, path, method, **query))
    assert (status, named) == (400, param or None)
    assert code in ("invalid_argument", "configuration")


@pytest.mark.parametrize("slug, path, method", EVERY)
def test_a_parameter_that_is_given_twice(handlers: dict[str, ModuleType], slug: str, path: str, method: str) -> None:
    event = asked(slug, path, method) | {"rawQueryString": "account=default&account=default"}
    assert refused(handlers, slug, event) == (400, "invalid_argument", "account")


@pytest.mark.parametrize("slug, path", LISTS + OWN_LISTS)
@pytest.mark.parametrize(
    "query, param",
    [
        ({"page_size": 1001}, "page_size"),
        ({"page_size": 0}, "page_size"),
        ({"page_size": -1}, "page_size"),
        ({"page_size": 10**17}, "page_size"),
        ({"page_size": "9" * 5000}, "page_size"),
        ({"page_size": "1e2"}, "page_size"),
        ({"page": 0}, "page"),
        ({"page": 10**9}, "page"),
        ({"cursor": ""}, "cursor"),
    ],
)
def test_places_that_cannot_be(
    handlers: dict[str, ModuleType], slug: str, path: str, query: dict[str, Any], param: str
) -> None:
    assert refused(handlers, slug, asked(slug, path, **query)) == (400, "invalid_argument", param)


@pytest.mark.parametrize("slug, path", [(slug, path) for slug, path in LISTS if slug == "ticket-tailor"])
@pytest.mark.parametrize("cursor", ["x", "é", "\x00", "..", "e30", "eJyLVnIEAABmAEI", "A" * 20_000, "%"])
def test_a_damaged_cursor(handlers: dict[str, ModuleType], slug: str, path: str, cursor: str) -> None:
    assert refused(handlers, slug, asked(slug, path, cursor=cursor)) == (400, "invalid_argument", "cursor")


@pytest.mark.parametrize("slug, path", [(slug, path) for slug, path in LISTS if slug == "ticket-tailor"])
@pytest.mark.parametrize(
    "since", ["", "yesterday", "2027-03-01", "2027-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1"]
)
def test_a_since_that_is_no_time(handlers: dict[str, ModuleType], slug: str, path: str, since: str) -> None:
    assert refused(handlers, slug, asked(slug, path, since=since)) == (400, "invalid_argument", "since")


@pytest.mark.parametrize("slug, path, method, name", NAMED)
def test_an_id_of_awkward_characters(
    handlers: dict[str, ModuleType], slug: str, path: str, method: str, name: str
) -> None:
    placeholder = "event_id" if "{event_id}" in path else name
    for id in AWKWARD + IMPOSSIBLE:
        status, code, named = refused(
            handlers, slug, request(f"/v1/{slug}{filled(path, **{placeholder: id})}", method, **inputs(path))
        )
        if (status, code) != (501, "unsupported"):  # evvnt's feed has no orders, whichever the id
            assert (status, code, named) == (400, "invalid_argument", name), id


def inputs(path: str) -> dict[str, str]:
    return {"org_slug": "lampions"} if path == "/public/events" else {}


@pytest.mark.parametrize("slug, path, method", WRITES)
@pytest.mark.parametrize(
    "body, status, code, param",
    [
        ("{", 400, "invalid_argument", "body"),
        ("", 400, "invalid_argument", "body"),
        ("null", 400, "invalid_argument", "body"),
        ("[]", 400, "invalid_argument", "body"),
        ('"text"', 400, "invalid_argument", "body"),
        ("[" * 100_000, 400, "invalid_argument", "body"),
        ('{"a": 1e99999999999999999999}', 400, "invalid_argument", "body"),
        (f'{{"a": {"9" * 5000}}}', 400, "invalid_argument", "body"),
        ('{"colour": "red"}', 400, "invalid_argument", "?"),
        ('{"\\ud800": 1}', 400, "invalid_argument", "?"),
        ('{"\\u0000\\u001b": 1}', 400, "invalid_argument", "?"),
    ],
)
def test_a_body_that_cannot_be_used(
    handlers: dict[str, ModuleType], slug: str, path: str, method: str, body: str, status: int, code: str, param: str
) -> None:
    found = refused(handlers, slug, sent(f"/v1/{slug}{filled(path)}", method, body or " "))
    assert found[:2] == (status, code)
    assert found[2] == param or (param == "?" and found[2] is not None)


@pytest.mark.parametrize("slug, path, method", WRITES)
@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "x"]
)
def test_a_body_of_another_type(
    handlers: dict[str, ModuleType], slug: str, path: str, method: str, kind: str | None
) -> None:
    event = sent(f"/v1/{slug}{filled(path)}", method, "{}")
    event["headers"].pop("content-type")
    event["headers"] |= {} if kind is None else {"content-type": kind}
    assert refused(handlers, slug, event) == (415, "unsupported_media_type", "Content-Type")


@pytest.mark.parametrize("slug, path, method", WRITES)
@pytest.mark.parametrize(
    "body", [base64.b64encode(b"\xff\xfe{").decode(), base64.b64encode(b"\x00").decode(), "é", "a"]
)
def test_a_body_that_is_no_text(handlers: dict[str, ModuleType], slug: str, path: str, method: str, body: str) -> None:
    event = sent(f"/v1/{slug}{filled(path)}", method, body) | {"isBase64Encoded": True}
    assert refused(handlers, slug, event) == (400, "invalid_argument", "body")


@pytest.mark.parametrize("path, method", [(path, method) for _, path, method in WRITES if "{" in path])
def test_what_is_in_the_path_is_not_in_the_body(handlers: dict[str, ModuleType], path: str, method: str) -> None:
    name = path.partition("{")[2].partition("}")[0]
    event = sent(f"/v1/equaticket{filled(path)}", method, json.dumps({name: "ev_2"}))
    assert refused(handlers, "equaticket", event) == (400, "invalid_argument", name)


@pytest.mark.parametrize("key", ["k" * 257, "é", "a\tb", " k", "k "])
def test_a_key_that_cannot_be_one(handlers: dict[str, ModuleType], key: str) -> None:
    event = sent("/v1/equaticket/events/ev_1/publish", "POST", key=key)
    assert refused(handlers, "equaticket", event) == (400, "invalid_argument", "idempotency_key")


@pytest.mark.parametrize("dry_run", ["", "perhaps", "1"])
@pytest.mark.parametrize("slug, path, method", WRITES)
def test_a_dry_run_that_is_no_flag(
    handlers: dict[str, ModuleType], slug: str, path: str, method: str, dry_run: str
) -> None:
    event = asked(slug, path, method, dry_run=dry_run)
    assert refused(handlers, slug, event) == (400, "invalid_argument", "dry_run")

"""Each provider's function as a process of its own, as Lambda runs it, with its credentials in Secrets Manager."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors import find_provider
from connectors.references import encode_id
from connectors.registry import SLUGS
from spekta.sandbox.server import connections
from tests.aws.served import serving

from .conftest import outcome
from .events import request
from .runtime_api import RuntimeApi, running

pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux only")

# A process each: a token that rotates, a key as a password, an address of one's own, GraphQL, an assumed API.
SEVERAL_KINDS = {"helloasso", "ticket-tailor", "pretix", "dice", "rsvpify"}


@pytest.fixture(scope="module")
def aws(sandbox: str) -> Iterator[dict[str, str]]:
    """The environment of a function in an account that holds every provider's secret."""
    with serving() as account:
        for slug, (credentials, addresses) in connections(sandbox).items():
            account.secrets.create_secret(
                Name=f"spekta/{slug}/default", SecretString=json.dumps({**credentials, "addresses": addresses})
            )
        yield {
            **account.environment,
            "AWS_LAMBDA_FUNCTION_NAME": "spekta",
            "SPEKTA_ALLOWED_PRIVATE_HOSTS": sandbox.removeprefix("http://"),
        }


def data(api: RuntimeApi, path: str, **query: Any) -> Any:
    status, body, _ = outcome(api.invoke(request(path, **query)))
    assert status == 200, body
    return body["data"]


@pytest.mark.parametrize(
    "slug", [pytest.param(slug, marks=() if slug in SEVERAL_KINDS else pytest.mark.long) for slug in SLUGS]
)
def test_function_answers(slug: str, aws: dict[str, str]) -> None:
    with running("functions.provider.handler", {**aws, "SPEKTA_PROVIDER": slug}) as api:
        events = data(api, f"/v1/{slug}/events")
        assert {event["provider"] for event in events} == {slug}
        path = f"/v1/{slug}/events/{encode_id(events[0]['id'])}"
        assert data(api, path) == events[0]
        if "revenue" in find_provider(slug).capabilities:
            assert data(api, f"{path}/revenue")["event_id"] == events[0]["id"]
        status, body, _ = outcome(api.invoke(request(f"/v1/{slug}/events", page="x")))
        assert (status, body["error"]["param"]) == (400, "page")


def test_function_asks_no_private_host_that_is_not_named(aws: dict[str, str]) -> None:
    elsewhere = {"SPEKTA_PROVIDER": "pretix", "SPEKTA_ALLOWED_PRIVATE_HOSTS": "pretix.internal:443"}
    with running("functions.provider.handler", {**aws, **elsewhere}) as api:
        status, body, _ = outcome(api.invoke(request("/v1/pretix/events")))
    assert (status, body["error"]["code"], body["error"]["param"]) == (503, "configuration", "base_url")
    assert "127.0.0.1 is not at a public address" in body["error"]["message"]


def test_the_general_function_answers(aws: dict[str, str]) -> None:
    with running("functions.general.handler", aws) as api:
        listed = data(api, "/v1/providers")
        assert {row["provider"]: row["connections"] for row in listed} == {slug: [slug] for slug in SLUGS}
        status, body, _ = outcome(api.invoke(request("/")))
    assert (status, body["error"]["code"]) == (404, "not_found")


def test_the_function_of_all_connections_answers(aws: dict[str, str]) -> None:
    with running("functions.portfolio.handler", {**aws, "SPEKTA_STACK": "shop"}) as api:
        status, body, _ = outcome(api.invoke(request("/v1/portfolio/events", connections="nothere")))
    assert (status, body["error"]["param"]) == (400, "connections")
    assert all(slug in body["error"]["message"] for slug in SLUGS)

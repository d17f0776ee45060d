"""The OpenAPI document: that of the code, whole, and valid."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from connectors import find_provider
from connectors.calls import in_path
from connectors.filters import names
from connectors.registry import SLUGS
from functions import openapi
from functions.routes import ROUTES

KEPT = Path(__file__).parents[2] / "infra" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(openapi.printed())
OPERATIONS = [(path, method, one) for path, item in DOCUMENT["paths"].items() for method, one in item.items()]


def parameters(path: str, method: str = "get") -> dict[str, dict[str, Any]]:
    shared = DOCUMENT["components"]["parameters"]
    given = DOCUMENT["paths"][path][method]["parameters"]
    found = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in given]
    return {one["name"]: one for one in found}


def test_the_kept_document_is_that_of_the_code() -> None:
    assert json.loads(KEPT.read_text()) == DOCUMENT, "run: make docs"


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_no_two_paths_are_of_the_same_form() -> None:
    forms = [re.sub(r"\{\w+\}", "{}", path) for path in DOCUMENT["paths"]]
    assert len(forms) == len(set(forms))


def test_operations_have_names_of_their_own() -> None:
    operations = [one["operationId"] for _, _, one in OPERATIONS]
    assert len(operations) == len(set(operations))
    assert max(map(len, operations)) < 64  # what tools made from them may be called


@pytest.mark.parametrize("slug", SLUGS)
def test_what_a_platform_offers_is_there_and_nothing_else(slug: str) -> None:
    provider = find_provider(slug)
    for route in ROUTES:
        documented = f"/v1/{slug}{route.path}" in DOCUMENT["paths"]
        assert documented <= (route.kind in {*provider.capabilities, "health"})
        if "{" in route.path and route.kind in provider.capabilities:
            assert documented
    own = [one.route for one in provider.listings.values()] + [one.route for one in provider.actions.values()]
    assert {f"/v1/{slug}{path}".replace("{event}", "{event_id}") for path in own} <= DOCUMENT["paths"].keys()


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("kind", ["events", "orders", "attendees"])
def test_filters_are_those_that_the_platform_has(slug: str, kind: str) -> None:
    provider = find_provider(slug)
    path = f"/v1/{slug}/events" if kind == "events" else f"/v1/{slug}/events/{{event_id}}/{kind}"
    if path in DOCUMENT["paths"]:
        assert set(names(kind, provider.parts(kind))) <= parameters(path).keys()


def test_parameters_have_types_and_ranges() -> None:
    found = parameters("/v1/evvnt/events")
    assert found["page_size"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}
    assert found["page"]["schema"]["minimum"] == 1
    assert found["newer_than"]["schema"] == {"type": "string", "format": "date-time"}
    assert found["all_sources"]["schema"] == {"type": "boolean"}
    assert found["max_results"]["schema"]["maximum"] == 1000
    assert found["status"]["schema"]["enum"][:3] == ["draft", "live", "postponed"]
    assert parameters("/v1/ticket-tailor/orders")["buyer_email"]["description"].endswith("needs personal_data=true")


def test_actions_have_their_inputs() -> None:
    provider = find_provider("equaticket")
    for action in provider.actions.values():
        path = f"/v1/equaticket{action.route}".replace("{event}", "{event_id}")
        operation = DOCUMENT["paths"][path][action.call.method.lower()]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        assert set(body.get("properties", ())) == set(action.inputs.model_fields) - in_path(action.call)
    key = parameters("/v1/equaticket/events", "post")["Idempotency-Key"]
    assert key["schema"] == {"type": "string", "minLength": 1, "maxLength": 256}


def test_every_operation_tells_its_errors() -> None:
    codes = DOCUMENT["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"]
    assert {"invalid_argument", "provider_auth_failed", "too_large_for_live", "rate_limited", "unsupported"} <= set(
        codes
    )
    for path, method, operation in OPERATIONS:
        if path.startswith("/webhooks/"):
            continue
        assert {"400", "401", "403", "503"} <= operation["responses"].keys()
        assert {"200", "202"} & operation["responses"].keys()
        assert ("415" in operation["responses"]) is (method != "get" and path != "/v1/sync")


@pytest.mark.parametrize("slug", SLUGS)
def test_what_platforms_deliver_needs_no_credentials_and_says_how_they_try_again(slug: str) -> None:
    webhook, path = find_provider(slug).webhook, f"/webhooks/{slug}/{{account}}/{{token}}"
    assert (path in DOCUMENT["paths"]) is (webhook is not None)
    if webhook:
        operation = DOCUMENT["paths"][path]["post"]
        assert operation["security"] == []
        again = "429" if webhook.retries == "4xx" else "503"
        assert operation["responses"].keys() == {"200", "202", "400", "401", "404", "405", "413", again}


def test_amounts_are_text_and_persons_are_left_out() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    order = schemas["UnifiedOrder"]
    assert {one.get("type") for one in order["properties"]["total"]["anyOf"]} == {"string", "null"}
    assert not {"buyer_name", "buyer_email", "raw"} & set(order["required"])
    assert {"id", "status", "lines"} <= set(order["required"])

"""The OpenAPI document of the HTTP API, made from what the routes are made from. Not for Lambda: it is printed once."""

import json
from typing import Any

from connectors.registry import providers

from .operations import of_all, of_provider, of_webhooks
from .parts import COMPONENTS, PARAMETERS, responses
from .schemas import schemas

ABOUT = """\
Asks all your ticketing platforms the same question, and answers in one model. Times are UTC; amounts are text in major
units, with their currency beside them; what a platform does not tell is null. Each answer carries X-Request-Id, and
X-Correlation-Id, which a request may bring. In a path, what of an id is not in A-Za-z0-9._=- is written as ~ and the
hex of its UTF-8 bytes."""


def document() -> dict[str, Any]:
    """The document, as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in of_all():
        paths.setdefault(path, {})[method] = operation
    for provider in providers():
        for path, method, operation in (*of_provider(provider), *of_webhooks(provider)):
            paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Spekta", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"iam": []}, {"token": []}],
        "tags": [{"name": provider.slug, "description": provider.name} for provider in providers()],
        "paths": paths,
        "components": {"schemas": schemas(), "parameters": PARAMETERS, "responses": responses(), **COMPONENTS},
    }


def printed() -> str:
    """The document as the file that is kept."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"

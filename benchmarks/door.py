"""Answers calls of one tool through a door; the platform answers at once.

`python -m benchmarks.door stdio` answers what it reads. `python -m benchmarks.door function 500 '{"name": ...}'`
answers that call so many times as Lambda would hand it over, with a token.
"""

import json
import os
import sys
from typing import Any

from connectors import create_connector
from mcp_server.server import create_server
from mcp_server.state import State
from spekta.aws.gateway import http_event
from spekta.sandbox.server import connections

from .calling import ORIGIN, SLUG, Instant

VERSION = "2025-11-25"
RESOURCE = "https://spekta.example/mcp"


def state() -> State:
    platform, (credentials, addresses) = Instant(), connections(ORIGIN)[SLUG]
    return State(
        lambda: [SLUG], lambda slug: create_connector(slug, credentials, base_url=addresses, transport=platform)
    )


def stdio() -> None:
    create_server(state()).run("stdio")


def function(calls: int, params: dict[str, Any]) -> None:
    from functions import mcp
    from tests.conformance.issuer import issuing
    from tests.mcp_server.website import message

    from .request import Context

    with issuing() as issuer:
        os.environ |= {"SPEKTA_MCP_ISSUER": issuer.address, "SPEKTA_MCP_RESOURCE": RESOURCE}
        mcp.answer = mcp.door(state())
        content, headers = message("tools/call", params, VERSION)
        shown = {**headers, "Authorization": f"Bearer {issuer.token(RESOURCE, 'read')}"}
        event = http_event("POST", "/mcp", "", shown, content.decode(), request_id="request-1")
        for _ in range(calls):
            answer = mcp.handler(event, Context())
            assert answer["statusCode"] == 200, answer


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["stdio"]:
            stdio()
        case ["function", number, said]:
            function(int(number), json.loads(said))

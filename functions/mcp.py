"""The assistants' door, `ANY /mcp` and `GET /.well-known/oauth-protected-resource/mcp`.

It holds no secret of a platform: it asks the functions of the providers. Who may ask is checked here, by the token;
where no issuer of tokens is named nobody is let in.
"""

import json
import os
from collections.abc import Callable
from typing import Any

from connectors import ConfigurationError
from connectors.acting import WRITES
from mcp_server.admission import ISSUER, RESOURCE, admission
from mcp_server.copies import Copies
from mcp_server.server import create_server
from mcp_server.state import PREVIEW_SECRET, State, allowed
from mcp_server.web import create_app
from spekta.aws.remote import Functions
from spekta.aws.secrets import SecretStore

from . import stored
from .asgi import Resident
from .log import logger

SECONDS = 22.0  # under the function's 28 and the gateway's 30
Answer = Callable[[dict[str, Any]], dict[str, Any]]


def of_stack() -> State:
    """The connections of the stack, as far as its operator allows. Raises ConfigurationError for writes without a
    secret: a preview and what it is for may be asked of two environments, which have to make the same code.
    """
    functions = Functions(os.environ.get("SPEKTA_STACK", "spekta"))
    copies = Copies(stored.of_stack) if os.environ.get(stored.TABLE) else None
    state = allowed(
        State(names=SecretStore().connections, open=functions.open, copies=copies, seconds=SECONDS, on_aws=True)
    )
    if state.writes and not os.environ.get(PREVIEW_SECRET):
        raise ConfigurationError(f"{PREVIEW_SECRET} is missing.", f"Set it, or have {WRITES} be false.")
    return state


def door(state: State) -> Answer:
    """What answers a request. Raises ConfigurationError where an issuer is named without this server's address."""
    if not (os.environ.get(ISSUER) or os.environ.get(RESOURCE)):
        return closed
    app = create_app(create_server(state, shared=True), admission().authorization, buffered=True)
    return Resident(app)


def closed(event: dict[str, Any]) -> dict[str, Any]:
    """Says that nobody is let in."""
    content = {
        "code": "not_configured",
        "message": f"No issuer of tokens is named. The operator sets {ISSUER} and {RESOURCE}.",
        "provider": None,
        "request_id": event["requestContext"]["requestId"],
        "param": None,
    }
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": 503, "headers": headers, "body": json.dumps({"error": content}), "isBase64Encoded": False}


answer = door(of_stack())


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(event)

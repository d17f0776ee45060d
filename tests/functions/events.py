"""What the gateway and the runtime hand to a handler."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

REQUEST_ID = "request-1"


def request(path: str, method: str = "GET", **query: Any) -> dict[str, Any]:
    """An HTTP API event, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query),
        "headers": {"accept": "application/json"},
        "requestContext": {
            "requestId": REQUEST_ID,
            "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1"},
        },
        "isBase64Encoded": False,
    }


def sent(path: str, method: str, body: str | None = None, *, key: str | None = None, **query: Any) -> dict[str, Any]:
    """A request that writes, with its body and its idempotency key."""
    event = request(path, method, **query)
    event["headers"] |= {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
    return event | ({"body": body} if body is not None else {})


@dataclass
class Context:
    """The part of Lambda's context that our functions and their logger read."""

    function_name: str = "provider"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:provider"
    aws_request_id: str = "invocation-1"
    remaining: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining

"""The event that API Gateway hands to a function for a request (HTTP API, payload format 2.0)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode


def http_event(
    method: str,
    path: str,
    query: Mapping[str, Any] | str = "",
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    *,
    request_id: str,
) -> dict[str, Any]:
    """The event. `path` is as the gateway gives it, decoded; `query` is what was asked, or as it was sent."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query if isinstance(query, str) else urlencode(query),
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {
            "requestId": request_id,
            "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1"},
        },
        "body": body,
        "isBase64Encoded": False,
    }

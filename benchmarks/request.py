"""The request that functions are started with."""

import json
from typing import Any

from spekta.aws.gateway import http_event


class Context:
    """The part of Lambda's context that the logger reads."""

    function_name = "benchmark"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:benchmark"
    aws_request_id = "invocation-1"


def request() -> dict[str, Any]:
    """A page of orders."""
    return http_event("GET", "/v1/ticket-tailor/orders", {"page_size": 100}, request_id="request-1")


def answered(answer: dict[str, Any]) -> int:
    """How many orders an answer holds."""
    assert answer["statusCode"] == 200, answer
    return len(json.loads(answer["body"])["data"])

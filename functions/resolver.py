"""Powertools' resolver with what all our functions have: the error envelope, ids of requests, and ids of any signs.

Powertools keeps the event of a request in its class, which is right in Lambda, where there is one request at a time.
Here each has its own, so that one process can serve many at the same time.
"""

import asyncio
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from . import errors
from .log import logger

_CORRELATION = re.compile(r"[A-Za-z0-9._:/=+-]{1,128}")
_PLACEHOLDER = re.compile(r"[<{](\w+)[>}]")


@dataclass(slots=True)
class _Asked:
    event: APIGatewayProxyEventV2
    context: dict[str, Any] = field(default_factory=dict)


_asked: ContextVar[_Asked] = ContextVar("asked")


class Resolver(APIGatewayHttpResolver):
    """Answers the requests to one function. `provider` is named in its errors, `prefix` is left out of its rules."""

    def __init__(self, provider: str | None = None, prefix: str = "") -> None:
        super().__init__(strip_prefixes=[prefix] if prefix else None)
        self._provider = provider
        errors.handle(self, provider)
        self.not_found(self._nowhere)

    @property
    def current_event(self) -> APIGatewayProxyEventV2:  # type: ignore[override]
        return _asked.get().event

    @property
    def context(self) -> dict[str, Any]:
        return _asked.get().context

    @context.setter
    def context(self, value: dict[str, Any]) -> None:
        """Powertools sets an empty one when it starts."""

    @property
    def query(self) -> str:
        """The query of the request at hand, as it was sent."""
        return self.current_event.raw_query_string

    @property
    def correlation_id(self) -> str:
        """The caller's own id for what the request at hand belongs to, else the gateway's of the request."""
        given = self.current_event.headers.get("x-correlation-id", "")
        return given if _CORRELATION.fullmatch(given) else self.current_event.request_context.request_id

    def may(self, scope: str) -> bool:
        """Whether the caller's token allows something. Who shows none was let in by IAM, which has no such words."""
        authorizer = self.current_event.raw_event["requestContext"].get("authorizer") or {}
        claims = (authorizer.get("jwt") or {}).get("claims")
        if claims is None:
            return True
        said = claims.get("scope", claims.get("scp", ""))
        # Some issuers put the API's name before a scope, and API Gateway writes a list as text: [a b].
        words = " ".join(said) if isinstance(said, list) else str(said).strip("[]")
        return scope in {word.rpartition("/")[2] for word in words.split()}

    def run(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Lambda's answer. Not a coroutine: its runtime would not await it."""
        return asyncio.run(self.answer(event, context))

    async def answer(self, event: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
        """The answer to a request. It carries the gateway's id of it, and the id by which the caller follows it."""
        _asked.set(_Asked(APIGatewayProxyEventV2(dict(event))))
        request, correlation = self.current_event.request_context.request_id, self.correlation_id
        logger.thread_safe_append_keys(correlation_id=correlation)
        answer = await self.resolve_async(event, context)
        answer["headers"] |= {"X-Request-Id": request, "X-Correlation-Id": correlation}
        return answer

    @staticmethod
    def _compile_regex(rule: str, base_regex: str = "") -> re.Pattern[str]:
        """A placeholder takes a whole segment: what is in it, is told to whoever wrote it."""
        return re.compile(_PLACEHOLDER.sub(r"(?P<\1>[^/]+)", rule) + r"\Z")

    def _nowhere(self, _: Exception) -> Response[str]:
        event = self.current_event
        path = self._remove_prefix(event.path)
        methods = sorted({one.method for one in (*self._static_routes, *self._dynamic_routes) if one.rule.match(path)})
        error = errors.MethodNotAllowed(event.http_method, methods) if methods else errors.nowhere(event.path)
        return errors.answer(error, self._provider, event.request_context.request_id)

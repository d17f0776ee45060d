"""Errors as HTTP answers: one table of statuses, one envelope.

{"error": {"code", "message", "provider", "request_id", "param"}}
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from connectors import errors
from connectors.redaction import located, quoted
from connectors.registry import SLUGS

from .log import logger


class UnknownPath(errors.SpektaError):
    """No route of the API."""

    code = "not_found"


class MethodNotAllowed(errors.SpektaError):
    """A path with routes for other methods, `allowed`."""

    code = "method_not_allowed"

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        super().__init__(f"This path takes no {method}.", f"It takes: {', '.join(allowed)}.")
        self.allowed = allowed


class UnsupportedMediaType(errors.InvalidArgument):
    """A body that is not sent as JSON."""

    code = "unsupported_media_type"


class PayloadTooLarge(errors.InvalidArgument):
    """A body that is larger than Lambda takes."""

    code = "payload_too_large"


class Unauthorized(errors.SpektaError):
    """Who asks does not show the token."""

    code = "unauthorized"


class PersonalDataRefused(errors.SpektaError):
    """Personal data was asked for where the stack does not give it."""

    code = "personal_data_refused"


class TooLargeForLive(errors.DeadlineExceeded):
    """A sum that needs more answers of the platform than there is time for."""

    code = "too_large_for_live"


class Internal(errors.SpektaError):
    """A defect of ours."""

    code = "internal"


STATUSES: Mapping[type[errors.SpektaError], int] = {
    errors.InvalidArgument: 400,
    errors.NotificationRefused: 401,
    PayloadTooLarge: 413,
    UnsupportedMediaType: 415,
    Unauthorized: 401,
    PersonalDataRefused: 403,
    errors.NotAllowed: 403,
    UnknownPath: 404,
    MethodNotAllowed: 405,
    errors.NotFound: 404,
    errors.RateLimited: 429,
    Internal: 500,
    errors.Unsupported: 501,
    errors.ProviderError: 502,
    errors.ConfigurationError: 503,
    errors.Unavailable: 503,
    errors.DeadlineExceeded: 504,
    errors.SpektaError: 503,
}
CODES: Mapping[type[errors.SpektaError], str] = {
    errors.AuthenticationFailed: "provider_auth_failed",
    errors.PermissionDenied: "provider_permission_denied",
}
DOCUMENTED = (errors.__name__, __name__)  # the modules of the errors that callers are told of by their own codes
LONGEST_MESSAGE = 2000
OTHERS = ("portfolio", "providers", "sync")  # what stands in a path where a provider does
# What the caller chose wrongly; any other fault of a connection's settings is for the operator to mend.
ASKED = {"provider": 404, "connection": 404, "account": 400}


def handle(app: APIGatewayHttpResolver, provider: str | None = None) -> None:
    """Has a resolver answer every exception, and every path without a route, in the envelope."""

    def failed(raised: Exception) -> Response[str]:
        event = app.current_event
        error = nowhere(event.path) if isinstance(raised, NotFoundError) else known(raised)
        return answer(error, provider, event.request_context.request_id, wrote=event.http_method != "GET")

    app.exception_handler(Exception)(failed)


def answer(error: errors.SpektaError, provider: str | None, request_id: str, *, wrote: bool = False) -> Response[str]:
    """The error in the envelope. The log gets its code and never its message, which may repeat the query."""
    status, code = status_of(error, wrote=wrote), code_of(error)
    logger.warning(
        code,
        status=status,
        operation=getattr(error, "operation", None),
        platform_status=getattr(error, "status", None),
    )
    content = {
        "code": code,
        "message": quoted(str(error), LONGEST_MESSAGE),
        "provider": provider,
        "request_id": request_id,
        "param": _param(error),
    }
    body = json.dumps({"error": content}, ensure_ascii=False)
    return Response(status, "application/json", body, {"Cache-Control": "no-store", **_headers(error)})


def note(code: str) -> None:
    """Has the log tell of an error that is no answer of its own, by the word that alarms know."""
    logger.warning(word_of(code))


def word_of(code: str) -> str:
    """What callers and alarms know an error's code by."""
    return next((said for kind, said in CODES.items() if kind.code == code), code)


def _param(error: errors.SpektaError) -> str | None:
    """What the caller gave wrongly. It may be a name that the caller made up."""
    param = getattr(error, "param", None) or getattr(error, "field", None)
    return None if param is None else quoted(param)


def _headers(error: errors.SpektaError) -> dict[str, str]:
    if isinstance(error, MethodNotAllowed):
        return {"Allow": ", ".join(error.allowed)}
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": "Bearer"}
    wait = getattr(error, "retry_after", None)
    return {} if wait is None else {"Retry-After": str(math.ceil(wait))}


def status_of(error: errors.SpektaError, *, wrote: bool = False) -> int:
    """The HTTP status of an error. What a platform refuses to write is the caller's to mend, so its status is too."""
    if wrote and isinstance(error, errors.Rejected) and error.status in (400, 409, 422):
        return error.status
    if isinstance(error, errors.ConfigurationError) and error.field in ASKED:
        return ASKED[error.field]
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def code_of(error: errors.SpektaError) -> str:
    """What callers know an error by. One of a room that they know nothing of may pass."""
    known = type(error).__module__ in DOCUMENTED
    return CODES.get(type(error), error.code) if known else errors.Unavailable.code


def all_kinds(kind: type[errors.SpektaError] = errors.SpektaError) -> Iterator[tuple[type[errors.SpektaError], int]]:
    """Every kind of error that has a status, with it."""
    for below in kind.__subclasses__():
        if below.__module__ not in DOCUMENTED:
            continue
        yield below, next(STATUSES[one] for one in below.__mro__ if one in STATUSES)
        yield from all_kinds(below)


def known(raised: Exception) -> errors.SpektaError:
    """What was raised as an error of ours; a defect is logged."""
    if isinstance(raised, errors.SpektaError):
        return raised
    logger.error(located(raised))
    return Internal("Spekta failed to answer.", "The log tells why, under this request_id.")


def nowhere(path: str) -> errors.SpektaError:
    """Why there is nothing at a path."""
    place = re.match(r"/v1/([^/]+)/", path)
    if place and place[1] not in {*SLUGS, *OTHERS}:
        return errors.ConfigurationError(
            f"There is no provider {place[1]!r}.", f"Providers: {', '.join(SLUGS)}.", "provider"
        )
    return UnknownPath("There is nothing at this path.")

"""An answer of the HTTP API, read again: its content, or the error that its envelope holds."""

import json
from collections.abc import Mapping
from typing import Any

from connectors import errors
from connectors.provider import Provider


def _with_codes(kind: type[errors.SpektaError]) -> dict[str, type[errors.SpektaError]]:
    found = {kind.code: kind}
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            found |= _with_codes(below)
    return found


KINDS: Mapping[str, type[errors.SpektaError]] = _with_codes(errors.SpektaError) | {
    "provider_auth_failed": errors.AuthenticationFailed,
    "provider_permission_denied": errors.PermissionDenied,
    "personal_data_refused": errors.NotAllowed,
    "too_large_for_live": errors.DeadlineExceeded,
}


def content_of(answer: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    """What an answer holds. Raises the error of an envelope, and Unavailable where it is no answer."""
    try:
        content = json.loads(answer["body"])
        if answer["statusCode"] == 200:
            return dict(content)
        error = content["error"]
        raise _error(error["code"], error["message"], error["param"], answer["headers"], provider)
    except (KeyError, TypeError, ValueError):
        raise errors.Unavailable(
            f"The function of {provider.name} gave no answer.", "Its log tells why.", provider=provider.slug
        ) from None


def _error(
    code: str, message: str, param: str | None, headers: Mapping[str, str], provider: Provider
) -> errors.SpektaError:
    kind = KINDS.get(code, errors.Unavailable)
    if issubclass(kind, errors.Unsupported):
        capability, _, why = message.partition(" does not offer ")[2].partition(": ")
        return kind(provider.slug, provider.name, capability, why)
    if issubclass(kind, errors.InvalidArgument):
        return kind(param or "", message)
    if issubclass(kind, errors.ConfigurationError):
        return kind(message, field=param)
    more: dict[str, Any] = {"provider": provider.slug} if issubclass(kind, errors.ProviderError) else {}
    if issubclass(kind, errors.Rejected):
        more["param"] = param
    if issubclass(kind, errors.RateLimited) and "Retry-After" in headers:
        more["retry_after"] = float(headers["Retry-After"])
    return kind(message, **more)

"""Everything that can go wrong, and what to do next.

    SpektaError
    ├── ConfigurationError          unknown provider, missing or unknown credential field
    ├── InvalidArgument             a parameter that cannot be used; names it
    ├── NotAllowed                  what this connection, or its operator, has not allowed; says what would
    ├── Unsupported                 the platform or its API does not offer this; says why
    ├── NotificationRefused         a webhook's delivery that cannot be trusted, or not read; says what failed
    └── ProviderError               the platform was asked, and something came of it
        ├── AuthenticationFailed    401: the credentials are not accepted
        ├── PermissionDenied        403: accepted, but not allowed to see this
        ├── NotFound                404
        ├── Rejected                400, 409, 422: the platform refuses the request
        ├── Removed                 410: gone for good
        ├── RateLimited             429: too many requests; knows how long to wait
        ├── Unavailable             5xx, time-out, network
        │   └── DeadlineExceeded    our own deadline came first
        └── InvalidResponse         an answer that cannot be read

No message carries a secret: what a platform said is redacted before it gets here.
"""

from typing import Any, ClassVar, Literal

Check = Literal["token", "signature", "timestamp", "replay", "content"]


class SpektaError(Exception):
    """Base of all errors. `code` is stable, `str()` is one sentence, `advice` says what to do next."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class ConfigurationError(SpektaError):
    """A provider or connection that is not set up rightly; `field` names the culprit."""

    code = "configuration"

    def __init__(self, message: str, advice: str = "", field: str | None = None) -> None:
        super().__init__(message, advice)
        self.field = field


class InvalidArgument(SpektaError):
    """An argument that cannot be used; `param` names it."""

    code = "invalid_argument"

    def __init__(self, param: str, message: str, advice: str = "") -> None:
        super().__init__(message, advice)
        self.param = param


class NotAllowed(SpektaError):
    """The operator, or the kind of credentials, does not allow this. Nothing was sent."""

    code = "not_allowed"


class Unsupported(SpektaError):
    """The platform (its slug, and its name for people) does not offer this."""

    code = "unsupported"

    def __init__(self, provider: str, name: str, capability: str, why: str, advice: str = "") -> None:
        super().__init__(f"{name} does not offer {capability}: {why}", advice)
        self.provider = provider
        self.capability = capability
        self.why = why


class NotificationRefused(SpektaError):
    """A webhook's delivery that is not to be acted upon. `check` says what failed: `token` and `signature`, that it is
    the platform's; `timestamp`, that it is new; `replay`, that it did not come before; `content`, that it can be read.
    """

    code = "notification_refused"

    def __init__(self, check: Check, provider: str, message: str, advice: str = "") -> None:
        super().__init__(message, advice)
        self.check = check
        self.provider = provider


class ProviderError(SpektaError):
    """The platform was asked and the answer is not usable. `platform_message` is what it said, redacted; `request_id`
    names the request to its support and `doc_url` is where it explains the error, where it has such.
    """

    code = "provider_error"

    def __init__(
        self,
        message: str,
        advice: str = "",
        *,
        provider: str = "",
        operation: str = "",
        status: int | None = None,
        platform_message: str | None = None,
        request_id: str | None = None,
        doc_url: str | None = None,
    ) -> None:
        super().__init__(message, advice)
        self.provider = provider
        self.operation = operation
        self.status = status
        self.platform_message = platform_message
        self.request_id = request_id
        self.doc_url = doc_url


class AuthenticationFailed(ProviderError):
    """The platform does not accept the credentials."""

    code = "authentication_failed"


class PermissionDenied(ProviderError):
    """The credentials are good but may not see this."""

    code = "permission_denied"


class NotFound(ProviderError):
    """The platform knows no such record."""

    code = "not_found"


class Rejected(ProviderError):
    """The platform refuses the request; `reason` is its own code and `param` the field it names, if any."""

    code = "rejected"

    def __init__(
        self, message: str, advice: str = "", *, reason: str | None = None, param: str | None = None, **more: Any
    ) -> None:
        super().__init__(message, advice, **more)
        self.reason = reason
        self.param = param


class Removed(ProviderError):
    """The platform has removed this for good."""

    code = "removed"


class RateLimited(ProviderError):
    """Too many requests; `retry_after` is in seconds where the platform said it. `spent`: a whole allowance is used up,
    so that it is of no use to try again soon.
    """

    code = "rate_limited"

    def __init__(
        self, message: str, advice: str = "", *, retry_after: float | None = None, spent: bool = False, **more: Any
    ) -> None:
        super().__init__(message, advice, **more)
        self.retry_after = retry_after
        self.spent = spent


class Unavailable(ProviderError):
    """The platform cannot be reached or fails."""

    code = "unavailable"


class DeadlineExceeded(Unavailable):
    """The caller's deadline came before the platform's answer."""

    code = "deadline_exceeded"


class InvalidResponse(ProviderError):
    """The platform answered something that cannot be read."""

    code = "invalid_response"

"""Names what went wrong: a platform's answer becomes an error that says what happened and what to do next."""

import email.utils
import math
import re
import time
from collections.abc import Mapping
from typing import Any

from . import errors
from .calls import Request
from .http import Answer
from .provider import Fault, Provider
from .redaction import quoted
from .row import Row

ASSUMED = "The address of this listing is an assumption: the platform does not publish one."
MOMENT = 1e9  # a larger number of seconds is a time, not a wait
_LATER = "Try again later."
_REQUEST_ID = re.compile(r"[\w.-]{1,80}")
_FIELD = re.compile(r"[\w.\[\]-]{1,60}")

_BY_STATUS: Mapping[int, Fault] = {
    400: "rejected",
    401: "auth",
    403: "forbidden",
    404: "missing",
    408: "down",
    409: "rejected",
    422: "rejected",
    429: "limited",
}
_MESSAGES = (
    "message",
    "error_description",
    "detail",
    "error.message",
    "error.description",
    "errors[0].message",
    "errors[0].detail",
    "fault.faultstring",
    "hydra:description",
    "errormessage",
    "errors[0]",
    "error",
)
_CODES = ("error_code", "code", "error.code", "errors[0].code", "fault.detail.errorcode", "error")


class Faults:
    """What the answers of one connection's platform mean."""

    def __init__(self, provider: Provider, settings: Mapping[str, str]) -> None:
        self._provider = provider
        self._settings = settings

    def fault(self, answer: Answer) -> Fault | None:
        """What is wrong with an answer: what the platform's own file says, else what its status says."""
        if (
            self._provider.faults
            and answer.is_json
            and (found := self._provider.faults(answer.status, Row(answer.body)))
        ):
            return found
        if answer.status >= 500:
            return "down"
        if answer.status >= 400:
            return _BY_STATUS.get(answer.status, "rejected")
        return None if answer.is_json and answer.status < 300 else "bad"

    def error(self, answer: Answer, request: Request) -> errors.ProviderError:
        """The error that an answer is."""
        fault, code, explained = self.fault(answer) or "bad", _code(answer), Row(answer.body).text("error.doc_url")
        advice = self._advice(code, fault, request)
        more: dict[str, Any] = {
            "provider": self._provider.slug,
            "operation": request.operation,
            "status": answer.status,
            "platform_message": message(answer),
            "request_id": self._request_id(answer),
            "doc_url": quoted(explained) if explained else None,
        }
        if answer.status == 410:
            what = f"{self._provider.name} has removed this for good."
            return errors.Removed(what, "Take it out of what you ask for.", **more)
        if fault in ("auth", "forbidden", "missing"):
            return self._not_for_you(fault, code, advice, request, more)
        if fault in ("limited", "spent"):
            return self._too_often(fault == "spent", answer, more)
        if fault == "rejected":
            return self._rejected(code, advice, answer, request, more)
        return self._failed(fault, advice, answer, more)

    def _not_for_you(
        self, fault: Fault, code: str | None, advice: str | None, request: Request, more: Mapping[str, Any]
    ) -> errors.ProviderError:
        name = self._provider.name
        if fault == "auth":
            what = f"{name} does not accept the credentials."
            return errors.AuthenticationFailed(what, advice or self.check_credentials(), **more)
        if fault == "missing":
            return errors.NotFound(
                f"{name} knows no such record ({request.operation}).", self._look_again(request), **more
            )
        return errors.PermissionDenied(
            f"{name} does not allow {request.operation} with these credentials{self._lacking(code, request)}.",
            advice or "Give the key or user the right to see this, or use another one.",
            **more,
        )

    def _too_often(self, spent: bool, answer: Answer, more: Mapping[str, Any]) -> errors.ProviderError:
        wait = _retry_after(answer.headers)
        why = "allows no more requests for now: the quota is used up" if spent else "asks to slow down"
        what = f"{self._provider.name} {why}."
        return errors.RateLimited(what, self._wait_advice(wait), retry_after=wait, spent=spent, **more)

    def _rejected(
        self, code: str | None, advice: str | None, answer: Answer, request: Request, more: Mapping[str, Any]
    ) -> errors.ProviderError:
        param, wrong = _field_error(answer.body)
        return errors.Rejected(
            f"{self._provider.name} refuses the request ({request.operation}, HTTP {answer.status}).",
            advice or (f"Check {param}." if param else "Check the arguments."),
            reason=quoted(code, 60) if code else None,
            param=param,
            **{**more, "platform_message": more["platform_message"] or wrong},
        )

    def _failed(
        self, fault: Fault, advice: str | None, answer: Answer, more: Mapping[str, Any]
    ) -> errors.ProviderError:
        name = self._provider.name
        if fault == "down":
            return errors.Unavailable(f"{name} fails (HTTP {answer.status}).", _LATER, **more)
        kind = "a redirect" if 300 <= answer.status < 400 else "something that is not the expected JSON"
        if answer.is_json and answer.status < 300:
            kind = "with an error in place of data"
        what = f"{name} answered {kind} (HTTP {answer.status})."
        return errors.InvalidResponse(what, advice or "Check the address, then try again later.", **more)

    def _advice(self, code: str | None, fault: Fault, request: Request) -> str | None:
        """What the platform's own file says about its code, else about the fault."""
        known = self._provider.advice
        advice = known.get(code or "") or known.get(fault)
        return advice and advice.replace("{scope}", request.call.scope or "it needs")

    def _lacking(self, code: str | None, request: Request) -> str:
        """The scope that the call needs, unless the platform's code says that it is about something else."""
        other = code in self._provider.advice and code != "forbidden"
        return f": they need the scope {request.call.scope}" if request.call.scope and not other else ""

    def _request_id(self, answer: Answer) -> str | None:
        said = answer.headers.get(self._provider.request_id or "") or Row(answer.body).text("error.request_id")
        return said if said and _REQUEST_ID.fullmatch(said) else None

    def _wait_advice(self, seconds: float | None) -> str:
        if seconds is not None:
            return f"Try again in {seconds:.0f} seconds."
        limit = self._provider.limit(self._settings) if self._provider.plans else None
        return f"Try again within {limit[1]} seconds: it allows {limit[0]} requests in them." if limit else _LATER

    def check_credentials(self) -> str:
        """What to do about credentials that are not accepted."""
        places = [f"{field.name} ({field.where})" for field in self._provider.credentials if field.secret]
        return f"Check {places[0]}." if places else "Check the credentials."

    def _look_again(self, request: Request) -> str:
        if request.evidence == "assumed":
            return f"{ASSUMED} {self._provider.astray}".strip()
        return "Check the id: a list of events shows the ids that exist."

    def placed(self, error: errors.ProviderError, request: Request) -> errors.ProviderError:
        """An error with whose it is and what was asked."""
        error.provider = error.provider or self._provider.slug
        error.operation = error.operation or request.operation
        if type(error) is errors.Unavailable and error.status is None:
            error.advice = self._provider.astray or error.advice
        if not error.message.startswith(self._provider.name):
            error.message = f"{self._provider.name}: {error.message}"
        if error.request_id:
            error.advice = f"{error.advice} To its support the request is {error.request_id}.".strip()
        return error


def message(answer: Answer) -> str | None:
    """What the platform says of a refusal, fit to be kept."""
    said = Row(answer.body).text(*_MESSAGES) if answer.is_json else None
    return quoted(said) if said else None


def _field_error(body: Any) -> tuple[str | None, str | None]:
    """The field that an answer names as `error.param` or as `{field: [messages]}`, and of these the first message."""
    if param := Row(body).text("error.param"):
        return _name(param), None
    for name, said in body.items() if isinstance(body, dict) else ():
        if isinstance(said, list) and said and isinstance(said[0], str):
            return _name(str(name)), quoted(said[0])
    return None, None


def _name(text: str) -> str | None:
    """A field's name; None for what is none, as it stands in our own advice."""
    return text if _FIELD.fullmatch(text) else None


def _code(answer: Answer) -> str | None:
    return Row(answer.body).text(*_CODES)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait: Retry-After as seconds, a date or Unix time, else the seconds until the platform's own limit
    starts anew.
    """
    names = ("retry-after", "x-retry-after", "x-rate-limit-reset", "rate-limit-reset")
    said = next((headers[name] for name in names if headers.get(name)), "")
    try:
        seconds = float(said)
        seconds = seconds / 1000 if seconds > 1000 * MOMENT else seconds  # Ticketmaster counts milliseconds
        if math.isfinite(seconds):
            return max(0.0, seconds - time.time() if seconds > MOMENT else seconds)
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError):
        return None

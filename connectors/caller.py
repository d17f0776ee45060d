"""Asks a platform: signs, sends, retries, waits within the deadline, and names what went wrong."""

import asyncio
import email.utils
import math
import random
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from . import errors
from .auth import OAuth2
from .calls import filled, path_of
from .credentials import Vault
from .grant import Grant
from .http import Answer, Deadline, Http
from .models import Preview
from .pace import LONGEST_WAIT
from .paths import put
from .provider import Call, Evidence, Fault, Provider
from .redaction import quoted, secret_values
from .row import Row

ATTEMPTS = 4
ASSUMED = "The address of this listing is an assumption: the platform does not publish one."
MOMENT = 1e9  # a larger number of seconds is a time, not a wait
_LATER = "Try again later."
_REQUEST_ID = re.compile(r"[\w.-]{1,80}")
sleep = asyncio.sleep

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


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call brought: the parsed body, and whether the platform said that there is nothing yet."""

    body: Any
    headers: Mapping[str, str]
    empty: bool = False


class Caller:
    """One connection's way to its platform."""

    def __init__(
        self,
        provider: Provider,
        hosts: Mapping[str, str],
        vault: Vault,
        http: Http,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._provider = provider
        self._hosts = hosts
        self._settings = {name: value for name, value in (options or {}).items() if isinstance(value, str)}
        self._vault = vault
        self._http = http
        self._secrets = frozenset(field.name for field in provider.credentials if field.secret)
        self.grant = self._make_grant(provider.oauth) if provider.oauth else None

    async def ask(
        self,
        call: Call,
        values: Mapping[str, Any],
        *,
        deadline: Deadline,
        operation: str,
        parameters: Mapping[str, Any] | None = None,
        row: Row | None = None,
        evidence: Evidence = "documented",
    ) -> Reply:
        """The answer to a call. `parameters` go into the query, or by dotted name into the body."""
        request = self.request(call, values, operation=operation, parameters=parameters, row=row, evidence=evidence)
        return await self.send(request, deadline)

    def request(
        self,
        call: Call,
        values: Mapping[str, Any],
        *,
        operation: str,
        parameters: Mapping[str, Any] | None = None,
        row: Row | None = None,
        evidence: Evidence = "documented",
    ) -> "Request":
        """A call with its placeholders filled."""
        url = self._hosts[call.host] + self._path(call, values, row)
        query, body = filled(call.query, values, row), None
        if call.json is None:
            query |= parameters or {}
        else:
            body = filled(call.json, values, row)
            for name, value in (parameters or {}).items():
                put(body, name, value)
        return Request(call, url, _wire(query), body, operation, evidence)

    async def send(self, request: "Request", deadline: Deadline) -> Reply:
        """The answer to a request, which is tried again where that cannot do a thing twice."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(request, deadline)
            except errors.DeadlineExceeded as error:
                raise self._placed(error, request) from None
            except (errors.RateLimited, errors.Unavailable) as error:
                pause = _pause(error, attempt)
                again = request.repeatable or isinstance(error, errors.RateLimited)
                if not again or attempt == ATTEMPTS or pause > LONGEST_WAIT or not deadline.allows(pause):
                    raise self._placed(error, request) from None
                await sleep(pause)
            except errors.ProviderError as error:
                raise self._placed(error, request) from None
        raise AssertionError("the last attempt returns or raises")

    async def preview(self, request: "Request") -> Preview:
        """The request as it would be sent; nothing is. Raises NotAllowed where these credentials must not send it."""
        held = await self._vault.read()
        _admit(request, held)
        shown = {**self._settings, **held, **dict.fromkeys(self._secrets, "***")}
        sign = self._provider.signs(request.call.host)
        query = {**request.query, **sign.query(shown)}
        headers = {**sign.headers(shown), **request.headers}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        url = request.url + (f"?{urlencode(query, safe='*')}" if query else "")
        return Preview(request.call.method, url, headers, request.body)

    def _path(self, call: Call, values: Mapping[str, Any], row: Row | None) -> str:
        """The path of a call. Raises ConfigurationError for a setting that is missing, saying where to find it."""
        try:
            return path_of(call, values, row)
        except errors.ConfigurationError as error:
            places = {field.name: field.where for field in self._provider.credentials}
            places |= {option.name: option.description for option in self._provider.options}
            if error.field in places:
                error.advice = f"Give it to the connection: {places[error.field]}."
            raise

    async def _once(self, request: "Request", deadline: Deadline) -> Reply:
        held = await self._credentials(request, deadline)
        answer = await self._send(request, held, deadline)
        fault = self._fault(answer)
        if fault == "auth" and request.call.signed and (other := await self._other_credentials(held, deadline, answer)):
            answer = await self._send(request, other, deadline)
            fault = self._fault(answer)
        if fault == "empty":
            return Reply(None, answer.headers, empty=True)
        if fault:
            raise self._error(fault, answer, request)
        return Reply(answer.body, answer.headers)

    async def _credentials(self, request: "Request", deadline: Deadline) -> Mapping[str, str]:
        """Those to sign with. Raises ConfigurationError where the connection was made without any."""
        if not request.call.signed:
            return {}
        held = await (self.grant.credentials(deadline) if self.grant else self._vault.read())
        if not held and not self._provider.is_enough({}):
            what = f"{self._provider.name} answers {request.operation} only with credentials."
            raise errors.ConfigurationError(what, self._check_credentials(), self._provider.credentials[0].name)
        return held

    async def _other_credentials(
        self, held: Mapping[str, str], deadline: Deadline, refusal: Answer
    ) -> Mapping[str, str] | None:
        """A renewed token; or the key that an operator has put in the place of the refused one."""
        if self.grant and not self.grant.is_key(held):
            try:
                return await self.grant.renewed(held, deadline)
            except errors.AuthenticationFailed as error:
                error.status, error.platform_message = refusal.status, _message(refusal)
                raise
        async with self._vault.lease():
            stored = await self._vault.read()
        return stored if stored != held else None

    async def _send(self, request: "Request", credentials: Mapping[str, str], deadline: Deadline) -> Answer:
        secret_values(credentials, self._secrets)  # another process may have renewed them
        _admit(request, credentials)
        sign, values = self._provider.signs(request.call.host), {**self._settings, **credentials}
        query = {**request.query, **(sign.query(values) if request.call.signed else {})}
        headers = sign.headers(values) if request.call.signed else {}
        named = {self._provider.request_id: f"req_{uuid.uuid4().hex}"} if self._provider.request_id else {}
        try:
            return await self._http.send(
                request.call.method,
                request.url,
                query=query,
                headers={**headers, **request.headers, **named},
                body=request.body,
                deadline=deadline,
            )
        except errors.Unavailable as error:
            error.request_id = next(iter(named.values()), None)
            raise

    def _fault(self, answer: Answer) -> Fault | None:
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

    def _error(self, fault: Fault, answer: Answer, request: "Request") -> errors.ProviderError:
        name, said = self._provider.name, Row(answer.body)
        code, explained = said.text(*_CODES), said.text("error.doc_url")
        advice = self._advice(code, fault, request)
        more: dict[str, Any] = {
            "provider": self._provider.slug,
            "operation": request.operation,
            "status": answer.status,
            "platform_message": _message(answer),
            "request_id": self._request_id(answer),
            "doc_url": quoted(explained) if explained else None,
        }
        if answer.status == 410:
            return errors.Removed(f"{name} has removed this for good.", "Take it out of what you ask for.", **more)
        if fault == "auth":
            return errors.AuthenticationFailed(
                f"{name} does not accept the credentials.", advice or self._check_credentials(), **more
            )
        if fault == "forbidden":
            return errors.PermissionDenied(
                f"{name} does not allow {request.operation} with these credentials{self._lacking(code, request)}.",
                advice or "Give the key or user the right to see this, or use another one.",
                **more,
            )
        if fault == "missing":
            return errors.NotFound(
                f"{name} knows no such record ({request.operation}).", self._look_again(request), **more
            )
        if fault in ("limited", "spent"):
            wait, spent = _retry_after(answer.headers), fault == "spent"
            why = "allows no more requests for now: the quota is used up" if spent else "asks to slow down"
            return errors.RateLimited(f"{name} {why}.", self._wait_advice(wait), retry_after=wait, spent=spent, **more)
        if fault == "rejected":
            param, wrong = _field_error(answer.body)
            more["platform_message"] = more["platform_message"] or wrong
            return errors.Rejected(
                f"{name} refuses the request ({request.operation}, HTTP {answer.status}).",
                advice or (f"Check {param}." if param else "Check the arguments."),
                reason=quoted(code, 60) if code else None,
                param=param,
                **more,
            )
        if fault == "down":
            return errors.Unavailable(f"{name} fails (HTTP {answer.status}).", _LATER, **more)
        kind = "a redirect" if 300 <= answer.status < 400 else "something that is not the expected JSON"
        if answer.is_json and answer.status < 300:
            kind = "with an error in place of data"
        return errors.InvalidResponse(
            f"{name} answered {kind} (HTTP {answer.status}).",
            advice or "Check the address, then try again later.",
            **more,
        )

    def _advice(self, code: str | None, fault: Fault, request: "Request") -> str | None:
        """What the platform's own file says about its code, else about the fault."""
        known = self._provider.advice
        advice = known.get(code or "") or known.get(fault)
        return advice and advice.replace("{scope}", request.call.scope or "it needs")

    def _lacking(self, code: str | None, request: "Request") -> str:
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

    def _check_credentials(self) -> str:
        places = [f"{field.name} ({field.where})" for field in self._provider.credentials if field.secret]
        return f"Check {places[0]}." if places else "Check the credentials."

    def _look_again(self, request: "Request") -> str:
        if request.evidence == "assumed":
            return f"{ASSUMED} {self._provider.astray}".strip()
        return "Check the id: a list of events shows the ids that exist."

    def _placed(self, error: errors.ProviderError, request: "Request") -> errors.ProviderError:
        error.provider = error.provider or self._provider.slug
        error.operation = error.operation or request.operation
        if type(error) is errors.Unavailable and error.status is None:
            error.advice = self._provider.astray or error.advice
        if not error.message.startswith(self._provider.name):
            error.message = f"{self._provider.name}: {error.message}"
        if error.request_id:
            error.advice = f"{error.advice} To its support the request is {error.request_id}.".strip()
        return error

    def _make_grant(self, oauth: OAuth2) -> Grant | None:
        """None where nobody says where tokens are had: then the one that is there has to do."""
        if oauth.token.partition(":")[0] not in self._hosts:
            return None
        request = Request(Call("POST", ""), "", {}, None, "renewing the token", "documented")
        return Grant(
            oauth=oauth,
            vault=self._vault,
            http=self._http,
            url=self.url,
            fail=lambda answer: self._error(self._fault(answer) or "bad", answer, request),
            reconnect=self._provider.advice.get("auth") or f"Connect {self._provider.name} again.",
        )

    def url(self, address: str) -> str:
        """`host:path` as a whole address."""
        host, _, path = address.partition(":")
        return self._hosts[host] + path


@dataclass(frozen=True, slots=True)
class Request:
    """A call with its placeholders filled. `repeatable`: to send it twice is as good as once."""

    call: Call
    url: str
    query: Mapping[str, Any]
    body: Mapping[str, Any] | None
    operation: str
    evidence: Evidence
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


def _admit(request: Request, held: Mapping[str, str]) -> None:
    for name, start in request.call.only_with.items():
        if not held.get(name, "").startswith(start):
            what = f"{request.operation} is done only with a credential {name} that begins with {start}."
            raise errors.NotAllowed(what, "Connect with such a one for it.")


def _wire(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}


def _message(answer: Answer) -> str | None:
    """What the platform says of a refusal, fit to be kept."""
    said = Row(answer.body).text(*_MESSAGES) if answer.is_json else None
    return quoted(said) if said else None


def _field_error(body: Any) -> tuple[str | None, str | None]:
    """The field that an answer names as `error.param` or as `{field: [messages]}`, and of these the first message."""
    if param := Row(body).text("error.param"):
        return quoted(param, 60), None
    for name, said in body.items() if isinstance(body, dict) else ():
        if isinstance(said, list) and said and isinstance(said[0], str):
            return quoted(str(name), 60), quoted(said[0])
    return None, None


def _pause(error: errors.ProviderError, attempt: int) -> float:
    if isinstance(error, errors.RateLimited):
        if error.retry_after is not None:
            return error.retry_after + random.uniform(0, 0.1)
        if error.spent:
            return math.inf
    return float(0.5 * 2 ** (attempt - 1) * random.uniform(0.5, 1.0))


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

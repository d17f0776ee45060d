"""Asks a platform: signs, sends, retries, and waits within the deadline."""

import asyncio
import math
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from . import errors
from .auth import OAuth2
from .calls import Request, filled, path_of
from .credentials import Vault
from .faults import Faults, message
from .grant import Grant
from .http import Answer, Deadline, Http
from .models import Preview
from .pace import LONGEST_WAIT
from .paths import put
from .provider import Call, Evidence, Provider
from .redaction import secret_values
from .row import Row

ATTEMPTS = 4
sleep = asyncio.sleep


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
        self._faults = Faults(provider, self._settings)
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
    ) -> Request:
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

    async def send(self, request: Request, deadline: Deadline) -> Reply:
        """The answer to a request, which is tried again where that cannot do a thing twice."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(request, deadline)
            except errors.DeadlineExceeded as error:
                raise self._faults.placed(error, request) from None
            except (errors.RateLimited, errors.Unavailable) as error:
                pause = _pause(error, attempt)
                again = request.repeatable or isinstance(error, errors.RateLimited)
                if not again or attempt == ATTEMPTS or pause > LONGEST_WAIT or not deadline.allows(pause):
                    raise self._faults.placed(error, request) from None
                await sleep(pause)
            except errors.ProviderError as error:
                raise self._faults.placed(error, request) from None
        raise AssertionError("the last attempt returns or raises")

    async def preview(self, request: Request) -> Preview:
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

    async def _once(self, request: Request, deadline: Deadline) -> Reply:
        held = await self._credentials(request, deadline)
        answer = await self._send(request, held, deadline)
        fault = self._faults.fault(answer)
        if fault == "auth" and request.call.signed and (other := await self._other_credentials(held, deadline, answer)):
            answer = await self._send(request, other, deadline)
            fault = self._faults.fault(answer)
        if fault == "empty":
            return Reply(None, answer.headers, empty=True)
        if fault:
            raise self._faults.error(answer, request)
        return Reply(answer.body, answer.headers)

    async def _credentials(self, request: Request, deadline: Deadline) -> Mapping[str, str]:
        """Those to sign with. Raises ConfigurationError where the connection was made without any."""
        if not request.call.signed:
            return {}
        held = await (self.grant.credentials(deadline) if self.grant else self._vault.read())
        if not held and not self._provider.is_enough({}):
            what = f"{self._provider.name} answers {request.operation} only with credentials."
            raise errors.ConfigurationError(what, self._faults.check_credentials(), self._provider.credentials[0].name)
        return held

    async def _other_credentials(
        self, held: Mapping[str, str], deadline: Deadline, refusal: Answer
    ) -> Mapping[str, str] | None:
        """A renewed token; or the key that an operator has put in the place of the refused one."""
        if self.grant and not self.grant.is_key(held):
            try:
                return await self.grant.renewed(held, deadline)
            except errors.AuthenticationFailed as error:
                error.status, error.platform_message = refusal.status, message(refusal)
                raise
        async with self._vault.lease():
            stored = await self._vault.read()
        return stored if stored != held else None

    async def _send(self, request: Request, credentials: Mapping[str, str], deadline: Deadline) -> Answer:
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

    def _make_grant(self, oauth: OAuth2) -> Grant | None:
        """None where nobody says where tokens are had: then the one that is there has to do."""
        if oauth.token.partition(":")[0] not in self._hosts:
            return None
        request = Request(Call("POST", ""), "", {}, None, "renewing the token", "documented")
        command = self._vault.reconnect
        again = f"Connect {self._provider.name} again{f': {command}' if command else '.'}"
        return Grant(
            oauth=oauth,
            vault=self._vault,
            http=self._http,
            url=self.url,
            fail=lambda answer: self._faults.error(answer, request),
            reconnect=self._provider.advice.get("auth") or again,
        )

    def url(self, address: str) -> str:
        """`host:path` as a whole address."""
        host, _, path = address.partition(":")
        return self._hosts[host] + path


def _admit(request: Request, held: Mapping[str, str]) -> None:
    for name, start in request.call.only_with.items():
        if not held.get(name, "").startswith(start):
            what = f"{request.operation} is done only with a credential {name} that begins with {start}."
            raise errors.NotAllowed(what, "Connect with such a one for it.")


def _wire(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}


def _pause(error: errors.ProviderError, attempt: int) -> float:
    if isinstance(error, errors.RateLimited):
        if error.retry_after is not None:
            return error.retry_after + random.uniform(0, 0.1)
        if error.spent:
            return math.inf
    return float(0.5 * 2 ** (attempt - 1) * random.uniform(0.5, 1.0))

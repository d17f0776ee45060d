"""An OAuth2 grant that renews itself: early, once, under a lease, and saved before it is used.

Whoever waited for the lease reads what the holder saved, and asks the platform for nothing. `invalid_grant` is
believed only after the vault was read again: another worker may have used the refresh token first.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .auth import OAuth2, fill
from .credentials import Vault
from .errors import AuthenticationFailed, DeadlineExceeded, ProviderError, Unavailable
from .http import Answer, Deadline, Http
from .redaction import remember
from .row import Row

EARLY_SECONDS = 120.0
EXCHANGE_SECONDS = 10.0
LAST_SECONDS = 5.0  # before a deadline: in AWS Lambda a process is stopped some seconds after it, whatever it waits for
USED_UP = (
    "The refresh token is not accepted: it was withdrawn, or used by somebody who has not saved the next one, as a "
    "worker that was ended at that moment."
)


class Refused(Exception):
    """The platform does not take this grant."""


@dataclass(slots=True)
class Grant:
    """Signs with a token from the vault. `url` resolves `host:path`; `fail` turns an answer into an error.

    A renewal outlives the call that asked for it: the platform may have used up the refresh token already, so what it
    answers has to be saved. None is begun shortly before a deadline. A refused login is not tried again until it was
    changed: a few of them lock the account.
    """

    oauth: OAuth2
    vault: Vault
    http: Http
    url: Callable[[str], str]
    fail: Callable[[Answer], ProviderError]
    reconnect: str
    _refused: Mapping[str, str] | None = field(default=None, repr=False)
    _renewals: set[asyncio.Task[dict[str, str]]] = field(default_factory=set)
    _asking: set[asyncio.Task[Any] | None] = field(default_factory=set)

    async def credentials(self, deadline: Deadline) -> dict[str, str]:
        """Credentials with a token that is not about to end, or what there is where no other can be had."""
        held = await self.vault.read()
        if not self._due(held) or not self._renewable(held):
            return held
        try:
            return await self.renewed(held, deadline)
        except (DeadlineExceeded, Unavailable):
            if held.get("accessToken") and time.time() < _ends(held):
                return held
            raise

    async def renewed(self, stale: Mapping[str, str], deadline: Deadline) -> dict[str, str]:
        """Credentials with another token than the stale one. Raises AuthenticationFailed where none can be had."""
        work = asyncio.create_task(self._renewed(stale, deadline))
        self._renewals.add(work)
        work.add_done_callback(self._done)
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await asyncio.shield(work)
        except TimeoutError:
            raise DeadlineExceeded("The deadline came before the token was renewed.", "Allow more time.") from None

    def is_key(self, held: Mapping[str, str]) -> bool:
        """Whether a key stands in the place of a token, and none can be had for it."""
        return bool(self.oauth.key and held.get(self.oauth.key)) and not self._renewable(held)

    async def settle(self) -> None:
        """Waits for the renewals that outlived their calls and have asked the platform; others are given up."""
        for work in self._renewals - self._asking:
            work.cancel()
        await asyncio.gather(*self._renewals, return_exceptions=True)

    def _done(self, work: asyncio.Task[dict[str, str]]) -> None:
        self._renewals.discard(work)
        self._asking.discard(work)
        if not work.cancelled():
            work.exception()  # nobody may be left to hear of it

    async def _renewed(self, stale: Mapping[str, str], deadline: Deadline) -> dict[str, str]:
        async with self.vault.lease() as alone:
            held = await self.vault.read()
            if held.get("accessToken") not in (None, "", stale.get("accessToken")) and not self._due(held):
                return held
            if alone and deadline.is_near(LAST_SECONDS):
                raise DeadlineExceeded("There was no time left to renew the token.", "Ask again.")
            if alone:
                return await self._exchanged(held)
        return await self._renewed(held, deadline)  # what somebody else changed was no token

    async def _exchanged(self, held: Mapping[str, str]) -> dict[str, str]:
        """Credentials with the token that the first grant brings which the platform takes."""
        self._asking.add(asyncio.current_task())
        what = "The token is missing or no longer accepted, and cannot be renewed."
        for kind in self.oauth.renewals:
            if (fields := self._fields(kind, held)) and fields != self._refused:
                try:
                    return await self._exchange(fields, held, Deadline(EXCHANGE_SECONDS))
                except Refused:
                    self._refused = fields if kind == "login" else self._refused
                    again = await self.vault.read()
                    if again.get("refreshToken") != held.get("refreshToken"):
                        return again
                    what = USED_UP if kind == "refresh_token" else what
        raise AuthenticationFailed(what, self._advice(held))

    def _advice(self, held: Mapping[str, str]) -> str:
        login = {template.strip("{}"): fill(template, held) for template in self.oauth.login.values()}
        lacking = " and ".join(name for name, value in login.items() if not value)
        return f"Give {lacking} too." if lacking else f"Check {', '.join(login)}." if login else self.reconnect

    async def exchange_code(self, code: str, redirect: str, verifier: str | None, deadline: Deadline) -> dict[str, str]:
        """The tokens that an authorization code stands for, saved."""
        held = await self.vault.read()
        fields = _client(held) | {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
        if verifier:
            fields["code_verifier"] = verifier
        try:
            return await self._exchange(fields, held, deadline)
        except Refused:
            raise AuthenticationFailed("The platform does not accept the authorization code.", "Start again.") from None

    def _due(self, held: Mapping[str, str]) -> bool:
        """Missing and renewable, or ending soon: the time is drawn so that workers do not all renew at once."""
        if not held.get("accessToken"):
            return True
        return _ends(held) - time.time() < EARLY_SECONDS * random.uniform(0.5, 1.0)

    def _renewable(self, held: Mapping[str, str]) -> bool:
        return any(self._fields(kind, held) for kind in self.oauth.renewals)

    def _fields(self, kind: str, held: Mapping[str, str]) -> dict[str, str] | None:
        """What a grant of that kind sends; None where it is not to be had.

        Who logs in as a user must not end up in the account of the client itself.
        """
        client, has = _client(held), {name for name, value in held.items() if value}
        scope = {"scope": self.oauth.scope} if self.oauth.scope else {}
        if kind == "refresh_token" and has >= {"refreshToken", "clientId"}:
            return {**client, "grant_type": kind, "refresh_token": held["refreshToken"]}
        if kind == "client_credentials" and has >= {"clientId", "clientSecret"} and "username" not in has:
            return {**client, "grant_type": kind, **scope}
        if kind == "password" and has >= {"clientId", "clientSecret", "username", "password"}:
            return {**client, "grant_type": kind, "username": held["username"], "password": held["password"], **scope}
        if kind == "login":
            filled = {name: fill(template, held) for name, template in self.oauth.login.items()}
            return filled if all(filled.values()) else None
        return None

    async def _exchange(self, fields: Mapping[str, str], held: Mapping[str, str], deadline: Deadline) -> dict[str, str]:
        answer = await self.http.send("POST", self.url(self.oauth.token), form=fields, deadline=deadline)
        token = Row(answer.body).text(self.oauth.answer)
        if answer.status in (400, 401, 403) or (answer.status == 200 and not token and Row(answer.body).has("error")):
            raise Refused
        if answer.status != 200 or token is None:
            raise self.fail(answer)
        changes = self._tokens(token, Row(answer.body).at(self.oauth.answer.rpartition(".")[0]))
        await self.vault.save(changes)
        return dict(held) | changes

    def _tokens(self, token: str, answer: Row) -> dict[str, str]:
        refresh = answer.text("refresh_token") if "refresh_token" in self.oauth.renewals else None
        tokens = {"accessToken": token} | ({"refreshToken": refresh} if refresh else {})
        for secret in tokens.values():
            remember(secret)
        return tokens | {"expiresAt": _end(answer.value("expires_in"))}


def _client(held: Mapping[str, str]) -> dict[str, str]:
    names = {"client_id": "clientId", "client_secret": "clientSecret"}
    return {wire: held[name] for wire, name in names.items() if held.get(name)}


def _end(lifetime: object) -> str:
    try:
        return str(int(time.time() + float(str(lifetime))))
    except (ValueError, OverflowError):
        return ""


def _ends(held: Mapping[str, str]) -> float:
    return float(held.get("expiresAt") or "inf")

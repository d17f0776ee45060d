"""An OAuth2 grant that renews itself: early, once, under a lease, and saved before it is used.

Whoever waited for the lease reads what the holder saved, and asks the platform for nothing. `invalid_grant` is
believed only after the vault was read again: another worker may have used the refresh token first.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .auth import Basic, OAuth2
from .credentials import Vault
from .errors import AuthenticationFailed, ProviderError
from .http import Answer, Deadline, Http
from .redaction import remember

EARLY_SECONDS = 120.0


class Refused(Exception):
    """The platform does not take this grant."""


@dataclass(slots=True)
class Grant:
    """Signs with a token from the vault. `url` resolves `host:path`; `fail` turns an answer into an error."""

    oauth: OAuth2
    vault: Vault
    http: Http
    url: Callable[[str], str]
    fail: Callable[[Answer], ProviderError]
    reconnect: str

    async def credentials(self, deadline: Deadline) -> dict[str, str]:
        """Credentials with a token that is not about to end."""
        held = await self.vault.read()
        return await self.renewed(held, deadline) if self._due(held) else held

    async def renewed(self, stale: Mapping[str, str], deadline: Deadline) -> dict[str, str]:
        """Credentials with another token than the stale one. Raises AuthenticationFailed where none can be had."""
        async with self.vault.lease():
            held = await self.vault.read()
            if held.get("accessToken") not in (None, "", stale.get("accessToken")) and not self._due(held):
                return held
            for kind in self.oauth.renewals:
                if fields := self._fields(kind, held):
                    try:
                        return await self._exchange(fields, held, deadline)
                    except Refused:
                        again = await self.vault.read()
                        if again.get("refreshToken") != held.get("refreshToken"):
                            return again
        raise AuthenticationFailed("The token is no longer accepted and cannot be renewed.", self.reconnect)

    async def exchange_code(self, code: str, redirect: str, verifier: str | None, deadline: Deadline) -> dict[str, str]:
        """The tokens that an authorization code stands for, saved."""
        held = await self.vault.read()
        fields = self._client(held) | {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
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
        ends = float(held.get("expiresAt") or "inf")
        return ends - time.time() < EARLY_SECONDS * random.uniform(0.5, 1.0)

    def _fields(self, kind: str, held: Mapping[str, str]) -> dict[str, str] | None:
        client = self._client(held)
        if kind == "refresh_token" and held.get("refreshToken") and held.get("clientId"):
            return {**client, "grant_type": kind, "refresh_token": held["refreshToken"]}
        if kind == "client_credentials" and held.get("clientId") and held.get("clientSecret"):
            return {**client, "grant_type": kind}
        return None

    def _client(self, held: Mapping[str, str]) -> dict[str, str]:
        if self.oauth.client == "basic":
            return {}
        names = {"client_id": "clientId", "client_secret": "clientSecret"}
        return {wire: held[name] for wire, name in names.items() if held.get(name)}

    async def _exchange(self, fields: Mapping[str, str], held: Mapping[str, str], deadline: Deadline) -> dict[str, str]:
        headers = Basic("{clientId}", "{clientSecret}").headers(held) if self.oauth.client == "basic" else {}
        answer = await self.http.send(
            "POST", self.url(self.oauth.token), headers=headers, form=fields, deadline=deadline
        )
        if answer.status in (400, 401, 403):
            raise Refused
        if answer.status != 200 or not isinstance(answer.body, dict) or not answer.body.get("access_token"):
            raise self.fail(answer)
        changes = _tokens(answer.body)
        await self.vault.save(changes)
        return dict(held) | changes


def _tokens(body: Mapping[str, object]) -> dict[str, str]:
    named = {"accessToken": body.get("access_token"), "refreshToken": body.get("refresh_token")}
    tokens = {name: str(value) for name, value in named.items() if value}
    for token in tokens.values():
        remember(token)
    return tokens | {"expiresAt": _end(body.get("expires_in"))}


def _end(lifetime: object) -> str:
    try:
        return str(int(time.time() + float(str(lifetime))))
    except (ValueError, OverflowError):
        return ""

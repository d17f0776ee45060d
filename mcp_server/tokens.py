"""Whose token a request shows: verified by the keys that its issuer publishes, or compared with the only one."""

import asyncio
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
from mcp.server.auth.provider import AccessToken

from connectors import ProviderError, Unavailable
from connectors.http import Deadline, Http, Transport

from .caller import SCOPES

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SKEW_SECONDS = 30
KEPT_SECONDS, BETWEEN_SECONDS = 3600, 60
PATIENCE = 5.0


class OneToken:
    """A single token that allows everything which the operator allows: for a server that only this machine reaches."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        if not hmac.compare_digest(token.encode(), self._token):
            return None
        return AccessToken(token="", client_id="local", scopes=list(SCOPES))


class Issuer:
    """Access tokens of one issuer that are JWTs, meant for one resource. Its keys are kept for an hour, and asked for
    anew when a token names one that is not among them, at most once a minute.
    """

    def __init__(
        self,
        issuer: str,
        resource: str,
        transport: Transport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer, self.resource = issuer, resource
        self._transport, self._clock = transport, clock
        self._keys: Mapping[str | None, jwt.PyJWK] = {}
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()

    async def verify_token(self, token: str) -> AccessToken | None:
        """What the token allows; None where it is not valid. Raises Unavailable where the issuer cannot be asked."""
        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key.key if key else "",
                algorithms=[key.algorithm_name] if key and key.algorithm_name in ALGORITHMS else [],
                audience=self.resource,
                issuer=self.issuer,
                leeway=SKEW_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError):
            return None
        subject = claims.get("sub")
        client = claims.get("client_id") or claims.get("azp") or subject
        return AccessToken(
            token="",
            client_id=str(client or "unknown"),
            scopes=_scopes(claims),
            expires_at=int(claims["exp"]),
            resource=self.resource,
            subject=None if subject is None else str(subject),
            claims={"iss": self.issuer},
        )

    async def _key(self, kid: Any) -> jwt.PyJWK | None:
        async with self._asking:
            age = KEPT_SECONDS if self._asked_at is None else self._clock() - self._asked_at
            if age >= KEPT_SECONDS or (kid not in self._keys and age >= BETWEEN_SECONDS):
                self._keys = await (self._renewed() if self._keys else self._published())
                self._asked_at = self._clock()
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    async def _renewed(self) -> Mapping[str | None, jwt.PyJWK]:
        """Those of now, or those of before where the issuer cannot be asked."""
        try:
            return await self._published()
        except ProviderError:
            return self._keys

    async def _published(self) -> Mapping[str | None, jwt.PyJWK]:
        until, http = Deadline(PATIENCE), Http(self._transport)
        try:
            address = await self._jwks_address(http, until)
            answer = await http.send("GET", address, deadline=until)
            return {key.key_id: key for key in jwt.PyJWKSet.from_dict(answer.body).keys}
        except (jwt.PyJWTError, TypeError, AttributeError, KeyError):
            raise Unavailable("The issuer's keys cannot be read.", "Tell the operator.") from None
        finally:
            await http.aclose()

    async def _jwks_address(self, http: Http, until: Deadline) -> str:
        """By the issuer's own metadata, which has to name the very same issuer."""
        for address in _metadata_addresses(self.issuer):
            answer = await http.send("GET", address, deadline=until)
            if answer.status == 200 and isinstance(answer.body, dict) and answer.body.get("issuer") == self.issuer:
                return str(answer.body["jwks_uri"])
        raise Unavailable("The issuer publishes no metadata.", "Tell the operator.")


def _metadata_addresses(issuer: str) -> list[str]:
    """As OpenID Connect Discovery has it, and as RFC 8414."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    origin = f"{parts.scheme}://{parts.netloc}"
    return [
        f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        f"{origin}/.well-known/oauth-authorization-server{path}",
    ]


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    said = claims.get("scope", claims.get("scp", ""))
    return said.split() if isinstance(said, str) else [str(one) for one in said] if isinstance(said, list) else []

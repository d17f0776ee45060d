"""The codes and tokens that one provider has handed out."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Code:
    redirect_uri: str
    challenge: str


@dataclass
class Grants:
    """Tokens stay good until `expire` is called; refresh tokens are single use. `refused` counts wrong logins.

    What was issued for one consent, and what was swapped for it, is one grant.
    """

    slug: str
    standing: set[str] = field(default_factory=set)
    refused: int = 0
    _codes: dict[str, Code] = field(default_factory=dict)
    _access: set[str] = field(default_factory=set)
    _refresh: set[str] = field(default_factory=set)
    _grant: dict[str, int] = field(default_factory=dict)
    _given: int = 0

    def code(self, redirect_uri: str, challenge: str = "") -> str:
        """Hand out an authorization code."""
        code = f"code_{self.slug}_{self._next()}"
        self._codes[code] = Code(redirect_uri, challenge)
        return code

    def redeem(self, code: str, redirect_uri: str, verifier: str = "") -> bool:
        """Take a code back, once; True when it fits the redirect address and the PKCE verifier."""
        known = self._codes.pop(code, None)
        return known is not None and known.redirect_uri == redirect_uri and known.challenge in ("", s256(verifier))

    def issue(self, grant: int | None = None) -> tuple[str, str]:
        """Hand out an access token and a refresh token, of a new grant unless told."""
        number = self._next()
        access, refresh = f"at_test_{self.slug}_{number}", f"rt_test_{self.slug}_{number}"
        self._access.add(access)
        self._refresh.add(refresh)
        self._grant[access] = self._grant[refresh] = number if grant is None else grant
        return access, refresh

    def _next(self) -> int:
        self._given += 1
        return self._given

    def refresh(self, token: str) -> tuple[str, str] | None:
        """Swap a refresh token for a new pair; None when it is unknown or used."""
        if token not in self._refresh:
            return None
        self._refresh.remove(token)
        return self.issue(self._grant[token])

    def revoke(self, token: str) -> None:
        """End the whole grant that a token is or was of."""
        ended = {known for known, grant in self._grant.items() if grant == self._grant.get(token)}
        self._access -= ended
        self._refresh -= ended

    def accepts(self, access: str) -> bool:
        return access in self._access or access in self.standing

    def expire(self) -> None:
        """Let every access token end at once; refresh tokens live on."""
        self._access.clear()
        self.standing.clear()


def s256(verifier: str) -> str:
    """Give the PKCE challenge of a verifier (RFC 7636, S256)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()

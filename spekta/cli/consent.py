"""A person's consent in the browser becomes tokens."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from connectors import Provider
from connectors.caller import Caller
from connectors.credentials import MemoryVault
from connectors.http import Deadline, Http

from . import browser

EXCHANGE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Consent:
    """How a person is asked: `places` are the platform's hosts, `patience` is in seconds."""

    provider: Provider
    places: Mapping[str, str]
    redirect: str | None
    paste: bool
    patience: float

    def tokens(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """The credentials with the tokens that the consent brings. Raises AuthenticationFailed where there is none."""
        if self.paste:
            visit = self._visit(credentials, self.redirect or browser.PASTED)
            code = browser.by_paste(visit)
        else:
            with browser.listening(self.redirect) as inbox:
                visit = self._visit(credentials, inbox.redirect)
                code = inbox.code(visit, self.patience)
        return asyncio.run(self._exchanged(credentials, visit, code))

    def _visit(self, credentials: Mapping[str, str], redirect: str) -> browser.Visit:
        sign = self.provider.oauth
        assert sign
        assert sign.authorize
        host, _, path = sign.authorize.partition(":")
        return browser.Visit(self.places[host] + path, credentials["clientId"], redirect, pkce=sign.pkce)

    async def _exchanged(self, credentials: Mapping[str, str], visit: browser.Visit, code: str) -> dict[str, str]:
        http = Http()
        grant = Caller(self.provider, self.places, MemoryVault(credentials), http).grant
        assert grant is not None
        try:
            verifier = visit.verifier if visit.pkce else None
            return await grant.exchange_code(code, visit.redirect, verifier, Deadline(EXCHANGE_SECONDS))
        finally:
            await http.aclose()

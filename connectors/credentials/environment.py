"""Connections in environment variables: `EVENTBRITE_ACCESS_TOKEN`, `PRETIX_BASE_URL`, and for a second account
`EVENTBRITE__LONDON__ACCESS_TOKEN`.

A variable's last part is a credential field or an option of the provider; `<SLUG>_BASE_URL` and `<SLUG>_<HOST>_URL`
move its hosts. A variable that fits nothing is left alone: it belongs to somebody else.
"""

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import ACCOUNT, DEFAULT, MemoryVault, Settings, joined, split

if TYPE_CHECKING:
    from connectors.provider import Provider


def constant(name: str) -> str:
    """`accessToken` and `ticket-tailor` as they stand in a variable: ACCESS_TOKEN, TICKET_TAILOR."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").upper()


class EnvironmentStore:
    """The connections that environment variables describe. Renewed tokens live as long as the process."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._vaults: dict[str, MemoryVault] = {}

    def connections(self) -> list[str]:
        from connectors.registry import SLUGS

        return [joined(slug, account) for slug in SLUGS for account in self._accounts(slug)]

    def settings(self, connection: str) -> Settings | None:
        from connectors.registry import find_provider

        slug, account = split(connection)
        provider = find_provider(slug)
        values = self._values(slug, account)
        credentials = {
            field.name: values[constant(field.name)] for field in provider.credentials if constant(field.name) in values
        }
        options = {
            option.name: values[constant(option.name)] for option in provider.options if constant(option.name) in values
        }
        if not (credentials or provider.in_mode(options).is_enough({})):
            return None
        return Settings(credentials, options, _addresses(provider, values))

    def vault(self, connection: str) -> MemoryVault:
        if connection not in self._vaults:
            settings = self.settings(connection)
            self._vaults[connection] = MemoryVault(settings.credentials if settings else {})
        return self._vaults[connection]

    def _accounts(self, slug: str) -> list[str]:
        pattern = re.compile(rf"{constant(slug)}__([A-Z0-9_]+?)__[A-Z0-9_]+")
        named = {found[1].replace("_", "-").lower() for name in self._environment if (found := pattern.fullmatch(name))}
        plain = any(name.startswith(f"{constant(slug)}_") and "__" not in name for name in self._environment)
        others = filter(ACCOUNT.fullmatch, named - {DEFAULT})
        candidates = ([DEFAULT] if plain else []) + sorted(others)
        return [account for account in candidates if self.settings(joined(slug, account))]

    def _values(self, slug: str, account: str) -> dict[str, str]:
        prefix = f"{constant(slug)}_" if account == DEFAULT else f"{constant(slug)}__{constant(account)}__"
        return {
            name.removeprefix(prefix): value
            for name, value in self._environment.items()
            if name.startswith(prefix) and value
        }


def _addresses(provider: "Provider", values: Mapping[str, str]) -> dict[str, str]:
    """A platform whose address is a credential keeps BASE_URL for that."""
    own = any(field.name == "baseUrl" for field in provider.credentials)
    found = {host: values[f"{constant(host)}_URL"] for host in provider.hosts if f"{constant(host)}_URL" in values}
    return found | ({"api": values["BASE_URL"]} if "BASE_URL" in values and not own else {})

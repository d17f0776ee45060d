"""One connection as it stands in Secrets Manager, under the name `spekta/<provider>/<account>`.

{"clientId": "...", "refreshToken": "...", "options": {...}, "addresses": {...}}

The credentials stand at the top, by the reference's names; `options` and `addresses` may be missing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.credentials import ACCOUNT, Settings, joined, named, split
from connectors.errors import ConfigurationError
from connectors.redaction import secret_values
from connectors.registry import SLUGS, find_provider

PREFIX = "spekta/"
BESIDE = ("options", "addresses")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret as it was read, with the tokens that were renewed since. Times are seconds since 1970."""

    version: str
    created: float
    read_at: float
    content: Mapping[str, Any] = field(repr=False)
    credentials: Mapping[str, str] = field(repr=False)

    def changed(self, changes: Mapping[str, str]) -> "Secret":
        return replace(self, content={**self.content, **changes}, credentials={**self.credentials, **changes})

    @property
    def settings(self) -> Settings:
        return Settings(self.credentials, self.content.get("options", {}), self.content.get("addresses", {}))

    @property
    def text(self) -> str:
        """What is stored."""
        return json.dumps(self.content)


@dataclass(frozen=True, slots=True)
class Renewal:
    """Tokens that were renewed from a version of a secret."""

    secret: Secret
    changes: Mapping[str, str] = field(repr=False)

    @property
    def changed(self) -> Secret:
        return self.secret.changed(self.changes)

    @property
    def rotates(self) -> bool:
        """Whether the refresh token is another: then the one before is used up."""
        return _grant(self.changed) != _grant(self.secret)

    def upon(self, found: Secret) -> "Renewal":
        """The same from a later version, where that has the refresh token that was used up."""
        return replace(self, secret=found) if self.rotates and _grant(found) == _grant(self.secret) else self


def _grant(secret: Secret) -> str | None:
    return secret.credentials.get("refreshToken")


def name_of(connection: str) -> str:
    """The name of a connection's secret."""
    slug, account = split(connection)
    return f"{PREFIX}{slug}/{account}"


def connection_of(name: str) -> str | None:
    """The connection that a secret is of; None for a secret of something else."""
    slug, _, account = name.removeprefix(PREFIX).partition("/")
    known = name.startswith(PREFIX) and slug in SLUGS and ACCOUNT.fullmatch(account)
    return joined(slug, account) if known else None


def content_of(settings: Settings) -> dict[str, Any]:
    """What is stored for a connection."""
    beside = {"options": dict(settings.options), "addresses": dict(settings.addresses)}
    return {**settings.credentials, **{name: values for name, values in beside.items() if values}}


def parsed(connection: str, text: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The content of a secret and the credentials in it, which are never shown from now on."""
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict) or not all(isinstance(content.get(name, {}), dict) for name in BESIDE):
        raise ConfigurationError(
            f"The secret {name_of(connection)} is not a JSON object.", f"Write it anew: {reconnect(connection)}"
        )
    credentials = named({name: value for name, value in content.items() if name not in BESIDE})
    fields = find_provider(split(connection)[0]).credentials
    secret_values(credentials, frozenset(credential.name for credential in fields if credential.secret))
    return content, credentials


def reconnect(connection: str) -> str:
    """The command that stores a connection anew."""
    return f"spekta connect --aws {connection}"

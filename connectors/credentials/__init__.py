"""What a credential store is. A connection is named by its provider's slug, or `slug/account` where there are several
accounts. A store knows all connections; a vault holds the credentials of one and is where renewed tokens are saved.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.errors import ConfigurationError

ACCOUNT = re.compile(r"[a-z0-9-]{1,40}")
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is stored for a connection. `addresses` moves the platform's hosts: for its own installations and for
    tests.
    """

    credentials: Mapping[str, str] = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)


class Vault(Protocol):
    """The credentials of one connection. A lease is held while a token is renewed, so that only one worker does it; it
    gives False, and holds nothing, where another worker has changed the credentials while this one waited.

    reconnect: the command that stores the connection anew; empty where there is none.
    """

    @property
    def reconnect(self) -> str: ...

    async def read(self) -> dict[str, str]: ...

    async def save(self, changes: Mapping[str, str]) -> None: ...

    def lease(self) -> AbstractAsyncContextManager[bool]: ...


class Store(Protocol):
    """All connections that are set up."""

    def connections(self) -> list[str]: ...

    def settings(self, connection: str) -> Settings | None: ...

    def vault(self, connection: str) -> Vault: ...


def split(connection: str) -> tuple[str, str]:
    """`eventbrite/london` as provider and account; the account is `default` where none is named."""
    slug, _, account = connection.partition("/")
    account = account or DEFAULT
    if not ACCOUNT.fullmatch(account):
        raise ConfigurationError(f"{account!r} is not an account name.", "Use up to 40 of a-z, 0-9 and -.", "account")
    return slug, account


def joined(slug: str, account: str) -> str:
    """The name of a connection."""
    return slug if account == DEFAULT else f"{slug}/{account}"


def named(credentials: Mapping[str, Any]) -> dict[str, Any]:
    """Credentials by the reference's names: `access_token` is `accessToken`. A name already right wins."""
    return {_camel(name): value for name, value in credentials.items()} | {
        name: value for name, value in credentials.items() if "_" not in name
    }


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


class MemoryVault:
    """Credentials that live as long as the connector."""

    reconnect = ""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self._credentials = dict(credentials)
        self._lock = asyncio.Lock()

    async def read(self) -> dict[str, str]:
        return dict(self._credentials)

    async def save(self, changes: Mapping[str, str]) -> None:
        self._credentials.update(changes)

    @contextlib.asynccontextmanager
    async def lease(self) -> AsyncIterator[bool]:
        async with self._lock:
            yield True

"""What a laptop has: environment variables first, then the credentials file."""

from collections.abc import Sequence

from connectors.registry import provider_of

from . import Settings, Store, Vault
from .environment import EnvironmentStore
from .file import FileStore


class FirstOf:
    """Several stores as one: the first that has enough of a connection answers for it, else the first that has some."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = stores

    def connections(self) -> list[str]:
        return list(dict.fromkeys(name for store in self._stores for name in store.connections()))

    def settings(self, connection: str) -> Settings | None:
        return self._store(connection).settings(connection)

    def vault(self, connection: str) -> Vault:
        return self._store(connection).vault(connection)

    def _store(self, connection: str) -> Store:
        known = [store for store in self._stores if store.settings(connection)]
        return next((store for store in known if is_whole(store, connection)), [*known, self._stores[-1]][0])


def is_whole(store: Store, connection: str) -> bool:
    """Whether what a store has of a connection is enough to make it."""
    settings = store.settings(connection)
    return bool(settings and provider_of(store, connection).is_enough(settings.credentials))


def local_store() -> Store:
    """The store of this machine and user."""
    return FirstOf([EnvironmentStore(), FileStore()])

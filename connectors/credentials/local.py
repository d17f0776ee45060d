"""What a laptop has: environment variables first, then the credentials file."""

from collections.abc import Sequence

from . import Settings, Store, Vault
from .environment import EnvironmentStore
from .file import FileStore


class FirstOf:
    """Several stores as one: the first that knows a connection answers for it."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = stores

    def connections(self) -> list[str]:
        return list(dict.fromkeys(name for store in self._stores for name in store.connections()))

    def settings(self, connection: str) -> Settings | None:
        return next((found for store in self._stores if (found := store.settings(connection))), None)

    def vault(self, connection: str) -> Vault:
        return next((s for s in self._stores if s.settings(connection)), self._stores[-1]).vault(connection)


def local_store() -> Store:
    """The store of this machine and user."""
    return FirstOf([EnvironmentStore(), FileStore()])

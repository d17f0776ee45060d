"""The copies that `spekta sync` keeps on this machine. Nothing of it is imported before it is asked for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from connectors import RateLimited

if TYPE_CHECKING:
    from spekta.sync import Reader, Status

Asked = Literal["due", "syncing", "waiting"]


@dataclass(frozen=True, slots=True)
class Copies:
    """path: of the store's file; None for the user's own, which SPEKTA_STORE names."""

    path: Path | None = None

    @contextmanager
    def reading(self) -> "Iterator[Reader | None]":
        """The store, to be read only; None where nothing was synced yet."""
        path = self._file()
        if path is None:
            yield None
            return
        from spekta.sync.sqlite.reading import reading

        with reading(path) as found:
            yield found

    def statuses(self) -> "dict[str, Status] | None":
        """How the copies stand, by connection; None where nothing was synced yet."""
        with self.reading() as store:
            return None if store is None else {status.connection: status for status in store.statuses()}

    def request(self, connections: Sequence[str], now: datetime) -> dict[str, Asked] | None:
        """Makes connections due, but for those that are synced right now and those whose platform asked to wait; None
        where nothing was synced yet.
        """
        path = self._file()
        if path is None:
            return None
        from spekta.sync.sqlite import SqliteStore
        from spekta.sync.sqlite.store import owner
        from spekta.sync.watching import redrive

        asked: dict[str, Asked] = {}
        with SqliteStore(path) as store:
            for name in connections:
                status = store.status(name)
                if status.is_due(now):
                    asked[name] = "syncing" if status.working else "due"
                elif _must_wait(status):
                    asked[name] = "waiting"
                else:
                    asked[name] = "due" if redrive(store, name, owner()) else "syncing"
        return asked

    def _file(self) -> Path | None:
        from spekta.sync.sqlite import default_path

        path = self.path or default_path()
        return path if path.exists() else None


def _must_wait(status: "Status") -> bool:
    return not status.parked and status.last_error is not None and status.last_error.code == RateLimited.code

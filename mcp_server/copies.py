"""The copies of connections that are kept, here or in a stack. Nothing of them is imported before it is asked for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from connectors import UnifiedRevenue
from connectors.references import Reference

if TYPE_CHECKING:
    from spekta.sync import Reader, Status
    from spekta.sync.store import Reading

Asked = Literal["due", "syncing", "waiting"]
Request = Callable[[Sequence[str], datetime], Mapping[str, Asked] | None]


def _nobody(connections: Sequence[str], now: datetime) -> None:
    """Where no worker looks into the store for what is due."""


@dataclass(frozen=True, slots=True)
class Copies:
    """`reading` opens the store. `request` makes connections due, but for those that are synced right now and those
    whose platform asked to wait; it gives None where nothing was synced yet.
    """

    reading: "Reading"
    request: Request = _nobody

    def statuses(self) -> "dict[str, Status] | None":
        """How the copies stand, by connection; None where nothing was synced yet."""
        with self.reading() as store:
            return None if store is None else {status.connection: status for status in store.statuses()}

    def revenue(self, event: Reference) -> UnifiedRevenue | None:
        """What an event brought in; None where it was not added up."""
        with self.reading() as store:
            found = store.totals(event.connection, [event.id]) if store else ()
            return next((totals.revenue for totals in found), None)


def local(path: Path | None = None) -> Copies:
    """Those in a file on this machine; without a path in the user's own, which SPEKTA_STORE names."""
    return Copies(partial(_reading, path), partial(_request, path))


@contextmanager
def _reading(path: Path | None) -> "Iterator[Reader | None]":
    from spekta.sync.sqlite.reading import reading

    with reading(path) as found:
        yield found


def _request(path: Path | None, connections: Sequence[str], now: datetime) -> Mapping[str, Asked] | None:
    from spekta.sync.sqlite import SqliteStore, default_path
    from spekta.sync.sqlite.store import owner
    from spekta.sync.watching import redrive

    path = path or default_path()
    if not path.exists():
        return None
    asked: dict[str, Asked] = {}
    with SqliteStore(path) as store:
        for name in connections:
            status = store.status(name)
            if status.is_due(now):
                asked[name] = "syncing" if status.working else "due"
            elif status.must_wait(now):
                asked[name] = "waiting"
            else:
                asked[name] = "due" if redrive(store, name, owner()) else "syncing"
    return asked

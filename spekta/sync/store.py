"""What a store is: the rows, how far their copies have come, and the answers that the doors give from them.

It is narrow on purpose: single keys, conditional puts and ranges of one index each, as one table of DynamoDB has them
too. Each method is atomic for each row alone, not for all of its rows together.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.errors import SpektaError

from .feeds import Feed, Kind, Progress
from .revenue import Totals
from .rows import Row, Write
from .status import Status


class StoreFailed(SpektaError):
    """What a store is kept in fails: it is full, damaged, or held by others for long."""

    code = "store_failed"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that could not be read. `id` is the same each time it comes; `raw` is kept only where raw is."""

    feed: Feed
    id: str
    path: str
    reason: str
    walk: str
    noticed_at: datetime
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """An event whose sales changed since it was last added up. A mark that is set again has another `stamp`."""

    event_id: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one answer, each with its connection, and where the next answer goes on; None at the end."""

    rows: list[tuple[str, Row]]
    after: str | None = None


class Reader(Protocol):
    """What the doors ask. Nothing that is deleted is given."""

    def events(
        self,
        connections: Sequence[str] | None = None,
        *,
        starts_after: datetime | None = None,
        starts_before: datetime | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Found:
        """Events by start over all connections, or those named; those without a start come last. Raises
        InvalidArgument for an `after` that is damaged.
        """
        ...

    def of_event(
        self, connection: str, kind: Kind, event_id: str, *, limit: int = 1000, after: str | None = None
    ) -> Found:
        """Records of an event, by key."""
        ...

    def row(self, connection: str, kind: Kind, id: str) -> Row | None:
        """One record by the platform's id; of several that each show a part, the first."""
        ...

    def totals(self, connection: str, event_ids: Sequence[str] | None = None) -> Iterator[Totals]:
        """What events brought in: those named, or all that are not deleted."""
        ...

    def statuses(self) -> list[Status]:
        """How every connection stands, by name."""
        ...

    def problems(self, connection: str | None = None) -> Iterator[Quarantined]:
        """The quarantine."""
        ...


Reading = Callable[[], AbstractContextManager[Reader | None]]
"""Opens a store to be read; None where nothing was synced yet."""


class Store(Reader, Protocol):
    """What the engine needs."""

    # Rows

    def read(self, connection: str, kind: Kind, keys: Sequence[str]) -> dict[str, Row]:
        """The rows that there are under these keys, deleted ones too."""
        ...

    def write(
        self,
        feed: Feed,
        writes: Sequence[Write],
        *,
        seen: Sequence[str] = (),
        walk: str | None = None,
        touched: Iterable[str] = (),
    ) -> list[str]:
        """Writes rows whose version is as expected; gives the keys of the others. `seen` are the keys that a whole walk
        met. Events in `touched` are marked, no later than the rows are written.
        """
        ...

    def unseen(self, feed: Feed, walk: str) -> Iterator[Row]:
        """The rows of a feed that a whole walk did not meet, deleted ones left out."""
        ...

    def suspect(self, feed: Feed, keys: Sequence[str], walk: str) -> None:
        """Notes on rows that a walk missed them. Their versions stay."""
        ...

    def of_parent(self, connection: str, kind: Kind, parent: str) -> Iterator[Row]:
        """The rows that were listed by one event, deleted ones left out."""
        ...

    def every(self, connection: str, kind: Kind) -> Iterator[Row]:
        """All rows of a kind, deleted ones too."""
        ...

    # Changes

    def unannounced(self, connection: str, limit: int = 500) -> list[Row]:
        """Rows with changes that are not announced yet."""
        ...

    def announced(self, connection: str, rows: Sequence[Row], ids: frozenset[str]) -> None:
        """Takes the changes of these ids off the rows."""
        ...

    # How far a copy has come

    def progress(self, feed: Feed) -> Progress:
        """That of one feed; at its beginning where nothing was copied."""
        ...

    def progresses(self, connection: str, kind: Kind) -> dict[str, Progress]:
        """Those of all feeds of a kind, by parent."""
        ...

    def advance(self, progress: Progress) -> bool:
        """Stores it as the next version, where the one stored is still its own; else gives False."""
        ...

    # The connection

    def status(self, connection: str) -> Status:
        """How a connection stands; a blank one where it was never tried."""
        ...

    def put_status(self, status: Status, owner: str) -> bool:
        """Stores it if `owner` holds the lease."""
        ...

    def lease(self, connection: str, owner: str, now: datetime, until: datetime) -> bool:
        """Takes the lease, or holds on to it; False where another one holds it."""
        ...

    def release(self, connection: str, owner: str) -> None:
        """Lets go of the lease, where `owner` holds it."""
        ...

    # Revenue

    def touched(self, connection: str) -> list[Touched]:
        """The events that are to be added up."""
        ...

    def settle(self, connection: str, added: Sequence[tuple[Touched, Totals | None]]) -> None:
        """Stores what events brought in, or that they are gone; takes their marks away unless these were set again."""
        ...

    # Quarantine

    def quarantine(self, problems: Sequence[Quarantined]) -> None:
        """Keeps records that could not be read, each once."""
        ...

    def readmit(self, feed: Feed, walk: str) -> None:
        """Lets go of those that a whole walk did not meet again."""
        ...

    # People

    def forget(self, digest: str) -> None:
        """Remembers a person who is to be left out, by a digest of the address."""
        ...

    def forgotten(self) -> frozenset[str]:
        """The digests of all who are."""
        ...

    def scrub(self) -> None:
        """Overwrites what erased data has left behind in the medium, where it can."""
        ...

    @property
    def salt(self) -> str:
        """A random text that makes digests worthless elsewhere. It is asked for where somebody is to be forgotten, or
        was; nobody else may need to make it.
        """
        ...

"""The part of `spekta demo` about copies: one is made, asked, and kept up while something happens at the box office."""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table

from connectors import Portfolio
from connectors.portfolio import RevenueReport
from spekta.sync import Callback, Change
from spekta.sync.copies import SOLD, Copies, Wanted
from spekta.sync.sqlite import SqliteStore
from spekta.sync.sqlite.store import owner
from spekta.sync.watching import Sync

from . import cells
from .bars import Bars
from .copied import HOW
from .terminal import now

if TYPE_CHECKING:
    from spekta.sandbox.box_office import BoxOffice

SHOWN = ("order.created", "order.refunded", "attendee.refunded", "attendee.checked_in", "ticket.updated")
UNTOLD = ("status_raw", "updated_at")


@dataclass(frozen=True, slots=True)
class Kept:
    """How many records were copied, what the platforms and the copy say came in, and what changed after that. All times
    are in seconds.
    """

    platforms: int
    records: int
    copying: float
    live: RevenueReport
    asking: float
    stored: RevenueReport
    reading: float
    changes: list[Change]
    catching_up: float

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return (self.live.by_connection, self.live.totals) == (self.stored.by_connection, self.stored.totals)


def keep(portfolio: Portfolio, box: "BoxOffice") -> Kept:
    """Copies all connections, asks platforms and copy the same, lets something happen and copies what changed."""
    from spekta.sandbox.day import checks_in, refunds, sells

    changes: list[Change] = []
    with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder) / "store.sqlite") as store:

        def sync(announcer: Callback | None) -> tuple[int, float]:
            started = time.monotonic()
            with Bars(transient=True) as bars:
                run = Sync(
                    portfolio.open, store, owner(), announcer=announcer, on_rows=bars.rows, on_result=bars.result
                )
                asyncio.run(run.run(portfolio.names))
            return bars.read.total(), time.monotonic() - started

        records, copying = sync(None)
        started = time.monotonic()
        live = asyncio.run(portfolio.revenue())
        asked = time.monotonic()
        stored = Copies(store, portfolio.names, SOLD, HOW).revenue(Wanted(now()))
        read = time.monotonic()
        for happens in (sells, refunds, checks_in):
            happens(box)
        _, catching_up = sync(Callback(changes.append))
    platforms = len(portfolio.names)
    return Kept(platforms, records, copying, live, asked - started, stored, read - asked, changes, catching_up)


def table(kept: Kept) -> Group:
    """What came of it."""
    faster = f"{kept.asking / kept.reading:.0f} times as fast, and {'' if kept.agrees else 'NOT '}the same to the cent"
    told = Table.grid(padding=(0, 2))
    told.add_row("Copied", f"{kept.records:,} records of {kept.platforms} platforms, in {kept.copying:.1f} seconds")
    told.add_row(
        "What came in", f"live {kept.asking * 1000:.0f} ms, from the copy {kept.reading * 1000:.0f} ms: {faster}"
    )
    told.add_row("Meanwhile", "a ticket was sold, one was given back, and somebody came in")
    told.add_row("Copied again", f"what changed, in {kept.catching_up:.1f} seconds. Each change is announced, such as:")
    return Group(told, "", _changes(kept))


def _changes(kept: Kept) -> Table:
    """The changes by what happened: one of each, and how many platforms told of such."""
    found = cells.table("What happened", "For instance", "Changed", "Told by", whole=("What happened", "Told by"))
    kinds: dict[str, list[Change]] = {}
    for change in kept.changes:
        kinds.setdefault(change.model_dump()["type"], []).append(change)
    for kind in filter(kinds.__contains__, SHOWN):
        first, told = kinds[kind][0], len({change.provider for change in kinds[kind]})
        fields = [name for name in first.changed if name not in UNTOLD]
        found.add_row(kind, first.reference, ", ".join(fields) or "-", f"{told} of {kept.platforms}")
    return found

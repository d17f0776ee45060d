"""Many connections at once: each for itself, so that one that fails or hangs delays no other."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from connectors import Connector
from connectors.errors import SpektaError
from connectors.redaction import defect
from connectors.webhook import Change

from .announcing import Announcer
from .feeds import Kind
from .moments import now as clock
from .status import Failure, Schedule, Status, unexpected
from .store import Store
from .worker import OnRows, Outcome, Worker

logger = logging.getLogger(__name__)
SOON = timedelta(seconds=1)  # between a run that ended early and the next one
GLANCE = timedelta(seconds=5)  # after which somebody else may have made a connection due, or told of changes


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one connection. `parked` and `waiting` ones were not asked, or not to the end."""

    connection: str
    outcome: Outcome | Literal["parked"]
    failure: Failure | None = None
    next_try: datetime | None = None


@dataclass(slots=True)
class Sync:
    """Keeps the copies of connections. `open` makes the connector of one, by name, and `owner` names this worker."""

    open: Callable[[str], Connector]
    store: Store
    owner: str
    schedule: Schedule = field(default_factory=Schedule)
    announcer: Announcer | None = None
    keep_raw: bool = False
    on_rows: OnRows = lambda connection, kind, read, changed: None
    on_result: Callable[[Result], None] = lambda result: None
    now: Callable[[], datetime] = clock

    async def run(self, connections: Iterable[str]) -> list[Result]:
        """Copies each once. One that is parked, or whose platform asked for a pause that is not over, is left alone."""
        return list(await asyncio.gather(*(self._once(name) for name in connections)))

    async def watch(self, connections: Iterable[str]) -> None:
        """Copies each whenever it is due, until cancelled."""
        await asyncio.gather(*(self._forever(name) for name in connections))

    async def _once(self, connection: str) -> Result:
        status = self.store.status(connection)
        if status.parked:
            result = self._result(status, "parked")
        elif status.is_limited and status.next_try and status.next_try > self.now():
            result = self._result(status, "waiting")
        else:
            result = await self._work(connection)
        self.on_result(result)
        return result

    async def _forever(self, connection: str) -> None:
        while True:
            status = self.store.status(connection)
            if status.is_due(self.now()):
                self.on_result(await self._work(connection))
            elif status.has_news:
                self.on_result(await self._work(connection, status.told))
            due = self.store.status(connection).next_try
            pause = max(due - self.now(), SOON) if due and due > self.now() else SOON
            await asyncio.sleep(min(pause, self.schedule.every, GLANCE).total_seconds())

    async def _work(self, connection: str, changes: Sequence[Change] = ()) -> Result:
        try:
            async with self.open(connection) as connector:
                outcome = await self._worker(connector, changes).run()
        except SpektaError as error:
            return self._refused(connection, Failure.of(error))
        except Exception as error:  # a store that is locked for long, say: the other connections go on
            logger.error("%s failed unexpectedly: %s", connection, defect(error))
            return Result(connection, "failed", unexpected(error))
        return self._result(self.store.status(connection), outcome)

    def _worker(self, connector: Connector, changes: Sequence[Change]) -> Worker:
        return Worker(
            connector,
            self.store,
            self.owner,
            self.schedule,
            self.announcer,
            self.keep_raw,
            self.now,
            on_rows=self.on_rows,
            changes=changes,
        )

    def _refused(self, connection: str, failure: Failure) -> Result:
        """A connection that cannot even be opened counts as one that failed."""
        moment = self.now()
        status = self.store.status(connection).after_failure(moment, failure)
        if self.store.lease(connection, self.owner, moment, moment + self.schedule.lease):
            self.store.put_status(status, self.owner)
            self.store.release(connection, self.owner)
        return self._result(status, "failed")

    def _result(self, status: Status, outcome: Outcome | Literal["parked"]) -> Result:
        return Result(
            status.connection, outcome, None if outcome in ("done", "busy") else status.last_error, status.next_try
        )


def redrive(store: Store, connection: str, owner: str, whole: Collection[Kind] = ()) -> bool:
    """Makes a connection due at once, and these kinds for everything; False while a worker is at it."""
    moment = clock()
    return _leave(store, connection, owner, moment, lambda status: status.redriven(moment, whole))


def tell(store: Store, connection: str, owner: str, changes: Iterable[Change]) -> bool:
    """Notes what a platform told to have changed, for the next run; False while a worker is at it."""
    return _leave(store, connection, owner, clock(), lambda status: status.told_of(changes))


def _leave(store: Store, connection: str, owner: str, moment: datetime, change: Callable[[Status], Status]) -> bool:
    """Changes the status of a connection that nobody works on."""
    if not store.lease(connection, owner, moment, moment + Schedule().lease):
        return False
    store.put_status(change(store.status(connection)), owner)
    store.release(connection, owner)
    return True

"""Many connections at once: each for itself, so that one that fails or hangs delays no other."""

import asyncio
import logging
from asyncio import sleep
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from connectors import Connector
from connectors.errors import ConfigurationError, SpektaError
from connectors.redaction import located
from connectors.webhook import Change

from .announcing import Announcer
from .feeds import Kind
from .moments import now as clock
from .status import FIRST_BACKOFF, Failure, Schedule, Status, unexpected
from .store import Store
from .worker import OnRows, Outcome, Worker

logger = logging.getLogger(__name__)
Ending = Outcome | Literal["parked", "not_due"]
SOON = timedelta(seconds=1)  # between a run that ended early and the next one
GLANCE = timedelta(seconds=5)  # after which somebody else may have made a connection due, or told of changes


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one connection. `parked`, `waiting` and `not_due` ones were not asked, or not to the end.

    just_parked: whether this was the failure after which it is tried no more.
    """

    connection: str
    outcome: Ending
    failure: Failure | None = None
    next_try: datetime | None = None
    just_parked: bool = False


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
    has_time: Callable[[], bool] = lambda: True

    async def run(self, connections: Iterable[str]) -> list[Result]:
        """Copies each once. One that is parked, or whose platform asked for a pause that is not over, is left alone."""
        return list(await asyncio.gather(*(self._once(name) for name in connections)))

    async def watch(self, connections: Iterable[str]) -> None:
        """Copies each whenever it is due, until cancelled. One that somebody else made due is so within seconds."""
        await asyncio.gather(*(self._forever(name) for name in connections))

    async def turn(self, connection: str, changes: Sequence[Change] = (), *, asked: bool = False) -> Result:
        """Copies a connection if it is due, or because somebody asked: then also one that is parked. With changes it
        looks at just these. Raises what the store raises.
        """
        status = self.store.status(connection)
        if status.must_wait(self.now()):
            return self._result(status, "waiting")
        if asked or status.is_due(self.now()):
            return await self._work(status, changes)
        if status.has_news:
            return await self._work(status, status.told)
        return self._result(status, "parked" if status.parked else "not_due")

    async def _once(self, connection: str) -> Result:
        status = self.store.status(connection)
        if status.parked:
            result = self._result(status, "parked")
        elif status.must_wait(self.now()):
            result = self._result(status, "waiting")
        else:
            result = await self._try(status)
        self.on_result(result)
        return result

    async def _forever(self, connection: str) -> None:
        while True:
            status = self.store.status(connection)
            if status.is_due(self.now()):
                await self._try_and_wait(status)
            elif status.has_news:
                await self._try_and_wait(status, status.told)
            due = self.store.status(connection).next_try
            pause = max(due - self.now(), SOON) if due and due > self.now() else SOON
            await sleep(min(pause, self.schedule.every, GLANCE).total_seconds())

    async def _try_and_wait(self, status: Status, changes: Sequence[Change] = ()) -> None:
        """Waits where not even the next time could be written down."""
        result = await self._try(status, changes)
        self.on_result(result)
        if result.outcome == "failed" and result.next_try is None:
            await sleep(FIRST_BACKOFF.total_seconds())

    async def _try(self, status: Status, changes: Sequence[Change] = ()) -> Result:
        try:
            return await self._work(status, changes)
        except SpektaError as error:
            return Result(status.connection, "failed", Failure.of(error))
        except Exception as error:  # a defect in one must not end the others
            logger.error("%s failed unexpectedly: %s", status.connection, located(error))
            return Result(status.connection, "failed", unexpected(error))

    async def _work(self, before: Status, changes: Sequence[Change]) -> Result:
        try:
            connector = self.open(before.connection)
        except ConfigurationError as error:
            return self._refused(before, Failure.of(error))
        async with connector:
            outcome = await self._worker(connector, changes).run()
        return self._result(self.store.status(before.connection), outcome, before)

    def _worker(self, connector: Connector, changes: Sequence[Change]) -> Worker:
        return Worker(
            connector,
            self.store,
            self.owner,
            self.schedule,
            self.announcer,
            self.keep_raw,
            self.now,
            has_time=self.has_time,
            on_rows=self.on_rows,
            changes=changes,
        )

    def _refused(self, before: Status, failure: Failure) -> Result:
        """A connection that cannot even be opened counts as one that failed."""
        moment = self.now()
        status = before.after_failure(moment, failure)
        if self.store.lease(status.connection, self.owner, moment, moment + self.schedule.lease):
            self.store.put_status(status, self.owner)
            self.store.release(status.connection, self.owner)
        return self._result(status, "failed", before)

    def _result(self, status: Status, outcome: Ending, before: Status | None = None) -> Result:
        failure = None if outcome in ("done", "busy", "not_due") else status.last_error
        just_parked = before is not None and status.parked and not before.parked
        return Result(status.connection, outcome, failure, status.next_try, just_parked)


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

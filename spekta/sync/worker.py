"""Works on one connection: under a lease, and leaves word of how it went."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from connectors import Connector
from connectors.errors import RateLimited, SpektaError
from connectors.redaction import located
from connectors.webhook import Change

from .announcing import Announcer
from .copying import Copier, Superseded
from .feeds import Kind
from .moments import now as clock
from .people import People
from .rounds import Paused, Rounds
from .status import Failure, Schedule, Status, unexpected
from .store import Store, StoreFailed
from .targeted import Targeted, is_target

logger = logging.getLogger(__name__)

OnRows = Callable[[str, Kind, int, int], None]
Outcome = Literal["done", "partly", "more", "busy", "waiting", "failed"]


@dataclass(slots=True)
class Worker:
    """Copies what changed in one connection, and everything where that is due.

    With `changes`, which its platform told of, it looks at just what these name, and leaves the rest to the schedule;
    what it could not look at is in the connection's status, for the next run.
    `owner` names the worker in the lease; `has_time` is asked after each answer. `on_rows` hears of each answer: the
    connection, the kind, how many records, and how many of them were new or had changed.
    """

    connector: Connector
    store: Store
    owner: str
    schedule: Schedule = field(default_factory=Schedule)
    announcer: Announcer | None = None
    keep_raw: bool = False
    now: Callable[[], datetime] = clock
    has_time: Callable[[], bool] = lambda: True
    on_rows: OnRows = lambda connection, kind, read, changed: None
    changes: Sequence[Change] = ()
    _taken_over: bool = field(default=False, init=False)

    async def run(self) -> Outcome:
        """Does what there is to do: `partly` where single listings failed, `more` where the time was up, `waiting`
        where the platform asked for a pause, `busy` where another worker is at it. What failed is in the connection's
        status.
        """
        name = self.connector.name
        if not self._hold():
            return "busy"
        try:
            async with self._heartbeat():
                rounds = self._rounds()
                outcome, status = await self._try(rounds)
                self.store.put_status(status, self.owner)
                return outcome
        except Superseded:
            return "busy"
        finally:
            self.store.release(name, self.owner)

    def _rounds(self) -> Rounds:
        copier = Copier(
            connector=self.connector,
            store=self.store,
            schedule=self.schedule,
            people=People.of(self.store),
            now=self.now,
            on_rows=lambda feed, *counts: self.on_rows(feed.connection, feed.kind, *counts),
            announcer=self.announcer,
            keep_raw=self.keep_raw,
        )
        status = self.store.status(self.connector.name).told_of(self.changes)
        return Rounds(copier, status, self._save, self._has_time)

    async def _try(self, rounds: Rounds) -> tuple[Outcome, Status]:
        """The outcome, and the status to leave."""
        try:
            return await self._targeted(rounds) or await self._usual(rounds)
        except (Superseded, StoreFailed):
            raise
        except Paused:
            return "more", replace(rounds.status, next_try=self.now())
        except RateLimited as error:
            return "waiting", rounds.status.after_wait(self.now(), error.retry_after, Failure.of(error))
        except SpektaError as error:
            return "failed", self._failed(rounds.status, Failure.of(error))
        except Exception as error:  # a defect in one connector must not take the others along
            logger.error("%s failed unexpectedly: %s", self.connector.name, located(error))
            return "failed", self._failed(rounds.status, unexpected(error))

    async def _usual(self, rounds: Rounds) -> tuple[Outcome, Status]:
        partly = await rounds.run()
        done = rounds.status.after_success(self.now(), self.schedule.every)
        return ("partly", replace(done, last_error=Failure.of(partly))) if partly else ("done", done)

    async def _targeted(self, rounds: Rounds) -> tuple[Outcome, Status] | None:
        """Looks at what was told; None where there is more to look for."""
        targets = [change for change in rounds.status.told if is_target(change)]
        usual = not self.changes or len(targets) < len(rounds.status.told)
        failures = await Targeted(rounds.copier).run(targets) if targets else {}
        rounds.status = rounds.status.after_targets(failures)
        return None if usual else ("partly" if failures else "done", rounds.status)

    def _failed(self, status: Status, failure: Failure) -> Status:
        """However often a platform tells of changes, it is one failure until the schedule has tried again."""
        counted = self.changes and status.failures and not status.is_due(self.now())
        return status if counted else status.after_failure(self.now(), failure)

    def _save(self, status: Status) -> None:
        if not self.store.put_status(status, self.owner):
            raise self._superseded()

    def _has_time(self) -> bool:
        if self._taken_over:
            raise self._superseded()
        return self.has_time()

    def _superseded(self) -> Superseded:
        return Superseded(f"Another worker has taken over {self.connector.name}.")

    def _hold(self) -> bool:
        moment = self.now()
        return self.store.lease(self.connector.name, self.owner, moment, moment + self.schedule.lease)

    @contextlib.asynccontextmanager
    async def _heartbeat(self) -> AsyncIterator[None]:
        """Holds on to the lease, however long an answer takes."""

        async def beat() -> None:
            while not self._taken_over:
                await asyncio.sleep(self.schedule.lease.total_seconds() / 3)
                with contextlib.suppress(StoreFailed):  # the next beat will tell
                    self._taken_over = not self._hold()

        beating = asyncio.create_task(beat())
        try:
            yield
        finally:
            beating.cancel()

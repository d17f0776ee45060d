"""Copies the connections of one platform, each when it is its turn. Which platform, SPEKTA_PROVIDER says."""

import asyncio
import os
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from connectors import Connector, connect
from spekta.aws import bus, details
from spekta.aws.announcer import BusAnnouncer
from spekta.aws.details import Due
from spekta.aws.secrets import SecretStore
from spekta.sync import Schedule
from spekta.sync.feeds import Kind
from spekta.sync.watching import Result, Sync

from .errors import word_of
from .failing import failing
from .log import counted, logger
from .state import state

SPARE_MS = 60_000  # for the answer that is under way when the time is up
SCHEDULE = Schedule()

provider = os.environ["SPEKTA_PROVIDER"]
credentials = SecretStore()


@logger.inject_lambda_context(log_event=False)
def handler(event: Any, context: Any) -> None:
    """Raises what AWS fails with, so that the event is tried again. What a platform fails with is in the status."""
    with failing():
        try:
            due = details.due(event, provider)
        except details.Refused as error:
            logger.warning("event_refused", reason=str(error))
        else:
            asyncio.run(Turn(due, bus.configured(), context).work())


@dataclass
class Turn:
    """One run over one connection, and what is told of it in the log: counts, and nothing of a record."""

    due: Due
    bus: bus.Bus
    context: Any
    read: Counter[Kind] = field(default_factory=Counter)
    changed: Counter[Kind] = field(default_factory=Counter)
    connector: Connector | None = None

    async def work(self) -> None:
        """Runs until all is done or the time is up; then it has the next function go on."""
        started, announcer = time.monotonic(), BusAnnouncer(self.bus)
        sync = Sync(
            self._open,
            state(),
            str(uuid.uuid4()),
            SCHEDULE,
            announcer,
            on_rows=self._rows,
            has_time=self._has_time,
        )
        result = await sync.turn(self.due.connection, self.due.changes, asked=self.due.asked)
        self._tell(result, round(time.monotonic() - started, 1), announcer.announced)
        if result.outcome == "more":
            # Without the changes: what was not done of them, the next run finds by looking through everything.
            self.bus.put_due([self.due.connection], asked=self.due.asked)

    def _open(self, connection: str) -> Connector:
        self.connector = connect(credentials, connection, share=SCHEDULE.share)
        return self.connector

    def _rows(self, connection: str, kind: Kind, read: int, changed: int) -> None:
        self.read[kind] += read
        self.changed[kind] += changed

    def _has_time(self) -> bool:
        return bool(self.context.get_remaining_time_in_millis() > SPARE_MS)

    def _tell(self, result: Result, seconds: float, announced: int) -> None:
        logger.info(
            "synced",
            connection=result.connection,
            outcome=result.outcome,
            error=word_of(result.failure.code) if result.failure else None,
            read=self.read,
            changed=self.changed,
            announced=announced,
            seconds=seconds,
            requests=self.connector.requests if self.connector else 0,
        )
        if result.just_parked:
            logger.warning("connection_parked", connection=result.connection, **counted("Parked"))

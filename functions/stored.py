"""Where the copies of a stack's connections are read, and what a request gets from them."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeVar

from connectors.errors import InvalidArgument, SpektaError
from connectors.models import UnifiedRevenue

from .log import logger

if TYPE_CHECKING:
    from spekta.sync.copies import Copies
    from spekta.sync.feeds import Kind
    from spekta.sync.store import Reader, Reading

Source = Literal["synced", "live"]
TABLE = "SPEKTA_STATE_TABLE"
T = TypeVar("T")
Ask = Callable[["Copies", datetime], T]
HOW = "POST /v1/sync asks for it; on a machine of your own: spekta sync."


@contextmanager
def of_stack() -> "Iterator[Reader | None]":
    """The table that SPEKTA_STATE_TABLE names."""
    table = os.environ.get(TABLE)
    yield _store(table) if table else None


@cache
def _store(table: str) -> "Reader":
    """Kept for the requests that follow: making its client takes longer than most questions."""
    from spekta.aws.store import DynamoStore

    return DynamoStore(table)


def nowhere() -> "AbstractContextManager[Reader | None]":
    """Where nothing is stored."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Stored:
    """What `reading` opens, read in a thread, as a store waits without the event loop. A store that fails stops nobody
    who did not ask for it.
    """

    reading: "Reading"

    async def answer(
        self, names: Sequence[str], kinds: "Sequence[Kind]", source: Source | None, ask: "Ask[T]"
    ) -> T | None:
        """What `ask` makes of the copies; None where the platforms are to be asked."""

        def read() -> T | None:
            from spekta.sync.copies import Copies

            moment = datetime.now(UTC)
            with self.reading() as reader:
                copies = Copies(reader, names, kinds, HOW)
                return ask(copies, moment) if source == "synced" or copies.suffices(moment) else None

        return None if source == "live" else await self._try(read, needed=source == "synced")

    async def revenue(self, connection: str, event_id: str) -> UnifiedRevenue | None:
        """What an event brought in, whenever that was added up; None where it was not."""

        def read() -> UnifiedRevenue | None:
            with self.reading() as reader:
                found = reader.totals(connection, [event_id]) if reader else ()
                return next((totals.revenue for totals in found), None)

        return await self._try(read, needed=False)

    async def _try(self, read: Callable[[], T | None], *, needed: bool) -> T | None:
        try:
            return await asyncio.to_thread(read)
        except InvalidArgument:
            raise
        except SpektaError as error:
            if needed:
                raise
            logger.error("The store of copies cannot be read: %s", error.code)
            return None

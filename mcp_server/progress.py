"""Tells the client how far a call is, where it asked to be told and the transport carries it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from connectors.portfolio import Progress

from .state import Ctx


class _Steps:
    """Steps by connection. What is done while one message is on its way is told by the next."""

    def __init__(self) -> None:
        self._done: dict[str, int] = {}
        self._of: dict[str, int] = {}
        self._changed = asyncio.Event()

    def note(self, connection: str, done: int, of: int | None) -> None:
        self._done[connection], self._of[connection] = done, of or done
        self._changed.set()

    async def tell(self, ctx: Ctx, what: str) -> None:
        told = 0
        while True:
            await self._changed.wait()
            self._changed.clear()
            done, of = sum(self._done.values()), sum(self._of.values())
            if done > told:
                told = done
                await ctx.report_progress(done, of, f"{done} of {of} {what}")


@contextlib.asynccontextmanager
async def progress(ctx: Ctx, what: str) -> AsyncIterator[Progress]:
    """What to call with a connection, how many of its steps are done, and of how many. `what` names them."""
    steps = _Steps()
    teller = asyncio.create_task(steps.tell(ctx, what))
    try:
        yield steps.note
    finally:
        teller.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await teller

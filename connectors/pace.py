"""Keeps to what a platform allows, before it has to refuse: some lock out who asks too often."""

import asyncio
import time
from collections import deque
from functools import cache
from typing import TYPE_CHECKING, Protocol

from .errors import RateLimited

if TYPE_CHECKING:
    from .http import Deadline

LONGEST_WAIT = 60.0
sleep = asyncio.sleep


class Turns(Protocol):
    """Says when the next request may be made."""

    async def turn(self, deadline: "Deadline") -> None: ...


class Pace:
    """At most so many requests in any so many seconds."""

    def __init__(self, requests: int, seconds: float) -> None:
        self._turns: deque[float] = deque(maxlen=requests)
        self._seconds = seconds

    async def turn(self, deadline: "Deadline") -> None:
        """Waits for the next turn. Raises RateLimited where that comes after the deadline, or not within a minute."""
        now = time.monotonic()
        is_full = len(self._turns) == self._turns.maxlen
        turn = max(now, self._turns[0] + self._seconds) if is_full else now
        wait = turn - now
        if wait > LONGEST_WAIT or not deadline.allows(wait):
            raise RateLimited(
                f"{self._turns.maxlen} requests in {self._seconds:.0f} seconds are allowed, and they are used up.",
                f"Try again in {wait:.0f} seconds.",
                retry_after=wait,
            )
        self._turns.append(turn)
        if wait:
            await sleep(wait)


class Share:
    """A part of what a connection may ask, for what can wait; the rest of it is left to people."""

    def __init__(self, own: Pace, whole: Pace) -> None:
        self._own = own
        self._whole = whole

    async def turn(self, deadline: "Deadline") -> None:
        """Waits for the turn in the part, then for the one in the whole. Raises RateLimited as these do."""
        await self._own.turn(deadline)
        await self._whole.turn(deadline)


@cache
def shared(provider: str, account: str, requests: int, seconds: float) -> Pace:
    """The pace of a connection, for all that ask it in this process."""
    return Pace(requests, seconds)

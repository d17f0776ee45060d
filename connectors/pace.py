"""Keeps to what a platform allows, before it has to refuse: some lock out who asks too often."""

import asyncio
import time
from collections import deque
from functools import cache
from typing import TYPE_CHECKING

from .errors import RateLimited

if TYPE_CHECKING:
    from .http import Deadline

LONGEST_WAIT = 60.0
sleep = asyncio.sleep


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


@cache
def shared(provider: str, account: str, requests: int, seconds: float) -> Pace:
    """The pace of a connection, for all that ask it in this process."""
    return Pace(requests, seconds)

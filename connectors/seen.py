"""Which deliveries were accepted before, so that none is accepted twice."""

import threading
from datetime import datetime, timedelta
from typing import Protocol

KEPT = timedelta(days=3)  # as long as platforms try a delivery again
MOST = 10_000


class Seen(Protocol):
    """What remembers deliveries, for three days at least. `add` is one step: of two that come at once, one is new."""

    def add(self, key: str, now: datetime) -> bool:
        """Remembers a delivery; False where it was known."""

    def discard(self, key: str) -> None:
        """Forgets one that was accepted and then could not be dealt with, for the platform to send it again."""


class SeenInMemory:
    """Remembers as long as the process lives, and of very many the newest."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._added: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def add(self, key: str, now: datetime) -> bool:
        with self._lock:
            if (known := self._added.get(key)) is not None and now - known < KEPT:
                return False
            self._added.pop(key, None)
            self._added[key] = now
            if len(self._added) > self._most:
                del self._added[next(iter(self._added))]
            return True

    def discard(self, key: str) -> None:
        with self._lock:
            self._added.pop(key, None)

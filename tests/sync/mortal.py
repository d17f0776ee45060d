"""Syncs one connection of a sandbox, and kills itself at a given point: `mortal.py STORE CHANGES CONNECTION POINT`.

The points are those at which something leaves the process: just before and just after each write to the store, each
announcement and each request. Prints how many there were, if it lives to the end.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from connectors import connect
from connectors.credentials.environment import EnvironmentStore
from spekta.sync import JsonLines
from spekta.sync.sqlite import SqliteStore
from spekta.sync.sqlite.store import owner
from spekta.sync.worker import Worker

WRITES = {
    "write",
    "suspect",
    "announced",
    "advance",
    "put_status",
    "lease",
    "release",
    "settle",
    "quarantine",
    "readmit",
}


class Life:
    """Ends at its last point."""

    def __init__(self, last: int) -> None:
        self.points = 0
        self._last = last

    def point(self) -> None:
        self.points += 1
        if self.points == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def mortal(*args: Any, **more: Any) -> Any:
            self.point()
            result = call(*args, **more)
            self.point()
            return result

        return mortal


class Mortal:
    """Something whose methods one may die in."""

    def __init__(self, inner: Any, life: Life, methods: set[str]) -> None:
        self._inner, self._life, self._methods = inner, life, methods

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._life.around(found) if name in self._methods else found


class Transport(httpx2.AsyncHTTPTransport):
    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._life.point()
        response = await super().handle_async_request(request)
        await response.aread()
        self._life.point()
        return response


async def main(store: str, changes: str, connection: str, point: str) -> None:
    life = Life(int(point))
    with SqliteStore(Path(store)) as file, JsonLines(Path(changes)) as announcer:
        async with connect(EnvironmentStore(), connection, Transport(life)) as connector:
            outcome = await Worker(
                connector,
                Mortal(file, life, WRITES),
                owner(),
                announcer=Mortal(announcer, life, {"announce"}),
            ).run()
    sys.stdout.write(f"{outcome} {life.points}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

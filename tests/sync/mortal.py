"""Syncs one connection of a sandbox, and kills itself at a given point: `mortal.py STORE CHANGES CONNECTION POINT`.

STORE is a file, or `dynamodb` for the table that SPEKTA_STATE_TABLE names. The points are those at which something
leaves the process: just before and just after each write to the store, each announcement and each request, those to AWS
too. Prints how many there were, if it lives to the end.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from connectors import connect
from connectors.credentials.environment import EnvironmentStore
from spekta.aws.clients import dynamodb
from spekta.aws.store import DynamoStore
from spekta.aws.store.table import TABLE
from spekta.sync import JsonLines, Store
from spekta.sync.sqlite import SqliteStore
from spekta.sync.sqlite.store import owner
from spekta.sync.worker import Worker

CALLS = {"put_item", "update_item", "delete_item", "batch_write_item", "transact_write_items"}
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
        if self.points >= self._last:
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


@contextmanager
def opened(store: str, life: Life) -> Iterator[tuple[Store, str]]:
    """The store, and the name of who works with it: where nobody can see that a process has gone, always the same."""
    if store == "dynamodb":
        client: Any = Mortal(dynamodb(), life, CALLS)
        yield DynamoStore(os.environ[TABLE], client), "mortal"
    else:
        with SqliteStore(Path(store)) as file:
            mortal: Any = Mortal(file, life, WRITES)
            yield mortal, owner()


async def main(store: str, changes: str, connection: str, point: str) -> None:
    life = Life(int(point))
    with opened(store, life) as (copy, who), JsonLines(Path(changes)) as announcer:
        async with connect(EnvironmentStore(), connection, Transport(life)) as connector:
            told: Any = Mortal(announcer, life, {"announce"})
            outcome = await Worker(connector, copy, who, announcer=told).run()
    sys.stdout.write(f"{outcome} {life.points}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""Copies an account with the sync. `python -m benchmarks.copy_by_sync ADDRESS` prints how many attendees it stored."""

import asyncio
import sqlite3
import sys
import tempfile
from pathlib import Path

from connectors import create_connector
from spekta.sync.sqlite import SqliteStore
from spekta.sync.worker import Worker

from .readers import KEY


async def main(address: str) -> None:
    with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder) / "store.sqlite") as store:
        file = sqlite3.connect(store.path)
        async with create_connector("equaticket", {"apiKey": KEY}, base_url=address) as connector:
            assert await Worker(connector, store, "benchmark").run() == "done"
        print(file.execute("SELECT count(*) FROM rows WHERE kind = 'attendees'").fetchone()[0])
        file.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

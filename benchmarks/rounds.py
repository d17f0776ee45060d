"""Syncs every connection of the sandbox four times; prints how many requests each run made, as JSON."""

import asyncio
import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from connectors import create_connector
from spekta.sandbox.app import Sandbox, create_app
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.server import connections
from spekta.sync.sqlite import SqliteStore
from spekta.sync.worker import Worker

ORIGIN = "http://127.0.0.1:1"
PAUSES = (timedelta(), timedelta(hours=1), timedelta(hours=1), timedelta(days=1))


async def count(slug: str, folder: Path) -> list[int]:
    app = create_app()
    sandbox: Sandbox = app.state.sandbox
    credentials, addresses = connections(ORIGIN)[slug]
    counts, ahead = list[int](), timedelta()

    def now() -> datetime:
        return datetime.now(UTC) + ahead

    with SqliteStore(folder / f"{slug}.sqlite") as store:
        for number, pause in enumerate(PAUSES):
            ahead += pause
            sandbox.box_office.now += pause
            if number == 2:
                pay(sandbox.box_office)
            sandbox.log.clear()
            platform = httpx2.ASGITransport(app=app)
            async with create_connector(slug, credentials, base_url=addresses, transport=platform) as connector:
                assert await Worker(connector, store, "benchmark", now=now).run() == "done", slug
            counts.append(len(sandbox.log))
    return counts


def pay(box: BoxOffice) -> None:
    order = next(order for order in box.orders if order.status == "pending" and order.total)
    payments = tuple(replace(payment, state="paid", at=box.now) for payment in order.payments)
    box.put_order(replace(order, status="paid", payments=payments, updated_at=box.now))


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({slug: await count(slug, Path(folder)) for slug in connections(ORIGIN)}))


if __name__ == "__main__":
    asyncio.run(main())

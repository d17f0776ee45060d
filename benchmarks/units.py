"""Syncs accounts of the sandbox into DynamoDB four times; prints the units that each run used, as JSON."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from connectors import create_connector
from spekta.aws.store import DynamoStore
from spekta.aws.store.wire import plain, size
from spekta.sandbox.app import Sandbox, create_app
from spekta.sandbox.server import connections
from spekta.sync import Change, Worker
from spekta.sync.feeds import KINDS
from tests.aws.state import STATE, client, stored

from .meter import Meter
from .rounds import ORIGIN, PAUSES, pay

PLATFORMS = ("ticket-tailor", "eventbrite", "weezevent")


class Listener:
    def announce(self, changes: Sequence[Change]) -> Sequence[bool]:
        return [True] * len(changes)


async def count(slug: str) -> dict[str, Any]:
    app = create_app()
    sandbox: Sandbox = app.state.sandbox
    credentials, addresses = connections(ORIGIN)[slug]
    ahead = timedelta()

    def now() -> datetime:
        return datetime.now(UTC) + ahead

    runs = []
    with stored():
        meter: Any = Meter(client(), STATE)
        store = DynamoStore(STATE, meter)
        for number, pause in enumerate(PAUSES):
            ahead += pause
            sandbox.box_office.now += pause
            if number == 2:
                pay(sandbox.box_office)
            meter.used = {"write": 0.0, "read": 0.0}
            platform = httpx2.ASGITransport(app=app)
            async with create_connector(slug, credentials, base_url=addresses, transport=platform) as connector:
                worker = Worker(connector, store, "benchmark", announcer=Listener(), now=now)
                assert await worker.run() == "done", slug
            runs.append(meter.used)
        rows = sum(len(list(store.every(slug, kind))) for kind in KINDS)
        pages = client().get_paginator("scan").paginate(TableName=STATE)
        length = sum(size(plain(item)) for page in pages for item in page["Items"])
    return {"rows": rows, "bytes": length, "runs": runs}


async def main() -> None:
    print(json.dumps({slug: await count(slug) for slug in PLATFORMS}))


if __name__ == "__main__":
    asyncio.run(main())

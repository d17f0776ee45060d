"""All connections asked at once, each of which answers slowly: it should take as long as the slowest alone.

`python -m benchmarks.portfolio` prints seconds as JSON: of every connection alone, and of all.
"""

import asyncio
import json
import time
from collections.abc import Iterable

from connectors import Connector, Portfolio, create_connector
from spekta.sandbox.app import create_app
from spekta.sandbox.server import connections, running

LATENCY = 0.2


async def main() -> None:
    with running(create_app(latency=LATENCY)) as origin:
        accounts = connections(origin)

        def connect(slug: str) -> Connector:
            credentials, addresses = accounts[slug]
            return create_connector(slug, credentials, base_url=addresses)

        async def ask(slugs: Iterable[str]) -> float:
            started = time.perf_counter()
            found = await Portfolio(list(slugs), connect).events(limit=1000)
            assert all(status.state == "ok" and status.count for status in found.connections), found.connections
            return time.perf_counter() - started

        await ask(accounts)  # what is done once only: provider modules, the sandbox's first answers
        alone = {slug: await ask([slug]) for slug in accounts}
        print(json.dumps({"alone": alone, "all": await ask(accounts)}))


if __name__ == "__main__":
    asyncio.run(main())

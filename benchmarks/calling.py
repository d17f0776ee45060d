"""A tool called by a client in the same process, against the connector's own calls; the platform answers at once.

`python -m benchmarks.calling 50` prints as JSON, by tool: CPU seconds of the connector, and of the tool.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import httpx2
from mcp import Client

from connectors import Connector, create_connector
from mcp_server.server import create_server
from mcp_server.state import State
from spekta.sandbox.app import create_app
from spekta.sandbox.server import connections

SLUG, EVENT, ORIGIN = "ticket-tailor", "ev_12", "http://127.0.0.1:1"
WARM = 5


class Instant(httpx2.AsyncBaseTransport):
    """A platform that gives the answers which it has given before."""

    def __init__(self) -> None:
        self._platform = httpx2.ASGITransport(app=create_app())
        self._known: dict[str, tuple[int, dict[str, str], bytes]] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = str(request.url)
        if url not in self._known:
            answer = await self._platform.handle_async_request(request)
            self._known[url] = answer.status_code, dict(answer.headers), await answer.aread()
        status, headers, content = self._known[url]
        return httpx2.Response(status, headers=headers, content=content)


async def _event(connector: Connector) -> None:
    await connector.get_event(EVENT)


async def _events(connector: Connector) -> None:
    await connector.get_events(page_size=25)


async def _orders(connector: Connector) -> None:
    await connector.get_orders(EVENT, page_size=100)


async def _attendees(connector: Connector) -> None:
    await connector.get_event(EVENT)
    async for _ in connector.stream_attendees(EVENT):
        pass


async def _revenue(connector: Connector) -> None:
    await connector.get_event(EVENT)
    await connector.get_revenue(EVENT)


PAIRS: dict[str, tuple[Callable[[Connector], Awaitable[None]], dict[str, Any]]] = {
    "get_event": (_event, {"event": f"{SLUG}:{EVENT}"}),
    "list_events": (_events, {}),
    "list_orders, 100 of them": (_orders, {"event": f"{SLUG}:{EVENT}", "limit": 100}),
    "list_attendees, counted": (_attendees, {"event": f"{SLUG}:{EVENT}", "summary": True}),
    "get_revenue of an event": (_revenue, {"event": f"{SLUG}:{EVENT}"}),
}


async def main(times: int) -> None:
    platform, accounts = Instant(), connections(ORIGIN)

    def connect(slug: str) -> Connector:
        credentials, addresses = accounts[slug]
        return create_connector(slug, credentials, base_url=addresses, transport=platform)

    async def alone(ask: Callable[[Connector], Awaitable[None]]) -> None:
        async with connect(SLUG) as connector:
            await ask(connector)

    async def called(tool: str, arguments: dict[str, Any]) -> None:
        result = await client.call_tool(tool, arguments)
        assert not result.is_error, result.content

    found: dict[str, tuple[float, float]] = {}
    async with Client(create_server(State(lambda: [SLUG], connect))) as client:
        for name, (ask, arguments) in PAIRS.items():
            tool = name.replace(",", " ").split()[0]
            seconds: tuple[list[float], list[float]] = [], []
            for turn in range(WARM + times):
                for side, run in zip(seconds, (alone(ask), called(tool, arguments)), strict=True):
                    started = time.process_time()
                    await run
                    if turn >= WARM:
                        side.append(time.process_time() - started)
            found[name] = median(seconds[0]), median(seconds[1])
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

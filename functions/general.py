"""What is asked of no single provider: `GET /v1/providers`, `POST /v1/sync`, and every path that no other function
serves.
"""

import asyncio
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.event_handler import Response

from connectors.credentials import Store, split
from connectors.matrix import matrix
from spekta.aws import bus
from spekta.aws.secrets import SecretStore

from . import answers
from .log import logger
from .parameters import CONNECTIONS
from .query import chosen, read
from .resolver import Resolver

SYNC = (CONNECTIONS,)


class GeneralRoutes:
    """Tells which providers there are and which connections the store knows, and passes on that these be synced."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.resolver = Resolver()
        self.resolver.get("/v1/providers")(self._providers)
        self.resolver.post("/v1/sync")(self._sync)

    async def _providers(self) -> Response[str]:
        read(self.resolver.query, ())
        connected: dict[str, list[str]] = {}
        for connection in await asyncio.to_thread(self.store.connections):
            connected.setdefault(split(connection)[0], []).append(connection)
        rows = [asdict(row) | {"connections": connected.get(row.provider, [])} for row in matrix()]
        return answers.response({"data": rows})

    async def _sync(self) -> Response[str]:
        """Asked for, not done: a sync takes longer than anybody waits."""
        query = read(self.resolver.query, SYNC)
        asked = chosen(query, await asyncio.to_thread(self.store.connections))
        await asyncio.to_thread(bus.configured().request_sync, asked)
        return answers.response({"data": {"connections": asked}}, status=202)


routes = GeneralRoutes(SecretStore())


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return routes.resolver.run(event, context)

"""The routes of all connections at once, `/v1/portfolio/...`. One connection that fails does not fail the others: each
answer says what became of every connection.

This function holds no secret: it asks those of the providers.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic_core import to_jsonable_python

from connectors import Connector, Portfolio, filters
from connectors.portfolio import Total
from spekta.aws.remote import Functions
from spekta.aws.secrets import SecretStore

from . import answers
from .log import logger
from .parameters import CONNECTIONS, CURSOR, LIMIT, SINCE, common
from .query import Query, chosen, read
from .resolver import Resolver

SECONDS = 22.0  # under the function's 28 and the gateway's 30
EVENTS = (LIMIT, CURSOR, SINCE, CONNECTIONS)
REVENUE = (CONNECTIONS,)
FILTERS = common("events")


class PortfolioRoutes:
    """Answers over all connections that `names` tells; `open` makes the connector of one."""

    def __init__(self, names: Callable[[], Sequence[str]], open: Callable[[str], Connector], seconds: float) -> None:
        self.names = names
        self.open = open
        self.seconds = seconds
        self.resolver = Resolver()
        self.resolver.get("/v1/portfolio/events")(self._events)
        self.resolver.get("/v1/portfolio/revenue")(self._revenue)

    async def _events(self) -> Response[str]:
        query = read(self.resolver.query, EVENTS, [one.name for one in FILTERS])
        portfolio = await self._portfolio(query)
        asked = query.of((LIMIT, CURSOR, SINCE))
        found = await portfolio.events(**asked, filters=_filters(query), deadline=self.seconds)
        content = {
            "data": [answers.values(event, query) for event in found.events],
            "has_more": found.next_cursor is not None,
            "next_cursor": found.next_cursor,
            "connections": to_jsonable_python([asdict(status) for status in found.connections]),
        }
        return answers.response(content, "limit", "Ask for a smaller limit.")

    async def _revenue(self) -> Response[str]:
        query = read(self.resolver.query, REVENUE, [one.name for one in FILTERS])
        portfolio = await self._portfolio(query)
        found = await portfolio.revenue(filters=_filters(query), deadline=self.seconds)
        content = {
            "data": {
                "totals": _totals(found.totals),
                "by_connection": {name: _totals(totals) for name, totals in found.by_connection.items()},
                "events": [
                    {"event": answers.values(event, query), "revenue": answers.values(revenue, query)}
                    for event, revenue in found.events
                ],
            },
            "connections": to_jsonable_python([asdict(status) for status in found.connections]),
        }
        return answers.response(content, "starts_after", "Ask for the events of a shorter time.")

    async def _portfolio(self, query: Query) -> Portfolio:
        """Those connections that are asked for. In a thread, because the names may have to be asked for at AWS."""
        return Portfolio(chosen(query, await asyncio.to_thread(self.names)), self.open)


def _filters(query: Query) -> dict[str, Any]:
    """Those of every platform, read before any is asked."""
    return filters.read("events", (), query.others, {})


def _totals(totals: Sequence[Total]) -> Any:
    return to_jsonable_python([asdict(total) for total in totals])


def of_stack() -> PortfolioRoutes:
    """The routes in AWS."""

    def headers() -> dict[str, str]:
        return {"X-Correlation-Id": routes.resolver.correlation_id}

    functions = Functions(os.environ.get("SPEKTA_STACK", "spekta"), headers=headers)
    routes = PortfolioRoutes(SecretStore().connections, functions.open, SECONDS)
    return routes


routes = of_stack()


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return routes.resolver.run(event, context)

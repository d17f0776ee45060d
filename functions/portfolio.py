"""The routes of all connections at once, `/v1/portfolio/...`. One connection that fails does not fail the others: each
answer says what became of every connection.

This function holds no secret: it asks those of the providers.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response
from pydantic_core import to_jsonable_python

from connectors import Connector, InvalidArgument, Portfolio, UnifiedEvent, filters
from connectors.portfolio import RevenueReport, Status, Total
from spekta.aws.remote import Functions
from spekta.aws.secrets import SecretStore

from . import answers, stored
from .log import logger
from .parameters import BY, CONNECTIONS, CURSOR, LIMIT, SINCE, SOURCE, common
from .query import Query, chosen, read
from .resolver import Resolver
from .stored import Stored

if TYPE_CHECKING:
    from spekta.sync.copies import Copies
    from spekta.sync.store import Reading

SECONDS = 22.0  # under the function's 28 and the gateway's 30
CHANGED = replace(SINCE, about=f"{SINCE.about}; always live")
EVENTS = (SOURCE, LIMIT, CURSOR, CHANGED, CONNECTIONS)
REVENUE = (SOURCE, BY, CONNECTIONS)
FILTERS = common("events")
Content = dict[str, Any]


class PortfolioRoutes:
    """Answers over all connections that `names` tells: from their copies, which `reading` opens, or live, where `open`
    makes the connector of one.
    """

    def __init__(
        self,
        names: Callable[[], Sequence[str]],
        open: Callable[[str], Connector],
        seconds: float,
        reading: "Reading" = stored.nowhere,
    ) -> None:
        self.names = names
        self.open = open
        self.seconds = seconds
        self.stored = Stored(reading)
        self.resolver = Resolver()
        self.resolver.get("/v1/portfolio/events")(self._events)
        self.resolver.get("/v1/portfolio/revenue")(self._revenue)

    async def _events(self) -> Response[str]:
        query = read(self.resolver.query, EVENTS, [one.name for one in FILTERS])
        wanted, names = _filters(query), await self._chosen(query)
        content = await self._stored_events(query, names, wanted) or await self._live_events(query, names, wanted)
        return answers.response(content, "limit", "Ask for a smaller limit.")

    async def _stored_events(self, query: Query, names: list[str], wanted: Mapping[str, Any]) -> Content | None:
        """None where the platforms are asked: a cursor goes on where it began, and they alone know what changed."""
        from spekta.sync import cursors
        from spekta.sync.copies import EVENTS as KINDS
        from spekta.sync.copies import Wanted

        source = query.given.get("source")
        cursor = query.given.get("cursor")
        going_on = cursors.decode(cursor, names, source and source == "synced") if cursor else None
        if "since" in query.given and (going_on or source == "synced"):
            raise InvalidArgument("since", "Copies do not tell what changed since.", "Ask with source=live.")
        if "since" in query.given or (cursor and not going_on):
            return None

        def ask(copies: "Copies", moment: datetime) -> Content:
            asked = going_on.wanted(moment) if going_on else Wanted(moment, **wanted)
            events, after = copies.page(asked, query.given.get("limit", 50), going_on.after if going_on else None)
            following = cursors.encode(names, asked, after) if after else None
            return _list(events, following, query) | _said("synced", copies.as_of, copies.listed(events))

        if going_on:
            names, source = list(going_on.connections), "synced"
        return await self.stored.answer(names, KINDS, source, ask)

    async def _live_events(self, query: Query, names: list[str], wanted: Mapping[str, Any]) -> Content:
        moment, asked = datetime.now(UTC), query.of((LIMIT, CURSOR, CHANGED))
        found = await Portfolio(names, self.open).events(**asked, filters=wanted, deadline=self.seconds)
        return _list(found.events, found.next_cursor, query) | _said("live", moment, found.connections)

    async def _revenue(self) -> Response[str]:
        query = read(self.resolver.query, REVENUE, [one.name for one in FILTERS])
        wanted, names = _filters(query), await self._chosen(query)
        content = await self._stored_revenue(query, names, wanted) or await self._live_revenue(query, names, wanted)
        return answers.response(content, "starts_after", "Ask for the events of a shorter time.")

    async def _stored_revenue(self, query: Query, names: list[str], wanted: Mapping[str, Any]) -> Content | None:
        from spekta.sync.copies import SOLD, Wanted

        by = query.given.get("by")

        def ask(copies: "Copies", moment: datetime) -> Content:
            asked = Wanted(moment, **wanted)
            if by:
                events = list(copies.events(asked))
                periods = [asdict(one) for one in copies.periods(events, by)]
                said = _said("synced", copies.as_of, copies.read(events))
                return {"data": {"periods": to_jsonable_python(periods)}} | said
            found = copies.revenue(asked)
            return {"data": _report(found, query)} | _said("synced", copies.as_of, found.connections)

        return await self.stored.answer(names, SOLD, query.given.get("source"), ask)

    async def _live_revenue(self, query: Query, names: list[str], wanted: Mapping[str, Any]) -> Content:
        if "by" in query.given:
            said = "The platforms do not tell sums over time, and there are no copies of all of them that are kept."
            raise InvalidArgument("by", said, "Ask with source=synced for what there is, or leave by out.")
        moment = datetime.now(UTC)
        found = await Portfolio(names, self.open).revenue(filters=wanted, deadline=self.seconds)
        return {"data": _report(found, query)} | _said("live", moment, found.connections)

    async def _chosen(self, query: Query) -> list[str]:
        """The connections that are asked for. In a thread, because the names may have to be asked for at AWS."""
        return chosen(query, await asyncio.to_thread(self.names))


def _list(events: Sequence[UnifiedEvent], following: str | None, query: Query) -> Content:
    data = [answers.values(event, query) for event in events]
    return {"data": data, "has_more": following is not None, "next_cursor": following}


def _report(found: RevenueReport, query: Query) -> Content:
    return {
        "totals": _totals(found.totals),
        "by_connection": {name: _totals(totals) for name, totals in found.by_connection.items()},
        "events": [
            {"event": answers.values(event, query), "revenue": answers.values(revenue, query)}
            for event, revenue in found.events
        ],
    }


def _said(source: stored.Source, as_of: datetime | None, statuses: Sequence[Status]) -> Content:
    """Where an answer comes from, as of when it is, and what became of each connection."""
    return to_jsonable_python({"source": source, "as_of": as_of, "connections": [asdict(one) for one in statuses]})  # type: ignore[no-any-return]


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
    routes = PortfolioRoutes(SecretStore().connections, functions.open, SECONDS, stored.of_stack)
    return routes


routes = of_stack()


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return routes.resolver.run(event, context)

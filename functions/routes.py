"""The routes of one platform, `/v1/{provider}/...`: what every platform can be asked, as data, and who answers.

A connector lives as long as its request: its HTTP client belongs to the event loop, and in Lambda each request has one
of its own.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response

from connectors import Connector, DeadlineExceeded, HealthCheckResult, InvalidArgument, Provider, connect
from connectors.credentials import Store, joined
from connectors.http import Deadline
from connectors.references import decode_id

from . import answers, errors
from .own import Own
from .parameters import ACCOUNT, PERSONAL, PERSONAL_DATA, PLACES, RAW, SINCE, Parameter, filters_of
from .query import Query, read
from .resolver import Resolver
from .stored import Source, Stored, nowhere

if TYPE_CHECKING:
    from spekta.sync.store import Reading

Handler = Callable[..., Coroutine[Any, Any, Response[str]]]


@dataclass(frozen=True, slots=True)
class Route:
    """A question: its path, the capability that it is about, the connector's method, and whether it gives a list."""

    path: str
    kind: str
    method: str
    about: str
    paged: bool = False

    def parameters(self) -> tuple[Parameter, ...]:
        """What it can be asked with beside filters."""
        if self.paged:
            return (*PLACES, SINCE, ACCOUNT, PERSONAL_DATA, RAW)
        return (ACCOUNT, PERSONAL_DATA, RAW) if self.kind == "events" else (ACCOUNT,)

    def filters(self, provider: Provider) -> list[Parameter]:
        return filters_of(provider, self.kind) if self.paged else []


ROUTES = (
    Route("/health", "health", "health_check", "Whether the connection works"),
    Route("/events", "events", "get_events", "Events", paged=True),
    Route("/events/{event_id}", "events", "get_event", "One event"),
    Route("/events/{event_id}/tickets", "tickets", "get_tickets", "The ticket types of an event", paged=True),
    Route("/events/{event_id}/attendees", "attendees", "get_attendees", "The issued tickets of an event", paged=True),
    Route("/events/{event_id}/orders", "orders", "get_orders", "The orders of an event", paged=True),
    Route("/events/{event_id}/revenue", "revenue", "get_revenue", "What an event brought in"),
    Route("/orders", "orders", "get_orders", "The orders of the whole account", paged=True),
    Route("/attendees", "attendees", "get_attendees", "The issued tickets of the whole account", paged=True),
)


class ProviderRoutes:
    """Answers for one platform. `seconds` is how long it is waited for, unless the request itself allows less;
    `reading` opens the copies, which tell what it had no time to.
    """

    def __init__(self, provider: Provider, store: Store, seconds: float, reading: "Reading" = nowhere) -> None:
        self.provider = provider
        self.store = store
        self.seconds = seconds
        self.stored = Stored(reading)
        self.resolver = Resolver(provider.slug, f"/v1/{provider.slug}")
        for route in ROUTES:
            self.resolver.get(route.path)(self._answer(route))
        Own(self.resolver, self.connected, read_id, self.deadline).serve(provider)

    def deadline(self) -> Deadline:
        """When the answer to the request at hand is due."""
        allowed = self.resolver.current_event.get("seconds")
        return Deadline(self.seconds if allowed is None else min(self.seconds, allowed))

    async def connected(self, query: Query, listing: str | None = None) -> Connector:
        """The connector that a query asks for. In a thread, because the store may have to ask AWS."""
        return await asyncio.to_thread(connect, self.store, joined(self.provider.slug, query.account), listing=listing)

    def _answer(self, route: Route) -> Handler:
        filters = [one.name for one in route.filters(self.provider)]
        personal = PERSONAL.get(route.kind, frozenset())

        async def answer(event_id: str | None = None) -> Response[str]:
            deadline = self.deadline()
            persons = self.resolver.may(PERSONAL_DATA.name)
            query = read(self.resolver.query, route.parameters(), filters, personal, persons=persons)
            about = [] if event_id is None else [read_id(event_id)]
            async with await self.connected(query) as connector:
                ask = getattr(connector, route.method)
                if route.kind == "revenue":
                    return await self._revenue(connector, about[0], deadline)
                if not route.paged:
                    found = await ask(*about, deadline=deadline.remaining())
                    if isinstance(found, HealthCheckResult) and found.error:
                        errors.note(found.error.code)
                    return answers.one(found, query)
                records = answers.Records(query)
                places = {**query.of((*PLACES, SINCE)), "filters": query.others}
                page = await ask(*about, **places, deadline=deadline.remaining(), fits=records.fits)
            return answers.page(page, records)

        return answer

    async def _revenue(self, connector: Connector, event_id: str, deadline: Deadline) -> Response[str]:
        """What an event brought in; from its copy where the platform takes too long, but for those who ask all
        platforms at once, as they look into the copies themselves.
        """
        source: Source = "live"
        try:
            found = await connector.get_revenue(event_id, deadline=deadline.remaining())
        except DeadlineExceeded:
            event = self.resolver.current_event
            stored = None if "seconds" in event else await self.stored.revenue(connector.name, event_id)
            if stored is None:
                advice = f"Read {event.path.removesuffix('/revenue')}/orders page by page."
                raise errors.TooLargeForLive("There was no time to read every sale.", advice) from None
            source, found = "synced", stored
        return answers.response({"data": found.model_dump(mode="json"), "source": source})


def read_id(segment: str, param: str = "event_id") -> str:
    """The id that a segment of a path stands for. Raises InvalidArgument."""
    try:
        return decode_id(segment)
    except ValueError:
        advice = "Write what is not in A-Za-z0-9._=- as ~ and the hex of its UTF-8 bytes: ~2F for /."
        raise InvalidArgument(param, f"{param} is not written as paths have it.", advice) from None

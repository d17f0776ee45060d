"""list_events and get_event."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from mcp.types import CallToolResult
from pydantic import AwareDatetime, ConfigDict, Field, SerializeAsAny

from connectors import UnifiedEvent
from connectors.http import Deadline
from connectors.models import EventStatus
from connectors.portfolio import Status
from connectors.references import parse
from mcp_server.answers import (
    Answer,
    Part,
    filtered_here,
    fitting,
    noted,
    nothing_fits,
    result,
    since_unknown,
    status_of,
)
from mcp_server.progress import progress
from mcp_server.state import Ctx, State, state_of
from mcp_server.values import LONG, LongText, Moment, Text, local_time, shown

from .parameters import Connections, Cursor, Detail, EventReference, StartsAfter, StartsBefore, Words

TEASER = 300
"""Characters of a description in a list."""


class Event(Part):
    """An event in a list; a detailed one has more keys, those of WholeEvent, which only get_event's schema tells."""

    model_config = ConfigDict(extra="allow")

    event: str
    name: Text | None = None
    status: str
    starts_at: Moment | None = None
    starts_local: Text | None = None
    place: Text | None = None


class WholeEvent(Event):
    model_config = ConfigDict(extra="forbid")

    ends_at: Moment | None = None
    timezone: Text | None = None
    address: Text | None = None
    currency: str | None = None
    capacity: int | None = None
    category: Text | None = None
    series: Text | None = None
    url: Text | None = None
    updated_at: Moment | None = None
    description: LongText | None = None


class EventList(Answer):
    events: list[SerializeAsAny[Event]]
    next_cursor: str | None = None


async def list_events(
    ctx: Ctx,
    connections: Connections = None,
    status: Annotated[EventStatus | None, Field(description="A live event that is over is completed")] = None,
    q: Words = None,
    starts_after: StartsAfter = None,
    starts_before: StartsBefore = None,
    since: Annotated[AwareDatetime | None, Field(description="Changed at or after")] = None,
    limit: Annotated[int, Field(ge=1, le=100, description="Shared among connections, at least 1 each")] = 25,
    cursor: Cursor = None,
    response_format: Annotated[Detail, Field(description="detailed: with address, description, link")] = "concise",
) -> Annotated[CallToolResult, EventList]:
    """Find events on all connected platforms. Gives the references that other tools take. For money go straight to
    get_revenue: it takes q and dates too."""
    state = state_of(ctx)
    until, now = Deadline(state.seconds), state.now()
    filters, detailed = _filters(status, q, starts_after, starts_before, now), response_format == "detailed"

    async with progress(ctx, "connections") as note:
        portfolio = state.portfolio(connections, note)

        async def ask(size: int) -> EventList:
            found = await portfolio.events(
                limit=size, cursor=cursor, since=since, filters=filters, deadline=until.remaining()
            )
            events = [event for event in found.events if status is None or event.status_at(now) == status]
            answer = EventList(
                events=[_whole(event, now, TEASER) if detailed else Event(**_brief(event, now)) for event in events],
                next_cursor=found.next_cursor,
                connections=[status_of(_recounted(one, events)) for one in found.connections],
            )
            remarks = list(filtered_here(found.connections)) if found.next_cursor else []
            remarks += since_unknown("events", found.connections) if since else []
            remarks += [] if events else [nothing_fits(q, found.next_cursor)]
            return noted(answer, *remarks)

        return result(await fitting(ask, limit, "events"))


async def get_event(ctx: Ctx, event: EventReference) -> Annotated[CallToolResult, WholeEvent]:
    """Everything known about one event: time, place, status, capacity, description, link."""
    return result(await one_event(state_of(ctx), event))


async def one_event(state: State, event: str) -> WholeEvent:
    """The event that a reference names."""
    reference = parse(event, "event")
    async with state.connector(reference.connection) as connector:
        found = await connector.get_event(reference.id, deadline=state.seconds)
    return _whole(found, state.now())


def _brief(event: UnifiedEvent, now: datetime) -> dict[str, Any]:
    return {
        "event": event.reference,
        "name": event.name,
        "status": event.status_at(now),
        "starts_at": event.starts_at,
        "starts_local": local_time(event.starts_at, event.timezone),
        "place": _place(event),
    }


def _whole(event: UnifiedEvent, now: datetime, description: int = LONG) -> WholeEvent:
    return WholeEvent(
        **_brief(event, now),
        ends_at=event.ends_at,
        timezone=event.timezone,
        address=_address(event),
        currency=event.currency,
        capacity=event.capacity,
        category=event.category,
        series=event.series_id,
        url=event.url,
        updated_at=event.updated_at,
        description=event.description and shown(event.description, description),
    )


def _filters(status: EventStatus | None, q: str | None, after: Any, before: Any, now: datetime) -> dict[str, Any]:
    """Platforms do not look at the clock: what is completed for a person may be live for them."""
    if status == "completed":
        status, before = None, min(before, now) if before else now
    asked = {"status": status, "q": q, "starts_after": after, "starts_before": before}
    return {name: value for name, value in asked.items() if value is not None}


def _place(event: UnifiedEvent) -> str | None:
    venue = event.venue
    parts = (venue.name, venue.city, venue.country) if venue else ()
    return _joined(parts) or ("online" if event.online else None)


def _address(event: UnifiedEvent) -> str | None:
    venue = event.venue
    return _joined((venue.address, venue.postal_code, venue.city, venue.region, venue.country)) if venue else None


def _joined(parts: Sequence[str | None]) -> str | None:
    return ", ".join(part for part in parts if part) or None


def _recounted(status: Status, events: Sequence[UnifiedEvent]) -> Status:
    """The clock decides which of a platform's events are shown."""
    return replace(status, count=sum(event.connection == status.connection for event in events))

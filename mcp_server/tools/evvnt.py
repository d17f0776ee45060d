"""What evvnt alone has: evvnt_list_categories and evvnt_list_published_events."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from mcp.types import CallToolResult
from pydantic import AwareDatetime, Field

from connectors import PaginatedResult
from connectors.models import PlatformRecord
from connectors.references import refer
from mcp_server.answers import Answer, Part, fitting, result, status_of, status_of_page
from mcp_server.state import Ctx, State, state_of
from mcp_server.values import Text

from .parameters import Cursor

LIMIT = 100
"""Records in an answer."""

Connection = Annotated[str, Field(description="An evvnt connection")]
Publisher = Annotated[str | None, Field(description="A number; the connection's own if left out")]
Interests = Literal["all", "direct", "direct_to_root"]


class Category(Part):
    category: str
    name: Text | None = None
    parent: str | None = None


class Categories(Answer):
    categories: list[Category]
    next_cursor: str | None = None


class Published(Part):
    event: str
    name: Text | None = None
    starts: Annotated[Text | None, Field(description="On the event's own clock, with its offset")] = None
    url: Text | None = None


class PublishedEvents(Answer):
    events: list[Published]
    next_cursor: str | None = None


async def evvnt_list_categories(
    ctx: Ctx,
    connection: Connection = "evvnt",
    publisher_interests: Annotated[
        Interests | None,
        Field(description="Only what a publisher is interested in; direct: no others; direct_to_root: and those above"),
    ] = None,
    publisher: Publisher = None,
    cursor: Cursor = None,
) -> Annotated[CallToolResult, Categories]:
    """evvnt's tree of categories, or those that a publisher is interested in."""
    state = state_of(ctx)
    wanted = {"publisherId": publisher, "filter": publisher_interests}
    listing, inputs = ("publisher_categories", _given(wanted)) if publisher_interests else ("categories", {})

    async def ask(size: int) -> Categories:
        page = await _page(state, connection, listing, inputs, size, cursor)
        return Categories(
            categories=[_category(record) for record in page],
            next_cursor=page.next_cursor,
            connections=[status_of(status_of_page(connection, page))],
        )

    return result(await fitting(ask, LIMIT, "categories"))


async def evvnt_list_published_events(
    ctx: Ctx,
    connection: Connection = "evvnt",
    newer_than: Annotated[AwareDatetime | None, Field(description="Changed after")] = None,
    publisher: Publisher = None,
    cursor: Cursor = None,
) -> Annotated[CallToolResult, PublishedEvents]:
    """The coming events that a publisher shows on its own site, and where. For all events of evvnt's feed call
    list_events."""
    state, inputs = state_of(ctx), _given({"publisherId": publisher, "newer_than": newer_than})

    async def ask(size: int) -> PublishedEvents:
        page = await _page(state, connection, "published_events", inputs, size, cursor)
        return PublishedEvents(
            events=[_published(connection, record) for record in page],
            next_cursor=page.next_cursor,
            connections=[status_of(status_of_page(connection, page))],
        )

    return result(await fitting(ask, LIMIT, "events"))


async def _page(
    state: State, connection: str, listing: str, inputs: Mapping[str, Any], size: int, cursor: str | None
) -> PaginatedResult[Any]:
    async with state.connector(connection) as connector:
        return await connector.get_listing(listing, inputs, page_size=size, cursor=cursor, deadline=state.seconds)


def _given(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if value is not None}


def _category(record: PlatformRecord) -> Category:
    parent = record.values.get("parent_id")
    return Category(category=record.id, name=record.values.get("name"), parent=None if parent is None else str(parent))


def _published(connection: str, record: PlatformRecord) -> Published:
    told = record.values
    return Published(
        event=refer(connection, record.id),
        name=told.get("event_title"),
        starts=told.get("event_start_time"),
        url=told.get("url"),
    )

"""One listing of one connection: read page by page, and shown."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from rich.table import Table

from connectors import Connector, InvalidArgument, PaginatedResult
from connectors.references import Reference, parse

from . import notes, reach
from .records import as_json
from .terminal import out, remark, say_json, waiting

LARGEST = 1000
Kind = Literal["tickets", "attendees", "orders"]


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a listing is asked for."""

    page: int | None
    size: int
    cursor: str | None
    all: bool

    def __post_init__(self) -> None:
        if self.all and self.page:
            raise InvalidArgument("page", "--page and --all exclude each other.", "Leave one out.")


@dataclass(frozen=True, slots=True)
class Target:
    """An event of a connection; all of its events where `event_id` is None."""

    connection: str
    event_id: str | None


def event_of(said: str) -> Target:
    """The event that a reference names. Raises InvalidArgument."""
    found: Reference = parse(said, "REFERENCE")
    return Target(found.connection, found.id)


def target_of(said: str) -> Target:
    """An event by its reference, or a connection. Raises InvalidArgument."""
    return event_of(said) if ":" in said else Target(said, None)


def show(
    kind: Kind,
    target: Target,
    paging: Paging,
    table: Callable[[list[Any], bool], Table],
    *,
    filters: Mapping[str, Any] | None = None,
    since: datetime | None = None,
    personal_data: bool = True,
    json: bool,
    raw: bool,
) -> None:
    """Prints a listing as a table or as JSON, and what is to be said beside it."""
    if raw and not personal_data:
        raise InvalidArgument("raw", "A platform's own record holds personal data.", "Add --personal-data.")
    connector = reach.connector(target.connection)
    with waiting(f"Asking for {kind}"):
        found = asyncio.run(_read(connector, kind, target.event_id, paging, filters=filters or None, since=since))
    if json or raw:
        say_json(_document(kind, found, raw, personal_data))
    else:
        out().print(table(found.items, personal_data) if found.items else f"No {kind}.")
        notes.more(found.next_cursor)
    notes.since(kind, since, [target.connection])
    notes.filtered_here({target.connection: found.filtered_here})
    for problem in found.problems:
        remark(f"A record could not be read and is left out: {problem.path}: {problem.reason}")
    if not personal_data:
        remark(f"{len(found.items)} {kind}, without names and addresses. To show them: --personal-data")


async def _read(
    connector: Connector, kind: Kind, event_id: str | None, paging: Paging, **asked: Any
) -> PaginatedResult[Any]:
    async with connector:
        ask: Mapping[Kind, Callable[..., Awaitable[PaginatedResult[Any]]]] = {
            "tickets": connector.get_tickets,
            "attendees": connector.get_attendees,
            "orders": connector.get_orders,
        }
        size = LARGEST if paging.all else paging.size
        found = await ask[kind](event_id, page=paging.page, page_size=size, cursor=paging.cursor, **asked)
        while paging.all and found.next_cursor:
            more = await ask[kind](event_id, page_size=LARGEST, cursor=found.next_cursor)
            found = replace(more, items=found.items + more.items, problems=found.problems + more.problems)
        return found


def _document(kind: Kind, found: PaginatedResult[Any], raw: bool, personal_data: bool) -> dict[str, Any]:
    problems = [{"path": problem.path, "reason": problem.reason} for problem in found.problems]
    return {
        kind: [as_json(record, raw=raw, personal_data=personal_data) for record in found.items],
        "has_more": found.has_more,
        "next_cursor": found.next_cursor,
        "total": found.total,
        "problems": problems,
        "filtered_here": found.filtered_here,
    }

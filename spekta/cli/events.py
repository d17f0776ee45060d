"""`spekta events`: what is on, over all connections."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from connectors import Portfolio, UnifiedEvent
from connectors.models import EventStatus
from connectors.portfolio import EventList, Status
from spekta.sync.copies import EVENTS, Copies, Wanted
from spekta.sync.cursors import decode, encode

from . import cells, notes, options, reach
from .copied import chosen, copies, tell_ages
from .records import as_json
from .terminal import now, out, say_json, waiting

LARGEST = 1000


def events(
    connections: options.Connections = None,
    since: options.Since = None,
    starts_after: options.StartsAfter = None,
    starts_before: options.StartsBefore = None,
    status: Annotated[EventStatus | None, typer.Option(help="Only events of this status.")] = None,
    q: options.Words = None,
    filters: options.Filters = None,
    limit: Annotated[
        int, typer.Option(min=1, max=LARGEST, help="How many; each connection gives its share, at least one.")
    ] = 50,
    cursor: options.Cursor = None,
    all: options.All = False,
    raw: options.Raw = False,
    synced: options.Synced = None,
    json: options.Json = False,
) -> None:
    """Events of all connections, by start.

    The references in the first column are what the other commands take.
    """
    moment = now()
    wanted = Wanted(moment, starts_after, starts_before, status, q)
    going_on = decode(cursor, reach.names(connections), synced) if cursor else None
    only_live = {"since": since, "filter": filters, "raw": raw, "cursor": None if going_on else cursor}
    synced = chosen(True if going_on else synced, **only_live)
    if going_on:
        connections, wanted = list(going_on.connections), going_on.wanted(moment)
    with copies(connections, EVENTS, synced) as copied:
        if copied:
            after = going_on.after if going_on else None
            raise typer.Exit(_show_copied(copied, wanted, None if all else limit, after, json))

    asked = options.named(filters, starts_after=starts_after, starts_before=starts_before, status=_sent(status), q=q)
    portfolio = reach.portfolio(connections)
    with waiting("Asking for events"):
        found = asyncio.run(_read(portfolio, all, limit=limit, cursor=cursor, since=since, filters=asked))
    shown = [event for event in found.events if status in (None, event.status_at(moment))]
    if json or raw:
        answer = {"connections": found.connections, "next_cursor": found.next_cursor}
        _say(shown, moment, answer | {"source": "live", "as_of": moment}, raw=raw)
    elif reach.answered(found.connections):
        out().print(_table(shown, moment) if shown else "No events.")
        notes.more(found.next_cursor)
    notes.since("events", since, portfolio.names)
    notes.filtered_here({status.connection: status.filtered_here for status in found.connections})
    raise typer.Exit(reach.report(found.connections))


def _say(events: list[UnifiedEvent], moment: datetime, answer: dict[str, object], *, raw: bool = False) -> None:
    records = [as_json(event, raw=raw) | {"status": event.status_at(moment)} for event in events]
    say_json({"events": records} | answer)


def _show_copied(found: Copies, wanted: Wanted, limit: int | None, after: str | None, json: bool) -> int:
    """Prints events from the copy; gives the exit code."""
    events, rest = found.page(wanted, limit, after) if limit else (list(found.events(wanted, after)), None)
    statuses = found.listed(events)
    following = encode([status.connection for status in statuses], wanted, rest) if rest else None
    if json:
        answer = {"connections": statuses, "next_cursor": following}
        _say(events, wanted.moment, answer | {"source": "synced", "as_of": found.as_of})
    elif reach.answered(statuses):
        out().print(_table(events, wanted.moment) if events else "No events.")
        notes.more(following)
    tell_ages(found, wanted.moment)
    return reach.report(statuses)


def _sent(status: EventStatus | None) -> EventStatus | None:
    """An event that is over may still be live to its platform, so "completed" is only sorted out here."""
    return None if status == "completed" else status


async def _read(portfolio: Portfolio, all: bool, **asked: Any) -> EventList:
    found = await portfolio.events(**(asked | {"limit": LARGEST} if all else asked))
    while all and found.next_cursor:
        found = _joined(found, await portfolio.events(limit=LARGEST, cursor=found.next_cursor))
    return found


def _joined(first: EventList, more: EventList) -> EventList:
    statuses = {status.connection: status for status in first.connections}
    statuses |= {status.connection: _added(statuses[status.connection], status) for status in more.connections}
    events = sorted(first.events + more.events, key=lambda event: (event.starts_at is None, event.starts_at))
    return EventList(events, list(statuses.values()), more.next_cursor)


def _added(before: Status, after: Status) -> Status:
    state = "partial" if after.state == "failed" else after.state
    return replace(after, state=state, count=before.count + after.count, problems=before.problems + after.problems)


def _table(events: list[UnifiedEvent], moment: datetime) -> Table:
    table = cells.table("Reference", "When", "Event", "Status", "", whole=("Reference", "When"))
    for event in events:
        table.add_row(
            event.reference,
            cells.when(event.starts_at, event.timezone),
            Text.assemble(cells.text(event.name), (f"  {where(event)}", "dim")),
            cells.status(event.status_at(moment)),
            event.currency,
        )
    return table


def where(event: UnifiedEvent) -> str:
    """The town, else the venue; or that it is online."""
    venue = event.venue
    return "online" if event.online else cells.text(venue.city or venue.name) if venue else ""

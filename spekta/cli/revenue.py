"""`spekta revenue`: what came in, per event, and added up per connection and currency."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from rich.console import Group
from rich.progress import Progress, TaskID
from rich.table import Table
from rich.text import Text

from connectors import Connector, InvalidArgument, Portfolio, SpektaError, UnifiedEvent, UnifiedRevenue
from connectors.portfolio import RevenueReport, Status, Total
from connectors.references import Reference, parse
from spekta.sync.copies import SOLD, By, Copies, Wanted

from . import cells, options, over_time, reach
from .copied import copies, tell_ages
from .records import as_json
from .terminal import now, out, progress, remark, say_json

Pair = tuple[UnifiedEvent, UnifiedRevenue]
FIGURES = ("Gross", "Refunds", "Taxes", "Fees", "Net")

Targets = Annotated[
    list[str] | None,
    typer.Argument(metavar="[REFERENCE|CONNECTION]...", help="Events, or connections; everything if none is named."),
]


def revenue(
    targets: Targets = None,
    starts_after: options.StartsAfter = None,
    starts_before: options.StartsBefore = None,
    q: options.Words = None,
    synced: options.Synced = None,
    by: Annotated[
        By | None, typer.Option(help="What came in over time, by the day of the order. From the copy.")
    ] = None,
    json: options.Json = False,
) -> None:
    """What events brought in, per event, connection and currency.

    Nothing is added up across currencies. What a platform does not tell is unknown, and named below the table.
    """
    if by and synced is False:
        raise InvalidArgument("by", "Platforms do not tell what came in over time.", "Leave --live out.")
    filters = options.named(None, starts_after=starts_after, starts_before=starts_before, q=q)
    references = _references(targets)
    if references and filters:
        raise InvalidArgument("targets", "Single events are not filtered.", "Leave the filters out.")
    wanted, synced = Wanted(now(), starts_after, starts_before, q=q), True if by else synced
    with copies([one.connection for one in references] or targets, SOLD, synced) as copied:
        if copied and by:
            events = list(copied.named(references).values() if references else copied.events(wanted))
            raise typer.Exit(over_time.show(copied, events, wanted.moment, by, json))
        if copied and (report := _copied(copied, wanted, references, needed=bool(synced))):
            code = _show(report, json, source="synced", as_of=copied.as_of)
            tell_ages(copied, wanted.moment)
            raise typer.Exit(code)
    found = _of_events(references) if references else _of_connections(targets, filters)
    raise typer.Exit(_show(found, json, source="live", as_of=wanted.moment))


def _copied(copied: Copies, wanted: Wanted, references: Sequence[Reference], *, needed: bool) -> RevenueReport | None:
    """What the copy says; None where it does not know all of the events, unless it is the copy that was asked for."""
    if not references:
        return copied.revenue(wanted)
    found = copied.revenue_of(references)
    lost = next((status for status in found.connections if status.state != "ok"), None)
    if lost and not needed:
        remark(f"Asking the platforms. {lost.connection}: {lost.message}")
        return None
    return found


def _show(found: RevenueReport, json: bool, **more: object) -> int:
    """Prints a report; gives the exit code."""
    if json:
        say_json(_document(found) | more)
    elif reach.answered(found.connections):
        out().print(_tables(found) if found.events else "No events.")
    for line in _caveats(found.events):
        remark(line)
    return reach.report(found.connections)


def _references(targets: Sequence[str] | None) -> list[Reference]:
    """The events that are named; none where connections are, or nothing is."""
    if not _are_references(targets):
        return []
    return list(dict.fromkeys(parse(target, "REFERENCE") for target in targets or ()))


def _are_references(targets: Sequence[str] | None) -> bool:
    marks = {":" in target for target in targets or ()}
    if len(marks) > 1:
        raise InvalidArgument("targets", "Events and connections cannot be mixed.", "Ask for one kind at a time.")
    return marks == {True}


def _of_connections(names: Sequence[str] | None, filters: dict[str, object]) -> RevenueReport:
    with progress() as bars:
        portfolio = reach.portfolio(names, Bars(bars))
        return asyncio.run(portfolio.revenue(filters=filters or None))


class Bars:
    """A bar for each connection, once it is known how many events it has."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, connection: str, done: int, of: int | None) -> None:
        if connection not in self._tasks:
            self._tasks[connection] = self._bars.add_task(connection, total=of)
        self._bars.update(self._tasks[connection], completed=done)


def _of_events(references: Sequence[Reference]) -> RevenueReport:
    """Single events are not added up: they are not all that came in."""
    portfolio = reach.portfolio([reference.connection for reference in references])
    with progress() as bars:
        pairs, statuses = asyncio.run(_read(portfolio, references, bars))
    return RevenueReport(pairs, statuses, {}, [])


async def _read(
    portfolio: Portfolio, references: Sequence[Reference], bars: Progress
) -> tuple[list[Pair], list[Status]]:
    found: dict[Reference, Pair] = {}
    task = bars.add_task("revenue", total=len(references))

    async def ask(connector: Connector) -> Status:
        own = [reference for reference in references if reference.connection == connector.name]
        error: SpektaError | None = None
        for reference in own:
            try:
                found[reference] = await connector.get_event(reference.id), await connector.get_revenue(reference.id)
            except SpektaError as raised:
                error = raised
            bars.advance(task)
        read = sum(reference in found for reference in own)
        if error is None:
            return Status(connector.name, "ok", read)
        return Status(connector.name, "partial" if read else "failed", read, error.code, error.message, error.advice)

    statuses = await portfolio.each(ask)
    return [found[reference] for reference in references if reference in found], statuses


def _tables(found: RevenueReport) -> Group:
    events = _events_table(found.events)
    return Group(events, "", _totals_table(found)) if found.by_connection else Group(events)


def _events_table(pairs: Iterable[Pair]) -> Table:
    columns = (*FIGURES, "Tickets", "Orders")
    table = cells.table("Event", "", *columns, right=columns)
    for event, revenue in pairs:
        name = Text.assemble(cells.text(event.name), "\n", (event.reference, "dim"))
        table.add_row(
            name, revenue.currency, *figures(revenue), cells.count(revenue.tickets_sold), cells.count(revenue.orders)
        )
    return table


def _totals_table(found: RevenueReport) -> Table:
    columns = (*FIGURES, "Tickets", "Orders", "Events")
    table = cells.table("Total", "", *columns, right=columns, whole=("Total",))
    for connection, totals in found.by_connection.items():
        for total in totals:
            table.add_row(connection, *_sums(total))
    if len(found.by_connection) > 1:
        for total in found.totals:
            table.add_row("all", *_sums(total), style="bold")
    return table


def _sums(total: Total) -> tuple[str, ...]:
    counts = (cells.count(total.tickets_sold), cells.count(total.orders), f"{total.events:,}")
    told = [_least(name, value, total) for name, value in zip(FIGURES, figures(total), strict=True)]
    return total.currency, *told, *counts


def _least(name: str, value: str, total: Total) -> str:
    """A sum of which some event's part is not told is a least sum."""
    partly = any(missing.startswith(name.lower()) for missing in total.unreported)
    return f"≥ {value}" if partly and value != cells.UNKNOWN else value


def figures(found: UnifiedRevenue | Total) -> list[str]:
    """The five figures as cells."""
    return [
        cells.amount(value)
        for value in (found.gross_revenue, found.refunds, found.taxes, found.fees, found.net_revenue)
    ]


def unreported(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """What is not told, and by which connections."""
    found: dict[str, list[str]] = {}
    for event, revenue in pairs:
        for name in revenue.unreported:
            found.setdefault(name, []).append(event.connection)
    return {name: list(dict.fromkeys(connections)) for name, connections in found.items()}


def _caveats(pairs: Sequence[Pair]) -> Iterable[str]:
    for name, connections in unreported(pairs).items():
        yield f"Not told: {name} ({', '.join(connections)})."
    for event, revenue in pairs:
        for other in revenue.other_currencies:
            took, orders = cells.amount(other.gross_revenue, other.currency), cells.count(other.orders)
            yield f"{event.reference}: {took} more came in another currency ({orders} orders), not added in."


def _document(found: RevenueReport) -> dict[str, object]:
    return {
        "events": [{"event": as_json(event), "revenue": revenue} for event, revenue in found.events],
        "connections": found.connections,
        "by_connection": found.by_connection,
        "totals": found.totals,
    }

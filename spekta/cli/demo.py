"""`spekta demo`: a first look, against invented data."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from rich.console import Group
from rich.table import Table
from rich.text import Text

from connectors import Portfolio, UnifiedEvent, create_connector, find_provider, providers
from connectors.matrix import matrix
from connectors.portfolio import EventList, RevenueReport, Total

from . import cells, options
from .events import where
from .keeping import Kept, keep, table
from .records import as_json
from .revenue import Bars, unreported
from .terminal import now, out, progress, say_json

SHOWN = 8
NAMED = 2
BAR = 14
COPIED = ("eventbrite", "ticket-tailor", "dice", "helloasso", "pretix")
NO_REVENUE = "revenue: the platform does not offer it"
ASSISTANT = '{"mcpServers": {"spekta": {"command": "spekta", "args": ["mcp"]}}}'

Connections = Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the platforms answered; `seconds` is how long it took."""

    events: EventList
    revenue: RevenueReport
    seconds: float


def demo(json: options.Json = False) -> None:
    """A first look: asks an invented box office that sells on every platform, and keeps a copy of some."""
    from spekta.sandbox.app import create_app
    from spekta.sandbox.server import connections, running

    app = create_app()
    with running(app) as origin:
        portfolio = _portfolio(connections(origin))
        with progress() as bars:
            answers = asyncio.run(_read(replace(portfolio, on_progress=Bars(bars))))
        kept = keep(replace(portfolio, names=COPIED), app.state.sandbox.box_office)
    if json:
        say_json(_document(answers, kept))
        return
    console = out()
    for title, part in _sections(answers, kept):
        console.print(Text(f"\n{title}", "bold cyan"))
        console.print(part)


def _portfolio(connections: Connections) -> Portfolio:
    return Portfolio(
        [provider.slug for provider in providers() if provider.slug in connections],
        lambda name: create_connector(name, connections[name][0], base_url=connections[name][1]),
    )


async def _read(portfolio: Portfolio) -> Answers:
    started = time.monotonic()
    events = await portfolio.events(limit=1000)
    revenue = await portfolio.revenue()
    return Answers(events, revenue, time.monotonic() - started)


def _sections(answers: Answers, kept: Kept) -> Iterator[tuple[str, object]]:
    asked = len(answers.events.connections)
    events = len(answers.events.events)
    orders = sum(total.orders or 0 for total in answers.revenue.totals)
    yield (
        "Spekta: one question for all your ticketing platforms",
        f"{asked} platforms, {events} events and {orders} orders, read in {answers.seconds:.1f} seconds. Nothing of it "
        "is real: one invented box office, served on this machine in every platform's own shape.",
    )
    yield "What is on next", _events_table(answers.events.events, asked)
    yield "What came in: net, per platform and currency, never added across currencies", _revenue_table(answers.revenue)
    yield "A copy that is kept, as `spekta sync` does", table(kept)
    yield "What is missing, and why", _missing_table(answers)
    yield "Go on", _next_steps()


def _events_table(events: Iterable[UnifiedEvent], platforms: int) -> Table:
    """One line per event, whichever platforms it is sold on; the next ones, or the last where none is to come."""
    moment = now()
    sold: dict[tuple[object, str | None], list[UnifiedEvent]] = defaultdict(list)
    for event in events:
        if event.starts_at and event.status != "draft":
            sold[event.starts_at, event.name].append(event)
    coming = [same for same in sold.values() if (same[0].ends_at or same[0].starts_at or moment) >= moment]
    table = cells.table("When", "Event", "Where", "Status", "Sold on", whole=("When",))
    for same in coming[:SHOWN] or list(sold.values())[-SHOWN:]:
        status = Counter(event.status_at(moment) for event in same).most_common(1)[0][0]
        on = len({event.connection for event in same})
        table.add_row(
            cells.when(same[0].starts_at, next((event.timezone for event in same if event.timezone), None)),
            cells.text(same[0].name),
            next(filter(None, map(where, same)), ""),
            cells.status(status),
            f"all {on}" if on == platforms else f"{on} of {platforms}",
        )
    return table


def _revenue_table(found: RevenueReport) -> Table:
    nets = {
        name: {total.currency: total.net_revenue for total in totals} for name, totals in found.by_connection.items()
    }
    events = {total.currency: total.events for total in found.totals}
    currencies = sorted(events, key=lambda currency: -events[currency])
    main = currencies[0] if currencies else ""
    table = cells.table("Platform", *currencies, "", right=tuple(currencies), whole=("Platform",))
    most = max((net.get(main, Decimal(0)) for net in nets.values()), default=Decimal(0))
    for name, net in nets.items():
        amounts = [cells.amount(net[currency]) if currency in net else "-" for currency in currencies]
        table.add_row(find_provider(name).name, *amounts, _bar(net.get(main, Decimal(0)), most))
    table.add_row("All", *(cells.amount(total.net_revenue) for total in _in_order(found, currencies)), style="bold")
    return table


def _in_order(found: RevenueReport, currencies: Sequence[str]) -> Iterator[Total]:
    totals = {total.currency: total for total in found.totals}
    return (totals[currency] for currency in currencies)


def _bar(value: Decimal, most: Decimal) -> Text:
    return Text("█" * round(BAR * value / most) if most > 0 else "", "green")


def _missing(answers: Answers) -> Iterator[tuple[str, list[str]]]:
    """What is missing, and of which platforms."""
    states: dict[str, list[str]] = defaultdict(list)
    for status in answers.revenue.connections:
        if status.state != "ok":
            states[NO_REVENUE if status.state == "unsupported" else f"no answer: {status.message}"].append(
                status.connection
            )
    yield from states.items()
    for figure, connections in unreported(answers.revenue.events).items():
        yield f"{figure}: unknown, never counted as 0", connections
    rows = [row for row in matrix() if row.provider in {status.connection for status in answers.events.connections}]
    yield (
        "a part of the records: told once an option of the connection is set",
        [r.provider for r in rows if any(s.option for s in r.support)],
    )
    yield "everything: they no longer trade", [row.provider for row in rows if row.defunct]


def _missing_table(answers: Answers) -> Group:
    found = Table.grid(padding=(0, 2))
    for what, connections in _missing(answers):
        found.add_row(_names(connections), what)
    return Group(found, Text.assemble("All of it, platform by platform: ", ("spekta providers", "bold")))


def _names(connections: Sequence[str]) -> str:
    """Two of them, and how many more there are."""
    names = [find_provider(connection).name for connection in connections]
    shown, more = names[:NAMED], len(names) - NAMED
    return f"{', '.join(shown)} and {more} more" if more > 0 else " and ".join(shown)


def _next_steps() -> Group:
    table = Table.grid(padding=(0, 2))
    table.add_row(
        "Play with this data", Text("spekta sandbox", "bold"), "then paste what it prints into another terminal"
    )
    table.add_row("Connect a platform", Text("spekta connect eventbrite", "bold"), "which there are: spekta providers")
    table.add_row("Hook up an assistant", Text("spekta mcp", "bold"), "in the assistant's configuration of servers:")
    return Group(table, Text(f"  {ASSISTANT}"))


def _document(answers: Answers, kept: Kept) -> dict[str, object]:
    return {
        "events": [as_json(event) for event in answers.events.events],
        "connections": answers.revenue.connections,
        "by_connection": answers.revenue.by_connection,
        "totals": answers.revenue.totals,
        "missing": [{"what": what, "connections": connections} for what, connections in _missing(answers)],
        "seconds": round(answers.seconds, 3),
        "copy": {
            "connections": COPIED,
            "records": kept.records,
            "totals": kept.stored.totals,
            "agrees": kept.agrees,
            "changes": kept.changes,
            "seconds": {
                "copying": round(kept.copying, 3),
                "live": round(kept.asking, 3),
                "copy": round(kept.reading, 3),
                "catching_up": round(kept.catching_up, 3),
            },
        },
    }

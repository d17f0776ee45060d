"""`spekta demo`: a first look, against invented data."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.console import Group
from rich.table import Table
from rich.text import Text

from connectors import Portfolio, UnifiedEvent, create_connector, find_provider, providers
from connectors.matrix import matrix
from connectors.portfolio import EventList, RevenueReport, Total

from . import cells, options
from .events import where
from .records import as_json
from .revenue import Bars, unreported
from .terminal import now, out, progress, say_json

SHOWN = 8
BAR = 14
ASSISTANT = '{"mcpServers": {"spekta": {"command": "spekta", "args": ["mcp"]}}}'

Connections = Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the platforms answered; `seconds` is how long it took."""

    events: EventList
    revenue: RevenueReport
    seconds: float


def demo(json: options.Json = False) -> None:
    """A first look: asks an invented box office that sells on every platform."""
    from spekta.sandbox.app import create_app
    from spekta.sandbox.server import connections, running

    with running(create_app()) as origin:
        answers = _ask(connections(origin))
    if json:
        say_json(_document(answers))
        return
    console = out()
    for title, part in _sections(answers):
        console.print(Text(f"\n{title}", "bold cyan"))
        console.print(part)


def _ask(connections: Connections) -> Answers:
    with progress() as bars:
        portfolio = Portfolio(
            [provider.slug for provider in providers() if provider.slug in connections],
            lambda name: create_connector(name, connections[name][0], base_url=connections[name][1]),
            Bars(bars),
        )
        return asyncio.run(_read(portfolio))


async def _read(portfolio: Portfolio) -> Answers:
    started = time.monotonic()
    events = await portfolio.events(limit=1000)
    revenue = await portfolio.revenue()
    return Answers(events, revenue, time.monotonic() - started)


def _sections(answers: Answers) -> Iterator[tuple[str, object]]:
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


def _missing(answers: Answers) -> Iterator[tuple[str, str]]:
    for status in answers.revenue.connections:
        if status.state != "ok":
            yield find_provider(status.connection).name, f"{status.message} {status.advice or ''}".strip()
    for figure, connections in unreported(answers.revenue.events).items():
        yield figure.capitalize(), f"unknown, not 0, where the platform does not tell: {_names(connections)}"
    asked = {status.connection for status in answers.events.connections}
    reasons: dict[str, list[str]] = defaultdict(list)
    for row in matrix():
        for note in row.notes if row.provider in asked else ():
            reasons[note].append(row.name)
    yield from ((", ".join(names), note) for note, names in reasons.items())


def _names(connections: Iterable[str]) -> str:
    return ", ".join(find_provider(connection).name for connection in connections)


def _missing_table(answers: Answers) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=24)
    for who, what in _missing(answers):
        table.add_row(who, what)
    return table


def _next_steps() -> Group:
    table = Table.grid(padding=(0, 2))
    table.add_row(
        "Play with this data", Text("spekta sandbox", "bold"), "then paste what it prints into another terminal"
    )
    table.add_row("Connect a platform", Text("spekta connect eventbrite", "bold"), "which there are: spekta providers")
    table.add_row("Hook up an assistant", Text("spekta mcp", "bold"), "in the assistant's configuration of servers:")
    return Group(table, Text(f"  {ASSISTANT}"))


def _document(answers: Answers) -> dict[str, object]:
    return {
        "events": [as_json(event) for event in answers.events.events],
        "connections": answers.revenue.connections,
        "by_connection": answers.revenue.by_connection,
        "totals": answers.revenue.totals,
        "missing": [f"{who}: {what}" for who, what in _missing(answers)],
        "seconds": round(answers.seconds, 3),
    }

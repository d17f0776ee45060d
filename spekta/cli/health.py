"""`spekta health`: whether the connections work."""

import asyncio
from collections.abc import Iterable

import typer
from rich.table import Table
from rich.text import Text

from connectors import Connector, HealthCheckResult, Portfolio
from connectors.portfolio import Status

from . import cells, options, reach
from .boundary import PLATFORM
from .terminal import out, say_json, waiting

PATIENCE = 20.0

Checked = tuple[Status, HealthCheckResult | None]


def health(connections: options.Connections = None, json: options.Json = False) -> None:
    """Whether the connections work. Exit code 1 where one does not."""
    portfolio = reach.portfolio(connections)
    with waiting("Asking"):
        found = asyncio.run(_check(portfolio))
    if json:
        say_json({"connections": [_document(*checked) for checked in found]})
    else:
        out().print(_table(found))
    statuses = [status for status, _ in found]
    reach.report(statuses)
    raise typer.Exit(0 if all(status.state == "ok" for status in statuses) else PLATFORM)


async def _check(portfolio: Portfolio) -> list[Checked]:
    results: dict[str, HealthCheckResult] = {}

    async def ask(connector: Connector) -> Status:
        result = results[connector.name] = await connector.health_check(deadline=PATIENCE)
        if result.error is None:
            return Status(connector.name, "ok")
        return Status(connector.name, "failed", 0, result.error.code, result.error.message, result.error.advice)

    return [(status, results.get(status.connection)) for status in await portfolio.each(ask)]


def _table(found: Iterable[Checked]) -> Table:
    table = cells.table("Connection", "State", "Latency", "Mode", right=("Latency",), whole=("Connection",))
    for status, result in found:
        works = status.state == "ok"
        state = Text("works" if works else cells.words(status.code or "failed"), "green" if works else "red")
        latency = f"{result.latency_ms} ms" if result else ""
        table.add_row(status.connection, state, latency, (result.mode or "") if result else "")
    return table


def _document(status: Status, result: HealthCheckResult | None) -> dict[str, object]:
    """A connection that could not even be set up has no result of its own."""
    error = None if status.state == "ok" else {"code": status.code, "message": status.message, "advice": status.advice}
    known = result.model_dump(mode="json") if result else {"healthy": False}
    return {"connection": status.connection} | known | {"error": error}

"""check_connection."""

from typing import Annotated

from mcp.types import CallToolResult

from connectors import Connector, Portfolio
from connectors.models import HealthCheckResult
from connectors.portfolio import Status
from mcp_server.answers import ConnectionStatus, Part, result, status_of
from mcp_server.progress import progress
from mcp_server.state import Ctx, state_of

from .parameters import Connections


class Check(ConnectionStatus):
    latency_ms: int | None = None
    mode: str | None = None


class Checks(Part):
    connections: list[Check]


async def check_connection(ctx: Ctx, connections: Connections = None) -> Annotated[CallToolResult, Checks]:
    """Whether connections work: how long each platform's cheapest call took, live or test mode, what to do about one
    that fails. Other calls say as much of those they ask."""
    state = state_of(ctx)
    async with progress(ctx, "connections") as note:
        return result(await checked(state.portfolio(connections, note), state.seconds))


async def checked(portfolio: Portfolio, seconds: float) -> Checks:
    """What became of asking each connection; each answers within these seconds."""
    results: dict[str, HealthCheckResult] = {}

    async def ask(connector: Connector) -> Status:
        portfolio.on_progress(connector.name, 0, 1)
        found = results[connector.name] = await connector.health_check(deadline=seconds)
        portfolio.on_progress(connector.name, 1, 1)
        if (error := found.error) is None:
            return Status(connector.name, "ok")
        return Status(connector.name, "failed", code=error.code, message=error.message, advice=error.advice)

    statuses = await portfolio.each(ask)
    return Checks(connections=[_check(status, results.get(status.connection)) for status in statuses])


def _check(status: Status, found: HealthCheckResult | None) -> Check:
    told = status_of(status).model_copy(update={"count": None})
    return Check(**dict(told), latency_ms=found.latency_ms if found else None, mode=found.mode if found else None)

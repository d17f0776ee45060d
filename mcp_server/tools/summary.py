"""revenue_summary."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from mcp.types import CallToolResult
from pydantic import Field

from connectors import InvalidArgument, UnifiedEvent
from connectors.portfolio import RevenueReport
from connectors.references import refer
from mcp_server.answers import Answer, Part, cut, noted, result, status_of
from mcp_server.progress import progress
from mcp_server.state import Ctx, State, state_of
from mcp_server.values import Amount, Moment, Text

from .parameters import Connections, StartsAfter, StartsBefore
from .revenue import figures
from .syncs import how

if TYPE_CHECKING:
    from spekta.sync.copies import Copies
    from spekta.sync.revenue import Line

Group = Literal["connection", "event", "month", "currency"]


class Sums(Part):
    connection: str | None = None
    event: str | None = None
    name: Text | None = None
    month: str | None = None
    currency: str | None = None
    gross_revenue: Amount
    refunds: Amount | None = None
    gross_after_refunds: Amount | None = None
    taxes: Amount | None = None
    fees: Amount | None = None
    net_revenue: Amount | None = None
    tickets_sold: int | None = None
    orders: int | None = None
    unreported: list[Text] | None = None


class Summary(Answer):
    source: Annotated[str, Field(description="synced or live")]
    as_of: Moment
    complete: bool
    sums: list[Sums]


async def revenue_summary(
    ctx: Ctx,
    by: Annotated[Group, Field(description="month: that of the order")] = "connection",
    connections: Connections = None,
    starts_after: StartsAfter = None,
    starts_before: StartsBefore = None,
) -> Annotated[CallToolResult, Summary]:
    """Sums of sales by group and currency: from the synced copy if there is one, else live, which cannot tell
    months."""
    state = state_of(ctx)
    names, asked = state.chosen(connections), {"starts_after": starts_after, "starts_before": starts_before}
    filters = {name: value for name, value in asked.items() if value is not None}
    answer = await asyncio.to_thread(_synced, state, names, by, filters)
    if answer is None and by == "month":
        said = "Months are told by the synced copy alone, and nothing was synced yet."
        raise InvalidArgument("by", said, f"{how(state)} Or sum by connection, event or currency.")
    if answer is None:
        async with progress(ctx, "events") as note:
            report = await state.portfolio(names, note).revenue(filters=filters, deadline=state.seconds)
        answer = _live(report, by, state.now())
    missing = [f"{one.connection} ({one.status})" for one in answer.connections if one.status != "ok"]
    if missing:
        answer = noted(answer, f"sums lack all or a part of {', '.join(missing)}.")
    return result(cut(answer, "sums", "Ask for fewer connections or a shorter stretch of time."))


def _live(report: RevenueReport, by: Group, now: datetime) -> Summary:
    if by == "event":
        sums = [Sums(event=event.reference, name=event.name, **figures(revenue)) for event, revenue in report.events]
    elif by == "connection":
        sums = [
            Sums(connection=name, **figures(total)) for name, totals in report.by_connection.items() for total in totals
        ]
    else:
        sums = [Sums(**figures(total)) for total in report.totals]
    answer = Summary(
        source="live",
        as_of=min((revenue.as_of for _, revenue in report.events), default=now),
        complete=all(status.state == "ok" for status in report.connections),
        sums=_ranked(sums),
        connections=[status_of(status) for status in report.connections],
    )
    others = [event.reference for event, revenue in report.events if revenue.other_currencies]
    return noted(answer, *(f"Sales of {event} in other currencies are left out: see get_revenue." for event in others))


def _synced(state: State, names: Sequence[str], by: Group, filters: dict[str, datetime]) -> Summary | None:
    """The answer of the copies; None where nothing of these connections was synced."""
    if state.copies is None:
        return None
    from spekta.sync.copies import SOLD, Copies, Wanted

    with state.copies.reading() as store:
        copies = Copies(store, names, SOLD, how(state))
        if copies.as_of is None:
            return None
        told = [status_of(status) for status in copies.statuses]
        wanted = Wanted(state.now(), filters.get("starts_after"), filters.get("starts_before"))
        return Summary(
            source="synced",
            as_of=copies.as_of,
            complete=all(one.status == "ok" for one in told),
            sums=_ranked(_sums(copies, list(copies.events(wanted)), by)),
            connections=[one.model_copy(update={"count": None}) for one in told],
        )


def _sums(copies: "Copies", events: Sequence[UnifiedEvent], by: Group) -> Iterator[Sums]:
    from spekta.sync.revenue import connection_of, event_of, month_of

    named = {(event.connection, event.id): event.name for event in events}

    def group(line: "Line") -> tuple[str | None, str | None, str | None]:
        """Connection, event and month."""
        match by:
            case "connection":
                return connection_of(line), None, None
            case "event":
                return *event_of(line), None
            case "month":
                return None, None, month_of(line)
            case "currency":
                return None, None, None

    for ((connection, id, month), _), one in copies.sums(events, group).items():
        event = {"event": refer(connection, id), "name": named[connection, id]} if connection and id else {}
        yield Sums(connection=None if id else connection, month=month, **event, **figures(one))


def _ranked(rows: Iterable[Sums]) -> list[Sums]:
    """By month and currency, the highest first; what has no month comes last."""
    return sorted(
        rows,
        key=lambda row: (
            row.month or "~",
            row.currency or "~",
            -Decimal(row.gross_after_refunds or row.gross_revenue),
        ),
    )

"""get_revenue."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from mcp.types import CallToolResult
from pydantic import Field

from connectors import DeadlineExceeded, InvalidArgument, UnifiedEvent, UnifiedRevenue
from connectors.http import Deadline
from connectors.portfolio import FIGURES, RevenueReport, Status, Total
from connectors.references import parse
from mcp_server.answers import Answer, Part, cut, noted, nothing_fits, result, status_of
from mcp_server.progress import progress
from mcp_server.state import Ctx, State, state_of
from mcp_server.values import Amount, Moment, Text, local_time

from .parameters import Connections, EventReference, StartsAfter, StartsBefore, Words

if TYPE_CHECKING:
    from spekta.sync.revenue import Sum


class Revenue(Part):
    event: str | None = None
    connection: str | None = None
    name: Text | None = None
    starts_local: Text | None = None
    events: int | None = None
    currency: str | None = None
    gross_revenue: Amount
    refunds: Amount | None = None
    gross_after_refunds: Amount | None = None
    taxes: Amount | None = None
    fees: Amount | None = None
    net_revenue: Amount | None = None
    tickets_sold: int | None = None
    orders: int | None = None
    unreported: Annotated[list[Text] | None, Field(description="Not wholly known")] = None
    basis: str | None = None
    other_currencies: "list[Revenue] | None" = None


class RevenueAnswer(Answer):
    complete: Annotated[bool, Field(description="Whether sums hold all")]
    as_of: Moment
    totals: list[Revenue] | None = None
    by_connection: list[Revenue] | None = None
    events: list[Revenue]


async def get_revenue(
    ctx: Ctx,
    event: Annotated[EventReference | None, Field(description="One event; then no filters")] = None,
    connections: Connections = None,
    q: Words = None,
    starts_after: StartsAfter = None,
    starts_before: StartsBefore = None,
    limit: Annotated[int, Field(ge=0, le=500, description="Events shown, the best sellers; sums hold all")] = 25,
) -> Annotated[CallToolResult, RevenueAnswer]:
    """Money from sales: of one event, or of all that fit the filters, summed by connection and currency. Compare
    platforms by gross_after_refunds: net_revenue is less taxes and fees, and not all report those (see unreported)."""
    state = state_of(ctx)
    asked = {"q": q, "starts_after": starts_after, "starts_before": starts_before}
    filters = {name: value for name, value in asked.items() if value is not None}
    if event is None:
        async with progress(ctx, "events") as note:
            report = await state.portfolio(connections, note).revenue(filters=filters, deadline=state.seconds)
        return result(_whole(report, q, state.now(), limit))
    if filters or connections:
        raise InvalidArgument("event", "event stands alone.", f"Leave out {', '.join(filters) or 'connections'}.")
    return result(await _one(state, event))


async def _one(state: State, event: str) -> RevenueAnswer:
    reference, until = parse(event, "event"), Deadline(state.seconds)
    stored: UnifiedRevenue | None = None
    async with state.connector(reference.connection) as connector:
        found = await connector.get_event(reference.id, deadline=until.remaining())
        try:
            revenue = await connector.get_revenue(reference.id, deadline=until.remaining())
        except DeadlineExceeded:
            stored = await asyncio.to_thread(state.copies.revenue, reference) if state.copies else None
            if stored is None:
                raise
            revenue = stored
    answer = RevenueAnswer(
        complete=True,
        as_of=revenue.as_of,
        events=[_of_event(found, revenue)],
        connections=[status_of(Status(connector.name, "ok", 1))],
    )
    return noted(answer, "The platform took too long: this is from the synced copy.") if stored else answer


def _whole(report: RevenueReport, q: str | None, now: datetime, limit: int) -> RevenueAnswer:
    missing = [status for status in report.connections if status.state != "ok"]
    answer = RevenueAnswer(
        complete=not missing,
        as_of=min((revenue.as_of for _, revenue in report.events), default=now),
        totals=[_of_total(total) for total in report.totals],
        by_connection=_ranked(
            _of_total(total, connection=name) for name, totals in report.by_connection.items() for total in totals
        ),
        events=_best(report, limit),
        connections=[status_of(status) for status in report.connections],
    )
    if missing:
        names = ", ".join(f"{status.connection} ({status.state})" for status in missing)
        answer = noted(answer, f"totals and by_connection leave out {names}.")
    if not report.events:
        answer = noted(answer, nothing_fits(q))
    if len(answer.events) < len(report.events):
        shown = f"{len(answer.events)} of {len(report.events)} events are shown, the sums hold all of them: see limit."
        answer = noted(answer, shown)
        answer = answer.model_copy(update={"truncated": True})
    return cut(answer, "events", "The sums hold them. Narrow the filters to see them.")


def _best(report: RevenueReport, limit: int) -> list[Revenue]:
    """Those that sold most, taken from each currency in turn."""
    rows = _ranked(_of_event(*pair) for pair in report.events)
    passed: Counter[str | None] = Counter()
    turns = []
    for place, row in enumerate(rows):
        turns.append((passed[row.currency], place))
        passed[row.currency] += 1
    return [rows[place] for place in sorted(place for _, place in sorted(turns)[:limit])]


def _of_event(event: UnifiedEvent, revenue: UnifiedRevenue) -> Revenue:
    return Revenue(
        event=event.reference,
        name=event.name,
        starts_local=local_time(event.starts_at, event.timezone),
        basis=revenue.basis,
        other_currencies=[Revenue(**other.model_dump()) for other in revenue.other_currencies] or None,
        **figures(revenue),
    )


def _of_total(total: Total, connection: str | None = None) -> Revenue:
    return Revenue(connection=connection, events=total.events, **figures(total))


def figures(of: "UnifiedRevenue | Total | Sum") -> dict[str, Any]:
    """The figures of one currency, as a row has them."""
    known: dict[str, Decimal | None] = {name: getattr(of, name) for name in FIGURES}
    gross, refunds = of.gross_revenue, of.refunds
    return {
        "currency": of.currency,
        **known,
        "gross_after_refunds": None if refunds is None else gross - refunds,
        "tickets_sold": of.tickets_sold,
        "orders": of.orders,
        "unreported": list(of.unreported) or None,
    }


def _ranked(rows: Iterable[Revenue]) -> list[Revenue]:
    """By currency, the highest first: amounts of two currencies have no order."""
    return sorted(rows, key=lambda row: (row.currency or "~", -Decimal(row.gross_after_refunds or row.gross_revenue)))

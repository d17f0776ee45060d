"""What came in over time, from the copies on this machine."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table

from connectors import UnifiedEvent
from spekta.sync.copies import By, Copies, Period

from . import cells, reach
from .copied import tell_ages
from .terminal import out, remark, say_json

FIGURES = ("Gross", "Refunds", "Taxes", "Fees", "Net")


def show(found: Copies, events: Sequence[UnifiedEvent], moment: datetime, by: By, json: bool) -> int:
    """Prints what events brought in by period; gives the exit code."""
    periods, statuses = found.periods(events, by), found.read(events)
    if json:
        answer = {"periods": periods, "connections": statuses}
        say_json(answer | {"source": "synced", "as_of": found.as_of})
    elif reach.answered(statuses):
        out().print(_table(periods, by) if periods else "Nothing was sold.")
    for missing in sorted({missing for one in periods for missing in one.unreported}):
        remark(f"Not told: {missing}.")
    tell_ages(found, moment)
    return reach.report(statuses)


def _table(periods: list[Period], by: By) -> Table:
    columns = (*FIGURES, "Tickets", "Orders")
    table = cells.table(by.capitalize(), "Connection", "", *columns, right=columns, whole=("Connection",))
    for one in periods:
        amounts = (one.gross_revenue, one.refunds, one.taxes, one.fees, one.net_revenue)
        counts = (cells.count(one.tickets_sold), cells.count(one.orders))
        table.add_row(one.period or "not told", one.connection, one.currency, *map(cells.amount, amounts), *counts)
    return table

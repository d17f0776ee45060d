"""What came in over time, from the copies on this machine."""

from rich.table import Table

from spekta.sync.revenue import Sum

from . import cells, reach
from .synced import Period, Synced, Wanted
from .terminal import out, remark, say_json

FIGURES = ("Gross", "Refunds", "Taxes", "Fees", "Net")
Line = tuple[str | None, str, Sum]


def show(found: Synced, wanted: Wanted, by: Period, json: bool) -> int:
    """Prints the sums of each period; gives the exit code."""
    lines = found.periods(wanted, by)
    if json:
        say_json({"periods": [_document(*line) for line in lines], "connections": found.statuses, "as_of": found.ages})
    elif reach.answered(found.statuses):
        out().print(_table(lines, by) if lines else "Nothing was sold.")
    for missing in sorted({missing for _, _, one in lines for missing in one.unreported}):
        remark(f"Not told: {missing}.")
    return reach.report(found.statuses)


def _table(lines: list[Line], by: Period) -> Table:
    columns = (*FIGURES, "Tickets", "Orders")
    table = cells.table(by.capitalize(), "Connection", "", *columns, right=columns, whole=("Connection",))
    for period, connection, one in lines:
        amounts = [cells.amount(value) for value in (one.gross, one.refunds, one.taxes, one.fees, one.net)]
        counts = (cells.count(one.tickets), cells.count(one.orders))
        table.add_row(period or "not told", connection, one.currency, *amounts, *counts)
    return table


def _document(period: str | None, connection: str, one: Sum) -> dict[str, object]:
    return {"period": period, "connection": connection, "sum": one}

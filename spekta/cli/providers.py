"""`spekta providers`: the capability matrix."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from connectors.credentials import split
from connectors.credentials.local import local_store
from connectors.matrix import AUTH, COLUMNS, MatrixRow, Support, matrix

from . import cells, options
from .terminal import out, say_json

# Of one cell's width on every terminal, which the matrix's own marks are not.
MARKS = {"yes": ("✓", "green"), "partial": ("~", "yellow"), "no": ("✗", "red")}
LEGEND = "The reference's mark, then ours: ✓ documented  ~ partly, assumed or optional  ✗ not offered"


def providers(json: options.Json = False) -> None:
    """Which platforms there are, and what each offers."""
    rows = matrix()
    connected: dict[str, list[str]] = {}
    for connection in local_store().connections():
        connected.setdefault(split(connection)[0], []).append(connection)
    if json:
        say_json({"providers": [asdict(row) | {"connections": connected.get(row.provider, [])} for row in rows]})
        return
    console = out()
    console.print(_table(rows, connected))
    console.print(Text(f"\n{LEGEND}", "dim"))
    for row in rows:
        for note in row.notes:
            console.print(Text(f"{row.name}, {note}", "dim"))


def _table(rows: Sequence[MatrixRow], connected: Collection[str]) -> Table:
    table = cells.table("Provider", "Platform", "Auth", *(column.capitalize() for column in COLUMNS), "Connected")
    for row in rows:
        name = f"{row.name} (closed)" if row.defunct else row.name
        marks = [_marks(support) for support in row.support]
        table.add_row(
            row.provider, name, AUTH[row.auth], *marks, Text("yes", "green") if row.provider in connected else ""
        )
    return table


def _marks(support: Support) -> Text:
    ours = MARKS[support.state]
    if support.promised is None:
        return Text.assemble("  ", ours)
    return Text.assemble(MARKS["yes" if support.promised else "no"], " ", ours)

"""How values stand in a table: times in the event's own zone, amounts with their decimals, unknown as a word."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from connectors.redaction import quoted

UNKNOWN = "unknown"
STYLES = {
    "live": "green", "on_sale": "green", "paid": "green", "valid": "green",
    "draft": "dim", "hidden": "dim", "completed": "dim", "ended": "dim", "expired": "dim",
    "cancelled": "red", "refunded": "red", "sold_out": "yellow", "postponed": "yellow", "pending": "yellow",
}  # fmt: skip


def table(*columns: str, right: tuple[str, ...] = (), whole: tuple[str, ...] = ()) -> Table:
    """An empty table. Columns in `right` are flush right, those in `whole` are never cut or broken."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(
            column, justify="right" if column in right else "left", no_wrap=column in (*right, *whole), overflow="fold"
        )
    return made


def text(value: str | None) -> str:
    """What a platform says, without what could steer a terminal."""
    return quoted(value) if value else ""


def status(word: str) -> Text:
    """A status, coloured."""
    return Text(words(word), STYLES.get(word, ""))


def words(code: str) -> str:
    """`partially_refunded` as a person writes it."""
    return code.replace("_", " ")


def when(moment: datetime | None, zone: str | None = None) -> str:
    """A time as the clock on the wall there says it, with the zone's short name; UTC where the zone is not known."""
    if moment is None:
        return UNKNOWN
    try:
        local = moment.astimezone(ZoneInfo(zone or "UTC"))
    except (KeyError, ValueError, OSError):
        local = moment
    return f"{local:%Y-%m-%d %H:%M %Z}"


def span(start: datetime | None, end: datetime | None) -> str:
    """How long it is from one time to another, in the largest unit: `3 h`."""
    if start is None or end is None:
        return UNKNOWN
    seconds = max(0, int((end - start).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def amount(value: Decimal | None, currency: str | None = None) -> str:
    """An amount with its decimals: `EUR 1,234.50`."""
    if value is None:
        return UNKNOWN
    return f"{currency} {value:,f}" if currency else f"{value:,f}"


def count(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def answer(value: bool | None) -> str:
    return UNKNOWN if value is None else "yes" if value else "no"

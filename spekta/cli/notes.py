"""What is said beside an answer: that there is more, and what the platform could not do."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rich.text import Text

from . import reach
from .terminal import out, remark

SINCE = {
    "created": "can only be asked for what is new, not for what changed.",
    "client": "cannot be asked for changes: everything was read, and older records were left out.",
    "none": "cannot be asked for changes, and its records do not say when they changed: --since has no effect.",
}


def more(cursor: str | None) -> None:
    """How to go on, where there is more."""
    if cursor:
        out().print(Text(f"\nmore: --all, or --cursor {cursor}", "dim"), soft_wrap=True)


def since(kind: str, moment: datetime | None, connections: Iterable[str]) -> None:
    """How far each platform could do what --since asks for."""
    for connection in connections if moment else ():
        provider = reach.provider(connection)
        modes = {stream.since.mode for stream in provider.parts(kind)}
        for mode in sorted(modes & SINCE.keys()):
            remark(f"{connection}: {provider.name} {SINCE[mode]}")


def filtered_here(names: Mapping[str, Iterable[str]]) -> None:
    """Which filters the platforms do not know; they were applied to the answers."""
    for connection, filters in names.items():
        if listed := ", ".join(filters):
            remark(f"{connection}: the platform does not filter by {listed}; that was done here.")

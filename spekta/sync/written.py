"""What every store keeps as JSON text, and where a list of events goes on."""

from dataclasses import replace

from pydantic import TypeAdapter

from connectors.cursor import pack, unpack
from connectors.errors import InvalidArgument

from .feeds import Progress
from .moments import now, stamp
from .revenue import Totals
from .rows import Row
from .status import Status

PROGRESS, STATUS, TOTALS = TypeAdapter(Progress), TypeAdapter(Status), TypeAdapter(Totals)
LAST = "~"  # after every time
LONGEST = 200  # characters of a start and a connection, at the very most


def status_of(connection: str, content: str | None, holder: str | None, ends: str | None) -> Status:
    """The status as it was written, under a lease that somebody holds until it ends."""
    found = STATUS.validate_json(content) if content else Status(connection)
    return replace(found, working=holder is not None and (ends or "") > stamp(now()))


def after_event(connection: str, row: Row) -> str:
    """Where the events behind this one begin."""
    return pack([row.starts_at or LAST, connection, row.key])


def place(after: str) -> tuple[str, str, str]:
    """The start, connection and key of the event that `after` is behind. Raises InvalidArgument where it is damaged."""
    found = unpack(after)
    if not (isinstance(found, list) and len(found) == 3 and all(isinstance(part, str) for part in found)):
        raise _foreign()
    start, connection, key = found
    if not (start + connection + key).isascii() or len(start + connection) > LONGEST:
        raise _foreign()
    return start, connection, key


def _foreign() -> InvalidArgument:
    return InvalidArgument("cursor", "The cursor belongs to another question.", "Start over without it.")

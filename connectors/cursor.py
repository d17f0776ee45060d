"""Our own cursors: opaque text that holds what was asked and where the walk is, and survives a restart.

A cursor carries its provider, account and listing; a foreign or damaged one is refused. It holds no secret.
"""

import base64
import json
import zlib
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from .errors import InvalidArgument
from .position import Position

LARGEST = 100_000
_Number = Annotated[int, Field(ge=0)]
_Size = Annotated[int, Field(ge=1, le=1000)]
_Position = tuple[_Number, str | None, Any, str | None, _Number]
_CONTENT = TypeAdapter(tuple[str, str, str, str | None, str | None, dict[str, Any], _Size, _Position])


@dataclass(frozen=True, slots=True)
class Place:
    """What a cursor says: the question, the size the platform is asked for, and the position."""

    provider: str
    account: str
    kind: str
    event_id: str | None
    since: str | None
    filters: dict[str, Any]
    size: int
    position: Position


def encode(place: Place) -> str:
    """The place as text of letters, digits, - and _."""
    return pack([*astuple(place)[:-1], list(astuple(place.position))])


def decode(cursor: str) -> Place:
    """The place that a cursor stands for. Raises InvalidArgument where it is damaged."""
    try:
        content = _CONTENT.validate_python(unpack(cursor))
        provider, account, kind, event_id, since, filters, size, position = content
        if since is not None:
            datetime.fromisoformat(since)
        return Place(provider, account, kind, event_id, since, filters, size, Position(*position))
    except (TypeError, ValueError):
        raise InvalidArgument("cursor", "The cursor is damaged.", "Start over without a cursor.") from None


def pack(value: Any) -> str:
    """A JSON value as text that shows when it was changed."""
    body = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(zlib.compress(body, 9)).decode().rstrip("=")


def unpack(text: str) -> Any:
    """The value that was packed. Raises InvalidArgument where the text is damaged."""
    try:
        whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        body = unpacking.decompress(whole, LARGEST)  # which checks its own sum at the end
        if not unpacking.eof or unpacking.unused_data:
            raise ValueError
        return json.loads(body)
    except (ValueError, RecursionError, zlib.error):
        raise InvalidArgument("cursor", "The cursor is damaged.", "Start over without a cursor.") from None


def check(named: Iterable[str], connections: Collection[str]) -> None:
    """Raises InvalidArgument where a cursor names a connection that is not asked."""
    foreign = next((name for name in named if name not in connections), None)
    if foreign is not None:
        raise InvalidArgument(
            "cursor", f"The cursor asks {foreign}, which is not among the connections.", "Start over without it."
        )

"""References: one text that names a record anywhere, such as `ticket-tailor:ev_11` or `eventbrite/london:123`.

In references and in paths an id's characters outside `A-Za-z0-9._=-` are written `~XX`, the bytes of their UTF-8.
"""

import re
from dataclasses import dataclass

from .credentials import split
from .errors import ConfigurationError, InvalidArgument

_PLAIN = re.compile(r"[A-Za-z0-9._=-]")
_ALL_PLAIN = re.compile(r"[A-Za-z0-9._=-]+")
_CODED = re.compile(r"(?:~[0-9A-F]{2})+")


def encode_id(id: str) -> str:
    """An id as one plain segment."""
    if _ALL_PLAIN.fullmatch(id):
        return id
    return "".join(c if _PLAIN.fullmatch(c) else "".join(f"~{byte:02X}" for byte in c.encode()) for c in id)


def decode_id(text: str) -> str:
    """The id that a segment stands for. Raises ValueError."""
    found = _CODED.sub(lambda part: bytes.fromhex(part[0].replace("~", "")).decode(), text)
    if encode_id(found) != text:
        raise ValueError(text)
    return found


@dataclass(frozen=True, slots=True)
class Reference:
    """A record of one connection."""

    connection: str
    id: str

    def __str__(self) -> str:
        return refer(self.connection, self.id)


def refer(connection: str, id: str) -> str:
    """The reference of a record."""
    return f"{connection}:{encode_id(id)}"


def parse(text: str, param: str = "event_id") -> Reference:
    """The record that a reference names. Raises InvalidArgument."""
    connection, colon, id = text.partition(":")
    try:
        split(connection)
        if colon and id:
            return Reference(connection, decode_id(id))
    except (ConfigurationError, ValueError):
        pass
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    raise InvalidArgument(param, f"{param} {shown!r} is not a reference.", "References look like ticket-tailor:ev_11.")

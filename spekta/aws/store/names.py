"""The names of partitions, and sort keys."""

import hashlib
from typing import cast

from connectors.references import encode_id
from spekta.sync.feeds import Feed, Kind

LONGEST = 400  # characters of one part of a key: with two of them, and what is around, it stays below 1,024 bytes
KEPT = 100
PEOPLE = "people"
Key = tuple[str, str]


def segment(id: str) -> str:
    """An id as part of a key."""
    return shortened(encode_id(id))


def shortened(encoded: str) -> str:
    """What is encoded already; with a digest for the end of what is long. No encoded text has a `*`."""
    if len(encoded) <= LONGEST:
        return encoded
    return f"{encoded[:KEPT]}*{hashlib.blake2b(encoded.encode(), digest_size=32).hexdigest()}"


def row(connection: str, kind: Kind, key: str) -> Key:
    """Where a row is."""
    return f"{connection}#{kind}", shortened(key)


def event(connection: str, event_id: str) -> str:
    """The partition of the links to an event's rows."""
    return f"{connection}#event#{segment(event_id)}"


def order(connection: str, id: str) -> str:
    """The partition of the links to an order that is listed by event."""
    return f"{connection}#order#{shortened(id)}"


def seen(feed: Feed) -> str:
    """The partition of what whole walks of a feed met."""
    return f"{feed.connection}#seen#{feed.kind}#{segment(feed.parent)}"


def progress(feed: Feed) -> Key:
    """Where the progress of a feed is."""
    return f"{feed.connection}#progress#{feed.kind}", f"={segment(feed.parent)}"


def status(connection: str) -> Key:
    """Where the status of a connection is."""
    return f"{connection}#status", "status"


def touched(connection: str, event_id: str) -> Key:
    """Where the mark of an event is that is to be added up."""
    return f"{connection}#touched", segment(event_id)


def totals(connection: str, event_id: str) -> Key:
    """Where what an event brought in is."""
    return f"{connection}#totals", segment(event_id)


def quarantine(feed: Feed, id: str = "") -> Key:
    """Where a record of a feed is that could not be read; without an id, what all those of the feed begin with."""
    return f"{feed.connection}#quarantine", f"{feed.kind}#{segment(feed.parent)}#{id}"


def unannounced(connection: str) -> str:
    """What the index of changes has a connection's under."""
    return f"{connection}#unannounced"


def part(pk: str, sk: str, written: bytes, number: int) -> Key:
    """Where a part of what a row's item has no room for is: right behind it."""
    return pk, f"{sk}#{written.hex()}#{number:04}"


def is_part(sk: str) -> bool:
    """Whether that is the sort key of such a part. No row's own has a `#`."""
    return "#" in sk


def linked(pk: str, sk: str) -> Key:
    """The row that a link leads to."""
    kind, _, key = sk.partition("#")
    return f"{connection_of(pk)}#{kind}", key


def connection_of(pk: str) -> str:
    """Whose partition that is."""
    return pk.partition("#")[0]


def kind_of(pk: str) -> Kind:
    """The kind of the rows of a partition."""
    return cast(Kind, pk.partition("#")[2])

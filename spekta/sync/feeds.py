"""What there is to copy of a connection, how far its platform can tell what changed, and how far a copy has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from connectors import Provider
from connectors.position import Position
from connectors.provider import Mode

Kind = Literal["events", "tickets", "attendees", "orders", "sales"]
KINDS: tuple[Kind, ...] = get_args(Kind)
COPIED: tuple[Kind, ...] = KINDS[:4]
IN_ORDER: tuple[Kind, ...] = ("events", "tickets", "orders", "attendees")  # an order says whose its tickets are
_WEAKEST: tuple[Mode, ...] = ("none", "created", "client", "changed")


@dataclass(frozen=True, slots=True)
class Feed:
    """One listing of a connection: of the whole account, or of one event, its `parent`."""

    connection: str
    kind: Kind
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk that is under way. `id` is when it started by our clock, `mark` when by the platform's.

    `position` is where it goes on; None at its beginning. `confirms` says that it looks once more for what the walk
    before it has missed.
    """

    id: str
    mark: datetime
    since: datetime | None = None
    position: Position | None = None
    problems: int = 0
    confirms: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the copy of a feed has come. The cursor of a walk and the watermark, since when the next one asks, are
    two things.

    `whole` is a walk of everything, `fresh` one of what changed; both may be under way, as a long one must not keep
    news back. `whole_id` is the last whole walk that ended. `version` guards against two writers.
    """

    feed: Feed
    version: int = 0
    watermark: datetime | None = None
    whole: Walk | None = None
    fresh: Walk | None = None
    whole_id: str | None = None
    ended_at: datetime | None = None

    @property
    def since(self) -> datetime | None:
        """Since when it has to be asked for what changed; None where everything has."""
        return self.watermark or (self.whole.mark if self.whole else None)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a platform can tell what changed in a listing, by the weakest of its parts; and whether it lists the
    whole account at once.
    """

    mode: Mode
    wide: bool

    @property
    def incremental(self) -> bool:
        """Whether it can be asked for less than everything."""
        return self.mode != "none"


def reach(provider: Provider, kind: Kind) -> Reach | None:
    """None where the platform has no such listing. Sales are always asked for by event: they do not name theirs."""
    parts = provider.parts(kind)
    if not parts:
        return None
    if kind == "tickets":  # a ticket type's clock does not move when one is sold, and its counts do
        return Reach("none", all(part.wide is not None for part in parts))
    wide = kind == "events" or (kind != "sales" and all(part.wide is not None for part in parts))
    return Reach(min((part.since.mode for part in parts), key=_WEAKEST.index), wide)

"""Filters: what every provider understands, and what is applied here because the platform cannot.

events: starts_after, starts_before, status, q. orders: status, buyer_email. attendees: checked_in, status. A provider
adds its own. Values are text, flags, aware times, or the size of a page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from .errors import InvalidArgument
from .models import AttendeeStatus, EventStatus, OrderStatus, UnifiedAttendee, UnifiedEvent, UnifiedOrder
from .provider import Filter, Stream

Keep = Callable[[Any], bool]
Kind = Literal["text", "time", "flag", "size"]
ROOM = timedelta(days=3)  # for a time to be written as a day in any zone, and rounded up
LARGEST_PAGE = 1000


def moment_of(name: str, value: Any) -> datetime:
    """A time from a time or its ISO 8601 text. Raises InvalidArgument."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        advice = "Give it as 2027-03-01T00:00:00Z; in a query a + is written %2B."
        raise InvalidArgument(name, f"{name} is not a time.", advice) from None
    return aware(name, moment)


def aware(name: str, moment: datetime) -> datetime:
    """The time in UTC. Raises InvalidArgument for one without a zone."""
    if moment.tzinfo is None:
        raise InvalidArgument(name, f"{name} has no time zone.", "Add an offset or Z: 2027-03-01T00:00:00Z.")
    try:
        utc = moment.astimezone(UTC)
        _ = utc - ROOM, utc + ROOM
    except OverflowError:
        raise InvalidArgument(name, f"{name} is out of range.", "Give a time of this era.") from None
    return utc


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidArgument(name, f"{name} is not text.", "Leave it out to ask for everything.")
    return value


def flag_of(name: str, value: Any) -> bool:
    """A truth value from true, false or these words. Raises InvalidArgument."""
    known = {"true": True, "false": False}.get(str(value).lower())
    if known is None:
        raise InvalidArgument(name, f"{name} is neither true nor false.", "Give true or false.")
    return known


@dataclass(frozen=True, slots=True)
class Common:
    """A filter of every provider: what its value is, and which records it keeps when applied here."""

    keep: Callable[[Any, Any], bool]
    type: Kind = "text"
    words: tuple[str, ...] = ()

    def read(self, name: str, value: Any) -> Any:
        """The value. Raises InvalidArgument."""
        if self.words and value not in self.words:
            raise InvalidArgument(name, f"{name} {value!r} is not known.", f"One of: {', '.join(self.words)}.")
        return {"time": moment_of, "flag": flag_of}.get(self.type, _text)(name, value)


def _starts_after(event: UnifiedEvent, moment: datetime) -> bool:
    return event.starts_at is not None and event.starts_at >= moment


def _starts_before(event: UnifiedEvent, moment: datetime) -> bool:
    return event.starts_at is not None and event.starts_at < moment


def _named(event: UnifiedEvent, words: str) -> bool:
    return words.casefold() in (event.name or "").casefold()


def _same_status(record: UnifiedEvent | UnifiedOrder | UnifiedAttendee, status: str) -> bool:
    return record.status == status


def _bought_by(order: UnifiedOrder, address: str) -> bool:
    return (order.buyer_email or "").casefold() == address.casefold()


def _entered(attendee: UnifiedAttendee, value: bool) -> bool:
    return attendee.checked_in is value


COMMON: Mapping[str, Mapping[str, Common]] = {
    "events": {
        "starts_after": Common(_starts_after, "time"),
        "starts_before": Common(_starts_before, "time"),
        "status": Common(_same_status, words=get_args(EventStatus)),
        "q": Common(_named),
    },
    "orders": {"status": Common(_same_status, words=get_args(OrderStatus)), "buyer_email": Common(_bought_by)},
    "attendees": {
        "checked_in": Common(_entered, "flag"),
        "status": Common(_same_status, words=get_args(AttendeeStatus)),
    },
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Filters sorted out for one stream: what is sent, which are applied here alone, and what keeps a record.

    What was sent is checked here again, as some platforms leave out parameters that they do not know; not so `q`, for
    which a platform may look at more than the name.
    """

    sent: Mapping[str, Any] = field(default_factory=dict)
    here: tuple[str, ...] = ()
    keep: tuple[Keep, ...] = ()


def names(kind: str, streams: tuple[Stream, ...]) -> list[str]:
    """The filters that a listing understands."""
    return sorted({*COMMON.get(kind, {}), *(name for stream in streams for name in stream.filters)})


def shape(kind: str, name: str, streams: tuple[Stream, ...]) -> tuple[Kind, tuple[str, ...]]:
    """Of which type a filter's value is, and the words that it can be, where there are only some."""
    if common := COMMON.get(kind, {}).get(name):
        return common.type, common.words
    own = next(stream.filters[name] for stream in streams if name in stream.filters)
    return own.type, tuple(own.words or ())


def read(
    kind: str, streams: tuple[Stream, ...], given: Mapping[str, Any] | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """The filters with their values read. Raises InvalidArgument for an unknown name or an unreadable value."""
    valid = names(kind, streams)
    found = {}
    for name, value in (given or {}).items():
        if name not in valid:
            known = f"Filters of {kind}: {', '.join(valid)}." if valid else f"{kind} has no filters."
            raise InvalidArgument(name, f"{name!r} is not a filter of {kind}.", known)
        if any(name in stream.untold and not options.get(stream.untold[name]) for stream in streams):
            option = next(filter(None, (stream.untold.get(name) for stream in streams)), None)
            advice = f"Set the connection's option {option} to true." if option else "Leave the filter out."
            raise InvalidArgument(name, f"This connection does not tell {name}.", advice)
        common = COMMON.get(kind, {}).get(name)
        own = next((stream.filters[name] for stream in streams if name in stream.filters), None)
        if common:
            found[name] = common.read(name, value)
        elif own:
            found[name] = _own(name, own, value)
    return found


def _own(name: str, own: Filter, value: Any) -> Any:
    if own.words is not None and value not in tuple(own.words):
        raise InvalidArgument(name, f"{name} {value!r} is not known.", f"One of: {', '.join(own.words)}.")
    if own.type == "time" or isinstance(value, datetime):
        return moment_of(name, value)
    if own.type == "flag":
        return flag_of(name, value)
    return _size(name, value) if own.type == "size" else value


def _size(name: str, value: Any) -> int:
    try:
        size = int(value)
    except (TypeError, ValueError):
        raise InvalidArgument(name, f"{name} is not a whole number.", "Give it in digits.") from None
    return checked_size(size, name)


def checked_size(size: int, name: str = "page_size") -> int:
    """The size of a page. Raises InvalidArgument for one that is not from 1 to 1000."""
    if not 1 <= size <= LARGEST_PAGE:
        advice = "Go on with the cursor for more than one page."
        raise InvalidArgument(name, f"{name} is from 1 to {LARGEST_PAGE}.", advice)
    return size


def take_size(streams: tuple[Stream, ...], values: dict[str, Any]) -> int | None:
    """Takes the size of a page out of the filters, where a platform has a word of its own for it."""
    names = {name for stream in streams for name, own in stream.filters.items() if own.type == "size"}
    return next((values.pop(name) for name in names & set(values)), None)


def sort_out(kind: str, stream: Stream, values: Mapping[str, Any]) -> Asked:
    """What the platform can filter is sent to it; the rest is applied to its answer."""
    sent: dict[str, Any] = {}
    keep: dict[str, Keep] = {}
    told: set[str] = set()
    for name, value in values.items():
        own, common = stream.filters.get(name), COMMON.get(kind, {}).get(name)
        word = _for_platform(name, own, value) if own else None
        if own and word is not None:
            sent[own.parameter] = word
            told.add(name)
        if common and not (word is not None and name == "q"):
            keep[name] = _keeper(common, value)
    here = tuple(name for name in keep if name not in told)
    return Asked(sent, here, tuple(keep.values()))


def _keeper(common: Common, value: Any) -> Keep:
    return lambda record: common.keep(record, value)


def _for_platform(name: str, own: Filter, value: Any) -> Any:
    if own.words is not None:
        return own.words.get(str(value).lower() if isinstance(value, bool) else value)
    if not isinstance(value, datetime):
        return value
    if name.endswith("_before"):  # rounded so that the platform never leaves out too much
        dates_only = "%d" in own.format and "%H" not in own.format
        value += timedelta(days=dates_only, seconds=bool(value.microsecond))
    return time_text(value, own.format, own.zone)


def time_text(moment: datetime, format: str, zone: str | None = None) -> str | int:
    """A time as a platform wants it: `unix` seconds, `iso` in UTC without fractions, or a strftime pattern in the zone.

    Whatever the pattern leaves out is rounded down, so that nothing is missed.
    """
    if format == "unix":
        return int(moment.timestamp())
    if format == "iso":
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.astimezone(ZoneInfo(zone) if zone else UTC).strftime(format)

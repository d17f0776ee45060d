"""The parameters of queries: how each is read, and how OpenAPI describes it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors import filters
from connectors.errors import InvalidArgument
from connectors.filters import LARGEST_PAGE, checked_size, flag_of, moment_of
from connectors.models import UnifiedAttendee, UnifiedOrder
from connectors.provider import Provider

PERSONAL = {"attendees": UnifiedAttendee.personal, "orders": UnifiedOrder.personal}
LAST_PAGE = 1_000_000
_WHOLE = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter. `schema` is that of its value, and what `read` gives is the value, as a filter is read later."""

    name: str
    about: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    read: Callable[[str, str], Any] = lambda _, value: value


def _text(name: str, value: str) -> str:
    if not value:
        raise InvalidArgument(name, f"{name} is empty.", "Leave it out instead.")
    return value


def _whole(name: str, value: str) -> int:
    if not _WHOLE.fullmatch(value):
        raise InvalidArgument(name, f"{name} is not a whole number.", "Give it in digits.")
    return int(value)


def _names(name: str, value: str) -> list[str]:
    return [one.strip() for one in _text(name, value).split(",")]


def _page(name: str, value: str) -> int:
    page = _whole(name, value)
    if not 1 <= page <= LAST_PAGE:
        raise InvalidArgument(name, f"{name} is from 1 to {LAST_PAGE}.", "Go on with the cursor of the page before.")
    return page


def _size(name: str, value: str) -> int:
    return checked_size(_whole(name, value), name)


def _one_of(*words: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in words:
            raise InvalidArgument(name, f"{name} {value!r} is not known.", f"One of: {', '.join(words)}.")
        return value

    return read


FLAG: Mapping[str, Any] = {"type": "boolean", "default": False}
TIME: Mapping[str, Any] = {"type": "string", "format": "date-time"}
SIZE: Mapping[str, Any] = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 50}

ACCOUNT = Parameter(
    "account",
    "Which account, where there are several",
    {"type": "string", "pattern": "^[a-z0-9-]{1,40}$", "default": "default"},
)
RAW = Parameter("raw", "Each record also as the platform has it; needs personal_data=true", FLAG, flag_of)
PERSONAL_DATA = Parameter(
    "personal_data", "Names, addresses and barcodes too, where the operator allows it", FLAG, flag_of
)
DRY_RUN = Parameter("dry_run", "Show the request that would be sent, and send nothing", FLAG, flag_of)
PAGE = Parameter(
    "page", "Which page, from 1; not beside a cursor", {"type": "integer", "minimum": 1, "maximum": LAST_PAGE}, _page
)
PAGE_SIZE = Parameter("page_size", "How many records", SIZE, _size)
LIMIT = Parameter("limit", "How many events, shared by all connections", SIZE, _size)
CURSOR = Parameter(
    "cursor", "Goes on where the answer with this next_cursor ended", {"type": "string", "minLength": 1}, _text
)
SINCE = Parameter("since", "Only what changed at or after this time, as far as the platform can tell", TIME, moment_of)
CONNECTIONS = Parameter(
    "connections", "Only these, with commas between them: ticket-tailor,eventbrite/london", read=_names
)
SOURCE = Parameter(
    "source",
    "From the copies, or from the platforms; without it, from the copies where every connection has one that is kept",
    {"type": "string", "enum": ["synced", "live"]},
    _one_of("synced", "live"),
)
BY = Parameter(
    "by",
    "Sums by month or day of the order instead, which the copies alone can tell",
    {"type": "string", "enum": ["month", "day"]},
    _one_of("month", "day"),
)
PLACES = (PAGE, PAGE_SIZE, CURSOR)


def common(kind: str) -> list[Parameter]:
    """The filters that a listing of every platform has."""
    return [_filter(kind, name, one.type, one.words) for name, one in filters.COMMON[kind].items()]


def filters_of(provider: Provider, kind: str) -> list[Parameter]:
    """The filters of a listing, in any mode of the platform."""
    found: dict[str, Parameter] = {}
    for one in (provider, *provider.modes.values()):
        parts = one.parts(kind)
        for name in filters.names(kind, parts):
            found.setdefault(name, _filter(kind, name, *filters.shape(kind, name, parts)))
    return list(found.values())


def _filter(kind: str, name: str, type: filters.Kind, words: tuple[str, ...]) -> Parameter:
    """What it says is read with the other filters; here it is only described."""
    schema: Mapping[str, Any] = {"time": TIME, "flag": {"type": "boolean"}, "size": SIZE}.get(
        type, {"type": "string", "minLength": 1}
    )
    personal = "; needs personal_data=true" if name in PERSONAL.get(kind, ()) else ""
    about = ABOUT.get(name, "A filter of the platform's own") + personal
    return Parameter(name, about, {"type": "string", "enum": list(words)} if words else schema)


ABOUT = {
    "starts_after": "Only events that start at or after this time",
    "starts_before": "Only events that start before this time",
    "status": "Only those of this status",
    "q": "Only events with these words in their name",
    "buyer_email": "Only those of this buyer",
    "checked_in": "Only those who are in, or only those who are not",
}

"""The query of a request, read and checked. A name that the route does not know is refused with those that it does."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from connectors.credentials import DEFAULT
from connectors.errors import InvalidArgument
from connectors.filters import flag_of, moment_of
from connectors.models import UnifiedAttendee, UnifiedOrder

from .errors import PersonalDataRefused

PERSONAL = {"attendees": UnifiedAttendee.personal, "orders": UnifiedOrder.personal}


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked: which account, what of each record is given, and what is handed to the connector. `inputs` are
    those of a listing that the platform alone has.
    """

    account: str
    raw: bool
    personal_data: bool
    page: Mapping[str, Any] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)


def read_none(text: str) -> None:
    """The query of a route that takes none."""
    _check_names(_values(text), ())


def read(text: str, *, records: bool = True) -> Query:
    """The query of a route that gives one thing; only for a record can `raw` and `personal_data` be asked."""
    values = _values(text)
    _check_names(values, ("account", *(("personal_data", "raw") if records else ())))
    return _query(values)


def read_page(text: str, kind: str, filters: Iterable[str]) -> Query:
    """The query of a listing. A filter by a personal field tells who is in the list, so it needs personal_data too."""
    values, filters = _values(text), set(filters)
    _check_names(values, {"account", "personal_data", "raw", *_PAGE, *filters})
    page: dict[str, Any] = {name: _PAGE[name](name, value) for name, value in values.items() if name in _PAGE}
    page["filters"] = {name: value for name, value in values.items() if name in filters}
    return _query(values, page, PERSONAL.get(kind, frozenset()))


def read_own(text: str, inputs: Iterable[str], *, paged: bool) -> Query:
    """The query of a listing that the platform alone has. Its inputs are checked by the connector."""
    values, inputs, places = _values(text), set(inputs), {"page", "page_size", "cursor"} if paged else set()
    _check_names(values, {"account", "personal_data", "raw", *places, *inputs})
    query = _query(values, {name: _PAGE[name](name, value) for name, value in values.items() if name in places})
    return replace(query, inputs={name: value for name, value in values.items() if name in inputs})


def flag(text: str, name: str) -> tuple[bool, str]:
    """A flag of the query, and the query without it."""
    values = _values(text)
    said = values.pop(name, "false")
    return flag_of(name, said), urlencode(values)


def _values(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name in values:
            raise InvalidArgument(name, f"{name} is given twice.", "Give it once.")
        values[name] = value
    return values


def _check_names(values: Mapping[str, str], valid: Collection[str]) -> None:
    advice = f"Valid: {', '.join(sorted(valid))}." if valid else "There are none."
    for name in values:
        if name not in valid:
            raise InvalidArgument(name, f"{name!r} is not a parameter here.", advice)


def _query(
    values: Mapping[str, str], page: Mapping[str, Any] | None = None, personal: frozenset[str] = frozenset()
) -> Query:
    wanted = flag_of("personal_data", values.get("personal_data", "false"))
    raw = flag_of("raw", values.get("raw", "false"))
    if wanted and os.environ.get("SPEKTA_ALLOW_PERSONAL_DATA") != "true":
        raise PersonalDataRefused("Personal data is not given here.", "The operator has not switched it on.")
    for name in [*sorted(personal.intersection(values)), *(["raw"] if raw else [])]:
        if not wanted:
            raise InvalidArgument(name, f"{name} concerns personal data.", "Add personal_data=true.")
    return Query(values.get("account") or DEFAULT, raw, wanted, page or {})


def _text(name: str, value: str) -> str:
    if not value:
        raise InvalidArgument(name, f"{name} is empty.", "Leave it out instead.")
    return value


def _whole(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise InvalidArgument(name, f"{name} is not a whole number.") from None


_PAGE: Mapping[str, Callable[[str, str], Any]] = {
    "page": _whole,
    "page_size": _whole,
    "cursor": _text,
    "since": moment_of,
}

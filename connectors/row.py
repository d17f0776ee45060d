"""Row: the lenient reader over one provider record.

Every reader takes one path or several and gives the first value that is there, else None; `values` coerces it, and
nothing else does. What cannot be read raises `Unreadable`, which the connector turns into a problem of that one record.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import values
from .amounts import in_major, in_minor, total
from .models import Venue
from .paths import dig, elements, every
from .values import Unreadable

__all__ = ["Row", "Surroundings", "Unreadable", "earliest", "in_major", "in_minor", "latest", "vocabulary"]


@dataclass(slots=True)
class Surroundings:
    """What a mapping may read beside its own row: the event's row, sibling listings by key, options, and the answer."""

    options: Mapping[str, Any] = field(default_factory=dict)
    page: Any = None
    event: "Row | None" = None
    joined: Mapping[str, Mapping[str, list["Row"]]] = field(default_factory=dict)


NOWHERE = Surroundings()


class Row:
    """One provider record. `data` is the record itself, `path` where it stands in the answer."""

    __slots__ = ("around", "data", "found", "inside", "number", "place", "said")

    def __init__(
        self,
        data: Any,
        around: Surroundings = NOWHERE,
        inside: "Row | None" = None,
        place: str = "",
        number: int | None = None,
    ) -> None:
        self.data = data
        self.around = around
        self.inside = inside
        self.place = place
        self.number = number
        self.said: str | None = None
        self.found: dict[str, Row] | None = None

    def __repr__(self) -> str:
        return f"Row({self.path or '.'})"

    @property
    def path(self) -> str:
        """Where the row stands in the answer."""
        before = self.inside.path if self.inside else ""
        number = "" if self.number is None else f"[{self.number}]"
        return f"{before}.{self.place}{number}".strip(".")

    # One value

    def value(self, *paths: str) -> Any:
        """The first value that is there, as it came."""
        data = self.data
        for path in paths:
            value = dig(data, path)
            if value is not None and value != "":
                return value
        return None

    def text(self, *paths: str) -> str | None:
        """Text; numbers become text, blank and masked ("****") text is None."""
        data = self.data
        for path in paths:
            value = dig(data, path)
            if type(value) is str:
                stripped = value.strip()
                if stripped and (stripped[0] != "*" or stripped.strip("*")):
                    return stripped
            elif isinstance(value, int | Decimal) and not isinstance(value, bool):
                return str(value)
        return None

    def id(self, *paths: str) -> str:
        """An identity, `id` unless told otherwise. Raises Unreadable where there is none."""
        found = self.ref(*(paths or ("id",)))
        if found is None:
            raise Unreadable((paths or ("id",))[0], "no identity")
        return found

    def ref(self, *paths: str) -> str | None:
        """The id of another record, given as text, number, or an object with an `id`.

        Of a path within the platform, as JSON-LD has it in `@id`, it is the last part: `/v1/orders/61` is 61.
        """
        data = self.data
        for path in paths:
            found = values.ref(dig(data, path))
            if found is not None:
                return found
        return None

    def refs(self, path: str) -> tuple[str, ...]:
        """The ids at a path, each once: one, several with `[]`, or none."""
        return tuple(dict.fromkeys(filter(None, map(values.ref, every(self.data, path)))))

    def name(self, *paths: str) -> str | None:
        """Parts of a person's name as one."""
        return " ".join(filter(None, (self.text(path) for path in paths))) or None

    def whole(self, *paths: str) -> int | None:
        """A whole number. `[]` in a path adds up, and is None where a part is null."""
        data = self.data
        for path in paths:
            value = dig(data, path)
            if type(value) is int:
                return value
            found = self._values(path)
            if found:
                return None if None in found else sum([values.whole(path, value) for value in found])
        return None

    def quantity(self, path: str) -> int:
        """How many, whether told with a minus or without. Raises Unreadable where it is not told."""
        number = self.whole(path)
        if number is None:
            raise Unreadable(path, "no number")
        return abs(number)

    def flag(self, *paths: str) -> bool | None:
        """A truth value, also of the words and digits that stand for one."""
        value = self.value(*paths)
        return None if value is None else values.flag(paths[0], value)

    def moment(self, *paths: str, zone: str | None = None) -> datetime | None:
        """An ISO 8601 time in UTC, its date with dashes or slashes. A time without an offset needs the `zone` (IANA)
        it is in, else it is Unreadable.

        `a+b` is a date and a time of day in two places; where there is only the date, it is the day's first moment.
        """
        data = self.data
        for path in paths:
            value = self._day_and_time(path) if "+" in path else dig(data, path)
            if value is not None and value != "":
                return values.moment(path, value, zone)
        return None

    def _day_and_time(self, path: str) -> str | None:
        day, _, time = path.partition("+")
        return None if self.value(day) is None else f"{self.value(day)}T{self.value(time) or '00:00'}"

    def unix(self, *paths: str) -> datetime | None:
        """A time given in seconds since 1970."""
        seconds = self.whole(*paths)
        return None if seconds is None else values.unix(paths[0], seconds)

    def minor(self, *paths: str, currency: str | None, per_unit: int | None = None) -> Decimal | None:
        """An amount in minor units, in major ones. `[]` adds up. `per_unit`: minor units in one, where the platform
        says.
        """
        return in_minor(currency, per_unit)(self, *paths)

    def major(self, *paths: str, currency: str | None) -> Decimal | None:
        """An amount in major units. `[]` adds up, and is None where a part is null."""
        for path in paths:
            found = self._values(path)
            if found:
                return None if None in found else total(path, found, currency)
        return None

    def decimal(self, *paths: str) -> Decimal | None:
        """A number that is not money: a coordinate, a rate."""
        value = self.value(*paths)
        return None if value is None else values.decimal(paths[0], value)

    def rate(self, *paths: str) -> Decimal | None:
        """A tax rate as a part of one: 20, "20.00" and 0.2 are all 0.2."""
        rate = self.decimal(*paths)
        return rate if rate is None or rate < 1 else rate / 100

    def choice(self, path: str, words: Mapping[str, Any]) -> Any:
        """Our word for the platform's, whatever its case; "unknown" for one not listed. The platform's word is kept."""
        said = self.text(path)
        if said is None:
            return "unknown"
        self.said = said
        if known := words.get(said):
            return known
        alike = said.casefold()
        return next((ours for word, ours in words.items() if word.casefold() == alike), "unknown")

    def currency(self, *paths: str) -> str | None:
        """An ISO 4217 code, in capitals."""
        code = self.text(*paths)
        return None if code is None else values.currency(paths[0], code)

    def country(self, *paths: str) -> str | None:
        """An ISO 3166 alpha-2 code, from two letters, three letters, or the country's English name."""
        said = self.text(*paths)
        return None if said is None else values.country(said)

    def plain(self, *paths: str) -> str | None:
        """Text without HTML: tags out, entities resolved, line ends kept."""
        said = self.text(*paths)
        return None if said is None else values.plain(said)

    def venue(self, path: str, *same: str, **fields: str | tuple[str, ...]) -> Venue:
        """A place by the paths of its fields below `path`; `a+b` is a field that is given in two parts. Those of the
        `same` name on the platform need no path.
        """
        place = self.at(path)
        read = {"country": place.country, "latitude": place.decimal, "longitude": place.decimal}
        told: dict[str, tuple[str, ...]] = {name: (name,) for name in same}
        told |= {name: _paths(path) for name, path in fields.items()}
        return Venue.model_validate({name: read.get(name, place._line)(*paths) for name, paths in told.items()})

    # Parts

    def has(self, path: str) -> bool:
        """Whether there is something at the path that is not null, empty or false."""
        return bool(dig(self.data, path))

    def at(self, path: str) -> "Row":
        """The part at the path; an empty one where there is none."""
        return Row(dig(self.data, path), self.around, self, path)

    def rows(self, path: str) -> "list[Row]":
        """The parts at a path with `[]`."""
        before, _, after = path.partition("[]")
        holder, place = self, before
        if "." in before:
            way, _, place = before.rpartition(".")
            holder = self.at(way)
        around = self.around
        found = [
            Row(element, around, holder, place, number)
            for number, element in enumerate(elements(dig(holder.data, place)))
            if element is not None
        ]
        return [part for row in found for part in row.rows(after.removeprefix("."))] if after else found

    def members(self, path: str) -> "list[Row]":
        """The parts of an object whose keys are no names but ids; of a list, its elements."""
        holder = self.at(path)
        named = holder.data.items() if isinstance(holder.data, dict) else enumerate(elements(holder.data))
        return [Row(value, self.around, holder, str(key)) for key, value in named if value is not None]

    def descend(self, key: str) -> "Iterator[Row]":
        """Every element of every list under that key, at any depth."""
        parts = [self]
        while parts:
            part = parts.pop(0)
            inner = (
                part.data.values() if isinstance(part.data, dict) else part.data if isinstance(part.data, list) else ()
            )
            if isinstance(part.data, dict):
                yield from part.rows(f"{key}[]")
            parts += [Row(value, self.around, part) for value in inner if isinstance(value, dict | list)]

    def texts(self, path: str) -> list[str]:
        """The texts at a path with `[]`."""
        return [str(value) for value in every(self.data, path) if isinstance(value, str | int)]

    def pairs(self, path: str, key: str | tuple[str, ...], value: str | tuple[str, ...]) -> dict[str, str] | None:
        """Questions and answers: a list of objects as a dictionary."""
        found = {row.text(*_paths(key)): row.text(*_paths(value)) for row in self.rows(f"{path}[]")}
        return {key: value for key, value in found.items() if key and value} or None

    # Surroundings

    @property
    def up(self) -> "Row":
        """The object that this row lies in."""
        return self.inside or Row(None, self.around)

    @property
    def event(self) -> "Row":
        """The row of the event that this record belongs to."""
        return self.around.event or Row(None, self.around)

    @property
    def page(self) -> "Row":
        """The whole answer that this row came in."""
        return Row(self.around.page, self.around)

    def option(self, name: str) -> Any:
        """An option of the connection."""
        return self.around.options.get(name)

    def joined(self, name: str, key: str | None) -> "list[Row]":
        """The rows of a sibling listing that have this key."""
        return self.around.joined.get(name, {}).get(key, []) if key is not None else []

    def linked(self, name: str, path: str) -> "Row":
        """The record that the id at a path names in a sibling listing; where it is not there, what is at the path."""
        return next(iter(self.joined(name, self.ref(path))), self.at(path))

    def sole(self, name: str, key: str | None) -> "Row":
        """The row of a sibling listing that has this key; an empty one where there is none, or more than one."""
        found = self.joined(name, key)
        return found[0] if len(found) == 1 else Row(None, self.around)

    def looked_up(self, name: str) -> "Row | None":
        """What a call for this very row answered; None where it was not made."""
        return self.found.get(name) if self.found else None

    def _line(self, *paths: str) -> str | None:
        lines = (", ".join(filter(None, map(self.text, path.split("+")))) for path in paths)
        return next(filter(None, lines), None)

    def _values(self, path: str) -> list[Any]:
        if "[]" not in path:
            value = dig(self.data, path)
            return [] if value is None or value == "" else [value]
        if path.endswith("[]"):
            return every(self.data, path)
        before, _, last = path.rpartition("[].")
        parts = [part for part in every(self.data, f"{before}[]") if isinstance(part, dict)]
        return [dig(part, last) for part in parts if last.split(".")[0] in part]


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """The first of the times that are known."""
    return min((moment for moment in moments if moment), default=None)


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """The last of the times that are known."""
    return max((moment for moment in moments if moment), default=None)


def vocabulary(**words: str | Iterable[str]) -> Mapping[str, Any]:
    """What a platform's words mean, for `Row.choice`: under each of ours those of theirs, with blanks between.

    Words with blanks of their own are given as a tuple.
    """
    listed = {ours: theirs.split() if isinstance(theirs, str) else theirs for ours, theirs in words.items()}
    return {word: ours for ours, theirs in listed.items() for word in theirs}


def _paths(paths: str | tuple[str, ...]) -> tuple[str, ...]:
    return (paths,) if isinstance(paths, str) else paths

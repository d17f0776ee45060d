"""Row: the lenient reader over one provider record, and the only place that coerces.

Every reader takes one path or several and gives the first value that is there, else None. Only lossless repair is done
("12" is 12); what cannot be read raises `Unreadable`, which the connector turns into a problem of that one record.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from . import money
from .models import Venue
from .paths import dig, elements, every

LARGEST_EXPONENT = 18  # of a number that means something, and can be reckoned with exactly
_LINE_END = re.compile(r"<(?:br|/p|/div|/li|/h\d)\b[^<>]*>", re.I)
# Each part ends at the end of the text at the latest: a `<` is looked at once, however many there are.
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)|</?[a-z][^<>]*>|<![a-z][^<>]*>", re.I | re.S
)
_TEXTUAL = (str, int)
_NO_DATES = ("0000-00-00", "1900-01-01")  # what databases hold where there is no date
_COUNTRIES = {  # as platforms write some; ISO 3166 has other names
    "CORSE": "FR",
    "CZECH REPUBLIC": "CZ",
    "RUSSIA": "RU",
    "SOUTH KOREA": "KR",
    "TAIWAN": "TW",
    "TURKEY": "TR",
    "UK": "GB",
    "UNITED KINGDOM": "GB",
    "UNITED STATES": "US",
    "VIETNAM": "VN",
}
_FLAGS: Mapping[Any, bool] = {
    1: True,
    0: False,
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "yes": True,
    "no": False,
}


class Unreadable(ValueError):
    """A value that cannot be read; knows its path."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(slots=True)
class Surroundings:
    """What a mapping may read beside its own row: the event's row, sibling listings by key, options, and the answer."""

    options: Mapping[str, Any] = field(default_factory=dict)
    page: Any = None
    event: "Row | None" = None
    joined: Mapping[str, Mapping[str, list["Row"]]] = field(default_factory=dict)


NOWHERE = Surroundings()


Reader = Callable[["Row", str], Decimal | None]  # of the amount at a path


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
            found = _ref(dig(data, path))
            if found is not None:
                return found
        return None

    def refs(self, path: str) -> tuple[str, ...]:
        """The ids at a path, each once: one, several with `[]`, or none."""
        return tuple(dict.fromkeys(filter(None, map(_ref, every(self.data, path)))))

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
            values = self._values(path)
            if values:
                return None if None in values else sum([_whole(path, value) for value in values])
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
        if value is None:
            return None
        known = _FLAGS.get(value.lower() if isinstance(value, str) else value) if isinstance(value, str | int) else None
        if known is None:
            raise Unreadable(paths[0], f"{_shown(value)} is neither true nor false")
        return known

    def moment(self, *paths: str, zone: str | None = None) -> datetime | None:
        """An ISO 8601 time in UTC, its date with dashes or slashes. A time without an offset needs the `zone` (IANA)
        it is in, else it is Unreadable.

        `a+b` is a date and a time of day in two places; where there is only the date, it is the day's first moment.
        """
        path, value = "", None
        for path in paths:
            value = self._day_and_time(path) if "+" in path else self.value(path)
            if value is not None:
                break
        if value is None or str(value).startswith(_NO_DATES):
            return None
        if isinstance(value, str) and value[4:5] == "/":
            value = value.replace("/", "-", 2)
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise Unreadable(path, f"{_shown(value)} is not a time") from None
        if moment.tzinfo is None:
            if zone is None:
                raise Unreadable(path, f"{_shown(value)} has no time zone")
            moment = moment.replace(tzinfo=_zone(zone))
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise Unreadable(path, f"{_shown(value)} is not a time") from None

    def _day_and_time(self, path: str) -> str | None:
        day, _, time = path.partition("+")
        return None if self.value(day) is None else f"{self.value(day)}T{self.value(time) or '00:00'}"

    def unix(self, *paths: str) -> datetime | None:
        """A time given in seconds since 1970."""
        seconds = self.whole(*paths)
        try:
            return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, OSError, ValueError):
            raise Unreadable(paths[0], f"{seconds} is not a time") from None

    def minor(self, *paths: str, currency: str | None, per_unit: int | None = None) -> Decimal | None:
        """An amount in minor units, in major ones. `[]` adds up. `per_unit`: minor units in one, where the platform
        says.
        """
        return in_minor(currency, per_unit)(self, *paths)

    def major(self, *paths: str, currency: str | None) -> Decimal | None:
        """An amount in major units. `[]` adds up, and is None where a part is null."""
        for path in paths:
            values = self._values(path)
            if values:
                return None if None in values else _sum(path, values, currency)
        return None

    def decimal(self, *paths: str) -> Decimal | None:
        """A number that is not money: a coordinate, a rate."""
        value = self.value(*paths)
        return None if value is None else _decimal(paths[0], value)

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
        alike = said.casefold()
        return words.get(said) or next((ours for word, ours in words.items() if word.casefold() == alike), "unknown")

    def currency(self, *paths: str) -> str | None:
        """An ISO 4217 code, in capitals."""
        code = self.text(*paths)
        if code is None:
            return None
        if not (len(code) == 3 and code.isalpha() and code.isascii()):
            raise Unreadable(paths[0], f"{_shown(code)} is not a currency")
        return code.upper()

    def country(self, *paths: str) -> str | None:
        """An ISO 3166 alpha-2 code, from two letters, three letters, or the country's English name."""
        said = self.text(*paths)
        return None if said is None else _country(said)

    def plain(self, *paths: str) -> str | None:
        """Text without HTML: tags out, entities resolved, line ends kept."""
        said = self.text(*paths)
        if said is None or not ("<" in said or "&" in said):
            return said
        lines = html.unescape(_TAG.sub("", _LINE_END.sub("\n", said))).splitlines()
        return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line) or None

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
            values = (
                part.data.values() if isinstance(part.data, dict) else part.data if isinstance(part.data, list) else ()
            )
            if isinstance(part.data, dict):
                yield from part.rows(f"{key}[]")
            parts += [Row(value, self.around, part) for value in values if isinstance(value, dict | list)]

    def texts(self, path: str) -> list[str]:
        """The texts at a path with `[]`."""
        return [str(value) for value in every(self.data, path) if isinstance(value, _TEXTUAL)]

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


class Amounts:
    """Reads the amounts of one currency from rows, and adds them up."""

    __slots__ = ("_read", "currency")

    def __init__(self, read: Reader, currency: str | None) -> None:
        self._read = read
        self.currency = currency

    def __call__(self, row: Row, path: str, *others: str) -> Decimal | None:
        """The first amount that is there."""
        amount = self._read(row, path)
        return self(row, *others) if amount is None and others else amount

    def first(self, rows: Iterable[Row], path: str) -> Decimal | None:
        """What the first of the rows tells that tells it."""
        return next((amount for row in rows if (amount := self(row, path)) is not None), None)

    def lowest(self, rows: Iterable[Row], *paths: str) -> Decimal | None:
        """The lowest of what the rows tell, of each the first path that is there; None where none of them does."""
        return min((amount for row in rows if (amount := self(row, *paths)) is not None), default=None)

    def sum_known(self, rows: Iterable[Row], *paths: str) -> Decimal | None:
        """What the rows tell, together; None where none of them does."""
        return money.sum_known(self(row, path) for row in rows for path in paths)

    def sum_or_zero(self, rows: Iterable[Row], *paths: str) -> Decimal:
        """What the rows tell, together; zero where none of them does."""
        return money.sum_or_zero((self(row, path) for row in rows for path in paths), self.currency)

    def sum_complete(self, rows: Iterable[Row], path: str) -> Decimal | None:
        """What the rows tell, together; zero where there are none, None where one does not tell."""
        return money.sum_complete((self(row, path) for row in rows), self.currency)


@lru_cache(maxsize=256)
def in_minor(currency: str | None, per_unit: int | None = None) -> Amounts:
    """Amounts in minor units. `per_unit` as in `Row.minor`."""
    return Amounts(_minor_reader(currency, per_unit), currency)


@lru_cache(maxsize=256)
def in_major(currency: str | None, unsigned: bool = False) -> Amounts:
    """Amounts in major units. `unsigned` reads what was given back alike, told with a minus or without."""

    def read(row: Row, path: str) -> Decimal | None:
        amount = row.major(path, currency=currency)
        return abs(amount) if unsigned and amount is not None else amount

    return Amounts(read, currency)


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


def _minor_reader(currency: str | None, per_unit: int | None) -> Reader:
    """How amounts in minor units of a currency are read from a row, at a path."""
    unit = None if currency is None else money.minor_unit(currency, per_unit)

    def read(row: Row, path: str) -> Decimal | None:
        amount = dig(row.data, path)
        if unit is not None and type(amount) is int and abs(amount) <= money.LARGEST:
            return amount * unit
        amount = row.whole(path)
        if amount is None:
            return None
        if currency is None:
            raise Unreadable(path, "an amount in minor units without a currency")
        try:
            return money.from_minor(amount, currency, per_unit)
        except (ValueError, ArithmeticError) as error:
            raise Unreadable(path, str(error)) from None

    return read


def _paths(paths: str | tuple[str, ...]) -> tuple[str, ...]:
    return (paths,) if isinstance(paths, str) else paths


def _ref(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("id", value.get("@id"))
    if type(value) is str:
        return (value.rpartition("/")[2] if value.startswith("/") else value) or None
    return str(value) if isinstance(value, _TEXTUAL) and not isinstance(value, bool) and value != "" else None


def _shown(value: Any) -> str:
    return repr(value) if len(repr(value)) <= 40 else f"{repr(value)[:40]}…"


def _whole(path: str, value: Any) -> int:
    if type(value) is int:
        return value
    number = _decimal(path, value)
    if number != number.to_integral_value():
        raise Unreadable(path, f"{_shown(value)} is not a whole number")
    return int(number)


def _decimal(path: str, value: Any) -> Decimal:
    if type(value) is bool or not isinstance(value, str | int | Decimal):
        raise Unreadable(path, f"{_shown(value)} is not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise Unreadable(path, f"{_shown(value)} is not a number") from None
    if not number.is_finite() or number.adjusted() > LARGEST_EXPONENT:
        raise Unreadable(path, f"{_shown(value)} is not a number")
    return number


def _sum(path: str, values: Iterable[Any], currency: str | None) -> Decimal:
    amount = money.without_noise(sum((_decimal(path, value) for value in values), money.ZERO))
    if currency is None:
        return amount
    try:
        return money.exact(amount, currency)
    except (ValueError, ArithmeticError) as error:
        raise Unreadable(path, str(error)) from None


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Unreadable("timezone", f"{_shown(name)} is not a time zone") from None


@lru_cache(maxsize=512)
def _country(said: str) -> str | None:
    if known := _COUNTRIES.get(said.upper()):
        return known
    if len(said) == 2 and said.isascii() and said.isalpha():
        return said.upper()
    import iso3166  # only where a platform writes countries out

    listed = iso3166.countries.get(said, None)
    return listed.alpha2 if listed else None

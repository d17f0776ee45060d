"""Coerces single values of a platform's answer. Only lossless repair is done ("12" is 12); each function takes the path
at which a value stood, and raises Unreadable with it for what cannot be read.
"""

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

LARGEST_EXPONENT = 18  # of a number that means something, and can be reckoned with exactly
_LINE_END = re.compile(r"<(?:br|/p|/div|/li|/h\d)\b[^<>]*>", re.I)
# Each part ends at the end of the text at the latest: a `<` is looked at once, however many there are.
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)|</?[a-z][^<>]*>|<![a-z][^<>]*>", re.I | re.S
)
_TEXTUAL = (str, int)
_NO_DATE, _NO_YEAR = "0000-00-00", 1900  # what databases hold where there is no date, the latter with its first day
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


def text(value: Any) -> str | None:
    """Text as it is, a whole number in digits; None for anything else."""
    return str(value) if isinstance(value, _TEXTUAL) and not isinstance(value, bool) and value != "" else None


def ref(value: Any) -> str | None:
    """An id, given as text, number, or an object with an `id`. Of a path within the platform the last part."""
    if isinstance(value, dict):
        value = value.get("id", value.get("@id"))
    if type(value) is str:
        return (value.rpartition("/")[2] if value.startswith("/") else value) or None
    return text(value)


def flag(path: str, value: Any) -> bool:
    """A truth value, also of the words and digits that stand for one."""
    if type(value) is bool:
        return value
    known = _FLAGS.get(value.lower() if isinstance(value, str) else value) if isinstance(value, str | int) else None
    if known is None:
        raise Unreadable(path, f"{shown(value)} is neither true nor false")
    return known


def whole(path: str, value: Any) -> int:
    """A whole number."""
    if type(value) is int:
        return value
    number = decimal(path, value)
    if number != number.to_integral_value():
        raise Unreadable(path, f"{shown(value)} is not a whole number")
    return int(number)


def decimal(path: str, value: Any) -> Decimal:
    """A number."""
    if type(value) is bool or not isinstance(value, str | int | Decimal):
        raise Unreadable(path, f"{shown(value)} is not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise Unreadable(path, f"{shown(value)} is not a number") from None
    if not number.is_finite() or number.adjusted() > LARGEST_EXPONENT:
        raise Unreadable(path, f"{shown(value)} is not a number")
    return number


def moment(path: str, value: Any, zone: str | None) -> datetime | None:
    """An ISO 8601 time in UTC; None for what stands for no date. `zone` is that of a time without an offset."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return _slashed(path, value, zone)
    if found.year == _NO_YEAR and (found.month, found.day) == (1, 1):
        return None
    if found.tzinfo is UTC:
        return found
    if found.tzinfo is None:
        if zone is None:
            raise Unreadable(path, f"{shown(value)} has no time zone")
        found = found.replace(tzinfo=_zone(zone))
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise Unreadable(path, f"{shown(value)} is not a time") from None


def _slashed(path: str, value: Any, zone: str | None) -> datetime | None:
    """A time whose date has slashes; None for a date of zeros."""
    if str(value).startswith(_NO_DATE):
        return None
    if isinstance(value, str) and value[4:5] == "/":
        return moment(path, value.replace("/", "-", 2), zone)
    raise Unreadable(path, f"{shown(value)} is not a time")


def unix(path: str, seconds: int) -> datetime:
    """A time given in seconds since 1970."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise Unreadable(path, f"{seconds} is not a time") from None


def currency(path: str, code: str) -> str:
    """An ISO 4217 code, in capitals."""
    if not (len(code) == 3 and code.isalpha() and code.isascii()):
        raise Unreadable(path, f"{shown(code)} is not a currency")
    return code.upper()


@lru_cache(maxsize=512)
def country(said: str) -> str | None:
    """An ISO 3166 alpha-2 code, from two letters, three letters, or the country's English name; None for others."""
    if known := _COUNTRIES.get(said.upper()):
        return known
    if len(said) == 2 and said.isascii() and said.isalpha():
        return said.upper()
    import iso3166  # only where a platform writes countries out

    listed = iso3166.countries.get(said, None)
    return listed.alpha2 if listed else None


def plain(said: str) -> str | None:
    """Text without HTML: tags out, entities resolved, line ends kept."""
    if not ("<" in said or "&" in said):
        return said
    lines = html.unescape(_TAG.sub("", _LINE_END.sub("\n", said))).splitlines()
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line) or None


def shown(value: Any) -> str:
    """A value as errors show it."""
    return repr(value) if len(repr(value)) <= 40 else f"{repr(value)[:40]}…"


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Unreadable("timezone", f"{shown(name)} is not a time zone") from None

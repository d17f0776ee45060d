"""How platforms page: Once, Pages, Offset, Cursor, and Split around Pages. All stateless.

`ask` says which parameters a request carries at a state, `after` what the state is then: a small JSON value, or None
at the end. Links are never followed; only a parameter is taken out of them, so neither their host nor a token in them
matters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from .paths import dig, holds

State = Any


class Repeats(ValueError):
    """The platform gave the cursor that it was asked with: the walk would never end."""


class TooMany(ValueError):
    """More records start in one minute than the platform lets be read."""


class Astray(ValueError):
    """The link to what comes next has not the parameter that was expected: to stop there would hide the rest."""


class Pager(Protocol):
    """`largest` is the most records that the platform gives at once; None where it cannot be asked for a size."""

    @property
    def largest(self) -> int | None: ...

    def ask(self, state: State, size: int) -> dict[str, Any]: ...

    def after(self, answer: Any, rows: int, state: State) -> State | None: ...

    def total(self, answer: Any) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Once:
    """The whole list in one answer."""

    largest: None = None

    def ask(self, state: State, size: int) -> dict[str, Any]:
        return {}

    def after(self, answer: Any, rows: int, state: State) -> State | None:
        return None

    def total(self, answer: Any) -> int | None:
        return None


@dataclass(frozen=True, slots=True)
class Pages:
    """Numbered pages. The end is where `more` is null or false, else where `last` is the number of the page, else where
    `count` rows were seen, else at a short page. Of several paths the first that is there tells; where there is but
    one `more`, or with `silence_ends`, its absence is the end too. A size under the `smallest` is not asked for.

    A short first page proves nothing, as platforms cut sizes silently: then one more is asked for.
    State: [page number, rows seen, rows on the first page].
    """

    page: str
    size: str | None = None
    largest: int | None = None
    first: int = 1
    count: str | tuple[str, ...] | None = None
    more: str | tuple[str, ...] | None = None
    last: str | tuple[str, ...] | None = None
    silence_ends: bool = False
    smallest: int = 1

    def ask(self, state: State, size: int) -> dict[str, Any]:
        number = state[0] if state else self.first
        wanted = max(self.smallest, min(size, self.largest or size))
        return {self.page: number} | ({self.size: wanted} if self.size else {})

    def after(self, answer: Any, rows: int, state: State) -> State | None:
        number, seen, full = state or (self.first, 0, None)
        seen += rows
        following = [number + 1, seen, rows if full is None else full]
        if not rows:
            return None
        told = self._told(answer, number, seen)
        goes_on = (full is None or rows >= full) if told is None else told
        return following if goes_on else None

    def total(self, answer: Any) -> int | None:
        return _count(answer, self.count)

    def _told(self, answer: Any, number: int, seen: int) -> bool | None:
        """Whether the answer says that there is more; None where it does not say."""
        if isinstance(self.more, str):
            return bool(dig(answer, self.more))
        if (path := next((path for path in self.more or () if holds(answer, path)), None)) is not None:
            return bool(dig(answer, path))
        if self.silence_ends:
            return False
        if (last := _count(answer, self.last)) is not None:
            return number - self.first + 1 < last
        total = self.total(answer)
        return None if total is None else seen < total

    def jump(self, page: int, size: int) -> State:
        """The state at which a page of that size is asked for."""
        return [self.first + page - 1, (page - 1) * size, size]

    def was_short(self, answer: Any, state: State, size: int) -> bool:
        """Whether this is the one extra request after a first page shorter than asked for."""
        if not state or state[0] != self.first + 1 or state[2] >= size:
            return False
        return self._told(answer, state[0], state[1]) is None


@dataclass(frozen=True, slots=True)
class Offset:
    """How many rows to leave out. The end is where `count` rows were seen, else at a page shorter than the one before.

    `form` writes a range, such as `{start}-{end}`, in place of offset and size; it is always of the largest size, as
    platforms may count such ranges in pages. State: [rows seen, rows on the first page].
    """

    offset: str
    size: str | None = None
    largest: int | None = None
    count: str | None = None
    more: str | None = None
    form: str | None = None

    def ask(self, state: State, size: int) -> dict[str, Any]:
        start, wanted = (state[0] if state else 0), min(size, self.largest or size)
        if self.form:
            return {self.offset: self.form.format(start=start, end=start + (self.largest or size))}
        return {self.offset: start} | ({self.size: wanted} if self.size else {})

    def after(self, answer: Any, rows: int, state: State) -> State | None:
        seen, full = state or (0, None)
        seen += rows
        following = [seen, rows if full is None else full]
        total = self.total(answer)
        if not rows or (self.more is not None and not dig(answer, self.more)):
            return None
        if total is not None:
            return following if seen < total else None
        return following if self.more is not None or full is None or rows >= full else None

    def total(self, answer: Any) -> int | None:
        return _count(answer, self.count)

    def was_short(self, answer: Any, state: State, size: int) -> bool:
        """Whether this is the one extra request after a first page shorter than asked for."""
        first = bool(state) and state[0] == state[1] < size
        return first and self.more is None and self.total(answer) is None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A token for what comes next: at `next` (`data[-1].id` is the last row's id), or the parameter in the URL at
    `link`.

    The end is where `more` is null or false, where there is no token or no row, and, where it `stays`, a token equal
    to the one sent. A link without that parameter is an error. State: the token.
    """

    parameter: str
    next: str | None = None
    link: str | None = None
    more: str | None = None
    size: str | None = None
    largest: int | None = None
    count: str | None = None
    stays: bool = False

    def ask(self, state: State, size: int) -> dict[str, Any]:
        wanted = {self.size: min(size, self.largest or size)} if self.size else {}
        return wanted | ({self.parameter: state} if state is not None else {})

    def after(self, answer: Any, rows: int, state: State) -> State | None:
        if not rows or (self.more is not None and not dig(answer, self.more)):
            return None
        token = self._token(answer)
        if token in (None, ""):
            return None
        if token == state:
            if self.stays:
                return None
            raise Repeats(f"{self.parameter}={token}")
        return token

    def total(self, answer: Any) -> int | None:
        return _count(answer, self.count)

    def _token(self, answer: Any) -> State:
        if self.link is None:
            return dig(answer, self.next or "")
        link = dig(answer, self.link)
        if not isinstance(link, str) or not link:
            return None
        name = self.parameter.rpartition(".")[2]
        found = parse_qs(urlsplit(link).query).get(name)
        if found is None:
            raise Astray(name)
        return found[0]


@dataclass(frozen=True, slots=True)
class Split:
    """Pages of a listing that only shows its first records: a span of time with `most` or more is halved until it has
    less.

    `start` and `end` bound the span of starting times. What lies in a span that is halved is read with its halves.
    State: [the spans still to do, the first of them being read; the state within it]. A span is [from, to] in seconds
    since 1970; null is open.
    """

    pages: Pages
    start: str
    end: str
    most: int

    @property
    def largest(self) -> int | None:
        return self.pages.largest

    def begin(self, sent: Mapping[str, Any]) -> State:
        """The state at the beginning, within the bounds that filters already ask for."""
        bounds = (sent.get(name) for name in (self.start, self.end))
        return [[[None if bound is None else _seconds(bound) for bound in bounds]], None]

    def ask(self, state: State, size: int) -> dict[str, Any]:
        spans, within = state
        bounds = zip((self.start, self.end), spans[0], strict=True)
        return self.pages.ask(within, size) | {name: _iso(bound) for name, bound in bounds if bound is not None}

    def after(self, answer: Any, rows: int, state: State) -> State | None:
        spans, within = state
        if self.overflows(answer):
            return [[*_halves(*spans[0]), *spans[1:]], None]
        following = self.pages.after(answer, rows, within)
        if following is not None:
            return [spans, following]
        return [spans[1:], None] if len(spans) > 1 else None

    def overflows(self, answer: Any) -> bool:
        """Whether the span is to be halved, and the rows of this answer left to its halves."""
        return (self.pages.total(answer) or 0) >= self.most

    def begins(self, state: State) -> bool:
        """Whether a state is at the first page of a span."""
        return state[1] is None

    def total(self, answer: Any) -> int | None:
        return None


_FIRST, _LAST = 0, 2**32  # what stands for an open end of a span that is to be halved: 1970 and 2106


def _halves(start: int | None, end: int | None) -> list[list[int | None]]:
    """They meet at half past a minute, when hardly anything starts, and overlap by a second, as platforms do not say
    whether the ends of a span are within it. Raises TooMany for a span too short to be halved.
    """
    low, high = _FIRST if start is None else start, _LAST if end is None else end
    middle = (low + high) // 2 // 60 * 60 + 30
    if not low < middle - 1 < middle < high:
        raise TooMany
    return [[start, middle], [middle - 1, end]]


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _count(answer: Any, paths: str | tuple[str, ...] | None) -> int | None:
    for path in (paths,) if isinstance(paths, str) else paths or ():
        found = dig(answer, path)
        found = int(found) if isinstance(found, str) and found.isdecimal() else found
        if isinstance(found, int) and found >= 0:
            return found
    return None

"""How platforms page: Once, Pages, Offset, Cursor. All stateless.

`ask` says which parameters a request carries at a state, `after` what the state is then: a small JSON value, or None
at the end. Links are never followed; only a parameter is taken out of them, so neither their host nor a token in them
matters.
"""

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from .paths import dig

State = Any


class Repeats(ValueError):
    """The platform gave the cursor that it was asked with: the walk would never end."""


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
    """Numbered pages. The end is where `more` (of several paths, each) is null or false, else where `count` rows were
    seen, else at a short page.

    A short first page proves nothing, as platforms cut sizes silently: then one more is asked for.
    State: [page number, rows seen, rows on the first page].
    """

    page: str
    size: str | None = None
    largest: int | None = None
    first: int = 1
    count: str | None = None
    more: str | tuple[str, ...] | None = None

    def ask(self, state: State, size: int) -> dict[str, Any]:
        number = state[0] if state else self.first
        return {self.page: number} | ({self.size: min(size, self.largest or size)} if self.size else {})

    def after(self, answer: Any, rows: int, state: State) -> State | None:
        number, seen, full = state or (self.first, 0, None)
        seen += rows
        following = [number + 1, seen, rows if full is None else full]
        if not rows:
            return None
        if self.more is not None:
            paths = (self.more,) if isinstance(self.more, str) else self.more
            return following if any(dig(answer, path) for path in paths) else None
        total = self.total(answer)
        if total is not None:
            return following if seen < total else None
        return following if full is None or rows >= full else None

    def total(self, answer: Any) -> int | None:
        return _count(answer, self.count)

    def jump(self, page: int, size: int) -> State:
        """The state at which a page of that size is asked for."""
        return [self.first + page - 1, (page - 1) * size, size]

    def was_short(self, state: State, size: int) -> bool:
        """Whether this is the one extra request after a first page shorter than asked for."""
        return self.more is None and bool(state) and state[0] == self.first + 1 and state[2] < size


@dataclass(frozen=True, slots=True)
class Offset:
    """How many rows to leave out. The end is where `count` rows were seen, else at a page shorter than the one before.

    `form` writes a range, such as `{start}-{end}`, in place of offset and size. State: [rows seen, rows on the first
    page].
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
            return {self.offset: self.form.format(start=start, end=start + wanted)}
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


def _count(answer: Any, path: str | None) -> int | None:
    found = dig(answer, path) if path else None
    return found if isinstance(found, int) and found >= 0 else None

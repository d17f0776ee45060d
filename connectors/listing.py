"""The answers of one stream: where the rows are in them, and whether the listing goes on, ends, or goes round."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .caller import Caller, Reply
from .errors import InvalidResponse, NotFound
from .pagers import Pages, Repeats
from .paths import fan_out, holds
from .position import Question
from .provider import Call, Rows, Stream
from .row import NOWHERE, Row, Surroundings

Place = tuple[str, int]


@dataclass(slots=True)
class Listing:
    """Reads a stream's pages. It remembers the states that it was at and its last page, to notice that it goes
    round.
    """

    name: str
    stream: Stream
    call: Call
    caller: Caller
    values: Mapping[str, Any]
    question: Question
    _states: set[str] = field(default_factory=set)
    _page: list[Any] = field(default_factory=list)

    async def read(
        self, state: Any, around: Surroundings, more: Mapping[str, Any] | None = None
    ) -> tuple[list[Row], Any, int | None]:
        """The rows at a state, the state after them (None at the end), and the total where the platform tells it."""
        pager, question = self.stream.pager, self.question
        size = min(pager.largest, question.size) if pager.largest else question.size
        try:
            reply = await self.caller.ask(
                self.call,
                self.values,
                deadline=question.deadline,
                operation=question.operation,
                parameters={**(more or {}), **pager.ask(state, size)},
                row=around.event,
                evidence=self.stream.evidence,
            )
        except NotFound:
            if not (isinstance(pager, Pages) and state):
                raise
            reply = Reply(None, {}, empty=True)  # rows were removed meanwhile, and their last page with them
        around.page = reply.body
        rows = rows_of(reply, self.stream.rows, around, self.name)
        rows, following = self._onward(reply, rows, state, size)
        return rows, following, pager.total(reply.body)

    def _onward(self, reply: Reply, rows: list[Row], state: Any, size: int) -> tuple[list[Row], Any]:
        """The rows that are new, and the state after them. Raises InvalidResponse where the listing goes round."""
        pager = self.stream.pager
        try:
            following = pager.after(reply.body, _outer(reply, self.stream.rows, len(rows)), state)
        except Repeats:
            raise self._goes_round() from None
        data = [row.data for row in rows]
        if data and data == self._page:
            if following is None or (isinstance(pager, Pages) and pager.was_short(state, size)):
                return [], None
            raise self._goes_round()
        self._page = data
        if following is not None and repr(following) in self._states:
            raise self._goes_round()
        self._states.add(repr(following))
        return rows, following

    def _goes_round(self) -> InvalidResponse:
        return InvalidResponse(
            f"{self.name} gives the same page again and again.",
            "Try again later; report it to the platform if it stays.",
        )


def rows_of(reply: Reply, where: Rows, around: Surroundings, name: str) -> list[Row]:
    """The rows of an answer. Raises InvalidResponse where it has no such list."""
    if reply.empty:
        return []
    return [Row(value, around, way, place) for place, value, way in numbered(reply.body, where, name, around)]


def numbered(
    body: Any, where: Rows, name: str, around: Surroundings = NOWHERE
) -> Iterator[tuple[Place, Any, tuple[Any, ...]]]:
    """Each row with where it stands and the objects on the way to it."""
    if callable(where):
        for number, row in enumerate(where(Row(body, around))):
            yield ("", number), row.data, row.way
        return
    options = (where,) if isinstance(where, str) else where
    path = next((path for path in options if holds(body, path)), None)
    if path is None:
        if any(path.endswith("?") for path in options):
            return
        raise InvalidResponse(
            f"{name} answered without the expected list ({options[0] or 'records'}).",
            "The platform may have changed its API.",
        )
    path = path.removesuffix("?")
    spread = path if path.endswith("[]") else f"{path}[]"
    for number, (value, way) in enumerate(fan_out(body, spread)):
        yield (path, number), value, way


def _outer(reply: Reply, where: Rows, rows: int) -> int:
    """How many rows a pager should count: those of the outer list, where rows lie in rows."""
    if callable(where) or reply.empty:
        return rows
    path = next((path for path in ((where,) if isinstance(where, str) else where) if holds(reply.body, path)), "")
    return sum(1 for _ in fan_out(reply.body, path.partition("[]")[0] + "[]")) if "[]" in path else rows

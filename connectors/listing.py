"""The answers of one stream: where the rows are in them, and whether the listing goes on, ends, or goes round."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .caller import Caller, Reply
from .errors import InvalidArgument, InvalidResponse, NotFound, Rejected
from .pagers import Astray, Offset, Pages, Repeats, Split, TooMany
from .paths import every, holds
from .position import Question
from .provider import Call, Rows, Stream
from .row import Row, Surroundings


@dataclass(slots=True)
class Listing:
    """Reads a stream's pages. It remembers the states that it was at, and the size and ends of its last page,
    to notice that it goes round.
    """

    name: str
    stream: Stream
    call: Call
    caller: Caller
    values: Mapping[str, Any]
    question: Question
    _states: set[str] = field(default_factory=set)
    _last: tuple[int, Any, Any] | None = None

    async def read(
        self, state: Any, around: Surroundings, more: Mapping[str, Any] | None = None
    ) -> tuple[list[Row], Any, int | None]:
        """The rows at a state, the state after them (None at the end), and the total where the platform tells it."""
        pager, question = self.stream.pager, self.question
        size = min(pager.largest, question.size) if pager.largest else question.size
        if state is None and isinstance(pager, Split):
            state = pager.begin(more or {})
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
        except Rejected as refused:
            if state is None or refused.param is None or refused.param != getattr(pager, "parameter", None):
                raise
            raise self._expired() from None
        rows = rows_of(reply, self.stream.rows, replace(around, page=reply.body), self.name)
        rows, following = self._onward(reply, rows, state, size)
        return rows, following, pager.total(reply.body)

    def _onward(self, reply: Reply, rows: list[Row], state: Any, size: int) -> tuple[list[Row], Any]:
        """The rows that are new, and the state after them.

        Raises InvalidResponse where the listing goes round, InvalidArgument where it is too long to be read whole.
        """
        pager = self.stream.pager
        try:
            following = pager.after(reply.body, _outer(reply, self.stream.rows, len(rows)), state)
        except Repeats:
            raise self._goes_round() from None
        except TooMany:
            raise self._too_many() from None
        except Astray as lost:
            raise InvalidResponse(
                f"{self.name} gives a link to the next page without {lost}.", "The platform may have changed its API."
            ) from None
        if isinstance(pager, Split):
            rows = [] if pager.overflows(reply.body) else rows
            self._last = None if pager.begins(state) else self._last
        page = (len(rows), rows[0].data, rows[-1].data) if rows else None
        if page and page == self._last:
            ended = following is None and pager.total(reply.body) is None  # else rows were counted twice
            if ended or (isinstance(pager, Pages | Offset) and pager.was_short(reply.body, state, size)):
                return [], None
            raise self._goes_round()
        self._last = page
        if following is not None and repr(following) in self._states:
            raise self._goes_round()
        self._states.add(repr(following))
        return rows, following

    def _expired(self) -> InvalidArgument:
        return InvalidArgument(
            "cursor", f"{self.name} no longer knows the place that the cursor names.", "Start over without it."
        )

    def _too_many(self) -> InvalidArgument:
        return InvalidArgument(
            "filters",
            f"{self.name} does not show all records that start in the same minute: there are too many.",
            "Narrow what is asked for by a filter, or by an option of the connection.",
        )

    def _goes_round(self) -> InvalidResponse:
        return InvalidResponse(
            f"{self.name} gives the same page again and again.",
            "Try again later; report it to the platform if it stays.",
        )


def rows_of(reply: Reply, where: Rows, around: Surroundings, name: str) -> list[Row]:
    """The rows of an answer. Raises InvalidResponse where it has no such list."""
    if reply.empty:
        return []
    return numbered(Row(reply.body, around), where, name)


def numbered(body: Row, where: Rows, name: str) -> list[Row]:
    """Those of a body. Raises InvalidResponse where it has no such list."""
    if callable(where):
        return list(where(body))
    options = (where,) if isinstance(where, str) else where
    path = next((path for path in options if holds(body.data, path)), None)
    if path is None:
        if any(path.endswith("?") for path in options):
            return []
        raise InvalidResponse(
            f"{name} answered without the expected list ({options[0] or 'records'}).",
            "The platform may have changed its API.",
        )
    return body.rows(path.removesuffix("?"))


def _outer(reply: Reply, where: Rows, rows: int) -> int:
    """How many rows a pager should count: those of the outer list, where rows lie in rows."""
    if callable(where) or reply.empty:
        return rows
    path = next((path for path in ((where,) if isinstance(where, str) else where) if holds(reply.body, path)), "")
    return len(every(reply.body, path.partition("[]")[0] + "[]")) if "[]" in path else rows

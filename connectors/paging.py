"""One page of ours, filled from answers of theirs whatever their size; by page number or by cursor."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from itertools import takewhile
from typing import Any

from . import cursor as cursors
from .credentials import joined
from .errors import DeadlineExceeded, InvalidArgument
from .filters import LARGEST_PAGE, checked_size
from .http import Deadline
from .models import PaginatedResult, Problem
from .pagers import Pages
from .position import Batch, Position, Question
from .provider import Provider
from .questions import Filters, Questions, asked
from .walk import Walker

Fits = Callable[[Any], bool]
REQUESTS_PER_PAGE = 10
REQUESTS_TO_PAGE = 50


class Paging:
    """Gives the pages of one connection's listings."""

    def __init__(self, provider: Provider, account: str, questions: Questions, walker: Walker) -> None:
        self._provider = provider
        self._account = account
        self._questions = questions
        self._walker = walker

    async def page(
        self,
        kind: str,
        event_id: str | None,
        *,
        page: int | None = None,
        page_size: int = 50,
        since: datetime | None = None,
        cursor: str | None = None,
        filters: Filters | None = None,
        deadline: float | None = None,
        fits: Fits | None = None,
    ) -> PaginatedResult[Any]:
        """A page. A deadline that comes when something was read already makes the page shorter, not the call fail.

        `fits` is asked of each record in turn, and ends the page before the first that it refuses.
        """
        _check(page, page_size, cursor)
        number = page or 1
        start: Position | None = None
        question = self._questions.ask(kind, event_id, since=since, filters=filters, size=page_size)
        page_size = question.size
        if cursor:
            question, start = self._placed(cursor, question)
        elif number > 1 or self._questions.filtered_here(question):
            question.size = LARGEST_PAGE  # most of what is read is not given, so in few requests
            start = self._jump(question, number, page_size) if number > 1 else None
        question.deadline = Deadline(deadline)
        walked = number > 1 and start is None
        filling = _Filling(page_size, (number - 1) * page_size if walked else 0, fits)
        await filling.read(self._walker.walk(question, start), REQUESTS_TO_PAGE if walked else REQUESTS_PER_PAGE)
        if filling.to_skip and filling.after:
            advice = "Use the cursor of the page before, or a larger page_size."
            raise InvalidArgument("page", f"Page {number} is too far to walk to.", advice)
        return PaginatedResult(
            items=filling.items,
            problems=filling.problems,
            page=None if cursor else number,
            page_size=page_size,
            has_more=filling.after is not None,
            next_cursor=self._cursor(question, filling.after) if filling.after else None,
            total=filling.total,
            filtered_here=self._questions.filtered_here(question),
        )

    def _jump(self, question: Question, page: int, size: int) -> Position | None:
        """Where a numbered page begins, if page N of ours is page N of theirs."""
        parts = self._provider.parts(question.kind)
        pager = parts[0].pager
        dropped = question.since and parts[0].since.by
        exact = len(parts) == 1 and parts[0].exact and not dropped and not self._questions.filtered_here(question)
        if not exact or not isinstance(pager, Pages) or size > (pager.largest or 0):
            return None
        question.size = size
        return Position(state=pager.jump(page, size))

    def _placed(self, cursor: str, own: Question) -> tuple[Question, Position]:
        """The question that a cursor goes on with, and where. Raises InvalidArgument for one of another question."""
        place = cursors.decode(cursor)
        ours = (self._provider.slug, self._account, own.kind, own.event_id)
        if (place.provider, place.account, place.kind, place.event_id) != ours:
            event = f", event {place.event_id}" if place.event_id else ""
            belongs = f"{place.kind} of {joined(place.provider, place.account)}{event}"
            advice = "Use it there, or start over without it."
            raise InvalidArgument("cursor", f"The cursor belongs to another question ({belongs}).", advice)
        if (own.since or own.filters) and asked(own) != (place.since, place.filters):
            message = "The cursor belongs to a question with another since or other filters."
            raise InvalidArgument("cursor", message, "Leave them out with a cursor.")
        since = datetime.fromisoformat(place.since) if place.since else None
        question = self._questions.ask(own.kind, own.event_id, since=since, filters=place.filters, size=place.size)
        return question, place.position

    def _cursor(self, question: Question, position: Position) -> str:
        since, filters = asked(question)
        place = cursors.Place(
            self._provider.slug,
            self._account,
            question.kind,
            question.event_id,
            since,
            filters,
            question.size,
            position,
        )
        return cursors.encode(place)


class _Filling:
    """A page that is being filled, after `to_skip` records that come before it."""

    def __init__(self, wanted: int, to_skip: int, fits: Fits | None) -> None:
        self.wanted = wanted
        self.to_skip = to_skip
        self.fits = fits
        self.items: list[Any] = []
        self.problems: list[Problem] = []
        self.after: Position | None = None
        self.total: int | None = None
        self._cut = False

    async def read(self, batches: AsyncIterator[Batch], allowed: int) -> None:
        """Takes batches until the page is full, the walk ends, or `allowed` answers were read."""
        number = 0
        try:
            async for batch in batches:
                number += 1
                self._take(batch)
                self.total = batch.total if number == 1 else self.total
                if len(self.items) == self.wanted or number == allowed or self.after is None or self._cut:
                    return
        except DeadlineExceeded:
            if not self.items:
                raise

    def _take(self, batch: Batch) -> None:
        room = self.to_skip + self.wanted - len(self.items)
        skipped, wanted = batch.records[: self.to_skip], batch.records[self.to_skip : room]
        fitting = wanted if self.fits is None else list(takewhile(self.fits, wanted))
        self._cut = len(fitting) < len(wanted)
        self.items += fitting
        self.to_skip -= len(skipped)
        self.after = batch.after
        taken = len(skipped) + len(fitting)
        if taken < len(batch.records):
            self.after = _within(batch, taken)
        else:
            self.problems += batch.problems  # of an answer that is cut, the last page that it gives tells them


def _within(batch: Batch, taken: int) -> Position:
    """The place in an answer after so many of its records."""
    at = batch.at
    return Position(at.part, at.scope, at.state, batch.records[taken - 1].id, at.given + taken) if taken else at


def _check(page: int | None, page_size: int, cursor: str | None) -> None:
    if page is not None and cursor is not None:
        advice = "Give the cursor alone to go on, or the page alone to start."
        raise InvalidArgument("page", "page and cursor exclude each other.", advice)
    if page is not None and page < 1:
        raise InvalidArgument("page", "page counts from 1.", "Leave it out for the first page.")
    checked_size(page_size)

"""Connector: one provider and one set of credentials, behind the same interface for every platform."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from . import cursor as cursors
from . import filters as filtering
from . import money
from .caller import Caller
from .calls import path_of
from .credentials import Vault, joined
from .errors import InvalidArgument, InvalidResponse, SpektaError, Unsupported
from .http import Deadline, Http
from .models import (
    HealthCheckResult,
    HealthError,
    PaginatedResult,
    Problem,
    UnifiedAttendee,
    UnifiedEvent,
    UnifiedOrder,
    UnifiedRevenue,
    UnifiedTicket,
)
from .money import Sale, sale_of
from .pagers import Pages
from .position import Batch, Position, Question
from .provider import GET, Provider
from .row import Row, Unreadable
from .walk import Walker

LARGEST_PAGE = 1000
REQUESTS_PER_PAGE = 10
REQUESTS_TO_PAGE = 50
WALKING_SIZE = 100

OnProblem = Callable[[Problem], None]
Filters = Mapping[str, Any]


class Connector:
    """Asks one account on one platform. Made by `create_connector`; close it, or use it with `async with`.

    Every method takes a `deadline` in seconds, within which it answers or raises. Lists take `page` (from 1) or
    `cursor`, `page_size` (1 to 1000), `since` (changed at or after, an aware time) and `filters`. Raises
    InvalidArgument before any request for an argument that cannot be used, Unsupported for what the platform does not
    offer, and ProviderError otherwise.
    """

    def __init__(
        self,
        provider: Provider,
        account: str,
        credentials: Mapping[str, str],
        options: Mapping[str, Any],
        hosts: Mapping[str, str],
        vault: Vault,
        http: Http,
    ) -> None:
        self.provider = provider
        self.account = account
        self._http = http
        self.caller = Caller(provider, hosts, vault, http)
        self._walker = Walker(provider, account, options, {**options, **credentials}, self.caller)
        self._options = options

    @property
    def name(self) -> str:
        """The connection's name: `eventbrite`, or `eventbrite/london`."""
        return joined(self.provider.slug, self.account)

    def __repr__(self) -> str:
        return f"Connector({self.name!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends the connections to the platform, once a token that is being renewed was saved."""
        if self.caller.grant:
            await self.caller.grant.settle()
        await self._http.aclose()

    # Pages

    async def get_events(self, **asked: Any) -> PaginatedResult[UnifiedEvent]:
        """A page of the account's events. See the class for the arguments."""
        return await self._page("events", None, **asked)

    async def get_tickets(self, event_id: str, **asked: Any) -> PaginatedResult[UnifiedTicket]:
        """A page of an event's ticket types."""
        return await self._page("tickets", event_id, **asked)

    async def get_attendees(self, event_id: str | None = None, **asked: Any) -> PaginatedResult[UnifiedAttendee]:
        """A page of issued tickets: of an event, or of the whole account where the platform has such a list."""
        return await self._page("attendees", event_id, **asked)

    async def get_orders(self, event_id: str | None = None, **asked: Any) -> PaginatedResult[UnifiedOrder]:
        """A page of orders: of an event, or of the whole account where the platform has such a list."""
        return await self._page("orders", event_id, **asked)

    # Streams

    def stream_events(self, **asked: Any) -> AsyncIterator[UnifiedEvent]:
        """All events. `on_problem` is called for each record that cannot be read."""
        return self._stream("events", None, **asked)

    def stream_tickets(self, event_id: str, **asked: Any) -> AsyncIterator[UnifiedTicket]:
        """All ticket types of an event."""
        return self._stream("tickets", event_id, **asked)

    def stream_attendees(self, event_id: str | None = None, **asked: Any) -> AsyncIterator[UnifiedAttendee]:
        """All issued tickets of an event, or of the account."""
        return self._stream("attendees", event_id, **asked)

    def stream_orders(self, event_id: str | None = None, **asked: Any) -> AsyncIterator[UnifiedOrder]:
        """All orders of an event, or of the account."""
        return self._stream("orders", event_id, **asked)

    def walk(
        self,
        kind: str,
        event_id: str | None = None,
        *,
        since: datetime | None = None,
        filters: Filters | None = None,
        position: Position | None = None,
        size: int = WALKING_SIZE,
        deadline: float | None = None,
    ) -> AsyncIterator[Batch]:
        """A listing answer by answer, each with the position after it: what a copy that must be able to resume
        needs.
        """
        question = self._question(kind, event_id, since, filters, size, Deadline(deadline))
        return self._walker.walk(question, position)

    # Single answers

    async def get_event(self, event_id: str, *, deadline: float | None = None) -> UnifiedEvent:
        """One event. Raises NotFound."""
        self._check_offered("events", None)
        _check_id(event_id)
        try:
            event: UnifiedEvent = (await self._walker.event(event_id, Deadline(deadline)))[0]
        except (Unreadable, IndexError) as error:
            reason = f" ({error})" if isinstance(error, Unreadable) else ""
            raise InvalidResponse(
                f"{self.provider.name}'s record of event {event_id} cannot be read{reason}.",
                "",
                provider=self.provider.slug,
            ) from None
        return event

    async def get_revenue(self, event_id: str, *, deadline: float | None = None) -> UnifiedRevenue:
        """What an event brought in. Reads every sale; never gives a sum of a part of them."""
        self._check_offered("revenue", event_id)
        as_of, until = datetime.now(UTC), Deadline(deadline)
        event = await self.get_event(event_id, deadline=until.remaining())
        kind = "sales" if self.provider.parts("sales") else "orders"
        question = self._question(kind, event_id, None, None, WALKING_SIZE, until)
        sales: list[Sale | str] = []
        bad = 0
        async for batch in self._walker.walk(question):
            found = [
                sale_of(record, event_id) if isinstance(record, UnifiedOrder) else record for record in batch.records
            ]
            sales += [sale for sale in found if sale is not None]
            bad += len(batch.problems)
        stream = self.provider.parts(kind)[0]
        return money.revenue(
            [*sales, *([f"records that could not be read: {bad}"] if bad else [])],
            provider=self.provider.slug,
            account=self.account,
            event_id=event_id,
            currency=event.currency,
            basis=stream.basis,
            as_of=as_of,
            unreported=stream.unreported,
        )

    async def health_check(self, *, deadline: float | None = None) -> HealthCheckResult:
        """Whether the connection works, by the platform's cheapest call. Does not raise for what the platform
        answers.
        """
        checked_at, started = datetime.now(UTC), time.monotonic()
        error: SpektaError | None = None
        try:
            await self._walker.ask_health(Deadline(deadline))
        except SpektaError as raised:
            error = raised
        return HealthCheckResult(
            provider=self.provider.slug,
            account=self.account,
            healthy=error is None,
            latency_ms=round((time.monotonic() - started) * 1000),
            checked_at=checked_at,
            error=None if error is None else HealthError(code=error.code, message=error.message, advice=error.advice),
        )

    # How

    async def _page(
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
    ) -> PaginatedResult[Any]:
        _check_page(page, page_size, cursor)
        until = Deadline(deadline)
        place = self._place(cursor, kind, event_id, since, filters) if cursor else None
        if place:
            since = datetime.fromisoformat(place.since) if place.since else None
            filters = place.filters
        number = page or 1
        size = place.size if place else page_size if number == 1 else LARGEST_PAGE
        question = self._question(kind, event_id, since, filters, size, until)
        start, skip, allowed = place.position if place else None, (number - 1) * page_size, REQUESTS_PER_PAGE
        if skip:
            jump = self._jump(question, number, page_size)
            start, skip, allowed = (jump, 0, REQUESTS_PER_PAGE) if jump else (None, skip, REQUESTS_TO_PAGE)
        gathered = _Gathered(page_size, skip)
        await gathered.read(self._walker.walk(question, start), allowed, until)
        if gathered.to_skip and gathered.after:
            raise InvalidArgument(
                "page",
                f"Page {number} is too far to walk to.",
                "Use the cursor of the page before, or a larger page_size.",
            )
        following = gathered.after
        return PaginatedResult(
            items=gathered.items,
            problems=gathered.problems,
            page=None if place else number,
            page_size=page_size,
            has_more=following is not None,
            next_cursor=self._cursor(question, following) if following else None,
            total=gathered.total,
            filtered_here=self._filtered_here(question),
        )

    async def _stream(
        self,
        kind: str,
        event_id: str | None,
        *,
        since: datetime | None = None,
        filters: Filters | None = None,
        on_problem: OnProblem | None = None,
        page_size: int = WALKING_SIZE,
        deadline: float | None = None,
    ) -> AsyncIterator[Any]:
        _check_page(None, page_size, None)
        async for batch in self.walk(kind, event_id, since=since, filters=filters, size=page_size, deadline=deadline):
            for problem in batch.problems:
                if on_problem:
                    on_problem(problem)
            for record in batch.records:
                yield record

    def _question(
        self,
        kind: str,
        event_id: str | None,
        since: datetime | None,
        filters: Filters | None,
        size: int,
        deadline: Deadline,
    ) -> Question:
        self._check_offered(kind, event_id)
        if event_id is not None:
            _check_id(event_id)
        since = None if since is None else filtering.aware("since", since)
        parts = self.provider.parts(kind)
        return Question(kind, event_id, since, filtering.read(kind, parts, filters, self._options), size, deadline)

    def _check_offered(self, kind: str, event_id: str | None) -> None:
        provider = self.provider
        if kind == "revenue":
            kind = "sales" if provider.parts("sales") else "orders"
            label = "revenue"
        else:
            label = kind
        parts = provider.parts(kind)
        if not parts:
            why = provider.unsupported.get(label, "its API has no such data.")
            raise Unsupported(provider.slug, provider.name, label, why)
        for option in {stream.when for stream in parts if stream.when}:
            if not self._options.get(option):
                why = provider.unsupported.get(label, "it is switched off.")
                raise Unsupported(
                    provider.slug,
                    provider.name,
                    label,
                    why,
                    f"Set the connection's option {option} to true to ask for it.",
                )
        wide_needed = event_id is None and kind not in ("events", "sales")
        if wide_needed and any(stream.wide is None for stream in parts):
            raise Unsupported(
                provider.slug,
                provider.name,
                f"{label} of the whole account",
                "its API lists them per event.",
                "Give an event_id.",
            )

    def _jump(self, question: Question, page: int, size: int) -> Position | None:
        parts = self.provider.parts(question.kind)
        pager = parts[0].pager
        here = any(filtering.sort_out(question.kind, stream, question.filters).here for stream in parts)
        if len(parts) > 1 or not parts[0].exact or here or not isinstance(pager, Pages) or size > (pager.largest or 0):
            return None
        question.size = size
        return Position(state=pager.jump(page, size))

    def _place(
        self, cursor: str, kind: str, event_id: str | None, since: datetime | None, filters: Filters | None
    ) -> cursors.Place:
        place = cursors.decode(cursor)
        if (place.provider, place.account, place.kind, place.event_id) != (
            self.provider.slug,
            self.account,
            kind,
            event_id,
        ):
            belongs = f"{place.kind} of {joined(place.provider, place.account)}" + (
                f", event {place.event_id}" if place.event_id else ""
            )
            raise InvalidArgument(
                "cursor",
                f"The cursor belongs to another question ({belongs}).",
                "Use it there, or start over without it.",
            )
        own = Question(
            kind,
            since=since and filtering.aware("since", since),
            filters=filtering.read(kind, self.provider.parts(kind), filters, self._options),
        )
        if (since or filters) and (_iso(own.since), _jsonable(own.filters)) != (place.since, place.filters):
            raise InvalidArgument(
                "cursor",
                "The cursor belongs to a question with another since or other filters.",
                "Leave them out with a cursor.",
            )
        return place

    def _cursor(self, question: Question, position: Position) -> str:
        asked = (question.kind, question.event_id, _iso(question.since), _jsonable(question.filters), question.size)
        return cursors.encode(cursors.Place(self.provider.slug, self.account, *asked, position))

    def _filtered_here(self, question: Question) -> tuple[str, ...]:
        parts = self.provider.parts(question.kind)
        return tuple(
            sorted({name for part in parts for name in filtering.sort_out(question.kind, part, question.filters).here})
        )


class _Gathered:
    """Fills one page of ours from answers of theirs, whatever their size."""

    def __init__(self, wanted: int, skip: int) -> None:
        self.wanted = wanted
        self.to_skip = skip
        self.items: list[Any] = []
        self.problems: list[Problem] = []
        self.after: Position | None = None
        self.total: int | None = None

    async def read(self, batches: AsyncIterator[Batch], allowed: int, deadline: Deadline) -> None:
        """Takes batches until the page is full, the walk ends, or `allowed` answers were read."""
        number = 0
        async for batch in batches:
            number += 1
            self._take(batch)
            self.total = batch.total if number == 1 else self.total
            if len(self.items) == self.wanted or number == allowed or self.after is None:
                return

    def _take(self, batch: Batch) -> None:
        room = self.to_skip + self.wanted - len(self.items)
        taken, left = batch.records[:room], batch.records[room:]
        self.items += taken[self.to_skip :]
        self.to_skip = max(0, self.to_skip - len(taken))
        self.after = batch.after
        if left:
            at = batch.at
            self.after = Position(at.part, at.scope, at.state, taken[-1].id, at.given + len(taken))
        else:
            self.problems += batch.problems  # of an answer that is cut, the last page that it gives tells them


def _check_page(page: int | None, page_size: int, cursor: str | None) -> None:
    if page is not None and cursor is not None:
        raise InvalidArgument(
            "page", "page and cursor exclude each other.", "Give the cursor alone to go on, or the page alone to start."
        )
    if page is not None and page < 1:
        raise InvalidArgument("page", "page counts from 1.", "Leave it out for the first page.")
    if not 1 <= page_size <= LARGEST_PAGE:
        raise InvalidArgument(
            "page_size", f"page_size is from 1 to {LARGEST_PAGE}.", "Go on with the cursor for more than one page."
        )


def _check_id(event_id: str) -> None:
    path_of(GET("{event}"), {"event": event_id}, Row(None))


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _jsonable(filters: Filters) -> dict[str, Any]:
    return {name: _iso(value) if isinstance(value, datetime) else value for name, value in filters.items()}

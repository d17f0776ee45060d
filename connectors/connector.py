"""Connector: one provider and one set of credentials, behind the same interface for every platform."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from . import money
from .acting import Acting
from .caller import Caller
from .credentials import Vault, joined
from .errors import InvalidArgument, InvalidResponse, SpektaError
from .filters import checked_size
from .http import Deadline, Http
from .models import (
    HealthCheckResult,
    HealthError,
    Mode,
    Outcome,
    PaginatedResult,
    Problem,
    UnifiedAttendee,
    UnifiedEvent,
    UnifiedOrder,
    UnifiedRevenue,
    UnifiedTicket,
)
from .money import Sale, sale_of
from .paging import Fits, Paging
from .position import Batch, Position
from .provider import Provider
from .questions import Filters, Questions, check_id
from .row import Row, Unreadable
from .walk import Walker

WALKING_SIZE = 100

OnProblem = Callable[[Problem], None]


class Connector:
    """Asks one account on one platform. Made by `create_connector`; close it, or use it with `async with`.

    `rate_limit` is (requests, seconds), None where that is not known. Every method takes a `deadline` in seconds,
    within which it answers or raises. Lists take `page` (from 1) or `cursor`, `page_size` (1 to 1000), `since` (changed
    at or after, an aware time), `filters`, and `fits`, which is asked of each record in turn and ends the page before
    the first that it refuses. Raises InvalidArgument before any request for an argument that cannot be used,
    Unsupported for what the platform does not offer, and ProviderError otherwise.
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
        writes: bool = False,
    ) -> None:
        self.provider = provider = provider.offering(options, hosts)
        self.account = account
        self.rate_limit = provider.limit(options)
        self._http = http
        self.caller = Caller(provider, hosts, vault, http, options)
        self._walker = Walker(provider, account, options, {**options, **credentials}, self.caller)
        self._questions = Questions(provider, options, hosts)
        self._paging = Paging(provider, account, self._questions, self._walker)
        self._acting = Acting(provider, account, {**options, **credentials}, self.caller, writes)

    @property
    def platform_time(self) -> datetime | None:
        """The time by the platform's clock; None before its first answer, or where it does not tell the time."""
        return None if self._http.ahead is None else datetime.now(UTC) + self._http.ahead

    @property
    def requests(self) -> int:
        """How many requests it has made."""
        return self._http.requests

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
        return await self._paging.page("events", None, **asked)

    async def get_tickets(self, event_id: str, **asked: Any) -> PaginatedResult[UnifiedTicket]:
        """A page of an event's ticket types."""
        return await self._paging.page("tickets", event_id, **asked)

    async def get_attendees(self, event_id: str | None = None, **asked: Any) -> PaginatedResult[UnifiedAttendee]:
        """A page of issued tickets: of an event, or of the whole account where the platform has such a list."""
        return await self._paging.page("attendees", event_id, **asked)

    async def get_orders(self, event_id: str | None = None, **asked: Any) -> PaginatedResult[UnifiedOrder]:
        """A page of orders: of an event, or of the whole account where the platform has such a list."""
        return await self._paging.page("orders", event_id, **asked)

    async def get_listing(
        self,
        name: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        page: int | None = None,
        page_size: int = 50,
        cursor: str | None = None,
        deadline: float | None = None,
        fits: Fits | None = None,
    ) -> PaginatedResult[Any]:
        """A page of a listing that only this platform has: one of `provider.listings`, asked with its inputs."""
        if name not in self.provider.listings:
            known = ", ".join(self.provider.listings) or "none"
            raise InvalidArgument("name", f"{self.provider.name} has no listing {name!r}.", f"Its own: {known}.")
        return await self._paging.page(
            name,
            None,
            filters=inputs or {},
            page=page,
            page_size=page_size,
            cursor=cursor,
            deadline=deadline,
            fits=fits,
        )

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
    ) -> AsyncGenerator[Batch]:
        """A listing answer by answer, each with the position after it: what a copy that must be able to resume
        needs.
        """
        until = Deadline(deadline)
        question = self._questions.ask(kind, event_id, since=since, filters=filters, size=size, deadline=until)
        return self._walker.walk(question, position)

    # Actions

    async def act(
        self,
        action: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        dry_run: bool = False,
        deadline: float | None = None,
    ) -> Outcome:
        """Has the platform do something: one of `provider.actions`, told its inputs. A dry run only shows the request.

        A POST carries an idempotency key, made where none is given, so that it can be sent again without being done
        twice. Raises NotAllowed where writes are not switched on, InvalidArgument for an input that cannot be used, and
        Rejected for what the platform refuses.
        """
        until = Deadline(deadline)
        return await self._acting.act(
            action, inputs or {}, idempotency_key=idempotency_key, dry_run=dry_run, deadline=until
        )

    # Single answers

    async def get_event(self, event_id: str, *, deadline: float | None = None) -> UnifiedEvent:
        """One event. Raises NotFound."""
        self._questions.check_offered("events", None)
        check_id(event_id)
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

    def check_revenue(self) -> None:
        """Raises Unsupported, with the reason and what to do, where no event's revenue can be told."""
        self._questions.check_offered(self._sales, "", "revenue")

    async def get_revenue(self, event_id: str, *, deadline: float | None = None) -> UnifiedRevenue:
        """What an event brought in. Reads every sale; never gives a sum of a part of them."""
        self.check_revenue()
        kind = self._sales
        as_of, until = datetime.now(UTC), Deadline(deadline)
        event = await self.get_event(event_id, deadline=until.remaining())
        question = self._questions.ask(kind, event_id, size=WALKING_SIZE, deadline=until)
        sales: list[Sale | str] = []
        bad = 0
        async for batch in self._walker.walk(question):
            found = [
                sale_of(record, event_id) if isinstance(record, UnifiedOrder) else record for record in batch.records
            ]
            sales += [sale for sale in found if sale is not None]
            bad += len(batch.problems)
        return self.add_up(event, sales, as_of, bad)

    def add_up(self, event: UnifiedEvent, sales: Iterable[Sale | str], as_of: datetime, bad: int = 0) -> UnifiedRevenue:
        """The revenue of an event from all of its sales; `bad` records could not be read.

        Raises InvalidResponse where one of these is the platform's whole report.
        """
        stream = self.provider.parts(self._sales)[0]
        if bad and stream.basis == "provider_report":
            raise InvalidResponse(
                f"{self.provider.name}'s report on event {event.id} cannot be read.",
                "The platform may have changed its API.",
                provider=self.provider.slug,
                operation="get_revenue",
            )
        return money.revenue(
            [*sales, *([f"records that could not be read: {bad}"] if bad else [])],
            provider=self.provider.slug,
            account=self.account,
            event_id=event.id,
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
        mode: Mode | None = None
        try:
            mode = self._mode(await self._walker.ask_health(Deadline(deadline)))
        except SpektaError as raised:
            error = raised
        return HealthCheckResult(
            provider=self.provider.slug,
            account=self.account,
            healthy=error is None,
            latency_ms=round((time.monotonic() - started) * 1000),
            checked_at=checked_at,
            mode=mode,
            error=None if error is None else HealthError(code=error.code, message=error.message, advice=error.advice),
        )

    def _mode(self, answer: Row) -> Mode | None:
        live = answer.value(self.provider.livemode) if self.provider.livemode else None
        return "live" if live is True else "test" if live is False else None

    @property
    def _sales(self) -> str:
        """The listing that revenue is added up from."""
        return "sales" if self.provider.parts("sales") else "orders"

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
        checked_size(page_size)
        async for batch in self.walk(kind, event_id, since=since, filters=filters, size=page_size, deadline=deadline):
            for problem in batch.problems:
                if on_problem:
                    on_problem(problem)
            batch.records.reverse()
            while batch.records:  # let go of one by one, so that a page is out of memory before the next one comes
                yield batch.records.pop()

"""A connector that asks by the routes of the HTTP API, and so knows no credentials."""

import json
import time
from collections.abc import AsyncIterator, Mapping, Set
from datetime import UTC, datetime
from functools import cache
from typing import Any, NoReturn, Protocol

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from connectors import (
    Connector,
    HealthCheckResult,
    InvalidArgument,
    NotAllowed,
    Outcome,
    PaginatedResult,
    Problem,
    Provider,
)
from connectors.acting import action_of
from connectors.calls import in_path
from connectors.connector import WALKING_SIZE, OnProblem
from connectors.errors import SpektaError
from connectors.http import Deadline
from connectors.models import (
    HealthError,
    PlatformRecord,
    Preview,
    UnifiedAttendee,
    UnifiedEvent,
    UnifiedOrder,
    UnifiedRevenue,
    UnifiedTicket,
)
from connectors.paging import Fits, Paging
from connectors.questions import Filters, Questions, check_id
from connectors.references import encode_id

RECORDS: Mapping[str, Any] = {
    "events": UnifiedEvent,
    "tickets": UnifiedTicket,
    "attendees": UnifiedAttendee,
    "orders": UnifiedOrder,
}
OWN = UnifiedEvent | UnifiedTicket | UnifiedAttendee | UnifiedOrder | PlatformRecord  # its fields tell which
PERSONAL = ("attendees", "orders")
KEY = "Idempotency-Key"


class Ask(Protocol):
    """Asks a route of the provider, and gives what its answer holds. Raises SpektaError."""

    async def __call__(
        self,
        path: str,
        query: Mapping[str, Any],
        deadline: Deadline,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> dict[str, Any]: ...


class RemoteConnector(Connector):
    """A connection of which another function holds the credentials. It reads page by page.

    personal_data: whether that function gives it.
    """

    def __init__(self, provider: Provider, account: str, ask: Ask, *, personal_data: bool = False) -> None:
        self.provider = provider
        self.account = account
        self.rate_limit = provider.rate_limit
        self._ask = ask
        self._paging = RemotePages(provider, account, ask, personal_data)
        self._questions = Questions(provider, {}, {})

    async def aclose(self) -> None:
        """Nothing is open."""

    def walk(self, *_: Any, **__: Any) -> NoReturn:
        raise NotAllowed(f"{self.name} is read page by page here.", "Ask for pages, or walk where its credentials are.")

    async def act(
        self,
        action: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        dry_run: bool = False,
        deadline: float | None = None,
    ) -> Outcome:
        """By its route, and so only where its function has writes switched on. What was sent is shown as that route was
        asked: what the platform was sent, only a dry run tells.
        """
        about = action_of(self.provider, action)
        path, told = _route(about.route, in_path(about.call), inputs or {})
        body = to_jsonable_python(told)
        headers = {"Content-Type": "application/json"} | ({KEY: idempotency_key} if idempotency_key else {})
        query = {"account": self.account, **({"dry_run": "true"} if dry_run else {})}
        method = about.call.method
        found = await self._ask(
            path, query, Deadline(deadline), method=method, headers=headers, body=json.dumps(body) if body else None
        )
        return Outcome(
            action,
            Preview(**found["request"]) if dry_run else Preview(method, path, headers, body or None),
            sent=found["sent"],
            record=None if found["data"] is None else _own().validate_python(found["data"]),
            idempotency_key=found["idempotency_key"],
            replayed=found["replayed"],
        )

    def check_revenue(self) -> None:
        """What depends on the connection's options, only its function knows."""
        if "revenue" not in self.provider.capabilities:
            super().check_revenue()

    async def get_event(self, event_id: str, *, deadline: float | None = None) -> UnifiedEvent:
        check_id(event_id)
        return UnifiedEvent.model_validate(await self._one(f"/events/{encode_id(event_id)}", deadline))

    async def get_revenue(self, event_id: str, *, deadline: float | None = None) -> UnifiedRevenue:
        self.check_revenue()
        check_id(event_id)
        return UnifiedRevenue.model_validate(await self._one(f"/events/{encode_id(event_id)}/revenue", deadline))

    async def health_check(self, *, deadline: float | None = None) -> HealthCheckResult:
        checked_at, started = datetime.now(UTC), time.monotonic()
        try:
            return HealthCheckResult.model_validate(await self._one("/health", deadline))
        except SpektaError as error:
            return HealthCheckResult(
                provider=self.provider.slug,
                account=self.account,
                healthy=False,
                latency_ms=round((time.monotonic() - started) * 1000),
                checked_at=checked_at,
                error=HealthError(code=error.code, message=error.message, advice=error.advice),
            )

    async def _one(self, path: str, deadline: float | None) -> Any:
        return (await self._ask(path, {"account": self.account}, Deadline(deadline)))["data"]

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
        until = Deadline(deadline)
        asked: dict[str, Any] = {"since": since, "filters": filters}
        while True:
            page = await self._paging.page(kind, event_id, page_size=page_size, deadline=until.remaining(), **asked)
            for problem in page.problems:
                if on_problem:
                    on_problem(problem)
            for record in page.items:
                yield record
            if not page.next_cursor:
                return
            asked = {"cursor": page.next_cursor}


class RemotePages(Paging):
    """The pages of one connection, as the routes of its provider give them."""

    def __init__(self, provider: Provider, account: str, ask: Ask, personal_data: bool) -> None:
        self._provider = provider
        self._account = account
        self._ask = ask
        self._personal_data = personal_data

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
        if fits is not None:
            raise NotAllowed("A page cannot be cut here.", "Ask for a smaller one.")
        path, inputs = self._path(kind, event_id, filters or {})
        query = {"account": self._account, "page": page, "page_size": page_size, "since": since, "cursor": cursor}
        query |= {**inputs, "personal_data": True if self._gives_persons(kind) else None}
        given = {name: _text(value) for name, value in query.items() if value is not None}
        return _page(await self._ask(path, given, Deadline(deadline)), RECORDS.get(kind, OWN))

    def _path(self, kind: str, event_id: str | None, filters: Filters) -> tuple[str, Filters]:
        """Where a listing is, and which of the filters are asked for in the query."""
        if kind in self._provider.listings:
            listing = self._provider.listings[kind]
            return _route(listing.route, in_path(listing.call), filters)
        if event_id is None:
            return f"/{kind}", filters
        check_id(event_id)
        return f"/events/{encode_id(event_id)}/{kind}", filters

    def _gives_persons(self, kind: str) -> bool:
        return self._personal_data and (kind in PERSONAL or kind in self._provider.listings)


def _route(route: str, places: Set[str], given: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The path of a route, and what is given beside what stands in it."""
    for name in sorted(places - given.keys()):
        raise InvalidArgument(name, f"{name} is missing.", "Here that of the connection is not known: give it.")
    for name in sorted(places):
        check_id(str(given[name]))
    path = route.format(**{name: encode_id(str(given[name])) for name in places})
    return path, {name: value for name, value in given.items() if name not in places}


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else value


def _page(content: Mapping[str, Any], record: Any) -> PaginatedResult[Any]:
    return PaginatedResult(
        items=_list_of(record).validate_python(content["data"]),
        page=content.get("page"),
        page_size=content.get("page_size", 1),
        has_more=content.get("has_more", False),
        next_cursor=content.get("next_cursor"),
        total=content.get("total"),
        problems=[Problem(one["path"], one["reason"]) for one in content.get("problems", ())],
        filtered_here=tuple(content.get("filtered_here", ())),
    )


@cache
def _own() -> TypeAdapter[Any]:
    return TypeAdapter(OWN)


@cache
def _list_of(record: Any) -> TypeAdapter[list[Any]]:
    return TypeAdapter(list[record])

"""What a provider module declares, and what its handlers are given."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request

from spekta.sandbox.box_office import BoxOffice, Event, Issued, Order, TicketType
from spekta.sandbox.misbehaviour import Misbehaviour, Shape
from spekta.sandbox.oauth import Grants
from spekta.sandbox.wire import Answer, Refusal

T = TypeVar("T")

FORBIDDEN = "sk_test_forbidden"


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some records of a list, and where in it they stand."""

    records: Sequence[T]
    start: int
    total: int
    more: bool

    @property
    def end(self) -> int:
        return self.start + len(self.records)


@dataclass
class Ask:
    """One request, read. `root` is the address at which this host of the provider begins; `state` is what the provider
    remembers, where it does.
    """

    box: BoxOffice
    grants: Grants
    method: str
    path: str
    parts: Mapping[str, str]
    query: QueryParams
    headers: Headers
    body: Any
    root: str
    paging: frozenset[str] = frozenset()
    misbehaviours: Sequence[Misbehaviour] = ()
    state: Any = None

    def found(self, make: Callable[[], Sequence[T]]) -> Sequence[T]:
        """Give what `make` finds for this path and these filters, sought once for all pages of the list."""
        filters = tuple(item for item in self.query.multi_items() if item[0] not in self.paging)
        return self.box.memo((self.grants.slug, self.path, filters), make)

    def page(
        self, records: Sequence[T], start: int | Callable[[Sequence[T]], int], size: int, listing: str = ""
    ) -> Page[T]:
        """Cut a page out of a list. `start` is a place in it, or finds one in the list as it is by now."""
        for one in self.misbehaviours:
            records = one.rearrange(listing or self.path, records)
        stuck = any(one.kind == "repeated_cursor" for one in self.misbehaviours)
        first = 0 if stuck else start(records) if callable(start) else start
        return Page(records[first : first + size], first, len(records), stuck or first + size < len(records))

    def bearer(self, scheme: str = "Bearer") -> str:
        """Give the credential of the Authorization header, or "" where the scheme is another."""
        said, _, credential = self.headers.get("authorization", "").partition(" ")
        return credential if said.lower() == scheme.lower() else ""

    def one(self, records: Iterable[T], ident: Callable[[T], str], name: str = "id") -> T:
        """Give the record whose id is in the path, or refuse with 404."""
        for record in records:
            if ident(record) == self.parts[name]:
                return record
        raise Refusal(404)


Handler = Callable[[Ask], Any]


@dataclass(frozen=True)
class Route:
    """One path of a host. An `open` one asks for no credentials.

    `rows`, `id` and `status` complete the provider's shape where the path has its own.
    """

    method: str
    path: str
    handle: Handler
    rows: str | None = None
    id: str | None = None
    status: str | None = None
    host: str = "api"
    open: bool = False


def always(*_: object) -> bool:
    return True


def is_real(order: Order) -> bool:
    """For `carries_order`: every order but those that were made as a test."""
    return not order.test


@dataclass(frozen=True)
class Service:
    """One provider: its hosts with the base path a client is given, its routes, and what it says in its own way.

    `credentials` are those that work, by the field names of the connector reference; `client` is the OAuth client that
    a person may let in. `admit` refuses a request with wrong credentials; `error` writes the body of a refusal.
    `not_carried` maps what the platform cannot say, as `record.field` or `record.field=value` in the words of the
    unified models, to the reason; `carries_event`, `carries_type` and `carries_order` tell which records are in its
    account at all. `paging` names the parameters that move through a list without filtering it. `types_by_event`
    says that ticket types are numbered anew in each event, so that their ids stand for nothing without the event's.
    `state` makes what the provider remembers of requests, in each sandbox its own.
    """

    slug: str
    routes: Sequence[Route]
    credentials: Mapping[str, str]
    admit: Callable[[Ask], None]
    error: Callable[[Refusal], Any]
    not_carried: Mapping[str, str]
    event_id: Callable[[Event], str]
    ticket_type_id: Callable[[TicketType], str]
    ticket_id: Callable[[Issued], str]
    order_id: Callable[[Order], str]
    carries_event: Callable[[Event], bool] = always
    carries_order: Callable[[Order], bool] = always
    carries_type: Callable[[BoxOffice, TicketType], bool] = always
    client: Mapping[str, str] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=lambda: {"api": ""})
    shape: Shape = field(default_factory=Shape)
    paging: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    trailing_slash: bool = False
    types_by_event: bool = False
    operation: Callable[[Ask], str] = lambda ask: ask.path
    state: Callable[[], Any] | None = None

    def addresses(self, origin: str) -> dict[str, str]:
        """Give the base address of each host, for a sandbox at this origin."""
        return {host: f"{origin}/{self.slug}/{host}{base}" for host, base in self.hosts.items()}

    def shape_of(self, route: Route) -> Shape:
        own = self.shape
        return replace(own, rows=route.rows, id=route.id or own.id, status=route.status or own.status)

    def refuse(self, refusal: Refusal) -> Answer:
        return Answer(self.error(refusal), refusal.status, {**self.headers, **refusal.headers})


async def read(request: Request, service: Service, box: BoxOffice, grants: Grants, root: str) -> Ask:
    """Read a request whole; the body as JSON or as form fields, whatever it says that it is."""
    body: Any = None
    if raw := await request.body():
        try:
            body = (
                json.loads(raw) if "json" in request.headers.get("content-type", "") else dict(parse_qsl(raw.decode()))
            )
        except ValueError:
            body = None
    path = request.scope["path"].removeprefix(request.scope.get("root_path", "")) or "/"
    return Ask(
        box=box,
        grants=grants,
        method=request.method,
        path=path,
        parts=request.path_params,
        query=request.query_params,
        headers=request.headers,
        body=body,
        root=root,
        paging=service.paging,
    )

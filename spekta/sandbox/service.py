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
    """One request, read. `root` is the address at which this host of the provider begins."""

    box: BoxOffice
    grants: Grants
    method: str
    path: str
    parts: Mapping[str, str]
    query: QueryParams
    headers: Headers
    body: Any
    root: str
    misbehaviours: Sequence[Misbehaviour] = ()

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
    """One path of a host. An `open` one asks for no credentials. `rows` and `status` complete the provider's shape."""

    method: str
    path: str
    handle: Handler
    rows: str | None = None
    status: str | None = None
    host: str = "api"
    open: bool = False


def always(*_: object) -> bool:
    return True


@dataclass(frozen=True)
class Service:
    """One provider: its hosts with the base path a client is given, its routes, and what it says in its own way.

    `credentials` are those that work, by the field names of the connector reference. `not_carried` maps what the platform
    cannot say (`record.field` or `record.field=value`, in the words of the unified models) to the reason; `carries_event`
    and `carries_order` tell which records are in its account at all. `admit` refuses a request with wrong credentials.
    `error` writes the body of a refusal.
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
    hosts: Mapping[str, str] = field(default_factory=lambda: {"api": ""})
    shape: Shape = Shape()
    headers: Mapping[str, str] = field(default_factory=dict)
    trailing_slash: bool = False
    operation: Callable[[Ask], str] = lambda ask: ask.path

    def addresses(self, origin: str) -> dict[str, str]:
        """Give the base address of each host, for a sandbox at this origin."""
        return {host: f"{origin}/{self.slug}/{host}{base}" for host, base in self.hosts.items()}

    def shape_of(self, route: Route) -> Shape:
        return replace(self.shape, rows=route.rows, status=route.status or self.shape.status)

    def refuse(self, refusal: Refusal) -> Answer:
        return Answer(self.error(refusal), refusal.status, {**self.headers, **refusal.headers})


async def read(request: Request, box: BoxOffice, grants: Grants, root: str) -> Ask:
    """Read a request whole; the body as JSON or as form fields, whatever it says that it is."""
    body: Any = None
    if raw := await request.body():
        try:
            body = json.loads(raw) if "json" in request.headers.get("content-type", "") else dict(parse_qsl(raw.decode()))
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
    )

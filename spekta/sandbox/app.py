"""The sandbox as one web application: `/<slug>/<host>/<the platform's own path>`, and `/_sandbox` to control it."""

from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import replace
from email.utils import format_datetime
from typing import Any, NamedTuple

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Router
from starlette.routing import Route as WebRoute
from starlette.types import Receive, Scope, Send

from spekta.sandbox import control, programme
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.misbehaviour import HTML, REFUSED, Kind, Misbehaviour, Misbehaviours, spoil
from spekta.sandbox.oauth import Grants
from spekta.sandbox.providers import services
from spekta.sandbox.service import Ask, Route, Service, read
from spekta.sandbox.wire import Answer, Refusal


class Entry(NamedTuple):
    """One request that was answered. `operation` is the path, or what a GraphQL query asks for."""

    provider: str
    host: str
    method: str
    path: str
    query: str
    operation: str
    status: int


class Sandbox:
    """The state of one sandbox: its box office, what it was asked, and what it does wrong."""

    def __init__(self, box_office: BoxOffice, latency: float = 0) -> None:
        self.box_office = box_office
        self.latency = latency
        self.log: deque[Entry] = deque(maxlen=100_000)
        self.misbehaviours = Misbehaviours()
        self.grants = {
            slug: Grants(slug, {service.credentials["accessToken"]} if "accessToken" in service.credentials else set())
            for slug, service in services().items()
        }
        self.states: dict[str, Any] = {}
        self.reset()

    def reset(self, provider: str | None = None) -> None:
        """Let one provider, or all, forget what was written to it."""
        for slug, service in services().items():
            if service.state and provider in (None, slug):
                self.states[slug] = service.state()

    def misbehave(self, provider: str, kind: Kind, **more: Any) -> Misbehaviour:
        """Do something wrong from now on. `more`: `path`, `times`, `seconds`, `retry_after`."""
        service = services().get(provider)
        if service is None:
            raise ValueError(f"{provider!r} is not in the sandbox; these are: {', '.join(services())}")
        if kind == "foreign_next" and not service.shape.next_is_link:
            raise ValueError(f"{provider} has no next link")
        return self.misbehaviours.add(provider, kind, **more)

    def behave(self, provider: str | None = None) -> None:
        self.misbehaviours.end(provider)

    def expire_tokens(self, provider: str | None = None) -> None:
        """Let the access tokens of one provider, or of all, end at once."""
        for slug, grants in self.grants.items():
            if provider in (None, slug):
                grants.expire()

    async def answer(self, service: Service, route: Route, request: Request) -> Response:
        ask = await read(
            request, service, self.box_office, self.grants[service.slug], _root(request, service, route.host)
        )
        operation = service.operation(ask)
        due = list(self.misbehaviours.due(service.slug, operation, named_only=route.open))
        ask = replace(ask, misbehaviours=due, state=self.states.get(service.slug))
        await anyio.sleep(self.latency + sum(one.seconds for one in due if one.kind == "slow"))
        response = _broken(_handle(service, route, ask), due)
        response.headers["Date"] = format_datetime(self.box_office.now, usegmt=True)
        self.note(service, route.host, request, operation, response.status_code)
        return response

    def note(self, service: Service, host: str, request: Request, operation: str, status: int) -> None:
        path = request.url.path.removeprefix(f"/{service.slug}/{host}")
        self.log.append(Entry(service.slug, host, request.method, path, request.url.query, operation, status))


def create_app(box_office: BoxOffice | None = None, *, latency: float = 0) -> Starlette:
    """Build the application; `app.state.sandbox` is its `Sandbox`. `latency` is added to every answer, in seconds."""
    sandbox = Sandbox(programme.season() if box_office is None else box_office, latency)
    app = Starlette(
        routes=[
            Mount("/_sandbox", routes=control.ROUTES),
            *(
                Mount(f"/{slug}/{host}", app=_host(sandbox, service, host))
                for slug, service in services().items()
                for host in service.hosts
            ),
        ]
    )
    app.state.sandbox = sandbox
    return app


def _root(request: Request, service: Service, host: str) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/{service.slug}/{host}"


def _host(sandbox: Sandbox, service: Service, host: str) -> Router:
    routes = [
        WebRoute(route.path, _endpoint(sandbox, service, route), methods=[route.method])
        for route in service.routes
        if route.host == host
    ]

    async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        response: Response = service.refuse(Refusal(404)).response()
        slashed = {**scope, "path": scope["path"] + "/"}
        if service.trailing_slash and request.method == "GET" and any(r.matches(slashed)[0].value for r in routes):
            response = RedirectResponse(request.url.replace(path=request.url.path + "/"), 301)
        path = request.url.path.removeprefix(f"/{service.slug}/{host}")
        sandbox.note(service, host, request, path, response.status_code)
        await response(scope, receive, send)

    return Router(routes, redirect_slashes=False, default=unknown)


def _endpoint(sandbox: Sandbox, service: Service, route: Route) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def endpoint(request: Request) -> Response:
        return await sandbox.answer(service, route, request)

    return endpoint


def _handle(service: Service, route: Route, ask: Ask) -> Answer:
    try:
        for one in ask.misbehaviours:
            if status := REFUSED.get(one.kind):
                retry = {} if one.retry_after is None else {"Retry-After": str(one.retry_after)}
                raise Refusal(status, headers=retry if status == 429 else None)
        if not route.open:
            service.admit(ask)
        given = route.handle(ask)
    except Refusal as refusal:
        return service.refuse(refusal)
    answer = given if isinstance(given, Answer) else Answer(given)
    answer.headers = {**service.headers, **answer.headers}
    if answer.status < 300:
        for one in ask.misbehaviours:
            answer.payload = spoil(one.kind, service.shape_of(route), answer.payload)
    return answer


def _broken(answer: Answer, due: list[Misbehaviour]) -> Response:
    kinds = {one.kind for one in due}
    if "html" in kinds:
        return Response(HTML, media_type="text/html")
    response = answer.response()
    if "truncated" in kinds:
        return Response(
            bytes(response.body)[: len(response.body) // 2], answer.status, answer.headers, answer.media_type
        )
    return response

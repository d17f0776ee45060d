"""The routes of all functions in one process, as an ASGI application: what `spekta serve` serves."""

import asyncio
import base64
import hmac
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors import connect, find_provider
from connectors.credentials import Store
from connectors.errors import NotAllowed, SpektaError, Unavailable
from connectors.registry import SLUGS
from connectors.seen import SeenInMemory
from connectors.webhook import Change
from spekta.aws.gateway import http_event

from . import errors
from .general import GeneralRoutes
from .openapi import document
from .portfolio import PortfolioRoutes
from .resolver import Resolver
from .routes import ProviderRoutes
from .stored import nowhere
from .webhooks import PREFIX, WebhookRoutes

if TYPE_CHECKING:
    from spekta.sync.store import Reading

SECONDS = 45.0
LARGEST_BODY = 6_000_000  # as Lambda
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
DOCUMENT = "/openapi.json"


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may ask. token: who shows it. local: only by a name of this machine, against web pages that rebind theirs.

    No page of another origin may ask: its reader did not.
    """

    token: str | None = field(default=None, repr=False)
    local: bool = True

    def check(self, request: Request) -> None:
        """Raises Unauthorized or NotAllowed. Deliveries of webhooks show a token of their own, which no web page knows,
        and come through a tunnel by its name.
        """
        if request.scope["path"].startswith(PREFIX):
            return
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if self.local and host.rpartition(":")[0] not in LOOPBACK and host not in LOOPBACK:
            raise NotAllowed("Only this machine is served.", f"Ask {LOOPBACK[0]}.")
        if origin is not None and origin.partition("://")[2] != host:
            raise NotAllowed("Web pages of other origins may not ask.", "Ask from a program.")
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        right = self.token is None or hmac.compare_digest(shown.strip().encode(), self.token.encode())
        if not right or (self.token and scheme.lower() != "bearer"):
            raise errors.Unauthorized("The token is missing or wrong.", "Send it: Authorization: Bearer TOKEN.")


class Api:
    """The whole API over the connections of one store, and over their copies, which `reading` opens."""

    def __init__(
        self, store: Store, guard: Guard | None = None, seconds: float = SECONDS, reading: "Reading" = nowhere
    ) -> None:
        self.store = store
        self.reading = reading
        self.guard = guard or Guard()
        self.seconds = seconds
        self.general = GeneralRoutes(store)
        self.portfolio = PortfolioRoutes(store.connections, lambda name: connect(store, name), seconds, reading)
        self._providers: dict[str, ProviderRoutes] = {}
        self._webhooks: dict[str, WebhookRoutes] = {}
        self._seen = SeenInMemory()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, request_id = Request(scope, receive), str(uuid.uuid4())
        try:
            self.guard.check(request)
            answer = await self._answered(request, request_id)
        except SpektaError as error:
            refused = errors.answer(error, None, request_id)
            answer = {"statusCode": refused.status_code, "headers": refused.headers, "body": refused.body}
        except ClientDisconnect:
            return
        await Response(answer["body"], answer["statusCode"], answer["headers"])(scope, receive, send)

    async def _answered(self, request: Request, request_id: str) -> dict[str, Any]:
        try:
            return await self._answer(request, request_id)
        except asyncio.CancelledError:  # by the server alone, when it ends and has waited long enough
            raise Unavailable("The server ends.", "Ask again when it is back.") from None

    async def _answer(self, request: Request, request_id: str) -> dict[str, Any]:
        path = request.scope["path"]
        if (request.method, path) == ("GET", DOCUMENT):
            return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": _document()}
        headers = {name: ",".join(request.headers.getlist(name)) for name in request.headers}
        event = http_event(request.method, path, request.url.query, headers, request_id=request_id)
        return await self._resolver(path).answer({**event, **_body(await _read(request))})

    def _resolver(self, path: str) -> Resolver:
        """Who answers, as the gateway's routes have it."""
        place = path.split("/")[2] if path.startswith(("/v1/", PREFIX)) else ""
        if path.startswith(PREFIX):
            return self._deliveries(place) or self.general.resolver
        if place in SLUGS:
            if place not in self._providers:
                self._providers[place] = ProviderRoutes(find_provider(place), self.store, self.seconds, self.reading)
            return self._providers[place].resolver
        return self.portfolio.resolver if place == "portfolio" else self.general.resolver

    def _deliveries(self, slug: str) -> Resolver | None:
        """None for a platform that delivers nothing."""
        if slug not in SLUGS or not (provider := find_provider(slug)).webhook:
            return None
        if slug not in self._webhooks:
            self._webhooks[slug] = WebhookRoutes(provider, self.store, self._seen, tell_copies)
        return self._webhooks[slug].resolver


def tell_copies(connection: str, changes: Sequence[Change]) -> None:
    """Has `spekta sync` look at what changed, where it keeps a copy; a first run copies all. Raises Unavailable while
    it is at this connection.
    """
    from spekta.sync.sqlite import SqliteStore, default_path
    from spekta.sync.sqlite.store import owner
    from spekta.sync.watching import tell

    if default_path().exists():
        with SqliteStore(default_path()) as store:
            if not tell(store, connection, owner(), changes or [Change(kind="account")]):
                raise Unavailable(f"{connection} is being synced.", "Try again.")


async def _read(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise errors.PayloadTooLarge("body", "The body is too large.", f"At most {LARGEST_BODY} bytes.")
    return body


def _body(content: bytes) -> dict[str, Any]:
    try:
        return {"body": content.decode() or None, "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}


@cache
def _document() -> str:
    return json.dumps(document())

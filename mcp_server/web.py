"""The MCP server over HTTP: one address for clients of every protocol version, without sessions.

Only POST is answered. The SDK would hold a GET open for events that never come, and with it a function to its limit.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.transport_security import RequestBodyLimitMiddleware, TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors import ProviderError

from .authorization import MCP_PATH, Authorization, needed
from .caller import PERSONAL_DATA, READ, WRITE
from .server import Server
from .state import State

LARGEST_REQUEST = 1_000_000
PUBLIC = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}
UNCACHED = {"Cache-Control": "no-store"}
Headers = Mapping[str, str]


def create_app(
    server: Server,
    authorization: Authorization,
    *,
    hosts: Collection[str] | None = None,
    origins: Collection[str] = (),
    buffered: bool = False,
) -> "Door":
    """The server as an ASGI application; its lifespan has to be run.

    hosts: those that a request may name, against pages that rebind their own; None where a gateway has looked already.
    origins: of web pages that may ask, beside the server's own. buffered: answer as JSON alone, where a transport
    carries no stream.
    """
    pages = [*origins, *((authorization.origin,) if authorization.origin else ())]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=hosts is not None, allowed_hosts=list(hosts or ()), allowed_origins=pages
    )
    app = server.streamable_http_app(
        streamable_http_path=MCP_PATH, stateless_http=True, json_response=buffered, transport_security=security
    )
    return Door(app, authorization, server.state, server.writing, pages)


class Door:
    """Lets in who may ask what is asked."""

    def __init__(
        self,
        app: ASGIApp,
        authorization: Authorization,
        state: State,
        writing: Collection[str],
        origins: Collection[str],
    ) -> None:
        self._app = app
        self._origins = origins
        self._authorization = authorization
        self._state = state
        self._writing = writing
        self._admit = RequestBodyLimitMiddleware(self._admitted, LARGEST_REQUEST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == self._authorization.metadata_path and self._authorization.issuer:
            await self._metadata(scope["method"])(scope, receive, send)
        elif scope["path"] == MCP_PATH and scope["method"] != "POST":
            await Response(status_code=405, headers={"Allow": "POST", **UNCACHED})(scope, receive, send)
        elif scope["path"] == MCP_PATH and self._foreign(Request(scope).headers.get("origin")):
            await _refused(403, "forbidden_origin", "Pages of other sites may not ask.", {})(scope, receive, send)
        elif scope["path"] == MCP_PATH:
            await self._admit(scope, receive, send)
        else:
            await Response(status_code=404, headers=UNCACHED)(scope, receive, send)

    def _foreign(self, origin: str | None) -> bool:
        """Whether a web page asks that is not ours. The SDK looks only where it looks at hosts, too."""
        if not origin:
            return False
        return not {origin, f"{origin.rpartition(':')[0]}:*"} & set(self._origins)

    def _metadata(self, method: str) -> Response:
        if method not in ("GET", "HEAD"):
            return Response(status_code=405, headers={"Allow": "GET"})
        allowed = {READ: True, PERSONAL_DATA: self._state.personal_data, WRITE: bool(self._writing)}
        found = self._authorization.metadata([scope for scope, useful in allowed.items() if useful])
        return JSONResponse(found, headers=PUBLIC)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            user = await self._user(request)
        except ProviderError as error:
            await _refused(503, "temporarily_unavailable", error.message, {"Retry-After": "30"})(scope, receive, send)
            return
        if isinstance(user, Response):
            await user(scope, receive, send)
            return
        body = await request.body()
        scopes = needed(body, self._writing, personal_data=self._state.personal_data)
        if missing := scopes - set(user.scopes):
            held = scopes | set(user.scopes)
            said = f"This needs the scope {' and '.join(sorted(missing))}."
            challenge = {"WWW-Authenticate": self._authorization.challenge("insufficient_scope", held)}
            await _refused(403, "insufficient_scope", said, challenge)(scope, receive, send)
            return
        await self._app({**scope, "user": user}, _again(body, receive), send)

    async def _user(self, request: Request) -> AuthenticatedUser | Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            challenge = {"WWW-Authenticate": self._authorization.challenge()}
            return _refused(401, "unauthorized", "A token is needed.", challenge)
        found = await self._authorization.verifier.verify_token(token.strip())
        if found is None:
            challenge = {"WWW-Authenticate": self._authorization.challenge("invalid_token")}
            return _refused(401, "invalid_token", "The token has ended, or is not for this server.", challenge)
        return AuthenticatedUser(found)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body once more, then what comes after it: that the client is gone."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _refused(status: int, error: str, description: str, headers: Headers) -> Response:
    content: dict[str, Any] = {"error": error, "error_description": description}
    return Response(json.dumps(content), status, {**headers, **UNCACHED}, "application/json")

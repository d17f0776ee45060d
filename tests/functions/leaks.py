"""What must never be seen of an account, and everything that can be seen of a call."""

import base64
import io
import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from spekta.sandbox.app import Sandbox

USUAL = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length", "content-type"}
_CODED = re.compile(r"[A-Za-z0-9_+/-]{16,}")


def _refusals(sent: str) -> Mapping[int, dict[str, Any]]:
    """How platforms name the field that is wrong, and otherwise no more than a text."""
    known: Mapping[int, dict[str, Any]] = {
        409: {"error": {"param": sent, "message": sent, "code": sent, "doc_url": sent}},
        422: {sent: [sent]},
    }
    return defaultdict(lambda: {"error": sent}, known)


class Repeating:
    """A platform that, once `status` is set, repeats all that it was sent, except to who asks it for a token."""

    def __init__(self, platform: ASGIApp) -> None:
        self._platform = platform
        self.status: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.status is None or scope["path"].endswith(("/token", "/tokens")):
            await self._platform(scope, receive, send)
            return
        request = Request(scope, receive)
        keys = [value for name, value in request.headers.items() if name not in USUAL]  # first, as texts may be cut
        sent = " ".join([*keys, request.url.query, str(request.url), (await request.body()).decode()])
        said = {"message": sent, "error_description": sent, "code": sent, "next": sent, **_refusals(sent)[self.status]}
        headers = {"X-Request-Id": request.headers.get("authorization", sent), "Retry-After": sent, "Location": sent}
        clean = {name: value.encode("ascii", "replace").decode().replace("\n", " ") for name, value in headers.items()}
        await JSONResponse(said, self.status, clean)(scope, receive, send)


def planted(sandbox: Sandbox, slug: str, secrets: Iterable[str]) -> set[str]:
    """The secrets of an account, the tokens that it was given, and the forms in which they travel."""
    known = {secret for secret in [*secrets, *sandbox.grants[slug]._grant] if len(secret) >= 6}
    coded = {base64.b64encode(secret.encode()).decode().rstrip("=") for secret in known}
    pairs = {base64.b64encode(f"{secret}:".encode()).decode() for secret in known}
    return known | coded | pairs | {form(secret) for form in (quote, quote_plus) for secret in known}


def opened(text: str) -> str:
    """A text, and beside it what is coded in it: cursors, Basic."""
    return f"{text} {unquote_plus(text)} {' '.join(_decoded(part) for part in _CODED.findall(text))}"


def _decoded(part: str) -> str:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode(errors="replace")
    except ValueError:
        return ""


class Ear(logging.Handler):
    """Hears every line of every logger, as a formatter of its own would write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.write(self.format(record) + "\n")


def everything(response: Mapping[str, Any], *texts: str) -> str:
    """All that a caller and an operator see of a call."""
    return opened("\n".join([json.dumps(response, ensure_ascii=False), response["body"], *texts]))

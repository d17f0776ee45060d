"""A sandbox of a test's own over one season, on a wire whose requests are kept and whose answers can be changed."""

import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from connectors import Connector, SpektaError, create_connector, find_provider
from connectors.registry import SLUGS
from spekta.sandbox import programme
from spekta.sandbox.app import Entry, create_app
from spekta.sandbox.box_office import BoxOffice

from .conftest import ORIGIN, Account

Change = Callable[[httpx2.Request, httpx2.Response], httpx2.Response]
PACED = [slug for slug in SLUGS if find_provider(slug).rate_limit and "{" not in find_provider(slug).base]
each_provider = pytest.mark.parametrize("slug", SLUGS)


@cache
def _season() -> BoxOffice:
    return programme.season()


def sandboxed(slug: str) -> Account:
    """A provider's account in a sandbox of its own, which may misbehave."""
    return Account(slug, create_app(_season()))


def at_home(account: Account, asked: list[httpx2.Request], name: str = "default", share: float = 1.0) -> Connector:
    """A connector of the real address, where every answer is the sandbox's."""
    slug, service = account.slug, account.service
    inner, base = httpx2.ASGITransport(app=account.app), service.addresses(ORIGIN)
    hosts = {"api": find_provider(slug).base, **find_provider(slug).hosts}

    class Elsewhere(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            asked.append(request)
            host = max(
                (host for host in hosts if str(request.url).startswith(hosts[host])), key=lambda h: len(hosts[h])
            )
            request.url = httpx2.URL(str(request.url).replace(hosts[host], base[host], 1))
            return await inner.handle_async_request(request)

    return create_connector(slug, service.credentials, transport=Elsewhere(), account=name, share=share)


class Wire(httpx2.AsyncBaseTransport):
    """Leads to the sandbox of an account. `change` makes another answer of the one that came, or raises."""

    def __init__(self, account: Account, change: Change | None = None) -> None:
        self._platform = httpx2.ASGITransport(app=account.app)
        self._change = change
        self.requests: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        response = await self._platform.handle_async_request(request)
        await response.aread()
        return self._change(request, response) if self._change else response


def edited(response: httpx2.Response, edit: Callable[[Any], Any]) -> httpx2.Response:
    """The response with its JSON changed in place, or replaced by what `edit` gives."""
    body = json.loads(response.content)
    return httpx2.Response(response.status_code, json=edit(body) or body)


def changing(path: str, edit: Callable[[Any], Any]) -> Change:
    """Edits the answers to one path."""

    def change(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        return edited(response, edit) if request.url.path.endswith(path) else response

    return change


def to_rows(key: str, edit: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Edits each row of an answer."""

    def each(body: Any) -> None:
        for row in body[key]:
            edit(row)

    return each


def connect(account: Account, wire: Wire | None = None, /, **more: Any) -> Connector:
    """A connector of the account; credentials, options, addresses and vault are those that work unless given."""
    gates = {option: True for kind in ("attendees", "orders") if (option := account.provider.needs(kind))}
    settings: dict[str, Any] = {
        "credentials": account.service.credentials,
        "base_url": account.service.addresses(ORIGIN),
        "options": gates,
        **more,
    }
    return create_connector(account.slug, transport=wire or Wire(account), **settings)


def asked(account: Account) -> list[Entry]:
    """The requests to the platform that were answered, those for tokens left out."""
    return [entry for entry in account.sandbox.log if not entry.path.endswith(("/token", "/tokens"))]


def secrets(account: Account, *more: str) -> list[str]:
    """What must never be shown: the account's secrets, and what else is named."""
    kept = {credential.name for credential in account.provider.credentials if credential.secret}
    return [value for name, value in account.service.credentials.items() if name in kept] + list(more)


def shown(error: BaseException) -> str:
    """All that an error would show of itself in a log or an answer."""
    whole = "".join(traceback.format_exception(error))
    return f"{error} {error!r} {getattr(error, '__dict__', '')} {whole}"


def check(error: SpektaError, account: Account, operation: str) -> None:
    """An error of a platform says whose it is, what was asked and what to do next, and no secret."""
    named: Mapping[str, Any] = vars(error)
    assert named["provider"] == account.slug
    assert named["operation"] == operation
    assert error.advice
    assert not [secret for secret in secrets(account) if secret in shown(error)]


@dataclass
class Clock:
    """Time that passes only while somebody waits; `waits` says how long each time."""

    waits: list[float] = field(default_factory=list)

    def stop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("connectors.caller.sleep", self._sleep)
        monkeypatch.setattr("connectors.pace.sleep", self._sleep)
        for module in ("http", "pace"):
            monkeypatch.setattr(f"connectors.{module}.time", SimpleNamespace(monotonic=lambda: sum(self.waits)))

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

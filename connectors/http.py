"""The one place that imports the HTTP library: sends a request, gives back status, headers and parsed JSON."""

import asyncio
import email.utils
import json
import logging
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import httpcore2
import httpx2

from . import guard
from .errors import DeadlineExceeded, InvalidResponse, Unavailable
from .pace import Turns
from .redaction import RedactingFilter

Transport = httpx2.AsyncBaseTransport

REQUEST_SECONDS = 10.0
# These log addresses and headers of answers. A logger's filter does not hold for the loggers below it.
for _name in ("httpx2", *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
    logging.getLogger(_name).addFilter(RedactingFilter())


class Deadline:
    """When the caller stops waiting. Without seconds there is none."""

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._ends = None if seconds is None else time.monotonic() + seconds

    def remaining(self) -> float | None:
        """Seconds left, not below 0; None without a deadline."""
        return None if self._ends is None else max(0.0, self._ends - time.monotonic())

    def allows(self, seconds: float) -> bool:
        """Whether that much waiting would still leave time."""
        left = self.remaining()
        return left is None or seconds < left

    def is_near(self, seconds: float) -> bool:
        """Whether fewer seconds are left, and less than half of the time that there was."""
        left = self.remaining()
        return left is not None and self._seconds is not None and left < min(seconds, self._seconds / 2)


@dataclass(frozen=True, slots=True)
class Answer:
    """A platform's answer. `body` is None where it is not JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any
    is_json: bool


class Http:
    """A client of one platform. Redirects are not followed: credentials stay with the host they are for. Where the
    process has a guard, it decides what is connected to, and proxies that the environment names are not used.

    `ahead` is how far the platform's clock is ahead of ours by its last answer; None where it does not tell the time.
    `requests` is how many were made.
    """

    def __init__(self, transport: Transport | None = None, pace: Turns | None = None) -> None:
        self.ahead: timedelta | None = None
        self.requests = 0
        self._pace = pace
        if not transport and (policy := guard.here()):
            transport = guarded(policy)
        self._client = httpx2.AsyncClient(
            transport=transport,
            verify=_tls(),
            timeout=REQUEST_SECONDS,
            follow_redirects=False,
            headers={"Accept": "application/json", "User-Agent": "Spekta/0.1"},
        )

    async def send(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        deadline: Deadline,
    ) -> Answer:
        """One request, when it is its turn. Raises Unavailable where no whole answer came, DeadlineExceeded where the
        caller's time ran out, RateLimited where the turn comes too late.
        """
        if self._pace:
            await self._pace.turn(deadline)
        self.requests += 1
        try:
            async with asyncio.timeout(deadline.remaining()):
                response = await self._client.request(
                    method, url, params=query or None, headers=headers, json=body, data=form
                )
        except TimeoutError:
            raise DeadlineExceeded(
                "The deadline came before the answer.", "Ask for less, or allow more time."
            ) from None
        except httpx2.InvalidURL:
            raise InvalidResponse("The address cannot be used.") from None
        except httpx2.HTTPError as error:
            raise Unavailable(f"No answer came ({type(error).__name__}).", "Try again later.") from None
        self.ahead = _ahead(response.headers.get("Date"))
        return _answer(response)

    async def aclose(self) -> None:
        await self._client.aclose()


def guarded(policy: guard.Guard) -> Transport:
    """A transport that connects to what the guard lets through, whoever asks for it: a redirect, too."""
    transport = httpx2.AsyncHTTPTransport(verify=_tls())
    transport._pool._network_backend = _Guarded(policy)
    return transport


class _Guarded(httpcore2.AnyIOBackend):
    """Looks a name up once, and connects to the very addresses that were judged: a second look-up might give others."""

    def __init__(self, policy: guard.Guard) -> None:
        self._policy = policy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as the library calls it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failed: httpcore2.ConnectError | httpcore2.ConnectTimeout | None = None
        for address in self._policy.permitted(host, port, await _addresses(host, port)):
            try:
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        assert failed
        raise failed


async def _addresses(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that no host can have
        raise httpcore2.ConnectError(str(error)) from None
    return [str(place[0]) for *_, place in found]


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than most requests here."""
    return httpx2.create_ssl_context()


def _ahead(date: str | None) -> timedelta | None:
    """By the Date header of an answer that has just come (RFC 9110, 6.6.1)."""
    try:
        told = email.utils.parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return told - datetime.now(UTC) if told.tzinfo else None


def _answer(response: httpx2.Response) -> Answer:
    try:
        body = json.loads(response.content, parse_float=Decimal) if response.content else None
    except (ValueError, ArithmeticError, RecursionError):  # ArithmeticError: 1e99999999999999999999
        return Answer(response.status_code, response.headers, None, False)
    return Answer(response.status_code, response.headers, body, True)

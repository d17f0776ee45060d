"""On Lambda nothing but public addresses is connected to, whatever name, spelling or redirect leads elsewhere."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpcore2
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connectors import ConfigurationError, InvalidResponse, Unavailable, create_connector
from connectors.guard import EXCEPTIONS, Guard, exceptions
from connectors.http import Deadline, Http, guarded
from spekta.sandbox.server import running

pytestmark = pytest.mark.anyio

PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"]
PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "240.0.0.1",
    "::1",
    "fd12::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "2001:db8::1",
    "fec0::1",
]
NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
]
NAMED = frozenset({("tickets.example", 443)})


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_let_through(address: str) -> None:
    assert Guard().permitted("tickets.example", 443, [address]) == [address]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_for_named_hosts(address: str) -> None:
    assert Guard(NAMED).permitted("Tickets.Example", 443, [address]) == [address]
    for guard, port in ((Guard(), 443), (Guard(NAMED), 80)):
        with pytest.raises(ConfigurationError) as refused:
            guard.permitted("tickets.example", port, [address])
        assert f"tickets.example:{port} in {EXCEPTIONS}" in refused.value.advice
        assert address not in str(refused.value)


@pytest.mark.parametrize("address", NEVER)
def test_link_local_addresses_are_for_nobody(address: str) -> None:
    with pytest.raises(ConfigurationError):
        Guard(NAMED).permitted("tickets.example", 443, [address])


def test_of_several_addresses_the_public_ones_are_used() -> None:
    assert Guard().permitted("tickets.example", 443, [*PRIVATE, *PUBLIC, *NEVER]) == PUBLIC


def test_exceptions_are_hosts_with_ports() -> None:
    assert exceptions("Pretix.internal:443, [fd12::7]:8443,") == {("pretix.internal", 443), ("fd12::7", 8443)}
    assert exceptions("") == frozenset()


@pytest.mark.parametrize("text", ["pretix.internal", "pretix.internal:", ":443", "pretix.internal:https"])
def test_an_exception_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        exceptions(text)
    assert (refused.value.field, repr(text) in refused.value.message) == (EXCEPTIONS, True)


# On the wire


@pytest.fixture
def visits() -> list[str]:
    """The paths that were asked for on loopback."""
    return []


@pytest.fixture
def origin(visits: list[str]) -> Iterator[str]:
    """A platform on loopback, which redirects to wherever it is told to."""

    async def answer(request: Request) -> Response:
        visits.append(request.url.path)
        there = request.query_params.get("to")
        return RedirectResponse(there) if there else Response("{}", media_type="application/json")

    with running(Starlette(routes=[Route("/{path:path}", answer)])) as origin:
        yield origin


@pytest.fixture
def on_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "spekta-pretix")


def place(origin: str) -> tuple[str, int]:
    url = httpx2.URL(origin)
    assert url.port
    return url.host, url.port


async def ask(url: str) -> int:
    http = Http()
    try:
        return (await http.send("GET", url, deadline=Deadline())).status
    finally:
        await http.aclose()


SPELLINGS = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.1", "127.1", "[::ffff:127.0.0.1]", "0"]


@pytest.mark.usefixtures("on_lambda")
@pytest.mark.parametrize("host", SPELLINGS)
async def test_loopback_is_refused_however_it_is_written(host: str, origin: str, visits: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="not at a public address"):
        await ask(f"http://{host}:{place(origin)[1]}/")
    assert visits == []


@pytest.mark.usefixtures("on_lambda")
async def test_what_the_http_library_takes_for_no_address_is_not_asked(origin: str, visits: list[str]) -> None:
    with pytest.raises(InvalidResponse, match="address cannot be used"):
        await ask(f"http://0177.0.0.1:{place(origin)[1]}/")
    assert visits == []


@pytest.mark.usefixtures("on_lambda")
async def test_a_named_host_is_asked(origin: str, visits: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EXCEPTIONS, origin.removeprefix("http://"))
    assert await ask(f"{origin}/v1") == 200
    assert visits == ["/v1"]


async def test_elsewhere_than_on_lambda_everything_is_asked(origin: str, visits: list[str]) -> None:
    assert await ask(f"{origin}/v1") == 200
    assert visits == ["/v1"]


@pytest.mark.usefixtures("on_lambda")
async def test_a_connection_says_what_is_wrong_with_its_address(origin: str, visits: list[str]) -> None:
    credentials = {"apiKey": "sk_test_canary_key", "organizer": "demo", "baseUrl": origin}
    async with create_connector("pretix", credentials) as connector:
        health = await connector.health_check()
    assert health.error
    assert (health.error.code, "not at a public address" in health.error.message) == ("configuration", True)
    assert visits == []


@pytest.mark.parametrize("there", ["http://169.254.169.254/latest/meta-data", "http://localhost:{port}/inside"])
async def test_a_redirect_leads_nowhere_else(there: str, origin: str, visits: list[str]) -> None:
    """Spekta follows none; a client that did would be held back too."""
    host, port = place(origin)
    to = there.format(port=port)
    transport = guarded(Guard(frozenset({(host, port)})))
    async with httpx2.AsyncClient(transport=transport, follow_redirects=True) as client:
        with pytest.raises(ConfigurationError, match="not at a public address"):
            await client.get(f"{origin}/outside", params={"to": to})
    assert visits == ["/outside"]


Resolver = Callable[..., list[Any]]


def resolver(*answers: list[str]) -> tuple[Resolver, list[str]]:
    """Gives one answer after the other, and the names that it was asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers[len(asked) - 1]]

    return getaddrinfo, asked


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where connections would have been made; the first of several addresses does not answer."""
    places: list[str] = []

    async def connect_tcp(_: Any, host: str, *__: Any, **___: Any) -> httpcore2.AsyncNetworkStream:
        places.append(host)
        if len(places) == 1:
            raise httpcore2.ConnectError("refused")
        return httpcore2.AsyncMockStream([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect_tcp)
    return places


@pytest.mark.usefixtures("on_lambda")
async def test_a_name_is_looked_up_once(connected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second answer, as of a name that is bound anew, is not even asked for."""
    lookup, asked = resolver(["93.184.215.14", "10.0.0.1", "93.184.215.15"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert await ask("https://rebound.example/") == 200
    assert connected == ["93.184.215.14", "93.184.215.15"]
    assert asked == ["rebound.example"]


@pytest.mark.usefixtures("on_lambda")
async def test_each_new_connection_is_judged_anew(connected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lookup, _ = resolver(["93.184.215.14"], ["169.254.169.254"])
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(Unavailable):
        await ask("https://rebound.example/")
    with pytest.raises(ConfigurationError):
        await ask("https://rebound.example/")
    assert connected == ["93.184.215.14"]


@pytest.mark.usefixtures("on_lambda")
@pytest.mark.parametrize("host", ["a" * 64 + ".example", "two..dots.example"])
async def test_a_name_that_cannot_be_one_is_unavailable(host: str) -> None:
    with pytest.raises(Unavailable, match="ConnectError"):
        await ask(f"https://{host}/")


@pytest.mark.usefixtures("on_lambda")
async def test_a_name_that_nobody_knows_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unavailable, match="ConnectError"):
        await ask("https://unknown.example/")

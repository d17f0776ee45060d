"""`spekta serve`: the HTTP API on this machine."""

import contextlib
import logging
import os
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from connectors.acting import WRITES
from connectors.credentials import Store
from connectors.credentials.environment import EnvironmentStore
from connectors.credentials.local import local_store
from connectors.errors import ConfigurationError
from connectors.redaction import remember
from spekta.listening import listen

from .terminal import aside, remark

if TYPE_CHECKING:
    from functions.local import Guard
    from spekta.sync.store import Reading

PORT = 8767
LOOPBACK = "127.0.0.1"
TOKEN, SHORTEST = "SPEKTA_HTTP_TOKEN", 32
GRACE_SECONDS = 10  # for answers under way: a token that is being renewed takes as long at most
PERSONAL_DATA = "SPEKTA_ALLOW_PERSONAL_DATA"


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for a free one.")] = PORT,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Over invented data, with every platform connected.")
    ] = False,
    without_token: Annotated[
        bool, typer.Option("--without-token", help="Serve other machines without a token: whoever reaches it may ask.")
    ] = False,
) -> None:
    """Serves the HTTP API over this machine's connections, until Ctrl-C.

    It is the API that AWS serves, route for route. /openapi.json lists them:
    GET /v1/providers, /v1/portfolio/events, /v1/eventbrite/events, ...
    What spans platforms answers from what `spekta sync` has copied, where that
    is kept; source=live asks the platforms.

    Only this machine is answered. To answer others, set SPEKTA_HTTP_TOKEN
    (32 characters at least): each request, from here too, then has to carry
    "Authorization: Bearer TOKEN". There is no TLS: put a proxy before it.

    Platforms may deliver webhooks to /webhooks/PROVIDER/ACCOUNT/TOKEN through a
    tunnel, without that token; "spekta connections NAME --webhook" shows the address.

    SPEKTA_ALLOW_PERSONAL_DATA=true gives names and addresses to those who ask
    with personal_data=true. SPEKTA_WRITES=true lets platforms be told what to do.
    """
    import uvicorn

    from functions.local import Api

    guard = _guard(host, without_token=without_token)
    with _store(sandbox) as (store, reading), _listening(host, port) as listening, _logging_aside():
        _say(f"http://{host}:{listening.getsockname()[1]}", store, guard)
        api = Api(store, guard, reading=reading)
        config = uvicorn.Config(
            api,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        uvicorn.Server(config).run([listening])


def _guard(host: str, *, without_token: bool) -> "Guard":
    from functions.local import LOOPBACK as NAMES
    from functions.local import Guard

    token = os.environ.get(TOKEN)
    if token is not None and len(token) < SHORTEST:
        raise ConfigurationError(f"{TOKEN} is too short.", f"Give {SHORTEST} characters at least, or leave it out.")
    if token:
        remember(token)
    is_local = host in NAMES
    if not (is_local or token or without_token):
        raise ConfigurationError(
            f"Without a token only this machine is served, not {host}.", f"Set {TOKEN}, or say --without-token."
        )
    return Guard(token, is_local)


@contextlib.contextmanager
def _store(sandbox: bool) -> Iterator[tuple[Store, "Reading"]]:
    """This machine's connections and their copies, or those of a sandbox that runs for as long, which has none."""
    from functions.stored import nowhere
    from spekta.sync.sqlite.reading import reading

    if not sandbox:
        yield local_store(), reading
        return
    from spekta.sandbox.app import create_app
    from spekta.sandbox.server import environment, running

    with running(create_app()) as origin:
        yield EnvironmentStore(environment(origin)), nowhere


def _say(origin: str, store: Store, guard: "Guard") -> None:
    """What is served, and to whom."""
    connections = store.connections()
    console = aside()
    console.print(f"Serving on {origin} until Ctrl-C. Every route: {origin}/openapi.json", style="bold", soft_wrap=True)
    console.print(f"Connections: {', '.join(connections) or 'none yet; run: spekta connect PROVIDER'}", soft_wrap=True)
    console.print(f"Personal data: {_switch(PERSONAL_DATA)}. Writes: {_switch(WRITES)}.", soft_wrap=True)
    header = f' -H "Authorization: Bearer ${TOKEN}"' if guard.token else ""
    console.print(f"Try: curl{header} {origin}/v1/portfolio/events", soft_wrap=True)
    if not (guard.token or guard.local):
        remark("Whoever reaches this address may ask.")


def _switch(name: str) -> str:
    return "on" if os.environ.get(name) == "true" else f"off ({name}=true switches it on)"


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError:
        raise ConfigurationError(f"Port {port} of {host} cannot be had.", "A free one is: --port 0") from None


@contextlib.contextmanager
def _logging_aside() -> Iterator[None]:
    """The functions log to stdout, as Lambda wants it; here that is for answers."""
    from functions.log import logger

    handlers = [one for one in logger.handlers if isinstance(one, logging.StreamHandler)]
    streams = [one.stream for one in handlers]
    for one in handlers:
        one.stream = sys.stderr
    yield
    for one, stream in zip(handlers, streams, strict=True):
        one.stream = stream

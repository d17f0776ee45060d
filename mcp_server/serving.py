"""`spekta mcp --http`: the MCP server over HTTP, for clients on this machine or, with an issuer, for others too."""

import logging
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import uvicorn

from connectors import ConfigurationError
from connectors.redaction import RedactingFilter
from spekta.listening import listen

from .admission import ISSUER, RESOURCE, Admission, admission
from .authorization import MCP_PATH
from .server import create_server
from .state import local
from .web import Door, create_app

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def door(admitted: Admission) -> Door:
    """The application for this machine's connections."""
    names, origins = list(LOOPBACK), [f"http://{name}:*" for name in LOOPBACK]
    hosts = [*names, *(f"{name}:*" for name in names)]
    if resource := admitted.authorization.resource:
        hosts.append(urlsplit(resource).netloc)
    return create_app(create_server(local(), shared=True), admitted.authorization, hosts=hosts, origins=origins)


def main(host: str, port: int, say: Callable[[str], None]) -> None:
    """Serves until interrupted; says where, and with which token. Port 0 takes a free one."""
    admitted = admission()
    if host not in LOOPBACK and admitted.authorization.issuer is None:
        raise ConfigurationError(
            f"Without an issuer only this machine is served, not {host}.", f"Set {ISSUER} and {RESOURCE}."
        )
    app = door(admitted)
    with _listening(host, port) as listening:
        say(f"http://{host}:{listening.getsockname()[1]}{MCP_PATH}")
        if admitted.token:
            say(f"Authorization: Bearer {admitted.token}")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        for name in ("uvicorn", "uvicorn.error", ""):
            for handler in logging.getLogger(name).handlers:
                handler.addFilter(RedactingFilter())
        server.run([listening])


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError:
        raise ConfigurationError(f"Port {port} of {host} cannot be had.", "A free one is: --port 0") from None

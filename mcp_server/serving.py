"""`spekta mcp --http`: the MCP server over HTTP, for clients on this machine or, with an issuer, for others too.

Without an issuer there is one token, which is made anew at each start unless SPEKTA_MCP_TOKEN gives it, and only this
machine is served. With SPEKTA_MCP_ISSUER and SPEKTA_MCP_RESOURCE (the server's own address) it is an OAuth 2.1 resource
server.
"""

import logging
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvicorn

from connectors import ConfigurationError
from connectors.redaction import RedactingFilter, remember

from .authorization import MCP_PATH, Authorization
from .server import create_server
from .state import local
from .tokens import Issuer, OneToken
from .web import Door, create_app

ISSUER, RESOURCE, TOKEN = "SPEKTA_MCP_ISSUER", "SPEKTA_MCP_RESOURCE", "SPEKTA_MCP_TOKEN"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
SHORTEST = 32


@dataclass(frozen=True, slots=True)
class Admission:
    """authorization: who is let in. token: the only one, where it was made here and its user has to be told."""

    authorization: Authorization
    token: str | None = None


def admission(environment: Mapping[str, str] = os.environ) -> Admission:
    """As the environment says. Raises ConfigurationError where it says half of it, or a token that can be guessed."""
    issuer, resource = environment.get(ISSUER), environment.get(RESOURCE)
    if bool(issuer) != bool(resource):
        missing = RESOURCE if issuer else ISSUER
        raise ConfigurationError(f"{missing} is missing.", f"Set {ISSUER} and {RESOURCE}, or neither.")
    if issuer and resource:
        if urlsplit(resource).path != MCP_PATH:
            raise ConfigurationError(f"{RESOURCE} is not the server's address.", f"It ends in {MCP_PATH}.")
        return Admission(Authorization(Issuer(issuer, resource), resource, issuer))
    given = environment.get(TOKEN)
    if given is not None and len(given) < SHORTEST:
        raise ConfigurationError(f"{TOKEN} is too short.", f"Give {SHORTEST} characters at least, or leave it out.")
    token = given or secrets.token_urlsafe(32)
    remember(token)
    return Admission(Authorization(OneToken(token)), None if given else token)


def door(admitted: Admission) -> Door:
    """The application for this machine's connections."""
    names, origins = list(LOOPBACK), [f"http://{name}:*" for name in LOOPBACK]
    hosts = [*names, *(f"{name}:*" for name in names)]
    if resource := admitted.authorization.resource:
        parts = urlsplit(resource)
        hosts, origins = [*hosts, parts.netloc], [*origins, f"{parts.scheme}://{parts.netloc}"]
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
        return socket.create_server((host, port))
    except OSError:
        raise ConfigurationError(f"Port {port} of {host} cannot be had.", "A free one is: --port 0") from None

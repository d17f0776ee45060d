"""The server's three doors, each with what a client needs to come in. Behind all of them is the sandbox."""

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from spekta.sandbox.app import create_app
from spekta.sandbox.server import connections, environment, running
from tests.aws.served import serving
from tests.functions import runtime_api
from tests.mcp_server.website import message

from . import gateways
from .issuer import Issuer, issuing
from .stack import invoked

SPEKTA = (sys.executable, "-c", "from spekta.cli import main; main()", "mcp")
ERAS = ("legacy", "modern")
SCOPES = ("read", "write")
# The inspector starts a process for every call over stdio, so they share what previews are made with.
WRITING = {"SPEKTA_WRITES": "true", "SPEKTA_PREVIEW_SECRET": secrets.token_hex(32)}
PLATFORMS = ("ticket-tailor", "equaticket")


@dataclass(frozen=True)
class Door:
    """addresses: by era, where a client comes in that knows neither tokens nor pipes. The rest is for one that does:
    the address and token, or the command and its environment.
    """

    name: str
    addresses: Mapping[str, str]
    own_address: str = ""
    token: str = ""
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def stdio(origin: str) -> Iterator[Door]:
    """`spekta mcp`. A process stays in the era in which it is first spoken to, so there is one for each."""
    discover = json.loads(message("server/discover", {})[0])
    with TemporaryDirectory() as folder:
        variables = _variables(origin, folder)
        with (
            gateways.pipe(SPEKTA, variables, None) as legacy,
            gateways.pipe(SPEKTA, variables, discover) as modern,
        ):
            yield Door("stdio", {"legacy": legacy, "modern": modern}, command=SPEKTA, environment=variables)


@contextmanager
def http(origin: str, issuer: Issuer) -> Iterator[Door]:
    """`spekta mcp --http`, with an issuer."""
    port = _free_port()
    resource = f"http://127.0.0.1:{port}/mcp"
    token = issuer.token(resource, *SCOPES)
    with TemporaryDirectory() as folder:
        variables = _variables(origin, folder) | {"SPEKTA_MCP_ISSUER": issuer.address, "SPEKTA_MCP_RESOURCE": resource}
        command = [*SPEKTA, "--http", "--port", str(port)]
        with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr
            process.stderr.readline()
            try:
                with gateways.before(gateways.to_http(f"http://127.0.0.1:{port}", token)) as address:
                    yield Door("HTTP", dict.fromkeys(ERAS, f"{address}/mcp"), resource, token)
            finally:
                process.terminate()


@contextmanager
def function(origin: str, issuer: Issuer) -> Iterator[Door]:
    """`functions.mcp.handler` in a process as Lambda runs it, and the functions of the providers that it asks."""
    resource = "https://spekta.example/mcp"
    token = issuer.token(resource, *SCOPES)
    hosts = f"{origin.removeprefix('http://')},{issuer.host}"
    with serving() as aws:
        for slug in PLATFORMS:
            credentials, addresses = connections(origin)[slug]
            secret = json.dumps({**credentials, "addresses": addresses})
            aws.secrets.create_secret(Name=f"spekta/{slug}/default", SecretString=secret)
        variables = {
            **aws.environment,
            "AWS_LAMBDA_FUNCTION_NAME": "spekta",
            "SPEKTA_ALLOWED_PRIVATE_HOSTS": hosts,
            **WRITING,
        }
        with (
            invoked(PLATFORMS, variables) as lambdas,
            runtime_api.running(
                "functions.mcp.handler",
                {
                    **variables,
                    "AWS_ENDPOINT_URL_LAMBDA": lambdas,
                    "SPEKTA_STACK": "spekta",
                    "SPEKTA_MCP_ISSUER": issuer.address,
                    "SPEKTA_MCP_RESOURCE": resource,
                },
                log=subprocess.DEVNULL,
            ) as api,
            gateways.before(gateways.to_function(api)) as own,
            gateways.before(gateways.to_http(own, token)) as address,
        ):
            yield Door("Lambda", dict.fromkeys(ERAS, f"{address}/mcp"), f"{own}/mcp", token)


@contextmanager
def all_doors() -> Iterator[list[Door]]:
    """All three, open at the same time."""
    with (
        running(create_app()) as origin,
        issuing() as issuer,
        stdio(origin) as first,
        http(origin, issuer) as second,
        function(origin, issuer) as third,
    ):
        yield [first, second, third]


def _variables(origin: str, folder: str) -> dict[str, str]:
    wanted = tuple(slug.replace("-", "_").upper() for slug in PLATFORMS)
    known = {name: value for name, value in environment(origin).items() if name.startswith(wanted)}
    credentials = str(Path(folder) / "credentials.json")
    return {"PATH": os.environ["PATH"], "SPEKTA_CREDENTIALS": credentials, **known, **WRITING}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port

"""Lambda's Invoke on loopback, for the functions of providers, each of which is a process as Lambda runs it."""

import asyncio
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from spekta.sandbox.server import running
from tests.functions import runtime_api


@contextmanager
def invoked(slugs: Sequence[str], variables: Mapping[str, str], stack: str = "spekta") -> Iterator[str]:
    """The functions `<stack>-<provider>`; gives the address at which a client of Lambda calls them."""
    with ExitStack() as started:
        functions = {
            f"{stack}-{slug}": started.enter_context(
                runtime_api.running(
                    "functions.provider.handler", {**variables, "SPEKTA_PROVIDER": slug}, log=subprocess.DEVNULL
                )
            )
            for slug in slugs
        }

        async def invoke(request: Request) -> JSONResponse:
            function = functions[request.path_params["name"]]
            return JSONResponse(await asyncio.to_thread(function.invoke, await request.json()))

        route = Route("/2015-03-31/functions/{name}/invocations", invoke, methods=["POST"])
        with running(Starlette(routes=[route])) as origin:
            yield origin

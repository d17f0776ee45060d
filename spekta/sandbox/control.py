"""The sandbox's own paths, for those in another process: `/_sandbox/misbehave`, `/_sandbox/requests`, and so on."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from spekta.sandbox.app import Sandbox


def _sandbox(request: Request) -> "Sandbox":
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


async def misbehave(request: Request) -> Response:
    asked = await request.json()
    try:
        _sandbox(request).misbehave(**asked)
    except (TypeError, ValueError) as error:
        return JSONResponse({"error": str(error)}, 400)
    return JSONResponse(_sandbox(request).misbehaviours.listing())


async def behave(request: Request) -> Response:
    _sandbox(request).behave(request.query_params.get("provider"))
    return Response(status_code=204)


async def expire_tokens(request: Request) -> Response:
    _sandbox(request).expire_tokens(request.query_params.get("provider"))
    return Response(status_code=204)


async def reset(request: Request) -> Response:
    _sandbox(request).reset(request.query_params.get("provider"))
    return Response(status_code=204)


async def requests(request: Request) -> Response:
    provider = request.query_params.get("provider")
    log = _sandbox(request).log
    return JSONResponse([entry._asdict() for entry in log if provider in (None, entry.provider)])


ROUTES = [
    Route("/misbehave", misbehave, methods=["POST"]),
    Route("/misbehave", behave, methods=["DELETE"]),
    Route("/expire-tokens", expire_tokens, methods=["POST"]),
    Route("/reset", reset, methods=["POST"]),
    Route("/requests", requests),
]

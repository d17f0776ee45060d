"""What stands before a door for the conformance suite, which speaks HTTP alone and shows no token."""

import asyncio
import itertools
import json
import subprocess
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any
from uuid import uuid4

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from spekta.aws.gateway import http_event
from spekta.sandbox.server import running
from tests.functions.runtime_api import RuntimeApi

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@contextmanager
def before(answer: Callable[[Request], Awaitable[Response]]) -> Iterator[str]:
    """Serves what answers every request; gives its origin."""
    with running(Starlette(routes=[Route("/{path:path}", answer, methods=METHODS)])) as origin:
        yield origin


def to_http(origin: str, token: str) -> Callable[[Request], Awaitable[Response]]:
    """Hands on a request with a token, as it was sent in all else."""

    async def answer(request: Request) -> Response:
        http = httpx2.AsyncClient(timeout=60)
        sent = http.build_request(
            request.method,
            f"{origin}{request.url.path}?{request.url.query}",
            headers={**request.headers, "authorization": f"Bearer {token}"},
            content=await request.body(),
        )
        found = await http.send(sent, stream=True)

        async def body() -> Any:
            try:
                async for part in found.aiter_raw():
                    yield part
            finally:
                await found.aclose()
                await http.aclose()

        return StreamingResponse(body(), found.status_code, found.headers)

    return answer


def to_function(api: RuntimeApi) -> Callable[[Request], Awaitable[Response]]:
    """Hands a request to a function, as API Gateway does."""

    async def answer(request: Request) -> Response:
        event = http_event(
            request.method,
            request.url.path,
            request.url.query,
            dict(request.headers),
            (await request.body()).decode(),
            request_id=str(uuid4()),
        )
        found = await asyncio.to_thread(api.invoke, event)
        return Response(found["body"], found["statusCode"], found["headers"])

    return answer


@contextmanager
def pipe(command: Sequence[str], environment: Mapping[str, str], first: Mapping[str, Any] | None) -> Iterator[str]:
    """Hands requests to a process that is spoken to by lines; gives the address. first: what it is told before them."""
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process, before((lines := Lines(process)).answer) as origin:
        if first:
            lines.tell(first)
        yield f"{origin}/mcp"


class Lines:
    """What is said to a process, line by line. Its clients do not know each other's ids, so each line has a new one."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._ids = itertools.count()
        self._turn = Lock()

    async def answer(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405)
        found = await asyncio.to_thread(self.tell, json.loads(await request.body()))
        return Response(status_code=202) if found is None else JSONResponse(found)

    def tell(self, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer; None to what has none."""
        assert self._process.stdin
        assert self._process.stdout
        with self._turn:
            number = next(self._ids)
            self._process.stdin.write(json.dumps({**said, **({"id": number} if "id" in said else {})}) + "\n")
            self._process.stdin.flush()
            if "id" not in said:
                return None
            while True:
                found: dict[str, Any] = json.loads(self._process.stdout.readline())
                if found.get("id") == number:
                    return {**found, "id": said["id"]}

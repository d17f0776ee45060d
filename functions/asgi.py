"""An ASGI application as a Lambda function: HTTP API events in, payload format 2.0; whole answers out."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class Resident:
    """Lives as long as its environment: one event loop, and a lifespan that is entered once and never left, as what it
    holds can be entered only once. Raises RuntimeError where the application does not start.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._loop = asyncio.new_event_loop()
        self._asked: asyncio.Queue[Message] = asyncio.Queue()
        self._told: asyncio.Queue[Message] = asyncio.Queue()
        self._lifespan = self._loop.create_task(self._live())
        try:
            self._loop.run_until_complete(self._started())
        except RuntimeError:
            self._loop.close()
            raise

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request."""
        return self._loop.run_until_complete(self._answer(event))

    def close(self) -> None:
        """Ends the lifespan. Lambda never does: it ends the process."""
        self._asked.put_nowait({"type": "lifespan.shutdown"})
        self._loop.run_until_complete(self._lifespan)
        self._loop.close()

    async def _live(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        await self._application(scope, self._asked.get, self._told.put)

    async def _started(self) -> None:
        self._asked.put_nowait({"type": "lifespan.startup"})
        answer = asyncio.ensure_future(self._told.get())
        await asyncio.wait({self._lifespan, answer}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done() or answer.result()["type"] != "lifespan.startup.complete":
            raise RuntimeError("The application does not start.")

    async def _answer(self, event: dict[str, Any]) -> dict[str, Any]:
        body, asked = _body(event), False
        told: list[Message] = []

        async def receive() -> Message:
            nonlocal asked
            if asked:
                await asyncio.Event().wait()  # a gateway does not tell when a client is gone
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            told.append(message)

        await self._application(_scope(event), receive, send)
        start = next(message for message in told if message["type"] == "http.response.start")
        content = b"".join(message.get("body", b"") for message in told if message["type"] == "http.response.body")
        return {
            "statusCode": start["status"],
            "headers": {name.decode("latin-1"): value.decode("latin-1") for name, value in start.get("headers", ())},
            "body": content.decode(),
            "isBase64Encoded": False,
        }


def _scope(event: dict[str, Any]) -> dict[str, Any]:
    http = event["requestContext"]["http"]
    path = event["rawPath"]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": http["method"],
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": event.get("rawQueryString", "").encode(),
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in event.get("headers", {}).items()
        ],
        "client": (http.get("sourceIp", ""), 0),
        "server": None,
    }


def _body(event: dict[str, Any]) -> bytes:
    said = event.get("body") or ""
    return base64.b64decode(said) if event.get("isBase64Encoded") else said.encode()

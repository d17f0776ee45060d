"""Connections whose credentials other functions hold: each is asked through the function of its provider.

What asks may see no secret, and so has none to lose.
"""

import asyncio
import json
import os
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connectors import Connector, DeadlineExceeded, find_provider
from connectors.credentials import split
from connectors.http import Deadline

from .clients import functions
from .envelope import content_of
from .errors import failing
from .gateway import http_event
from .remote_connector import RemoteConnector

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

AT_ONCE = 64
ON_THE_WAY = 0.5  # seconds that an answer takes beside the time it is worked on


class Functions:
    """The functions of a stack, one for each provider, named `<stack>-<provider>`.

    headers: what is sent along with each request, such as the id by which it is followed.
    """

    def __init__(
        self,
        stack: str,
        client: "LambdaClient | None" = None,
        headers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._stack = stack
        self._given = client
        self._headers = headers
        # Not the event loop's: at its end that waits for calls that nobody waits for any longer.
        self._threads = ThreadPoolExecutor(AT_ONCE, "function")

    def open(self, connection: str) -> Connector:
        """The connector of a connection. Raises ConfigurationError for an unknown provider."""
        slug, account = split(connection)
        provider = find_provider(slug)

        async def ask(
            path: str,
            query: Mapping[str, Any],
            deadline: Deadline,
            *,
            method: str = "GET",
            headers: Mapping[str, str] | None = None,
            body: str | None = None,
        ) -> dict[str, Any]:
            sent = {**self._headers(), **(headers or {})}
            request = http_event(method, f"/v1/{slug}{path}", query, sent, body, request_id=str(uuid.uuid4()))
            return content_of(await self._invoke(slug, request, deadline), provider)

        personal_data = os.environ.get("SPEKTA_ALLOW_PERSONAL_DATA") == "true"
        return RemoteConnector(provider, account, ask, personal_data=personal_data)

    async def _invoke(self, slug: str, event: dict[str, Any], deadline: Deadline) -> Any:
        """A function's answer. Raises DeadlineExceeded, and what AWS refuses."""
        left = deadline.remaining()
        if left is not None:
            event["seconds"] = max(0.0, left - ON_THE_WAY)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(left):
                return await loop.run_in_executor(self._threads, self._call, f"{self._stack}-{slug}", event)
        except TimeoutError:
            raise DeadlineExceeded(
                "The deadline came before the answer.", "Ask for less, or allow more time.", provider=slug
            ) from None

    def _call(self, name: str, event: Mapping[str, Any]) -> Any:
        with failing(name):
            answer = self._client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        return json.loads(answer["Payload"].read())

    @cached_property
    def _client(self) -> "LambdaClient":
        return self._given or functions(AT_ONCE)

"""Placeholders that must be found before a call: an organisation, a host id."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from .caller import Caller
from .calls import placeholders
from .errors import ConfigurationError
from .http import Deadline
from .listing import numbered
from .position import Question
from .provider import Call, Provider, Scope, Stream
from .row import Row


class Scopes:
    """Finds the values of a provider's scopes, once per connector, and fills in what a call needs."""

    def __init__(
        self, provider: Provider, options: Mapping[str, Any], values: Mapping[str, Any], caller: Caller
    ) -> None:
        self._provider = provider
        self._options = options
        self._values = values
        self._caller = caller
        self._found: dict[str, list[str]] = {}

    async def to_walk(self, stream: Stream, question: Question) -> list[str | None]:
        """The values that a stream is walked over in turn; a single None where it needs none."""
        needed = await self._needed(call_of(stream, question.event_id), question.deadline)
        return next((list(found) for found in needed.values()), [None])

    async def values(
        self, call: Call | None, event_id: str | None, deadline: Deadline, scope: str | None = None
    ) -> dict[str, Any]:
        """Everything that a call's placeholders may stand for."""
        values = dict(self._values)
        if event_id is not None:
            values["event"] = event_id
        for name, found in (await self._needed(call, deadline)).items():
            values[name] = scope if scope is not None and len(found) > 1 else found[0]
        return values

    async def _needed(self, call: Call | None, deadline: Deadline) -> dict[str, list[str]]:
        names = placeholders(call) if call else set()
        return {scope.name: await self._find(scope, deadline) for scope in self._provider.scopes if scope.name in names}

    async def _find(self, scope: Scope, deadline: Deadline) -> list[str]:
        if given := self._options.get(scope.name):
            return [str(given)]
        if scope.name not in self._found:
            found = await self._ask(scope, deadline) if scope.call else self._claimed(scope)
            self._found[scope.name] = _chosen(scope, found, self._provider.name)
        return self._found[scope.name]

    async def _ask(self, scope: Scope, deadline: Deadline) -> list[str]:
        assert scope.call is not None
        operation = f"finding the {scope.name}"
        reply = await self._caller.ask(scope.call, self._values, deadline=deadline, operation=operation)
        rows = numbered(Row(reply.body), scope.rows, self._provider.name)
        return [value for row in rows if (value := row.ref(scope.value))]

    def _claimed(self, scope: Scope) -> list[str]:
        """From inside the token, which is read and not checked: the platform does that."""
        token = str(self._values.get(scope.token) or "")
        payload = token.split(".")[1] if token.count(".") == 2 else ""
        try:
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (ValueError, binascii.Error):
            return []
        value = Row(claims).ref(scope.value)
        return [value] if value else []


def call_of(stream: Stream, event_id: str | None) -> Call | None:
    """The call for one event, or for all of them."""
    return stream.wide if event_id is None and stream.wide else stream.call


def _chosen(scope: Scope, found: list[str], name: str) -> list[str]:
    if not found:
        raise ConfigurationError(
            f"{name} shows no {scope.name} to these credentials.", f"Give it as the option {scope.name}.", scope.name
        )
    if scope.take == "one" and len(found) > 1:
        raise ConfigurationError(
            f"{name} shows several: {', '.join(found)}.", f"Choose one with the option {scope.name}.", scope.name
        )
    return found

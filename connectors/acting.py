"""Has a platform do something: checked before anything is sent, done once however often it has to be sent."""

import contextlib
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .caller import Caller
from .calls import Request, placeholders
from .errors import InvalidArgument, InvalidResponse, NotAllowed, ProviderError, Unavailable
from .http import Deadline
from .inputs import checked, sent
from .listing import numbered
from .mapping import Mapper
from .models import Outcome, UnifiedRecord
from .own import Action
from .provider import Provider, Stream
from .row import Row, Unreadable

WRITES = "SPEKTA_WRITES"


class Acting:
    """Does the actions of one connection; without `writes`, no more than show what would be sent."""

    def __init__(
        self, provider: Provider, account: str, values: Mapping[str, Any], caller: Caller, writes: bool
    ) -> None:
        self._provider = provider
        self._values = values
        self._caller = caller
        self._writes = writes
        self._mapper = Mapper(provider, account)

    async def act(
        self, name: str, given: Mapping[str, Any], *, idempotency_key: str | None, dry_run: bool, deadline: Deadline
    ) -> Outcome:
        """Does it, or shows the request. Raises NotAllowed where writes are off and it is no dry run."""
        if not (self._writes or dry_run):
            raise NotAllowed(
                f"Writes are switched off, so {name} is not done.",
                f"The operator sets {WRITES}=true, or in Python create_connector(..., writes=True).",
            )
        action = action_of(self._provider, name)
        key = self._key(action, name, idempotency_key)
        request = self._request(action, name, given, key)
        preview = await self._caller.preview(request)
        if dry_run:
            return Outcome(name, preview, sent=False, idempotency_key=key)
        try:
            reply = await self._caller.send(request, deadline)
        except (Unavailable, InvalidResponse) as error:
            raise _uncertain(error, key) from None
        idempotency = self._provider.idempotency
        replayed = idempotency is not None and reply.headers.get(idempotency.replayed, "").lower() == "true"
        record = self._record(action, reply.body, request, given.get("event"))
        return Outcome(name, preview, sent=True, record=record, idempotency_key=key, replayed=replayed)

    def _key(self, action: Action, name: str, given: str | None) -> str | None:
        """The caller's own, or a new one; None where the platform takes none for this."""
        idempotency = self._provider.idempotency
        if idempotency is None or action.call.method != "POST":
            if given is not None:
                raise InvalidArgument("idempotency_key", f"{name} takes no idempotency key.", "Leave it out.")
            return None
        if given is None:
            return str(uuid.uuid4())
        if not 1 <= len(given) <= idempotency.longest:
            advice = "A UUID will do; leave it out to have one made."
            raise InvalidArgument("idempotency_key", f"It has from 1 to {idempotency.longest} characters.", advice)
        if given != given.strip() or not (given.isascii() and given.isprintable()):
            raise InvalidArgument("idempotency_key", "It has signs that a header cannot carry.", "A UUID will do.")
        return given

    def _request(self, action: Action, name: str, given: Mapping[str, Any], key: str | None) -> Request:
        values = sent(checked(action.inputs, given))
        in_path = placeholders(action.call)
        body = {field: value for field, value in values.items() if field not in in_path}
        request = self._caller.request(
            action.call, {**self._values, **values}, operation=name, evidence=action.evidence
        )
        headers = {self._provider.idempotency.header: key} if key and self._provider.idempotency else {}
        return replace(request, body=body or None, headers=headers, repeatable=key is not None)

    def _record(self, action: Action, body: Any, request: Request, event_id: str | None) -> UnifiedRecord | None:
        """None also for an answer that cannot be read: it was done all the same."""
        if action.map is None or body is None:
            return None
        with contextlib.suppress(Unreadable, InvalidResponse):
            rows = numbered(Row(body), action.rows, self._provider.name)
            found: list[UnifiedRecord] = self._mapper.map(Stream(map=action.map), rows[:1], event_id) if rows else []
            return found[0] if found else None
        return None


def action_of(provider: Provider, name: str) -> Action:
    """The action of that name. Raises InvalidArgument."""
    if name not in provider.actions:
        known = ", ".join(provider.actions) or "none"
        raise InvalidArgument("name", f"{provider.name} has no action {name!r}.", f"Its actions: {known}.")
    return provider.actions[name]


def _uncertain(error: ProviderError, key: str | None) -> ProviderError:
    """Nobody knows whether it was done; only with a key can it be sent again without doing it twice."""
    again = f"Try again with the idempotency key {key}, which does it once" if key else "Look before you try again"
    error.advice = f"{error.advice} It may have been done: {again[0].lower()}{again[1:]}.".strip()
    return error

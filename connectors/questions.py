"""Questions are checked before anything is asked: what is offered, which ids, times and filters can be used."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from . import filters as filtering
from . import inputs
from .calls import path_of
from .errors import Unsupported
from .http import Deadline
from .position import Question
from .provider import GET, Provider, Stream

Filters = Mapping[str, Any]


class Questions:
    """Makes the questions that one connection can answer."""

    def __init__(self, provider: Provider, options: Mapping[str, Any], hosts: Mapping[str, str]) -> None:
        self._provider = provider
        self._options = options
        self._hosts = hosts

    def ask(
        self,
        kind: str,
        event_id: str | None = None,
        *,
        since: datetime | None = None,
        filters: Filters | None = None,
        size: int = 100,
        deadline: Deadline | None = None,
    ) -> Question:
        """The question, checked. Raises InvalidArgument or Unsupported."""
        if kind in self._provider.listings:
            return self._ask_own(kind, filters or {}, size, deadline or Deadline())
        self.check_offered(kind, event_id)
        if event_id is not None:
            check_id(event_id)
        moment = None if since is None else filtering.aware("since", since)
        parts = self._provider.parts(kind)
        values = filtering.read(kind, parts, filters, self._options)
        size = filtering.take_size(parts, values) or size
        return Question(kind, event_id, moment, values, size, deadline or Deadline())

    def _ask_own(self, name: str, given: Filters, size: int, deadline: Deadline) -> Question:
        """About a listing of the platform's own: what is given stands for placeholders of its call."""
        values = inputs.sent(inputs.checked(self._provider.listings[name].inputs, given))
        return Question(name, values.get("event"), None, values, size, deadline)

    def check_offered(self, kind: str, event_id: str | None, label: str | None = None) -> None:
        """Raises Unsupported, with the reason and what to do, where the platform or the connection has no such list."""
        provider, parts, label = self._provider, self._provider.parts(kind), label or kind
        why = provider.unsupported.get(label)
        if not parts:
            raise Unsupported(provider.slug, provider.name, label, why or "its API has no such data.")
        if option := self._missing_option(parts):
            advice = f"Set the connection's option {option} to true to ask for it."
            raise Unsupported(provider.slug, provider.name, label, why or "it is switched off.", advice)
        if (host := provider.unpublished_host(kind)) and host not in self._hosts:
            advice = f"Give the connection the address of the host {host}."
            raise Unsupported(provider.slug, provider.name, label, why or "nobody publishes where to ask.", advice)
        if event_id is None and kind not in ("events", "sales") and any(part.wide is None for part in parts):
            whole = f"{label} of the whole account"
            raise Unsupported(provider.slug, provider.name, whole, "its API lists them per event.", "Give an event_id.")

    def filtered_here(self, question: Question) -> tuple[str, ...]:
        """The filters that are applied to the platform's answer, as it does not know them."""
        asked = (
            filtering.sort_out(question.kind, part, question.filters) for part in self._provider.parts(question.kind)
        )
        return tuple(sorted({name for one in asked for name in one.here}))

    def _missing_option(self, parts: tuple[Stream, ...]) -> str | None:
        return next((part.when for part in parts if part.when and not self._options.get(part.when)), None)


def check_id(event_id: str) -> None:
    """Raises InvalidArgument for what cannot be an id: empty, or with a slash, dots alone, or control characters."""
    path_of(GET("{event}"), {"event": event_id})


def asked(question: Question) -> tuple[str | None, dict[str, Any]]:
    """The since and the filters of a question as JSON values."""
    return _iso(question.since), {
        name: _iso(value) if isinstance(value, datetime) else value for name, value in question.filters.items()
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None

"""The bus of a stack, on which its parts tell each other what is to be done and what has changed.

    spekta.sync.requested  somebody asks for a sync: {"connections": ["pretix"], "changes": []}
    spekta.sync.due        a worker's turn: {"provider": "pretix", "connection": "pretix", "changes": [], "asked": true}
    spekta.order.paid ...  what changed, as `spekta.sync.changes` has it

`changes` say what a platform told to have changed, in the words of `connectors.webhook.Change`; without any, everything
is looked through. `asked` is whether somebody asked for it, so that a parked connection is tried again.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connectors.credentials import split
from connectors.errors import ConfigurationError, Unavailable
from connectors.webhook import Change

from .clients import events
from .errors import failing

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

BUS = "SPEKTA_BUS"
SOURCE = "spekta"
REQUESTED, DUE = "spekta.sync.requested", "spekta.sync.due"
MOST, LARGEST = 10, 256_000  # entries and bytes of one call
OVERHEAD = 100  # of an entry: its source and type


@dataclass(frozen=True)
class Bus:
    """A bus, by its name."""

    name: str
    given: "EventBridgeClient | None" = field(default=None, repr=False)

    def put(self, events: Iterable[tuple[str, str]]) -> list[bool]:
        """Puts events, each a type and its detail as JSON; gives for each whether the bus took it."""
        taken: list[bool] = []
        for some in _calls(events):
            with failing(self.name):
                done = self._client.put_events(Entries=[self._entry(*one) for one in some])
            taken += ["ErrorCode" not in entry for entry in done["Entries"]]
        return taken

    def request_sync(self, connections: Sequence[str], changes: Sequence[Change] = ()) -> None:
        """Asks for the copies of connections to be brought up to date. Raises Unavailable."""
        detail = {"connections": list(connections), "changes": _told(changes)}
        self._put_all([(REQUESTED, json.dumps(detail))])

    def put_due(self, connections: Iterable[str], changes: Sequence[Change] = (), *, asked: bool = False) -> None:
        """Tells the workers of connections that it is their turn. Raises Unavailable."""
        self._put_all(
            (
                DUE,
                json.dumps({"provider": split(name)[0], "connection": name, "changes": _told(changes), "asked": asked}),
            )
            for name in connections
        )

    def _put_all(self, events: Iterable[tuple[str, str]]) -> None:
        if not all(self.put(events)):
            raise Unavailable("The bus did not take the request.", "Try again later.")

    def _entry(self, detail_type: str, detail: str) -> "PutEventsRequestEntryTypeDef":
        return {"EventBusName": self.name, "Source": SOURCE, "DetailType": detail_type, "Detail": detail}

    @cached_property
    def _client(self) -> "EventBridgeClient":
        return self.given or events()


def configured() -> Bus:
    """The bus that SPEKTA_BUS names. Raises ConfigurationError where it names none."""
    name = os.environ.get(BUS)
    if not name:
        raise ConfigurationError(
            "There is no bus to ask for a sync.", f"Deploy with Syncing=true, which names it in {BUS}.", BUS
        )
    return Bus(name)


def _told(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [change.model_dump(mode="json", exclude_none=True) for change in changes]


def _calls(events: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """As many at a time as one call may hold."""
    some: list[tuple[str, str]] = []
    size = 0
    for event in events:
        length = len(event[0].encode()) + len(event[1].encode()) + OVERHEAD
        if some and (len(some) == MOST or size + length > LARGEST):
            yield some
            some, size = [], 0
        some.append(event)
        size += length
    if some:
        yield some

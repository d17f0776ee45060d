"""Dead letters: events about syncs that no function could handle, or that could not be delivered, each with the reason.

A function leaves the event as `requestPayload` beside what it failed with; a rule leaves the event itself, and the
reason in the message's attributes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from connectors.redaction import quoted

from .bus import DUE, REQUESTED
from .clients import sqs
from .errors import failing

MOST = 10  # of one call
HELD_SECONDS = 120  # that a letter is seen by nobody else, once it was read


@dataclass(frozen=True, slots=True)
class Letter:
    """An event that came to nothing: of which type, about which connections, when, and why."""

    kind: str
    connections: tuple[str, ...]
    sent_at: datetime
    reason: str
    receipt: str = field(repr=False)


class DeadLetters:
    """The queue of a stack, by its address."""

    def __init__(self, url: str, client: Any = None) -> None:
        self._url = url
        self._given = client

    def read(self) -> list[Letter]:
        """All that are in it, oldest first. Those that are neither deleted nor left are back in two minutes."""
        return sorted(self._read(), key=lambda letter: letter.sent_at)

    def _read(self) -> Iterator[Letter]:
        while True:
            with failing("the dead letters"):
                answer = self._client.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=MOST,
                    VisibilityTimeout=HELD_SECONDS,
                    MessageAttributeNames=["All"],
                    AttributeNames=["SentTimestamp"],
                )
            if not answer.get("Messages"):
                return
            yield from map(_letter, answer["Messages"])

    def delete(self, letters: Iterable[Letter]) -> None:
        """Takes letters out for good."""
        for letter in letters:
            with failing("the dead letters"):
                self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)

    def leave(self, letters: Iterable[Letter]) -> None:
        """Puts letters back at once."""
        for letter in letters:
            with failing("the dead letters"):
                self._client.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
                )

    @cached_property
    def _client(self) -> Any:
        return self._given or sqs()


def _letter(message: Mapping[str, Any]) -> Letter:
    body = _parsed(message["Body"])
    event = _dict(body.get("requestPayload", body))
    kind = event.get("detail-type")
    return Letter(
        kind=kind if isinstance(kind, str) else "unknown",
        connections=_connections(event),
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        reason=quoted(str(_reason(body, message.get("MessageAttributes", {})))),
        receipt=message["ReceiptHandle"],
    )


def _reason(body: dict[str, Any], attributes: Mapping[str, Any]) -> Any:
    """What a function raised, else what kept it from being called."""
    told = {name: value.get("StringValue") for name, value in attributes.items()}
    raised = _dict(body.get("responsePayload")).get("errorMessage")
    given_up = _dict(body.get("requestContext")).get("condition")
    return raised or given_up or told.get("ERROR_MESSAGE") or told.get("ERROR_CODE") or "unknown"


def _connections(event: dict[str, Any]) -> tuple[str, ...]:
    detail = _dict(event.get("detail"))
    named = {DUE: [detail.get("connection")], REQUESTED: detail.get("connections")}.get(event.get("detail-type", ""))
    return tuple(name for name in named if isinstance(name, str)) if isinstance(named, list) else ()


def _parsed(text: str) -> dict[str, Any]:
    try:
        return _dict(json.loads(text))
    except ValueError:
        return {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

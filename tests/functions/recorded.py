"""What functions that nobody waits for leave behind: events on a bus, and lines in the log."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import Unavailable
from spekta.aws.bus import Bus


@dataclass
class Recorder:
    """boto3's client of a bus, as far as it is used. While it is `down` it takes nothing."""

    entries: list[dict[str, str]] = field(default_factory=list)
    down: bool = False

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if self.down:
            raise Unavailable("AWS cannot be reached.")
        self.entries += Entries
        return {"Entries": [{"EventId": "1"} for _ in Entries]}

    @property
    def bus(self) -> Bus:
        return Bus("shop", self)  # type: ignore[arg-type]

    def told(self, prefix: str) -> list[Any]:
        """The details of all events whose type begins so."""
        return [json.loads(one["Detail"]) for one in self.entries if one["DetailType"].startswith(prefix)]


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    """The lines of the functions' log."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


def event(kind: str, detail: Any) -> dict[str, Any]:
    """An event of the bus, as a rule hands it to a function."""
    return {
        "version": "0",
        "id": "6f1b1c1e-0000-4000-8000-000000000000",
        "detail-type": kind,
        "source": "spekta",
        "account": "123456789012",
        "time": "2027-03-01T18:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }


TICK = event("Scheduled Event", {}) | {"source": "aws.events"}

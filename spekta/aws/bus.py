"""The bus of a stack, on which its parts tell each other what is to be done."""

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors.errors import ConfigurationError, Unavailable

from .clients import events
from .errors import failing

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

BUS = "SPEKTA_BUS"
SOURCE = "spekta"
REQUESTED = "spekta.sync.requested"


def request_sync(connections: Sequence[str], client: "EventBridgeClient | None" = None) -> None:
    """Asks for the copies of these connections to be brought up to date. Raises ConfigurationError where the
    environment names no bus.
    """
    bus = os.environ.get(BUS)
    if not bus:
        raise ConfigurationError("There is no bus to ask for a sync.", f"Name it: {BUS}.", BUS)
    detail = json.dumps({"connections": list(connections)})
    with failing(bus):
        done = (client or events()).put_events(
            Entries=[{"EventBusName": bus, "Source": SOURCE, "DetailType": REQUESTED, "Detail": detail}]
        )
    if done["FailedEntryCount"]:
        code = done["Entries"][0].get("ErrorCode", "no code")
        raise Unavailable(f"The bus did not take the request ({code}).", "Try again later.")

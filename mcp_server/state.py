"""What the tools work with. Where connections come from is told by whoever starts the server."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mcp.server.mcpserver import Context

from connectors import ConfigurationError, Connector, InvalidArgument, Portfolio, connect
from connectors.credentials.local import local_store
from connectors.portfolio import Progress

ALLOW_PERSONAL_DATA = "SPEKTA_ALLOW_PERSONAL_DATA"


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _unheard(connection: str, done: int, of: int | None) -> None:
    """Progress that nobody is told of."""


@dataclass(frozen=True, slots=True)
class State:
    """`names` tells the connections there are and is asked anew by each call; `open` makes the connector of one.

    personal_data: whether the operator allows it to be shown. seconds: within which a call answers.
    """

    names: Callable[[], Sequence[str]]
    open: Callable[[str], Connector]
    personal_data: bool = False
    seconds: float = 45
    now: Callable[[], datetime] = _utc_now

    def portfolio(self, only: Sequence[str] | None = None, on_progress: Progress = _unheard) -> Portfolio:
        """All connections, or those named. Raises ConfigurationError, and InvalidArgument for an unknown name."""
        names = list(self.names())
        if not names:
            raise ConfigurationError(
                "No ticketing platform is connected.",
                "Ask the user to run `spekta connect`, or to set the environment variables that list_providers names.",
            )
        for name in only or ():
            if name not in names:
                raise InvalidArgument(
                    "connections", f"There is no connection {name!r}.", f"Connections: {', '.join(names)}."
                )
        return Portfolio(list(dict.fromkeys(only)) if only else names, self.open, on_progress)

    def connector(self, name: str) -> Connector:
        """The connector of one connection; to be closed. Raises ConfigurationError."""
        names = list(self.names())
        if name not in names:
            raise ConfigurationError(
                f"{name} is not connected.",
                f"Connections: {', '.join(names) or 'none'}. list_providers says how to connect another one.",
            )
        return self.open(name)


Ctx = Context[State, Any]


def state_of(ctx: Ctx) -> State:
    """The state of the server that is called."""
    return ctx.request_context.lifespan_context


def local() -> State:
    """The connections of this machine and user. A new one is found without a restart."""
    store = local_store()
    return State(
        names=store.connections,
        open=lambda name: connect(store, name),
        personal_data=os.environ.get(ALLOW_PERSONAL_DATA, "").lower() == "true",
    )

"""What the tools work with. Where connections come from is told by whoever starts the server."""

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from mcp.server.mcpserver import Context

from connectors import ConfigurationError, Connector, InvalidArgument, Portfolio, connect
from connectors.acting import WRITES
from connectors.credentials.local import local_store
from connectors.portfolio import Progress
from connectors.redaction import remember
from connectors.registry import SLUGS

from .caller import ANYBODY, PERSONAL_DATA, WRITE, Caller, Names, caller_of, names_of, within
from .copies import Copies
from .copies import local as local_copies

ALLOW_PERSONAL_DATA = "SPEKTA_ALLOW_PERSONAL_DATA"
PROVIDERS, TOOLS = "SPEKTA_PROVIDERS", "SPEKTA_TOOLS"
PREVIEW_SECRET = "SPEKTA_PREVIEW_SECRET"
SHORTEST_SECRET = 32


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _unheard(connection: str, done: int, of: int | None) -> None:
    """Progress that nobody is told of."""


@dataclass(frozen=True, slots=True)
class State:
    """`names` tells the connections there are and is asked anew by each call; `open` makes the connector of one.

    personal_data, writes, providers, tools: what the operator allows, and within that the caller; None is all of them.
    copies: those that were synced; None where none are kept. seconds: within which a call answers. secret: what the
    codes of previews are made with, the same in all processes that serve the same callers. on_aws: whether it answers
    for a stack, so that advice is of its commands. caller: whose call it is.
    """

    names: Callable[[], Sequence[str]]
    open: Callable[[str], Connector]
    personal_data: bool = False
    writes: bool = False
    providers: Names = None
    tools: Names = None
    copies: Copies | None = None
    seconds: float = 45
    now: Callable[[], datetime] = _utc_now
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    on_aws: bool = False
    caller: Caller = ANYBODY

    def narrowed(self, caller: Caller) -> "State":
        """What is left of it for this caller."""
        return replace(
            self,
            personal_data=self.personal_data and caller.may(PERSONAL_DATA),
            writes=self.writes and not caller.read_only and caller.may(WRITE),
            providers=within(self.providers, caller.providers),
            tools=within(self.tools, caller.tools),
            caller=caller,
        )

    def serves(self, provider: str) -> bool:
        """Whether a provider may be asked."""
        return self.providers is None or provider in self.providers

    def shows(self, tool: str, *, writes: bool) -> bool:
        """Whether a tool may be called. One that is named for its platform goes with it."""
        platform = tool.partition("_")[0]
        allowed = self.tools is None or tool in self.tools
        return allowed and (self.writes or not writes) and (platform not in SLUGS or self.serves(platform))

    def connections(self) -> list[str]:
        """The connections that may be asked."""
        return [name for name in self.names() if self.serves(name.partition("/")[0])]

    def portfolio(self, only: Sequence[str] | None = None, on_progress: Progress = _unheard) -> Portfolio:
        """All connections, or those named. Raises what `chosen` does."""
        return Portfolio(self.chosen(only), self.open, on_progress)

    def chosen(self, only: Sequence[str] | None = None) -> list[str]:
        """The names of all connections, or those named. Raises ConfigurationError where there are none, and
        InvalidArgument for an unknown name.
        """
        names = self.connections()
        if not names and self.providers is not None and self.names():
            raise ConfigurationError(
                "No connected platform may be asked: the operator or this client has narrowed the providers.",
                f"Allowed here: {', '.join(sorted(self.providers)) or 'none'}. Ask the user to allow more.",
            )
        if not names:
            how = " --aws`" if self.on_aws else "`, or to set the environment variables that list_providers names"
            raise ConfigurationError(
                "No ticketing platform is connected.", f"Ask the user to run `spekta connect{how}."
            )
        for name in only or ():
            if name not in names:
                raise InvalidArgument(
                    "connections", f"There is no connection {name!r}.", f"Connections: {', '.join(names)}."
                )
        return list(dict.fromkeys(only)) if only else names

    def connector(self, name: str) -> Connector:
        """The connector of one connection; to be closed. Raises ConfigurationError."""
        names = self.connections()
        if name not in names:
            raise ConfigurationError(
                f"{name} is not connected.",
                f"Connections: {', '.join(names) or 'none'}. list_providers says how to connect another one.",
            )
        return self.open(name)


Ctx = Context[State, Any]


def state_of(ctx: Ctx) -> State:
    """The state of the server that is called, as far as its caller may use it."""
    request = ctx.request_context
    return request.lifespan_context.narrowed(caller_of(request.request))


def local(environment: Mapping[str, str] = os.environ) -> State:
    """The connections of this machine and user. A new one is found without a restart."""
    store = local_store()
    return allowed(
        State(names=store.connections, open=lambda name: connect(store, name), copies=local_copies()), environment
    )


def allowed(state: State, environment: Mapping[str, str] = os.environ) -> State:
    """What the operator allows by the environment. Raises ConfigurationError for an unknown provider in it, or a secret
    that can be guessed.
    """
    providers, tools, secret = (environment.get(name) for name in (PROVIDERS, TOOLS, PREVIEW_SECRET))
    if secret and len(secret) < SHORTEST_SECRET:
        raise ConfigurationError(
            f"{PREVIEW_SECRET} is too short.", f"Give {SHORTEST_SECRET} characters at least, or leave it out."
        )
    remember(secret or "")
    return replace(
        state,
        personal_data=environment.get(ALLOW_PERSONAL_DATA, "").lower() == "true",
        writes=environment.get(WRITES) == "true",
        providers=check(PROVIDERS, names_of(providers), SLUGS) if providers else None,
        tools=names_of(tools) if tools else None,
        secret=secret.encode() if secret else state.secret,
    )


def check(variable: str, names: frozenset[str], known: Sequence[str]) -> frozenset[str]:
    """The names. Raises ConfigurationError where one does not exist: what was meant to be allowed would be missing."""
    for name in sorted(names - set(known)):
        raise ConfigurationError(f"{variable} names {name!r}, which does not exist.", f"Known: {', '.join(known)}.")
    return names

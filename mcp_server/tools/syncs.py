"""sync_status and request_sync."""

import asyncio
import os
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from mcp.types import CallToolResult

from connectors import ConfigurationError
from mcp_server.answers import Part, Why, advice, result
from mcp_server.state import Ctx, State, state_of
from mcp_server.values import Moment

from .parameters import Connections

if TYPE_CHECKING:
    from spekta.sync import Status
    from spekta.sync.status import Failure

BUS = "SPEKTA_BUS"
NOTHING = "Nothing was synced yet."
HOW = "Ask the user to run `spekta sync`, or `spekta sync --watch`, which keeps the copy fresh."
ON_THE_BUS = "request_sync asks for it."
SWITCHED_OFF = "The operator has not switched syncs on: the stack's parameter Syncing."
SAID: Mapping[str, str] = {
    "due": "A `spekta sync --watch` takes it when it next looks; one must be running, or the user runs `spekta sync`.",
    "syncing": "It is being synced right now.",
    "waiting": "Its platform asked to wait; sync_status says until when.",
    "requested": "The bus took the request.",
}


class Copy(Part):
    connection: str
    state: str
    minutes_old: dict[str, int] | None = None
    next_try: Moment | None = None
    code: Why = None
    message: Why = None
    next: Why = None


class Copies(Part):
    connections: list[Copy]
    notes: list[str] | None = None


class Request(Part):
    connection: str
    state: str
    message: Why = None


class Requests(Part):
    connections: list[Request]


async def sync_status(ctx: Ctx, connections: Connections = None) -> Annotated[CallToolResult, Copies]:
    """How old the synced copy of each kind of record is, when it is tried next, and what went wrong last."""
    state = state_of(ctx)
    names, now = state.chosen(connections), state.now()
    known = await asyncio.to_thread(state.copies.statuses) if state.copies else None
    if known is None:
        return result(Copies(connections=[_never(name, state) for name in names], notes=[f"{NOTHING} {how(state)}"]))
    return result(
        Copies(connections=[_copy(known[name], now) if name in known else _never(name, state) for name in names])
    )


async def request_sync(ctx: Ctx, connections: Connections = None) -> Annotated[CallToolResult, Requests]:
    """Asks for the synced copy to be brought up to date. It does not wait for that: see sync_status."""
    state = state_of(ctx)
    names = state.chosen(connections)
    asked: Mapping[str, str] | None
    if os.environ.get(BUS):
        from spekta.aws import bus

        await asyncio.to_thread(bus.configured().request_sync, names)
        asked = dict.fromkeys(names, "requested")
    else:
        asked = await asyncio.to_thread(state.copies.request, names, state.now()) if state.copies else None
    if asked is None:
        raise ConfigurationError(NOTHING, how(state))
    return result(
        Requests(connections=[Request(connection=name, state=word, message=SAID[word]) for name, word in asked.items()])
    )


def how(state: State) -> str:
    """How to get a copy."""
    if os.environ.get(BUS):
        return ON_THE_BUS
    return SWITCHED_OFF if state.on_aws else HOW


def _never(name: str, state: State) -> Copy:
    return Copy(connection=name, state="never_synced", next=how(state))


def _copy(status: "Status", now: datetime) -> Copy:
    error = status.last_error or status.fault
    return Copy(
        connection=status.connection,
        state="syncing" if status.state == "working" else status.state,
        minutes_old={kind: _minutes(one.as_of, now) for kind, one in status.kinds.items() if one.as_of} or None,
        next_try=status.next_try,
        code=error.code if error else None,
        message=error.message if error else None,
        next=_next(status, error),
    )


def _next(status: "Status", error: "Failure | None") -> str | None:
    if status.parked:
        return "It is not tried again by itself. Once the cause is gone: request_sync."
    return advice(error.code, error.advice) if error else None


def _minutes(as_of: datetime, now: datetime) -> int:
    return max(0, int((now - as_of).total_seconds() // 60))

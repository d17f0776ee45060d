"""Tools that change something on a platform, made of what its provider declares that it can be told.

The first call previews: what would be sent, and a code. The second call repeats the arguments and passes the code. The
code is made with a secret of the server's, of what is sent, for whom and when, so that no text of a platform can bring
one along, and yesterday's consent is none. What is sent carries a key made of the arguments, so that however often it
is repeated it is done once.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Annotated, Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from connectors import (
    Connector,
    InvalidArgument,
    InvalidResponse,
    Outcome,
    Provider,
    Unavailable,
    UnifiedEvent,
    find_provider,
)
from connectors.http import Deadline
from connectors.models import UnifiedRecord
from connectors.references import parse
from mcp_server.answers import Part, result
from mcp_server.schema import writing
from mcp_server.state import Ctx, State, state_of
from mcp_server.values import LongText, Text, local_time

from .parameters import EventReference

ACTIONS: Mapping[str, tuple[str, ...]] = {
    # Not webhooks: they send buyers' data to an address, which a text that an assistant reads could name.
    "equaticket": (
        "create_event",
        "update_event",
        "publish_event",
        "cancel_event",
        "create_ticket_type",
        "update_ticket_type",
        "delete_ticket_type",
        "reset_test_data",
    )
}
TicketTypeReference = Annotated[str, Field(description="A reference, from list_tickets")]
REFERENCES = {"event": EventReference, "ticket_type": TicketTypeReference}
Confirm = Annotated[str | None, Field(description="The preview's code, once the user agreed")]
Key = Annotated[str | None, Field(description="Any new text, to do it once more", min_length=1)]
UNCERTAIN = "It may have been done: look. The same call with the same confirm does it once, however often it is made."
AGREE = "Show this to the user. If they agree, call again with the same arguments and this confirm."


class Thing(Part):
    event: str | None = None
    ticket_type: str | None = None
    name: Text | None = None
    status: str | None = None
    starts_local: Text | None = None


class Request(Part):
    method: str
    url: LongText
    body: dict[str, Any] | None = None


class Change(Part):
    done: Annotated[bool, Field(description="false: nothing was sent yet")]
    connection: str
    record: Annotated[Thing | None, Field(description="As it is now")] = None
    request: Request | None = None
    confirm: str | None = None
    next: str | None = None
    repeated: Annotated[bool | None, Field(description="It had been done before")] = None


@dataclass(frozen=True, slots=True)
class Write:
    """One action of one platform."""

    provider: Provider
    action: str

    async def __call__(
        self, ctx: Ctx, confirm: str | None = None, idempotency_key: str | None = None, **given: Any
    ) -> Annotated[CallToolResult, Change]:
        """Previews, or does it."""
        state = state_of(ctx)
        until = Deadline(state.seconds)
        connection, inputs = self._where({name: value for name, value in given.items() if value is not None})
        async with state.connector(connection) as connector:
            key = self._key(inputs, idempotency_key)
            plan = await connector.act(
                self.action, inputs, idempotency_key=key, dry_run=True, deadline=until.remaining()
            )
            codes = _codes(state, connection, plan)
            if confirm is None:
                record = await _now(connector, inputs.get("event"), until)
                return result(_preview(connection, plan, record, codes[0]))
            if not any(hmac.compare_digest(confirm.encode(), code.encode()) for code in codes):
                raise InvalidArgument(
                    "confirm",
                    "This code does not belong to these arguments, or is older than an hour.",
                    "Call without confirm, show the preview to the user, and pass the code that it gives.",
                )
            try:
                outcome = await connector.act(self.action, inputs, idempotency_key=key, deadline=until.remaining())
            except (Unavailable, InvalidResponse) as error:
                error.advice = UNCERTAIN
                raise
        return result(_done(connection, outcome))

    def _where(self, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The connection, and what it is told: ids in place of references."""
        connection = given.pop("connection", None)
        for name in [name for name in REFERENCES if name in given]:
            reference = parse(given[name], name)
            if connection not in (None, reference.connection):
                raise InvalidArgument(name, f"{name} is of another connection.", "Give references of one connection.")
            connection, given[name] = reference.connection, reference.id
        if connection.partition("/")[0] != self.provider.slug:
            raise InvalidArgument(
                "event" if "event" in given else "connection",
                f"This is only for {self.provider.name}.",
                f"Give something of a connection of {self.provider.slug}.",
            )
        return connection, given

    def _key(self, inputs: Mapping[str, Any], given: str | None) -> str | None:
        if self.provider.idempotency is None or self.provider.actions[self.action].call.method != "POST":
            return None
        told = json.dumps([self.action, sorted(inputs.items()), given], default=str)
        return str(uuid.uuid5(uuid.NAMESPACE_OID, told))


@cache
def writing_tools() -> list[Tool]:
    """The tools that change something, of all platforms."""
    return [_tool(find_provider(slug), action) for slug, actions in ACTIONS.items() for action in actions]


def _tool(provider: Provider, name: str) -> Tool:
    write, action = Write(provider, name), provider.actions[name]
    fields: dict[str, Any] = {
        field: (REFERENCES.get(field, about.annotation), ... if field in REFERENCES else about)
        for field, about in action.inputs.model_fields.items()
    }
    if not REFERENCES.keys() & fields.keys():
        fields["connection"] = (Annotated[str, Field(description="Which account")], provider.slug)
    if not action.inputs.model_fields:
        fields["idempotency_key"] = (Key, None)
    fields["confirm"] = (Confirm, None)
    return writing(
        write.__call__,
        f"{provider.slug}_{name}",
        f"{action.help.partition(',')[0]} on {provider.name}",
        f"{action.help}. Without confirm it changes nothing and gives a preview.",
        fields,
        adds=name.startswith("create_"),
    )


def _codes(state: State, connection: str, plan: Outcome) -> list[str]:
    """The code of this hour, and that of the one before."""
    what = [state.caller.principal, connection, plan.idempotency_key, asdict(plan.request)]
    hour = int(state.now().timestamp()) // 3600
    told = [json.dumps([*what, one], default=str).encode() for one in (hour, hour - 1)]
    return [hmac.new(state.secret, one, hashlib.sha256).hexdigest()[:12] for one in told]


async def _now(connector: Connector, event_id: str | None, until: Deadline) -> Thing | None:
    """The event that is to be changed. Raises NotFound."""
    if event_id is None:
        return None
    return _thing(await connector.get_event(event_id, deadline=until.remaining()))


def _preview(connection: str, plan: Outcome, record: Thing | None, code: str) -> Change:
    request = plan.request
    return Change(
        done=False,
        connection=connection,
        record=record,
        request=Request(method=request.method, url=request.url, body=dict(request.body) if request.body else None),
        confirm=code,
        next=AGREE,
    )


def _done(connection: str, outcome: Outcome) -> Change:
    return Change(
        done=True,
        connection=connection,
        record=_thing(outcome.record),
        repeated=outcome.replayed or None,
    )


def _thing(record: UnifiedRecord | None) -> Thing | None:
    if record is None:
        return None
    told = {"name": getattr(record, "name", None), "status": getattr(record, "status", None)}
    if isinstance(record, UnifiedEvent):
        return Thing(event=record.reference, starts_local=local_time(record.starts_at, record.timezone), **told)
    return Thing(ticket_type=record.reference, **told)

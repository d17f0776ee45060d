"""What is said of a change: which record, which version, which fields; and nothing of a person.

The version of a record grows by one with each change of its unified content, so an id never stands for two things.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from connectors.models import Moment


class Change(BaseModel):
    """A change of one record. `reference` names it as the doors do, `events` its events; `changed` are names of fields
    of its unified model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(description="<provider>#<account>#<kind>#<id>#<version>: the same change always has the same id")
    version: int = Field(ge=1)
    provider: str
    account: str
    reference: str
    events: tuple[str, ...] = Field(default=(), description="references of the events that the record belongs to")
    changed: tuple[str, ...] = ()
    noticed_at: Moment
    type: str


class EventChange(Change):
    type: Literal[
        "event.created", "event.updated", "event.cancelled", "event.postponed", "event.deleted", "event.restored"
    ]


class TicketChange(Change):
    type: Literal["ticket.created", "ticket.updated", "ticket.deleted", "ticket.restored"]


class AttendeeChange(Change):
    type: Literal[
        "attendee.created",
        "attendee.updated",
        "attendee.checked_in",
        "attendee.cancelled",
        "attendee.refunded",
        "attendee.deleted",
        "attendee.restored",
        "attendee.erased",
    ]


class OrderChange(Change):
    type: Literal[
        "order.created",
        "order.updated",
        "order.paid",
        "order.cancelled",
        "order.refunded",
        "order.deleted",
        "order.restored",
        "order.erased",
    ]


AnyChange = Annotated[EventChange | TicketChange | AttendeeChange | OrderChange, Field(discriminator="type")]
CHANGES: Mapping[str, type[Change]] = {
    "event": EventChange,
    "ticket": TicketChange,
    "attendee": AttendeeChange,
    "order": OrderChange,
}
_ANY: TypeAdapter[AnyChange] = TypeAdapter(AnyChange)
_BY_STATUS = {
    ("event", "cancelled"): "cancelled",
    ("event", "postponed"): "postponed",
    ("attendee", "cancelled"): "cancelled",
    ("attendee", "refunded"): "refunded",
    ("order", "paid"): "paid",
    ("order", "cancelled"): "cancelled",
    ("order", "refunded"): "refunded",
    ("order", "partially_refunded"): "refunded",
}


def what(word: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What a change of content comes to: `paid`, `checked_in`, or just `updated`."""
    if after.get("checked_in") and not before.get("checked_in"):
        return "checked_in"
    if before.get("status") != after.get("status"):
        return _BY_STATUS.get((word, str(after.get("status"))), "updated")
    return "updated"


def parse(text: str) -> Change:
    """A change that was written as JSON."""
    return _ANY.validate_json(text)


def make(word: str, what: str, key: str, version: int, *, connection: tuple[str, str], **more: Any) -> Change:
    """A change of a record that is known by `key`. `connection` is its provider and account."""
    provider, account = connection
    id = f"{provider}#{account}#{word}#{key}#{version}"
    values = {"type": f"{word}.{what}", "id": id, "version": version, "provider": provider, "account": account}
    return CHANGES[word].model_validate(values | more)


def schema(word: str) -> dict[str, Any]:
    """The JSON Schema of the changes of one kind of record."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | CHANGES[word].model_json_schema()

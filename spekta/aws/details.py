"""What the events about syncs say, read and checked: whoever may put events on the bus may put anything."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.credentials import split
from connectors.errors import ConfigurationError
from connectors.registry import SLUGS
from connectors.webhook import Change

from .bus import DUE, REQUESTED


class Refused(Exception):
    """An event that can be acted upon neither now nor later."""


class Requested(BaseModel):
    """Somebody asks for a sync of these connections, because of these changes if it is told which."""

    model_config = ConfigDict(frozen=True)

    connections: tuple[str, ...] = Field(min_length=1)
    changes: tuple[Change, ...] = ()


class Due(BaseModel):
    """The turn of a connection."""

    model_config = ConfigDict(frozen=True)

    provider: str
    connection: str
    changes: tuple[Change, ...] = ()
    asked: bool = False


Detail = TypeVar("Detail", Requested, Due)


def type_of(event: Any) -> str:
    """Which kind of event it is. Raises Refused for what is none."""
    kind = event.get("detail-type") if isinstance(event, Mapping) else None
    if not isinstance(kind, str):
        raise Refused("This is no event: it has no detail-type.")
    return kind


def requested(event: Any) -> Requested:
    """What is asked for. Raises Refused."""
    return _detail(event, REQUESTED, Requested)


def due(event: Any, provider: str) -> Due:
    """Whose turn it is, of the connections of a provider. Raises Refused."""
    found = _detail(event, DUE, Due)
    if found.provider != provider:
        raise Refused(f"This is not for {provider}. The rule that led it here is to be corrected.")
    if not is_name(found.connection) or split(found.connection)[0] != provider:
        raise Refused(f"detail.connection is no connection of {provider}.")
    return found


def is_name(connection: str) -> bool:
    """Whether a connection can have this name."""
    try:
        return split(connection)[0] in SLUGS
    except ConfigurationError:
        return False


def _detail(event: Any, kind: str, model: type[Detail]) -> Detail:
    if type_of(event) != kind:
        raise Refused(f"This is no {kind}.")
    try:
        return model.model_validate(event.get("detail"))
    except ValidationError as error:
        raise Refused(_said(error)) from None


def _said(error: ValidationError) -> str:
    """Which field is wrong first, and why; never what stands there."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    return f"{'.'.join(['detail', *map(str, first['loc'])])}: {first['msg']}."

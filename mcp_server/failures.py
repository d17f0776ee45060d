"""Errors in one form, whatever went wrong: `{"error": {code, message, next}}`, and connection or param if known."""

from collections.abc import Mapping
from typing import Any

from mcp.types import CallToolResult, TextContent
from pydantic import ValidationError

from connectors import InvalidArgument, Rejected, SpektaError, references

from .answers import Part, advice, compact
from .values import Text, shown


class Failure(Part):
    """Why a call has no answer, and what to do next."""

    code: str
    message: Text
    next: Text
    connection: str | None = None
    param: Text | None = None
    retry_after_seconds: int | None = None


INTERNAL = Failure(
    code="internal",
    message="Spekta failed; the arguments are not to blame.",
    next="Try once more. If it fails again, tell the user to look at Spekta's log.",
)


def refusal(error: SpektaError, arguments: Mapping[str, Any]) -> Failure:
    """What is said of one of our own errors."""
    wait = getattr(error, "retry_after", None)
    return Failure(
        code=error.code,
        connection=_connection(arguments),
        param=error.param if isinstance(error, InvalidArgument | Rejected) else None,
        message=error.message,
        next=advice(error.code, error.advice),
        retry_after_seconds=None if wait is None else round(wait),
    )


def misreading(error: ValidationError, tool: str, schema: Mapping[str, Any]) -> Failure:
    """What is said of arguments that do not fit the schema. Repeats no value."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    said = [_sentence(str(one["loc"][0]), one, tool) for one in found]
    param, known = str(found[0]["loc"][0]), schema["properties"]
    described = known.get(param, {}).get("description")
    return Failure(
        code=InvalidArgument.code,
        param=param,
        message=f"{'; '.join(said[:3])}.",
        next=f"{param}: {described}." if described else f"Arguments of {tool}: {', '.join(known)}.",
    )


def failed(what: Failure) -> CallToolResult:
    """The result of a call without an answer. It has no structured content: that would have to be an answer."""
    text = compact({"error": what.model_dump(exclude_none=True)})
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)


def _sentence(name: str, one: Mapping[str, Any], tool: str) -> str:
    name = shown(name, 60)
    match one["type"]:
        case "missing":
            return f"{name} is missing"
        case "extra_forbidden":
            return f"{name} is not an argument of {tool}"
    said: str = one["msg"].removeprefix("Value error, ")
    return said.replace("Input", name, 1) if said.startswith("Input ") else f"{name}: {said}"


def _connection(arguments: Mapping[str, Any]) -> str | None:
    try:
        return references.parse(str(arguments.get("event", ""))).connection
    except InvalidArgument:
        return None

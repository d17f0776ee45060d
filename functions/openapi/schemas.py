"""What answers hold, by the models' own schemas."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from connectors.matrix import MatrixRow
from connectors.models import (
    HealthCheckResult,
    PlatformRecord,
    Preview,
    UnifiedAttendee,
    UnifiedEvent,
    UnifiedOrder,
    UnifiedRecord,
    UnifiedRevenue,
    UnifiedTicket,
)
from connectors.portfolio import Status, Total
from spekta.sync.copies import Period

from .. import errors

RECORDS: tuple[type[UnifiedRecord], ...] = (UnifiedEvent, UnifiedTicket, UnifiedAttendee, UnifiedOrder, PlatformRecord)
MODELS: tuple[type, ...] = (*RECORDS, UnifiedRevenue, HealthCheckResult, Preview, MatrixRow, Status, Total, Period)
Schema = dict[str, Any]


class Whole(GenerateJsonSchema):
    """Of answers, in which every field is given, and none by default."""

    def field_is_required(self, *_: Any, **__: Any) -> bool:
        return True

    def default_schema(self, schema: Any) -> Any:
        return self.generate_inner(schema["schema"])


def ref(model: type | str) -> Schema:
    """Refers to a schema of the document."""
    return {"$ref": f"#/components/schemas/{model if isinstance(model, str) else model.__name__}"}


def schemas() -> Schema:
    """All of them, by name."""
    adapters: list[Any] = [(model, "serialization", TypeAdapter(model)) for model in MODELS]
    made, shared = TypeAdapter.json_schemas(
        adapters, ref_template="#/components/schemas/{model}", schema_generator=Whole
    )
    found: Schema = {model.__name__: made[model, "serialization"] for model in MODELS}
    found = {**shared.get("$defs", {}), **{name: one for name, one in found.items() if "$ref" not in one}}
    for record in RECORDS:
        _with_less(found[record.__name__], record)
    return {name: untitled(found[name]) for name in sorted(found)} | _made_here()


def _with_less(schema: Schema, record: type[UnifiedRecord]) -> None:
    """Of a record, what belongs to a person and `raw` are only there where they are asked for."""
    schema["required"] = [name for name in schema["required"] if name not in {*record.personal, "raw"}]
    schema["properties"]["raw"] = {"description": "The platform's own record, with raw=true"}
    for name in record.personal:
        schema["properties"][name]["description"] = "Only with personal_data=true"


def untitled(schema: Any) -> Any:
    """Without the titles that pydantic makes from names."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
        return {key: untitled(value) for key, value in kept.items()}
    return [untitled(one) for one in schema] if isinstance(schema, list) else schema


def _made_here() -> Schema:
    text, or_null = {"type": "string"}, {"type": ["string", "null"]}
    whole_or_null = {"type": ["integer", "null"]}
    problems = {"type": "array", "items": closed({"path": text, "reason": text})}
    around = {
        "page": {**whole_or_null, "description": "null after a cursor, and where the page was cut to what fits"},
        "page_size": {"type": "integer"},
        "has_more": {"type": "boolean"},
        "next_cursor": or_null,
        "total": {**whole_or_null, "description": "null where the platform does not tell it"},
        "problems": {**problems, "description": "Records that could not be read"},
        "filtered_here": {"type": "array", "items": text, "description": "Filters that the platform does not know"},
    }
    error = {
        "code": {"type": "string", "enum": sorted({code for codes in codes_of().values() for code in codes})},
        "message": text,
        "provider": or_null,
        "request_id": text,
        "param": or_null,
    }
    pages = {page_of(one): closed({"data": {"type": "array", "items": ref(one)}, **around}) for one in RECORDS}
    return {**pages, "Error": closed({"error": closed(error)})}


def page_of(record: type) -> str:
    """The name of the schema of a page of records."""
    return f"{record.__name__}Page"


def closed(properties: Mapping[str, Any], optional: tuple[str, ...] = ()) -> Schema:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": dict(properties),
        "additionalProperties": False,
    }


def codes_of() -> dict[int, list[str]]:
    """The codes that come with each status, of the errors that there are."""
    found: dict[int, set[str]] = {}
    for kind, status in errors.all_kinds():
        found.setdefault(status, set()).add(errors.CODES.get(kind, kind.code))
    return {status: sorted(codes) for status, codes in sorted(found.items())}

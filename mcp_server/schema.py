"""Tools with schemas that a model reads without noise: no titles, no `anyOf ... null`, no `default: null`."""

import inspect
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, get_type_hints

from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import ConfigDict, TypeAdapter, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

CONTEXT = "ctx"
Function = Callable[..., Coroutine[Any, Any, CallToolResult]]


class Arguments(ArgModelBase):
    """Unknown arguments are refused."""

    model_config = ConfigDict(extra="forbid")


class Plain(GenerateJsonSchema):
    """An optional value is one that may be left out; it is never null."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if "default" in made and made["default"] is None:
            del made["default"]
        return made

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        return {"type": "string"}  # a number of JSON is read as a binary fraction

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        made.pop("title", None)
        made.pop("description", None)
        return made


class PlainOutput(Plain):
    """Open to new keys: a client that remembers an older schema must not stumble over them."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        made.pop("additionalProperties", None)
        return made


def reading(function: Function, title: str, *, asks_platforms: bool = True) -> Tool:
    """A tool that changes nothing. Its docstring is its description, its parameters but `ctx` are those of the tool."""
    annotations = ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=asks_platforms
    )
    return _told(function, title, annotations)


def asking(function: Function, title: str) -> Tool:
    """A tool that has Spekta itself do something that changes nothing on a platform; told as `reading` tells it."""
    annotations = ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    return _told(function, title, annotations)


def writing(
    function: Function, name: str, title: str, description: str, inputs: Mapping[str, Any], *, adds: bool
) -> Tool:
    """A tool that changes something, always to the same end: done twice it is done once. inputs: its parameters as
    pydantic fields. adds: whether it makes something new and leaves all else as it is.
    """
    annotations = ToolAnnotations(
        read_only_hint=False, destructive_hint=not adds, idempotent_hint=True, open_world_hint=True
    )
    return _tool(function, name, title, description, inputs, annotations)


def _told(function: Function, title: str, annotations: ToolAnnotations) -> Tool:
    """A tool that is told by its function alone."""
    hints = get_type_hints(function, include_extras=True)
    inputs = {
        name: (hints[name], ... if parameter.default is parameter.empty else parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if name != CONTEXT
    }
    return _tool(function, function.__name__, title, function.__doc__ or "", inputs, annotations)


def _tool(
    function: Function, name: str, title: str, description: str, inputs: Mapping[str, Any], annotations: ToolAnnotations
) -> Tool:
    """Not by Tool.from_function, which makes each model and schema as the SDK has it, before they are made as we do."""
    arguments = create_model(name, __base__=Arguments, **inputs)
    (answer,) = get_type_hints(function, include_extras=True)["return"].__metadata__
    schema = inlined(TypeAdapter(answer).json_schema(schema_generator=PlainOutput))
    return Tool(
        fn=function,
        name=name,
        title=title,
        description=" ".join(description.split()),
        parameters=arguments.model_json_schema(schema_generator=Plain),
        fn_metadata=FuncMetadata(arg_model=arguments, output_model=answer, output_schema=schema),
        is_async=True,
        context_kwarg=CONTEXT,
        annotations=annotations,
    )


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with each definition that is used once in the place where it is used."""
    definitions = schema.get("$defs", {})
    text = json.dumps(schema)
    once = {name for name in definitions if text.count(f'"#/$defs/{name}"') == 1}

    def put(value: Any) -> Any:
        if isinstance(value, list):
            return [put(element) for element in value]
        if not isinstance(value, dict):
            return value
        name = str(value.get("$ref", "")).removeprefix("#/$defs/")
        if name in once:
            return put({**definitions[name], **{key: more for key, more in value.items() if key != "$ref"}})
        return {key: put(element) for key, element in value.items()}

    kept = {name: put(definition) for name, definition in definitions.items() if name not in once}
    whole: dict[str, Any] = put({key: value for key, value in schema.items() if key != "$defs"})
    return whole | ({"$defs": kept} if kept else {})

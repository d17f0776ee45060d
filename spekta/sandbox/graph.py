"""A GraphQL endpoint over plain objects: checked against the schema by graphql-core, answered by picking fields.

An object is a dict; a value that can be called is called with the arguments of its field.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    build_schema,
    parse,
    validate,
    value_from_ast_untyped,
)
from graphql.execution.values import get_variable_values

from spekta.sandbox.service import Ask

Object = Mapping[str, Any]


class Graph:
    """One schema, in the schema language."""

    def __init__(self, schema: str) -> None:
        self.schema: GraphQLSchema = build_schema(schema)
        self._checked = lru_cache(maxsize=256)(self._check)

    def answer(self, ask: Ask, root: Object) -> dict[str, Any]:
        """Answer the query of a request; what is wrong with it stands in `errors`, as on every GraphQL server."""
        body = ask.body if isinstance(ask.body, dict) else {}
        try:
            document = self._checked(str(body.get("query", "")))
            operation = _operation(document, body.get("operationName"))
            said = get_variable_values(self.schema, operation.variable_definitions or (), body.get("variables") or {})
            if isinstance(said, list):
                raise said[0]
            return {"data": _Picking(document, dict(said.coerced)).pick(root, operation.selection_set)}
        except GraphQLError as error:
            return {"errors": [error.formatted]}

    def operation(self, ask: Ask) -> str:
        """Name what a request asks for, such as `viewer.orders`; its path where it is no valid query."""
        try:
            document = self._checked(str(ask.body["query"]))
            return " ".join(_ways(_operation(document, ask.body.get("operationName")).selection_set))
        except (GraphQLError, KeyError, TypeError):
            return ask.path

    def _check(self, query: str) -> DocumentNode:
        document = parse(query)
        if errors := validate(self.schema, document):
            raise errors[0]
        return document


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    for one in found:
        if len(found) == 1 or (one.name and one.name.value == name):
            return one
    raise GraphQLError("Must provide operation name if query contains multiple operations.")


def _ways(selections: SelectionSetNode) -> Iterator[str]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            inner = node.selection_set.selections if node.selection_set else ()
            below = [one.name.value for one in inner if isinstance(one, FieldNode) and one.selection_set]
            yield from (f"{node.name.value}.{name}" for name in below) if below else [node.name.value]


class _Picking:
    """Picks what one operation asks for."""

    def __init__(self, document: DocumentNode, variables: dict[str, Any]) -> None:
        self.variables = variables
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._fields: dict[tuple[int, str], list[FieldNode]] = {}

    def pick(self, source: Object, selections: SelectionSetNode) -> dict[str, Any]:
        kind = source.get("__typename", "")
        picked = {}
        for node in self._collect(selections, kind):
            name = node.name.value
            value = source.get(name)
            if callable(value):
                value = value(**self._arguments(node))
            picked[node.alias.value if node.alias else name] = self._below(value, node.selection_set)
        return picked

    def _below(self, value: Any, selections: SelectionSetNode | None) -> Any:
        if selections is None or value is None:
            return value
        if isinstance(value, list):
            return [self._below(one, selections) for one in value]
        return self.pick(value, selections)

    def _collect(self, selections: SelectionSetNode, kind: str) -> list[FieldNode]:
        key = (id(selections), kind)
        if key not in self._fields:
            self._fields[key] = list(self._spread(selections, kind))
        return self._fields[key]

    def _spread(self, selections: SelectionSetNode, kind: str) -> Iterator[FieldNode]:
        for node in selections.selections:
            if not self._included(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            fragment = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(fragment, (FragmentDefinitionNode, InlineFragmentNode))
            condition = fragment.type_condition
            if condition is None or condition.name.value in (kind, "Node") or not kind:
                yield from self._spread(fragment.selection_set, kind)

    def _included(self, directives: Sequence[Any]) -> bool:
        told = {one.name.value: value_from_ast_untyped(one.arguments[0].value, self.variables) for one in directives}
        return bool(told.get("include", True)) and not told.get("skip", False)

    def _arguments(self, node: FieldNode) -> dict[str, Any]:
        given = {one.name.value: value_from_ast_untyped(one.value, self.variables) for one in node.arguments or ()}
        return _told(given)


def _told(given: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null, or a variable that was not sent."""
    inner = {name: _told(value) if isinstance(value, dict) else value for name, value in given.items()}
    return {name: value for name, value in inner.items() if value is not None and value is not Undefined}

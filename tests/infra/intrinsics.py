"""A template as a stack with certain parameters has it: conditions decided, intrinsic functions worked out.

What AWS alone knows stays readable: `Ref` of a resource is its logical id, `Fn::GetAtt` is `State.Arn`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "spekta",
    "AWS::URLSuffix": "amazonaws.com",
}
NOTHING = object()


class Stack:
    """`resources` are those that exist. Raises KeyError for a reference to one that does not."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        self._template = template
        self._values: dict[str, Any] = dict(PSEUDO)
        for name, parameter in template["Parameters"].items():
            value = parameters.get(name, parameter.get("Default"))
            self._values[name] = value.split(",") if parameter["Type"] == "CommaDelimitedList" else value
        existing = {
            name: body
            for name, body in template["Resources"].items()
            if "Condition" not in body or self._holds(body["Condition"])
        }
        self._values |= {name: name for name in existing}
        self.resources: dict[str, Any] = {name: self.value(body) for name, body in existing.items()}

    def value(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return [value for value in map(self.value, tree) if value is not NOTHING]
        if not isinstance(tree, dict):
            return tree
        if len(tree) == 1 and (function := self._FUNCTIONS.get(next(iter(tree)))):
            return function(self, next(iter(tree.values())))
        return {key: value for key, body in tree.items() if (value := self.value(body)) is not NOTHING}

    def _holds(self, condition: str) -> bool:
        return bool(self.value(self._template["Conditions"][condition]))

    def _ref(self, name: str) -> Any:
        return NOTHING if name == "AWS::NoValue" else self._values[name]

    def _get_att(self, parts: list[str]) -> str:
        return ".".join([self._ref(parts[0]), *parts[1:]])

    def _sub(self, said: Any) -> str:
        text, own = said if isinstance(said, list) else (said, {})
        return re.sub(r"\$\{([^!}]+)\}", lambda found: self._named(found[1], own), text)

    def _named(self, name: str, own: Mapping[str, Any]) -> str:
        if name in own:
            return str(self.value(own[name]))
        return str(self._get_att(name.split(".")))

    def _if(self, said: list[Any]) -> Any:
        condition, yes, no = said
        return self.value(yes if self._holds(condition) else no)

    def _join(self, said: list[Any]) -> str:
        separator, parts = said
        return str(separator).join(self.value(parts))

    def _find_in_map(self, said: list[Any]) -> Any:
        mapping, first, second, *default = said
        found = self._template["Mappings"][mapping].get(self.value(first), {})
        return found[second] if second in found else self.value(default[0]["DefaultValue"])

    def _equals(self, said: list[Any]) -> bool:
        one, other = self.value(said)
        return bool(one == other)

    def _not(self, said: list[Any]) -> bool:
        return not self.value(said)[0]

    _FUNCTIONS: ClassVar[Mapping[str, Callable[[Any, Any], Any]]] = {
        "Ref": _ref,
        "Fn::GetAtt": _get_att,
        "Fn::Sub": _sub,
        "Fn::If": _if,
        "Fn::Join": _join,
        "Fn::FindInMap": _find_in_map,
        "Fn::Equals": _equals,
        "Fn::Not": _not,
    }

"""Paths into JSON: `a.b`, `a[0]`, `a[-1].id`, and `a[].b[]` for every element. `""` is the value itself.

A trailing `?` marks a list that may be missing, and `[]` alone is an answer that is a list itself. A null on the way
ends the path; in a fan-out it is skipped.
"""

import re
from collections.abc import Sequence
from typing import Any

Step = str | int | None  # None stands for every element

_PART = re.compile(r"([^.\[\]]+)|\[(-?\d*)\]")


_known: dict[str, tuple[Step, ...]] = {}


def steps(path: str) -> tuple[Step, ...]:
    """The parts of a path: keys, indexes, and None for `[]`. Remembered: the paths are those of the provider files."""
    found = _known.get(path)
    if found is None:
        parts = _PART.findall(path.removesuffix("?"))
        found = _known[path] = tuple(key or (int(index) if index else None) for key, index in parts)
    return found


def dig(value: Any, path: str) -> Any:
    """The value at a path without `[]`, or None."""
    for step in _known.get(path) or steps(path):
        if type(value) is dict:
            value = value.get(step)
        elif _has(value, step):
            value = value[step]
        else:
            return None
    return value


def _has(value: Any, step: Step) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value)


def every(value: Any, path: str) -> list[Any]:
    """Every value at a path with `[]`, without the nulls."""
    before, spread, after = path.partition("[]")
    found = dig(value, before)
    parts = elements(found) if spread else (found,)
    if "[]" in after:
        return [inner for part in parts for inner in every(part, after)]
    return [inner for part in parts if (inner := dig(part, after)) is not None]


def elements(value: Any) -> Sequence[Any]:
    """Those of a list. Null has none; anything else stands for a list of itself."""
    return value if isinstance(value, list) else () if value is None else (value,)


def holds(value: Any, path: str) -> bool:
    """Whether the path exists, up to its first `[]`; a null at its end counts as existing. `[]` itself is a list."""
    for number, step in enumerate(steps(path)):
        if step is None:
            return number > 0 or isinstance(value, list)
        if not _has(value, step):
            return False
        value = value[step]
    return True


def put(target: dict[str, Any], path: str, value: Any) -> None:
    """Sets a value at a path of keys, making the objects on the way. Parts of `target` must be the caller's own."""
    *way, last = path.split(".")
    for key in way:
        target = target.setdefault(key, {})
    target[last] = value

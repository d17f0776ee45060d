"""Paths into JSON: `a.b`, `a[0]`, `a[-1].id`, and `a[].b[]` for every element. `""` is the value itself.

A trailing `?` marks a list that may be missing. A null on the way ends the path; in a fan-out it is skipped.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

Step = str | int | None  # None stands for every element

_PART = re.compile(r"([^.\[\]]+)|\[(-?\d*)\]")


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[Step, ...]:
    """The parts of a path: keys, indexes, and None for `[]`."""
    found: list[Step] = []
    for key, index in _PART.findall(path.removesuffix("?")):
        found.append(key or (int(index) if index else None))
    return tuple(found)


def dig(value: Any, path: str) -> Any:
    """The value at a path without `[]`, or None."""
    for step in steps(path):
        if not _has(value, step):
            return None
        value = value[step]
    return value


def _has(value: Any, step: Step) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value)


def fan_out(value: Any, path: str) -> Iterator[tuple[Any, tuple[dict[str, Any], ...]]]:
    """Every value at a path with `[]`, each with the objects on the way to it, nearest last."""
    yield from _walk(value, steps(path), ())


def _walk(
    value: Any, rest: tuple[Step, ...], way: tuple[dict[str, Any], ...]
) -> Iterator[tuple[Any, tuple[dict[str, Any], ...]]]:
    if value is None:
        return
    if not rest:
        yield value, way
        return
    step, after = rest[0], rest[1:]
    if step is None:
        for element in value if isinstance(value, list) else [value]:
            yield from _walk(element, after, way)
    elif _has(value, step):
        yield from _walk(value[step], after, (*way, value) if isinstance(value, dict) else way)


def holds(value: Any, path: str) -> bool:
    """Whether the path exists, up to its first `[]`; a null at its end counts as existing."""
    for step in steps(path):
        if step is None:
            return True
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

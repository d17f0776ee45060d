"""Items as DynamoDB has them, and as plain values: text, bytes, whole numbers, flags and None."""

import zlib
from collections.abc import Mapping
from typing import Any

Value = str | bytes | int | bool | None
Item = dict[str, Any]


def wired(item: Mapping[str, Value]) -> dict[str, Any]:
    """An item as it is sent."""
    return {name: _wired(value) for name, value in item.items()}


def _wired(value: Value) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case _:
            return {"S": value}


def plain(item: Mapping[str, Mapping[str, Any]]) -> Item:
    """An item as it came."""
    return {name: _plain(*next(iter(value.items()))) for name, value in item.items()}


def _plain(type: str, value: Any) -> Value:
    if type == "NULL":
        return None
    return int(value) if type == "N" else value


def size(item: Mapping[str, Value]) -> int:
    """About as many bytes as DynamoDB counts."""
    return sum(len(name) + _length(value) for name, value in item.items())


def _length(value: Value) -> int:
    match value:
        case str():
            return len(value) if value.isascii() else len(value.encode())
        case bytes():
            return len(value)
        case _:
            return 21  # the most that a number takes


def packed(text: str) -> str | bytes:
    """Text, compressed where that makes it smaller."""
    small = zlib.compress(text.encode())
    return small if len(small) < len(text) else text


def unpacked(value: str | bytes) -> str:
    """The text that was packed."""
    return value if isinstance(value, str) else zlib.decompress(value).decode()

"""Who is told of changes. Each is announced at least once, and always with the same id and content."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, Self

from .changes import Change, parse
from .store import Store

AT_ONCE = 500


class Announcer(Protocol):
    """Passes changes on; gives for each whether it arrived. What did not is announced again."""

    def announce(self, changes: Sequence[Change]) -> Sequence[bool]: ...


class Callback:
    """Calls a function with each change. What it raises ends the run; the change is announced again in the next one."""

    def __init__(self, call: Callable[[Change], None]) -> None:
        self._call = call

    def announce(self, changes: Sequence[Change]) -> Sequence[bool]:
        for change in changes:
            self._call(change)
        return [True] * len(changes)


class JsonLines:
    """Appends each change to a file, as one line of JSON. A line that a crash cut short is ended, not continued."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._file)

    def announce(self, changes: Sequence[Change]) -> Sequence[bool]:
        end = os.fstat(self._file).st_size
        start = b"\n" if end and os.pread(self._file, 1, end - 1) != b"\n" else b""
        lines = b"".join(change.model_dump_json().encode() + b"\n" for change in changes)
        left = memoryview(start + lines)
        while left:
            left = left[os.write(self._file, left) :]
        return [True] * len(changes)


def announce(store: Store, connection: str, announcer: Announcer) -> int:
    """Announces what is marked as not announced yet; gives how many changes did not arrive."""
    while rows := store.unannounced(connection, AT_ONCE):
        told = [parse(text) for row in rows for text in row.pending]
        results = announcer.announce(told)
        arrived = frozenset(change.id for change, came in zip(told, results, strict=True) if came)
        store.announced(connection, rows, arrived)
        if len(arrived) < len(told):
            return len(told) - len(arrived)
    return 0

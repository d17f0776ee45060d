"""What a walk is about, where it is, and what each step of it brings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .http import Deadline
from .models import Problem


@dataclass(frozen=True, slots=True)
class Position:
    """Where a walk is: which stream, which scope value, the pager's state; the last record given, and how many of that
    answer were.
    """

    part: int = 0
    scope: str | None = None
    state: Any = None
    last: str | None = None
    given: int = 0


@dataclass(slots=True)
class Batch:
    """What one answer brought. `after` is None at the end of the walk."""

    records: list[Any]
    problems: list[Problem]
    at: Position
    after: Position | None
    total: int | None = None


@dataclass(slots=True)
class Question:
    """What a walk is about."""

    kind: str
    event_id: str | None = None
    since: datetime | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)
    size: int = 100
    deadline: Deadline = field(default_factory=Deadline)

    @property
    def operation(self) -> str:
        return f"get_{self.kind}"

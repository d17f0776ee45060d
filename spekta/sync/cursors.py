"""Cursors of lists from copies. They carry the question, and are told apart from those of a portfolio."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, TypeAdapter, ValidationError

from connectors.cursor import check, pack, unpack
from connectors.errors import InvalidArgument
from connectors.filters import aware
from connectors.models import EventStatus

from .copies import Wanted

Moment = Annotated[datetime, AfterValidator(lambda moment: aware("cursor", moment))]


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, and where its answer goes on."""

    connections: tuple[str, ...]
    starts_after: Moment | None
    starts_before: Moment | None
    status: EventStatus | None
    q: str | None
    after: str
    source: Literal["synced"] = "synced"

    def wanted(self, moment: datetime) -> Wanted:
        return Wanted(moment, self.starts_after, self.starts_before, self.status, self.q)


_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


def encode(connections: Sequence[str], wanted: Wanted, after: str) -> str:
    """The cursor that goes on with a question."""
    asked = {name: value for name, value in asdict(wanted).items() if name != "moment"}
    return pack(_QUESTION.dump_python(Question(tuple(connections), after=after, **asked), mode="json"))


def decode(cursor: str, connections: Collection[str], synced: bool | None = None) -> Question | None:
    """The question that a cursor goes on with; None for a cursor of the platforms. `synced` says which of the two it
    has to be.

    Raises InvalidArgument where it is damaged or the other one, or asks others than these connections.
    """
    content: Any = unpack(cursor)
    is_ours = isinstance(content, dict) and content.get("source") == "synced"
    if synced is not None and synced != is_ours:
        raise InvalidArgument("cursor", "The cursor goes on with an answer from elsewhere.", "Start over without it.")
    if not is_ours:
        return None
    try:
        question = _QUESTION.validate_python(content)
    except ValidationError:
        raise InvalidArgument("cursor", "The cursor is damaged.", "Start over without a cursor.") from None
    check(question.connections, connections)
    return question

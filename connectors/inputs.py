"""What a caller gives to a listing or an action of a platform's own: named values, checked before anything is sent.

A provider declares them as a model of these types. What is sent is what was given, written as the platform wants it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    ValidationError,
)

from .errors import InvalidArgument
from .filters import time_text


class Inputs(BaseModel):
    """Named values; none, where a provider declares no model of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Given = TypeVar("Given", bound=Inputs)


def checked(model: type[Given], given: Mapping[str, Any]) -> Given:
    """The values, read. Raises InvalidArgument naming the first that is missing, unknown or cannot be used."""
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise _refused(model, error) from None


def _refused(model: type[Inputs], error: ValidationError) -> InvalidArgument:
    wrong = error.errors(include_url=False, include_input=False)[0]
    name = str(wrong["loc"][0]) if wrong["loc"] else "inputs"
    if wrong["type"] == "extra_forbidden":
        known = ", ".join(model.model_fields)
        return InvalidArgument(name, f"{name!r} is not asked for here.", f"What is: {known or 'nothing'}.")
    field = model.model_fields.get(name)
    about = f"{name}: {field.description}." if field and field.description else f"Correct {name}."
    if wrong["type"] == "missing":
        return InvalidArgument(name, f"{name} is missing.", about)
    why = wrong["msg"].removeprefix("Value error, ")
    return InvalidArgument(name, f"{name} cannot be used: {why[:1].lower()}{why[1:]}.", about)


def sent(inputs: Inputs) -> dict[str, Any]:
    """What was given, as it is written on the wire; what was not given is not there."""
    return inputs.model_dump(exclude_unset=True)


def _id(text: str) -> str:
    if text in (".", "..") or "/" in text or "\\" in text or not text.isprintable():
        raise ValueError("it cannot be an id")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, StringConstraints(min_length=1), AfterValidator(_id)]
Time = Annotated[AwareDatetime, PlainSerializer(lambda moment: time_text(moment, "iso"))]

"""What a caller gives to a listing or an action of a platform's own: named values, checked before anything is sent.

A provider declares them as a model of these types. What is sent is what was given, written as the platform wants it.
"""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    create_model,
    model_validator,
)

from . import money
from .errors import InvalidArgument
from .filters import moment_of, time_text


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


def _moment(value: Any) -> datetime:
    try:
        return moment_of("it", value)
    except InvalidArgument:
        raise ValueError("it is no time with an offset or Z, such as 2027-03-01T18:00:00Z") from None


def _iso(moment: datetime) -> str | int:
    return time_text(moment, "iso")


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, KeyError):
        raise ValueError("there is no such time zone") from None


def _currency(code: str) -> str:
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ValueError("it is not a currency code such as EUR")
    return code.upper()


def _decimal(value: Any) -> Any:
    if isinstance(value, float | bool):
        raise ValueError("give it as text or as a decimal, as a binary fraction is not exact")
    return value


def _in_currency(amount: Decimal, info: ValidationInfo) -> Decimal:
    currency = info.data.get("currency")
    if currency is None:
        raise ValueError("it needs the currency beside it")
    if not 0 <= amount < money.LARGEST:
        raise ValueError("it is out of range")
    try:
        return money.exact(amount, currency)
    except ArithmeticError:
        raise ValueError(f"it is not an amount of {currency}") from None


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError("it is not an address that begins with https://")
    return url


def _words(value: Any) -> Any:
    return tuple(word.strip() for word in value.split(",")) if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, StringConstraints(min_length=1), AfterValidator(_id)]
Count = Annotated[int, Field(ge=0)]
Address = Annotated[str, AfterValidator(_address)]
Zone = Annotated[str, AfterValidator(_zone)]
# A time with a zone, sent in UTC; words, also given with commas between them.
Time = Annotated[datetime, BeforeValidator(_moment), PlainSerializer(_iso)]
Words = BeforeValidator(_words)
# A code in any case, sent in small letters; an amount in major units of the `currency` before it, sent in minor ones.
SmallCurrency = Annotated[str, AfterValidator(_currency), PlainSerializer(str.lower)]
MinorAmount = Annotated[
    Decimal, BeforeValidator(_decimal), AfterValidator(_in_currency), PlainSerializer(money.to_minor)
]


def changes(model: type[Inputs], of: type[Inputs]) -> type[Inputs]:
    """The inputs of a change: those of `of` say what is changed, and each of the model's may be given, one at least."""

    def something(inputs: Inputs) -> Inputs:
        if not inputs.model_fields_set - set(of.model_fields):
            raise InvalidArgument(
                "inputs", "Nothing is to be changed.", f"Give one of: {', '.join(model.model_fields)}."
            )
        return inputs

    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        optional = copy(field)
        optional.default = None
        fields[name] = (field.annotation, optional)
    check: Any = model_validator(mode="after")(something)
    return create_model(f"Changed{model.__name__}", __base__=of, __validators__={"something": check}, **fields)

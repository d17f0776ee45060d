"""The query of a request, read and checked. A name that the route does not know is refused with those that it does."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from connectors.credentials import DEFAULT
from connectors.errors import InvalidArgument

from .errors import PersonalDataRefused
from .parameters import Parameter


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked. `given` are the parameters that were given, `others` filters or inputs, which the connector
    reads.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def account(self) -> str:
        return self.given.get("account") or DEFAULT

    @property
    def raw(self) -> bool:
        return bool(self.given.get("raw"))

    @property
    def personal_data(self) -> bool:
        return bool(self.given.get("personal_data"))

    def of(self, parameters: Iterable[Parameter]) -> dict[str, Any]:
        """What was given of these."""
        return {one.name: self.given[one.name] for one in parameters if one.name in self.given}


def read(
    text: str,
    parameters: Iterable[Parameter],
    others: Iterable[str] = (),
    personal: frozenset[str] = frozenset(),
    *,
    persons: bool = True,
) -> Query:
    """The query of a route with these parameters. To ask by one that is `personal` tells who is in a list, so it needs
    personal_data too. persons: whether the caller may have personal data, where the operator gives it.
    """
    values, known, others = _values(text), {one.name: one for one in parameters}, set(others)
    for name in values:
        if name not in others and name not in known:
            valid = ", ".join(sorted({*known, *others}))
            raise InvalidArgument(name, f"{name!r} is not a parameter here.", f"Valid: {valid or 'none'}.")
    given = {name: known[name].read(name, value) for name, value in values.items() if name in known}
    query = Query(given, {name: value for name, value in values.items() if name in others})
    _check_personal(query, personal, persons)
    return query


def chosen(query: Query, known: Sequence[str]) -> list[str]:
    """The connections that are asked for; all that are known where none is named."""
    wanted = query.given.get("connections", known)
    for name in wanted:
        if name not in known:
            advice = f"Connections: {', '.join(known) or 'none'}."
            raise InvalidArgument("connections", f"There is no connection {name!r}.", advice)
    return list(dict.fromkeys(wanted))


def _values(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name in values:
            raise InvalidArgument(name, f"{name} is given twice.", "Give it once.")
        values[name] = value
    return values


def _check_personal(query: Query, personal: frozenset[str], persons: bool) -> None:
    if query.personal_data and os.environ.get("SPEKTA_ALLOW_PERSONAL_DATA") != "true":
        raise PersonalDataRefused("Personal data is not given here.", "The operator has not switched it on.")
    if query.personal_data and not persons:
        raise PersonalDataRefused("The token does not allow personal data.", "It needs the scope personal_data.")
    for name in [*sorted(personal.intersection(query.others)), *(["raw"] if query.raw else [])]:
        if not query.personal_data:
            raise InvalidArgument(name, f"{name} concerns personal data.", "Add personal_data=true.")

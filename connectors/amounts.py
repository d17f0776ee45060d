"""Reads the amounts of one currency from rows, and adds them up."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from . import money, values
from .paths import dig
from .values import Unreadable

if TYPE_CHECKING:
    from .row import Row

Reader = Callable[["Row", str], Decimal | None]  # of the amount at a path


class Amounts:
    """Reads the amounts of one currency from rows, and adds them up."""

    __slots__ = ("_read", "currency")

    def __init__(self, read: Reader, currency: str | None) -> None:
        self._read = read
        self.currency = currency

    def __call__(self, row: "Row", path: str, *others: str) -> Decimal | None:
        """The first amount that is there."""
        amount = self._read(row, path)
        return self(row, *others) if amount is None and others else amount

    def first(self, rows: "Iterable[Row]", path: str) -> Decimal | None:
        """What the first of the rows tells that tells it."""
        return next((amount for row in rows if (amount := self(row, path)) is not None), None)

    def lowest(self, rows: "Iterable[Row]", *paths: str) -> Decimal | None:
        """The lowest of what the rows tell, of each the first path that is there; None where none of them does."""
        return min((amount for row in rows if (amount := self(row, *paths)) is not None), default=None)

    def sum_known(self, rows: "Iterable[Row]", *paths: str) -> Decimal | None:
        """What the rows tell, together; None where none of them does."""
        return money.sum_known(self(row, path) for row in rows for path in paths)

    def sum_or_zero(self, rows: "Iterable[Row]", *paths: str) -> Decimal:
        """What the rows tell, together; zero where none of them does."""
        return money.sum_or_zero((self(row, path) for row in rows for path in paths), self.currency)

    def sum_complete(self, rows: "Iterable[Row]", path: str) -> Decimal | None:
        """What the rows tell, together; zero where there are none, None where one does not tell."""
        return money.sum_complete((self(row, path) for row in rows), self.currency)


@lru_cache(maxsize=256)
def in_minor(currency: str | None, per_unit: int | None = None) -> Amounts:
    """Amounts in minor units. `per_unit` as in `Row.minor`."""
    return Amounts(_minor_reader(currency, per_unit), currency)


@lru_cache(maxsize=256)
def in_major(currency: str | None, unsigned: bool = False) -> Amounts:
    """Amounts in major units. `unsigned` reads what was given back alike, told with a minus or without."""

    def read(row: "Row", path: str) -> Decimal | None:
        amount = row.major(path, currency=currency)
        return abs(amount) if unsigned and amount is not None else amount

    return Amounts(read, currency)


def total(path: str, parts: Iterable[Any], currency: str | None) -> Decimal:
    """Amounts in major units, together. Raises Unreadable."""
    amount = money.without_noise(sum((values.decimal(path, value) for value in parts), money.ZERO))
    if currency is None:
        return amount
    try:
        return money.exact(amount, currency)
    except (ValueError, ArithmeticError) as error:
        raise Unreadable(path, str(error)) from None


def _minor_reader(currency: str | None, per_unit: int | None) -> Reader:
    """How amounts in minor units of a currency are read from a row, at a path."""
    unit = None if currency is None else money.minor_unit(currency, per_unit)

    def read(row: "Row", path: str) -> Decimal | None:
        amount = dig(row.data, path)
        if unit is not None and type(amount) is int and abs(amount) <= money.LARGEST:
            return amount * unit
        amount = row.whole(path)
        if amount is None:
            return None
        if currency is None:
            raise Unreadable(path, "an amount in minor units without a currency")
        try:
            return money.from_minor(amount, currency, per_unit)
        except (ValueError, ArithmeticError) as error:
            raise Unreadable(path, str(error)) from None

    return read

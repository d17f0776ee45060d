"""What events brought in, by day and currency; and sums of that by event, connection, month and currency.

It is always added up anew from all sales of an event, never counted on.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from connectors.models import UnifiedEvent, UnifiedRevenue
from connectors.money import ZERO, Sale, rounded, sum_complete

Group = TypeVar("Group", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Takings:
    """What came in on one day, in one currency. The day is that of the order, in the event's zone; None where that is
    not told. A figure that some sale does not tell is None. Amounts are exact: rounded only where they are shown.
    """

    day: date | None
    currency: str | None
    gross: Decimal
    refunds: Decimal | None
    taxes: Decimal | None
    fees: Decimal | None
    tickets: int | None
    orders: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What one event brought in: as a whole, and day by day."""

    revenue: UnifiedRevenue
    days: tuple[Takings, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """Sums of one currency. A figure that is not told everywhere is the sum of what is, and named in `unreported`."""

    currency: str | None
    gross_revenue: Decimal
    refunds: Decimal | None
    taxes: Decimal | None
    fees: Decimal | None
    net_revenue: Decimal
    tickets_sold: int | None
    orders: int
    unreported: tuple[str, ...] = ()


def zone_of(event: UnifiedEvent) -> ZoneInfo:
    """The event's zone; UTC where it is not told, or not known here."""
    try:
        return ZoneInfo(event.timezone or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def by_day(
    event: UnifiedEvent, sales: Iterable[Sale], placed: Mapping[str, datetime], unreported: Iterable[str]
) -> tuple[Takings, ...]:
    """The sales of an event by day and currency. `placed` says when orders were placed; `unreported` are figures that
    the platform never tells.
    """
    zone, groups = zone_of(event), dict[tuple[date | None, str | None], list[Sale]]()
    for sale in sales:
        moment = placed.get(sale.order or "")
        day = moment.astimezone(zone).date() if moment else None
        groups.setdefault((day, sale.currency or event.currency), []).append(sale)
    silent = set(unreported)
    order = sorted(groups, key=lambda group: (group[0] is None, group[0] or date.min, group[1] or ""))
    return tuple(_takings(*group, groups[group], silent) for group in order)


def _takings(day: date | None, currency: str | None, sales: list[Sale], silent: set[str]) -> Takings:
    tickets = [sale.tickets for sale in sales if sale.tickets is not None]
    return Takings(
        day=day,
        currency=currency,
        gross=sum((sale.gross for sale in sales), ZERO),
        refunds=None if "refunds" in silent else sum_complete((sale.refunded for sale in sales), currency),
        taxes=None if "taxes" in silent else sum_complete((sale.tax for sale in sales), currency),
        fees=None if "fees" in silent else sum_complete((sale.fees for sale in sales), currency),
        tickets=sum(tickets) if len(tickets) == len(sales) else None,
        orders=len({sale.order for sale in sales if sale.order}) + sum(s.orders or 0 for s in sales if not s.order),
    )


Line = tuple[Totals, Takings]


def summed(totals: Iterable[Totals], group: Callable[[Line], Group]) -> dict[tuple[Group, str | None], Sum]:
    """Sums of all days by what `group` makes of them, and by currency; in order of first appearance."""
    found: dict[tuple[Group, str | None], list[Line]] = {}
    for one in totals:
        for takings in one.days:
            found.setdefault((group((one, takings)), takings.currency), []).append((one, takings))
    return {key: _sum(key[1], lines) for key, lines in found.items()}


def connection_of(line: Line) -> str:
    """Groups by connection."""
    revenue = line[0].revenue
    return revenue.provider if revenue.account == "default" else f"{revenue.provider}/{revenue.account}"


def event_of(line: Line) -> tuple[str, str]:
    """Groups by event: its connection and id."""
    return connection_of(line), line[0].revenue.event_id


def day_of(line: Line) -> date | None:
    """Groups by day."""
    return line[1].day


def month_of(line: Line) -> str | None:
    """Groups by month: `2027-03`."""
    return f"{line[1].day:%Y-%m}" if line[1].day else None


def _sum(currency: str | None, lines: list[Line]) -> Sum:
    days = [takings for _, takings in lines]
    told = {name: [getattr(day, name) for day in days] for name in ("refunds", "taxes", "fees")}
    sums = {name: _known(values, currency) for name, values in told.items()}
    gross = rounded(sum((day.gross for day in days), ZERO), currency)
    tickets = [day.tickets for day in days if day.tickets is not None]
    missing = {f"{name} ({connection_of(line)})" for line in lines for name in told if getattr(line[1], name) is None}
    remarks = {remark for line in lines for remark in line[0].revenue.unreported if remark not in told}
    return Sum(
        currency=currency,
        gross_revenue=gross,
        refunds=sums["refunds"],
        taxes=sums["taxes"],
        fees=sums["fees"],
        net_revenue=gross - sum((value for value in sums.values() if value is not None), ZERO),
        tickets_sold=sum(tickets) if tickets else None,
        orders=sum(day.orders for day in days),
        unreported=tuple(sorted(missing | remarks)),
    )


def _known(values: Iterable[Decimal | None], currency: str | None) -> Decimal | None:
    known = [value for value in values if value is not None]
    return rounded(sum(known, ZERO), currency) if known else None

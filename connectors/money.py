"""Amounts: minor and major units, decimals of each currency, and revenue added up from sales."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from .models import Basis, CurrencyTotal, OrderStatus, UnifiedOrder, UnifiedRevenue

# ISO 4217: currencies that do not have two decimals.
_DECIMALS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
_QUANTUM = {decimals: Decimal(1).scaleb(-decimals) for decimals in (0, 2, 3)}
_SIXTH, _CENT = Decimal("0.000001"), Decimal("0.00")
ZERO = Decimal(0)
LARGEST = 10**18  # minor units: more than there is, and exact in every sum


def decimals(currency: str) -> int:
    """How many decimals amounts of this currency have."""
    return _DECIMALS.get(currency, 2)


def from_minor(amount: int, currency: str, per_unit: int | None = None) -> Decimal:
    """Minor units to major ones. `per_unit` is how many make one where the platform says so. Raises ValueError."""
    if abs(amount) > LARGEST:
        raise ValueError(f"{amount:.6g} is not an amount of {currency}")
    if per_unit is None:
        return amount * _QUANTUM[decimals(currency)]
    return exact(Decimal(amount) / per_unit, currency)


def to_minor(amount: Decimal) -> int:
    """An amount with its currency's own decimals in minor units."""
    return int(amount.scaleb(-int(amount.as_tuple().exponent)))


def minor_unit(currency: str, per_unit: int | None) -> Decimal | None:
    """What one minor unit is worth; None where the platform's is not the currency's own."""
    unit = _QUANTUM[decimals(currency)]
    return unit if per_unit in (None, 1 / unit) else None


def exact(amount: Decimal, currency: str) -> Decimal:
    """The amount with the currency's own decimals. Raises ValueError where that would lose something."""
    quantised = amount.quantize(_QUANTUM[decimals(currency)])
    if quantised != amount:
        raise ValueError(f"{amount} is not an amount of {currency}")
    return quantised


def without_noise(amount: Decimal) -> Decimal:
    """The amount without what a platform that reckons in binary adds at its end: 28.1 comes as 28.099999999999998."""
    if int(amount.as_tuple().exponent) >= -9:
        return amount
    return amount.quantize(_SIXTH).normalize() + _CENT


def rounded(amount: Decimal, currency: str | None) -> Decimal:
    """Half up, to the currency's own decimals."""
    return amount.quantize(_QUANTUM[decimals(currency or "")], ROUND_HALF_UP)


def zero(currency: str | None) -> Decimal:
    """Nothing, in that currency."""
    return rounded(ZERO, currency)


def sum_known(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if known else None


def sum_or_zero(amounts: Iterable[Decimal | None], currency: str | None) -> Decimal:
    """The sum of what is known; zero where nothing is."""
    return sum_known(amounts) or zero(currency)


def sum_complete(amounts: Iterable[Decimal | None], currency: str | None) -> Decimal | None:
    """The sum; zero where there is nothing, None where a part is unknown."""
    known = list(amounts)
    return None if None in known else sum_or_zero(known, currency)


def plus(amount: Decimal | None, extra: Decimal | None) -> Decimal | None:
    """An amount with what is charged on top of it, if anything; None where the amount itself is unknown."""
    return amount if amount is None or extra is None else amount + extra


def times(amount: Decimal | None, quantity: int | None) -> Decimal | None:
    """What so many cost together; None where either is unknown."""
    return None if amount is None or quantity is None else amount * quantity


def less(amount: Decimal | None, part: Decimal | None) -> Decimal | None:
    """What a part leaves of an amount; None where either is unknown."""
    return None if amount is None or part is None else amount - part


def share(amount: Decimal | None, part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """What of an amount falls to a part of a whole, not rounded; None where one is unknown or the whole is nothing."""
    return None if amount is None or part is None or not whole else amount * part / whole


def included(gross: Decimal | None, rate: Decimal | None, currency: str | None) -> Decimal | None:
    """The tax within an amount, by its rate (0.2 is 20 %); None where either is unknown. There is none within nothing,
    whatever the rate.
    """
    if gross is not None and not gross:
        return zero(currency)
    return None if gross is None or rate is None else rounded(gross - gross / (1 + rate), currency)


def order_status(said: OrderStatus, paid: Decimal | None, refunded: Decimal | None) -> OrderStatus:
    """The status of an order whose platform says paid or cancelled, by its money. All money back is refunded."""
    if said not in ("paid", "cancelled") or not refunded:
        return said
    if refunded >= (paid or ZERO):
        return "refunded"
    return "partially_refunded" if said == "paid" else said


@dataclass(frozen=True, slots=True)
class Sale:
    """What revenue is added up from: the money of one order, or of one ticket, for one event. `id` tells sales apart.

    `gross` is what was paid, `refunded` what was given back, `tax` and `fees` those of the money kept. None is unknown.
    A sum of the platform's own has no `order`: it stands for so many `orders`.
    """

    id: str
    order: str | None
    currency: str | None
    gross: Decimal
    refunded: Decimal | None = None
    fees: Decimal | None = None
    tax: Decimal | None = None
    tickets: int | None = None
    orders: int | None = None


_PAID: frozenset[OrderStatus] = frozenset({"paid", "partially_refunded", "refunded"})
_UNSOLD: frozenset[OrderStatus] = frozenset({"pending", "expired", "cancelled"})


def sale_of(order: UnifiedOrder, event_id: str) -> Sale | str | None:
    """The sale that an order is for one event; None where it is none of it; text where it cannot be told."""
    paid = order.paid if order.paid is not None else order.total if order.status in _PAID else None
    if order.test or (order.event_ids and event_id not in order.event_ids):
        return None
    if paid is None:
        return "paid orders whose amount the platform does not tell" if order.status in _PAID else None
    if not (paid or order.status == "paid"):
        return None
    part = _part(order, event_id)
    if part is None:
        return "orders over several events that the platform does not itemise"
    gross = paid * part.share
    kept = gross - (part.refunded or ZERO)
    return Sale(
        id=order.id,
        order=order.id,
        currency=order.currency,
        gross=gross,
        refunded=part.refunded,
        fees=_of_kept(order, order.fees, paid, kept, part.share),
        tax=_of_kept(order, order.tax, paid, kept, part.share),
        tickets=0 if order.status in _UNSOLD else part.tickets,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What of an order is for one event: its share of the amount, what of it was given back, how many tickets."""

    share: Decimal
    refunded: Decimal | None
    tickets: int | None


def _part(order: UnifiedOrder, event_id: str) -> _Part | None:
    """By the order's lines, where it is over several events; None where they do not tell."""
    if order.event_ids in ((), (event_id,)):
        return _Part(Decimal(1), order.refunded, order.ticket_count)
    lines = order.lines
    if not lines or any(line.event_id is None or line.amount is None for line in lines):
        return None
    ours = [line for line in lines if line.event_id == event_id]
    whole = sum_known(line.amount for line in lines)
    share = (sum_known(line.amount for line in ours) or ZERO) / whole if whole else Decimal(bool(ours))
    itemised = all(line.refunded is not None for line in lines)
    refunded = sum_known([ZERO, *(line.refunded for line in ours)]) if itemised else order.refunded
    tickets = [line.quantity for line in ours if line.quantity is not None]
    return _Part(
        share,
        refunded if itemised or refunded is None else refunded * share,
        sum(tickets) if len(tickets) == len(ours) else None,
    )


def _of_kept(order: UnifiedOrder, part: Decimal | None, paid: Decimal, kept: Decimal, share: Decimal) -> Decimal | None:
    """The part of a tax or fee that belongs to the money kept: all of it where at least the total was kept.

    A cancelled order whose total was not reduced sold nothing: what was kept of it is no sale. An order that stands
    though nothing was paid for it (it was split off another one) has its tax whole.
    """
    if part is None:
        return None
    total = order.total or ZERO
    if not total or (order.status == "cancelled" and total == paid):
        return ZERO
    return part * share if not paid or kept >= total * share else part * max(kept, ZERO) / total


def revenue(
    sales: Iterable[Sale | str],
    *,
    provider: str,
    account: str,
    event_id: str,
    currency: str | None,
    basis: Basis,
    as_of: datetime,
    unreported: Iterable[str] = (),
) -> UnifiedRevenue:
    """Adds up an event's sales in its own currency. A text among the sales says why one could not be counted."""
    everything = list(sales)
    remarks = sorted({sale for sale in everything if isinstance(sale, str)})
    counted = [sale for sale in everything if isinstance(sale, Sale)]
    currency = currency or next((sale.currency for sale in counted if sale.currency), None)
    ours = [sale for sale in counted if sale.currency in (currency, None)]
    foreign = [sale for sale in counted if sale.currency not in (currency, None)]
    gross = sum((sale.gross for sale in ours), ZERO)
    told = {
        "refunds": sum_complete((sale.refunded for sale in ours), currency),
        "taxes": sum_complete((sale.tax for sale in ours), currency),
        "fees": sum_complete((sale.fees for sale in ours), currency),
    }
    for name in unreported:
        told[name] = None
    told = {name: None if value is None else rounded(value, currency) for name, value in told.items()}
    tickets = [sale.tickets for sale in ours if sale.tickets is not None]
    return UnifiedRevenue(
        provider=provider,
        account=account,
        event_id=event_id,
        currency=currency,
        gross_revenue=rounded(gross, currency),
        **{name: told[name] for name in ("refunds", "taxes", "fees")},
        net_revenue=rounded(gross - sum((value for value in told.values() if value), ZERO), currency),
        tickets_sold=sum(tickets) if len(tickets) == len(ours) else None,
        orders=_orders(ours),
        basis=basis,
        unreported=tuple(name for name, value in told.items() if value is None) + tuple(remarks),
        other_currencies=_by_currency(foreign),
        as_of=as_of,
    )


def _orders(sales: Iterable[Sale]) -> int | None:
    """How many orders; None where a sum does not say how many it stands for."""
    sales = list(sales)
    sums = [sale.orders for sale in sales if sale.order is None]
    known = [orders for orders in sums if orders is not None]
    return None if len(known) < len(sums) else len({sale.order for sale in sales if sale.order}) + sum(known)


def _by_currency(sales: list[Sale]) -> tuple[CurrencyTotal, ...]:
    return tuple(
        CurrencyTotal(
            currency=currency,
            gross_revenue=rounded(sum((s.gross for s in sales if s.currency == currency), ZERO), currency),
            refunds=rounded(sum((s.refunded or ZERO for s in sales if s.currency == currency), ZERO), currency),
            orders=_orders(s for s in sales if s.currency == currency),
        )
        for currency in sorted({s.currency for s in sales if s.currency})
    )

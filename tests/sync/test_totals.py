"""Sums of what came in: by the day on the clock at the event, per currency, exact; what is not told is named."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.models import UnifiedEvent
from connectors.money import Sale, revenue
from spekta.sync.revenue import Totals, by_day, connection_of, day_of, event_of, month_of, summed

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


def sale(order: str, gross: str, currency: str = "EUR", **more: object) -> Sale:
    told = {"refunded": Decimal(0), "tax": Decimal(0), "fees": None, "tickets": 1} | more
    return Sale(id=order, order=order, currency=currency, gross=Decimal(gross), **told)  # type: ignore[arg-type]


def totals(event: UnifiedEvent, sales: list[Sale], placed: dict[str, datetime], account: str = "default") -> Totals:
    whole = revenue(
        sales,
        provider="pretix",
        account=account,
        event_id=event.id,
        currency=event.currency,
        basis="orders",
        as_of=NOON,
    )
    return Totals(whole, by_day(event, sales, placed, whole.unreported))


@pytest.mark.parametrize(
    "zone, moment, day",
    [
        ("Europe/Paris", datetime(2027, 3, 27, 23, 30, tzinfo=UTC), date(2027, 3, 28)),
        ("Europe/Paris", datetime(2027, 3, 28, 21, 59, tzinfo=UTC), date(2027, 3, 28)),
        ("Europe/Paris", datetime(2027, 3, 28, 22, 0, tzinfo=UTC), date(2027, 3, 29)),
        ("Europe/Paris", datetime(2027, 10, 31, 22, 59, tzinfo=UTC), date(2027, 10, 31)),
        ("Asia/Tokyo", datetime(2027, 2, 28, 15, 0, tzinfo=UTC), date(2027, 3, 1)),
        ("America/Chicago", datetime(2027, 1, 1, 5, 0, tzinfo=UTC), date(2026, 12, 31)),
        (None, datetime(2027, 1, 1, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
        ("Middle/Earth", datetime(2027, 1, 1, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
        ("../etc/passwd", datetime(2027, 1, 1, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_day_is_one_on_the_clock_at_the_event(zone: str | None, moment: datetime, day: date) -> None:
    event = UnifiedEvent(id="1", timezone=zone, currency="EUR")
    assert [takings.day for takings in by_day(event, [sale("o", "1.00")], {"o": moment}, ())] == [day]


def test_days_and_currencies_are_kept_apart() -> None:
    event = UnifiedEvent(id="1", timezone="Europe/Paris", currency="EUR")
    placed = {"a": NOON, "b": NOON, "c": NOON.replace(day=2), "d": NOON}
    sales = [sale("a", "1.00"), sale("b", "2.00"), sale("c", "4.00"), sale("d", "8.00", "GBP"), sale("e", "16.00")]
    days = [(one.day, one.currency, one.gross, one.orders, one.tickets) for one in by_day(event, sales, placed, ())]
    assert days == [
        (date(2027, 3, 1), "EUR", Decimal("3.00"), 2, 2),
        (date(2027, 3, 1), "GBP", Decimal("8.00"), 1, 1),
        (date(2027, 3, 2), "EUR", Decimal("4.00"), 1, 1),
        (None, "EUR", Decimal("16.00"), 1, 1),
    ]


def test_sums_by_event_connection_month_day_and_nothing() -> None:
    one, two = (UnifiedEvent(id=id, timezone="UTC", currency="EUR") for id in "12")
    both = [
        totals(
            one, [sale("a", "1.00", fees=Decimal("0.10")), sale("b", "2.00")], {"a": NOON, "b": NOON.replace(month=4)}
        ),
        totals(two, [sale("c", "4.00"), sale("d", "5", "JPY")], {"c": NOON, "d": NOON}, "london"),
    ]
    assert {key: found.gross_revenue for key, found in summed(both, event_of).items()} == {
        (("pretix", "1"), "EUR"): Decimal("3.00"),
        (("pretix/london", "2"), "EUR"): Decimal("4.00"),
        (("pretix/london", "2"), "JPY"): Decimal(5),
    }
    assert {key: found.gross_revenue for key, found in summed(both, month_of).items()} == {
        ("2027-03", "EUR"): Decimal("5.00"),
        ("2027-04", "EUR"): Decimal("2.00"),
        ("2027-03", "JPY"): Decimal(5),
    }
    assert [key for key, _ in summed(both, day_of)] == [date(2027, 3, 1), date(2027, 4, 1), date(2027, 3, 1)]
    assert {key[0] for key in summed(both, connection_of)} == {"pretix", "pretix/london"}
    (euros, yen) = summed(both, lambda line: None).values()
    assert (
        str(euros.gross_revenue),
        str(euros.net_revenue),
        str(yen.gross_revenue),
        euros.orders,
        euros.tickets_sold,
    ) == (
        "7.00",
        "7.00",
        "5",
        3,
        3,
    )
    assert euros.fees is None
    assert euros.unreported == ("fees (pretix)", "fees (pretix/london)")


AMOUNTS = st.decimals(0, 100_000, places=2)


@given(st.lists(st.tuples(AMOUNTS, st.integers(1, 12), st.none() | AMOUNTS), max_size=30))
def test_months_add_up_to_the_event_whatever_is_told(sales: list[tuple[Decimal, int, Decimal | None]]) -> None:
    event = UnifiedEvent(id="1", timezone="Europe/Paris", currency="EUR")
    made = [sale(str(n), str(gross), refunded=back) for n, (gross, _, back) in enumerate(sales)]
    placed = {str(n): NOON.replace(month=month) for n, (_, month, _) in enumerate(sales)}
    found = totals(event, made, placed)
    months = summed([found], month_of).values()
    assert sum((month.gross_revenue for month in months), Decimal(0)) == found.revenue.gross_revenue
    assert sum(month.orders for month in months) == len(sales)
    if found.revenue.refunds is not None:
        assert sum((month.refunds or Decimal(0) for month in months), Decimal(0)) == found.revenue.refunds
        assert sum((month.net_revenue for month in months), Decimal(0)) == found.revenue.net_revenue

"""Revenue: one rule for all platforms, as a table of worked examples, and the sums behind it."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import find_provider
from connectors.models import OrderLine, UnifiedOrder, UnifiedRevenue
from connectors.money import Sale, revenue, sale_of
from connectors.registry import SLUGS
from spekta.sandbox.app import create_app
from spekta.sandbox.cases import revenue_cases

from . import expected
from .conftest import Account

# 20 of each 120 are tax.
CASES = """
case               | gross | refunds | taxes | fees |    net | tickets | orders
paid               |   120 |       0 |    20 |    0 |    100 |       1 |      1
half_refunded      |   120 |      60 |    10 |    0 |     50 |       1 |      1
refunded           |   120 |     120 |     0 |    0 |      0 |       0 |      1
cancelled_fee_kept |   120 |     100 |     0 |    0 |     20 |       0 |      1
platform_fee       |   120 |       0 |    20 |    6 |     94 |       1 |      1
never_paid         |     0 |       0 |     0 |    0 |      0 |       0 |      0
"""
HEADER, *ROWS = [[cell.strip() for cell in line.split("|")] for line in CASES.strip().splitlines()]
TABLE = {case: dict(zip(HEADER[1:], map(Decimal, figures), strict=True)) for case, *figures in ROWS}
TAKES_NO_FEES = {"helloasso", "shotgun"}  # or they cannot be told apart


def test_the_table_is_whole() -> None:
    assert TABLE.keys() == revenue_cases().keys()
    for row in TABLE.values():
        assert row["net"] == row["gross"] - row["refunds"] - row["taxes"] - row["fees"]


def worked_example(account: Account, case: str) -> tuple[dict[str, Decimal | None], set[str]]:
    """The row of the table as this platform can tell it, and what it cannot."""
    silent = account.service.not_carried
    gives_all_back = "order.status=cancelled" in silent
    row = dict(TABLE["refunded" if case == "cancelled_fee_kept" and gives_all_back else case])
    if account.slug in TAKES_NO_FEES:
        row["net"] += row["fees"]
        row["fees"] = Decimal(0)
        return {**row}, set()
    untold = {name for name in ("refunds", "taxes", "fees") if f"revenue.{name}" in silent}
    if expected.partly_untold(account.service, expected.orders_of(account.service, account.box)):
        untold.add("refunds")
    row["net"] += sum(row[name] for name in untold)
    if "revenue.tickets_sold" in silent and row["orders"]:
        return {**row, "tickets": None}, untold
    return {**row}, untold


@pytest.mark.needs("revenue")
@pytest.mark.anyio
@pytest.mark.parametrize("case", TABLE)
@pytest.mark.parametrize("slug", SLUGS)
async def test_worked_examples(slug: str, case: str) -> None:
    account = Account(slug, create_app(revenue_cases()[case]))
    row, untold = worked_example(account, case)
    unknown = untold | ({"orders"} if "revenue.orders" in account.service.not_carried else set())
    async with account.connect() as connector:
        (event,) = (await connector.get_events()).items
        found = await connector.get_revenue(event.id)
    told = event.currency or found.orders or found.basis == "provider_report"
    assert (found.event_id, found.currency) == (event.id, "EUR" if told else None)
    assert {
        "gross": found.gross_revenue,
        "refunds": found.refunds,
        "taxes": found.taxes,
        "fees": found.fees,
        "net": found.net_revenue,
        "tickets": found.tickets_sold,
        "orders": found.orders,
    } == {name: None if name in unknown else amount for name, amount in row.items()}
    assert set(found.unreported) == untold | set(account.provider.behind("revenue")[0].unreported)
    assert found.other_currencies == ()


@pytest.mark.needs("orders")
@pytest.mark.anyio
@pytest.mark.parametrize("slug", [slug for slug in SLUGS if not find_provider(slug).parts("sales")])
async def test_what_cannot_be_read_is_named(slug: str) -> None:
    """The first order of each answer has no id: it is counted nowhere and said so."""
    account = Account(slug, create_app())
    async with account.connect() as connector:
        events = [event.id async for event in connector.stream_events()][:4]
        whole = {event: await connector.get_revenue(event) for event in events}
        account.sandbox.misbehave(slug, "null_id", path="orders")
        for event in events:
            problems: list[Any] = []
            left = [order async for order in connector.stream_orders(event, on_problem=problems.append)]
            found = await connector.get_revenue(event)
            remarks = set(found.unreported) - set(whole[event].unreported)
            assert len(remarks) == bool(problems)
            assert all(str(len(problems)) in remark for remark in remarks)
            assert found.gross_revenue == sum(order.paid or 0 for order in left if not order.test)


# Sums

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FIGURES = ("refunds", "taxes", "fees")
FIELDS = {"refunds": "refunded", "taxes": "tax", "fees": "fees"}


def add_up(*sales: Sale | str | None, currency: str | None = "EUR", **more: Any) -> UnifiedRevenue:
    return revenue(
        [sale for sale in sales if sale is not None],
        **{"provider": "x", "account": "default", "event_id": "e", "basis": "orders", "as_of": AT, **more},
        currency=currency,
    )


def told(found: UnifiedRevenue, names: str) -> list[Any]:
    return [getattr(found, name) for name in names.split()]


def order(**fields: Any) -> UnifiedOrder:
    """A paid order of 120, 20 of them tax, for event e."""
    known = {"id": "o", "status": "paid", "currency": "EUR", "total": 120, "tax": 20, "fees": 6, "paid": 120}
    return UnifiedOrder(**{**known, "refunded": 0, "ticket_count": 2, "event_ids": ("e",), **fields})


def line(event: str, amount: Any, **more: Any) -> OrderLine:
    return OrderLine(**{"event_id": event, "amount": amount, "quantity": 1, **more})


def test_no_sales_are_a_known_nothing() -> None:
    found = add_up(currency="JPY")
    assert [str(getattr(found, name)) for name in ("gross_revenue", *FIGURES, "net_revenue")] == ["0"] * 5
    assert (found.orders, found.tickets_sold, found.unreported) == (0, 0, ())


def test_a_figure_that_one_sale_does_not_tell_is_unknown() -> None:
    found = add_up(Sale("1", "o1", "EUR", Decimal(10), fees=Decimal(1)), Sale("2", "o2", "EUR", Decimal(20)))
    assert told(found, "gross_revenue fees net_revenue tickets_sold") == [30, None, 30, None]
    assert found.unreported == ("refunds", "taxes", "fees")


def test_a_figure_that_the_platform_never_tells_is_unknown_even_of_no_sales() -> None:
    assert add_up(unreported=("fees",)).unreported == ("fees",)


def test_other_currencies_stand_apart() -> None:
    found = add_up(
        sale_of(order(), "e"),
        sale_of(order(id="p", currency="JPY", total=9000, paid=9000, refunded=1000, tax=0, fees=0), "e"),
        sale_of(order(id="q", currency="JPY", total=500, paid=500, tax=0, fees=0), "e"),
        sale_of(order(id="r", currency="GBP", paid="7.50"), "e"),
    )
    assert told(found, "gross_revenue orders tickets_sold") == [120, 1, 2]
    assert [one.model_dump(mode="json") for one in found.other_currencies] == [
        {"currency": "GBP", "gross_revenue": "7.50", "refunds": "0.00", "orders": 1},
        {"currency": "JPY", "gross_revenue": "9500", "refunds": "1000", "orders": 2},
    ]


def test_an_event_without_a_currency_takes_that_of_its_sales() -> None:
    found = add_up(sale_of(order(currency="KWD", paid="7.250", tax=0, fees=0), "e"), currency=None)
    assert (found.currency, str(found.gross_revenue), found.other_currencies) == ("KWD", "7.250", ())


@pytest.mark.parametrize(
    "fields, sale",
    [
        ({"test": True}, None),
        ({"status": "pending", "paid": 0}, None),
        ({"status": "expired", "paid": None}, None),
        ({"status": "cancelled", "paid": None}, None),
        ({"status": "unknown", "paid": None}, None),
        ({"event_ids": ("another",)}, None),
        ({"status": "paid", "paid": None}, 120),
        ({"status": "refunded", "refunded": 120, "paid": None}, 120),
        ({"status": "pending", "paid": 30}, 30),
        ({"status": "unknown", "paid": 30}, 30),
        ({"status": "paid", "paid": 0, "total": 0}, 0),
    ],
)
def test_which_orders_count(fields: dict[str, Any], sale: int | None) -> None:
    found = sale_of(order(**fields), "e")
    assert not isinstance(found, str)
    assert (found and found.gross) == sale


@pytest.mark.parametrize("status", ["paid", "partially_refunded", "refunded"])
def test_a_paid_order_without_an_amount_is_named_and_not_nothing(status: str) -> None:
    found = add_up(sale_of(order(status=status, total=None, paid=None), "e"), sale_of(order(id="p"), "e"))
    assert told(found, "gross_revenue orders") == [120, 1]
    assert found.unreported == ("paid orders whose amount the platform does not tell",)


@pytest.mark.parametrize("fields", [{"test": True}, {"event_ids": ("another",)}, {"status": "pending"}])
def test_what_does_not_count_is_not_missed_without_an_amount(fields: dict[str, Any]) -> None:
    assert sale_of(order(**{**fields, "total": None, "paid": None}), "e") is None


@pytest.mark.parametrize(
    "fields, tax, fees",
    [
        ({}, "20", "6"),
        ({"paid": 150}, "20", "6"),
        ({"paid": 150, "refunded": 30}, "20", "6"),
        ({"paid": 60, "status": "pending"}, "10", "3"),
        ({"refunded": 30}, "15", "4.5"),
        ({"refunded": 60, "total": 60, "tax": 10, "fees": 3}, "10", "3"),
        ({"refunded": 120, "status": "refunded"}, "0", "0"),
        ({"refunded": 130, "status": "refunded"}, "0", "0"),
        ({"refunded": 100, "status": "cancelled"}, "0", "0"),
        ({"refunded": 100, "status": "cancelled", "total": 20, "tax": "3.33", "fees": 0}, "3.33", "0"),
        ({"refunded": 100, "total": 0, "tax": 0, "fees": 0}, "0", "0"),
        ({"paid": 0}, "20", "6"),
    ],
)
def test_taxes_and_fees_are_those_of_the_money_kept(fields: dict[str, Any], tax: str, fees: str) -> None:
    found = sale_of(order(**fields), "e")
    assert isinstance(found, Sale)
    assert (found.tax, found.fees) == (Decimal(tax), Decimal(fees))


def test_an_order_over_several_events_is_divided_by_its_lines() -> None:
    shared = order(
        event_ids=("e", "f"),
        lines=(line("e", 80, quantity=2), line("f", 40)),
        ticket_count=3,
        paid=90,
        total=90,
        tax=15,
        fees=9,
        refunded=0,
    )
    figures = "gross_revenue taxes fees net_revenue tickets_sold"
    assert told(add_up(sale_of(shared, "e")), figures) == [60, 10, 6, 44, 2]
    assert told(add_up(sale_of(shared, "f")), figures) == [30, 5, 3, 22, 1]


def test_what_was_given_back_for_one_event_is_its_own() -> None:
    lines = (line("e", 80, refunded=80), line("f", 40, refunded=0))
    shared = order(event_ids=("e", "f"), lines=lines, refunded=80)
    assert [add_up(sale_of(shared, event)).refunds for event in ("e", "f")] == [80, 0]


def test_a_free_order_over_several_events_is_one_of_each() -> None:
    free = order(event_ids=("e", "f"), lines=(line("e", 0), line("f", 0)), total=0, paid=0, tax=0, fees=0)
    found = add_up(sale_of(free, "e"))
    assert told(found, "gross_revenue orders tickets_sold unreported") == [0, 1, 1, ()]


@pytest.mark.parametrize("lines", [(), (line("e", 120), line("f", None)), (OrderLine(amount=Decimal(120)),)])
def test_an_order_that_is_not_itemised_counts_in_none_of_its_events(lines: tuple[OrderLine, ...]) -> None:
    found = add_up(sale_of(order(event_ids=("e", "f"), lines=lines), "e"), sale_of(order(id="p"), "e"))
    assert told(found, "gross_revenue orders") == [120, 1]
    assert found.unreported == ("orders over several events that the platform does not itemise",)


@pytest.mark.parametrize("currency, wanted", [("EUR", "16.67"), ("JPY", "17"), ("KWD", "16.667")])
def test_only_the_sum_is_rounded_half_up(currency: str, wanted: str) -> None:
    """Of each order a third of 25 is tax of the money kept: 8.33 twice would be 16.66."""
    sales = [
        sale_of(order(id=id, currency=currency, total=75, paid=75, refunded=50, tax=25, fees=0), "e") for id in "ab"
    ]
    assert str(add_up(*sales, currency=currency).taxes) == wanted


def test_half_a_cent_goes_up() -> None:
    sale = sale_of(order(total=2, paid=2, refunded=1, tax="0.01", fees="0.03"), "e")
    found = add_up(sale)
    assert (str(found.taxes), str(found.fees), str(found.net_revenue)) == ("0.01", "0.02", "0.97")


# Properties

amounts = st.integers(0, 10_000_000).map(lambda cents: Decimal(cents).scaleb(-2))
perhaps = st.none() | amounts
currencies = st.sampled_from(["EUR", "GBP", "USD"])
sales = st.builds(
    Sale,
    id=st.just("s"),
    order=st.sampled_from("abcdef"),
    currency=currencies,
    gross=amounts,
    refunded=perhaps,
    fees=perhaps,
    tax=perhaps,
    tickets=st.none() | st.integers(0, 9),
)
some_sales = st.lists(sales, max_size=6)


@given(some_sales)
def test_net_is_what_the_known_figures_leave(sold: list[Sale]) -> None:
    found = add_up(*sold)
    known = [getattr(found, name) for name in FIGURES if getattr(found, name) is not None]
    assert found.net_revenue == found.gross_revenue - sum(known)
    assert set(found.unreported) == {name for name in FIGURES if getattr(found, name) is None}


@given(some_sales, currencies)
def test_currencies_are_never_mixed(sold: list[Sale], currency: str) -> None:
    found = add_up(*sold, currency=currency)
    sums = {currency: found.gross_revenue} | {one.currency: one.gross_revenue for one in found.other_currencies}
    assert len(sums) == 1 + len(found.other_currencies)
    for code in {currency, *(sale.currency for sale in sold)}:
        assert sums[str(code)] == sum((sale.gross for sale in sold if sale.currency == code), Decimal(0))
    for name, field in FIELDS.items():
        parts = [getattr(sale, field) for sale in sold if sale.currency == currency]
        assert getattr(found, name) == (None if None in parts else sum(parts, Decimal(0)))


@given(some_sales, st.randoms(use_true_random=False))
def test_the_order_of_sales_does_not_matter(sold: list[Sale], random: Any) -> None:
    shuffled = random.sample(sold, len(sold))
    assert add_up(*shuffled) == add_up(*sold)


@st.composite
def shared_orders(draw: st.DrawFn) -> UnifiedOrder:
    """An order over up to three events, its lines adding up to what was paid."""
    parts = draw(st.lists(st.tuples(st.sampled_from("efg"), amounts), min_size=1, max_size=6))
    whole = sum((amount for _, amount in parts), Decimal(0))
    return order(
        total=whole,
        paid=whole,
        tax=0,
        fees=0,
        lines=tuple(line(event, amount) for event, amount in parts),
        event_ids=tuple(sorted({event for event, _ in parts})),
    )


@given(st.lists(shared_orders(), max_size=3))
def test_the_parts_of_orders_add_up_to_the_whole(bought: list[UnifiedOrder]) -> None:
    found = {event: add_up(*(sale_of(one, event) for one in bought), event_id=event) for event in "efg"}
    lines = list(chain.from_iterable(one.lines for one in bought))
    for event, one in found.items():
        assert one.gross_revenue == sum((part.amount or 0 for part in lines if part.event_id == event), Decimal(0))
        assert one.unreported == ()
    assert sum(one.gross_revenue for one in found.values()) == sum((one.paid or 0 for one in bought), Decimal(0))

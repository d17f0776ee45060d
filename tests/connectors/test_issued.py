"""Sales and orders that are put together from issued tickets."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.issued import Issued, order_of
from connectors.models import AttendeeStatus, OrderStatus, UnifiedOrder
from connectors.money import ZERO, sale_of
from connectors.row import Unreadable

TICKET = Issued(
    id="1", order="o1", status="valid", currency="EUR", amount=Decimal("12.00"), fee=Decimal("2.00"),
    tax=Decimal("1.00"), event="e1", kind="k1",
)  # fmt: skip
STATUSES: tuple[AttendeeStatus, ...] = ("valid", "pending", "cancelled", "refunded", "transferred", "unknown")
amounts = st.decimals(0, 10_000, places=2)
issued = st.builds(
    Issued,
    id=st.integers(0, 8).map(str),
    order=st.just("o1"),
    status=st.sampled_from(STATUSES),
    currency=st.just("EUR"),
    amount=amounts,
    fee=amounts,
    tax=amounts,
)


def tickets(*states: AttendeeStatus, **fields: Any) -> list[Issued]:
    return [replace(TICKET, id=str(number), status=state, **fields) for number, state in enumerate(states)]


def figures(order: UnifiedOrder) -> list[str]:
    names = ("total", "paid", "refunded", "tax", "fees", "ticket_count")
    return [str(getattr(order, name)) for name in names]


@pytest.mark.parametrize(
    "state, sale",
    [
        ("valid", ("12.00", "0.00", "2.00", "1.00", "1")),
        ("refunded", ("12.00", "12.00", "0.00", "0.00", "0")),
        ("pending", None),
        ("cancelled", None),
        ("transferred", None),
        ("unknown", None),
    ],
)
def test_what_a_ticket_counts_for(state: AttendeeStatus, sale: tuple[str, ...] | None) -> None:
    found = replace(TICKET, status=state).sale
    told = (found.gross, found.refunded, found.fees, found.tax, found.tickets) if found else ()
    assert tuple(map(str, told)) == (sale or ())


def test_a_sold_ticket_without_an_amount_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="no amount for the ticket 1"):
        _ = replace(TICKET, amount=None).sale
    assert replace(TICKET, amount=None, status="pending").sale is None


@pytest.mark.parametrize(
    "states, status, told",
    [
        (["valid", "valid"], "paid", ["24.00", "24.00", "0.00", "2.00", "4.00", "2"]),
        (["valid", "refunded"], "partially_refunded", ["24.00", "24.00", "12.00", "2.00", "2.00", "1"]),
        (["refunded", "refunded"], "refunded", ["24.00", "24.00", "24.00", "2.00", "0.00", "0"]),
        (["valid", "pending"], "paid", ["24.00", "12.00", "0.00", "2.00", "4.00", "2"]),
        (["pending"], "pending", ["12.00", "None", "0.00", "1.00", "2.00", "1"]),
        (["valid", "cancelled"], "paid", ["12.00", "12.00", "0.00", "1.00", "2.00", "1"]),
        (["cancelled"], "cancelled", ["None", "None", "0.00", "None", "None", "0"]),
        (["transferred"], "cancelled", ["None", "None", "0.00", "None", "None", "0"]),
        (["unknown", "cancelled"], "unknown", ["None", "None", "0.00", "None", "None", "0"]),
    ],
)
def test_an_order_is_its_tickets(states: list[AttendeeStatus], status: str, told: list[str]) -> None:
    order = order_of("o1", "EUR", tickets(*states))
    assert (order.id, order.status, order.event_ids) == ("o1", status, ("e1",))
    assert figures(order) == told


@pytest.mark.parametrize("said, status", [("expired", "expired"), ("pending", "pending"), ("paid", "paid")])
def test_of_an_order_that_the_platform_tells_nothing_sold_is_nothing_paid(said: OrderStatus, status: str) -> None:
    order = order_of("o1", "JPY", tickets("cancelled", currency="JPY"), said)
    assert (order.status, figures(order)) == (status, ["0", "0", "0", "0", "0", "0"])


@pytest.mark.parametrize("amount", [None, Decimal("0.00")])
@pytest.mark.parametrize(
    "states, status",
    [(["refunded"], "refunded"), (["refunded", "valid"], "partially_refunded"), (["valid"], "paid")],
)
def test_what_cost_nothing_or_nobody_knows_what_is_told_by_the_tickets(
    amount: Decimal | None, states: list[AttendeeStatus], status: str
) -> None:
    order = order_of("o1", "EUR", tickets(*states, amount=amount))
    assert (order.status, order.total) == (status, amount)


def test_one_unknown_amount_makes_the_sum_unknown() -> None:
    order = order_of("o1", "EUR", [TICKET, replace(TICKET, id="2", amount=None, tax=None)])
    assert (order.total, order.paid, order.tax, str(order.fees)) == (None, None, None, "4.00")
    assert [line.amount for line in order.lines] == [Decimal("12.00"), None]


def test_the_words_of_the_tickets_are_kept_and_other_fields_win() -> None:
    found = [replace(TICKET, said="paye"), replace(TICKET, id="2", said="rendu"), replace(TICKET, id="3", said="paye")]
    order = order_of("o1", "EUR", found, fees=None, buyer_name="Ann")
    assert (order.status_raw, order.fees, order.buyer_name) == ("paye, rendu", None, "Ann")
    assert order_of("o1", "EUR", found, status_raw="lu").status_raw == "lu"


@given(st.lists(issued, max_size=6))
def test_each_ticket_counts_once_and_the_last_that_is_told_of_it(found: Sequence[Issued]) -> None:
    latest = {ticket.id: ticket for ticket in found}
    order = order_of("o1", "EUR", found)
    assert order == order_of("o1", "EUR", latest.values())
    assert order.ticket_count == sum(ticket.status in ("valid", "pending") for ticket in latest.values())


@given(st.lists(issued, max_size=6))
def test_an_order_and_the_sales_of_its_tickets_come_to_the_same(found: Sequence[Issued]) -> None:
    order = order_of("o1", "EUR", found)
    sales = [sale for ticket in {one.id: one for one in found}.values() if (sale := ticket.sale)]
    assert (order.paid or ZERO) == sum((sale.gross for sale in sales), ZERO)
    assert order.refunded == sum((sale.refunded or ZERO for sale in sales), ZERO)
    whole = sale_of(order, "e1")
    assert not isinstance(whole, str)
    assert (whole.gross if whole else ZERO) == (order.paid or ZERO)


@given(st.lists(issued, max_size=6))
def test_lines_come_to_the_total(found: Sequence[Issued]) -> None:
    order = order_of("o1", "EUR", found)
    assert sum((line.amount or ZERO for line in order.lines), ZERO) == (order.total or ZERO)
    assert sum((line.refunded or ZERO for line in order.lines), ZERO) == order.refunded

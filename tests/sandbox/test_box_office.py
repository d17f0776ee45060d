from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.cases import revenue_cases
from spekta.sandbox.programme import season


@pytest.fixture(scope="module")
def box() -> BoxOffice:
    return season()


def test_the_season_holds_what_a_box_office_has_to_live_with(box: BoxOffice) -> None:
    orders, tickets = box.orders, [issued.ticket for issued in box.issued()]

    assert {event.currency for event in box.events} == {"EUR", "GBP", "USD", "JPY", "KWD"}
    assert {event.status for event in box.events} == {"draft", "live", "cancelled", "completed"}
    assert [event.key for event in box.events if event.series] == ["winterkabarett-1", "winterkabarett-2"]
    assert any(event.online for event in box.events)
    assert any(event.starts_at.utcoffset() != event.ends_at.utcoffset() for event in box.events)
    assert {order.status for order in orders} == {"paid", "pending", "expired", "cancelled"}
    assert sum(order.test for order in orders) == 1
    assert {ticket.status for ticket in tickets} == {"valid", "cancelled", "refunded"}
    assert any(0 < order.refunded < order.paid for order in orders)
    assert any(order.cancellation_fee for order in orders)
    assert any(order.discount for order in orders)
    assert any(ticket.fee for ticket in tickets)
    assert any(ticket.platform_fee and not ticket.fee for ticket in tickets)
    assert any(ticket.tax for ticket in tickets)
    assert any(ticket.checked_in_at for ticket in tickets)
    assert any(ticket.holder.email is None for ticket in tickets)
    assert any(ticket.holder.last_name is None for ticket in tickets)
    assert any(len({ticket.ticket_type for ticket in order.tickets}) > 1 for order in orders)


def test_the_festival_fills_pages(box: BoxOffice) -> None:
    orders = box.orders_of(box.event("festival-des-quais"))

    assert len(orders) == 115
    assert len(box.issued(orders)) == 253


def test_one_ticket_type_is_sold_out_and_one_is_unlimited(box: BoxOffice) -> None:
    types = {kind.name: kind for event in box.events for kind in event.ticket_types}

    assert box.sold(types["Loge d’honneur"]) == types["Loge d’honneur"].quantity_total == 4
    assert types["Eintritt frei"].quantity_total is None


def test_numbers_are_given_once(box: BoxOffice) -> None:
    for numbers in (
        [event.number for event in box.events],
        [order.number for order in box.orders],
        [issued.ticket.number for issued in box.issued()],
        [payment.number for order in box.orders for payment in order.payments],
        [refund.number for order in box.orders for refund in order.refunds],
    ):
        assert len(set(numbers)) == len(numbers)


def test_every_run_sells_the_same() -> None:
    assert season() == season()


def test_what_was_paid_is_the_total(box: BoxOffice) -> None:
    assert [order.number for order in box.orders if order.paid not in (0, order.total)] == []


@pytest.mark.parametrize(
    "case, paid, refunded, kept, tax",
    [
        ("paid", 120, 0, 120, 20),
        ("half_refunded", 120, 60, 60, 20),
        ("refunded", 120, 120, 0, 20),
        ("cancelled_fee_kept", 120, 100, 20, 20),
        ("platform_fee", 120, 0, 120, 20),
    ],
)
def test_revenue_cases(case: str, paid: int, refunded: int, kept: int, tax: int) -> None:
    (order,) = revenue_cases()[case].orders

    amounts = [order.paid, order.refunded, order.paid - order.refunded, order.tax]
    assert amounts == [Decimal(one) for one in (paid, refunded, kept, tax)]


def test_the_case_of_what_was_never_paid() -> None:
    orders = revenue_cases()["never_paid"].orders

    assert [(order.status, order.test, order.paid) for order in orders] == [
        ("pending", False, 0),
        ("expired", False, 0),
        ("paid", True, Decimal(120)),
    ]


def test_records_can_be_added_replaced_and_removed() -> None:
    box = season()
    order, event = box.orders[0], box.event("hotaru")
    sold = box.sold(event.ticket_types[0])
    moved = replace(order, updated_at=order.updated_at + timedelta(days=1))

    box.put_order(moved)
    assert box.orders[0] == moved
    box.remove_order(moved.number)
    assert moved not in box.orders
    box.put_order(moved)
    assert box.orders[-1] == moved

    box.put_event(replace(event, name="Hotaru, the film"))
    assert box.event("hotaru").name == "Hotaru, the film"
    for known in list(box.orders_of(event)):
        box.remove_order(known.number)
    assert (sold, box.sold(event.ticket_types[0])) == (6, 0)
    box.remove_event("hotaru")
    assert "hotaru" not in [known.key for known in box.events]


def test_an_order_that_is_paid_back_says_so() -> None:
    def given_back(case: str) -> list[bool]:
        return [order.given_back for order in revenue_cases()[case].orders]

    assert given_back("refunded") == [True]
    assert given_back("half_refunded") == given_back("paid") == given_back("cancelled_fee_kept") == [False]

"""Shotgun: one token for two hosts, two listings of events, tickets that were sold on, and unexplained fees."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import ConfigurationError, Connector, NotFound, create_connector
from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.cases import BUYER
from spekta.sandbox.clerk import Clerk
from spekta.sandbox.providers.shotgun import token

from ..conftest import Account
from ..sandboxed import Wire, asked, connect, edited, sandboxed

pytestmark = pytest.mark.anyio
SLUG = "shotgun"
KEY = token(7, "sk_test_canary_shotgun")
TICKET = {
    "ticket_id": 1, "event_id": 5, "order_id": 60, "deal_id": 81, "ticket_status": "valid", "deal_price": 1650,
    "deal_service_fee": 99, "deal_user_service_fee": 50, "deal_vat_rate": 0.055, "currency": "eur",
    "ticket_updated_at": "2026-03-01T12:00:00.000Z", "ordered_at": "2026-03-01 12:00:00.000000",
}  # fmt: skip
EVENT = {"id": 5, "name": "Nuit", "publishedAt": "2026-02-01T10:00:00.000Z", "cancelledAt": None, "deals": []}


def one_night(
    *tickets: dict[str, Any], key: str = KEY, deals: tuple[dict[str, Any], ...] = (), **options: Any
) -> Connector:
    """An account with one event, whose tickets are like one another but for what is told."""
    rows = [TICKET | {"ticket_id": number} | more for number, more in enumerate(tickets, 1)]

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "api.shotgun.live":
            return httpx2.Response(200, json={"pagination": {}, "data": rows})
        past = "past_events" in request.url.params
        return httpx2.Response(200, json={"data": [] if past else [EVENT | {"deals": deals}]})

    return create_connector(SLUG, {"apiKey": key}, transport=httpx2.MockTransport(answer), options=options)


# The two hosts


async def test_each_host_is_signed_in_its_own_way_and_gets_the_organizer_of_the_token() -> None:
    account = sandboxed(SLUG)
    key, wire = account.service.credentials["apiKey"], Wire(account)
    festival = account.service.event_id(account.box.event("festival-des-quais"))
    async with connect(account, wire) as connector:
        found = [one async for one in connector.stream_attendees(festival)]
        await connector.health_check()
    tickets = [one.url.params for one in wire.requests if one.url.path.endswith("/tickets")]
    (health,) = [one for one in wire.requests if one not in wire.requests[: len(tickets)]]
    assert len(found) > 200
    assert all(one.headers["Authorization"] == f"Bearer {key}" for one in wire.requests[:-1])
    assert {(one["organizer_id"], one["event_id"], one["include_cohosted_events"]) for one in tickets} == {
        ("170000", festival, "1")
    }
    assert not [one for one in tickets if "token" in one or "key" in one]
    assert "Authorization" not in health.headers
    assert dict(health.url.params) == {"limit": "1", "key": key}
    assert "/organizers/170000/events" in health.url.path


async def test_a_key_that_does_not_hold_the_organizer_needs_the_option() -> None:
    async with one_night({}, key="sk_test_canary_plain") as connector:
        with pytest.raises(ConfigurationError) as raised:
            await connector.get_events()
    assert raised.value.field == "organizer_id"
    async with one_night({}, key="sk_test_canary_plain", organizer_id="7") as connector:
        assert [event.id for event in (await connector.get_events()).items] == ["5"]


# Events


async def test_coming_and_past_events_are_one_list() -> None:
    account = sandboxed(SLUG)
    async with connect(account) as connector:
        names = [event.name async for event in connector.stream_events()]
    past = ["past_events=true" in entry.query for entry in asked(account)]
    assert names[-1] == "La nuit de 25 heures"
    assert len(names) == 10
    assert past == [False, False, True, True], "after a short first page one more is asked for"
    assert not any("past_events=false" in entry.query for entry in asked(account)), "it would be taken for true"


async def test_the_list_is_read_once_for_all_events_of_it() -> None:
    account = sandboxed(SLUG)
    async with connect(account) as connector:
        events = [event async for event in connector.stream_events()]
        account.sandbox.log.clear()
        for event in reversed(events):
            assert await connector.get_event(event.id) == event
            assert (await connector.get_tickets(event.id)).items
        assert len(asked(account)) == 3
        with pytest.raises(NotFound):
            await connector.get_event("499999")


async def test_times_across_the_change_of_clocks() -> None:
    """Doors open in summer time and close in winter time: eight hours on the wall are nine."""
    clerk = Clerk()
    event = clerk.event("nuit", {"Entrée": 10}, starts="2027-10-30T22:00", ends="2027-10-31T06:00")
    order = clerk.order(event, BUYER, clerk.ticket(event.ticket_types[0], BUYER))
    account = Account(SLUG, create_app(BoxOffice([event], [order])))
    async with account.connect() as connector:
        (found,) = (await connector.get_events()).items
        (attendee,) = (await connector.get_attendees(found.id)).items
    assert (found.starts_at, found.ends_at) == (
        datetime(2027, 10, 30, 20, tzinfo=UTC),
        datetime(2027, 10, 31, 5, tzinfo=UTC),
    )
    assert attendee.purchased_at == order.placed_at, "ordered_at has no zone, and is in UTC"


@pytest.mark.parametrize(
    "said, status",
    [
        ({"publishedAt": None}, "draft"),
        ({"cancelledAt": "2026-03-01T00:00:00Z"}, "cancelled"),
        ({"publishedAt": None, "cancelledAt": "2026-03-01T00:00:00Z"}, "cancelled"),
        ({}, "live"),
    ],
)
async def test_the_state_of_an_event_is_in_its_dates(said: dict[str, Any], status: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"data": [EVENT | said]})

    transport = httpx2.MockTransport(answer)
    async with create_connector(SLUG, {"apiKey": KEY}, transport=transport) as connector:
        assert (await connector.get_event("5")).status == status


# Ticket types


async def test_prices_of_ticket_types_are_in_major_units_and_in_the_currency_of_the_option() -> None:
    deal = {"product_id": 81, "name": "VAGUE 1", "price": 16.499999999999998, "user_fees": 0.5, "quantity": 200}
    async with one_night({}, deals=(deal,), currency="eur") as connector:
        (ticket,) = (await connector.get_tickets("5")).items
    assert (ticket.price, ticket.fee, ticket.currency) == (Decimal("16.50"), Decimal("0.50"), "EUR")
    assert (ticket.quantity_total, ticket.quantity_sold) == (200, None)


async def test_what_was_sold_on_or_given_back_is_not_counted_as_sold() -> None:
    states = ("valid", "resold", "valid", "refunded", "canceled", "pending_approval")
    deal = {"product_id": 81, "name": "VAGUE 1", "price": 16.5, "user_fees": 0.5, "quantity": 200}
    night = one_night(*({"ticket_status": state} for state in states), deals=(deal,), count_sold=True)
    async with night as connector:
        (ticket,) = (await connector.get_tickets("5")).items
    assert (ticket.quantity_sold, ticket.quantity_available) == (2, 198)


# Tickets


@pytest.mark.parametrize(
    "said, status",
    [
        ("valid", "valid"),
        ("resold", "transferred"),
        ("refunded", "refunded"),
        ("canceled", "cancelled"),
        ("rejected", "cancelled"),
        ("pending_approval", "pending"),
        ("pending_organizer_approval", "pending"),
        ("payment_plan_pending", "pending"),
        ("melted", "unknown"),
    ],
)
async def test_the_words_for_a_ticket(said: str, status: str) -> None:
    async with one_night({"ticket_status": said}) as connector:
        (attendee,) = (await connector.get_attendees("5")).items
    assert (attendee.status, attendee.status_raw) == (status, said)


async def test_a_ticket_that_was_sold_on_counts_once() -> None:
    """The seller's row stays; the buyer's has an order of its own."""
    async with one_night({"ticket_status": "resold"}, {"order_id": 61}) as connector:
        revenue = await connector.get_revenue("5")
        orders = (await connector.get_orders("5")).items
    assert (revenue.gross_revenue, revenue.tickets_sold, revenue.orders) == (Decimal("17.00"), 1, 1)
    assert [(one.id, one.status, one.paid, one.ticket_count) for one in orders] == [
        ("60", "cancelled", None, 0),
        ("61", "paid", Decimal("17.00"), 1),
    ]


@pytest.mark.parametrize(
    "states, status, total, paid, refunded, tickets",
    [
        (["valid", "valid"], "paid", "34.00", "34.00", "0.00", 2),
        (["valid", "refunded"], "partially_refunded", "34.00", "34.00", "17.00", 1),
        (["refunded", "refunded"], "refunded", "34.00", "34.00", "34.00", 0),
        (["payment_plan_pending"] * 2, "pending", "34.00", None, "0.00", 2),
        (["valid", "canceled"], "paid", "17.00", "17.00", "0.00", 1),
        (["canceled", "rejected"], "cancelled", None, None, "0.00", 0),
        (["melted"], "unknown", None, None, "0.00", 0),
    ],
)
async def test_an_order_is_put_together_from_its_tickets(
    states: list[str], status: str, total: str | None, paid: str | None, refunded: str, tickets: int
) -> None:
    async with one_night(*({"ticket_status": state} for state in states)) as connector:
        (order,) = (await connector.get_orders("5")).items
    assert order.status == status
    assert [None if one is None else str(one) for one in (order.total, order.paid, order.refunded)] == [
        total,
        paid,
        refunded,
    ]
    assert order.ticket_count == tickets


@pytest.mark.parametrize(
    "currency, gross, fees, taxes",
    [("eur", "17.00", "0.50", "0.86"), ("brl", "17.00", "0.50", "0.86"), ("jpy", "1700", "50", "86")],
)
async def test_amounts_are_in_minor_units(currency: str, gross: str, fees: str, taxes: str) -> None:
    """The organiser's service fee is counted nowhere, and that is said."""
    async with one_night({"currency": currency}) as connector:
        found = await connector.get_revenue("5")
    assert found.currency == currency.upper()
    assert [str(one) for one in (found.gross_revenue, found.fees, found.taxes)] == [gross, fees, taxes]
    assert found.unreported == ("the organiser's service fee",)


async def test_a_guest_pays_nothing_and_is_there() -> None:
    guest = {"deal_price": 0, "deal_user_service_fee": 0, "deal_vat_rate": None, "deal_channel": "invitation"}
    async with one_night(guest) as connector:
        found = await connector.get_revenue("5")
    assert (found.gross_revenue, found.taxes, found.tickets_sold) == (Decimal("0.00"), Decimal("0.00"), 1)


async def test_a_tax_that_is_not_told_is_not_nothing() -> None:
    async with one_night({}, {"deal_vat_rate": None}) as connector:
        found = await connector.get_revenue("5")
    assert found.taxes is None
    assert "taxes" in found.unreported


async def test_a_link_to_elsewhere_only_says_where_to_go_on() -> None:
    account = sandboxed(SLUG)

    def elsewhere(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        return edited(response, lead_away)

    wire = Wire(account, elsewhere)
    festival = account.service.event_id(account.box.event("festival-des-quais"))
    async with connect(account, wire) as connector:
        assert len([one async for one in connector.stream_attendees(festival)]) > 200
    assert {one.url.host for one in wire.requests} == {"127.0.0.1"}


def lead_away(body: dict[str, Any]) -> None:
    if link := body.get("pagination", {}).get("next"):
        body["pagination"]["next"] = f"https://elsewhere.invalid/{link.partition('//')[2]}"

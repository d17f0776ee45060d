"""The pretix connector against a pretix: every answer is held against what stands in pretix's own tables."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from connectors import AuthenticationFailed, Connector, PermissionDenied, create_connector

from .api import Api
from .conftest import Truth

pytestmark = [pytest.mark.pretix, pytest.mark.anyio]
every_event = pytest.mark.parametrize("slug", ["gala", "harbour-walks", "matsuri", "open-day", "rehearsal"])

Fact = dict[str, Any]
QUANTUM = {"EUR": Decimal("0.01"), "GBP": Decimal("0.01"), "JPY": Decimal(1)}


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def order_status(order: Fact) -> str:
    """Pretix also calls an order paid that was given back whole, or of which only a cancellation fee is left."""
    paid, refunded = Decimal(order["paid"]), Decimal(order["refunded"])
    if refunded and refunded >= paid:
        return "refunded"
    if order["status"] == "c" or (order["cancelled_at"] and not order["positions"]):
        return "cancelled"
    if order["status"] == "p":
        return "partially_refunded" if refunded else "paid"
    return {"n": "pending", "e": "expired"}[order["status"]]


def ticket_status(ticket: Fact) -> str:
    if not ticket["active"]:
        return "off_sale"
    if ticket["hidden"]:
        return "hidden"
    return "sold_out" if ticket["available"] == 0 else "on_sale"


def attendee_status(position: Fact) -> str:
    if position["canceled"]:
        return "cancelled"
    return {"n": "pending", "p": "valid", "c": "cancelled", "e": "cancelled"}[position["order_status"]]


async def test_events_are_all_there_and_right(connector: Connector, truth: Truth) -> None:
    events = [event async for event in connector.stream_events()]
    assert {
        event.id: (
            event.name,
            event.status == "live",
            event.currency,
            event.timezone,
            event.starts_at,
            event.ends_at,
            event.venue and event.venue.latitude,
            event.venue and event.venue.longitude,
        )
        for event in events
    } == {
        slug: (
            fact["name"],
            fact["live"],
            fact["currency"],
            fact["timezone"],
            moment(fact["starts_at"]),
            moment(fact["ends_at"]),
            fact["latitude"] and Decimal(fact["latitude"]),
            fact["longitude"] and Decimal(fact["longitude"]),
        )
        for slug, fact in ((slug, found["event"]) for slug, found in truth.items())
    }


@every_event
async def test_ticket_types_and_their_quantities(connector: Connector, truth: Truth, slug: str) -> None:
    tickets = [ticket async for ticket in connector.stream_tickets(slug)]
    assert {
        ticket.id: (
            ticket.name,
            ticket.status,
            ticket.price,
            ticket.quantity_total,
            ticket.quantity_sold,
            ticket.quantity_available,
        )
        for ticket in tickets
    } == {
        key: (
            fact["name"],
            ticket_status(fact),
            Decimal(fact["price"]),
            fact["total"],
            fact["sold"],
            fact["available"],
        )
        for key, fact in truth[slug]["tickets"].items()
        if fact["admission"]
    }


@every_event
async def test_attendees(connector: Connector, truth: Truth, slug: str) -> None:
    attendees = [attendee async for attendee in connector.stream_attendees(slug)]
    assert {
        attendee.id: (
            attendee.order_id,
            attendee.ticket_id,
            attendee.name,
            attendee.first_name,
            attendee.last_name,
            attendee.email,
            attendee.phone,
            attendee.purchased_at,
            attendee.status,
            attendee.checked_in,
            attendee.checked_in_at,
            attendee.price,
            attendee.barcode,
            attendee.answers or {},
        )
        for attendee in attendees
    } == {
        key: (
            fact["order"],
            fact["ticket"],
            fact["name"],
            fact["given_name"],
            fact["family_name"],
            fact["email"],
            fact["phone"],
            moment(fact["bought_at"]),
            attendee_status(fact),
            fact["checked_in_at"] is not None,
            moment(fact["checked_in_at"]),
            Decimal(fact["price"]),
            fact["barcode"],
            fact["answers"],
        )
        for key, fact in truth[slug]["attendees"].items()
        if fact["admission"]
    }


@every_event
async def test_orders(connector: Connector, truth: Truth, slug: str) -> None:
    orders = [order async for order in connector.stream_orders(slug)]
    assert len(orders) == len(truth[slug]["orders"])
    assert {
        order.id: (
            order.status,
            order.test,
            order.total,
            order.paid,
            order.refunded,
            order.buyer_email,
            order.placed_at,
            order.ticket_count,
        )
        for order in orders
    } == {
        code: (
            order_status(fact),
            fact["test"],
            Decimal(fact["total"]),
            Decimal(fact["paid"]),
            Decimal(fact["refunded"]),
            fact["email"] or None,
            moment(fact["placed_at"]),
            fact["tickets"],
        )
        for code, fact in truth[slug]["orders"].items()
    }


async def test_the_orders_of_the_whole_account(connector: Connector, truth: Truth) -> None:
    orders = [order async for order in connector.stream_orders()]
    assert {order.id: (order.event_ids, order.currency, order.total) for order in orders} == {
        code: ((slug,), facts["event"]["currency"], Decimal(fact["total"]))
        for slug, facts in truth.items()
        for code, fact in facts["orders"].items()
    }


@every_event
async def test_revenue(connector: Connector, truth: Truth, slug: str, figures: list[tuple[object, ...]]) -> None:
    revenue = await connector.get_revenue(slug)
    fact, currency = truth[slug]["revenue"], truth[slug]["event"]["currency"]

    def money(text: str) -> Decimal:
        return Decimal(text).quantize(QUANTUM[currency], ROUND_HALF_UP)

    found = (revenue.gross_revenue, revenue.refunds, revenue.taxes, revenue.net_revenue)
    assert found == tuple(money(fact[name]) for name in ("gross", "refunds", "taxes", "net"))
    assert (revenue.currency, revenue.fees, revenue.basis) == (currency, None, "payments")
    assert (revenue.orders, revenue.tickets_sold) == (fact["orders"], fact["tickets"])
    assert "fees" in revenue.unreported
    figures.append((slug, revenue.orders, revenue.tickets_sold, *found, currency))


async def test_an_order_edited_between_two_pages_costs_nothing(connector: Connector, truth: Truth, api: Api) -> None:
    page = await connector.get_orders("gala", page_size=50)
    seen = [order.id for order in page]
    while page.has_more:
        api.call("PATCH", f"events/gala/orders/{seen[0]}/", {"comment": f"seen with {len(seen)} others"})
        page = await connector.get_orders("gala", cursor=page.next_cursor)
        seen += [order.id for order in page]
    assert sorted(seen) == sorted(truth["gala"]["orders"])


async def test_since_gives_what_was_changed_at_that_moment_or_later(connector: Connector, api: Api) -> None:
    edited = api.call("PATCH", "events/gala/orders/CRWD1007/", {"comment": "moved to row 3"})
    since = datetime.fromisoformat(edited["last_modified"])
    changed = {order.id: order.updated_at async for order in connector.stream_orders("gala", since=since)}
    assert changed.pop("CRWD1007") == since
    assert all(at and at >= since.replace(microsecond=0) for at in changed.values())


async def test_health(connector: Connector) -> None:
    assert (await connector.health_check()).healthy


@pytest.mark.parametrize(
    "field, error", [("apiKey", AuthenticationFailed), ("organizer", PermissionDenied)], ids=["key", "organizer"]
)
async def test_wrong_credentials_are_named(credentials: dict[str, str], field: str, error: type[Exception]) -> None:
    async with create_connector("pretix", credentials | {field: "wrong"}) as connector:
        with pytest.raises(error):
            await connector.get_events()

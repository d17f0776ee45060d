"""Billetto: a key and its secret, an address per country, links that are ids or objects, filters not heeded."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import ConfigurationError, InvalidResponse, create_connector
from connectors.models import UnifiedAttendee
from connectors.providers import billetto
from connectors.row import Row, Surroundings
from tests.connectors.conftest import Account
from tests.connectors.sandboxed import Wire, changing, connect, sandboxed, to_rows

pytestmark = pytest.mark.anyio
KEY, SECRET = "blt_test_canary_key", "blt_test_canary_secret"
GARDEN, FIREFLIES = "1201", "1205"


def account() -> Account:
    return sandboxed("billetto")


# Credentials and addresses


@pytest.mark.parametrize(
    "credentials", [{"apiKey": KEY, "apiSecret": SECRET}, {"apiKey": f"{KEY}:{SECRET}"}, {"api_key": f"{KEY}:{SECRET}"}]
)
async def test_key_and_secret_travel_in_one_header(credentials: dict[str, str]) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json={"object": "list", "data": [], "has_more": False, "total": 0})

    async with create_connector("billetto", credentials, transport=httpx2.MockTransport(answer)) as connector:
        assert (await connector.get_events()).items == []
    assert asked[0].headers["Api-Keypair"] == f"{KEY}:{SECRET}"
    assert asked[0].url.host == "billetto.co.uk"


def test_a_key_alone_says_where_its_secret_is() -> None:
    with pytest.raises(ConfigurationError, match="Shown once") as raised:
        create_connector("billetto", {"type": "api_key", "apiKey": KEY})
    assert raised.value.field == "apiSecret"
    assert KEY not in f"{raised.value} {raised.value.advice}"


@pytest.mark.parametrize("domain", ["billetto.dk", "billetto.se"])
async def test_the_address_is_that_of_a_country(domain: str) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(200, json={"data": []})

    settings: dict[str, Any] = {"options": {"domain": domain}, "transport": httpx2.MockTransport(answer)}
    async with create_connector("billetto", {"apiKey": f"{KEY}:{SECRET}"}, **settings) as connector:
        assert (await connector.health_check()).healthy
    assert asked == [f"https://{domain}/api/v3/organiser/events?limit=1"]


# Links


async def test_links_that_are_not_expanded_are_ids() -> None:
    def close(row: Any) -> None:
        row.update(location=row["location"] and row["location"]["id"], editorial=row["editorial"]["id"])

    wire = Wire(account(), changing("/organiser/events", to_rows("data", close)))
    async with connect(account(), wire) as connector:
        first = (await connector.get_events()).items[0]
    assert (first.venue, first.description, first.image_url) == (None, None, None)
    assert (first.id, first.currency) == (GARDEN, "EUR")


async def test_links_that_are_expanded_are_the_same_records() -> None:
    names = ("event", "order", "ticket_type")

    def open_up(row: Any) -> None:
        row.update({name: {"id": row[name], "object": name, "name": f"A {name}"} for name in names})

    async with connect(account()) as connector:
        before = [one.model_dump() async for one in connector.stream_attendees(GARDEN)]
    wire = Wire(account(), changing("/attendees", to_rows("data", open_up)))
    async with connect(account(), wire) as connector:
        after = [one.model_dump() async for one in connector.stream_attendees(GARDEN)]
    assert after == before
    assert {one["ticket_name"] for one in after} == {"Plein tarif", "Tarif réduit", "Loge d’honneur"}


def test_a_seated_event_lies_where_its_venue_does() -> None:
    place = {"id": "77", "object": "location", "full_address": "Havnegade 1, 1058 Byen", "city": "Byen"}
    seated = {
        "id": "1",
        "state": "published",
        "location": None,
        "venue": {"id": "9", "name": "Salen", "location": place},
    }
    venue = billetto.event(Row(seated)).venue
    assert venue is not None
    assert (venue.name, venue.address, venue.city) == ("Salen", "Havnegade 1, 1058 Byen", "Byen")


# What belongs to another event


async def test_what_belongs_to_another_event_is_left_out() -> None:
    def deaf(request: httpx2.Request) -> httpx2.Request:
        query = [pair for pair in request.url.params.multi_items() if pair[0] not in ("event", "event_id")]
        return httpx2.Request(request.method, request.url.copy_with(params=query), headers=request.headers)

    class Deaf(Wire):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            return await super().handle_async_request(deaf(request))

    async def told(wire: Wire | None) -> list[Any]:
        async with connect(account(), wire) as connector:
            orders = [one.id async for one in connector.stream_orders(FIREFLIES)]
            types = [one.id async for one in connector.stream_tickets(FIREFLIES)]
            revenue = (await connector.get_revenue(FIREFLIES)).model_dump(exclude={"as_of"})
        return [orders, types, revenue]

    heeding = await told(None)
    assert (len(heeding[0]), len(heeding[1])) == (6, 2)
    assert await told(Deaf(account())) == heeding


async def test_the_orders_of_an_event_are_asked_from_the_day_it_was_made() -> None:
    wire = Wire(account())
    async with connect(account(), wire) as connector:
        await connector.get_orders(GARDEN)
        assert wire.requests[-1].url.params["updated_after"] == "2026-01-05"
        await connector.get_orders(GARDEN, since=datetime(2026, 9, 20, 15, 59, tzinfo=UTC))
        sent = wire.requests[-1].url.params
        wire.requests.clear()
        await connector.get_orders()
    assert [sent[name] for name in ("updated_after", "event", "event_id")] == ["2026-09-20", GARDEN, GARDEN]
    assert set(wire.requests[0].url.params) == {"limit", "expand"}


async def test_since_is_exact_although_the_platform_knows_days() -> None:
    """Three orders of the garden changed at 16:00."""
    day = datetime(2026, 9, 20, tzinfo=UTC)
    async with connect(account()) as connector:
        counts = [
            len([one async for one in connector.stream_orders(GARDEN, since=day.replace(hour=16, second=second))])
            for second in (0, 1)
        ]
    assert counts == [3, 0]


# Pages


async def test_a_next_link_without_a_cursor_is_no_end() -> None:
    def spoil(body: Any) -> None:
        if "next_url" in body:
            body["next_url"] = body["next_url"].replace("after=", "page=")

    async with connect(account(), Wire(account(), changing("/organiser/events", spoil))) as connector:
        with pytest.raises(InvalidResponse, match="without after"):
            await connector.get_events(page_size=5)


# Money


def order(**fields: Any) -> dict[str, Any]:
    known = {"id": "1", "state": "successful", "currency": "DKK", "event": "5", "subtotal": 15000}
    return {**known, "order_lines": {"data": [{"name": "Adult", "quantity": 2, "unit_price": "7500"}]}, **fields}


def moved(*transactions: tuple[str, Any, Any]) -> dict[str, Any]:
    names = ("state", "amount", "refunded_amount")
    return {"object": "list", "data": [dict(zip(names, one, strict=True)) for one in transactions]}


@pytest.mark.parametrize(
    "fields, status, paid, refunded, count",
    [
        ({"order_transactions": moved(("successful", 15600, 0))}, "paid", "156.00", "0.00", 2),
        ({"order_transactions": moved(("failed", 15600, 0), ("successful", "15600", "0"))}, "paid", "156.00", "0", 2),
        ({"order_transactions": moved(("successful", 15600, 7800))}, "partially_refunded", "156.00", "78.00", None),
        ({"order_transactions": moved(("successful", 15600, 15600))}, "refunded", "156.00", "156.00", 0),
        ({"order_transactions": moved()}, "paid", "150.00", "0.00", 2),
        ({}, "paid", "150.00", None, 2),
        ({"state": "pending", "order_transactions": moved(("pending", 15600, 0))}, "pending", None, "0.00", 2),
        ({"state": "failed", "order_transactions": moved(("failed", 15600, 0))}, "expired", None, "0.00", 0),
        ({"state": "on_hold", "order_transactions": moved()}, "unknown", None, "0.00", None),
    ],
)
def test_what_was_paid_is_what_successful_transactions_say(
    fields: dict[str, Any], status: str, paid: str | None, refunded: str | None, count: int | None
) -> None:
    found = billetto.order(Row(order(**fields)))
    assert found is not None
    assert (found.status, found.ticket_count) == (status, count)
    assert (found.paid, found.refunded) == tuple(Decimal(said) if said else None for said in (paid, refunded))
    assert [(line.quantity, str(line.amount)) for line in found.lines] == [(2, "150.00")]


@pytest.mark.parametrize("currency, amount", [("DKK", "150.00"), ("ISK", "15000")])
def test_amounts_are_in_the_smallest_unit_of_their_currency(currency: str, amount: str) -> None:
    found = billetto.order(Row(order(currency=currency, billetto_fees="15000", order_transactions=moved())))
    assert found is not None
    assert (str(found.paid), str(found.fees)) == (amount, amount)


async def test_revenue_counts_the_tickets_that_were_kept() -> None:
    """Half of one order was given back, and orders alone do not tell which half."""
    async with connect(account()) as connector:
        orders = [one async for one in connector.stream_orders(FIREFLIES)]
        revenue = await connector.get_revenue(FIREFLIES)
    assert [one.ticket_count for one in orders if one.status == "partially_refunded"] == [None]
    assert (revenue.tickets_sold, str(revenue.gross_revenue), str(revenue.refunds)) == (10, "30000", "1800")
    assert revenue.unreported == ("taxes",)
    assert [line.ticket_id for line in orders[0].lines + orders[1].lines] == ["50010", "50011", "50010"]


# People


def attendee(**fields: Any) -> UnifiedAttendee:
    around = Surroundings({}, event=Row({"id": "5", "currency": "DKK"}))
    return billetto.attendee(Row({"id": "1", "state": "sold", "event": "5", **fields}, around))


@pytest.mark.parametrize(
    "scans, entered, first",
    [
        ([], False, None),
        ([("rejected", "2027-05-01T08:00:00Z")], False, None),
        ([("rejected", "2027-05-01T08:00:00Z"), ("accepted", "2027-05-01T08:05:00Z")], True, 5),
        ([("accepted", "2027-05-01T08:09:00Z"), (None, "2027-05-01T08:02:00Z")], True, 2),
    ],
)
def test_only_an_accepted_scan_is_an_entry(
    scans: list[tuple[str | None, str]], entered: bool, first: int | None
) -> None:
    data = [{"status": status, "created_at": at} for status, at in scans]
    found = attendee(scannings={"object": "list", "data": data})
    assert found.checked_in is entered
    assert found.checked_in_at == (datetime(2027, 5, 1, 8, first, tzinfo=UTC) if first else None)
    assert attendee().checked_in is None


@pytest.mark.parametrize(
    "state, status",
    [("door_sale", "valid"), ("manually_generated", "valid"), ("cancelled", "cancelled"), ("available", "pending")],
)
def test_states_of_attendees(state: str, status: str) -> None:
    assert (found := attendee(state=state)).status == status
    assert found.order_id is None


def test_answers_go_by_the_name_of_the_question_or_by_its_id() -> None:
    said = [{"question": {"id": "q1", "name": "Diet"}, "answer": "None"}, {"question": "q2", "text": "By train"}]
    assert attendee(booking_question_responses={"data": said}).answers == {"Diet": "None", "q2": "By train"}


@pytest.mark.parametrize("state, status", [("canceled", "cancelled"), ("deleted", "cancelled"), ("publishing", "live")])
def test_states_of_events(state: str, status: str) -> None:
    assert billetto.event(Row({"id": "1", "state": state})).status == status


async def test_a_night_in_which_the_clocks_go_back_is_as_long_as_it_is() -> None:
    async with connect(account()) as connector:
        night = next(one for one in (await connector.get_events()).items if one.name == "La nuit de 25 heures")
    assert (night.starts_at, night.ends_at) == (
        datetime(2026, 10, 24, 20, tzinfo=UTC),
        datetime(2026, 10, 25, 5, tzinfo=UTC),
    )
    assert night.timezone is None

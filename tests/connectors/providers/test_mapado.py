"""Mapado: ids that are paths, fields that must be named, two next links, orders and revenue out of tickets."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import Rejected, create_connector
from connectors.models import UnifiedAttendee
from connectors.money import Sale
from connectors.providers import mapado
from connectors.row import Row, Surroundings, Unreadable
from tests.connectors.conftest import Account
from tests.connectors.sandboxed import Wire, changing, connect, sandboxed, to_rows

pytestmark = pytest.mark.anyio
KEY = "map_test_canary_key"
GARDEN, FIREFLIES, CABARET, FESTIVAL = "146001", "146005", ("146007", "146008"), "146012"
NO_ROWS = {"@type": "hydra:Collection", "hydra:member": []}


def account() -> Account:
    return sandboxed("mapado")


# What is asked


@pytest.mark.parametrize(
    "options, sent",
    [({}, {"user": "me"}), ({"contract": "237"}, {"contract": "237"}), ({"contract": ""}, {"user": "me"})],
)
async def test_lists_are_those_of_the_user_or_of_the_contract(options: dict[str, str], sent: dict[str, str]) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json=NO_ROWS)

    settings: dict[str, Any] = {"options": options, "transport": httpx2.MockTransport(answer)}
    async with create_connector("mapado", {"type": "api_key", "apiKey": KEY}, **settings) as connector:
        await connector.get_events()
        await connector.get_attendees()
        await connector.health_check()
    assert [request.url.path for request in asked] == ["/v1/event_dates", "/v1/tickets", "/v1/ticketings"]
    assert {request.headers["Authorization"] for request in asked} == {f"Bearer {KEY}"}
    assert {request.headers["Accept"] for request in asked} == {"application/ld+json"}
    for request in asked:
        query = dict(request.url.params)
        assert {name: query[name] for name in ("user", "contract") if name in query} == sent
        assert query["fields"].startswith("@id")
        assert not set(query["fields"]) & set(" \n")


async def test_braces_survive_the_address() -> None:
    wire = Wire(account())
    async with connect(account(), wire) as connector:
        await connector.get_event(GARDEN)
    assert "venue{name,address,city,zipCode,countryCode}" in wire.requests[0].url.params["fields"]


async def test_why_a_request_is_refused_is_told() -> None:
    said = {"@type": "hydra:Error", "hydra:title": "An error occurred", "hydra:description": "fields is not valid"}
    transport = httpx2.MockTransport(lambda request: httpx2.Response(400, json=said))
    async with create_connector("mapado", {"apiKey": KEY}, transport=transport) as connector:
        with pytest.raises(Rejected) as raised:
            await connector.get_events()
    assert raised.value.platform_message == "fields is not valid"


# Pages


async def test_the_newer_form_of_the_next_link_leads_on_as_well() -> None:
    def newer(body: Any) -> None:
        view = {"@id": "/v1/event_dates?page=1", "@type": "hydra:PartialCollectionView"}
        if following := body.pop("hydra:nextPage", None):
            view["hydra:next"] = following
        body["hydra:view"] = view

    async with connect(account()) as connector:
        whole = [one.id async for one in connector.stream_events()]
    async with connect(account(), Wire(account(), changing("/event_dates", newer))) as connector:
        assert [one.id async for one in connector.stream_events(page_size=5)] == whole
    assert len(whole) == 12


@pytest.mark.parametrize("move", ["shift", "insert"])
async def test_tickets_that_move_are_not_given_twice(move: Any) -> None:
    """Numbered pages: what moves over their edge is lost or comes again, and what comes again is left out."""
    own = account()
    async with connect(own) as connector:
        whole = [one.id async for one in connector.stream_attendees(FESTIVAL)]
        own.sandbox.misbehave("mapado", move, path="/tickets")
        found = [one.id async for one in connector.stream_attendees(FESTIVAL)]
    lost = [whole.index(id) for id in whole if id not in found]
    assert len(found) == len(set(found))
    assert lost == ([100] if move == "shift" else [])


async def test_a_ticket_that_comes_on_two_pages_counts_once() -> None:
    """A ticket that is new stands before the others from the second page on, and moves one over each edge."""
    own = account()
    async with connect(own) as connector:
        whole = {one.id: one.paid async for one in connector.stream_orders(FESTIVAL)}
        before = await connector.get_revenue(FESTIVAL)
        own.sandbox.misbehave("mapado", "insert", path="/tickets")
        moved = {one.id: one.paid async for one in connector.stream_orders(FESTIVAL)}
        own.sandbox.behave()
        own.sandbox.misbehave("mapado", "insert", path="/tickets")
        after = await connector.get_revenue(FESTIVAL)
    assert moved == whole
    assert (after.gross_revenue, after.tickets_sold) == (before.gross_revenue, before.tickets_sold)


# Events


def date(**fields: Any) -> dict[str, Any]:
    show = {"@id": "/v1/ticketings/7", "title": "Le Lac", "type": "dated_events", "timezone": "Europe/Paris"}
    known = {"@id": "/v1/event_dates/71", "status": "opened", "startDate": None, "endDate": None}
    return {**known, "ticketing": {**show, **fields.pop("ticketing", {})}, **fields}


def test_an_event_is_a_date_of_a_show() -> None:
    place = {"name": "Teatru", "address": "1 corsu", "city": "Bastia", "zipCode": "20200", "countryCode": "CORSE"}
    media = [{"path": "2026/1/lac.jpg"}]
    found = mapado.event(Row(date(ticketing={"currency": "EUR", "venue": place, "mediaList": media})))
    assert found is not None
    assert (found.id, found.series_id, found.name, found.currency) == ("71", "7", "Le Lac", "EUR")
    assert found.image_url == "https://img.mapado.net/2026/1/lac.jpg"
    assert found.venue is not None
    assert (found.venue.city, found.venue.country) == ("Bastia", "FR")


def test_an_event_may_have_no_date_and_no_place() -> None:
    found = mapado.event(Row(date(ticketing={"type": "undated_event", "venue": None, "mediaList": []})))
    assert found is not None
    assert (found.starts_at, found.ends_at, found.venue, found.image_url) == (None, None, None, None)


def test_an_offer_is_no_event() -> None:
    assert mapado.event(Row(date(ticketing={"type": "offer"}))) is None


def test_a_day_stands_in_for_a_time() -> None:
    found = mapado.event(Row(date(startOfEventDay="2027-07-14T00:00:00+02:00", endOfEventDay=None)))
    assert found is not None
    assert found.starts_at == datetime(2027, 7, 13, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "start, hour", [("2026-10-25T02:30:00+02:00", 0), ("2026-10-25T02:30:00+01:00", 1), ("2026-10-25T02:30:00", 0)]
)
def test_the_hour_that_comes_twice_is_told_by_its_offset(start: str, hour: int) -> None:
    found = mapado.event(Row(date(startDate=start)))
    assert found is not None
    assert found.starts_at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize("limits, capacity", [((120, False), 120), ((120, True), None), ((None, None), None)])
def test_stock(limits: tuple[int | None, bool | None], capacity: int | None) -> None:
    total, unlimited = limits
    found = mapado.event(Row(date(totalStock=total, unlimitedStock=unlimited)))
    price = mapado.ticket(Row({"@id": "/v1/ticket_prices/5", "totalStock": total, "unlimitedStock": unlimited}))
    assert found is not None
    assert (found.capacity, price.quantity_total) == (capacity, capacity)


async def test_dates_of_a_show_share_its_id() -> None:
    async with connect(account()) as connector:
        first, second = [await connector.get_event(id) for id in CABARET]
    assert first.series_id == second.series_id == "597"
    assert first.starts_at != second.starts_at


# Ticket types


@pytest.mark.parametrize(
    "flags, status",
    [
        ((True, True, True), "on_sale"),
        ((True, False, True), "off_sale"),
        ((False, True, True), "off_sale"),
        ((True, True, False), "hidden"),
        ((None, None, None), "unknown"),
    ],
)
def test_what_can_be_bought(flags: tuple[bool | None, ...], status: str) -> None:
    named = dict(zip(("enabled", "buyable", "visible"), flags, strict=True))
    price = {"@id": "/v1/ticket_prices/5", "id": 5, "name": None, "type": "reduced", "currency": "EUR", **named}
    found = mapado.ticket(Row(price))
    assert (found.id, found.name, found.status) == ("5", "reduced", status)


async def test_sold_tickets_are_counted_where_asked_for() -> None:
    """Of the hidden type none was sold: its empty answer has no total."""
    async with connect(account(), options={"count_sold": True}) as connector:
        found = {one.name: one.quantity_sold async for one in connector.stream_tickets(GARDEN)}
    assert found == {"Plein tarif": 7, "Tarif réduit": 6, "Loge d’honneur": 4, "Partenaires": 0}


# Tickets that were sold


def ticket(prices: dict[str, Any] | None = None, **fields: Any) -> Row:
    known = {
        "@id": "/v1/tickets/9001",
        "status": "payed",
        "facialValue": 2000,
        "currency": "EUR",
        "ticketPrice": "/v1/ticket_prices/501",
        "eventDate": "/v1/event_dates/71",
        "order": {"@id": "/v1/orders/61", "status": "payed", "customer": {"firstname": "Ana", "lastname": "B"}},
    }
    around = Surroundings({}, joined={"prices": {"501": [Row(prices)]}} if prices else {})
    return Row({**known, **fields}, around)


def attendee(**fields: Any) -> UnifiedAttendee:
    return mapado.attendee(ticket(**fields))


def sale(row: Row) -> Sale | None:
    found = mapado.issued(row)
    return found.sale if found else None


PRICE = {"@id": "/v1/ticket_prices/501", "facialValue": 2110, "tax": {"rate": Decimal("0.055")}}


@pytest.mark.parametrize(
    "value, gross, tax",
    [(2000, "20.00", "1.04"), (None, "21.10", "1.10"), (-500, "21.10", "1.10"), (0, "0.00", "0.00")],
)
def test_a_value_that_is_missing_or_negative_is_that_of_the_price(value: int | None, gross: str, tax: str) -> None:
    found = sale(ticket(PRICE, facialValue=value))
    assert found is not None
    assert (str(found.gross), str(found.tax), found.tickets, found.order) == (gross, tax, 1, "61")


@pytest.mark.parametrize("currency, gross", [("EUR", "20.00"), ("XPF", "2000")])
def test_amounts_are_in_the_smallest_unit_of_their_currency(currency: str, gross: str) -> None:
    found = sale(ticket(currency=currency))
    assert found is not None
    assert str(found.gross) == gross


@pytest.mark.parametrize(
    "fields, counted",
    [
        ({"facialFeeValue": 150}, ("21.50", "0.00", "1.04", 1)),
        ({"facialFeeValue": 150, "status": "refunded"}, ("21.50", "21.50", "0.00", 0)),
        ({"status": "booked"}, None),
        ({"status": "cancelled"}, None),
        ({"status": "never_seen_before"}, None),
        ({"imported": True, "ticketPrice": None, "facialValue": None}, None),
    ],
)
def test_what_counts_as_sold(fields: dict[str, Any], counted: tuple[str, str, str, int] | None) -> None:
    found = sale(ticket(PRICE, **fields))
    said = found and (str(found.gross), str(found.refunded), str(found.tax), found.tickets)
    assert said == counted


def test_a_sold_ticket_without_any_amount_is_a_problem() -> None:
    with pytest.raises(Unreadable, match="no amount"):
        sale(ticket(facialValue=None))


def test_a_price_without_a_rate_leaves_the_tax_unknown() -> None:
    found = sale(ticket())
    assert found is not None
    assert (found.tax, found.fees) == (None, None)


@pytest.mark.parametrize(
    "person, name, email",
    [
        ({"firstname": "Bo", "lastname": "C", "email": None}, "Bo C", None),
        ({"firstname": None, "lastname": None, "email": "bo@example.org"}, "Ana B", "ana@example.org"),
        ("/v1/customers/9", "Ana B", "ana@example.org"),
        (None, "Ana B", "ana@example.org"),
    ],
)
def test_where_nobody_is_named_the_buyer_stands_in(person: Any, name: str, email: str | None) -> None:
    buyer = {"firstname": "Ana", "lastname": "B", "email": "ana@example.org"}
    found = attendee(participant=person, order={"@id": "/v1/orders/61", "customer": buyer})
    assert (" ".join(filter(None, (found.first_name, found.last_name))), found.email) == (name, email)


def test_linked_records_may_be_paths() -> None:
    found = attendee(order="/v1/orders/61", ticketPrice={"@id": "/v1/ticket_prices/501", "facialValue": 1})
    assert (found.id, found.event_id, found.order_id, found.ticket_id) == ("9001", "71", "61", "501")
    assert (found.first_name, found.email) == (None, None)


@pytest.mark.parametrize(
    "checkpoints, entered, first",
    [
        (None, None, None),
        ([], False, None),
        ([{"currentValidScanNb": 0, "firstScannedDate": None}], False, None),
        ([{"currentValidScanNb": 0, "firstScannedDate": "2026-05-02T19:00:00+02:00"}], False, None),
        ([{"currentValidScanNb": 1, "firstScannedDate": "2026-05-02T19:30:00+02:00"}], True, 30),
    ],
)
def test_only_a_valid_scan_is_an_entry(checkpoints: Any, entered: bool | None, first: int | None) -> None:
    found = attendee(ticketCheckpointList=checkpoints)
    assert found.checked_in is entered
    assert found.checked_in_at == (datetime(2026, 5, 2, 17, first, tzinfo=UTC) if first else None)


# Orders


async def test_an_order_is_the_tickets_that_name_it() -> None:
    async with connect(account()) as connector:
        found = {one.id: one async for one in connector.stream_orders(GARDEN)}
    half, expired = found["6001"], found["6009"]
    assert (half.status, half.paid, half.refunded) == ("partially_refunded", Decimal("50.00"), Decimal("25.00"))
    assert [(line.amount, line.refunded) for line in half.lines] == [
        (Decimal("25.00"), Decimal("0.00")),
        (Decimal("25.00"), Decimal("25.00")),
    ]
    assert (half.ticket_count, half.tax, half.status_raw) == (1, Decimal("8.34"), "refunded_partially")
    assert (expired.status, expired.paid, expired.ticket_count) == ("expired", Decimal("0.00"), 0)
    assert isinstance(half.raw, list)


def test_an_order_over_several_dates_is_as_its_tickets_here_are() -> None:
    """Of the whole order something was refunded, of the tickets for this date nothing."""
    purchase = {"@id": "/v1/orders/61", "status": "refunded_partially"}
    other = {"@id": "/v1/tickets/9002", "facialValue": 1000}
    found = mapado.order([ticket(PRICE, order=purchase), ticket(PRICE, order=purchase, **other)])
    assert found is not None
    assert (found.status, found.paid, found.tax) == ("paid", Decimal("30.00"), Decimal("1.56"))
    assert {line.event_id for line in found.lines} == {"71"}


@pytest.mark.parametrize(
    "states, status",
    [
        (("payed", "payed"), "paid"),
        (("payed", "refunded"), "partially_refunded"),
        (("refunded",), "refunded"),
        (("booked", "booked"), "pending"),
        (("cancelled",), "cancelled"),
    ],
)
def test_an_order_that_is_a_path_alone_is_told_by_its_tickets(states: tuple[str, ...], status: str) -> None:
    tickets = [{"@id": f"/v1/tickets/{number}", "status": state} for number, state in enumerate(states)]
    found = mapado.order([ticket(PRICE, order="/v1/orders/61", **fields) for fields in tickets])
    assert found is not None
    assert (found.id, found.status, found.buyer_name, found.buyer_email) == ("61", status, None, None)


def test_an_imported_ticket_has_no_order() -> None:
    assert mapado.order([ticket(order=None, imported=True, ticketPrice=None, facialValue=None)]) is None


async def test_an_order_one_ticket_of_which_changed_is_given_whole() -> None:
    later, first = "2026-11-01T10:00:00+01:00", list[Any]()

    def touch(row: Any) -> None:
        if row["order"]["@id"] == "/v1/orders/6005" and not first:
            first.append(row["@id"])
        row["updatedAt"] = later if row["@id"] in first else row["updatedAt"]

    async with connect(account(), Wire(account(), changing("/tickets", to_rows("hydra:member", touch)))) as connector:
        found = [one async for one in connector.stream_orders(GARDEN, since=datetime(2026, 10, 30, tzinfo=UTC))]
    assert [(one.id, len(one.lines)) for one in found] == [("6005", 4)]
    assert [one.updated_at for one in found] == [datetime(2026, 11, 1, 9, tzinfo=UTC)]


async def test_revenue_knows_a_currency_without_decimals_and_no_fees() -> None:
    async with connect(account()) as connector:
        revenue = await connector.get_revenue(FIREFLIES)
    figures = (revenue.gross_revenue, revenue.refunds, revenue.taxes, revenue.net_revenue)
    assert [str(amount) for amount in figures] == ["30000", "1800", "0", "28200"]
    assert (revenue.tickets_sold, revenue.orders, revenue.basis) == (10, 6, "tickets")
    assert revenue.unreported == ("fees",)

"""What Weezevent alone does: a login, strays, nested types, prices for amounts, and a clock without a zone."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import AuthenticationFailed, Rejected
from connectors.providers import weezevent
from connectors.row import Row, Surroundings
from spekta.sandbox.providers.weezevent import LOGIN

from ..conftest import Account
from ..sandboxed import Wire, connect, edited, sandboxed, shown

pytestmark = pytest.mark.anyio
DETAILS = {"events": {"id": "7", "period": {"timezone": "Europe/London"}}}
OPTIONS = {"timezone": "Europe/Paris", "currency": "EUR"}


def event(key: str) -> str:
    return sandboxed("weezevent").service.event_id(sandboxed("weezevent").box.event(key))


def changed(where: str, edit: Callable[[Any], Any]) -> Wire:
    """A wire on which one path answers something else."""
    account = sandboxed("weezevent")
    return Wire(account, lambda asked, said: edited(said, edit) if asked.url.path.endswith(where) else said)


def paths(wire: Wire) -> list[str]:
    return [request.url.path.partition("/api")[2] for request in wire.requests]


def held(account: Account, **more: str) -> dict[str, str]:
    return {"apiKey": account.service.credentials["apiKey"], **more}


def participant(**fields: Any) -> Row:
    row = {"id_participant": 1, "id_event": 7, "id_transaction": 3, "id_ticket": "81", "deleted": "0", **fields}
    types = {"81": [Row({"id": "81", "price": Decimal("25.5")})]}
    return Row(row, Surroundings(OPTIONS, None, Row(DETAILS), {"types": types}))


# The login


async def test_a_login_is_made_once_and_both_secrets_are_in_the_query() -> None:
    wire = Wire(account := sandboxed("weezevent"))
    async with connect(account, wire, credentials=held(account, **LOGIN), options={"details": False}) as connector:
        assert (await connector.get_events()).items
        assert (await connector.get_events()).items
    login, *asked = wire.requests
    assert paths(wire) == ["/auth/access_token", "/events", "/events"]
    assert dict(httpx2.QueryParams(login.content.decode())) == {**LOGIN, "api_key": held(account)["apiKey"]}
    assert {request.url.params["api_key"] for request in asked} == {held(account)["apiKey"]}
    assert {request.url.params["access_token"] for request in asked} == {"at_test_weezevent_1"}


async def test_a_refused_login_does_not_lock_the_account() -> None:
    wire = Wire(account := sandboxed("weezevent"))
    wrong = held(account, **LOGIN | {"password": "wz_test_canary_word"})
    async with connect(account, wire, credentials=wrong) as connector:
        for _ in range(6):
            with pytest.raises(AuthenticationFailed) as raised:
                await connector.get_events()
    assert paths(wire) == ["/auth/access_token"]
    assert "password" in raised.value.advice
    assert "wz_test_canary_word" not in shown(raised.value)


async def test_a_key_alone_hears_what_is_missing() -> None:
    account = sandboxed("weezevent")
    async with connect(account, credentials=held(account)) as connector:
        with pytest.raises(AuthenticationFailed, match="token") as raised:
            await connector.get_events()
    assert raised.value.advice == "Give username and password too."


async def test_a_refused_token_is_asked_for_again() -> None:
    wire = Wire(account := sandboxed("weezevent"))
    async with connect(account, wire, credentials=held(account, accessToken="wz_test_canary_old", **LOGIN),
                       options={"details": False}) as connector:  # fmt: skip
        assert (await connector.get_events()).items
    assert paths(wire) == ["/events", "/auth/access_token", "/events"]


@pytest.mark.parametrize(
    "status, message, error",
    [(200, "Invalid access token", AuthenticationFailed), (403, "Wrong api_key", AuthenticationFailed),
     (200, "id_event is missing", Rejected)],
)  # fmt: skip
async def test_an_error_may_come_as_a_success(status: int, message: str, error: type[Exception]) -> None:
    account = sandboxed("weezevent")
    refusal = httpx2.Response(status, json={"error": {"message": message}})
    async with connect(account, Wire(account, lambda asked, said: refusal)) as connector:
        with pytest.raises(error):
            await connector.get_events()


# Events and types


async def test_drafts_past_events_and_those_without_sales_are_asked_for() -> None:
    wire = Wire(account := sandboxed("weezevent"))
    async with connect(account, wire, options={"details": False}) as connector:
        events = (await connector.get_events()).items
    assert {event("nuit-des-horloges"), event("nachtflohmarkt")} <= {one.id for one in events}
    asked = wire.requests[0].url.params
    assert {name for name in asked if asked[name] == "true"} == {
        "include_not_published", "include_closed", "include_without_sales"
    }  # fmt: skip


@pytest.mark.parametrize(
    "said, text",
    [
        ("Caf&eacute; &amp; <b>th\\u00e9</b>", "Café & thé"),
        ("\\ud83c\\udfba", "🎺"),
        ("\\ud83c", "\ufffd"),
        ("Nom de l\\'accompagnant", "Nom de l'accompagnant"),
        ('Le \\\\"th\\u00e9\\\\" d\\\\\'abord', 'Le "thé" d\'abord'),
        ("A\\B", "A\\B"),
        ("", None),
    ],
)
def test_words_that_were_escaped_twice(said: str, text: str | None) -> None:
    assert weezevent.words(Row({"a": said}), "a") == text


def test_a_place_at_zero_is_unknown() -> None:
    place = weezevent.place(Row({"name": "Halle", "coordinates": {"long": "0.0000000", "lat": "0.0000000"}}))
    assert (place.name, place.latitude, place.longitude) == ("Halle", None, None)


async def test_types_are_found_in_categories_of_categories_and_not_in_other_events() -> None:
    def add(body: Any) -> None:
        body["events"].append({"id": 1, "tickets": [{"id": "1", "name": "of another event", "price": 1}]})

    async with connect(sandboxed("weezevent"), changed("/tickets", add)) as connector:
        names = [ticket.name for ticket in await connector.get_tickets(event("festival-des-quais"))]
    assert names == ["Pass – 1 jour", "Pass – 3 jours"]


@pytest.mark.parametrize(
    "price, amount", [(Decimal("9.99"), "9.99"), (10, "10.00"), (Decimal("25.5"), "25.50"), (0, "0.00"), ("5", "5.00")]
)
@pytest.mark.parametrize("quota, total", [(100, 100), (0, None), (None, None)])
def test_a_type(price: Any, amount: str, quota: int | None, total: int | None) -> None:
    row = {"id": "ABCDE81", "price": price, "quota": quota, "participants": 4, "start_sale": "2026-07-01 09:00:00"}
    ticket = weezevent.ticket(Row(row, Surroundings(OPTIONS, None, Row(DETAILS))))
    assert (str(ticket.price), ticket.currency, ticket.quantity_total) == (amount, "EUR", total)
    assert ticket.sales_start == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


async def test_an_account_in_yen_says_so_itself() -> None:
    def in_yen(body: Any) -> None:
        body["events"][0]["tickets"][0]["price"] = 3500

    account = sandboxed("weezevent")
    async with connect(account, changed("/tickets", in_yen), options={"currency": "jpy"}) as connector:
        first = (await connector.get_tickets(event("nachtflohmarkt"))).items[0]
    assert (str(first.price), first.currency) == ("3500", "JPY")


# Participants


@pytest.mark.parametrize(
    "fields, status",
    [
        ({}, "valid"),
        ({"paid": False}, "pending"),
        ({"deleted": "1"}, "cancelled"),
        ({"deleted": "1", "refund": "1"}, "refunded"),
        ({"refund": {"status": "1"}}, "refunded"),
        ({"refund": True}, "refunded"),
        ({"refund": "0"}, "valid"),
        ({"refund": []}, "valid"),
    ],
)
def test_what_became_of_a_participant(fields: dict[str, Any], status: str) -> None:
    assert weezevent.status(participant(**fields)) == status


@pytest.mark.parametrize(
    "scan, entered, at",
    [
        ({"status": "0", "scan_date": "0000-00-00 00:00:00"}, False, None),
        ({"status": "1", "scan_date": "2026-08-02 20:10:00"}, True, datetime(2026, 8, 2, 19, 10, tzinfo=UTC)),
        ({"status": "2", "scan_date": "2026-08-02 20:10:00"}, True, datetime(2026, 8, 2, 19, 10, tzinfo=UTC)),
        (None, None, None),
    ],
)
def test_who_entered(scan: dict[str, str] | None, entered: bool | None, at: datetime | None) -> None:
    person = weezevent.attendee(participant(control_status=scan))
    assert (person.checked_in, person.checked_in_at) == (entered, at)


@pytest.mark.parametrize(
    "local, moment",
    [("2026-03-29 00:30:00", "2026-03-29T00:30Z"), ("2026-03-29 02:30:00", "2026-03-29T01:30Z"),
     ("2026-10-25 00:30:00", "2026-10-24T23:30Z"), ("2026-10-25 02:30:00", "2026-10-25T02:30Z")],
)  # fmt: skip
def test_times_are_those_of_the_event_across_a_change_of_clocks(local: str, moment: str) -> None:
    person = weezevent.attendee(participant(create_date=local))
    assert person.purchased_at == datetime.fromisoformat(moment)


def test_a_door_sale_has_no_name_but_the_buyers() -> None:
    nobody = {"first_name": "", "last_name": "", "email": ""}
    payer = {"acheteur_first_name": "Bo", "acheteur_last_name": "O&#039;Neill", "email_acheteur": "bo@example.org"}
    unknown, bought = (weezevent.attendee(participant(owner=nobody, buyer=one)) for one in (None, payer))
    assert (unknown.first_name, unknown.email) == (None, None)
    assert (bought.first_name, bought.last_name, bought.email) == ("Bo", "O'Neill", "bo@example.org")


async def test_strays_of_other_events_are_left_out() -> None:
    garden = event("concert-au-jardin")
    wire = Wire(account := sandboxed("weezevent"))
    async with connect(account, wire) as connector:
        people = [one async for one in connector.stream_attendees(garden)]
    rows = (await httpx2.AsyncClient(transport=wire).send(wire.requests[-2])).json()["participants"]
    assert {one.event_id for one in people} == {garden}
    assert len(rows) == len(people) + 1


async def test_since_is_asked_for_on_the_clock_of_paris_without_a_zone() -> None:
    wire = Wire(account := sandboxed("weezevent"))
    async with connect(account, wire) as connector:
        await connector.get_attendees(event("festival-des-quais"), since=datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC))
    asked = dict(wire.requests[-1].url.params)
    assert asked["last_update"] == "2026-07-01 14:00:30"
    assert {name: asked[name] for name in ("full", "include_deleted", "include_unpaid")} == {
        "full": "1", "include_deleted": "1", "include_unpaid": "1"
    }  # fmt: skip


# Orders and revenue


def test_an_order_is_its_participants() -> None:
    order = weezevent.order([participant(id_participant=1), participant(id_participant=2, refund="1")])
    assert (order.id, order.status, order.ticket_count) == ("3", "partially_refunded", 1)
    assert (str(order.total), str(order.paid), str(order.refunded)) == ("51.00", "51.00", "25.50")


def test_with_a_promo_code_nobody_knows_what_was_paid() -> None:
    row = participant(promo_code="MATINALE")
    person, order, sale = weezevent.attendee(row), weezevent.order([row]), weezevent.sale(row).sale
    assert sale
    assert (person.price, order.total, order.paid, sale.gross) == (None, None, None, Decimal("25.50"))


@pytest.mark.parametrize("key", ["festival-des-quais", "winterkabarett-1", "nuit-des-horloges", "opera-da-lua"])
async def test_without_promo_codes_revenue_is_what_was_paid(key: str) -> None:
    account = sandboxed("weezevent")
    orders = account.box.orders_of(account.box.event(key))
    async with connect(account) as connector:
        found = await connector.get_revenue(event(key))
    assert found.gross_revenue == sum(order.paid for order in orders)
    assert found.refunds == sum(order.refunded for order in orders)
    assert found.unreported == ("taxes", "fees", "discounts")

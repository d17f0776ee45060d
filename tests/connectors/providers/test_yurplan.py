"""Yurplan: a key or a client, ranges that may overlap, partial content, and a report in place of revenue."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from connectors import AuthenticationFailed, Connector, InvalidResponse, create_connector
from connectors.credentials import MemoryVault
from connectors.models import UnifiedAttendee, UnifiedTicket
from connectors.registry import checked_credentials, find_provider
from spekta.sandbox.providers.yurplan import CLIENT, KEY, ORGANISER
from tests.connectors.sandboxed import Wire, connect, sandboxed, shown

pytestmark = pytest.mark.anyio
EVENT = {"id": 71, "name": "Gala", "begin": 1792872000, "end": 1792904400, "is_draft": False, "is_canceled": False}


def envelope(results: Any, more: bool = False, status: int = 206) -> httpx2.Response:
    following = {"href": "https://elsewhere.invalid/v1?range=30-60", "method": "GET"} if more else None
    paging = {"cursors": {"current": {}, "next": following, "prev": None}, "nb_per_page": 30}
    body = {"status": status, "error_code": "success_request", "message": "OK", "results": results, "paging": paging}
    return httpx2.Response(status, json=body)


class Platform:
    """One organisation with one event. `lists` are the rows by the last part of the path; the end of a range may be
    within it.
    """

    def __init__(self, inclusive: bool = False, **lists: list[dict[str, Any]]) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {"orgas": [{"id": 31}], "events": [EVENT], **lists}
        self.inclusive = inclusive
        self.ranges: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        name = request.url.path.removeprefix("/v1/events/71/").rpartition("/")[2]
        if name == "stats":
            name = request.url.path.rpartition("/")[0].rpartition("/")[2]
        if name == "71":
            return envelope(EVENT, status=200)
        rows = self.lists.get(name, [])
        if "range" not in request.url.params:
            return envelope(rows, status=200)
        asked = request.url.params["range"]
        self.ranges += [asked] if name == "tickets" else []
        start, end = map(int, asked.split("-"))
        return envelope(rows[start : end + self.inclusive], more=end + self.inclusive < len(rows))

    def connect(self, **credentials: str) -> Connector:
        return create_connector(
            "yurplan", credentials or {"apiKey": "yur_test_canary"}, transport=httpx2.MockTransport(self)
        )


PEOPLE = [{"id": number, "token": f"T{number}", "updated_at": 1771000000 + number} for number in range(75)]


@pytest.mark.parametrize("inclusive, ranges", [(False, ["0-30", "30-60", "60-90"]), (True, ["0-30", "31-61", "62-92"])])
@pytest.mark.parametrize("size", [7, 100])
async def test_ranges_go_on_whether_their_end_is_in_them_or_not(inclusive: bool, ranges: list[str], size: int) -> None:
    platform = Platform(inclusive, tickets=PEOPLE)
    async with platform.connect() as connector:
        found = [one.id async for one in connector.stream_attendees("71", page_size=size)]
    assert found == [str(number) for number in range(75)]
    assert platform.ranges == ranges


async def test_a_row_that_two_ranges_give_is_given_once() -> None:
    rows = [*PEOPLE[:31], *PEOPLE[30:]]
    async with Platform(tickets=rows).connect() as connector:
        found = [one.id async for one in connector.stream_attendees("71")]
    assert found == [str(number) for number in range(75)]


async def test_all_organisations_are_read_unless_one_is_named() -> None:
    account = sandboxed("yurplan")
    async with connect(account) as every, connect(account, options={"organization_id": "32"}) as one:
        both = {event.raw["orga"]["id"] async for event in every.stream_events()}
        named = {event.raw["orga"]["id"] async for event in one.stream_events()}
    assert (both, named) == ({31, 32}, {32})


async def test_an_order_that_vanishes_hides_the_one_that_slid_into_the_page_before() -> None:
    account = sandboxed("yurplan")
    async with connect(account) as connector:
        whole = [order.id async for order in connector.stream_orders()]
        account.sandbox.misbehave("yurplan", "shift", path="/orgas/31/orders")
        found = [order.id async for order in connector.stream_orders()]
    assert [whole.index(id) for id in whole if id not in found] == [30]


async def test_newest_changes_come_first_and_end_the_walk() -> None:
    account = sandboxed("yurplan")
    wire = Wire(account)
    async with connect(account, wire, options={"organization_id": "31"}) as connector:
        newest = (await connector.get_orders(page_size=1)).items[0]
        assert newest.updated_at
        wire.requests.clear()
        found = [order async for order in connector.stream_orders(since=newest.updated_at + timedelta(seconds=0.4))]
    assert newest.id in [order.id for order in found]
    assert {order.updated_at for order in found} == {newest.updated_at}
    assert len(wire.requests) == 1


# Keys and tokens


@pytest.mark.parametrize(
    "credentials, grant",
    [
        ({"apiKey": KEY}, None),
        (CLIENT, "client_credentials"),
        ({**CLIENT, **ORGANISER}, "password"),
        ({"apiKey": "yur_test_old", **CLIENT}, "client_credentials"),
    ],
    ids=["key", "client", "partner", "key and client"],
)
async def test_a_key_is_sent_as_it_is_and_a_client_has_a_token_made(
    credentials: Mapping[str, str], grant: str | None
) -> None:
    account = sandboxed("yurplan")
    wire, vault = Wire(account), MemoryVault(credentials)
    async with connect(account, wire, credentials=credentials, vault=vault) as connector:
        assert (await connector.get_events()).items
    forms = [dict(httpx2.QueryParams(one.content.decode())) for one in wire.requests if one.method == "POST"]
    assert [(form["grant_type"], form["scope"]) for form in forms] == ([(grant, "pro")] if grant else [])
    saved = await vault.read()
    assert ("accessToken" in saved) == (grant is not None)
    assert "refreshToken" not in saved
    assert set(checked_credentials(find_provider("yurplan"), saved)) == set(saved)


async def test_a_partner_with_a_wrong_key_does_not_read_its_own_account() -> None:
    account = sandboxed("yurplan")
    wrong = {**CLIENT, **ORGANISER, "password": "sk_test_canary_wrong"}
    wire = Wire(account)
    async with connect(account, wire, credentials=wrong) as connector:
        with pytest.raises(AuthenticationFailed) as raised:
            await connector.get_events()
    assert [dict(httpx2.QueryParams(one.content.decode()))["grant_type"] for one in wire.requests] == ["password"]
    assert "sk_test_canary_wrong" not in shown(raised.value)


async def test_a_refused_key_says_where_to_find_another() -> None:
    account = sandboxed("yurplan")
    async with connect(account, credentials={"apiKey": "yur_test_canary"}) as connector:
        with pytest.raises(AuthenticationFailed) as raised:
            await connector.get_events()
    assert raised.value.advice == "Check apiKey (Yurplan organiser account → API → Generate key)."


async def test_a_key_that_was_replaced_is_read_again() -> None:
    class Replaced(MemoryVault):
        reads = 0

        async def read(self) -> dict[str, str]:
            self.reads += 1
            return {"apiKey": "yur_test_old" if self.reads == 1 else KEY}

    account = sandboxed("yurplan")
    async with connect(account, vault=Replaced({})) as connector:
        assert (await connector.health_check()).healthy


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_token_that_ended_is_made_anew_whatever_the_status(status: int) -> None:
    account, refused = sandboxed("yurplan"), list[int]()

    def change(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if refused or request.method == "POST":
            return response
        refused.append(status)
        return httpx2.Response(status, json={"status": status, "error_code": "expired_token", "results": None})

    wire = Wire(account, change)
    held = {**CLIENT, "accessToken": account.sandbox.grants["yurplan"].issue()[0]}
    async with connect(account, wire, credentials=held) as connector:
        assert (await connector.get_events()).items
    assert [request.method for request in wire.requests][:3] == ["GET", "POST", "GET"]


# Records


async def test_a_night_in_which_the_clocks_go_back() -> None:
    async with Platform().connect() as connector:
        event = await connector.get_event("71")
    assert event.starts_at == datetime(2026, 10, 24, 20, tzinfo=UTC)
    assert event.ends_at == datetime(2026, 10, 25, 5, tzinfo=UTC)
    assert (event.timezone, event.currency) == ("Europe/Paris", "EUR")


@pytest.mark.parametrize(
    "flags, status",
    [
        ({}, "live"),
        ({"is_draft": True}, "draft"),
        ({"is_draft": True, "is_canceled": True}, "cancelled"),
        ({"is_draft": "0", "is_canceled": "1"}, "cancelled"),
    ],
)
async def test_flags_are_the_status(flags: dict[str, Any], status: str) -> None:
    async with Platform(events=[EVENT | flags]).connect() as connector:
        assert (await connector.get_events()).items[0].status == status


async def ticket(counts: list[dict[str, Any]], **fields: Any) -> UnifiedTicket:
    row = {"id": 81, "ticketing": {"id": 5, "event_id": 71}, "name": "Plein", "is_active": True, **fields}
    async with Platform(typetickets=[row], checking=counts).connect() as connector:
        (found,) = await connector.get_tickets("71")
    return found


@pytest.mark.parametrize(
    "fields, price",
    [
        ({"amount": 12.5}, "12.50"),
        ({"amount": "12.5"}, "12.50"),
        ({"amount": 28.099999999999998}, "28.10"),
        ({"amount": 12, "is_free": True}, "0.00"),
        ({"amount": 0, "is_free": False}, "0.00"),
    ],
)
async def test_amounts_are_euros(fields: dict[str, Any], price: str) -> None:
    found = await ticket([], **fields)
    assert (str(found.price), found.currency) == (price, "EUR")


async def test_how_many_were_sold_stands_beside_the_type() -> None:
    counts = [{"id": 80, "total_ticket": 4}, {"id": 81, "total_ticket": 9}]
    found = await ticket(counts, category={"id": 3, "label": "Fosse"})
    assert (found.name, found.quantity_sold, found.quantity_total) == ("Plein - Fosse", 9, None)
    assert (await ticket([])).quantity_sold is None


async def attendee(**fields: Any) -> UnifiedAttendee:
    row = {"id": 9001, "token": "ABC", "status": 1, **fields}
    platform = Platform(tickets=[row], typetickets=[{"id": 81, "name": "Plein", "ticketing": {"event_id": 71}}])
    async with platform.connect() as connector:
        (found,) = await connector.get_attendees("71")
    return found


@pytest.mark.parametrize(
    "fields, entered",
    [
        ({"checking_informations": [], "count_checked": None}, False),
        ({"checking_informations": [{"id": 1}], "count_checked": None}, True),
        ({"checking_informations": [], "count_checked": 1}, True),
        ({"count_checked": 0}, False),
        ({}, None),
    ],
)
async def test_who_has_entered(fields: dict[str, Any], entered: bool | None) -> None:
    assert (await attendee(**fields)).checked_in is entered


async def test_numbers_of_unknown_meaning_are_kept_and_not_interpreted() -> None:
    found = await attendee(status=4, total=1250, type_ticket={"id": 81}, owner={"email_address": "ana@example.org"})
    assert (found.status, found.status_raw, found.price) == ("unknown", "4", None)
    assert (found.ticket_id, found.ticket_name, found.email) == ("81", "Plein", "ana@example.org")
    assert (await attendee(type_ticket="Plein")).ticket_id is None


# Revenue

REPORT = {"total_ticketing": 1250.5, "total_payment_refund": 50.5, "total_com_ticketing": "30.1", "total_ticket": 48}


async def test_revenue_is_the_platforms_report() -> None:
    async with Platform(ticketing=[REPORT, REPORT]).connect() as connector:
        found = await connector.get_revenue("71")
    assert (found.gross_revenue, found.refunds, found.fees) == (Decimal("2501.00"), Decimal("101.00"), Decimal("60.20"))
    assert (found.net_revenue, found.taxes, found.unreported) == (Decimal("2339.80"), None, ("taxes",))
    assert (found.tickets_sold, found.orders, found.basis) == (96, None, "provider_report")


async def test_a_report_without_its_amount_is_no_revenue_of_nothing() -> None:
    async with Platform(ticketing=[REPORT, {"total_ticket": 48}]).connect() as connector:
        with pytest.raises(InvalidResponse, match="report on event 71 cannot be read"):
            await connector.get_revenue("71")


async def test_an_error_where_the_results_should_be_is_named() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"status": 500, "error_code": "internal", "message": "no"})

    transport = httpx2.MockTransport(answer)
    connector = create_connector("yurplan", {"apiKey": KEY}, options={"organization_id": "31"}, transport=transport)
    async with connector:
        with pytest.raises(InvalidResponse):
            await connector.get_events()

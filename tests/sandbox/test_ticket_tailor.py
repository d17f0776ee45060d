import httpx2
import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.providers import ticket_tailor
from tests.sandbox.accounts import TICKET_TAILOR, TicketTailor

pytestmark = pytest.mark.anyio

EVENT = (
    "object id event_series_id name description status start end timezone venue online_event url images currency "
    "max_tickets_sold_per_occurrence ticket_types total_issued_tickets created_at"
)
TICKET_TYPE = (
    "object id name price booking_fee quantity_total quantity_issued quantity_held quantity_in_baskets quantity "
    "status type"
)
TICKET = (
    "object id event_id order_id ticket_type_id first_name last_name full_name email status checked_in "
    "listed_price listed_currency created_at updated_at voided_at"
)
ORDER = (
    "object id status created_at currency subtotal tax tax_treatment total total_paid refund_amount "
    "credited_out_amount event_summary line_items buyer_details issued_tickets"
)


@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_a_walk_by_the_last_id_gives_every_event_once(client: httpx2.AsyncClient, limit: int) -> None:
    rows = await TicketTailor().walk(client, "/events", limit=limit)

    assert [row["id"] for row in rows] == [f"ev_{number}" for number in range(1, 13)]


@pytest.mark.parametrize("path, rows", [("/orders", 179), ("/issued_tickets", 368), ("/check_ins", 5)])
async def test_lists_are_complete(client: httpx2.AsyncClient, path: str, rows: int) -> None:
    ids = [row["id"] for row in await TicketTailor().walk(client, path, limit=100)]

    assert (len(ids), len(set(ids))) == (rows, rows)


async def test_links_are_relative_and_go_back_too(client: httpx2.AsyncClient) -> None:
    first = (await TicketTailor().get(client, "/events", limit=2)).json()
    second = (await TicketTailor().get(client, "/events", limit=2, starting_after="ev_2")).json()
    back = (await TicketTailor().get(client, "/events", limit=2, ending_before="ev_3")).json()

    assert first["links"] == {"next": "/v1/events?limit=2&starting_after=ev_2", "previous": None}
    assert second["links"]["previous"] == "/v1/events?limit=2&ending_before=ev_3"
    assert back["data"] == first["data"]


@pytest.mark.parametrize("limit", ["0", "101", "many"])
async def test_a_limit_out_of_bounds_is_refused(client: httpx2.AsyncClient, limit: str) -> None:
    answer = await TicketTailor().get(client, "/events", limit=limit)

    assert (answer.status_code, answer.json()["error_code"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("key, status", [("sk_wrong", 401), ("sk_test_forbidden_1", 403)])
async def test_keys(client: httpx2.AsyncClient, key: str, status: int) -> None:
    answer = await client.get(f"{TICKET_TAILOR}/ping", auth=(key, ""))

    assert (answer.status_code, set(answer.json())) == (status, {"status", "error_code", "message"})


async def test_no_key_and_an_unknown_id(client: httpx2.AsyncClient) -> None:
    assert (await client.get(f"{TICKET_TAILOR}/ping")).status_code == 401
    assert (await TicketTailor().get(client, "/events/ev_999")).json()["error_code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "path, fields", [("/events", EVENT), ("/issued_tickets", TICKET), ("/orders", ORDER)], ids=lambda value: value[:8]
)
async def test_rows_have_the_documented_fields(client: httpx2.AsyncClient, path: str, fields: str) -> None:
    (row,) = (await TicketTailor().get(client, path, limit=1)).json()["data"]

    assert set(fields.split()) <= set(row)


async def test_an_event(client: httpx2.AsyncClient) -> None:
    event = (await TicketTailor().get(client, "/events/ev_3")).json()

    assert (event["status"], event["currency"], event["online_event"]) == ("published", "gbp", "false")
    assert event["start"]["iso"] == "2027-02-12T19:30:00+00:00"
    assert event["start"]["formatted"] == "Fri 12 Feb 2027 7:30 PM"
    assert event["venue"] == {"name": "The Old Foundry", "postal_code": "SE1 9ZZ", "country": "GB"}
    standing = event["ticket_types"][0]
    assert set(TICKET_TYPE.split()) <= set(standing)
    assert (standing["price"], standing["booking_fee"]) == (1850, 185)
    assert event["ticket_types"][2]["hide_until"]["unix"] == 1800007200


async def test_a_sold_out_type_is_still_on_sale_and_an_unlimited_one_has_no_quantity(
    client: httpx2.AsyncClient,
) -> None:
    sold_out = (await TicketTailor().get(client, "/events/ev_1")).json()["ticket_types"][2]
    unlimited = (await TicketTailor().get(client, "/events/ev_2")).json()["ticket_types"][0]

    assert (sold_out["status"], sold_out["quantity"], sold_out["quantity_issued"]) == ("on_sale", 0, 4)
    assert (unlimited["quantity_total"], unlimited["quantity"]) == (None, None)


@pytest.mark.parametrize("event, multiplier, total", [("ev_5", 1, 5300), ("ev_6", 1000, 14500), ("ev_3", 100, 7040)])
async def test_money_is_in_the_smallest_unit(
    client: httpx2.AsyncClient, event: str, multiplier: int, total: int
) -> None:
    (order,) = (await TicketTailor().get(client, "/orders", event_id=event, limit=1)).json()["data"]

    assert (order["currency"]["base_multiplier"], order["total"]) == (multiplier, total)


async def test_what_became_of_orders(client: httpx2.AsyncClient) -> None:
    rows = await TicketTailor().walk(client, "/orders", event_id="ev_1")
    names = ("status", "total", "total_paid", "refund_amount", "tax_treatment")
    found = {row["id"]: tuple(row[name] for name in names) for row in rows}

    assert found["or_1"] == ("completed", 5000, 5000, 2500, "inclusive")
    assert found["or_2"] == ("cancelled", 1500, 1500, 1500, "inclusive")
    assert found["or_3"] == ("cancelled", 2500, 2500, 1500, "inclusive")
    assert found["or_8"] == ("pending", 4000, 0, 0, "inclusive")
    assert found["or_9"] == ("cancelled", 2500, 0, 0, "inclusive")
    assert "or_10" not in found, "a test order"


@pytest.mark.parametrize(
    "path, query, rows",
    [
        ("/events", {"status": "draft,sales_closed"}, 2),
        ("/events", {"start_at.gte": 1814000000}, 1),
        ("/orders", {"status": "pending"}, 3),
        ("/orders", {"event_id": "ev_4", "created_at.gte": 1790950000}, 5),
        ("/orders", {"event_series_id": "es_7"}, 8),
        ("/issued_tickets", {"order_id": "or_5"}, 4),
        ("/issued_tickets", {"event_id": "ev_1", "status": "voided"}, 4),
        ("/check_ins", {"event_id": "ev_1"}, 0),
    ],
)
async def test_filters(client: httpx2.AsyncClient, path: str, query: dict[str, str], rows: int) -> None:
    assert len(await TicketTailor().walk(client, path, **query)) == rows


async def test_ids_are_those_that_the_module_tells(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    box = sandbox.box_office
    issued = box.issued(order for order in box.orders if not order.test)

    assert [row["id"] for row in await TicketTailor().walk(client, "/issued_tickets")] == [
        ticket_tailor.ticket_id(one) for one in issued
    ]

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.providers import eventbrite
from tests.sandbox.accounts import EVENTBRITE, ORGANIZATIONS, Eventbrite

pytestmark = pytest.mark.anyio

LOGIN = "/eventbrite/login/oauth"
GARDEN = f"{EVENTBRITE}/events/900000000001"
EVENT = (
    "name description id url start end created changed published capacity capacity_is_custom status currency "
    "listed shareable invite_only online_event show_remaining tx_time_limit hide_start_date hide_end_date locale "
    "is_locked privacy_setting is_series is_series_parent is_reserved_seating inventory_type source is_free "
    "version summary organization_id logo_id organizer_id venue_id category_id subcategory_id format_id "
    "resource_uri logo"
)
PAID_CLASS = (
    "actual_cost actual_fee auto_hide cost description donation event_id fee free has_pdf_ticket hidden "
    "hide_description id include_fee maximum_quantity maximum_quantity_per_order minimum_quantity name "
    "on_sale_status quantity_sold quantity_total resource_uri sales_channels sales_end sales_start split_fee tax "
    "variants"
)
ATTENDEE = (
    "team costs resource_uri id changed created quantity profile barcodes answers checked_in cancelled refunded "
    "affiliate status ticket_class_name event_id order_id ticket_class_id"
)
ORDER = "costs resource_uri id changed created name first_name last_name email status time_remaining event_id"
COSTS = {"base_price", "eventbrite_fee", "gross", "payment_fee", "tax"}
PAGINATION = {"object_count", "page_number", "page_size", "page_count", "has_more_items"}


@pytest.mark.parametrize("size", [1, 3, 100, 5000])
async def test_a_walk_by_continuation_gives_every_event_once(client: httpx2.AsyncClient, size: int) -> None:
    rows = [row for one in ORGANIZATIONS for row in await Eventbrite().walk(client, f"{one}/events/", page_size=size)]

    assert sorted(row["id"] for row in rows) == [str(900_000_000_000 + number) for number in range(1, 13)]


@pytest.mark.parametrize("name, rows", [("orders", 171), ("attendees", 352)])
async def test_lists_of_an_organization_are_complete(client: httpx2.AsyncClient, name: str, rows: int) -> None:
    ids = [row["id"] for row in await Eventbrite().walk(client, f"{ORGANIZATIONS[0]}/{name}/")]

    assert (len(ids), len(set(ids))) == (rows, rows)


async def test_the_last_page_has_no_continuation(client: httpx2.AsyncClient) -> None:
    first = (await Eventbrite().get(client, f"{ORGANIZATIONS[0]}/orders/")).json()["pagination"]
    last = (await Eventbrite().get(client, f"{ORGANIZATIONS[0]}/orders/", page=4)).json()["pagination"]

    assert set(first) == PAGINATION | {"continuation"}
    assert set(last) == PAGINATION
    assert (last["page_number"], last["page_count"], last["has_more_items"]) == (4, 4, False)


async def test_only_events_take_a_page_size(client: httpx2.AsyncClient) -> None:
    orders = (await Eventbrite().get(client, f"{ORGANIZATIONS[0]}/orders/", page_size=5)).json()
    events = (await Eventbrite().get(client, f"{ORGANIZATIONS[0]}/events/", page_size=5)).json()

    assert (orders["pagination"]["page_size"], events["pagination"]["page_size"]) == (50, 5)


@pytest.mark.parametrize(
    "query, error",
    [
        ({"continuation": "nonsense"}, "BAD_CONTINUATION_TOKEN"),
        ({"page": "9"}, "BAD_PAGE"),
        ({"changed_since": "yesterday"}, "ARGUMENTS_ERROR"),
    ],
)
async def test_wrong_arguments(client: httpx2.AsyncClient, query: dict[str, str], error: str) -> None:
    answer = await Eventbrite().get(client, f"{ORGANIZATIONS[0]}/orders/", **query)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "token, status, error",
    [("", 401, "NO_AUTH"), ("WRONG", 401, "INVALID_AUTH"), ("sk_test_forbidden_1", 403, "NOT_AUTHORIZED")],
)
async def test_tokens(client: httpx2.AsyncClient, token: str, status: int, error: str) -> None:
    answer = await client.get(f"{EVENTBRITE}/users/me/", headers={"Authorization": f"Bearer {token}"} if token else {})

    assert answer.status_code == status
    assert (answer.json()["status_code"], answer.json()["error"]) == (status, error)
    assert set(answer.json()) == {"status_code", "error", "error_description"}


async def test_a_token_may_stand_in_the_query(client: httpx2.AsyncClient) -> None:
    assert (await client.get(f"{EVENTBRITE}/users/me/", params={"token": eventbrite.TOKEN})).status_code == 200


async def test_a_missing_slash_is_a_redirect_and_an_unknown_event_is_not_found(client: httpx2.AsyncClient) -> None:
    assert (await Eventbrite().get(client, f"{EVENTBRITE}/users/me")).status_code == 301
    assert (await Eventbrite().get(client, f"{EVENTBRITE}/events/1/")).json()["error"] == "NOT_FOUND"


async def test_rows_have_the_recorded_fields(client: httpx2.AsyncClient) -> None:
    event = (await Eventbrite().get(client, f"{GARDEN}/")).json()
    (paid, *_) = (await Eventbrite().get(client, f"{GARDEN}/ticket_classes/")).json()["ticket_classes"]
    (attendee, *_) = (await Eventbrite().get(client, f"{GARDEN}/attendees/")).json()["attendees"]
    (order, *_) = (await Eventbrite().get(client, f"{GARDEN}/orders/")).json()["orders"]

    assert set(EVENT.split()) <= set(event)
    assert set(PAID_CLASS.split()) <= set(paid)
    assert set(ATTENDEE.split()) <= set(attendee)
    assert set(ORDER.split()) == set(order)
    assert set(attendee["costs"]) == set(order["costs"]) >= COSTS
    assert set(order["costs"]["gross"]) == {"display", "currency", "value", "major_value"}


async def test_a_free_class_has_no_cost(client: httpx2.AsyncClient) -> None:
    (free,) = (await Eventbrite().get(client, f"{EVENTBRITE}/events/900000000002/ticket_classes/")).json()[
        "ticket_classes"
    ]

    assert free["free"] is True
    assert not {"cost", "actual_cost", "fee", "tax"} & set(free)


async def test_venue_and_category_come_only_on_request(client: httpx2.AsyncClient) -> None:
    plain = (await Eventbrite().get(client, f"{GARDEN}/")).json()
    expanded = (await Eventbrite().get(client, f"{GARDEN}/", expand="venue,category")).json()

    assert not {"venue", "category"} & set(plain)
    assert expanded["category"] == {"id": "103", "name": "Music"}
    assert expanded["venue"]["address"]["city"] == "Paris"
    assert (expanded["venue"]["latitude"], expanded["venue"]["longitude"]) == ("48.8591000", "2.3781000")


@pytest.mark.parametrize("event, value, text", [("5", 5300, "5300"), ("6", 14500, "14.500"), ("3", 7040, "70.40")])
async def test_money_follows_the_currency(client: httpx2.AsyncClient, event: str, value: int, text: str) -> None:
    orders = (await Eventbrite().get(client, f"{EVENTBRITE}/events/90000000000{event}/orders/")).json()["orders"]

    gross = orders[0]["costs"]["gross"]
    assert (gross["value"], gross["major_value"]) == (value, text)


async def test_gross_is_what_its_parts_add_up_to(client: httpx2.AsyncClient) -> None:
    for row in await Eventbrite().walk(client, f"{ORGANIZATIONS[0]}/orders/"):
        parts = {name: row["costs"][name]["value"] for name in COSTS}
        assert parts.pop("gross") == sum(parts.values())


async def test_what_became_of_orders(client: httpx2.AsyncClient) -> None:
    rows = await Eventbrite().walk(client, f"{GARDEN}/orders/", expand="refund_requests,attendees")
    found = {int(row["id"]) - 8_000_000_000: row for row in rows}

    def refunds(number: int) -> list[str]:
        return [
            item["amount_processed"]["major_value"] for one in found[number]["refund_requests"] for item in one["items"]
        ]

    def attendees(number: int) -> list[tuple[str, bool, bool]]:
        return [(one["status"], one["cancelled"], one["refunded"]) for one in found[number]["attendees"]]

    statuses = {number: row["status"] for number, row in found.items()}
    assert [statuses[number] for number in (1, 2, 3, 4, 8, 9)] == [
        "placed",
        "refunded",
        "cancelled",
        "placed",
        "pending",
        "abandoned",
    ]
    assert 10 not in found, "a test order"
    assert (refunds(1), refunds(2), refunds(3), refunds(4)) == (["25.00"], ["15.00"], ["15.00"], [])
    assert attendees(1) == [("Attending", False, False), ("Not Attending", False, True)]
    assert attendees(3) == [("Not Attending", True, False)]
    assert attendees(8) == [("Unpaid", False, False)] * 2


async def test_a_check_in_is_seen_on_the_barcode(client: httpx2.AsyncClient) -> None:
    rows = await Eventbrite().walk(client, f"{EVENTBRITE}/events/900000000011/attendees/")
    used = [row["barcodes"][0] for row in rows if row["checked_in"]]

    assert len(used) == 5
    assert {(one["status"], one["checkin_type"]) for one in used} == {("used", 1)}
    assert used[0]["changed"] == "2026-10-24T20:00:00Z"


@pytest.mark.parametrize(
    "path, query, rows",
    [
        ("events", {"status": "draft"}, 0),
        ("events", {"status": "completed,canceled"}, 2),
        ("orders", {"changed_since": "2026-10-20T11:00:00Z"}, 8),
        ("orders", {"status": "inactive"}, 7),
        ("attendees", {"status": "unpaid"}, 8),
    ],
)
async def test_filters(client: httpx2.AsyncClient, path: str, query: dict[str, str], rows: int) -> None:
    assert len(await Eventbrite().walk(client, f"{ORGANIZATIONS[0]}/{path}/", **query)) == rows


@pytest.mark.parametrize("path", [f"{ORGANIZATIONS[0]}/reports/sales/", f"{EVENTBRITE}/reports/sales/"])
async def test_the_sales_report_is_in_major_units(client: httpx2.AsyncClient, path: str) -> None:
    report = (await Eventbrite().get(client, path, event_ids="900000000004")).json()

    assert report["totals"] == {
        "currency": "USD",
        "gross": "1080.00",
        "net": "1026.00",
        "fees": "54.00",
        "quantity": 9,
    }
    assert len(report["data"]) == 6


async def test_a_person_lets_a_client_in(client: httpx2.AsyncClient) -> None:
    page = await client.get(
        f"{LOGIN}/authorize",
        params={
            "client_id": "SANDBOXAPIKEY",
            "redirect_uri": "http://127.0.0.1:1/back",
            "state": "s 1",
            "approve": "1",
        },
    )
    back = parse_qs(urlsplit(page.headers["location"]).query)
    form = {
        "grant_type": "authorization_code",
        "client_id": "SANDBOXAPIKEY",
        "client_secret": "sk_test_sandbox_eventbrite",
        "code": back["code"][0],
        "redirect_uri": "http://127.0.0.1:1/back",
    }
    given = await client.post(f"{LOGIN}/token", data=form)
    again = await client.post(f"{LOGIN}/token", data=form)

    assert (page.status_code, back["state"]) == (302, ["s 1"])
    assert set(given.json()) == {"access_token", "token_type"}, "no refresh token, no end"
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    me = await client.get(f"{EVENTBRITE}/users/me/", params={"token": given.json()["access_token"]})
    assert me.status_code == 200


async def test_the_page_asks_before_it_lets_anybody_in(client: httpx2.AsyncClient) -> None:
    asked = {"client_id": "SANDBOXAPIKEY", "redirect_uri": "http://127.0.0.1:1/back"}
    page = await client.get(f"{LOGIN}/authorize", params=asked)
    unknown = await client.get(f"{LOGIN}/authorize", params={**asked, "client_id": "OTHER"})

    assert page.headers["content-type"].startswith("text/html")
    assert '<a id="allow" href="?client_id=SANDBOXAPIKEY&amp;redirect_uri=' in page.text
    assert unknown.status_code == 400


async def test_expired_tokens_are_refused(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.expire_tokens("eventbrite")

    assert (await Eventbrite().get(client, f"{EVENTBRITE}/users/me/")).json()["error"] == "INVALID_AUTH"

import httpx2
import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.providers import pretix
from tests.sandbox.accounts import PRETIX, Pretix

pytestmark = pytest.mark.anyio

EVENT = (
    "name slug live testmode currency date_from date_to date_admission is_public presale_start presale_end "
    "location geo_lat geo_lon has_subevents seating_plan seat_category_mapping meta_data timezone plugins "
    "item_meta_properties all_sales_channels limit_sales_channels public_url"
)
SUBEVENT = (
    "id name event active is_public date_from date_to date_admission presale_start presale_end seating_plan "
    "seat_category_mapping location geo_lat geo_lon item_price_overrides variation_price_overrides meta_data"
)
ITEM = (
    "id name internal_name default_price category active description free_price tax_rate tax_rule admission "
    "position generate_tickets picture available_from available_until require_bundling require_voucher "
    "hide_without_voucher allow_cancel min_per_order max_per_order checkin_attention has_variations "
    "require_approval variations addons bundles original_price"
)
QUOTA = "id name size items variations subevent close_when_sold_out closed"
ORDER = (
    "code event status testmode secret email phone locale customer datetime expires payment_date sales_channel "
    "fees url payment_provider total comment api_meta checkin_attention invoice_address require_approval "
    "valid_if_pending positions downloads payments refunds cancellation_date last_modified"
)
POSITION = (
    "id order positionid item variation price attendee_name_parts attendee_name attendee_email voucher discount "
    "tax_rate tax_value tax_rule secret addon_to pseudonymization_id checkins downloads seat company street "
    "zipcode city country state valid_from valid_until blocked answers subevent canceled"
)
GARDEN = "/events/concert-au-jardin"


@pytest.mark.parametrize("size", [3, 50, 500])
async def test_a_walk_by_the_next_link_gives_every_event_once(client: httpx2.AsyncClient, size: int) -> None:
    slugs = [row["slug"] for row in await Pretix().walk(client, "/events/", page_size=size)]

    assert slugs == sorted(set(slugs))
    assert len(slugs) == 11, "the two dates of a series are one event"


@pytest.mark.parametrize(
    "path, rows",
    [
        ("/orders/", 180),
        ("/orderpositions/", 362),
        ("/orderpositions/?include_canceled_positions=true", 369),
        ("/events/festival-des-quais/orderpositions/", 249),
    ],
)
async def test_lists_are_complete(client: httpx2.AsyncClient, path: str, rows: int) -> None:
    found = await Pretix().walk(client, path)

    assert len({row.get("code", row.get("id")) for row in found}) == len(found) == rows


async def test_pages_hold_at_most_fifty_and_links_are_absolute(client: httpx2.AsyncClient) -> None:
    answer = (await Pretix().get(client, "/orders/", page_size=500)).json()

    assert (answer["count"], len(answer["results"]), answer["previous"]) == (180, 50, None)
    assert answer["next"] == f"http://sandbox{PRETIX}/orders/?page_size=500&page=2"


@pytest.mark.parametrize("page, status", [(4, 200), (5, 404), (0, 404)])
async def test_past_the_end(client: httpx2.AsyncClient, page: int, status: int) -> None:
    assert (await Pretix().get(client, "/orders/", page=page)).status_code == status


async def test_a_missing_slash_is_a_redirect(client: httpx2.AsyncClient) -> None:
    answer = await Pretix().get(client, "/orders", page=2)

    assert (answer.status_code, answer.headers["location"]) == (301, f"http://sandbox{PRETIX}/orders/?page=2")


@pytest.mark.parametrize(
    "headers, path, status, detail",
    [
        ({}, PRETIX + "/", 401, "Authentication credentials were not provided."),
        ({"Authorization": "Token wrong"}, PRETIX + "/", 401, "Invalid token."),
        ({"Authorization": "Bearer sandboxteamtoken0000pretix"}, PRETIX + "/", 401, "Invalid token."),
        (Pretix.headers, "/pretix/api/api/v1/organizers/others/", 403, pretix.DETAIL[403]),
        (Pretix.headers, PRETIX + "/events/unknown/", 403, pretix.DETAIL[403]),
        ({"Authorization": "Token sk_test_forbidden_1"}, PRETIX + "/", 403, pretix.DETAIL[403]),
        (Pretix.headers, PRETIX + GARDEN + "/orders/NONE5/", 404, "Not found."),
    ],
)
async def test_refusals(
    client: httpx2.AsyncClient, headers: dict[str, str], path: str, status: int, detail: str
) -> None:
    answer = await client.get(path, headers=headers)

    assert (answer.status_code, answer.json()) == (status, {"detail": detail})


async def test_a_wrong_date_is_refused_by_field(client: httpx2.AsyncClient) -> None:
    answer = await Pretix().get(client, "/orders/", modified_since="yesterday")

    assert (answer.status_code, answer.json()) == (400, {"modified_since": ["Enter a valid date/time."]})


@pytest.mark.parametrize(
    "path, fields",
    [
        ("/events/", EVENT),
        ("/subevents/", SUBEVENT),
        (f"{GARDEN}/items/", ITEM),
        (f"{GARDEN}/quotas/", QUOTA),
        ("/orders/", ORDER),
        ("/orderpositions/", POSITION),
    ],
)
async def test_rows_have_the_documented_fields(client: httpx2.AsyncClient, path: str, fields: str) -> None:
    row = (await Pretix().get(client, path, page_size=1)).json()["results"][0]

    assert set(fields.split()) <= set(row)


async def test_an_event(client: httpx2.AsyncClient) -> None:
    event = (await Pretix().get(client, f"{GARDEN}/")).json()

    assert event["name"] == {"fr": "Concert au jardin : l’été « à cordes »"}
    assert event["location"] == {"fr": "Jardin des Cordes\n12 rue du Luth\n75011 Paris"}
    assert (event["date_from"], event["timezone"], event["geo_lat"]) == (
        "2027-06-18T18:30:00Z",
        "Europe/Paris",
        48.8591,
    )
    settings = (await Pretix().get(client, f"{GARDEN}/settings/")).json()
    assert settings["frontpage_text"]["fr"].startswith("<p>Un quatuor")


async def test_a_series_is_one_event_with_dates(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    event = (await Pretix().get(client, "/events/winterkabarett/")).json()
    dates = await Pretix().walk(client, "/events/winterkabarett/subevents/")
    orders = await Pretix().walk(client, "/events/winterkabarett/orders/", subevent=dates[1]["id"])

    assert event["has_subevents"] is True
    assert [date["date_from"] for date in dates] == ["2026-12-11T19:00:00Z", "2026-12-12T19:00:00Z"]
    assert len(orders) == 4
    assert {position["subevent"] for order in orders for position in order["positions"]} == {dates[1]["id"]}
    assert {pretix.event_id(one) for one in sandbox.box_office.events if one.series} == {"winterkabarett"}


async def test_types_of_a_group_are_variations(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    (item,) = await Pretix().walk(client, "/events/festival-des-quais/items/")
    kinds = sandbox.box_office.event("festival-des-quais").ticket_types

    assert item["name"] == {"fr": "Pass"}
    assert [(one["value"], one["price"]) for one in item["variations"]] == [
        ({"fr": "1 jour"}, "39.00"),
        ({"fr": "3 jours"}, "99.00"),
    ]
    assert [f"{item['id']}-{one['id']}" for one in item["variations"]] == [
        pretix.ticket_type_id(kind) for kind in kinds
    ]


async def test_quotas_are_shared_and_count_only_on_request(client: httpx2.AsyncClient) -> None:
    plain = await Pretix().walk(client, f"{GARDEN}/quotas/")
    counted = await Pretix().walk(client, f"{GARDEN}/quotas/", with_availability="true")

    assert "available_number" not in plain[0]
    assert [(quota["size"], quota["items"], quota["available_number"]) for quota in counted] == [
        (80, [1], 72),
        (40, [2], 33),
        (4, [3], 0),
        (10, [4], 10),
        (134, [1, 2, 3, 4], 115),
    ]


async def test_what_became_of_orders(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    rows = await Pretix().walk(client, f"{GARDEN}/orders/", include_canceled_positions="true")
    numbers = {pretix.order_id(order): order.number for order in sandbox.box_office.orders}
    found = {
        numbers[row["code"]]: (
            row["status"],
            row["total"],
            [(one["fee_type"], one["value"]) for one in row["fees"]],
            [one["canceled"] for one in row["positions"]],
            [(one["state"], one["amount"]) for one in row["payments"]],
            [one["amount"] for one in row["refunds"]],
        )
        for row in rows
    }

    assert found[1] == ("p", "25.00", [], [False, True], [("confirmed", "50.00")], ["25.00"])
    assert found[2] == ("c", "15.00", [], [False], [("refunded", "15.00")], ["15.00"])
    assert found[3] == ("p", "10.00", [("cancellation", "10.00")], [True], [("confirmed", "25.00")], ["15.00"])
    assert found[8] == ("n", "40.00", [], [False, False], [("pending", "40.00")], [])
    assert found[9] == ("e", "25.00", [], [False], [("failed", "25.00")], [])
    assert [row["testmode"] for row in rows if numbers[row["code"]] == 10] == [True]


@pytest.mark.parametrize(
    "event, total",
    [("hotaru", "3500.00"), ("dhow-stories", "14.50"), ("fog-and-brass", "70.40"), ("nachtflohmarkt", "0.00")],
)
async def test_money_is_text_with_two_decimals(client: httpx2.AsyncClient, event: str, total: str) -> None:
    order = (await Pretix().get(client, f"/events/{event}/orders/", page_size=1)).json()["results"][0]

    assert order["total"] == total


@pytest.mark.parametrize(
    "path, rows",
    [
        ("/orders/?testmode=true", 1),
        ("/orders/?status=n", 3),
        ("/orders/?modified_since=2026-10-20T11:00:00Z", 8),
        ("/orders/?created_since=2026-10-05T17:00:00Z&created_before=2026-10-07T00:00:00Z", 3),
        ("/events/?live=false", 2),
        ("/events/?has_subevents=true", 1),
        ("/events/?date_from_after=2027-06-05T10:00:00Z&date_from_before=2027-06-19T00:00:00Z", 2),
        ("/subevents/?modified_since=2026-02-01T00:00:00Z", 0),
        ("/events/nuit-des-horloges/orderpositions/?has_checkin=true", 5),
        (f"{GARDEN}/orderpositions/?item=2&order__status__in=p,n", 7),
    ],
)
async def test_filters(client: httpx2.AsyncClient, path: str, rows: int) -> None:
    assert len(await Pretix().walk(client, path)) == rows


async def test_the_page_tells_the_time_of_the_server(client: httpx2.AsyncClient) -> None:
    answer = await Pretix().get(client, "/orders/")

    assert answer.headers["x-page-generated"] == "2026-11-02T09:00:00.000000Z"


async def test_order_by_last_change_moves_rows_and_order_by_purchase_does_not(client: httpx2.AsyncClient) -> None:
    by_change = [row["last_modified"] for row in await Pretix().walk(client, "/orders/", ordering="-last_modified")]
    by_purchase = [row["datetime"] for row in await Pretix().walk(client, "/orders/")]

    assert by_change == sorted(by_change, reverse=True)
    assert by_purchase == sorted(by_purchase)

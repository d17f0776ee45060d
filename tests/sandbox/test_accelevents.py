import httpx2
import pytest

from tests.sandbox.accounts import ACCELEVENTS, Accelevents

pytestmark = pytest.mark.anyio
FESTIVAL = "/events/festival-des-quais"
GARDEN = "/events/concert-au-jardin"


async def test_events_are_those_to_come_or_those_that_are_over(client: httpx2.AsyncClient) -> None:
    (organizer,) = (await Accelevents().get(client, "/u/organizers")).json()
    path = f"/u/organizer/{organizer['organizerPageURL']}"
    coming, over = [(await Accelevents().get(client, f"{path}/{past}")).json() for past in ("false", "true")]

    assert (len(coming), [event["eventURL"] for event in over]) == (11, ["nuit-des-horloges"])
    assert (over[0]["eventStartDate"], over[0]["eventEndDate"]) == ("2026/10/24 22:00", "2026/10/25 06:00")
    assert (over[0]["equivalentTimezone"], over[0]["currency"]) == ("Europe/Paris", "EUR")


@pytest.mark.parametrize(
    "path, status, code",
    [
        ("/events/nowhere/staff/orders", 406, "4040200"),
        ("/u/organizer/nobody/false", 406, "4040300"),
        ("/nothing", 404, "4040000"),
    ],
)
async def test_what_is_not_there(client: httpx2.AsyncClient, path: str, status: int, code: str) -> None:
    answer = await Accelevents().get(client, path)

    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)


@pytest.mark.parametrize(
    "headers, status, code",
    [
        ({}, 401, "4010101"),
        ({"Key": "sk_test_wrong"}, 401, "4010101"),
        ({"X-API-Key": "sk_test_sandbox_accelevents"}, 401, "4010101"),
        ({"Key": "sk_test_forbidden_1"}, 403, "4030101"),
        ({"Key": "sk_test_sandbox_accelevents"}, 200, None),
    ],
)
async def test_keys(client: httpx2.AsyncClient, headers: dict[str, str], status: int, code: str | None) -> None:
    answer = await client.get(f"{ACCELEVENTS}/u/organizers", headers=headers)

    assert answer.status_code == status
    assert code is None or answer.json()["errorCode"] == code


@pytest.mark.parametrize(
    "path, rows, query, count",
    [
        ("/staff/orders", "data", {"size": 7}, 115),
        ("/staff/orders", "data", {}, 115),
        ("/staff/orders", "data", {"dataType": "ADDON"}, 0),
        ("/staff/orders", "data", {"searchTimeStamp": "02/11/2026 14:01:00"}, 6),
        ("/staff/allAttendees", "attendees", {"size": 100}, 253),
        ("/staff/allAttendees", "attendees", {}, 253),
    ],
)
async def test_lists(client: httpx2.AsyncClient, path: str, rows: str, query: dict[str, str], count: int) -> None:
    found = await Accelevents().walk(client, FESTIVAL + path, rows, **query)

    assert len(found) == len({str(row) for row in found}) == count


@pytest.mark.parametrize("path, rows, size", [("/staff/orders", "data", 10), ("/staff/allAttendees", "attendees", 100)])
async def test_pages_begin_at_zero(client: httpx2.AsyncClient, path: str, rows: str, size: int) -> None:
    first, same, second = [
        (await Accelevents().get(client, FESTIVAL + path, **query)).json() for query in ({}, {"page": 0}, {"page": 1})
    ]

    assert (len(first[rows]), first, second[rows][0] in first[rows]) == (size, same, False)


async def test_an_order_and_what_was_given_back(client: httpx2.AsyncClient) -> None:
    rows = {row["orderId"]: row for row in await Accelevents().walk(client, f"{GARDEN}/staff/orders", "data")}
    said = {number: (row["status"], row["orderType"], row["totalAmount"]) for number, row in rows.items()}
    details = {
        number: (await Accelevents().get(client, f"{GARDEN}/staff/refund/order/{number}")).json() for number in (1, 3)
    }
    seats = {
        number: [(seat["ticketStatus"], seat["refundedAmount"]) for seat in detail["attendee"]]
        for number, detail in details.items()
    }

    assert said[1] == ("paid", "CARD", 50.0)
    assert said[2] == ("refunded", "CARD", 15.0)
    assert said[8] == ("unpaid", "UNPAID", 40.0)
    assert said[9] == ("unpaid", "UNPAID_DELETE", 25.0)
    assert 10 not in said, "a test order"
    assert seats == {1: [("BOOKED", 0.0), ("REFUNDED", 25.0)], 3: [("CANCELLED", 15.0)]}


async def test_ticket_types(client: httpx2.AsyncClient) -> None:
    types = (await Accelevents().get(client, "/events/fog-and-brass/ticketing/settings")).json()["ticketTypes"]

    assert [(kind["price"], kind["fee"], kind["passFeesToBuyer"]) for kind in types] == [
        (18.5, 1.85, True),
        (32.0, 3.2, True),
        (22.0, 2.2, True),
    ]
    assert types[2]["startDate"] == "2027/01/15 10:00"

from typing import Any

import httpx2
import pytest

from spekta.sandbox.providers.mapado import wanted
from tests.sandbox.accounts import MAPADO, Mapado

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "path, rows", [("/event_dates", 12), ("/ticketings", 11), ("/ticket_prices", 21), ("/tickets", 368)]
)
@pytest.mark.parametrize("size", [7, 400])
async def test_lists_are_complete(client: httpx2.AsyncClient, path: str, rows: int, size: int) -> None:
    ids = [row["@id"] for row in await Mapado().walk(client, path, itemsPerPage=size, fields="@id")]

    assert (len(ids), len(set(ids))) == (rows, rows)


async def test_a_page_has_a_link_to_the_next_one_and_an_empty_list_no_total(client: httpx2.AsyncClient) -> None:
    first = (await Mapado().get(client, "/event_dates", itemsPerPage=7)).json()
    last = (await Mapado().get(client, "/event_dates", itemsPerPage=7, page=2)).json()
    past = (await Mapado().get(client, "/event_dates", itemsPerPage=7, page=3)).json()
    none = (await Mapado().get(client, "/tickets", eventDate="146010")).json()

    assert first["hydra:nextPage"] == "/v1/event_dates?itemsPerPage=7&page=2"
    assert [len(page["hydra:member"]) for page in (first, last, past)] == [7, 5, 0]
    assert ("hydra:nextPage" in last, last["hydra:totalItems"]) == (False, 12)
    assert ("hydra:totalItems" in none, none["hydra:member"]) == (False, [])


@pytest.mark.parametrize(
    "said, fields",
    [
        ("@id", {"@id": {}}),
        ("@id,a{b,c{d}},e", {"@id": {}, "a": {"b": {}, "c": {"d": {}}}, "e": {}}),
        (" a , b{c} ", {"a": {}, "b": {"c": {}}}),
        ("a}}b", {"a": {}, "b": {}}),
        ("", {}),
    ],
)
def test_fields_are_read(said: str, fields: dict[str, Any]) -> None:
    assert wanted(said) == fields


async def test_only_the_fields_that_are_asked_for_are_told(client: httpx2.AsyncClient) -> None:
    async def told(**query: Any) -> Any:
        return (await Mapado().get(client, "/event_dates/146001", **query)).json()

    assert await told() == {"@id": "/v1/event_dates/146001", "@type": "EventDate"}
    assert (await told(fields="status,ticketing"))["ticketing"] == "/v1/ticketings/591"
    show = (await told(fields="ticketing{title,venue{city}}"))["ticketing"]
    assert show == {"@type": "Ticketing", "title": "Concert au jardin : l’été « à cordes »", "venue": {"city": "Paris"}}


@pytest.mark.parametrize(
    "path, query, rows",
    [
        ("/tickets", {"eventDate": "146001"}, 23),
        ("/tickets", {"eventDate": "/v1/event_dates/146001"}, 23),
        ("/tickets", {"eventDate": "146001", "status": "payed"}, 17),
        ("/tickets", {"eventDate": "146001", "updatedSince": "2026-09-20T16:00:00Z"}, 4),
        ("/tickets", {"ticketPrice": "503", "contract": "/v1/contracts/237"}, 4),
        ("/tickets", {"contract": "1"}, 0),
        ("/event_dates", {"status": "cancelled"}, 1),
        ("/ticket_prices", {"eventDate": "146002"}, 1),
    ],
)
async def test_filters(client: httpx2.AsyncClient, path: str, query: dict[str, str], rows: int) -> None:
    assert len(await Mapado().walk(client, path, itemsPerPage=1000, **query)) == rows


@pytest.mark.parametrize("query", [{"page": 0}, {"itemsPerPage": "all"}, {"updatedSince": "lately"}])
async def test_what_cannot_be_asked_is_refused(client: httpx2.AsyncClient, query: dict[str, Any]) -> None:
    answer = await Mapado().get(client, "/tickets", **query)

    assert (answer.status_code, answer.json()["@type"]) == (400, "hydra:Error")


@pytest.mark.parametrize("token, status", [("wrong", 401), ("sk_test_forbidden_1", 403)])
async def test_tokens(client: httpx2.AsyncClient, token: str, status: int) -> None:
    answer = await client.get(f"{MAPADO}/ticketings", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, "hydra:description" in answer.json()) == (status, True)


async def test_money_is_in_cents_and_in_euros(client: httpx2.AsyncClient) -> None:
    fields = "facialValue,valueIncvat,tax{rate}"
    full = (await Mapado().get(client, "/ticket_prices", eventDate="146001", fields=fields)).json()["hydra:member"][0]
    fields = "facialValue,facialFeeValue,ticketPrice"
    foggy = (await Mapado().get(client, "/tickets", eventDate="146003", fields=fields)).json()["hydra:member"][0]

    assert (full["facialValue"], full["valueIncvat"], full["tax"]) == (2500, 25.0, {"rate": 0.2})
    assert (foggy["facialValue"], foggy["facialFeeValue"]) == (3200, 320)
    assert foggy["ticketPrice"].startswith("/v1/ticket_prices/")

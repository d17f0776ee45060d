from decimal import Decimal

import pytest

from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.clerk import Clerk
from spekta.sandbox.providers import services
from tests.connectors import expected
from tests.mcp_server.conftest import PLATFORMS, Assistant, selling

pytestmark = pytest.mark.anyio


@pytest.mark.needs("tickets")
@pytest.mark.parametrize("slug", PLATFORMS)
async def test_ticket_types_are_those_on_sale(everything: Assistant, box: BoxOffice, slug: str) -> None:
    [found] = (await everything.ask("list_events", connections=[slug], q="festival"))["events"]
    told = await everything.ask("list_tickets", event=found["event"])
    truth = expected.records(services()[slug], box, "tickets")
    assert (told["event"], told["name"]) == (found["event"], found["name"])
    currency = None if "ticket.currency" in services()[slug].not_carried else "EUR"
    assert {(row["name"], Decimal(row["price"]), row.get("currency")) for row in told["ticket_types"]} == {
        (fields["name"], fields["price"], currency)
        for fields in truth.values()
        if fields["event_id"] == services()[slug].event_id(box.event("festival-des-quais"))
    }
    assert told["connections"] == [{"connection": slug, "status": "ok", "count": 2}]


@pytest.mark.parametrize("key, price", [("hotaru", "3500"), ("dhow-stories", "7.250"), ("fog-and-brass", "18.50")])
async def test_prices_have_the_decimals_of_their_currency(
    assistant: Assistant, box: BoxOffice, key: str, price: str
) -> None:
    event = box.event(key)
    told = await assistant.ask("list_tickets", event=f"eventbrite:{services()['eventbrite'].event_id(event)}")
    assert price in [row["price"] for row in told["ticket_types"]]
    assert {row["currency"] for row in told["ticket_types"]} == {event.currency}


async def test_what_is_sold_and_left_is_told(assistant: Assistant, box: BoxOffice) -> None:
    told = await assistant.ask("list_tickets", event="ticket-tailor:ev_12")
    day = told["ticket_types"][0]
    assert day["name"] == "Pass – 1 jour"
    assert (day["sold"], day["available"], day["total"]) == (166, 409, 575)


async def test_more_ticket_types_than_fit_go_on_with_a_cursor() -> None:
    event = Clerk().event("fair", {f"Stall {number}": number for number in range(130)})
    assistant = selling(BoxOffice([event]))
    first = await assistant.ask("list_tickets", event="ticket-tailor:ev_1")
    second = await assistant.ask("list_tickets", event="ticket-tailor:ev_1", cursor=first["next_cursor"])
    names = [row["name"] for told in (first, second) for row in told["ticket_types"]]
    assert len(first["ticket_types"]) == 100
    assert sorted(names) == sorted(f"Stall {number}" for number in range(130))
    assert "next_cursor" not in second

import json
from decimal import Decimal
from typing import Any

import pytest

from connectors import find_provider
from connectors.references import parse, refer
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.programme import PEOPLE
from spekta.sandbox.providers import services
from tests.connectors import expected
from tests.mcp_server.conftest import PLATFORMS, Assistant, by_connection

pytestmark = pytest.mark.anyio

WIDE = [
    slug
    for slug in PLATFORMS
    if (parts := find_provider(slug).parts("orders")) and all(part.wide and not part.when for part in parts)
]
AMELIE = "amelie@example.org"
FESTIVAL = "ticket-tailor:ev_12"


async def _all(assistant: Assistant, **asked: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        told = await assistant.ask("list_orders", **asked, **more)
        rows += told["orders"]
        if "next_cursor" not in told:
            return rows
        more = {"cursor": told["next_cursor"]}


@pytest.mark.needs("orders")
@pytest.mark.parametrize("slug", PLATFORMS)
async def test_the_orders_of_an_event(everything: Assistant, box: BoxOffice, slug: str) -> None:
    service, event = services()[slug], box.event("concert-au-jardin")
    rows = await _all(everything, event=refer(slug, service.event_id(event)), limit=100)
    truth = {service.order_id(order): order for order in expected.orders_of(service, box, service.event_id(event))}
    assert {parse(row["order"]).id for row in rows} == set(truth)
    for row in rows:
        order = truth[parse(row["order"]).id]
        if "order.paid" not in service.not_carried and order.status == "paid":
            assert Decimal(row["paid"]) == order.paid
        assert row.get("test", False) in (order.test, False)
        assert "events" not in row


async def test_those_of_whole_accounts(assistant: Assistant, box: BoxOffice) -> None:
    rows = await _all(assistant, connections=["pretix", "eventbrite"], limit=100)
    for slug in ("pretix", "eventbrite"):
        found = {parse(row["order"]).id for row in rows if parse(row["order"]).connection == slug}
        assert found == set(expected.records(services()[slug], box, "orders"))
    assert all(row["events"] for row in rows)


async def test_the_newest_come_first(assistant: Assistant) -> None:
    told = await assistant.ask("list_orders", limit=50)
    placed = [row["placed_at"] for row in told["orders"] if "placed_at" in row]
    assert placed == sorted(placed, reverse=True)


async def test_a_platform_without_such_a_list_says_so(assistant: Assistant) -> None:
    status = by_connection((await assistant.ask("list_orders", limit=100))["connections"])
    assert set(WIDE) <= {name for name, row in status.items() if row["status"] == "ok"}
    assert status["evvnt"]["status"] == "unsupported"
    assert status["evvnt"]["message"].startswith("evvnt does not offer orders")
    narrow = [row for row in status.values() if row["status"] == "unsupported" and "whole account" in row["message"]]
    assert narrow
    assert {row["next"] for row in narrow} == {"Give an event_id."}


@pytest.mark.parametrize("status", ["refunded", "cancelled", "partially_refunded"])
async def test_only_those_of_one_status(assistant: Assistant, status: str) -> None:
    told = await assistant.ask("list_orders", event="pretix:concert-au-jardin", status=status)
    assert told["orders"]
    assert {row["status"] for row in told["orders"]} == {status}


async def test_nothing_fits(assistant: Assistant) -> None:
    told = await assistant.ask("list_orders", event="pretix:next-spring")
    assert told["orders"] == []
    assert told["notes"] == ["No order fits."]


async def test_details_are_told_if_asked(assistant: Assistant) -> None:
    [brief, *_] = (await assistant.ask("list_orders", event=FESTIVAL, limit=1))["orders"]
    told = await assistant.ask("list_orders", event=FESTIVAL, limit=1, response_format="detailed")
    [whole] = told["orders"]
    assert whole | brief == whole
    assert whole["total"]
    assert sum(line["quantity"] for line in whole["lines"]) >= whole["tickets"]
    assert {line["event"] for line in whole["lines"]} == {FESTIVAL}


@pytest.mark.needs("orders")
@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("slug", PLATFORMS)
async def test_buyers_are_named_only_if_asked_and_allowed(
    everything: Assistant, box: BoxOffice, slug: str, allowed: bool, asked: bool
) -> None:
    event = refer(slug, services()[slug].event_id(box.event("concert-au-jardin")))
    told = await everything.with_state(personal_data=allowed).ask(
        "list_orders", event=event, personal_data=asked, limit=100, response_format="detailed"
    )
    text = json.dumps(told, ensure_ascii=False)
    named = any(person.last_name and person.last_name in text for person in PEOPLE) or "@example.org" in text
    assert named is (
        allowed and asked and not {"order.buyer_name", "order.buyer_email"} <= set(services()[slug].not_carried)
    )
    refused = "Buyers are left out. The operator has not set SPEKTA_ALLOW_PERSONAL_DATA=true."
    assert (refused in told.get("notes", [])) is (asked and not allowed)


async def test_what_a_person_bought_everywhere(assistant: Assistant, box: BoxOffice) -> None:
    rows = await _all(
        assistant.with_state(personal_data=True), buyer_email=AMELIE, personal_data=True, limit=100, connections=WIDE
    )
    assert {row["buyer_email"] for row in rows} == {AMELIE}
    bought = [order for order in expected.orders_of(services()["pretix"], box) if order.buyer.email == AMELIE]
    assert len([row for row in rows if row["order"].startswith("pretix:")]) == len(bought) > 0


@pytest.mark.parametrize("asked, code", [(False, "invalid_argument"), (True, "not_allowed")])
async def test_nobody_is_looked_up_unless_asked_and_allowed(assistant: Assistant, asked: bool, code: str) -> None:
    error = await assistant.fail("list_orders", buyer_email=AMELIE, personal_data=asked)
    assert error["code"] == code
    assert AMELIE not in json.dumps(error)


async def test_an_event_names_its_connection(assistant: Assistant) -> None:
    error = await assistant.fail("list_orders", event=FESTIVAL, connections=["pretix"])
    assert (error["param"], error["next"]) == ("connections", "Leave out connections.")

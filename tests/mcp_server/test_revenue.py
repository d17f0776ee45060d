from decimal import Decimal
from typing import Any

import pytest

from connectors import find_provider
from connectors.references import refer
from spekta.sandbox.app import Sandbox
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.providers import services
from tests.connectors import expected
from tests.mcp_server.conftest import PLATFORMS, Assistant, by_connection

pytestmark = pytest.mark.anyio

SELLING = [slug for slug in PLATFORMS if "revenue" in find_provider(slug).capabilities]
FIGURES = ("gross_revenue", "refunds", "taxes", "fees", "net_revenue")


def truth(slug: str, box: BoxOffice, key: str) -> dict[str, Decimal]:
    """What a tool should say of an event's money: what the platform does not tell is absent."""
    service = services()[slug]
    found = expected.records(service, box, "revenue")[service.event_id(box.event(key))]
    lost = {name for name in FIGURES if f"revenue.{name}" in service.not_carried or found[name] is None}
    taken = sum((found[name] for name in ("refunds", "taxes", "fees") if name not in lost), Decimal(0))
    right = {name: found[name] for name in FIGURES if name not in lost}
    right["net_revenue"] = found["gross_revenue"] - taken
    return right if "refunds" in lost else right | {"gross_after_refunds": found["gross_revenue"] - found["refunds"]}


def amounts(row: dict[str, Any]) -> dict[str, Decimal]:
    return {name: Decimal(row[name]) for name in (*FIGURES, "gross_after_refunds") if name in row}


@pytest.mark.needs("revenue")
@pytest.mark.parametrize("key", ["festival-des-quais", "concert-au-jardin"])
@pytest.mark.parametrize("slug", PLATFORMS)
async def test_one_event(assistant: Assistant, box: BoxOffice, slug: str, key: str) -> None:
    told = await assistant.ask("get_revenue", event=refer(slug, services()[slug].event_id(box.event(key))))
    [row] = told["events"]
    right, found = truth(slug, box, key), amounts(row)
    if "revenue.gross_revenue" in services()[slug].not_carried:  # prices alone are told, so these are upper bounds
        assert all(right[name] <= found[name] <= right[name] + 10 for name in right)
    else:
        assert found | right == found
    assert row["name"] == box.event(key).name
    assert row["currency"] == "EUR"
    assert told["complete"] is True
    assert "totals" not in told


async def test_connections_are_summed_and_compared(assistant: Assistant, box: BoxOffice) -> None:
    told = await assistant.ask("get_revenue", q="festival", connections=SELLING)
    [total] = told["totals"]
    assert total["events"] == len(SELLING)
    assert Decimal(total["gross_revenue"]) == sum(Decimal(row["gross_revenue"]) for row in told["by_connection"])
    assert "fees (pretix)" in total["unreported"]
    for slug, row in by_connection(told["by_connection"]).items():
        right = truth(slug, box, "festival-des-quais")
        assert amounts(row).get("gross_after_refunds") == right.get("gross_after_refunds")
    assert told["complete"] is True


async def test_currencies_stay_apart(assistant: Assistant) -> None:
    told = await assistant.ask("get_revenue", connections=["eventbrite"])
    totals = {row["currency"]: row for row in told["totals"]}
    assert list(totals) == sorted(totals) == ["EUR", "GBP", "JPY", "KWD", "USD"]
    assert totals["KWD"]["gross_revenue"] == "72.500"
    assert "." not in totals["JPY"]["gross_revenue"]
    for currency, total in totals.items():
        rows = [row for row in told["events"] if row["currency"] == currency]
        assert Decimal(total["gross_revenue"]) == sum(Decimal(row["gross_revenue"]) for row in rows)
        ranks = [Decimal(row["gross_after_refunds"]) for row in rows]
        assert ranks == sorted(ranks, reverse=True)


async def test_sums_leave_out_a_connection_that_fails(assistant: Assistant, sandbox: Sandbox) -> None:
    sandbox.misbehave("eventbrite", "forbidden")
    told = await assistant.ask("get_revenue", q="festival", connections=SELLING)
    assert told["complete"] is False
    assert told["notes"] == ["totals and by_connection leave out eventbrite (failed)."]
    assert "eventbrite" not in by_connection(told["by_connection"])
    assert by_connection(told["connections"])["eventbrite"]["code"] == "permission_denied"
    assert told["totals"][0]["events"] == len(SELLING) - 1


async def test_sums_say_which_platform_has_no_sales(assistant: Assistant) -> None:
    told = await assistant.ask("get_revenue", q="festival", connections=["ticketmaster", "eventbrite"])
    assert told["complete"] is False
    assert told["notes"] == ["totals and by_connection leave out ticketmaster (unsupported)."]
    assert told["totals"][0]["events"] == 1


@pytest.mark.usefixtures("unhurried")
async def test_a_connection_that_breaks_off_shows_what_it_read(assistant: Assistant, sandbox: Sandbox) -> None:
    sandbox.misbehave("pretix", "error_always", path="/events/festival-des-quais/")
    told = await assistant.ask("get_revenue", connections=["pretix"])
    [status] = told["connections"]
    assert status["status"] == "partial"
    assert told["complete"] is False
    assert told["totals"] == told["by_connection"] == []
    assert "pretix:concert-au-jardin" in [row["event"] for row in told["events"]]


async def test_no_time_left(assistant: Assistant) -> None:
    told = await assistant.with_state(seconds=0).ask("get_revenue", connections=SELLING)
    assert told["events"] == []
    assert {status["code"] for status in told["connections"]} == {"deadline_exceeded"}


async def test_filters_that_fit_nothing_say_what_to_do(assistant: Assistant) -> None:
    told = await assistant.ask("get_revenue", q="spring festival", connections=SELLING)
    assert (told["events"], told["totals"]) == ([], [])
    assert told["notes"][0].startswith("No event fits. 'spring festival' must be a part of its name")

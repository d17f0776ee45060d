"""An answer has at most 40,000 characters; what does not fit is said, and how to get it."""

import re

import pytest

from mcp_server.answers import LARGEST, compact
from spekta.sandbox.box_office import BoxOffice, Person
from spekta.sandbox.clerk import Clerk
from tests.mcp_server.conftest import selling

pytestmark = pytest.mark.anyio


def _many(events: int = 120) -> BoxOffice:
    clerk = Clerk()
    found = [
        clerk.event(f"night-{number}", {"Entry": 10 + number}, name=f"Night {number}", description="All night. " * 40)
        for number in range(events)
    ]
    buyer = Person("Ada", "Roe", "ada@example.org")
    return BoxOffice(found, [clerk.order(event, buyer, clerk.ticket(event.ticket_types[0], buyer)) for event in found])


async def test_a_list_that_is_too_long_is_shortened_and_goes_on() -> None:
    assistant = selling(_many())
    asked = {"connections": ["ticket-tailor"], "response_format": "detailed", "limit": 100}
    names: list[str] = []
    more: dict[str, str] = {}
    while True:
        told = await assistant.ask("list_events", **asked, **more)
        assert len(compact(told)) <= LARGEST
        names += [row["name"] for row in told["events"]]
        if "next_cursor" not in told:
            break
        assert told["truncated"] is True
        assert re.fullmatch(
            r"Asked for \d+ records instead of 100, so that .* next_cursor goes on\.", told["notes"][-1]
        )
        more = {"cursor": told["next_cursor"]}
    assert sorted(names) == sorted(f"Night {number}" for number in range(120))


async def test_sums_hold_the_events_that_are_left_out() -> None:
    told = await selling(_many(160)).ask("get_revenue", connections=["ticket-tailor"], limit=500)
    assert len(compact(told)) <= LARGEST
    assert told["truncated"] is True
    assert told["totals"][0]["events"] == 160
    left_out = 160 - len(told["events"])
    assert told["notes"] == [
        f"{left_out} of 160 events are left out so that the answer fits. "
        "The sums hold them. Narrow the filters to see them."
    ]
    assert told["events"][0]["name"] == "Night 159"


async def test_the_best_sellers_of_each_currency_are_shown() -> None:
    told = await selling(_two_currencies()).ask("get_revenue", connections=["ticket-tailor"], limit=4)
    assert [(row["currency"], row["name"]) for row in told["events"]] == [
        ("EUR", "Night 9"),
        ("EUR", "Night 8"),
        ("JPY", "Yoru 9"),
        ("JPY", "Yoru 8"),
    ]
    assert told["truncated"] is True
    assert told["notes"] == ["4 of 20 events are shown, the sums hold all of them: see limit."]
    assert {total["events"] for total in told["totals"]} == {10}


def _two_currencies() -> BoxOffice:
    clerk = Clerk()
    names = {"EUR": "Night", "JPY": "Yoru"}
    found = [
        clerk.event(f"{name}-{number}", {"Entry": 10 + number}, name=f"{name} {number}", currency=currency)
        for currency, name in names.items()
        for number in range(10)
    ]
    buyer = Person("Ada", "Roe", "ada@example.org")
    return BoxOffice(found, [clerk.order(event, buyer, clerk.ticket(event.ticket_types[0], buyer)) for event in found])

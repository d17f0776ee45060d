"""RSVPify: guests answer in words of their own, and an event without money is an ordinary one."""

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from connectors import Unsupported

from ..sandboxed import Wire, connect, sandboxed

pytestmark = pytest.mark.anyio
GALA = {"id": "12", "name": "Gala", "starts_at": "2026-05-02T18:00:00", "timezone": "America/New_York"}


def answering(answers: dict[str, Any]) -> Any:
    """Change the sandbox's answers into these, by the end of the path; 404 where there is none."""

    def change(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        answer = answers.get(request.url.path.rpartition("/")[2])
        return httpx2.Response(404 if answer is None else 200, json={"data": answer})

    return change


@pytest.mark.parametrize(
    "name, said, status",
    [
        ("status", "attending", "valid"),
        ("status", "Accepted", "valid"),
        ("rsvp_status", "yes", "valid"),
        ("response", "no", "cancelled"),
        ("rsvpStatus", "Not attending", "cancelled"),
        ("response", "maybe", "pending"),
        ("status", "no response", "pending"),
        ("status", "waitlist", "pending"),
        ("status", "refunded", "refunded"),
        ("status", "tentative", "unknown"),
    ],
)
async def test_the_words_of_guests_and_of_tickets(name: str, said: str, status: str) -> None:
    account = sandboxed("rsvpify")
    guest = {"id": "77", "first_name": "Ann", "last_name": "Lee", name: said}
    async with connect(account, Wire(account, answering({"12": GALA, "guests": [guest]}))) as connector:
        (attendee,) = (await connector.get_attendees("12")).items
    assert (attendee.status, attendee.status_raw, attendee.name) == (status, said, "Ann Lee")
    assert (attendee.price, attendee.currency, attendee.checked_in) == (None, None, None)


async def test_an_event_without_money_brought_in_nothing_in_no_currency() -> None:
    account = sandboxed("rsvpify")
    async with connect(account, Wire(account, answering({"12": GALA, "orders": []}))) as connector:
        found = await connector.get_revenue("12")
    assert found.gross_revenue == found.orders == 0
    assert found.currency is None


async def test_orders_that_are_not_there_are_no_zero() -> None:
    account = sandboxed("rsvpify")
    async with connect(account, Wire(account, answering({"12": GALA}))) as connector:
        with pytest.raises(Unsupported, match="orders") as raised:
            await connector.get_revenue("12")
    assert "assumption" in raised.value.advice


async def test_changes_are_sorted_out_here() -> None:
    account = sandboxed("rsvpify")
    wire = Wire(account)
    since = datetime(2026, 10, 20, 11, tzinfo=UTC)
    async with connect(account, wire) as connector:
        found = await connector.get_events(since=since)
    assert sorted(event.id for event in found) == ["1009", "1011"]
    assert all("updated_since" not in request.url.params for request in wire.requests)


@pytest.mark.parametrize(
    "local, hour", [("2026-11-01T00:30:00", 4), ("2026-11-01T03:30:00", 8), ("2026-05-02T18:00:00", 22)]
)
async def test_a_time_is_in_the_zone_of_the_event(local: str, hour: int) -> None:
    account = sandboxed("rsvpify")
    async with connect(account, Wire(account, answering({"12": {**GALA, "starts_at": local}}))) as connector:
        event = await connector.get_event("12")
    assert event.starts_at
    assert event.starts_at.hour == hour

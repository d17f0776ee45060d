"""Ticket Arena: times without an offset, lists under their own names, amounts as objects."""

from datetime import UTC, datetime

import pytest

from ..sandboxed import connect, sandboxed

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "event, starts, ends",
    [
        ("nuit-des-horloges", datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 5, tzinfo=UTC)),
        ("fog-and-brass", datetime(2027, 2, 12, 19, 30, tzinfo=UTC), datetime(2027, 2, 12, 22, 30, tzinfo=UTC)),
    ],
)
async def test_a_time_on_the_wall_is_in_the_zone_of_the_event(event: str, starts: datetime, ends: datetime) -> None:
    """The first one lasts from summer time to winter time."""
    account = sandboxed("ticket-arena")
    async with connect(account) as connector:
        found = await connector.get_event(account.service.event_id(account.box.event(event)))
    assert (found.starts_at, found.ends_at) == (starts, ends)
    assert "+" not in found.raw["starts_at"]


async def test_amounts_as_objects_tell_their_currency() -> None:
    account = sandboxed("ticket-arena")
    async with connect(account) as connector:
        yen = (await connector.get_orders(account.service.event_id(account.box.event("hotaru")))).items
        pounds = (await connector.get_orders(account.service.event_id(account.box.event("fog-and-brass")))).items
    assert {str(order.total) for order in yen} == {"7000", "1800", "5300", "3500", "8800", "3600"}
    assert (str(pounds[0].total), pounds[0].currency) == ("70.40", "GBP")
    assert pounds[0].raw["total"] == {"amount": "70.40", "currency": "GBP"}

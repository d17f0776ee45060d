"""TicketSellers: the word before its key, pounds and London time where a record says neither."""

from datetime import UTC, datetime

import httpx2
import pytest

from ..sandboxed import Wire, connect, edited, sandboxed

pytestmark = pytest.mark.anyio


async def test_the_key_follows_the_word_token_unless_an_option_says_another() -> None:
    account = sandboxed("ticketsellers")
    key = account.service.credentials["apiKey"]
    for options, sent in (({}, f"Token {key}"), ({"auth_scheme": "Bearer"}, f"Bearer {key}")):
        wire = Wire(account)
        async with connect(account, wire, options=options) as connector:
            healthy = (await connector.health_check()).healthy
        assert (wire.requests[0].headers["authorization"], healthy) == (sent, sent.startswith("Token"))


@pytest.mark.parametrize(
    "local, moment",
    [("2027-03-28T00:30:00", datetime(2027, 3, 28, 0, 30, tzinfo=UTC)),
     ("2027-03-28T02:30:00", datetime(2027, 3, 28, 1, 30, tzinfo=UTC))],
)  # fmt: skip
async def test_a_record_that_names_neither_is_in_pounds_and_london_time(local: str, moment: datetime) -> None:
    account = sandboxed("ticketsellers")
    silent = {"timezone": None, "currency": None, "starts_at": local}

    def change(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        return edited(response, lambda body: body.update(silent))

    async with connect(account, Wire(account, change)) as connector:
        event = await connector.get_event("1003")
    assert (event.starts_at, event.timezone, event.currency) == (moment, "Europe/London", "GBP")


async def test_the_booking_fee_is_of_what_was_paid() -> None:
    """Two tickets of 18.50 with 1.85 on top of each."""
    account = sandboxed("ticketsellers")
    async with connect(account) as connector:
        order = (await connector.get_orders("1003")).items[1]
    assert [str(amount) for amount in (order.total, order.paid, order.fees)] == ["40.70", "40.70", "3.70"]

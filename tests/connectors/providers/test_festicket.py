"""Festicket: camelCase, cents under names that say so, and a service that has closed."""

import httpx2
import pytest

from connectors import Unavailable, find_provider

from ..sandboxed import Clock, Wire, connect, sandboxed

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("event, prices", [("hotaru", ["3500", "1800"]), ("concert-au-jardin", ["25.00", "15.00"])])
async def test_cents_are_those_of_the_currency(event: str, prices: list[str]) -> None:
    account = sandboxed("festicket")
    async with connect(account) as connector:
        tickets = (await connector.get_tickets(account.service.event_id(account.box.event(event)))).items
    assert [str(ticket.price) for ticket in tickets[:2]] == prices
    assert all("priceCents" in ticket.raw for ticket in tickets)


@pytest.mark.parametrize("slug", ["festicket", "ticket-arena"])
async def test_where_nobody_answers_the_service_is_said_to_be_closed(
    slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = sandboxed(slug)
    Clock().stop(monkeypatch)

    def gone(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        raise httpx2.ConnectError("no such host")

    async with connect(account, Wire(account, gone)) as connector:
        health = await connector.health_check()
        with pytest.raises(Unavailable, match="believed to be closed"):
            await connector.get_events()
    assert health.error
    assert "believed to be closed" in health.error.advice


@pytest.mark.parametrize("slug", ["festicket", "ticket-arena"])
def test_a_closed_service_says_so(slug: str) -> None:
    provider = find_provider(slug)
    assert provider.defunct
    assert any("closed in September 2024" in limitation for limitation in provider.limitations)

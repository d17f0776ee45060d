"""See Tickets US: a key in a header of its own, and a report in place of sums."""

from decimal import Decimal

import httpx2
import pytest

from connectors import InvalidResponse, Unsupported

from ..sandboxed import Wire, connect, edited, sandboxed

pytestmark = pytest.mark.anyio


async def test_the_key_stands_alone_in_its_own_header() -> None:
    account = sandboxed("seetickets-us")
    wire = Wire(account)
    async with connect(account, wire) as connector:
        await connector.get_events()
    (request,) = wire.requests
    assert request.headers["x-api-key"] == account.service.credentials["apiKey"]
    assert "authorization" not in request.headers


@pytest.mark.parametrize("event, currency, gross", [("hotaru", "JPY", "30000"), ("fog-and-brass", "GBP", "414.70")])
async def test_revenue_is_what_the_platform_reports(event: str, currency: str, gross: str) -> None:
    account = sandboxed("seetickets-us")
    wire = Wire(account)
    id = account.service.event_id(account.box.event(event))
    async with connect(account, wire) as connector:
        found = await connector.get_revenue(id)
    assert (found.basis, found.currency, str(found.gross_revenue)) == ("provider_report", currency, gross)
    assert [request.url.path.rpartition("/v1")[2] for request in wire.requests] == [
        f"/events/{id}",
        f"/events/{id}",
        f"/events/{id}/revenue",
    ]


async def test_a_figure_that_the_report_lacks_is_unreported() -> None:
    account = sandboxed("seetickets-us")

    def without_taxes(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if not request.url.path.endswith("/revenue"):
            return response
        return edited(response, lambda body: [body["data"].pop(name) for name in ("taxes", "orders")] and None)

    async with connect(account, Wire(account, without_taxes)) as connector:
        found = await connector.get_revenue("1001")
    assert (found.taxes, found.orders, found.unreported) == (None, None, ("taxes",))
    assert found.net_revenue == found.gross_revenue - (found.refunds or 0) - (found.fees or 0) > Decimal(0)


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": {"net_revenue": 5}}, None])
async def test_a_report_without_a_gross_is_no_zero(body: object) -> None:
    account = sandboxed("seetickets-us")

    def other(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        return httpx2.Response(200, json=body) if request.url.path.endswith("/revenue") else response

    async with connect(account, Wire(account, other)) as connector:
        with pytest.raises(InvalidResponse, match="report on event 1001"):
            await connector.get_revenue("1001")


async def test_without_a_report_revenue_is_unsupported() -> None:
    account = sandboxed("seetickets-us")
    account.sandbox.misbehave("seetickets-us", "not_found", path="/revenue")
    async with connect(account) as connector:
        with pytest.raises(Unsupported, match="revenue"):
            await connector.get_revenue("1001")

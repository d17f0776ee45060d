"""What time it is for a platform: a question about what changed must be asked by its clock, not by ours."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from connectors import create_connector
from spekta.sandbox.app import create_app

from .conftest import Account

pytestmark = pytest.mark.anyio
SECOND = timedelta(seconds=1)


async def test_the_time_is_the_platforms() -> None:
    account = Account("ticket-tailor", create_app())
    account.box.now = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    async with account.connect() as connector:
        before = connector.platform_time
        await connector.health_check()
        told = connector.platform_time
    assert before is None
    assert told is not None
    assert account.box.now <= told < account.box.now + 60 * SECOND


@pytest.mark.parametrize(
    "date", [None, "", "yesterday", "Mon, 99 Nov 2026 25:00:00 GMT", "Mon, 02 Nov 2026 09:00:00 -0000"]
)
async def test_a_platform_that_does_not_tell_the_time_has_none(date: str | None) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={}, headers={} if date is None else {"Date": date})

    key = {"apiKey": "sk_test_canary"}
    async with create_connector("ticket-tailor", key, transport=httpx2.MockTransport(answer)) as connector:
        assert (await connector.health_check()).healthy
        assert connector.platform_time is None

import pytest

from connectors.matrix import matrix
from connectors.registry import SLUGS
from tests.mcp_server.conftest import Assistant, state_for

pytestmark = pytest.mark.anyio


async def test_the_matrix_is_told(assistant: Assistant) -> None:
    told = await assistant.ask("list_providers")
    rows = {row["provider"]: row for row in told["providers"]}
    assert list(rows) == list(SLUGS)
    for row in matrix():
        offers = {support.capability for support in row.support if support.state != "no"}
        assert set(rows[row.provider]["offers"]) == offers
        reasons = rows[row.provider].get("not_offered", {})
        assert set(reasons) == {support.capability for support in row.support} - offers
        assert all(reasons.values())
    assert rows["dice"]["uncertain"]["attendees"].startswith("off until the connection's option holders is set")


async def test_the_connections_there_are_and_how_to_make_more() -> None:
    some = {"TICKET_TAILOR_API_KEY": "sk_test_one", "TICKET_TAILOR__LONDON__API_KEY": "sk_test_two"}
    told = await Assistant(state_for(some)).ask("list_providers")
    assert told["connections"] == [{"connection": "ticket-tailor"}, {"connection": "ticket-tailor/london"}]
    rows = {row["provider"]: row for row in told["providers"]}
    assert "connect" not in rows["ticket-tailor"]
    assert rows["eventbrite"]["connect"].startswith("spekta connect eventbrite, or set EVENTBRITE_ACCESS_TOKEN (")


async def test_a_connection_that_cannot_work_says_why() -> None:
    told = await Assistant(state_for({"HELLOASSO_CLIENT_ID": "a-client"})).ask("list_providers")
    [connection] = told["connections"]
    assert connection["connection"] == "helloasso"
    assert "clientSecret" in connection["message"]


async def test_one_provider_is_told_with_its_limits(assistant: Assistant) -> None:
    told = await assistant.ask("list_providers", provider="dice")
    [row] = told["providers"]
    assert row["provider"] == "dice"
    assert "holders" in row["options"]
    assert row["limitations"]
    assert row["connect"].startswith("spekta connect dice")


@pytest.mark.parametrize("allowed", [True, False])
async def test_whether_personal_data_is_allowed(assistant: Assistant, allowed: bool) -> None:
    told = await assistant.with_state(personal_data=allowed).ask("list_providers")
    assert told["personal_data"] is allowed

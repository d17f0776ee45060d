import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.server import environment
from tests.mcp_server.conftest import ORIGIN, PLATFORMS, Assistant, by_connection, state_for

pytestmark = pytest.mark.anyio


async def test_every_connection_is_asked(assistant: Assistant) -> None:
    told = by_connection((await assistant.ask("check_connection"))["connections"])
    assert list(told) == PLATFORMS
    assert {row["status"] for row in told.values()} == {"ok"}
    assert all(row["latency_ms"] >= 0 for row in told.values())
    assert told["equaticket"]["mode"] == "live"


async def test_one_that_fails_says_what_to_do(assistant: Assistant, sandbox: Sandbox) -> None:
    sandbox.misbehave("pretix", "unauthorized")
    told = await assistant.ask("check_connection", connections=["pretix", "dice"])
    broken, sound = told["connections"]
    assert (broken["status"], broken["code"]) == ("failed", "authentication_failed")
    assert broken["next"].startswith("Check apiKey")
    assert (sound["connection"], sound["status"]) == ("dice", "ok")


async def test_one_without_a_credential_names_it() -> None:
    known = {name: value for name, value in environment(ORIGIN).items() if "SECRET" not in name}
    told = await Assistant(state_for(known)).ask("check_connection", connections=["helloasso"])
    assert told["connections"][0]["message"].startswith("HelloAsso needs clientSecret")

"""What the operator allows, a caller may narrow and never widen."""

from typing import Any

import pytest
from starlette.requests import Request

from connectors import ConfigurationError
from mcp_server.caller import ANYBODY, Caller, caller_of
from mcp_server.server import create_server
from mcp_server.state import State, allowed
from tests.mcp_server.conftest import Assistant, by_connection, state_for, tools_of

pytestmark = pytest.mark.anyio

NOTHING = State(names=list, open=pytest.fail)


def request(query: str = "", **headers: str) -> Request:
    return Request(
        {
            "type": "http",
            "query_string": query.encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
    )


@pytest.mark.parametrize(
    "asked, caller",
    [
        (None, ANYBODY),
        (request(), ANYBODY),
        (request(spekta_providers="pretix, dice"), Caller(providers=frozenset({"pretix", "dice"}))),
        (request("providers=pretix,dice&providers=dice"), Caller(providers=frozenset({"dice"}))),
        (request("tools=get_event", spekta_tools="get_event,list_events"), Caller(tools=frozenset({"get_event"}))),
        (request(spekta_providers=""), Caller(providers=frozenset())),
        (request(spekta_read_only="true"), Caller(read_only=True)),
        (request("read_only=1"), Caller(read_only=True)),
        (request("read_only=false"), ANYBODY),
    ],
)
def test_what_a_caller_says(asked: Request | None, caller: Caller) -> None:
    assert caller_of(asked) == caller


EVERYTHING = Caller(frozenset({"read", "personal_data", "write"}), None, None)


@pytest.mark.parametrize("personal_data", [True, False])
@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize("providers", [None, frozenset({"pretix"})])
@pytest.mark.parametrize(
    "caller",
    [
        ANYBODY,
        EVERYTHING,
        Caller(frozenset({"read"})),
        Caller(providers=frozenset({"pretix", "dice"}), tools=frozenset({"get_event", "equaticket_create_event"})),
        Caller(providers=frozenset(), tools=frozenset(), read_only=True),
    ],
)
def test_nobody_gets_more_than_the_operator_allows(
    personal_data: bool, writes: bool, providers: frozenset[str] | None, caller: Caller
) -> None:
    operator = State(names=list, open=NOTHING.open, personal_data=personal_data, writes=writes, providers=providers)
    left = operator.narrowed(caller)
    assert left.personal_data <= operator.personal_data
    assert left.writes <= operator.writes
    for provider in ("pretix", "dice", "equaticket"):
        assert left.serves(provider) <= operator.serves(provider)
    for tool, changes in (("get_event", False), ("equaticket_create_event", True), ("evvnt_list_categories", False)):
        assert left.shows(tool, writes=changes) <= operator.shows(tool, writes=changes)


@pytest.mark.parametrize(
    "variables, expected",
    [
        ({}, {}),
        ({"SPEKTA_WRITES": "true"}, {"writes": True}),
        ({"SPEKTA_WRITES": "True"}, {}),
        ({"SPEKTA_ALLOW_PERSONAL_DATA": "true"}, {"personal_data": True}),
        ({"SPEKTA_PROVIDERS": "pretix,dice"}, {"providers": frozenset({"pretix", "dice"})}),
        ({"SPEKTA_TOOLS": "get_event"}, {"tools": frozenset({"get_event"})}),
    ],
)
def test_the_operator_says_it_by_the_environment(variables: dict[str, str], expected: dict[str, Any]) -> None:
    found = allowed(NOTHING, variables)
    told = {name: getattr(found, name) for name in ("personal_data", "writes", "providers", "tools")}
    assert told == {"personal_data": False, "writes": False, "providers": None, "tools": None} | expected


def test_processes_may_share_what_previews_are_made_with() -> None:
    told = {"SPEKTA_PREVIEW_SECRET": "p" * 32}
    assert allowed(NOTHING, told).secret == allowed(NOTHING, told).secret == b"p" * 32
    assert allowed(NOTHING, {}).secret == NOTHING.secret != State(names=list, open=NOTHING.open).secret
    with pytest.raises(ConfigurationError, match="SPEKTA_PREVIEW_SECRET is too short"):
        allowed(NOTHING, {"SPEKTA_PREVIEW_SECRET": "short"})


@pytest.mark.parametrize("name, variable", [("pretixx", "SPEKTA_PROVIDERS"), ("get_events", "SPEKTA_TOOLS")])
def test_a_name_that_is_none_stops_the_start(name: str, variable: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{variable} names '{name}', which does not exist"):
        create_server(allowed(NOTHING, {variable: name}))


async def test_tools_go_with_their_platform() -> None:
    names = {tool["name"] for tool in await tools_of(state_for({}, providers=frozenset({"pretix"}), writes=True))}
    assert not any(name.startswith(("evvnt_", "equaticket_")) for name in names)
    assert "list_events" in names


async def test_only_tools_that_are_allowed_are_listed() -> None:
    state = state_for({}, tools=frozenset({"list_events", "equaticket_create_event"}))
    assert [tool["name"] for tool in await tools_of(state)] == ["list_events"]


async def test_platforms_that_may_not_be_asked_are_not_there(assistant: Assistant) -> None:
    narrow = assistant.with_state(providers=frozenset({"pretix", "dice"}))
    told = await narrow.ask("list_events", q="festival")
    assert set(by_connection(told["connections"])) == {"pretix", "dice"}
    assert {row["provider"] for row in (await narrow.ask("list_providers"))["providers"]} == {"pretix", "dice"}
    error = await narrow.fail("get_event", event="ticket-tailor:ev_12")
    assert error["message"] == "ticket-tailor is not connected."
    error = await narrow.fail("list_events", connections=["ticket-tailor"])
    assert error["param"] == "connections"


async def test_where_nothing_is_left_it_is_said(assistant: Assistant) -> None:
    error = await assistant.with_state(providers=frozenset()).fail("list_events")
    assert error["message"].startswith("No connected platform may be asked")
    assert error["next"].startswith("Allowed here: none.")

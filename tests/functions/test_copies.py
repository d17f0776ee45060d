"""All connections at once from their copies: the same as live, as old as it says, and only where they can stand in."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from starlette.applications import Starlette

from connectors import Connector, DeadlineExceeded, connect, find_provider
from connectors.credentials.environment import EnvironmentStore
from connectors.errors import ConfigurationError
from functions.portfolio import PortfolioRoutes
from functions.routes import ProviderRoutes
from functions.stored import of_stack
from spekta.aws.store import configured
from spekta.sandbox.server import environment
from spekta.sync.copies import OLDEST
from spekta.sync.moments import now
from spekta.sync.sqlite import SqliteStore
from spekta.sync.sqlite.reading import reading
from spekta.sync.store import Reader
from spekta.sync.watching import Sync
from tests.aws.state import STATE, client, create_state

from .conftest import Ask, outcome
from .events import Context, request

SYNCED = ["ticket-tailor", "pretix"]
NAMES = [*SYNCED, "evvnt", "dice"]
EVENTS, REVENUE = "/v1/portfolio/events", "/v1/portfolio/revenue"
PAIR = ",".join(SYNCED)
Open = Callable[[str], Connector]


@pytest.fixture(scope="module")
def file(sandbox: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two connections and a part of a third."""
    path = tmp_path_factory.mktemp("copies") / "store.sqlite"
    store = EnvironmentStore(environment(sandbox))
    with SqliteStore(path) as copies:
        asyncio.run(Sync(lambda name: connect(store, name), copies, "test").run([*SYNCED, "evvnt"]))
    return path


@pytest.fixture
def live(sandbox: str) -> Open:
    store = EnvironmentStore(environment(sandbox))
    return lambda name: connect(store, name)


def asking(open: Open, opened: Callable[[], AbstractContextManager[Reader | None]]) -> Ask:
    routes = PortfolioRoutes(lambda: NAMES, open, 30.0, opened)
    return lambda event: outcome(routes.resolver.run(event, Context()))


@pytest.fixture
def ask(live: Open, file: Path) -> Ask:
    return asking(live, partial(reading, file))


@pytest.fixture
def offline(file: Path) -> Ask:
    """Asks where no platform may be asked."""
    return asking(pytest.fail, partial(reading, file))


def found(ask: Ask, path: str, **query: Any) -> dict[str, Any]:
    status, body, _ = ask(request(path, **query))
    assert status == 200, body
    content: dict[str, Any] = body
    return content


def refused(ask: Ask, path: str, **query: Any) -> tuple[int, str, str]:
    status, body, _ = ask(request(path, **query))
    return status, body["error"]["param"], body["error"]["message"]


FILTERS: list[dict[str, str]] = [
    {},
    {"q": "KABARETT"},
    {"status": "cancelled"},
    {"status": "draft"},
    {"starts_after": "2027-01-01T00:00:00Z"},
    {"starts_before": "2027-01-01T00:00:00Z", "q": "e"},
    {"q": "nothing is called so"},
]


@pytest.mark.parametrize("query", FILTERS)
def test_events_are_those_of_the_platforms(ask: Ask, offline: Ask, query: dict[str, str]) -> None:
    there = found(ask, EVENTS, connections=PAIR, source="live", limit=1000, **query)
    copied = found(offline, EVENTS, connections=PAIR, limit=1000, **query)
    assert copied["data"] == there["data"]
    assert (there["source"], copied["source"]) == ("live", "synced")
    assert (copied["has_more"], copied["next_cursor"]) == (False, None)
    counts = [
        [(one["connection"], one["state"], one["count"]) for one in said["connections"]] for said in (there, copied)
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("query", FILTERS)
def test_revenue_is_that_of_the_platforms(ask: Ask, offline: Ask, query: dict[str, str]) -> None:
    there, copied = (
        found(ask, REVENUE, connections=PAIR, source="live", **query),
        found(offline, REVENUE, connections=PAIR, **query),
    )
    for pair in there["data"]["events"] + copied["data"]["events"]:
        del pair["revenue"]["as_of"]
    assert copied["data"] == there["data"]
    assert [one["count"] for one in copied["connections"]] == [one["count"] for one in there["connections"]]


def test_as_of_when_an_answer_is(ask: Ask) -> None:
    copied = found(ask, EVENTS, connections=PAIR)
    ages = [one["as_of"] for one in copied["connections"]]
    assert copied["as_of"] == min(ages)
    assert now() - datetime.fromisoformat(copied["as_of"]) < timedelta(hours=1)
    there = found(ask, EVENTS, connections=PAIR, source="live")
    assert there["as_of"] > max(ages)
    assert [one["as_of"] for one in there["connections"]] == [None, None]


def test_page_by_page_with_a_cursor_that_carries_the_question(offline: Ask) -> None:
    whole = found(offline, EVENTS, connections=PAIR, q="e", limit=1000)["data"]
    read: list[Any] = []
    asked: dict[str, Any] = {"connections": PAIR, "q": "e"}
    while True:
        page = found(offline, EVENTS, limit=3, **asked)
        read += page["data"]
        if not page["has_more"]:
            break
        asked = {"cursor": page["next_cursor"]}
    assert len(whole) > 6
    assert read == whole


def test_a_cursor_goes_on_where_it_began(ask: Ask) -> None:
    cursors = {
        source: found(ask, EVENTS, connections=PAIR, source=source, limit=2)["next_cursor"]
        for source in ("synced", "live")
    }
    for source, cursor in cursors.items():
        assert found(ask, EVENTS, connections=PAIR, cursor=cursor)["source"] == source
        other = "live" if source == "synced" else "synced"
        assert refused(ask, EVENTS, connections=PAIR, cursor=cursor, source=other)[:2] == (400, "cursor")
        assert refused(ask, EVENTS, connections="pretix", cursor=cursor)[:2] == (400, "cursor")


def test_where_a_copy_is_missing_the_platforms_are_asked(ask: Ask, offline: Ask) -> None:
    assert found(ask, EVENTS, connections="pretix,dice")["source"] == "live"
    copied = found(offline, EVENTS, connections="pretix,dice", source="synced")
    status = copied["connections"][1]
    assert (status["state"], status["code"], status["as_of"]) == ("failed", "not_synced", None)
    assert "POST /v1/sync" in status["advice"]
    assert {event["provider"] for event in copied["data"]} == {"pretix"}


def test_what_no_platform_can_tell_is_not_missing(offline: Ask) -> None:
    told = found(offline, REVENUE, connections=f"{PAIR},evvnt")
    assert [one["state"] for one in told["connections"]] == ["ok", "ok", "unsupported"]
    assert list(told["data"]["by_connection"]) == SYNCED


def test_copies_that_nobody_keeps_are_for_those_who_ask_for_them(
    ask: Ask, offline: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spekta.sync.copies.OLDEST", -OLDEST)
    assert found(ask, EVENTS, connections="pretix")["source"] == "live"
    assert found(offline, EVENTS, connections="pretix", source="synced")["source"] == "synced"


def test_where_there_is_no_store(live: Open) -> None:
    ask = asking(live, nullcontext)
    assert found(ask, EVENTS, connections="pretix")["source"] == "live"
    copied = found(ask, REVENUE, connections="pretix", source="synced")
    assert (copied["as_of"], copied["data"]["totals"]) == (None, [])
    assert copied["connections"][0]["code"] == "not_synced"


def test_the_table_of_a_stack_answers(live: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"SPEKTA_STATE_TABLE": STATE, "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        create_state(client())
        store = configured()
        assert store is not None
        asyncio.run(Sync(live, store, "test").run(["evvnt"]))
        copied = found(asking(pytest.fail, of_stack), EVENTS, connections="evvnt", limit=4)
    assert (copied["source"], len(copied["data"]), copied["has_more"]) == ("synced", 4, True)


def test_a_store_that_fails_stops_those_alone_who_need_it(live: Open) -> None:
    def broken() -> AbstractContextManager[Reader | None]:
        raise ConfigurationError("AWS does not allow Query.", "Give the role the right to it.")

    ask = asking(live, broken)
    assert found(ask, EVENTS, connections="pretix")["source"] == "live"
    status, body, _ = ask(request(EVENTS, connections="pretix", source="synced"))
    assert (status, body["error"]["code"]) == (503, "configuration")


def test_what_only_platforms_know_is_asked_of_them(ask: Ask) -> None:
    since = "2026-01-01T00:00:00Z"
    assert found(ask, EVENTS, connections="pretix", since=since)["source"] == "live"
    status, param, message = refused(ask, EVENTS, connections="pretix", since=since, source="synced")
    assert (status, param) == (400, "since")
    assert "source=live" in message
    cursor = found(ask, EVENTS, connections=PAIR, limit=2)["next_cursor"]
    assert refused(ask, EVENTS, connections=PAIR, cursor=cursor, since=since)[:2] == (400, "since")


@pytest.mark.parametrize("by", ["month", "day"])
def test_revenue_over_time(offline: Ask, by: str) -> None:
    told = found(offline, REVENUE, connections=PAIR, by=by)
    periods = told["data"]["periods"]
    assert [(one["state"], one["count"]) for one in told["connections"]] == [("ok", 12), ("ok", 11)]
    assert [one["period"] for one in periods] == sorted(one["period"] for one in periods)
    sums: dict[tuple[str, str], Decimal] = {}
    for one in periods:
        key = one["connection"], one["currency"]
        sums[key] = sums.get(key, Decimal(0)) + Decimal(one["net_revenue"])
    totals = found(offline, REVENUE, connections=PAIR)["data"]["by_connection"]
    wanted = {(name, one["currency"]): Decimal(one["net_revenue"]) for name, own in totals.items() for one in own}
    assert sums == wanted


@pytest.mark.parametrize("query", [{"connections": "dice"}, {"connections": "pretix", "source": "live"}])
def test_platforms_do_not_tell_revenue_over_time(ask: Ask, query: dict[str, str]) -> None:
    status, param, message = refused(ask, REVENUE, by="month", **query)
    assert (status, param) == (400, "by")
    assert "source=synced" in message


@pytest.mark.parametrize("path", [EVENTS, REVENUE])
@pytest.mark.parametrize("source", ["", "store", "Synced", "synced,live"])
def test_a_source_that_there_is_not(offline: Ask, path: str, source: str) -> None:
    assert refused(offline, path, source=source)[:2] == (400, "source")


@pytest.mark.parametrize("by", ["", "week", "connection"])
def test_a_period_that_there_is_not(offline: Ask, by: str) -> None:
    assert refused(offline, REVENUE, by=by)[:2] == (400, "by")
    assert refused(offline, EVENTS, by="month")[:2] == (400, "by")


# One event


@pytest.fixture
def hurried(sandbox: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> ProviderRoutes:
    """A platform whose sales there is no time to read."""

    async def too_late(self: Connector, event_id: str, **_: Any) -> None:
        raise DeadlineExceeded("There was no time.", "Ask for less.")

    monkeypatch.setattr(Connector, "get_revenue", too_late)
    return ProviderRoutes(find_provider("pretix"), EnvironmentStore(environment(sandbox)), 30.0, partial(reading, file))


def of_event(routes: ProviderRoutes, id: str, **more: Any) -> tuple[int, Any]:
    answer = routes.resolver.run({**request(f"/v1/pretix/events/{id}/revenue"), **more}, Context())
    return outcome(answer)[:2]


def test_where_there_is_no_time_the_copy_tells_what_an_event_brought_in(hurried: ProviderRoutes, file: Path) -> None:
    status, body = of_event(hurried, "hotaru")
    assert (status, body["source"], body["data"]["gross_revenue"]) == (200, "synced", "30000")
    with reading(file) as store:
        assert store is not None
        [totals] = store.totals("pretix", ["hotaru"])
    assert datetime.fromisoformat(body["data"]["as_of"]) == totals.revenue.as_of


@pytest.mark.parametrize("id, more", [("nowhere", {}), ("hotaru", {"seconds": 9.0})])
def test_where_the_copy_cannot_tell_it_is_too_large_for_live(
    hurried: ProviderRoutes, id: str, more: dict[str, Any]
) -> None:
    """Nor for those who ask all platforms at once, and look into the copies themselves."""
    status, body = of_event(hurried, id, **more)
    assert (status, body["error"]["code"]) == (504, "too_large_for_live")
    assert f"/v1/pretix/events/{id}/orders" in body["error"]["message"]


def test_a_platform_that_answers_in_time_is_believed(sandbox: str, file: Path, platforms: Starlette) -> None:
    routes = ProviderRoutes(
        find_provider("pretix"), EnvironmentStore(environment(sandbox)), 30.0, partial(reading, file)
    )
    before = len(platforms.state.sandbox.log)
    assert of_event(routes, "hotaru")[1]["source"] == "live"
    assert len(platforms.state.sandbox.log) > before

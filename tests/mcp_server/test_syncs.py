"""What is synced: how fresh it is, what came in by it, and how a sync is asked for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from mcp import Client

from connectors import Connector, DeadlineExceeded
from connectors.references import refer
from mcp_server.caller import Caller
from mcp_server.copies import local
from mcp_server.server import create_server
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.providers import services
from spekta.sync.sqlite import SqliteStore
from spekta.sync.status import Failure, Status
from spekta.sync.store import StoreFailed
from spekta.sync.watching import Sync
from tests.mcp_server.conftest import NOW, Assistant, by_connection, tools_of
from tests.mcp_server.test_revenue import amounts, truth

pytestmark = pytest.mark.anyio

SYNCED = ["pretix", "ticket-tailor"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
async def copied(assistant: Assistant, file: Path) -> Assistant:
    """An assistant beside a store in which two connections and one without sales were synced, three minutes ago."""
    with SqliteStore(file) as store:
        run = Sync(assistant.state.open, store, "test", now=lambda: NOW - 3 * MINUTE)
        results = await run.run([*SYNCED, "ticketmaster"])
    assert {result.outcome for result in results} == {"done"}
    return assistant.with_state(copies=local(file))


@pytest.fixture
def fresh(assistant: Assistant, file: Path) -> Assistant:
    """An assistant that knows where a store would be."""
    return assistant.with_state(copies=local(file))


def put(file: Path, name: str, change: Callable[[Status], Status]) -> None:
    with SqliteStore(file) as store:
        assert store.lease(name, "test", datetime.now(UTC), datetime.now(UTC) + MINUTE)
        assert store.put_status(change(store.status(name)), "test")
        store.release(name, "test")


def _there(file: Path) -> bool:
    return file.exists()


def _content(file: Path) -> bytes:
    return file.read_bytes()


def _spoil(file: Path) -> None:
    file.write_text("Not a store. " * 100)


@pytest.mark.parametrize("slug", SYNCED)
@pytest.mark.parametrize("key", ["festival-des-quais", "concert-au-jardin"])
async def test_events_from_the_copy(copied: Assistant, box: BoxOffice, slug: str, key: str) -> None:
    told = await copied.ask("revenue_summary", by="event", connections=[slug])
    event = refer(slug, services()[slug].event_id(box.event(key)))
    [row] = [row for row in told["sums"] if row["event"] == event]
    right, found = truth(slug, box, key), amounts(row)
    assert found | right == found
    assert (row["name"], row["currency"]) == (box.event(key).name, "EUR")
    assert (told["source"], told["as_of"], told["complete"]) == ("synced", "2026-11-02T08:57:00Z", True)


async def test_every_grouping_adds_up_to_the_same(copied: Assistant) -> None:
    sums: dict[str, dict[str, tuple[Decimal, int]]] = {}
    for by in ("connection", "event", "month", "currency"):
        told = await copied.ask("revenue_summary", by=by, connections=SYNCED)
        assert told["source"] == "synced"
        sums[by] = {}
        for row in told["sums"]:
            before = sums[by].get(row["currency"], (Decimal(0), 0))
            sums[by][row["currency"]] = (before[0] + Decimal(row["gross_revenue"]), before[1] + row["orders"])
    assert len(sums["currency"]) > 1
    assert sums["connection"] == sums["event"] == sums["month"] == sums["currency"]


async def test_months_are_those_of_the_orders(copied: Assistant, box: BoxOffice) -> None:
    told = await copied.ask("revenue_summary", by="month", connections=["pretix"])
    months = [row["month"] for row in told["sums"]]
    assert months == sorted(months)
    assert set(months) <= {f"{order.placed_at:%Y-%m}" for order in box.orders}
    assert len(set(months)) > 1
    assert "fees" not in told["sums"][0]
    assert "fees (pretix)" in told["sums"][0]["unreported"]


async def test_the_copy_and_the_platforms_say_the_same(assistant: Assistant, copied: Assistant) -> None:
    for by in ("connection", "currency"):
        live = await assistant.ask("revenue_summary", by=by, connections=SYNCED)
        stored = await copied.ask("revenue_summary", by=by, connections=SYNCED)
        assert (live["source"], stored["source"]) == ("live", "synced")
        gross = [[(row["currency"], row["gross_revenue"]) for row in told["sums"]] for told in (live, stored)]
        assert gross[0] == gross[1]


async def test_the_copy_answers_while_the_platforms_are_down(copied: Assistant) -> None:
    offline = copied.with_state(open=pytest.fail)
    assert (await offline.ask("revenue_summary", by="month", connections=SYNCED))["complete"] is True


async def test_what_the_copy_lacks_is_said(copied: Assistant) -> None:
    told = await copied.ask("revenue_summary", connections=["pretix", "ticketmaster", "eventbrite"])
    status = {name: (row["status"], row.get("code")) for name, row in by_connection(told["connections"]).items()}
    assert status == {
        "pretix": ("ok", None),
        "ticketmaster": ("unsupported", "unsupported"),
        "eventbrite": ("failed", "not_synced"),
    }
    assert told["complete"] is False
    assert told["notes"] == ["sums lack all or a part of ticketmaster (unsupported), eventbrite (failed)."]


async def test_events_are_chosen_by_their_start(copied: Assistant, box: BoxOffice) -> None:
    starts = box.event("festival-des-quais").starts_at.isoformat()
    late = await copied.ask("revenue_summary", by="event", connections=["pretix"], starts_after=starts)
    early = await copied.ask("revenue_summary", by="event", connections=["pretix"], starts_before=starts)
    assert "pretix:festival-des-quais" in [row["event"] for row in late["sums"]]
    assert "pretix:festival-des-quais" not in [row["event"] for row in early["sums"]]
    assert early["sums"]


async def test_without_a_copy_the_platforms_are_asked(fresh: Assistant, file: Path) -> None:
    told = await fresh.ask("revenue_summary", connections=["pretix"])
    assert told["source"] == "live"
    error = await fresh.fail("revenue_summary", by="month")
    assert (error["code"], error["param"]) == ("invalid_argument", "by")
    assert "spekta sync" in error["next"]
    assert not _there(file)


async def test_an_event_too_large_for_the_platform_is_told_from_the_copy(
    copied: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_late(self: Connector, event_id: str, **_: object) -> None:
        raise DeadlineExceeded("There was no time.", "Ask for less.")

    before = await copied.ask("get_revenue", event="pretix:hotaru")
    monkeypatch.setattr(Connector, "get_revenue", too_late)
    told = await copied.ask("get_revenue", event="pretix:hotaru")
    assert told["events"] == before["events"]
    assert (told["as_of"], told["notes"]) == (
        "2026-11-02T08:57:00Z",
        ["The platform took too long: this is from the synced copy."],
    )
    assert (await copied.fail("get_revenue", event="eventbrite:900000000003"))["code"] == "deadline_exceeded"


async def test_how_fresh_the_copy_is(copied: Assistant) -> None:
    told = by_connection(
        (await copied.ask("sync_status", connections=[*SYNCED, "ticketmaster", "dice"]))["connections"]
    )
    assert told["pretix"]["state"] == "up_to_date"
    assert told["pretix"]["minutes_old"] == dict.fromkeys(("events", "tickets", "attendees", "orders", "sales"), 3)
    assert told["ticketmaster"]["minutes_old"] == {"events": 3}
    assert told["pretix"]["next_try"] > "2026-11-02T09:00:00Z"
    assert told["dice"] == {"connection": "dice", "state": "never_synced", "next": told["dice"]["next"]}


async def test_what_went_wrong_last(copied: Assistant, file: Path) -> None:
    failure = Failure("authentication_failed", "pretix refuses the key.", "Check apiKey.")
    put(file, "pretix", lambda status: replace(status, parked=True, failures=8, last_error=failure, next_try=None))
    [row] = (await copied.ask("sync_status", connections=["pretix"]))["connections"]
    assert (row["state"], row["code"], row["message"]) == ("parked", failure.code, failure.message)
    assert "request_sync" in row["next"]


async def test_without_a_copy_it_is_said_how_to_make_one(fresh: Assistant, file: Path) -> None:
    told = await fresh.ask("sync_status", connections=SYNCED)
    assert [row["state"] for row in told["connections"]] == ["never_synced", "never_synced"]
    assert "spekta sync" in told["notes"][0]
    error = await fresh.fail("request_sync")
    assert error["message"] == "Nothing was synced yet."
    assert "spekta sync" in error["next"]
    assert not _there(file)


async def test_a_sync_is_asked_for(copied: Assistant, file: Path) -> None:
    for _ in range(2):
        [row] = (await copied.ask("request_sync", connections=["pretix"]))["connections"]
        assert row["state"] == "due"
        assert "spekta sync --watch" in row["message"]
    with SqliteStore(file) as store:
        assert store.status("pretix").is_due(datetime.now(UTC))
        assert not store.status("ticket-tailor").is_due(NOW)


async def test_a_parked_connection_is_tried_again(copied: Assistant, file: Path) -> None:
    put(file, "pretix", lambda status: replace(status, parked=True, failures=8, next_try=None))
    await copied.ask("request_sync", connections=["pretix"])
    with SqliteStore(file) as store:
        status = store.status("pretix")
    assert (status.parked, status.failures) == (False, 0)


async def test_a_pause_that_a_platform_asked_for_is_kept(copied: Assistant, file: Path) -> None:
    limited = Failure("rate_limited", "pretix asks to wait.")
    put(file, "pretix", lambda status: status.after_wait(NOW, 600, limited))
    [row] = (await copied.ask("request_sync", connections=["pretix"]))["connections"]
    assert row["state"] == "waiting"
    with SqliteStore(file) as store:
        assert store.status("pretix").next_try == NOW + 10 * MINUTE


async def test_one_that_is_being_synced_is_left_alone(copied: Assistant, file: Path) -> None:
    with SqliteStore(file) as store:
        assert store.lease("pretix", "another", datetime.now(UTC), datetime.now(UTC) + MINUTE)
        [row] = (await copied.ask("request_sync", connections=["pretix"]))["connections"]
    assert row["state"] == "syncing"


async def test_on_aws_the_bus_is_asked(fresh: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setenv("SPEKTA_BUS", "spekta-bus")
    monkeypatch.setattr("spekta.aws.bus.Bus.request_sync", lambda self, names: asked.append(names))
    told = await fresh.ask("request_sync", connections=SYNCED)
    assert [row["state"] for row in told["connections"]] == ["requested", "requested"]
    assert asked == [SYNCED]


@pytest.mark.parametrize("tool", ["revenue_summary", "sync_status", "request_sync"])
async def test_platforms_that_may_not_be_asked_are_not_there(copied: Assistant, file: Path, tool: str) -> None:
    narrow = copied.with_state(providers=frozenset({"pretix"}))
    assert list(by_connection((await narrow.ask(tool))["connections"])) == ["pretix"]
    assert (await narrow.fail(tool, connections=["ticket-tailor"]))["param"] == "connections"
    with SqliteStore(file) as store:
        assert not store.status("ticket-tailor").is_due(NOW)


async def test_sums_hold_nothing_of_platforms_that_may_not_be_asked(copied: Assistant) -> None:
    narrow = copied.with_state(providers=frozenset({"pretix"}))
    assert {row["connection"] for row in (await narrow.ask("revenue_summary"))["sums"]} == {"pretix"}


async def test_who_only_reads_cannot_ask_for_a_sync(fresh: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcp_server.server.caller_of", lambda request: Caller(read_only=True))
    names = [tool["name"] for tool in await tools_of(fresh.state)]
    assert "sync_status" in names
    assert "request_sync" not in names


async def test_reading_changes_nothing_in_the_file(copied: Assistant, file: Path) -> None:
    before = _content(file)
    await copied.ask("revenue_summary")
    await copied.ask("sync_status")
    assert _content(file) == before
    with local(file).reading() as store, pytest.raises(StoreFailed, match="readonly"):
        store._file.execute("DELETE FROM rows")  # type: ignore[union-attr]


async def test_a_file_of_another_kind_is_said_to_be_one(fresh: Assistant, file: Path) -> None:
    _spoil(file)
    error = await fresh.fail("sync_status")
    assert error["code"] == "configuration"
    assert "SPEKTA_STORE" in error["next"]


async def test_the_listing_opens_no_store(fresh: Assistant, file: Path) -> None:
    _spoil(file)
    async with Client(create_server(fresh.state)) as client:
        assert len((await client.list_tools()).tools) == 13

"""A file that is full, damaged, or held by somebody else: it is said, nothing is lost, and a watch goes on."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.errors import ConfigurationError
from spekta.sandbox.app import create_app
from spekta.sync import Schedule, forget
from spekta.sync.sqlite import SqliteStore
from spekta.sync.sqlite.reading import reading
from spekta.sync.store import StoreFailed
from spekta.sync.watching import Result, Sync
from tests.connectors.conftest import Account

from .desk import Desk
from .test_worker import opener

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spekta.sync.sqlite.file.PATIENCE", 0.01)


@contextmanager
def held(path: Path, begin: str) -> Iterator[None]:
    """Another process is at the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(begin)
        other.execute("SELECT count(*) FROM rows").fetchone()
        yield


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\x5a" * 4096 * 60)


async def test_a_full_disk_is_said_and_nothing_is_lost(file: SqliteStore) -> None:
    desk = Desk(Account("eventbrite", create_app()), file)
    pages = file._file.execute("PRAGMA page_count").fetchone()[0]
    file._file.execute(f"PRAGMA max_page_count = {pages + 40}")
    (result,) = await Sync(opener({"eventbrite": desk}), file, "me").run(["eventbrite"])
    assert result.failure is not None
    assert (result.outcome, result.failure.code) == ("failed", "store_failed")
    assert "database or disk is full" in result.failure.message
    assert "Make room on the disk" in result.failure.advice
    file._file.execute("PRAGMA max_page_count = 100000")
    assert await desk.sync() in ("busy", "done")
    file.release("eventbrite", "me")
    assert await desk.sync() == "done"
    assert desk.wrong() == []


async def test_a_store_that_is_locked_for_long_ends_no_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spekta.sync.watching.FIRST_BACKOFF", timedelta(milliseconds=20))
    ended: asyncio.Queue[Result] = asyncio.Queue()
    with SqliteStore(tmp_path / "store.sqlite") as file:
        desk = Desk(Account("ticket-tailor", create_app()), file)
        schedule = Schedule(every=timedelta(milliseconds=20))
        sync = Sync(opener({"ticket-tailor": desk}), file, "me", schedule, on_result=ended.put_nowait)
        with held(file.path, "BEGIN IMMEDIATE"):
            watching = asyncio.create_task(sync.watch(["ticket-tailor"]))
            first, second = await ended.get(), await ended.get()
            assert list(desk.account.sandbox.log) == []
        assert [one.failure.code for one in (first, second) if one.failure] == ["store_failed"] * 2
        while (await ended.get()).outcome != "done":
            pass
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        assert desk.wrong() == []


def test_who_is_forgotten_while_others_read_is_not_said_to_be_gone(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "store.sqlite") as file:
        with held(file.path, "BEGIN"), pytest.raises(StoreFailed, match="and so to what was erased from it"):
            forget(file, "ada@example.org")
        forget(file, "ada@example.org")


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with SqliteStore(path):
        pass
    damage(path)
    with SqliteStore(path) as file, pytest.raises(StoreFailed, match="Move it away"):
        file.statuses()


def test_a_file_of_another_kind_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes. " * 100)
    with pytest.raises(ConfigurationError, match="is not a store of this Spekta"), reading(path):
        pass

"""Killed anywhere, a sync loses nothing and doubles nothing: neither in the store nor in what it announces."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from spekta.aws.store import DynamoStore
from spekta.aws.store.table import TABLE
from spekta.sandbox.app import create_app
from spekta.sandbox.server import environment, running
from spekta.sync import Change, Store
from spekta.sync.changes import parse
from spekta.sync.feeds import COPIED
from spekta.sync.sqlite import SqliteStore
from spekta.sync.watching import redrive
from tests.aws.served import Aws, serving
from tests.aws.state import create_state
from tests.connectors.conftest import Account

from .desk import CHANGES, HOUR, Desk, deletes_order, few

LONG_AGO = 10**9
STORES = ("sqlite", "dynamodb")
KILLS = [
    *(pytest.param(("ticket-tailor", store), 5, id=f"ticket-tailor-{store}-5") for store in STORES),
    *(
        pytest.param((slug, store), 50, id=f"{slug}-{store}-50", marks=pytest.mark.long)
        for slug in ("eventbrite", "ticket-tailor", "weezevent")
        for store in STORES
    ),
]


@dataclass
class Stage:
    """A sandbox on loopback, and a process of its own for each run. `aws` has the store where that is no file."""

    account: Account
    origin: str
    folder: Path
    aws: Aws | None

    @property
    def told(self) -> Path:
        return self.folder / "changes.jsonl"

    @contextmanager
    def store(self) -> Iterator[Store]:
        if self.aws:
            yield DynamoStore(self.folder.name, self.aws.dynamodb)
        else:
            with SqliteStore(self.folder / "store.sqlite") as file:
                yield file

    def another(self, name: str) -> "Stage":
        """One with a store of its own."""
        made = Stage(self.account, self.origin, self.folder / name, self.aws)
        made.open()
        return made

    def open(self) -> None:
        self.folder.mkdir(exist_ok=True)
        if self.aws:
            create_state(self.aws.dynamodb, self.folder.name)

    def run(self, point: int = LONG_AGO) -> int | None:
        """Runs to the end, or dies at a point; gives the number of points in a whole life."""
        there = {**self.aws.environment, TABLE: self.folder.name} if self.aws else {}
        env = {**os.environ, **environment(self.origin), **there}
        store = "dynamodb" if self.aws else str(self.folder / "store.sqlite")
        command = [sys.executable, "-m", "tests.sync.mortal", store, str(self.told), self.account.slug]
        done = subprocess.run([*command, str(point)], env=env, capture_output=True, text=True, check=False)
        if done.returncode == -signal.SIGKILL:
            return None
        assert done.returncode == 0, done.stderr
        outcome, points = done.stdout.split()
        assert outcome == "done", done.stderr
        return int(points)

    def changes(self) -> list[Change]:
        return [parse(line) for line in self.told.read_text().splitlines()]


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    slug, store = request.param
    web = create_app()
    apart: AbstractContextManager[Aws | None] = serving() if store == "dynamodb" else nullcontext()
    with running(web) as origin, apart as aws:
        made = Stage(Account(slug, web), origin, tmp_path / "stage", aws)
        made.open()
        yield made


@pytest.mark.parametrize("stage, kills", KILLS, indirect=["stage"])
def test_killed_anywhere_and_run_again(stage: Stage, kills: int) -> None:
    """Between the kills orders are sold, paid, refunded, checked in, renamed, cancelled and deleted."""
    if stage.aws:
        few(stage.account.box, 12 + kills)  # as each happening may use one up
    chance = random.Random(kills)
    happenings = [*CHANGES, deletes_order]
    points = stage.another("probe").run()
    assert points
    survived = 0
    for _ in range(kills):
        lived = stage.run(chance.randrange(1, points + 1) if survived == 0 else chance.randrange(1, 80))
        survived += lived is not None
        stage.account.box.now += HOUR
        chance.choice(happenings)(stage.account.box)
    assert survived < kills
    stage.run()
    with stage.store() as store:
        assert_all_is_told(store, stage)
        assert redrive(store, stage.account.slug, "test", COPIED)
    stage.run()
    with stage.store() as store:
        assert Desk(stage.account, store).wrong() == []
        assert_all_is_told(store, stage)


def assert_all_is_told(store: Store, stage: Stage) -> None:
    """Every version of every row was announced, and no id stands for two things."""
    contents: dict[str, str] = {}
    for line in stage.told.read_text().splitlines():
        id = json.loads(line)["id"]
        assert contents.setdefault(id, line) == line
    slug = stage.account.slug
    versions = {
        f"{slug}#default#{kind.removesuffix('s')}#{row.key}#{version}"
        for kind in COPIED
        for row in store.every(slug, kind)
        for version in range(1, row.version + 1)
    }
    assert contents.keys() == versions
    assert store.unannounced(slug) == []
    assert store.touched(slug) == []


@pytest.mark.parametrize("stage", [("ticket-tailor", "sqlite")], indirect=True)
def test_no_change_is_announced_twice_where_nobody_dies(stage: Stage) -> None:
    stage.run()
    stage.account.box.now += HOUR
    for happening in CHANGES:
        happening(stage.account.box)
    stage.run()
    assert set(Counter(change.id for change in stage.changes()).values()) == {1}

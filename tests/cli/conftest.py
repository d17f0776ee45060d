"""The command, run against a sandbox on loopback."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from typer.testing import CliRunner, Result

from spekta.cli.entry import app
from spekta.sandbox.app import Sandbox, create_app
from spekta.sandbox.server import connections, environment, running

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
FIVE = ("eventbrite", "ticket-tailor", "dice", "helloasso", "pretix")


class Run(Protocol):
    def __call__(self, *args: str, input: str | None = None, env: Mapping[str, str | None] | None = None) -> Result: ...


@dataclass(frozen=True)
class Served:
    """A sandbox that runs."""

    sandbox: Sandbox
    origin: str

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.origin)

    def addresses(self, slug: str) -> dict[str, str]:
        return connections(self.origin)[slug][1]

    def credentials(self, slug: str) -> Mapping[str, str]:
        return connections(self.origin)[slug][0]


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    web = create_app()
    with running(web) as origin:
        yield Served(web.state.sandbox, origin)


@pytest.fixture(autouse=True)
def _well_behaved(served: Served) -> Iterator[None]:
    yield
    served.sandbox.behave()


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("events", "demo"):
        monkeypatch.setattr(f"spekta.cli.{module}.now", lambda: NOW)


@pytest.fixture
def credentials_file(tmp_path: Path) -> Path:
    return tmp_path / "spekta" / "credentials.json"


@pytest.fixture
def bare(served: Served, credentials_file: Path) -> Run:
    """The command where nothing is connected."""
    nothing: dict[str, Any] = dict.fromkeys(served.environment)
    return _runner({**nothing, **_files(credentials_file)})


@pytest.fixture
def spekta(served: Served, credentials_file: Path) -> Run:
    """The command with every platform of the sandbox connected through the environment."""
    return _runner({**served.environment, **_files(credentials_file)})


def _files(credentials: Path) -> dict[str, str]:
    return {"SPEKTA_CREDENTIALS": str(credentials), "SPEKTA_STORE": str(credentials.with_name("store.sqlite"))}


def _runner(env: Mapping[str, str | None]) -> Run:
    def run(*args: str, input: str | None = None, env: Mapping[str, str | None] | None = None) -> Result:
        return CliRunner(env={**usual, **(env or {})}).invoke(app, args, input=input, prog_name="spekta")

    usual: dict[str, str | None] = {**env, "COLUMNS": "100", "NO_COLOR": "1"}
    return run


@pytest.fixture(scope="session")
def first_copy(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two connections in it."""
    store = tmp_path_factory.mktemp("first") / "store.sqlite"
    env = {**served.environment, "SPEKTA_STORE": str(store), "SPEKTA_CREDENTIALS": str(store.with_name("none.json"))}
    done = CliRunner(env=env).invoke(app, ["sync", "--only", "ticket-tailor", "--only", "pretix"])
    assert done.exit_code == 0, done.stderr
    return store


@pytest.fixture
def synced(spekta: Run, first_copy: Path, credentials_file: Path) -> Run:
    """The command where two connections are synced."""
    credentials_file.parent.mkdir()
    shutil.copy(first_copy, credentials_file.with_name("store.sqlite"))
    return spekta

"""Stores that the same tests run against, and copies of sandboxed accounts into them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from connectors.registry import SLUGS
from spekta.sandbox.app import create_app
from spekta.sync import Store
from spekta.sync.sqlite import SqliteStore
from tests.aws.state import stored
from tests.connectors.conftest import Account

from .desk import Desk

STORES: dict[str, Callable[[Path], AbstractContextManager[Store]]] = {
    "sqlite": lambda folder: SqliteStore(folder / "store.sqlite"),
    "dynamodb": lambda folder: stored(),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every store that there is, empty."""
    with STORES[request.param](tmp_path) as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store of a laptop."""
    with SqliteStore(tmp_path / "store.sqlite") as made:
        yield made


@pytest.fixture(params=SLUGS)
def desk(request: pytest.FixtureRequest, file: SqliteStore) -> Desk:
    """The account of each provider, in a sandbox of its own, and the store that it is copied into."""
    return Desk(Account(request.param, create_app()), file)

"""What the tests of the real pretix share: the connection, the truth, and a table of figures at the end."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import Connector, create_connector

from .api import Api

Truth = dict[str, dict[str, Any]]
FIGURES = pytest.StashKey[list[tuple[object, ...]]]()


def setting(name: str) -> str:
    return os.environ.get(name) or pytest.skip("make test-pretix starts the pretix that this needs")


@pytest.fixture(scope="session")
def truth() -> Truth:
    """By event, what stands in pretix's tables: see truth.py."""
    found: Truth = json.loads(Path(setting("PRETIX_TRUTH")).read_text(), parse_float=str)
    return found


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    """For writing to pretix behind the connector's back."""
    made = Api(setting("PRETIX_BASE_URL"), setting("PRETIX_API_KEY"), setting("PRETIX_ORGANIZER"))
    yield made
    made.http.close()


@pytest.fixture
def credentials() -> dict[str, str]:
    return {
        "type": "api_key",
        "apiKey": setting("PRETIX_API_KEY"),
        "baseUrl": setting("PRETIX_BASE_URL"),
        "organizer": setting("PRETIX_ORGANIZER"),
    }


@pytest.fixture
async def connector(credentials: dict[str, str]) -> AsyncIterator[Connector]:
    async with create_connector("pretix", credentials) as made:
        yield made


@pytest.fixture
def figures(pytestconfig: pytest.Config) -> list[tuple[object, ...]]:
    """Rows of the table that is printed after the tests."""
    return pytestconfig.stash.setdefault(FIGURES, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash.get(FIGURES, [])
    if rows:
        header = ("event", "orders", "tickets", "gross", "refunds", "taxes", "net", "")
        terminalreporter.section("revenue, equal to pretix's own tables")
        for row in (header, *rows):
            terminalreporter.write_line("{:<15}{:>7}{:>8}{:>12}{:>10}{:>10}{:>12} {}".format(*map(str, row)))

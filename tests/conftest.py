from collections.abc import Iterator

import pytest

from connectors import find_provider
from connectors.pace import shared
from connectors.registry import SLUGS

ASKED = frozenset({"tickets", "attendees", "orders", "revenue"})


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop that every async test runs on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def every_pace_begins_anew() -> None:
    """What one test asked of a platform does not keep the next one waiting."""
    shared.cache_clear()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of what a platform does not offer, where all platforms go through the same tests."""
    idle = {item for item in items if any(needed(item) - find_provider(slug).capabilities for slug in platform(item))}
    config.hook.pytest_deselected(items=[*idle])
    items[:] = [item for item in items if item not in idle]
    for item in items:
        mark = item.get_closest_marker("pairwise")
        if mark and isinstance(item, pytest.Function) and sum(item.callspec.indices.values()) % mark.kwargs["of"]:
            item.add_marker("long")


def needed(item: pytest.Item) -> set[str]:
    """What a test asks for: what its mark `needs` names, and its parameters, as `orders` or `get_orders`."""
    marked = {kind for mark in item.iter_markers("needs") for kind in mark.args}
    return marked | {value.removeprefix("get_") for value in texts(item)} & ASKED


def platform(item: pytest.Item) -> set[str]:
    """The platform of a test that is for one of them."""
    found = set(texts(item)) & set(SLUGS)
    return found if len(found) == 1 else set()


def texts(item: pytest.Item) -> Iterator[str]:
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return (value for value in parameters.values() if isinstance(value, str))

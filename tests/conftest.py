import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop that every async test runs on."""
    return "asyncio"

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette

from spekta.sandbox.app import Sandbox, create_app


@pytest.fixture
def app() -> Starlette:
    return create_app()


@pytest.fixture
def sandbox(app: Starlette) -> Sandbox:
    found: Sandbox = app.state.sandbox
    return found


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://sandbox") as client:
        yield client

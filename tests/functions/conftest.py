import importlib.util
import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from starlette.applications import Starlette

import functions
from connectors.credentials.environment import EnvironmentStore
from spekta.sandbox.app import create_app
from spekta.sandbox.server import environment, running

from .events import Context

Ask = Callable[[dict[str, Any]], tuple[int, Any, dict[str, str]]]


@pytest.fixture(scope="session")
def platforms() -> Starlette:
    """Every platform, as the sandbox has it."""
    return create_app()


@pytest.fixture(scope="session")
def sandbox(platforms: Starlette) -> Iterator[str]:
    """The address of a running sandbox."""
    with running(platforms) as origin:
        yield origin


@pytest.fixture(scope="session")
def function() -> ModuleType:
    """The handler of ticket-tailor, which is chosen when the module is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPEKTA_PROVIDER", "ticket-tailor")
        from functions import provider
    return provider


def handler_of(slug: str, module: str = "provider") -> ModuleType:
    """The handler of another provider, which is loaded once more: for which it is, is chosen when it is imported."""
    path = f"{functions.__path__[0]}/{module}.py"
    spec = importlib.util.spec_from_file_location(f"functions.{module}_of_{slug}", path)
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPEKTA_PROVIDER", slug)
        spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def ask(function: ModuleType, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Asks ticket-tailor's handler in this process; its platform is the sandbox. Gives status, body and headers."""
    monkeypatch.setattr(function.routes, "store", EnvironmentStore(environment(sandbox)))
    return lambda event: outcome(function.handler(event, Context()))


def outcome(response: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
    """What a client sees of a handler's return value."""
    return response["statusCode"], json.loads(response["body"]), response["headers"]

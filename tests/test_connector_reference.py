"""The connector reference: what the code knows is printed in it, and its examples run as they stand."""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import connectors
from connectors import Connector, create_connector
from connectors.registry import SLUGS
from docs.page import printed
from spekta.sandbox.app import create_app
from spekta.sandbox.server import connections, environment, running

PAGE = (Path(__file__).parent.parent / "docs" / "connectors.md").read_text()
INTRODUCTION, _, PLATFORMS = PAGE.partition("\n## The platforms\n")


def examples(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.S)


def section(slug: str) -> str:
    """What stands beneath a platform's heading."""
    heading = f"\n## {connectors.find_provider(slug).name}\n"
    return PLATFORMS.partition(heading)[2].partition("\n## ")[0]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with running(create_app()) as origin:
        yield origin


@pytest.fixture
def at_the_sandbox(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that the examples read are the sandbox's, and platforms have its addresses."""
    addresses = {slug: found for slug, (_, found) in connections(origin).items()}

    def moved(slug: str, *given: Any, base_url: str | Mapping[str, str] | None = None, **more: Any) -> Connector:
        own = {"api": base_url} if isinstance(base_url, str) else base_url or {}
        return create_connector(slug, *given, base_url={**addresses[slug], **own}, **more)

    monkeypatch.setattr(connectors, "create_connector", moved)
    for name, value in environment(origin).items():
        monkeypatch.setenv(name, value)


async def run(example: str) -> None:
    """As `python -m asyncio` does."""
    done = eval(compile(example, "connectors.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), {})
    if inspect.isawaitable(done):
        await done


def test_what_the_code_knows_is_in_the_page() -> None:
    assert printed(PAGE) == PAGE, "run: make docs"


def test_what_people_wrote_stays() -> None:
    changed = PAGE.replace("# Connectors", "# All connectors").replace("holders", "owners")
    again = printed(changed)
    assert again.startswith("# All connectors")
    assert examples(again) == examples(changed)
    assert "`owners`" not in again


def test_a_new_platform_gets_an_example() -> None:
    page = printed("# Connectors\n\n")
    assert 'credentials = {"apiKey": os.environ["DICE_API_KEY"]}\nasync with create_connector("dice",' in page
    assert '    "baseUrl": os.environ["PRETIX_BASE_URL"],\n' in page
    assert page.count("```python") == len(SLUGS)


@pytest.mark.anyio
@pytest.mark.usefixtures("at_the_sandbox")
@pytest.mark.parametrize("example", examples(INTRODUCTION))
async def test_the_first_examples_run(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    await run(example)
    assert capsys.readouterr().out


@pytest.mark.anyio
@pytest.mark.usefixtures("at_the_sandbox")
@pytest.mark.parametrize("slug", SLUGS)
async def test_every_platform_has_an_example_that_runs(slug: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = examples(section(slug))
    assert found
    for example in found:
        assert f'create_connector("{slug}", credentials' in example
        await run(example)
        assert capsys.readouterr().out

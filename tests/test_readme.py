"""The README: its matrix is the code's, and its Python runs as it stands."""

import re
import textwrap
from functools import partial
from pathlib import Path

import httpx2
import pytest

import connectors
from connectors.matrix import END, START, markdown
from spekta.sandbox.app import create_app
from spekta.sandbox.server import connections

README = Path(__file__).parent.parent / "README.md"


def test_the_matrix_is_what_the_code_offers() -> None:
    printed = README.read_text().partition(START)[2].partition(END)[0]
    assert printed.strip() == markdown().strip(), "run: make docs"


@pytest.mark.anyio
async def test_the_python_runs_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    credentials, addresses = connections("http://127.0.0.1")["eventbrite"]
    to_sandbox = partial(
        connectors.create_connector, base_url=addresses, transport=httpx2.ASGITransport(app=create_app())
    )
    monkeypatch.setattr(connectors, "create_connector", to_sandbox)
    found = re.search(r"```python\n(.*?)```", README.read_text(), re.S)
    assert found
    names = {"token": credentials["accessToken"]}
    exec(f"async def example(token):\n{textwrap.indent(found[1], '    ')}", names)
    await names["example"](credentials["accessToken"])  # type: ignore[operator]
    assert re.fullmatch(r"\d+\.\d\d [A-Z]{3} without \(.*\)\n", capsys.readouterr().out)

"""What is written where: answers on stdout, everything else on stderr; progress only where a person watches."""

import contextlib
import json
import os
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import typer
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from connectors.redaction import quoted

WIDTH_OF_A_PIPE = 100


def out() -> Console:
    """The console of the answer. Markup is off: what platforms say is text."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH_OF_A_PIPE
    return Console(markup=False, emoji=False, highlight=False, width=width)


def aside() -> Console:
    """The console of everything that is not the answer."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def complain(text: str) -> None:
    """One line about what went wrong."""
    aside().print(Text.assemble(("spekta: ", "bold red"), quoted(text, 2000)), soft_wrap=True)


def remark(text: str) -> None:
    """One line that a person should know and a program can do without."""
    aside().print(Text(quoted(text, 2000), "yellow"), soft_wrap=True)


def say_json(document: Any) -> None:
    """The one JSON document of a command."""
    typer.echo(json.dumps(to_jsonable_python(document), ensure_ascii=False, indent=2))


def waiting(text: str) -> AbstractContextManager[Any]:
    """A spinner; nothing where nobody watches."""
    console = aside()
    return console.status(text) if console.is_terminal else contextlib.nullcontext()


def progress() -> Progress:
    """A bar for each connection; nothing where nobody watches."""
    console = aside()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("events"))
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def now() -> datetime:
    """The time that statuses are shown for."""
    return datetime.now(UTC)

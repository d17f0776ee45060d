"""Where errors end: one line on stderr, and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from connectors.errors import ConfigurationError, InvalidArgument, NotAllowed, SpektaError

from .terminal import complain

PLATFORM, USAGE, INTERRUPTED = 1, 2, 130


class Boundary(TyperGroup):
    """The command group. No error of ours, of the command line or of the file system leaves it as a traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args:
            return super().parse_args(ctx, args)  # which shows the help
        with _ending(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with _ending(ctx):
            return super().invoke(ctx)


@contextmanager
def _ending(ctx: Any) -> Iterator[None]:
    try:
        yield
    except SpektaError as error:
        complain(str(error))
        raise typer.Exit(exit_code(error)) from None
    except typer.TyperException as error:
        where = getattr(getattr(error, "ctx", None), "command_path", ctx.command_path)
        said = error.format_message()
        if not said:  # the help was shown in its place
            raise typer.Exit(USAGE) from None
        complain(f"{said}{'' if said.endswith(('.', '?')) else '.'} See: {where} --help")
        raise typer.Exit(USAGE) from None
    except typer.Abort:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(str(error))
        raise typer.Exit(PLATFORM) from None


def exit_code(error: SpektaError) -> int:
    """2 for what the caller can mend in the command line or configuration, else 1."""
    return USAGE if isinstance(error, ConfigurationError | InvalidArgument | NotAllowed) else PLATFORM

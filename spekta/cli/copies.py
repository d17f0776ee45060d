"""Which copies are meant: those on this machine, or those of a stack in AWS."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from spekta.sync import Store
from spekta.sync.sqlite import SqliteStore

Aws = Annotated[bool, typer.Option("--aws", help="The copies of a stack in AWS, in place of those on this machine.")]
OfStack = Annotated[str, typer.Option("--stack", metavar="NAME", help="Which stack, with --aws.")]
STACK = "spekta"


@contextmanager
def copies(aws: bool, stack: str) -> Iterator[Store]:
    """The copies of a stack, which its outputs lead to, or the file on this machine."""
    if aws:
        from spekta.aws.stack import find
        from spekta.aws.store import DynamoStore

        yield DynamoStore(find(stack).table)
    else:
        with SqliteStore() as store:
            yield store


def flag(aws: bool) -> str:
    """What a command needs to be about these copies, too."""
    return " --aws" if aws else ""

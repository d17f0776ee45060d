"""`spekta forget`: erases a person from the copies, here or in AWS."""

from typing import Annotated

import typer

from spekta.sync.people import forget as erase

from .copies import STACK, Aws, OfStack, copies
from .terminal import out


def forget(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.")],
    aws: Aws = False,
    stack: OfStack = STACK,
) -> None:
    """Erases a person from the copies on this machine, or from those of a stack, for good.

    Names, addresses, phone numbers, barcodes and answers go; what was bought and paid stays, as the books need it.
    Later syncs leave the person out too. The address is the same in any case, but another with dots or a plus: name
    each. On the platforms nothing changes: erase the person there as well. The backups of a stack's table end after
    35 days.
    """
    with copies(aws, stack) as store:
        count = erase(store, email)
    records = "1 record" if count == 1 else f"{count} records"
    out().print(f"Erased from {records}. Later syncs leave this person out.")

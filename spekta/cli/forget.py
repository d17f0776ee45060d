"""`spekta forget`: erases a person from the copies on this machine."""

from typing import Annotated

import typer

from spekta.sync.people import forget as erase
from spekta.sync.sqlite import SqliteStore

from .terminal import out


def forget(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.")],
) -> None:
    """Erases a person from the copies on this machine, for good.

    Names, addresses, phone numbers, barcodes and answers go; what was bought and paid stays, as the books need it.
    Later syncs leave the person out too. On the platforms nothing changes: erase the person there as well.
    """
    with SqliteStore() as store:
        count = erase(store, email)
    out().print(f"Erased from {count} records. Later syncs leave this person out.")

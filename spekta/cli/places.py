"""Where connections are kept: in a file of this user, or as secrets in AWS."""

from dataclasses import dataclass
from typing import Annotated, Protocol

import typer

from connectors.credentials import Settings
from connectors.credentials.file import FileStore


class Keeper(Protocol):
    """A store whose connections can be changed."""

    def connections(self) -> list[str]: ...

    def has(self, connection: str) -> bool: ...

    def settings(self, connection: str) -> Settings | None: ...

    def put(self, connection: str, settings: Settings) -> None: ...

    def remove(self, connection: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A store, where it is, and what a command needs to be about it."""

    store: Keeper
    name: str
    flag: str


Aws = Annotated[
    bool,
    typer.Option("--aws", help="Secrets Manager in place of this machine: of the account and region that AWS_* name."),
]


def kept(aws: bool) -> Place:
    """The secrets of the AWS account that the environment leads to, or the credentials file."""
    if not aws:
        file = FileStore()
        return Place(file, str(file.path), "")
    from spekta.aws.operator import OperatorStore

    secrets = OperatorStore()
    return Place(secrets, f"Secrets Manager ({secrets.region})", " --aws")

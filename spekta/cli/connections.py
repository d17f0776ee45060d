"""`spekta connections` and `spekta disconnect`: what is set up on this machine."""

from typing import Annotated

import typer
from rich.table import Table

from connectors.credentials import Settings, Store
from connectors.credentials.environment import EnvironmentStore
from connectors.credentials.file import FileStore
from connectors.errors import ConfigurationError

from . import cells, options
from .terminal import out, say_json

Found = dict[str, tuple[str, Settings]]


def connections(json: options.Json = False) -> None:
    """What is connected on this machine, and where that is set up."""
    file = FileStore()
    found = _found(str(file.path), file) | _found("environment", EnvironmentStore())
    if json:
        say_json({"connections": [_document(name, *found[name]) for name in sorted(found)]})
    else:
        out().print(_table(found) if found else "Nothing is connected yet. Run: spekta connect PROVIDER")


def disconnect(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="As `spekta connections` names it.")],
) -> None:
    """Forgets a connection.

    The key or app stays valid on the platform until it is withdrawn there.
    """
    if not FileStore().remove(connection):
        where = "It is set up in the environment." if EnvironmentStore().settings(connection) else ""
        raise ConfigurationError(f"{connection} is not in the credentials file.", where)
    out().print(f"{connection} is forgotten.")


def _found(place: str, store: Store) -> Found:
    return {name: (place, settings) for name in store.connections() if (settings := store.settings(name))}


def _table(found: Found) -> Table:
    table = cells.table("Connection", "Credentials", "Options", "Address", "Set up in", whole=("Connection",))
    for name, (place, settings) in sorted(found.items()):
        chosen = ", ".join(f"{option}={value}" for option, value in settings.options.items())
        address = settings.addresses.get("api") or settings.credentials.get("baseUrl")
        table.add_row(name, ", ".join(sorted(settings.credentials)), chosen, address, place)
    return table


def _document(name: str, place: str, settings: Settings) -> dict[str, object]:
    return {
        "connection": name,
        "place": place,
        "credentials": sorted(settings.credentials),
        "options": settings.options,
        "addresses": settings.addresses,
    }

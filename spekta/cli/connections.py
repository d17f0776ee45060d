"""`spekta connections` and `spekta disconnect`: what is set up, here or in AWS."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from connectors import find_provider
from connectors.credentials import Settings, split
from connectors.credentials.environment import EnvironmentStore
from connectors.errors import ConfigurationError

from . import asking, cells, options, webhooks
from .places import Aws, Keeper, Place, kept
from .terminal import out, say_json

SET = "set"
Found = dict[str, tuple[str, Settings]]


def connections(
    connection: Annotated[str | None, typer.Argument(metavar="CONNECTION", help="All, if none is named.")] = None,
    aws: Aws = False,
    webhook: Annotated[
        bool, typer.Option("--webhook", help="Only where its platform delivers webhooks, with the token in it.")
    ] = False,
    json: options.Json = False,
) -> None:
    """What is connected, and where that is set up. No secret is shown.

    One that is named is shown whole: which credentials it has, its options and its addresses.
    With --webhook it is the address that you give to the platform; SPEKTA_API_URL says where your API is.
    With --aws the list needs the right to list secrets, and a name the right to read that one.
    """
    place = kept(aws)
    if webhook:
        out().print(_delivered_to(connection, place), soft_wrap=True)
    elif connection:
        _show(connection, *_one(connection, place), json=json)
    elif aws:
        _list_names(place, json)
    else:
        _list(_found(place.name, place.store) | _found("environment", EnvironmentStore()), json)


def _delivered_to(connection: str | None, place: Place) -> str:
    """The address of a connection's webhooks. Raises ConfigurationError where it has none."""
    if connection is None:
        raise ConfigurationError("Each connection has an address of its own.", "Name one.", "connection")
    found = webhooks.address(connection, _one(connection, place)[1], whole=True)
    if found is None:
        provider = find_provider(split(connection)[0])
        advice = f"Run: spekta connect{place.flag} {connection}" if provider.webhook else "It sends none."
        raise ConfigurationError(f"{connection} has no address for webhooks.", advice, "connection")
    return found


def disconnect(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="As `spekta connections` names it.")],
    aws: Aws = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forgets a connection, once you have said yes.

    The key or app stays valid on the platform until it is withdrawn there.
    A secret of AWS can be brought back for a week, by `aws secretsmanager restore-secret`.
    """
    place = kept(aws)
    if not place.store.has(connection):
        raise ConfigurationError(f"{connection} is not in {place.name}.", _elsewhere(connection, place))
    if not yes:
        _confirm(f"Forget {connection}, which is in {place.name}?")
    place.store.remove(connection)
    out().print(f"{connection} is forgotten.")


def _confirm(question: str) -> None:
    if not asking.interactive():
        raise ConfigurationError("There is nobody to ask.", "Add --yes.")
    typer.confirm(question, abort=True, err=True)


def _elsewhere(connection: str, place: Place) -> str:
    if EnvironmentStore().settings(connection):
        return "It is set up in the environment."
    return f"See: spekta connections{place.flag}"


def _one(connection: str, place: Place) -> tuple[str, Settings]:
    """Where a connection is set up, and how. Raises ConfigurationError where there is none."""
    if not place.flag and (own := EnvironmentStore().settings(connection)):
        return "environment", own
    if found := place.store.settings(connection):
        return place.name, found
    raise ConfigurationError(f"{connection} is not in {place.name}.", f"Run: spekta connect{place.flag} {connection}")


def _found(place: str, store: Keeper | EnvironmentStore) -> Found:
    return {name: (place, settings) for name in store.connections() if (settings := store.settings(name))}


def _list(found: Found, json: bool) -> None:
    if json:
        say_json({"connections": [_document(name, *found[name]) for name in sorted(found)]})
    else:
        out().print(_table(found) if found else "Nothing is connected yet. Run: spekta connect PROVIDER")


def _list_names(place: Place, json: bool) -> None:
    names = place.store.connections()
    if json:
        say_json({"connections": [{"connection": name, "place": place.name} for name in names]})
    elif names:
        table = cells.table("Connection", "Set up in", whole=("Connection",))
        for name in names:
            table.add_row(name, place.name)
        out().print(table)
    else:
        out().print(f"Nothing is connected in {place.name}. Run: spekta connect{place.flag} PROVIDER")


def _table(found: Found) -> Table:
    table = cells.table("Connection", "Credentials", "Options", "Address", "Set up in", whole=("Connection",))
    for name, (place, settings) in sorted(found.items()):
        chosen = ", ".join(f"{option}={value}" for option, value in settings.options.items())
        address = settings.addresses.get("api") or settings.credentials.get("baseUrl")
        table.add_row(name, ", ".join(sorted(settings.credentials)), chosen, address, place)
    return table


def _show(name: str, place: str, settings: Settings, *, json: bool) -> None:
    shown = _shown(name, settings)
    if json:
        say_json(_document(name, place, settings) | {"values": shown})
        return
    table = cells.table("Setting", "Value", whole=("Setting",))
    beside = [*_beside(settings), *_webhook(name, settings)]
    for label, value in [("connection", name), ("set up in", place), *shown.items(), *beside]:
        table.add_row(label, cells.text(str(value)))
    out().print(table)


def _shown(name: str, settings: Settings) -> dict[str, str]:
    """The credentials, each as it is where it is no secret, else that it is there."""
    plain = {field.name for field in find_provider(split(name)[0]).credentials if not field.secret}
    shown = {field: value if field in plain else SET for field, value in settings.credentials.items()}
    return shown | {"expiresAt": _time(settings.credentials["expiresAt"])} if "expiresAt" in shown else shown


def _beside(settings: Settings) -> list[tuple[str, Any]]:
    return [*settings.options.items(), *((f"address of {host}", url) for host, url in settings.addresses.items())]


def _webhook(name: str, settings: Settings) -> list[tuple[str, Any]]:
    found = webhooks.address(name, settings, whole=False)
    return [("webhooks", found)] if found else []


def _time(seconds: str) -> str:
    try:
        return cells.when(datetime.fromtimestamp(float(seconds), UTC))
    except (ValueError, OverflowError, OSError):
        return cells.UNKNOWN


def _document(name: str, place: str, settings: Settings) -> dict[str, object]:
    return {
        "connection": name,
        "place": place,
        "credentials": sorted(settings.credentials),
        "options": settings.options,
        "addresses": settings.addresses,
    }

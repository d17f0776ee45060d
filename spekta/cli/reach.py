"""How the commands reach the connections of this machine and user."""

from collections.abc import Sequence

from connectors import Connector, Portfolio, Provider
from connectors import connect as open_connection
from connectors.credentials.local import local_store
from connectors.errors import ConfigurationError
from connectors.portfolio import Progress, Status
from connectors.registry import provider_of

from .boundary import PLATFORM
from .terminal import remark


def connector(connection: str) -> Connector:
    """The connector of a connection. Raises ConfigurationError where there is none."""
    return open_connection(local_store(), connection)


def provider(connection: str) -> Provider:
    """The provider of a connection, in its mode."""
    return provider_of(local_store(), connection)


def names(given: Sequence[str] | None) -> list[str]:
    """The named connections, or all of them. Raises ConfigurationError for an unknown one, or where there is none."""
    store = local_store()
    for name in given or ():
        if store.settings(name) is None:
            raise ConfigurationError(f"{name} is not connected.", f"Run: spekta connect {name}")
    found = list(dict.fromkeys(given or store.connections()))
    if not found:
        raise ConfigurationError("Nothing is connected yet.", "Run: spekta connect PROVIDER, or first: spekta demo")
    return found


def portfolio(given: Sequence[str] | None, on_progress: Progress = lambda connection, done, of: None) -> Portfolio:
    """The named connections, or all of them. Raises what `names` does."""
    store = local_store()
    return Portfolio(names(given), lambda name: open_connection(store, name), on_progress)


def report(statuses: Sequence[Status]) -> int:
    """Names every connection that did not answer in full; gives the exit code, which is 1 when none answered."""
    said: dict[str, list[str]] = {}
    for status in statuses:
        if status.state != "ok":
            said.setdefault(f"{status.message} {status.advice or ''}".strip(), []).append(status.connection)
        elif status.problems:
            left_out = f"{status.problems} records could not be read and are left out."
            said.setdefault(left_out, []).append(status.connection)
    for words, connections in said.items():
        remark(f"{', '.join(connections)}: {words}")
    return 0 if answered(statuses) else PLATFORM


def answered(statuses: Sequence[Status]) -> bool:
    """Whether one connection at least has given something."""
    return any(status.state in ("ok", "partial") for status in statuses)

"""The copies of the stack, in its table, for functions that nobody waits for."""

from functools import cache

from connectors.errors import ConfigurationError
from spekta.aws import store


@cache
def state() -> store.DynamoStore:
    """Raises ConfigurationError where the environment names no table."""
    found = store.configured(patient=True)
    if found is None:
        raise ConfigurationError("There is no table for the copies.", "Name it: SPEKTA_STATE_TABLE.")
    return found

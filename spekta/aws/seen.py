"""Which deliveries of webhooks were accepted before, in the table of leases: each is leased for as long as it is
remembered.
"""

from datetime import datetime

from connectors.seen import KEPT

from .lease import Lease, Leases
from .secret import name_of


class SeenInTable:
    """Remembers over all processes. Only the delivery that was added last can be discarded. Raises what Leases does."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._last: tuple[str, Lease] | None = None

    def add(self, key: str, now: datetime) -> bool:
        lease = self._leases.take(_name(key), KEPT.total_seconds())
        self._last = (key, lease) if lease else None
        return lease is not None

    def discard(self, key: str) -> None:
        if self._last and self._last[0] == key:
            self._last[1].give_back()


def _name(key: str) -> str:
    """Below the provider's own name: a function may write no other."""
    connection, _, digest = key.partition("#")
    return f"{name_of(connection)}#{digest}"

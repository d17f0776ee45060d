"""Announces changes on the bus, as `spekta.order.paid` and the like."""

import logging
from collections.abc import Sequence

from connectors.errors import Unavailable
from spekta.sync import Change

from .bus import Bus

logger = logging.getLogger(__name__)


class BusAnnouncer:
    """Puts changes on a bus. One that it does not take is announced again; `announced` counts those that it took."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.announced = 0

    def announce(self, changes: Sequence[Change]) -> Sequence[bool]:
        try:
            taken = self._bus.put((f"spekta.{change.type}", change.model_dump_json()) for change in changes)
        except Unavailable as error:  # the copy goes on; the changes stay marked
            logger.warning("No changes could be announced: %s", error)
            return [False] * len(changes)
        self.announced += sum(taken)
        return taken

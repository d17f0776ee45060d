"""Whose turn it is: decided from how the connections stand, and told on the bus. Nothing else is written."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from spekta.sync import Reader, Status
from spekta.sync.moments import now as clock

from .bus import Bus
from .details import Requested, is_name


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is told that it is their turn; who is parked, and asked for by its platform alone; who has to wait, because
    its platform asked for a pause; and which names are of no connection.
    """

    due: list[str]
    parked: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans the syncs of the connections that `names` gives."""

    names: Callable[[], list[str]]
    reader: Callable[[], Reader]
    bus: Callable[[], Bus]
    now: Callable[[], datetime] = clock

    def tick(self) -> Plan:
        """The turn of all that are due and that nobody is at work on."""
        names, moment = self.names(), self.now()
        known = [name for name in names if is_name(name)]
        statuses = self._statuses()
        due = [name for name in known if _is_due(_of(statuses, name), moment)]
        self.bus().put_due(due)
        return Plan(due, unknown=[name for name in names if name not in known])

    def request(self, requested: Requested) -> Plan:
        """The turn of those that somebody asks for, whether due or not. What a platform tells to have changed wakes no
        connection that is parked.
        """
        names, moment = set(self.names()), self.now()
        asked = list(dict.fromkeys(requested.connections))
        known = [name for name in asked if name in names and is_name(name)]
        statuses = self._statuses()
        parked = [name for name in known if requested.changes and _of(statuses, name).parked]
        waiting = [name for name in known if _of(statuses, name).must_wait(moment)]
        due = [name for name in known if name not in (*parked, *waiting)]
        self.bus().put_due(due, requested.changes, asked=True)
        return Plan(due, parked, waiting, [name for name in asked if name not in known])

    def _statuses(self) -> dict[str, Status]:
        return {status.connection: status for status in self.reader().statuses()}


def _is_due(status: Status, moment: datetime) -> bool:
    return not status.working and (status.is_due(moment) or status.has_news)


def _of(statuses: dict[str, Status], name: str) -> Status:
    return statuses.get(name) or Status(name)

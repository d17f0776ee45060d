"""Counts issued tickets: how many there are, how many let their holder in, how many were scanned."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from connectors import UnifiedAttendee
from connectors.models import AttendeeStatus

from .answers import Part
from .values import Text


class Count(Part):
    """A number of tickets. Without `checked_in` the platform tells of none of them whether it was scanned;
    `check_in_unknown` counts those of which it does not tell, where it tells of others."""

    ticket_type: Text | None = None
    status: str | None = None
    tickets: int
    valid: int | None = None
    checked_in: int | None = None
    check_in_unknown: int | None = None


class Sort(NamedTuple):
    """What is told apart when tickets are counted."""

    ticket_type: str | None
    status: AttendeeStatus
    checked_in: bool | None


class Tally:
    """Tickets counted by their sort; the tickets themselves are not kept."""

    def __init__(self, attendees: Iterable[UnifiedAttendee] = ()) -> None:
        self._sorts: Counter[Sort] = Counter()
        for attendee in attendees:
            self.add(attendee)

    @property
    def tickets(self) -> int:
        return self._sorts.total()

    def add(self, attendee: UnifiedAttendee) -> None:
        self._sorts[Sort(attendee.ticket_name, attendee.status, attendee.checked_in)] += 1

    def all(self) -> Count:
        return _count(self._sorts)

    def by_status(self) -> list[Count]:
        """A count of each status, the largest first."""
        return _largest_first(
            _count(group, status=status).model_copy(update={"valid": None})
            for status, group in self._groups("status").items()
        )

    def by_ticket_type(self) -> list[Count]:
        """A count of each ticket type, the largest first."""
        return _largest_first(_count(group, ticket_type=name) for name, group in self._groups("ticket_type").items())

    def _groups(self, by: str) -> dict[str | None, Counter[Sort]]:
        groups: dict[str | None, Counter[Sort]] = {}
        for sort, number in self._sorts.items():
            groups.setdefault(getattr(sort, by), Counter())[sort] = number
        return groups


def _count(sorts: Counter[Sort], *, ticket_type: str | None = None, status: str | None = None) -> Count:
    told = [sort for sort in sorts if sort.checked_in is not None]
    unknown = sum(number for sort, number in sorts.items() if sort.checked_in is None)
    return Count(
        ticket_type=ticket_type,
        status=status,
        tickets=sorts.total(),
        valid=sum(number for sort, number in sorts.items() if sort.status == "valid"),
        checked_in=sum(sorts[sort] for sort in told if sort.checked_in) if told else None,
        check_in_unknown=unknown or None if told else None,
    )


def _largest_first(counts: Iterable[Count]) -> list[Count]:
    return sorted(counts, key=lambda count: (-count.tickets, count.ticket_type or "", count.status or ""))

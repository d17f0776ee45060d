"""Rows become records: the provider's own function is called, and what every record has is filled in."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from .models import OrderLine, UnifiedAttendee, UnifiedOrder, UnifiedRecord, UnifiedTicket
from .provider import Stream
from .row import Row, Unreadable


class Mapper:
    """Maps the rows of one account."""

    def __init__(self, provider: str, account: str) -> None:
        self._provider = provider
        self._account = account

    def map(self, stream: Stream, rows: Sequence[Row], event_id: str | None) -> list[Any]:
        """The records that a row, or a group of rows, stands for. Raises Unreadable."""
        assert stream.map is not None
        first = rows[0]
        try:
            made = stream.map(list(rows)) if stream.group else stream.map(first)
        except ValidationError as error:
            wrong = error.errors(include_input=False, include_url=False)[0]
            raise Unreadable(".".join(map(str, wrong["loc"])), wrong["msg"]) from None
        except Unreadable:
            raise
        except (TypeError, AttributeError, ArithmeticError, LookupError, ValueError) as error:
            raise Unreadable("", f"not the expected shape ({type(error).__name__})") from None
        records = made if isinstance(made, list) else [] if made is None else [made]
        raw = [row.data for row in rows] if stream.group else first.data
        for record in records:
            if isinstance(record, UnifiedRecord):
                self._complete(record, raw, first.said, event_id)
        return records

    def _complete(self, record: UnifiedRecord, raw: Any, said: str | None, event_id: str | None) -> None:
        """Fills what every record has. The models are frozen for everybody else."""
        values = record.__dict__
        values["provider"], values["account"], values["raw"] = self._provider, self._account, raw
        if values["status_raw"] is None:
            values["status_raw"] = said
        if isinstance(record, UnifiedOrder):
            lines, events = record.lines, record.event_ids
            if not events:
                named = dict.fromkeys(line.event_id for line in lines if line.event_id)
                values["event_ids"] = events = tuple(named) or ((event_id,) if event_id else ())
            if len(events) == 1:
                _place(lines, events[0])
        elif isinstance(record, UnifiedTicket | UnifiedAttendee):
            values["event_id"] = record.event_id or event_id
            values |= _derived(record)


def _place(lines: Iterable[OrderLine], event_id: str) -> None:
    """The lines of an order for one event are for that event."""
    for line in lines:
        values = line.__dict__
        values["event_id"] = values["event_id"] or event_id


def _derived(record: UnifiedTicket | UnifiedAttendee) -> dict[str, Any]:
    """What follows from what the platform told."""
    if isinstance(record, UnifiedAttendee):
        parts = (record.first_name, record.last_name)
        return {"name": record.name or " ".join(filter(None, parts)) or None}
    total, sold, left = record.quantity_total, record.quantity_sold, record.quantity_available
    return {
        "quantity_available": max(0, total - sold) if left is None and total is not None and sold is not None else left
    }

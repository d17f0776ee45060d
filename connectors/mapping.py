"""Rows become records: the provider's own function is called, and what every record has is filled in."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from . import stock
from .issued import Issued
from .models import OrderLine, UnifiedAttendee, UnifiedOrder, UnifiedRecord, UnifiedTicket
from .money import order_status
from .provider import Provider, Stream
from .row import Row, Unreadable, earliest, latest

Choice = Callable[[Iterable[datetime | None]], datetime | None]


class Mapper:
    """Maps the rows of one account."""

    def __init__(self, provider: Provider, account: str) -> None:
        self._provider = provider.slug
        self._stamps = provider.stamps
        self._account = account

    def map(self, stream: Stream, rows: Sequence[Row], event_id: str | None) -> list[Any]:
        """The records that a row, or a group of rows, stands for. Raises Unreadable."""
        assert stream.map is not None
        first = rows[0]
        try:
            records = _records(stream.map(list(rows)) if stream.group else stream.map(first))
        except ValidationError as error:
            wrong = error.errors(include_input=False, include_url=False)[0]
            raise Unreadable(".".join(map(str, wrong["loc"])), wrong["msg"]) from None
        except Unreadable:
            raise
        except (TypeError, AttributeError, ArithmeticError, LookupError, ValueError) as error:
            raise Unreadable("", f"not the expected shape ({type(error).__name__})") from None
        raw = [row.data for row in rows] if stream.group else first.data
        for record in records:
            if isinstance(record, UnifiedRecord):
                self._complete(record, raw, first.said, event_id)
                self._stamp(record, rows)
        return records

    def _stamp(self, record: UnifiedRecord, rows: Sequence[Row]) -> None:
        """When a record was made and last changed, where its mapping did not say: a group began with its first row."""
        values, stamps = record.__dict__, self._stamps
        if stamps and record.created_at is None:
            values["created_at"] = _known(earliest, stamps.created_at, rows)
        if stamps and record.updated_at is None:
            values["updated_at"] = _known(latest, stamps.updated_at, rows)
        if record.created_at is None and type(record) is UnifiedOrder:
            values["created_at"] = record.placed_at
        elif record.created_at is None and type(record) is UnifiedAttendee:
            values["created_at"] = record.purchased_at

    def _complete(self, record: UnifiedRecord, raw: Any, said: str | None, event_id: str | None) -> None:
        """Fills what every record has. The models are frozen for everybody else."""
        values = record.__dict__
        values["provider"], values["account"], values["raw"] = self._provider, self._account, raw
        if values["status_raw"] is None:
            values["status_raw"] = said
        # By type(): a model's isinstance() takes five times as long.
        if type(record) is UnifiedOrder:
            _complete_order(record, event_id)
        elif type(record) is UnifiedAttendee:
            values["event_id"] = record.event_id or event_id
            values["name"] = record.name or " ".join(filter(None, (record.first_name, record.last_name))) or None
        elif type(record) is UnifiedTicket:
            values["event_id"] = record.event_id or event_id
            values |= _stock(record)


def _known(choose: Choice, read: Callable[[Row], datetime | None], rows: Sequence[Row]) -> datetime | None:
    return read(rows[0]) if len(rows) == 1 else choose(map(read, rows))


def _records(made: Any) -> list[Any]:
    """What a mapping made, as a list. Issued tickets are what they count for in revenue."""
    records = made if isinstance(made, list) else [made]
    return [sale for one in records if (sale := one.sale if isinstance(one, Issued) else one) is not None]


def _place(lines: Iterable[OrderLine], event_id: str) -> None:
    """The lines of an order for one event are for that event."""
    for line in lines:
        values = line.__dict__
        values["event_id"] = values["event_id"] or event_id


def _complete_order(order: UnifiedOrder, event_id: str | None) -> None:
    values, lines, events = order.__dict__, order.lines, order.event_ids
    values["status"] = order_status(order.status, order.paid, order.refunded)
    if not events:
        named = dict.fromkeys(line.event_id for line in lines if line.event_id)
        values["event_ids"] = events = tuple(named) or ((event_id,) if event_id else ())
    if len(events) == 1:
        _place(lines, events[0])


def _stock(ticket: UnifiedTicket) -> dict[str, Any]:
    """What follows from what the platform told of a stock."""
    total, sold, left = ticket.quantity_total, ticket.quantity_sold, ticket.quantity_available
    if sold is not None:
        left = stock.left(total, sold) if left is None else left
        total = sold + left if total is None and left is not None else total
    return {"quantity_total": total, "quantity_available": left}

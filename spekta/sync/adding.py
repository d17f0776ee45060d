"""Adds up what events brought in, from their sales in the store."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from connectors import Connector
from connectors.models import UnifiedEvent, UnifiedOrder
from connectors.money import Sale, sale_of

from .feeds import Kind
from .revenue import Totals, by_day
from .rows import Row, record_of
from .rows import sale_of as stored_sale
from .store import Store

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Adder:
    """Adds up the events of one connection."""

    connector: Connector
    store: Store
    as_of: datetime

    def settle_all(self) -> None:
        """Adds up every event that is marked."""
        marked = iter(self.store.touched(self.connector.name))
        while some := list(islice(marked, AT_ONCE)):
            self.store.settle(self.connector.name, [(touched, self._totals(touched.event_id)) for touched in some])

    def _totals(self, event_id: str) -> Totals | None:
        """What an event brought in, added up anew from all of its sales."""
        row = self.store.row(self.connector.name, "events", event_id)
        if row is None or "revenue" not in self.connector.provider.capabilities:
            return None
        event = record_of(row)
        assert isinstance(event, UnifiedEvent)
        placed: dict[str, datetime] = {}
        found = self._sales(event_id, placed)
        sales = [sale for sale in found if isinstance(sale, Sale)]
        revenue = self.connector.add_up(event, found, self.as_of)
        return Totals(revenue, by_day(event, sales, placed, revenue.unreported))

    def _sales(self, event_id: str, placed: dict[str, datetime]) -> list[Sale | str]:
        """The sales of an event; notes when their orders were placed."""
        apart = bool(self.connector.provider.parts("sales"))
        found: list[Sale | str | None] = []
        for row in self._rows("orders", event_id):
            order = record_of(row)
            assert isinstance(order, UnifiedOrder)
            if order.placed_at:
                placed[order.id] = order.placed_at
            found.append(None if apart else sale_of(order, event_id))
        found += [stored_sale(row) for row in self._rows("sales", event_id)] if apart else []
        return [sale for sale in found if sale is not None]

    def _rows(self, kind: Kind, event_id: str) -> Iterator[Row]:
        after: str | None = ""
        while after is not None:
            found = self.store.of_event(self.connector.name, kind, event_id, after=after or None)
            yield from (row for _, row in found.rows)
            after = found.after

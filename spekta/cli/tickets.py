"""`spekta tickets`: the ticket types of an event."""

from rich.table import Table

from connectors import UnifiedTicket

from . import cells, options
from .listing import Paging, event_of, show


def tickets(
    reference: options.Reference,
    page: options.Page = None,
    page_size: options.PageSize = 50,
    cursor: options.Cursor = None,
    all: options.All = False,
    raw: options.Raw = False,
    json: options.Json = False,
) -> None:
    """Ticket types of an event, with prices and what is left."""
    show("tickets", event_of(reference), Paging(page, page_size, cursor, all), _table, json=json, raw=raw)


def _table(tickets: list[UnifiedTicket], personal_data: bool) -> Table:
    figures = ("Price", "Fee", "Sold", "Left", "Total")
    table = cells.table("Ticket", "Name", *figures, "Status", right=figures, whole=("Ticket",))
    for ticket in tickets:
        table.add_row(
            cells.text(ticket.id),
            cells.text(ticket.name),
            cells.amount(ticket.price, ticket.currency),
            cells.amount(ticket.fee),
            cells.count(ticket.quantity_sold),
            cells.count(ticket.quantity_available),
            cells.count(ticket.quantity_total),
            cells.status(ticket.status),
        )
    return table

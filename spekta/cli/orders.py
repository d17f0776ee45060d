"""`spekta orders`: what was bought."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from connectors import UnifiedOrder
from connectors.models import OrderStatus
from connectors.references import refer

from . import cells, options
from .listing import Paging, show, target_of


def orders(
    target: options.Target,
    status: Annotated[OrderStatus | None, typer.Option(help="Only orders of this status.")] = None,
    buyer_email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only what this person bought.")] = None,
    since: options.Since = None,
    filters: options.Filters = None,
    page: options.Page = None,
    page_size: options.PageSize = 50,
    cursor: options.Cursor = None,
    all: options.All = False,
    personal_data: options.PersonalData = False,
    raw: options.Raw = False,
    json: options.Json = False,
) -> None:
    """Orders of an event, or of a whole account.

    Who bought is shown with --personal-data only.
    """
    show(
        "orders",
        target_of(target),
        Paging(page, page_size, cursor, all),
        _table,
        filters=options.named(filters, status=status, buyer_email=buyer_email),
        since=since,
        personal_data=personal_data,
        json=json,
        raw=raw,
    )


def _table(orders: list[UnifiedOrder], personal_data: bool) -> Table:
    several = len({order.event_ids for order in orders}) > 1
    about = ("Event",) if several else ()
    who = ("Buyer", "E-mail") if personal_data else ()
    figures = ("Tickets", "Paid", "Refunded", "Fees")
    table = cells.table(
        "Order", *about, "Placed", *who, *figures, "Status", right=figures, whole=("Order", "Event", "E-mail")
    )
    for order in orders:
        events = "\n".join(refer(order.connection, event) for event in order.event_ids)
        person = (cells.text(order.buyer_name), cells.text(order.buyer_email)) if personal_data else ()
        table.add_row(
            cells.text(order.id),
            *((events,) if several else ()),
            cells.when(order.placed_at),
            *person,
            cells.count(order.ticket_count),
            cells.amount(order.paid, order.currency),
            cells.amount(order.refunded),
            cells.amount(order.fees),
            _status(order),
        )
    return table


def _status(order: UnifiedOrder) -> Text:
    word = cells.status(order.status)
    return word.append(" (test)", "dim") if order.test else word

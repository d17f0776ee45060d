"""`spekta attendees`: who holds a ticket."""

from typing import Annotated

import typer
from rich.table import Table

from connectors import UnifiedAttendee
from connectors.models import AttendeeStatus
from connectors.references import refer

from . import cells, options
from .listing import Paging, show, target_of


def attendees(
    target: options.Target,
    checked_in: Annotated[
        bool | None,
        typer.Option("--checked-in/--not-checked-in", help="Only those who are in, or only those who are not."),
    ] = None,
    status: Annotated[AttendeeStatus | None, typer.Option(help="Only tickets of this status.")] = None,
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
    """Issued tickets of an event, or of a whole account.

    Who holds them is shown with --personal-data only.
    """
    show(
        "attendees",
        target_of(target),
        Paging(page, page_size, cursor, all),
        _table,
        filters=options.named(filters, checked_in=checked_in, status=status),
        since=since,
        personal_data=personal_data,
        json=json,
        raw=raw,
    )


def _table(attendees: list[UnifiedAttendee], personal_data: bool) -> Table:
    several = len({attendee.event_id for attendee in attendees}) > 1
    who = ("Name", "E-mail") if personal_data else ()
    columns = ("Attendee", *(("Event",) if several else ()), *who, "Ticket", "Price", "Status", "In", "Bought")
    table = cells.table(*columns, right=("Price",), whole=("Attendee", "Event", "E-mail"))
    for attendee in attendees:
        event = (refer(attendee.connection, attendee.event_id or ""),) if several else ()
        person = (cells.text(attendee.name), cells.text(attendee.email)) if personal_data else ()
        table.add_row(
            cells.text(attendee.id),
            *event,
            *person,
            cells.text(attendee.ticket_name),
            cells.amount(attendee.price, attendee.currency),
            cells.status(attendee.status),
            cells.answer(attendee.checked_in),
            cells.when(attendee.purchased_at),
        )
    return table

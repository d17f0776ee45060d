"""list_tickets."""

from typing import Annotated

from mcp.types import CallToolResult

from connectors import UnifiedTicket
from connectors.http import Deadline
from connectors.references import parse
from mcp_server.answers import Answer, Part, fitting, result, status_of, status_of_page
from mcp_server.state import Ctx, state_of
from mcp_server.values import Amount, Moment, Text

from .parameters import Cursor, EventReference

LIMIT = 100
"""Ticket types in an answer."""


class TicketType(Part):
    ticket_type: str
    name: Text | None = None
    status: str
    price: Amount | None = None
    fee: Amount | None = None
    currency: str | None = None
    sold: int | None = None
    available: int | None = None
    total: int | None = None
    sales_start: Moment | None = None
    sales_end: Moment | None = None
    description: Text | None = None


class TicketList(Answer):
    event: str
    name: Text | None = None
    ticket_types: list[TicketType]
    next_cursor: str | None = None


async def list_tickets(
    ctx: Ctx,
    event: EventReference,
    cursor: Cursor = None,
) -> Annotated[CallToolResult, TicketList]:
    """The kinds of tickets of one event: price, the fee on top, how many are sold and left. For issued tickets call
    list_attendees."""
    state, reference = state_of(ctx), parse(event, "event")
    until = Deadline(state.seconds)

    async with state.connector(reference.connection) as connector:
        name = None if cursor else (await connector.get_event(reference.id, deadline=until.remaining())).name

        async def ask(size: int) -> TicketList:
            page = await connector.get_tickets(reference.id, page_size=size, cursor=cursor, deadline=until.remaining())
            status = status_of_page(reference.connection, page)
            return TicketList(
                event=event,
                name=name,
                ticket_types=[_row(ticket) for ticket in page],
                next_cursor=page.next_cursor,
                connections=[status_of(status)],
            )

        return result(await fitting(ask, LIMIT, "ticket_types"))


def _row(ticket: UnifiedTicket) -> TicketType:
    return TicketType(
        ticket_type=ticket.reference,
        name=ticket.name,
        status=ticket.status,
        price=ticket.price,
        fee=ticket.fee,
        currency=ticket.currency,
        sold=ticket.quantity_sold,
        available=ticket.quantity_available,
        total=ticket.quantity_total,
        sales_start=ticket.sales_start,
        sales_end=ticket.sales_end,
        description=ticket.description,
    )

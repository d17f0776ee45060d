"""list_attendees: the issued tickets of an event, one by one or counted."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from mcp.types import CallToolResult
from pydantic import Field

from connectors import Connector, InvalidArgument, Problem, ProviderError, UnifiedAttendee
from connectors.http import Deadline
from connectors.portfolio import Status
from connectors.references import parse, refer
from mcp_server.answers import Answer, Part, filtered_here, fitting, noted, result, status_of, status_of_page
from mcp_server.state import ALLOW_PERSONAL_DATA, Ctx, state_of
from mcp_server.tally import Count, Tally
from mcp_server.values import Amount, Moment, Text

from .parameters import Cursor, EventReference, PersonalData

ANSWERS = 20
"""Answers to questions shown of one attendee."""

NOT_ALLOWED = f"Names and addresses are left out: the operator has not set {ALLOW_PERSONAL_DATA}=true."
NOT_ALL = "This is a part of the list: for numbers call again with summary=true and without cursor."


class Attendee(Part):
    attendee: str
    order: str | None = None
    ticket_type: Text | None = None
    status: str
    checked_in: bool | None = None
    checked_in_at: Moment | None = None
    purchased_at: Moment | None = None
    price: Amount | None = None
    currency: str | None = None
    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    answers: dict[Text, Text] | None = None


class AttendeeList(Answer):
    event: str
    name: Text | None = None
    complete: Annotated[bool | None, Field(description="Whether all were counted")] = None
    counts: Count | None = None
    breakdown: list[Count] | None = None
    attendees: list[Attendee] | None = None
    next_cursor: str | None = None


async def list_attendees(
    ctx: Ctx,
    event: EventReference,
    summary: Annotated[bool, Field(description="Count instead of list")] = False,
    checked_in: Annotated[bool | None, Field(description="Only those scanned, or not")] = None,
    personal_data: PersonalData = False,
    limit: Annotated[int, Field(ge=1, le=100, description="Tickets")] = 25,
    cursor: Cursor = None,
) -> Annotated[CallToolResult, AttendeeList]:
    """The issued tickets of one event. For "how many", such as how many are scanned, set summary=true: it counts all
    tickets, by status and by ticket type. Nobody is named unless personal_data is set."""
    state, reference = state_of(ctx), parse(event, "event")
    if summary and cursor:
        raise InvalidArgument("cursor", "A summary counts everything at once.", "Leave out cursor, or summary.")
    until = Deadline(state.seconds)
    filters = {} if checked_in is None else {"checked_in": checked_in}
    named = personal_data and state.personal_data

    async with state.connector(reference.connection) as connector:
        about = {"event": event, "name": None if cursor else await _name(connector, reference.id, until)}

        async def ask(size: int) -> AttendeeList:
            page = await connector.get_attendees(
                reference.id, page_size=size, cursor=cursor, filters=filters, deadline=until.remaining()
            )
            status = status_of_page(connector.name, page)
            answer = AttendeeList(
                **about,
                **({} if cursor or page.has_more else _counts(connector, Tally(page.items), whole=not page.problems)),
                attendees=[_row(attendee, named) for attendee in page],
                next_cursor=page.next_cursor,
                connections=[status_of(status)],
            )
            return noted(answer, *filtered_here([status])) if page.has_more else answer

        if summary:
            answer = await _counted(connector, reference.id, about, filters, until)
        else:
            answer = await fitting(ask, limit, "attendees")
    left_out = [NOT_ALLOWED] if personal_data and not (named or summary) else []
    return result(noted(answer, *left_out, *([] if answer.counts else [NOT_ALL])))


async def _name(connector: Connector, event_id: str, until: Deadline) -> str | None:
    return (await connector.get_event(event_id, deadline=until.remaining())).name


async def _counted(
    connector: Connector, event_id: str, about: Mapping[str, Any], filters: Mapping[str, Any], until: Deadline
) -> AttendeeList:
    """All tickets counted; where the platform gives up on the way, those until then."""
    tally = Tally()
    unreadable: list[Problem] = []
    status = Status(connector.name, "ok")
    try:
        async for attendee in connector.stream_attendees(
            event_id, filters=filters, on_problem=unreadable.append, deadline=until.remaining()
        ):
            tally.add(attendee)
    except ProviderError as error:
        if not tally.tickets:
            raise
        status = Status(connector.name, "partial", code=error.code, message=error.message, advice=error.advice)
    status = replace(status, count=tally.tickets, problems=len(unreadable))
    counts = _counts(connector, tally, whole=status.state == "ok" and not unreadable)
    return AttendeeList(**about, **counts, connections=[status_of(status)])


def _counts(connector: Connector, tally: Tally, *, whole: bool) -> dict[str, Any]:
    counts = tally.all()
    silent = counts.tickets and counts.checked_in is None
    return {
        "notes": [f"{connector.name} does not tell which tickets were scanned."] if silent else None,
        "complete": whole,
        "counts": counts,
        "breakdown": [*tally.by_status(), *tally.by_ticket_type()],
    }


def _row(attendee: UnifiedAttendee, named: bool) -> Attendee:
    return Attendee(
        attendee=attendee.reference,
        order=attendee.order_id and refer(attendee.connection, attendee.order_id),
        ticket_type=attendee.ticket_name,
        status=attendee.status,
        checked_in=attendee.checked_in,
        checked_in_at=attendee.checked_in_at,
        purchased_at=attendee.purchased_at,
        price=attendee.price,
        currency=attendee.currency,
        **(_personal(attendee) if named else {}),
    )


def _personal(attendee: UnifiedAttendee) -> dict[str, Any]:
    """Who holds the ticket. The barcode is left out: whoever has it may enter."""
    answers = dict(list((attendee.answers or {}).items())[:ANSWERS])
    return {"name": attendee.name, "email": attendee.email, "phone": attendee.phone, "answers": answers or None}

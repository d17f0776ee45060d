"""Prompts: what people ask every week, with the calls that answer it."""

from typing import Annotated

from mcp.server import MCPServer
from pydantic import Field

from .state import Ctx, State, state_of
from .values import rfc3339, shown

Event = Annotated[str, Field(description="Its name or a part of it, or its reference")]
Connections = Annotated[str, Field(description="Only these connections, with commas between them")]

WEEKLY = """\
Write a sales report for the past week. It is now {now}.
1. get_revenue with starts_after={now}{only}: what the coming events brought in so far, by platform and currency.
2. list_orders with since=the time a week ago{only}, following next_cursor: how many orders were placed, and which were
given back. Do not add up their amounts.
3. list_tickets for the three events that sold most, and for any that starts within two weeks: what is nearly sold out,
and what hardly sells.
Report: one table of platforms for each currency, gross after refunds first; the events that sold most; what needs
attention this week. Name every platform whose part is missing or partial, and what is not known."""

DOORS = """\
Make a door list for {event}. It is now {now}.
1. Find the event with list_events (q: one word of the name; if no name was given, what starts within the next day), on
every platform that sells it. If several fit, ask which.
2. list_attendees with summary=true for each: how many tickets are valid, and how many were scanned.
3. list_attendees with personal_data=true and limit=100, following next_cursor. If names are not allowed, say so, and
give the counts alone.
Print the valid tickets sorted by family name: name, ticket type, platform, scanned or not. Leave cancelled and refunded
ones out and say how many these are. Show no emails or phone numbers."""

COMPARE = """\
Compare the platforms that sell {event}. It is now {now}.
1. get_revenue with q=one word of its name: what each platform sold of it. Leave out other events of a similar name.
2. list_tickets on each platform: price, the fee on top of it, how many are left.
3. list_attendees with summary=true on each: how many tickets are valid and how many were scanned.
Print one table for each currency: platform, tickets, gross, refunds, gross after refunds, fees, left to sell, scanned.
Rank by gross after refunds. An empty cell is not zero: say which platform does not tell what, and never add up across
currencies."""


def add_prompts(server: MCPServer[State]) -> None:
    """The weekly sales report, the door list of tonight, and the platforms of one event beside each other."""

    @server.prompt(title="Weekly sales report", description="What sold this week, where, and what needs attention.")
    async def weekly_sales_report(ctx: Ctx, connections: Connections = "") -> str:
        only = f", connections={_names(connections)}" if connections.strip() else ""
        return WEEKLY.format(now=_now(ctx), only=only)

    @server.prompt(title="Door list", description="Who may enter tonight, over all platforms that sell the event.")
    async def door_list(ctx: Ctx, event: Event = "") -> str:
        return DOORS.format(now=_now(ctx), event=_quoted(event) if event.strip() else "tonight's event")

    @server.prompt(title="Compare platforms", description="What each platform sold of one event, and on which terms.")
    async def compare_platforms(ctx: Ctx, event: Event) -> str:
        return COMPARE.format(now=_now(ctx), event=_quoted(event))


def _now(ctx: Ctx) -> str:
    return rfc3339(state_of(ctx).now())


def _quoted(text: str) -> str:
    return f"“{shown(text)}”"


def _names(text: str) -> str:
    return shown(str([name.strip() for name in text.split(",") if name.strip()]))

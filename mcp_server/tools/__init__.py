"""The tools, in the order in which they are listed."""

from mcp.server.mcpserver.tools import Tool

from mcp_server.schema import asking, reading

from .attendees import list_attendees
from .checks import check_connection
from .events import get_event, list_events
from .evvnt import evvnt_list_categories, evvnt_list_published_events
from .orders import list_orders
from .providers import list_providers
from .revenue import get_revenue
from .summary import revenue_summary
from .syncs import request_sync, sync_status
from .tickets import list_tickets
from .writing import writing_tools

TOOLS = [
    reading(list_providers, "List ticketing platforms", asks_platforms=False),
    reading(check_connection, "Check connections"),
    reading(list_events, "List events"),
    reading(get_event, "Get one event"),
    reading(list_tickets, "List ticket types"),
    reading(list_attendees, "List or count attendees"),
    reading(list_orders, "List orders"),
    reading(get_revenue, "Get revenue"),
    reading(revenue_summary, "Sum up revenue"),
    reading(sync_status, "See how syncs stand", asks_platforms=False),
    asking(request_sync, "Ask for a sync"),
    reading(evvnt_list_categories, "List evvnt categories"),
    reading(evvnt_list_published_events, "List events published through evvnt"),
]


def all_tools(*, writes: bool) -> list[Tool]:
    """The tools of a server that can change something on a platform, or cannot."""
    return [*TOOLS, *(writing_tools() if writes else ())]

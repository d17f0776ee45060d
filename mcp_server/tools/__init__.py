"""The tools, in the order in which they are listed."""

from mcp_server.schema import reading

from .attendees import list_attendees
from .events import get_event, list_events
from .providers import list_providers
from .revenue import get_revenue
from .tickets import list_tickets

TOOLS = [
    reading(list_providers, "List ticketing platforms", asks_platforms=False),
    reading(list_events, "List events"),
    reading(get_event, "Get one event"),
    reading(list_tickets, "List ticket types"),
    reading(list_attendees, "List or count attendees"),
    reading(get_revenue, "Get revenue"),
]

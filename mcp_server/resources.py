"""Resources: what a person or a host attaches to a conversation. A tool says the same."""

from mcp.server import MCPServer

from .answers import Part, text
from .state import Ctx, State, state_of
from .tools.checks import checked
from .tools.events import one_event
from .tools.providers import Platform, platforms

JSON = "application/json"


class Matrix(Part):
    providers: list[Platform]


def add_resources(server: MCPServer[State], state: State) -> None:
    """The matrix of what platforms offer, the state of a connection, and an event."""

    @server.resource(
        "spekta://providers",
        title="Ticketing platforms",
        description="What each platform offers, and why not the rest.",
        mime_type=JSON,
    )
    async def providers() -> str:
        return text(Matrix(providers=platforms(state)))

    @server.resource(
        "spekta://connections/{+connection}",
        title="A connection",
        description="Whether a connection, such as pretix or eventbrite/london, works, and what to do if not.",
        mime_type=JSON,
    )
    async def connection(connection: str, ctx: Ctx) -> str:
        asked = state_of(ctx)
        return text(await checked(asked.portfolio([connection]), asked.seconds))

    @server.resource(
        "spekta://events/{+event}",
        title="An event",
        description="An event by its reference, such as ticket-tailor:ev_11.",
        mime_type=JSON,
    )
    async def event(event: str, ctx: Ctx) -> str:
        return text(await one_event(state_of(ctx), event))

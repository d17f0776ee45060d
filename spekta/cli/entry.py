"""The commands of `spekta`, and the entry point. What only one command needs, its module imports when it runs."""

import io
import sys
from typing import Any

import typer

from . import (
    attendees,
    connect,
    connections,
    demo,
    events,
    forget,
    health,
    mcp,
    options,
    orders,
    own,
    providers,
    revenue,
    sandbox,
    serve,
    status,
    sync,
    tickets,
)
from .boundary import Boundary

EXITS = (
    "Exit codes: 0 done, also where some connections failed (they are named on stderr); 1 a platform failed, or all of "
    "them did; 2 a wrong argument or configuration; 130 interrupted."
)


class Commands(Boundary):
    """The commands, and those of each connection to a platform that has some of its own."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *own.connections()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, cmd_name) or own.group(cmd_name)


app = typer.Typer(
    cls=Commands,
    help="Ask all your ticketing platforms the same question. First time here: spekta demo",
    epilog=EXITS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=options.HELP,
)

START, ASK, KEEP, SERVE = "Start here", "Ask", "Keep a copy", "Serve"
app.command(rich_help_panel=START)(demo.demo)
app.command(rich_help_panel=START)(providers.providers)
app.command(rich_help_panel=START)(connect.connect)
app.command(rich_help_panel=START)(connections.connections)
app.command(rich_help_panel=START)(connections.disconnect)
app.command(rich_help_panel=ASK)(health.health)
app.command(rich_help_panel=ASK)(events.events)
app.command(rich_help_panel=ASK)(tickets.tickets)
app.command(rich_help_panel=ASK)(attendees.attendees)
app.command(rich_help_panel=ASK)(orders.orders)
app.command(rich_help_panel=ASK)(revenue.revenue)
app.add_typer(sync.app, name="sync", rich_help_panel=KEEP)
app.command(rich_help_panel=KEEP)(status.status)
app.command(rich_help_panel=KEEP)(forget.forget)
app.command(rich_help_panel=SERVE)(mcp.mcp)
app.command(rich_help_panel=SERVE)(serve.serve)
app.command(rich_help_panel=SERVE)(sandbox.sandbox)


def main() -> None:
    """The entry point. A character that the terminal cannot show becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()

"""The `spekta` command."""

import sys


def main() -> None:
    """The entry point. What assistants start, `spekta mcp`, needs nothing of what reads a command line, which takes 100
    ms.
    """
    if sys.argv[1:] == ["mcp"]:
        from mcp_server.stdio import main as run
    else:
        from .entry import main as run
    run()

"""The `spekta` command."""

import sys


def main() -> None:
    """The entry point. What assistants start, `spekta mcp`, needs nothing of what reads a command line, which takes 100
    ms.
    """
    try:
        if sys.argv[1:] == ["mcp"]:
            from mcp_server.stdio import main as run
        else:
            from .entry import main as run
        run()
    except KeyboardInterrupt:  # while modules are still being read
        sys.exit(130)

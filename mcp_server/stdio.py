"""The MCP server over standard input and output, for an assistant on the same machine. Logs go to standard error."""

import logging

from connectors.redaction import RedactingFilter

from .server import create_server
from .state import local


def main() -> None:
    """Serves until its input ends."""
    server = create_server(local())
    for handler in logging.getLogger().handlers:
        handler.addFilter(RedactingFilter())
    server.run("stdio")


if __name__ == "__main__":
    main()

"""The MCP server over standard input and output, for an assistant on the same machine. Logs go to standard error."""

import logging
import sys

from connectors import ConfigurationError
from connectors.redaction import RedactingFilter

from .server import create_server
from .state import local


def main() -> None:
    """Serves until its input ends. Exits with 2 where the environment cannot be used."""
    try:
        server = create_server(local())
    except ConfigurationError as error:
        sys.stderr.write(f"spekta: {error}\n")
        raise SystemExit(2) from None
    for handler in logging.getLogger().handlers:
        handler.addFilter(RedactingFilter())
    try:
        server.run("stdio")
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()

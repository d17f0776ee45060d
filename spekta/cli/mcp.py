"""`spekta mcp`: the MCP server on stdin and stdout."""


def mcp() -> None:
    """Serves an assistant, over stdin and stdout.

    `spekta demo` prints what to put into the assistant's configuration.
    """
    from mcp_server.stdio import main

    main()

"""`spekta mcp`: the MCP server, on stdin and stdout or over HTTP."""

from typing import Annotated

import typer

PORT = 8766


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Over HTTP; its address and token are told on stderr.")] = False,
    host: Annotated[str, typer.Option(help="With --http: the address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="With --http: the port; 0 for a free one.")] = PORT,
) -> None:
    """Serves an assistant, over stdin and stdout.

    `spekta demo` prints what to put into the assistant's configuration.
    """
    if http:
        from mcp_server.serving import main as serve

        serve(host, port, lambda line: typer.echo(line, err=True))
        return
    from mcp_server.stdio import main

    main()

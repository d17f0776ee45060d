"""The smallest server that the SDK makes, over stdio: what `spekta mcp` is compared with."""

from mcp.server import MCPServer

server = MCPServer("smallest")


@server.tool()
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


if __name__ == "__main__":
    server.run("stdio")

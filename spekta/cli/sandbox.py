"""`spekta sandbox`: every platform on one loopback port."""

import shlex
import socket
from typing import Annotated

import typer

from connectors.errors import ConfigurationError
from spekta.listening import listen

from . import options
from .terminal import out, say_json

PORT = 8765


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 for a free one.")] = PORT,
    json: options.Json = False,
) -> None:
    """Serves an invented box office as every platform, on this machine, until Ctrl-C."""
    import uvicorn

    from spekta.sandbox.app import create_app
    from spekta.sandbox.server import LOOPBACK, environment

    with _listening(LOOPBACK, port) as listening:
        origin = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        if json:
            say_json({"origin": origin, "environment": environment(origin)})
        else:
            console = out()
            console.print(f"# Serving on {origin} until Ctrl-C.", style="bold", soft_wrap=True)
            console.print("# Paste these lines into another terminal, then run there: spekta events", style="bold")
            for name, value in environment(origin).items():
                console.print(f"export {name}={shlex.quote(value)}", soft_wrap=True)
        config = uvicorn.Config(create_app(), log_level="warning", lifespan="off", date_header=False)
        uvicorn.Server(config).run([listening])


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError:
        raise ConfigurationError(f"Port {port} is taken.", "A free one is: --port 0") from None

"""Serves the sandbox on loopback, and says how to reach it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from spekta.listening import listen
from spekta.sandbox.app import create_app
from spekta.sandbox.providers import services

LOOPBACK = "127.0.0.1"


def serve(port: int = 0, *, latency: float = 0) -> None:
    """Serve until interrupted. Port 0 takes a free one, which uvicorn prints."""
    uvicorn.run(create_app(latency=latency), host=LOOPBACK, port=port, date_header=False)


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve an application from a thread, on a free port; give its origin, such as `http://127.0.0.1:40123`."""
    with listen(LOOPBACK, 0) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", date_header=False))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def connections(origin: str) -> dict[str, tuple[Mapping[str, str], dict[str, str]]]:
    """Give, for every provider, credentials that work and the address of each of its hosts."""
    return {slug: (service.credentials, service.addresses(origin)) for slug, service in services().items()}


def environment(origin: str) -> dict[str, str]:
    """Give the environment variables that point every connector at the sandbox."""
    found: dict[str, str] = {}
    for slug, (credentials, addresses) in connections(origin).items():
        prefix = _upper(slug)
        found |= {f"{prefix}_{_upper(name)}": value for name, value in credentials.items()}
        for host, address in addresses.items():
            found[f"{prefix}_BASE_URL" if host == "api" else f"{prefix}_{_upper(host)}_URL"] = address
    return found


def _upper(name: str) -> str:
    """Write `ticket-tailor` as TICKET_TAILOR and `apiKey` as API_KEY."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in name).replace("-", "_").upper()

"""A person allows access in the browser, and the platform sends a code back (RFC 6749, RFC 7636, RFC 8252)."""

import hashlib
import hmac
import secrets
import threading
import webbrowser
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from urllib.parse import parse_qs, urlencode, urlsplit

import typer

from connectors.errors import AuthenticationFailed, ConfigurationError
from connectors.redaction import quoted

from .terminal import remark

LOOPBACK = "127.0.0.1"
POLL_SECONDS = 0.05
PASTED = f"http://{LOOPBACK}:8976/callback"
PAGE = b"<!doctype html><title>Spekta</title><p>The answer has arrived. Close this window, and look at the terminal."
AGAIN = "Nothing was stored; start again."


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit to a platform's page of consent. `verifier` is for platforms that take a PKCE challenge."""

    page: str
    client: str
    redirect: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)
    pkce: bool = False

    @property
    def url(self) -> str:
        """Where the person goes."""
        query = {"response_type": "code", "client_id": self.client, "redirect_uri": self.redirect, "state": self.state}
        if self.pkce:
            digest = hashlib.sha256(self.verifier.encode()).digest()
            challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
            query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        return f"{self.page}?{urlencode(query)}"

    def code(self, answered: str) -> str:
        """The code in the address that the person was sent back to. Raises AuthenticationFailed where there is none."""
        said = {name: values[0] for name, values in parse_qs(urlsplit(answered.strip()).query).items()}
        if not hmac.compare_digest(said.get("state", "").encode(), self.state.encode()):
            raise AuthenticationFailed("This is no answer to our request: its state is not the one we sent.", AGAIN)
        if "code" not in said:
            why = quoted(said.get("error_description") or said.get("error") or "it sent no code", 200)
            raise AuthenticationFailed(f"The platform did not allow access: {why}.", AGAIN)
        return said["code"]


def by_paste(visit: Visit) -> str:
    """The code, from an address that the person copies out of a browser elsewhere."""
    remark("Open this address in a browser, and allow access:")
    typer.echo(visit.url, err=True)
    remark(f"You will be sent to {visit.redirect}, where no page may load. Copy the whole address from the browser.")
    return visit.code(typer.prompt("Address", err=True))


@contextmanager
def listening(redirect: str | None) -> Iterator["Inbox"]:
    """Listens where the browser will be sent to: a free port, or that of an address registered with the platform."""
    parts = urlsplit(redirect or f"http://{LOOPBACK}:0/callback")
    if parts.scheme != "http" or parts.hostname not in (LOOPBACK, "localhost"):
        raise ConfigurationError(f"Nothing here can listen at {redirect}.", "Add --paste, and copy the address over.")
    try:
        server = Inbox((LOOPBACK, parts.port or 0), _Receiver)
    except OSError:
        raise ConfigurationError(f"Port {parts.port} is taken.", "Free it, or use --paste.") from None
    server.redirect = parts._replace(netloc=f"{parts.hostname}:{server.server_port}").geturl()
    threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Inbox(ThreadingHTTPServer):
    """Takes the browser's visit to `redirect`."""

    daemon_threads = True
    redirect = ""

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.answers: Queue[str] = Queue()

    def code(self, visit: Visit, patience: float) -> str:
        """Sends the person to the platform and waits. Raises AuthenticationFailed after `patience` seconds."""
        remark(f"Waiting for you to allow access. You come back to {self.redirect}; --redirect takes another address.")
        if not webbrowser.open(visit.url):
            remark("No browser opens here. Open this on this machine, or start again with --paste:")
            typer.echo(visit.url, err=True)
        try:
            return visit.code(self.answers.get(timeout=patience))
        except Empty:
            raise AuthenticationFailed(f"No answer came within {patience:.0f} seconds.", AGAIN) from None


class _Receiver(BaseHTTPRequestHandler):
    server: Inbox

    def do_GET(self) -> None:
        expected = urlsplit(self.path).path == urlsplit(self.server.redirect).path
        self.send_response(200 if expected else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if expected:
            self.wfile.write(PAGE)
            self.server.answers.put(self.path)

    def log_message(self, format: str, *args: object) -> None:
        """The address holds the code, so it is not logged."""

"""The Lambda Runtime API on loopback, for one function that runs as a process of its own with AWS's runtime client."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Lock, Thread
from typing import Any

PATIENCE = 20  # seconds, for a process that died


class RuntimeApi(ThreadingHTTPServer):
    """Hands out events, and takes what became of them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: Queue[bytes] = Queue()
        self.outcomes: Queue[tuple[str, Any]] = Queue()
        self.process: subprocess.Popen[bytes]
        self._turn = Lock()

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """What the function returned; it handles one event at a time. Fails where it raised, or cannot be imported."""
        with self._turn:
            self.hand(event)
            kind, outcome = self.outcomes.get(timeout=PATIENCE)
        assert kind == "response", outcome
        return outcome

    def hand(self, event: Mapping[str, Any]) -> None:
        """Invokes it and waits for nothing."""
        self.events.put(json.dumps(event).encode())

    def handle_error(self, *_: Any) -> None:
        """Nothing: a process that is ended lets its connection fall."""


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """`/runtime/invocation/next`: waits for the next event."""
        event = self.server.events.get()
        self.send_response(200)
        for name, value in {
            "Lambda-Runtime-Aws-Request-Id": "invocation-1",
            "Lambda-Runtime-Deadline-Ms": "4102444800000",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:provider",
            "Content-Type": "application/json",
            "Content-Length": str(len(event)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        """`/runtime/invocation/{id}/response`, `/runtime/invocation/{id}/error` and `/runtime/init/error`."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.outcomes.put((self.path.rpartition("/")[2], body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silence."""


@contextmanager
def running(handler: str, environment: Mapping[str, str], log: int | None = None) -> Iterator[RuntimeApi]:
    """A function as Lambda runs it, with nothing in its environment but what is given. log: where its log goes."""
    with RuntimeApi() as api:
        Thread(target=api.serve_forever, daemon=True).start()
        given = {"PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}", **environment}
        command = [sys.executable, "-m", "awslambdaric", handler]
        process = api.process = subprocess.Popen(command, env=given, stdout=log)
        try:
            yield api
        finally:
            process.kill()
            process.wait()
            api.shutdown()

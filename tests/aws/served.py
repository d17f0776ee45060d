"""AWS on loopback, for processes other than the tests' own."""

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import httpx2
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from spekta.aws.lease import TABLE

from .conftest import LEASES, create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


KEYS: Any = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


class Aws:
    """An account. `before` is told of each operation before it is done, and may raise in its place."""

    def __init__(self) -> None:
        self.before: Callable[[str], None] = lambda operation: None
        self.origin = ""
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._one_at_a_time = threading.Lock()  # a condition and its write are one step, as in AWS

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            self.before(environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2])
        except InterruptedError:
            start_response("500 Internal Server Error", [("Content-Length", "0")])
            return []
        with self._one_at_a_time:
            answer: Iterable[bytes] = self._moto(environ, start_response)
            return answer

    @property
    def environment(self) -> dict[str, str]:
        """What leads a process here."""
        return {
            "AWS_ENDPOINT_URL": self.origin,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            TABLE: LEASES,
        }

    @property
    def secrets(self) -> "SecretsManagerClient":
        return boto3.client("secretsmanager", "eu-central-1", endpoint_url=self.origin, **KEYS)

    @property
    def events(self) -> "EventBridgeClient":
        return boto3.client("events", "eu-central-1", endpoint_url=self.origin, **KEYS)

    @property
    def sqs(self) -> Any:
        return boto3.client("sqs", "eu-central-1", endpoint_url=self.origin, **KEYS)

    @property
    def dynamodb(self) -> "DynamoDBClient":
        return boto3.client("dynamodb", "eu-central-1", endpoint_url=self.origin, **KEYS)


@contextmanager
def serving() -> Iterator[Aws]:
    """An account with a table of leases and nothing else."""
    aws = Aws()
    server = make_server("127.0.0.1", 0, aws, threaded=True, request_handler=MotoRequestHandler)
    aws.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        httpx2.post(f"{aws.origin}/moto-api/reset").raise_for_status()
        create_table(aws.dynamodb)
        yield aws
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ended(pid: int, last: str = "PutSecretValue", times: int = 1) -> Callable[[str], None]:
    """For `before`: kills a process when it is about to do something, such as to write a secret, so often."""
    left = itertools.count(times, -1)

    def before(operation: str) -> None:
        if operation == last and next(left) == 1:
            os.kill(pid, 9)
            raise InterruptedError

    return before

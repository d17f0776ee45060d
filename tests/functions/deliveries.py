"""An AWS account of each platform's function, as far as deliveries need one; and what platforms send there."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from connectors.webhook import SECRET, TOKEN
from functions import webhooks
from spekta.aws.bus import BUS
from spekta.aws.lease import TABLE
from spekta.sandbox.deliveries import Delivery
from tests.aws.conftest import LEASES, create_table
from tests.connectors.webhooks import NOW, OPTIONS, PLATFORMS, secret

from .conftest import handler_of, outcome
from .events import Context, request

REGION = "eu-central-1"
URL_TOKEN = "wh_test_canary_token_0123456789"


@dataclass
class Bus:
    """It keeps what it is given, unless it is down."""

    entries: list[dict[str, str]] = field(default_factory=list)
    down: bool = False

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if self.down:
            return {"Entries": [{"ErrorCode": "ThrottlingException"} for _ in Entries]}
        self.entries += Entries
        return {"Entries": [{"EventId": "1"} for _ in Entries]}

    @property
    def asked(self) -> list[Any]:
        """What syncs were asked for."""
        assert {entry["DetailType"] for entry in self.entries} <= {"spekta.sync.requested"}
        return [json.loads(entry["Detail"]) for entry in self.entries]


@dataclass
class Function:
    """A platform's function, with its connection."""

    slug: str
    module: ModuleType
    bus: Bus

    def take(self, sent: Delivery, *, account: str = "default", token: str = URL_TOKEN, **more: Any) -> dict[str, Any]:
        """The whole answer to a delivery."""
        event = delivered(self.slug, sent, account=account, token=token) | more
        answer: dict[str, Any] = self.module.handler(event, Context())
        return answer

    def status(self, sent: Delivery, **more: Any) -> int:
        return outcome(self.take(sent, **more))[0]


def delivered(slug: str, sent: Delivery, *, account: str = "default", token: str = URL_TOKEN) -> dict[str, Any]:
    """A delivery as the gateway hands it on: JSON as text."""
    event = request(f"/webhooks/{slug}/{account}/{token}", "POST")
    event["headers"] = {name.lower(): value for name, value in sent.headers.items()}
    return event | {"body": sent.body.decode()}


def in_base64(sent: Delivery) -> dict[str, Any]:
    """The body as the gateway hands on what it takes for no text."""
    return {"body": base64.b64encode(sent.body).decode(), "isBase64Encoded": True}


@dataclass
class Account:
    """An AWS account where every platform with webhooks is connected, as `default`, and without a secret or token as
    `bare`.
    """

    bus: Bus = field(default_factory=Bus)
    made: dict[str, Function] = field(default_factory=dict)

    def function(self, slug: str) -> Function:
        """That of a platform, over a bus and a table that are empty."""
        if slug not in self.made:
            self.made[slug] = Function(slug, handler_of(slug), self.bus)
        self.bus.entries.clear()
        self.bus.down = False
        for lease in self.remembered():
            dynamodb().delete_item(TableName=LEASES, Key={"lease": {"S": lease}})
        return self.made[slug]

    def remembered(self) -> list[str]:
        return [item["lease"]["S"] for item in dynamodb().scan(TableName=LEASES)["Items"]]


@cache
def dynamodb() -> Any:
    return boto3.client("dynamodb", REGION)


@contextmanager
def account() -> Iterator[Account]:
    """It lives as long as this lasts, by the time of the sandbox."""
    own = Account()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in {BUS: "spekta", TABLE: LEASES, "AWS_REGION": REGION}.items():
            patch.setenv(name, value)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setattr("spekta.aws.bus.events", lambda: own.bus)
        patch.setattr(webhooks, "now", lambda: NOW)
        create_table(dynamodb())
        client = boto3.client("secretsmanager", REGION)
        for slug in PLATFORMS:
            content = {TOKEN: URL_TOKEN, SECRET: secret(slug), "options": OPTIONS.get(slug, {})}
            known = {name: value for name, value in content.items() if value is not None}
            client.create_secret(Name=f"spekta/{slug}/default", SecretString=json.dumps(known))
            client.create_secret(Name=f"spekta/{slug}/bare", SecretString="{}")
        yield own
    dynamodb.cache_clear()
    webhooks._bus.cache_clear()

"""What is asked of no single provider."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from connectors.matrix import matrix
from connectors.registry import SLUGS
from functions import general
from spekta.aws.secrets import SecretStore

from .conftest import outcome
from .events import Context, request

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CANARY = "sk_test_canary_8642"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> "Iterator[SecretsManagerClient]":
    """Secrets Manager of an empty account, which the function lists."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("secretsmanager", "eu-central-1")
        monkeypatch.setattr(general, "store", SecretStore(client))
        yield client


def ask(**query: str) -> tuple[int, Any, dict[str, str]]:
    return outcome(general.handler(request("/v1/providers", **query), Context()))


@pytest.mark.usefixtures("client")
def test_every_provider_is_listed_with_what_it_offers() -> None:
    status, body, headers = ask()
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert [row["provider"] for row in body["data"]] == list(SLUGS)
    for row, expected in zip(body["data"], matrix(), strict=True):
        assert row["connections"] == []
        assert {part["capability"]: part["state"] for part in row["support"]} == {
            part.capability: part.state for part in expected.support
        }


def test_connections_are_named_and_not_read(client: "SecretsManagerClient", monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("spekta/eventbrite/default", "spekta/eventbrite/london", "spekta/pretix/default", "elsewhere/dice/x"):
        client.create_secret(Name=name, SecretString=json.dumps({"apiKey": CANARY}))
    monkeypatch.setattr(SecretStore, "read", lambda *_: pytest.fail("A secret was read."))
    status, body, _ = ask()
    assert status == 200
    assert CANARY not in json.dumps(body)
    connected = {row["provider"]: row["connections"] for row in body["data"] if row["connections"]}
    assert connected == {"eventbrite": ["eventbrite", "eventbrite/london"], "pretix": ["pretix"]}


@pytest.mark.usefixtures("client")
def test_a_query_is_refused() -> None:
    status, body, _ = ask(account="london")
    assert (status, body["error"]["code"], body["error"]["param"]) == (400, "invalid_argument", "account")
    assert "none" in body["error"]["message"]

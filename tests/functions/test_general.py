"""What is asked of no single provider."""

import json
from collections.abc import Callable, Iterator
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
        monkeypatch.setattr(general.routes, "store", SecretStore(client))
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


@pytest.fixture
def heard(client: "SecretsManagerClient", monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Any]]:
    """What is told on the stack's bus. There are two connections."""
    for name in ("spekta/eventbrite/london", "spekta/pretix/default"):
        client.create_secret(Name=name, SecretString="{}")
    events, sqs = boto3.client("events", "eu-central-1"), boto3.client("sqs", "eu-central-1")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("SPEKTA_BUS", events.create_event_bus(Name="shop")["EventBusArn"].rpartition("/")[2])
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["spekta"], "detail-type": ["spekta.sync.requested"]})
    events.put_rule(Name="all", EventBusName="shop", EventPattern=pattern)
    events.put_targets(Rule="all", EventBusName="shop", Targets=[{"Id": "queue", "Arn": arn}])
    return lambda: [
        json.loads(one["Body"])["detail"] for one in sqs.receive_message(QueueUrl=queue).get("Messages", [])
    ]


def ask_for_sync(**query: str) -> tuple[int, Any, dict[str, str]]:
    return outcome(general.handler(request("/v1/sync", "POST", **query), Context()))


@pytest.mark.parametrize(
    "query, connections",
    [({}, ["eventbrite/london", "pretix"]), ({"connections": "pretix,pretix"}, ["pretix"])],
)
def test_a_sync_is_asked_for_on_the_bus(
    heard: Callable[[], list[Any]], query: dict[str, str], connections: list[str]
) -> None:
    status, body, _ = ask_for_sync(**query)
    assert (status, body) == (202, {"data": {"connections": connections}})
    assert heard() == [{"connections": connections, "changes": []}]


@pytest.mark.parametrize(
    "query, param",
    [({"connections": "pretix,dice"}, "connections"), ({"connections": ""}, "connections"), ({"x": "1"}, "x")],
)
def test_a_sync_of_what_there_is_not(heard: Callable[[], list[Any]], query: dict[str, str], param: str) -> None:
    status, body, _ = ask_for_sync(**query)
    assert (status, body["error"]["param"]) == (400, param)
    assert heard() == []


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("bus, code", [("", "configuration"), ("elsewhere", "unavailable")])
def test_a_sync_without_a_bus(monkeypatch: pytest.MonkeyPatch, bus: str, code: str) -> None:
    monkeypatch.setenv("SPEKTA_BUS", bus)
    status, body, _ = ask_for_sync()
    assert (status, body["error"]["code"]) == (503, code)


@pytest.mark.usefixtures("client")
def test_sync_is_told_to_happen_and_not_read() -> None:
    status, _, headers = outcome(general.handler(request("/v1/sync"), Context()))
    assert (status, headers["Allow"]) == (405, "POST")

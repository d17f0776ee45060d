from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from spekta.aws.lease import TABLE, Leases

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

LEASES = "spekta-leases"


@dataclass
class Clock:
    now: float

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of who runs the tests: neither an account nor a region."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", TABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def client() -> "Iterator[SecretsManagerClient]":
    """Secrets Manager of an empty account."""
    with mock_aws():
        yield boto3.client("secretsmanager", "eu-central-1")


@pytest.fixture
def dynamodb() -> "Iterator[DynamoDBClient]":
    """DynamoDB with a table of leases."""
    with mock_aws():
        client = boto3.client("dynamodb", "eu-central-1")
        create_table(client)
        yield client


@pytest.fixture
def leases(dynamodb: "DynamoDBClient") -> Leases:
    """Leases on a clock of their own, which stands."""
    return Leases(LEASES, dynamodb, Clock(1_800_000_000.25))


def create_table(client: "DynamoDBClient") -> None:
    client.create_table(
        TableName=LEASES,
        KeySchema=[{"AttributeName": "lease", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "lease", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

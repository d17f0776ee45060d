"""The table of the syncs, made from the template's own definition."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import cfnlint.decode  # type: ignore[import-untyped]
from moto import mock_aws

from spekta.aws.store import DynamoStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATE = "spekta-state"
TEMPLATE = Path(__file__).parents[2] / "template.yaml"


@cache
def properties() -> dict[str, Any]:
    """What the template says of the table."""
    template, mistakes = cfnlint.decode.decode(str(TEMPLATE))
    assert mistakes == []
    found: dict[str, Any] = template["Resources"]["State"]["Properties"]
    return found


def create_state(client: "DynamoDBClient", name: str = STATE) -> None:
    told = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    client.create_table(TableName=name, **{one: properties()[one] for one in told})


@cache
def client() -> "DynamoDBClient":
    """One for all tests, as making it takes longer than most of them. It asks moto only where that is on."""
    keys: Any = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client("dynamodb", "eu-central-1", **keys)


@contextmanager
def stored() -> Iterator[DynamoStore]:
    """An empty store in an account of its own."""
    with mock_aws():
        create_state(client())
        yield DynamoStore(STATE, client())

"""Clients of AWS. Made when they are first needed: importing boto3 takes 150 ms.

They give up early: a function has 28 seconds for everything.
"""

import os
from typing import TYPE_CHECKING, Any

from connectors.errors import ConfigurationError

from .errors import failing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

FUNCTION_SECONDS = 28


def secrets_manager() -> "SecretsManagerClient":
    """A client of Secrets Manager. Raises ConfigurationError where no region is set."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client


def dynamodb(*, at_once: int = 10, attempts: int = 2) -> "DynamoDBClient":
    """A client of DynamoDB for so many calls at a time, each of which is tried so often. Raises ConfigurationError
    where no region is set.
    """
    retries = {"total_max_attempts": attempts, "mode": "standard"}
    client: DynamoDBClient = _client("dynamodb", max_pool_connections=at_once, retries=retries)
    return client


def events() -> "EventBridgeClient":
    """A client of EventBridge. Raises ConfigurationError where no region is set."""
    client: EventBridgeClient = _client("events")
    return client


def cloudformation() -> Any:
    """A client of CloudFormation. Raises ConfigurationError where no region is set."""
    return _client("cloudformation")


def sqs() -> Any:
    """A client of SQS. Raises ConfigurationError where no region is set."""
    return _client("sqs")


def functions(at_once: int) -> "LambdaClient":
    """A client of Lambda for so many calls at a time, each of which is waited for as long as a function may take.
    Raises ConfigurationError where no region is set.
    """
    client: LambdaClient = _client(
        "lambda", read_timeout=FUNCTION_SECONDS, max_pool_connections=at_once, retries={"total_max_attempts": 1}
    )
    return client


def _client(service: str, **more: Any) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError:
        raise ConfigurationError("This needs boto3.", "Run: pip install 'spekta[aws]'") from None
    usual = {"connect_timeout": 2, "read_timeout": 5, "retries": {"total_max_attempts": 2, "mode": "standard"}}
    try:
        with failing():
            session: Any = boto3.Session(region_name=os.environ.get("AWS_REGION"))  # boto3 leaves it to the other SDKs
            return session.client(service, config=Config(**{**usual, **more}))
    except ValueError:
        raise ConfigurationError("AWS_ENDPOINT_URL is not an address.", "Correct it, or leave it out.") from None

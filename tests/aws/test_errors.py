"""What AWS refuses, and what to do about it. Its own messages stay out: they name accounts, roles and addresses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from connectors.errors import ConfigurationError, SpektaError, Unavailable
from spekta.aws.errors import failing
from spekta.aws.secrets import SecretStore

MESSAGE = "arn:aws:iam::123456789012:role/canary is not allowed"


@pytest.mark.parametrize(
    "code, error, advice",
    [
        ("AccessDeniedException", ConfigurationError, "the right to GetSecretValue on spekta/dice/default."),
        ("ExpiredTokenException", ConfigurationError, "aws sso login"),
        ("UnrecognizedClientException", ConfigurationError, "AWS_PROFILE"),
        ("InternalServiceError", Unavailable, "Try again"),
        ("ThrottlingException", Unavailable, "Try again"),
    ],
)
def test_a_refusal_says_what_to_do(code: str, error: type[SpektaError], advice: str) -> None:
    with pytest.raises(error) as refused, failing("spekta/dice/default"):
        raise ClientError({"Error": {"Code": code, "Message": MESSAGE}}, "GetSecretValue")
    assert f"({code})" in refused.value.message
    assert advice in refused.value.advice
    assert "canary" not in str(refused.value)


NOWHERE = {"AWS_CONFIG_FILE": "", "AWS_SHARED_CREDENTIALS_FILE": "", "AWS_EC2_METADATA_DISABLED": "true"}
REGION = {"AWS_REGION": "eu-central-1"}
LOGGED_OUT = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


@pytest.mark.parametrize(
    "environment, message, advice",
    [
        ({}, "No AWS region is set.", "AWS_REGION=eu-central-1"),
        (REGION | LOGGED_OUT, "There are no AWS credentials", "aws sso login"),
        (REGION | {"AWS_PROFILE": "nobody"}, "There are no AWS credentials", "AWS_PROFILE"),
        ({"AWS_REGION": "Frankfurt am Main"}, "The AWS region is not one", "AWS_REGION=eu-central-1"),
        (REGION | {"AWS_ENDPOINT_URL": "nowhere"}, "AWS_ENDPOINT_URL is not an address", "leave it out"),
    ],
)
def test_what_is_not_set_up_is_named(
    environment: Mapping[str, str], message: str, advice: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**NOWHERE, **environment}.items():
        monkeypatch.setenv(name, str(tmp_path / "none") if name.endswith("_FILE") else value)
    with pytest.raises(ConfigurationError) as refused:
        SecretStore().settings("dice")
    assert message in refused.value.message
    assert advice in refused.value.advice


def test_no_way_to_aws() -> None:
    client: Any = boto3.client("secretsmanager", "eu-central-1", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(Unavailable, match=r"EndpointConnectionError.*Check the region and the network"):
        SecretStore(client).settings("dice")

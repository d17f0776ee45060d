"""--aws: connections as secrets in Secrets Manager."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from connectors import connect as open_connection
from spekta.aws.secrets import SecretStore
from tests.cli.conftest import Run, Served

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

PLACE = "Secrets Manager (eu-central-1)"


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> "Iterator[SecretsManagerClient]":
    """Secrets Manager of an empty account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield boto3.client("secretsmanager", "eu-central-1")


def stored(secrets: "SecretsManagerClient", name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    return content


@pytest.fixture
def two(bare: Run, served: Served, secrets: "SecretsManagerClient") -> str:
    """Two accounts of DICE; their key."""
    key = served.credentials("dice")["apiKey"]
    for connection in ("dice", "dice/paris"):
        url = served.addresses("dice")["api"]
        done = bare("connect", "--aws", connection, "--base-url", url, "--field", "holders=true", input=f"apiKey={key}")
        assert done.exit_code == 0, done.stderr
    return key


def test_connect_stores_a_secret_that_the_functions_read(
    two: str, secrets: "SecretsManagerClient", served: Served, credentials_file: Path
) -> None:
    expected = {"apiKey": two, "options": {"holders": "true"}, "addresses": {"api": served.addresses("dice")["api"]}}
    assert stored(secrets, "spekta/dice/default") == stored(secrets, "spekta/dice/paris") == expected
    assert open_connection(SecretStore(), "dice/paris").name == "dice/paris"
    assert not credentials_file.exists()


@pytest.mark.usefixtures("secrets")
def test_connect_says_where_it_is_stored_and_what_comes_next(bare: Run, served: Served) -> None:
    given = f"apiKey={served.credentials('dice')['apiKey']}"
    command = ["connect", "dice/paris", "--aws", "--base-url", served.addresses("dice")["api"]]
    done = bare(*command, input=given)
    assert f"is stored in {PLACE}." in done.stdout
    assert done.stdout.endswith("Next: spekta connections --aws dice/paris\n")
    said = json.loads(bare(*command, "--json", input=given).stdout)
    assert (said["connection"], said["stored"]) == ("dice/paris", PLACE)


@pytest.mark.usefixtures("secrets")
def test_what_does_not_work_is_not_stored(bare: Run, served: Served) -> None:
    url = served.addresses("dice")["api"]
    done = bare("connect", "--aws", "dice", "--base-url", url, "--field", "apiKey=sk_test_canary_connect")
    assert (done.exit_code, "is not stored" in done.stderr) == (1, True)
    assert SecretStore().connections() == []


def test_connections_lists_names(bare: Run, two: str) -> None:
    lines = bare("connections", "--aws").stdout.splitlines()
    assert [line.split(maxsplit=1) for line in lines[1:]] == [["dice", PLACE], ["dice/paris", PLACE]]
    listed = json.loads(bare("connections", "--aws", "--json").stdout)["connections"]
    assert listed == [{"connection": name, "place": PLACE} for name in ("dice", "dice/paris")]


@pytest.mark.usefixtures("secrets")
def test_an_account_without_connections(bare: Run) -> None:
    assert (
        bare("connections", "--aws").stdout == f"Nothing is connected in {PLACE}. Run: spekta connect --aws PROVIDER\n"
    )
    unknown = bare("connections", "--aws", "dice")
    assert unknown.stderr == f"spekta: dice is not in {PLACE}. Run: spekta connect --aws dice\n"
    assert bare("disconnect", "--aws", "dice", "--yes").stderr.startswith(f"spekta: dice is not in {PLACE}.")


def test_a_connection_is_shown_without_its_secrets(bare: Run, two: str, served: Served) -> None:
    done = bare("connections", "--aws", "dice/paris")
    shown = [line.rsplit(maxsplit=1) for line in done.stdout.splitlines()[3:]]
    assert shown == [["apiKey", "set"], ["holders", "true"], ["address of api", served.addresses("dice")["api"]]]
    document = json.loads(bare("connections", "--aws", "dice/paris", "--json").stdout)
    assert (document["credentials"], document["values"]) == (["apiKey"], {"apiKey": "set"})
    assert two not in done.output + json.dumps(document)


def test_disconnect_asks_first(
    bare: Run, two: str, secrets: "SecretsManagerClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bare("disconnect", "--aws", "dice").stderr == "spekta: There is nobody to ask. Add --yes.\n"
    monkeypatch.setattr("spekta.cli.asking.interactive", lambda: True)
    refused = bare("disconnect", "--aws", "dice", input="n\n")
    assert (refused.exit_code, f"Forget dice, which is in {PLACE}?" in refused.stderr) == (130, True)
    assert SecretStore().connections() == ["dice", "dice/paris"]
    assert bare("disconnect", "--aws", "dice", input="y\n").stdout.endswith("dice is forgotten.\n")
    assert SecretStore().connections() == ["dice/paris"]
    assert "DeletedDate" in secrets.describe_secret(SecretId="spekta/dice/default")


# What AWS refuses


NOWHERE = {
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCESS_KEY_ID": None,
    "AWS_SECRET_ACCESS_KEY": None,
    "AWS_PROFILE": None,
    "AWS_DEFAULT_REGION": None,
}
COMMANDS = [
    ["connect", "--aws", "ticket-tailor"],
    ["connections", "--aws"],
    ["connections", "--aws", "dice"],
    ["disconnect", "--aws", "dice", "--yes"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("region, said", [(None, "No AWS region is set. Name it: "), ("eu-central-1", "aws sso login")])
def test_what_is_not_set_up_is_said_before_anything_is_asked(
    bare: Run, command: list[str], region: str | None, said: str
) -> None:
    done = bare(*command, env={**NOWHERE, "AWS_REGION": region}, input="")
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_is_not_allowed_is_named(bare: Run, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Any, operation: str, __: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "arn:canary"}}, operation)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)
    done = bare(*command, input="")
    assert done.exit_code == 2
    assert "Give the role or user the right to " in done.stderr
    assert "canary" not in done.output

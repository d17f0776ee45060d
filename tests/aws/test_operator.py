"""Connections stored and removed by an operator, beside workers that renew their tokens."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors.credentials import Settings
from spekta.aws.operator import OperatorStore
from spekta.aws.secrets import SecretStore

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

pytestmark = pytest.mark.anyio

OLD = Settings({"accessToken": "sk_test_canary_1", "refreshToken": "rt_test_canary_1"})
NEW = Settings({"accessToken": "sk_test_canary_2"}, {"organization_id": "7"}, {"api": "https://api.example.org"})
NAME = "spekta/eventbrite/default"


@pytest.fixture
def operator(client: "SecretsManagerClient") -> OperatorStore:
    return OperatorStore(client)


def stored(client: "SecretsManagerClient", name: str = NAME) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    return content


def test_a_connection_is_stored_by_the_names_of_the_reference(
    client: "SecretsManagerClient", operator: OperatorStore
) -> None:
    operator.put("eventbrite", NEW)
    assert stored(client) == {
        "accessToken": "sk_test_canary_2",
        "options": {"organization_id": "7"},
        "addresses": {"api": "https://api.example.org"},
    }
    assert operator.settings("eventbrite") == NEW


def test_one_provider_has_several_accounts(client: "SecretsManagerClient", operator: OperatorStore) -> None:
    operator.put("eventbrite", OLD)
    operator.put("eventbrite/london", NEW)
    assert operator.connections() == ["eventbrite", "eventbrite/london"]
    assert stored(client) == OLD.credentials
    assert stored(client, "spekta/eventbrite/london")["accessToken"] == "sk_test_canary_2"


def test_a_connection_takes_the_place_of_the_one_before(operator: OperatorStore) -> None:
    operator.put("eventbrite", OLD)
    assert operator.settings("eventbrite") == OLD
    operator.put("eventbrite", NEW)
    assert operator.settings("eventbrite") == NEW


def test_a_secret_without_a_value_is_filled(client: "SecretsManagerClient", operator: OperatorStore) -> None:
    client.create_secret(Name=NAME)
    operator.put("eventbrite", NEW)
    assert operator.settings("eventbrite") == NEW


async def test_a_late_worker_does_not_undo_what_an_operator_stored(
    client: "SecretsManagerClient", operator: OperatorStore
) -> None:
    operator.put("eventbrite", OLD)
    worker = SecretStore(client).vault("eventbrite")
    await worker.read()
    operator.put("eventbrite", NEW)
    await worker.save({"accessToken": "sk_test_canary_late", "refreshToken": "rt_test_canary_late"})
    assert stored(client)["accessToken"] == (await worker.read())["accessToken"] == "sk_test_canary_2"


def test_an_operator_has_the_last_word(
    client: "SecretsManagerClient", operator: OperatorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker writes between the operator's look and his own writing."""
    operator.put("eventbrite", OLD)
    worker, look = SecretStore(client), client.describe_secret
    worker.settings("eventbrite")
    turns: list[Any] = []

    def describe_secret(**names: Any) -> Any:
        turns.append(look(**names))
        if len(turns) == 1:
            worker.save("eventbrite", {"refreshToken": "rt_test_canary_renewed"})
        return turns[-1]

    monkeypatch.setattr(client, "describe_secret", describe_secret)
    operator.put("eventbrite", NEW)
    assert stored(client)["accessToken"] == "sk_test_canary_2"
    assert "refreshToken" not in stored(client)
    assert len(turns) == 2


def test_what_was_removed_can_be_stored_again(client: "SecretsManagerClient", operator: OperatorStore) -> None:
    operator.put("eventbrite", OLD)
    assert operator.remove("eventbrite")
    assert not operator.remove("eventbrite")
    assert not operator.remove("eventbrite/london")
    assert operator.settings("eventbrite") is None
    operator.put("eventbrite", NEW)
    assert operator.settings("eventbrite") == NEW

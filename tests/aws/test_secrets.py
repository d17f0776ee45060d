"""Connections in Secrets Manager."""

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from connectors import connect
from connectors.auth import OAuth2
from connectors.credentials import Settings
from connectors.errors import ConfigurationError, ProviderError, Unavailable
from connectors.grant import Grant
from connectors.http import Answer, Deadline, Http
from connectors.redaction import redact
from spekta.aws.secrets import SecretStore

from .conftest import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

pytestmark = pytest.mark.anyio

NAME = "spekta/eventbrite/default"
TOKENS = {
    "clientId": "canary-client",
    "clientSecret": "sk_test_canary_client",
    "accessToken": "sk_test_canary_access_1",
    "refreshToken": "sk_test_canary_refresh_1",
}
OTHER_TOKENS = {"accessToken": "sk_test_canary_access_2", "refreshToken": "sk_test_canary_refresh_2"}


@pytest.fixture
def clock(client: "SecretsManagerClient") -> Clock:
    """Stands at the moment when the connection was stored."""
    client.create_secret(Name=NAME, SecretString=json.dumps(TOKENS))
    return Clock(client.get_secret_value(SecretId=NAME)["CreatedDate"].timestamp())


@pytest.fixture
def store(client: "SecretsManagerClient", clock: Clock) -> SecretStore:
    return SecretStore(client, clock)


def stored(client: "SecretsManagerClient") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(client.get_secret_value(SecretId=NAME)["SecretString"])
    return content


def change(client: "SecretsManagerClient", **changes: Any) -> None:
    """What another process, or a person, writes."""
    client.put_secret_value(SecretId=NAME, SecretString=json.dumps(stored(client) | changes))


def test_settings(client: "SecretsManagerClient") -> None:
    content = {"apiKey": "k", "organizer": "o", "options": {"a": "b"}, "addresses": {"api": "http://localhost"}}
    client.create_secret(Name="spekta/pretix/berlin", SecretString=json.dumps(content))
    expected = Settings({"apiKey": "k", "organizer": "o"}, {"a": "b"}, {"api": "http://localhost"})
    assert SecretStore(client).settings("pretix/berlin") == expected


def test_no_such_connection(client: "SecretsManagerClient", store: SecretStore) -> None:
    assert store.settings("eventbrite/london") is None
    client.delete_secret(SecretId=NAME)
    assert store.settings("eventbrite") is None


def test_a_connection_without_a_secret_is_made_in_aws(store: SecretStore) -> None:
    with pytest.raises(ConfigurationError) as refused:
        connect(store, "eventbrite/london")
    assert refused.value.advice == "Run: spekta connect --aws eventbrite/london"


async def test_a_vault_without_a_secret(client: "SecretsManagerClient") -> None:
    vault = SecretStore(client).vault("eventbrite")
    with pytest.raises(ConfigurationError, match=NAME):
        await vault.read()
    with pytest.raises(ConfigurationError, match=NAME):
        await vault.save(OTHER_TOKENS)


@pytest.mark.parametrize("text", ["", "sk_test_canary_text", "[]", '{"options": "sk_test_canary_text"}'])
def test_a_secret_that_is_no_connection(client: "SecretsManagerClient", text: str) -> None:
    client.create_secret(Name=NAME, SecretString=text or " ")
    with pytest.raises(ConfigurationError) as refused:
        SecretStore(client).settings("eventbrite")
    assert NAME in str(refused.value)
    assert "canary" not in str(refused.value)


def test_connections(client: "SecretsManagerClient") -> None:
    others = (
        "spekta/other",
        "spekta/mail/default",
        "spekta/pretix/London",
        "spekta/pretix/",
        "elsewhere/pretix/default",
    )
    for name in ("spekta/pretix/default", "spekta/eventbrite/london", *others):
        client.create_secret(Name=name, SecretString="{}")
    assert SecretStore(client).connections() == ["eventbrite/london", "pretix"]


async def test_what_was_read_is_kept_for_five_minutes(
    client: "SecretsManagerClient", store: SecretStore, clock: Clock
) -> None:
    vault = store.vault("eventbrite")
    assert await vault.read() == TOKENS
    change(client, **OTHER_TOKENS)
    clock.now += 299
    assert await vault.read() == TOKENS
    clock.now += 1
    assert await vault.read() == TOKENS | OTHER_TOKENS


async def test_under_the_lease_it_is_read_anew(client: "SecretsManagerClient", store: SecretStore) -> None:
    vault = store.vault("eventbrite")
    await vault.read()
    async with vault.lease():
        change(client, accessToken="sk_test_canary_access_2")
        assert (await vault.read())["accessToken"] == "sk_test_canary_access_2"
        change(client, accessToken="sk_test_canary_access_3")
        assert (await vault.read())["accessToken"] == "sk_test_canary_access_3"


async def test_a_rotated_token_is_written_at_once(client: "SecretsManagerClient", store: SecretStore) -> None:
    before = client.get_secret_value(SecretId=NAME)["VersionId"]
    vault = store.vault("eventbrite")
    await vault.save(OTHER_TOKENS)
    assert stored(client) == TOKENS | OTHER_TOKENS == await vault.read()
    assert client.get_secret_value(SecretId=NAME)["VersionId"] == str(uuid.uuid5(uuid.NAMESPACE_OID, before))


async def test_another_token_is_written_once_in_ten_minutes(
    client: "SecretsManagerClient", store: SecretStore, clock: Clock
) -> None:
    vault = store.vault("eventbrite")
    await vault.save({"accessToken": "sk_test_canary_access_2"})
    clock.now += 599
    assert (await vault.read())["accessToken"] == "sk_test_canary_access_2"
    assert stored(client) == TOKENS
    clock.now += 1
    await vault.save({"accessToken": "sk_test_canary_access_3"})
    assert stored(client)["accessToken"] == "sk_test_canary_access_3"
    clock.now += 599
    await vault.save({"accessToken": "sk_test_canary_access_4"})
    assert stored(client)["accessToken"] == "sk_test_canary_access_3"


async def test_of_two_processes_the_first_to_write_wins(client: "SecretsManagerClient", clock: Clock) -> None:
    first, second = (SecretStore(client, clock).vault("eventbrite") for _ in range(2))
    assert await first.read() == await second.read()
    await first.save(OTHER_TOKENS)
    await second.save({"accessToken": "sk_test_canary_access_late", "refreshToken": "sk_test_canary_refresh_late"})
    assert await second.read() == stored(client) == TOKENS | OTHER_TOKENS


@pytest.mark.parametrize("edit, expected", [
    ({"options": {"locale": "de"}}, TOKENS | OTHER_TOKENS | {"options": {"locale": "de"}}),
    ({"clientSecret": "sk_test_canary_next", "refreshToken": "sk_test_canary_new_grant"}, None),
])  # fmt: skip
@pytest.mark.parametrize("failing", [False, True])
async def test_what_a_person_writes_while_a_token_is_renewed_is_kept(
    edit: dict[str, Any], expected: dict[str, Any] | None, failing: bool,
    client: "SecretsManagerClient", store: SecretStore, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The renewed token is added to it, unless it is of another grant by now."""

    def fail(**_: Any) -> Any:
        raise client.exceptions.ClientError({"Error": {"Code": "InternalServiceError"}}, "PutSecretValue")

    vault = store.vault("eventbrite")
    await vault.read()
    if failing:
        with monkeypatch.context() as patch:
            patch.setattr(client, "put_secret_value", fail)
            with pytest.raises(Unavailable):
                await vault.save(OTHER_TOKENS)
    change(client, **edit)
    if failing:
        store.read("eventbrite")
    else:
        await vault.save(OTHER_TOKENS)
    assert stored(client) == (expected or TOKENS | edit)
    held = store.settings("eventbrite")
    assert held
    assert {**held.credentials, **({"options": held.options} if held.options else {})} == stored(client)


async def test_a_secret_that_was_removed_while_its_token_was_renewed(
    client: "SecretsManagerClient", store: SecretStore
) -> None:
    vault = store.vault("eventbrite")
    await vault.read()
    client.delete_secret(SecretId=NAME)
    await vault.save(OTHER_TOKENS)
    with pytest.raises(ConfigurationError, match="there is no secret spekta/eventbrite/default"):
        await vault.read()


async def test_twelve_workers_renew_a_single_use_token_once(client: "SecretsManagerClient", store: SecretStore) -> None:
    used: list[str] = []

    async def platform(request: httpx2.Request) -> httpx2.Response:
        used.append(dict(httpx2.QueryParams(request.content.decode()))["refresh_token"])
        await asyncio.sleep(0)
        return httpx2.Response(200, json={"access_token": "sk_test_canary_new", "refresh_token": f"next_{len(used)}"})

    def failed(answer: Answer) -> ProviderError:
        return ProviderError(str(answer.status))

    def worker() -> Grant:
        oauth, http = OAuth2("login:/token", ("refresh_token",)), Http(httpx2.MockTransport(platform))
        return Grant(oauth, store.vault("eventbrite"), http, lambda _: "https://login.example/token", failed, "")

    renewed = await asyncio.gather(*(worker().renewed(TOKENS, Deadline(10)) for _ in range(12)))
    assert used == [TOKENS["refreshToken"]]
    assert {held["accessToken"] for held in renewed} == {"sk_test_canary_new"}
    assert stored(client)["refreshToken"] == "next_1"


async def test_a_token_that_could_not_be_written_is_written_with_the_next_request(
    client: "SecretsManagerClient", store: SecretStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = store.vault("eventbrite")
    before = await vault.read()

    def fail(**_: Any) -> Any:
        raise client.exceptions.ClientError({"Error": {"Code": "InternalServiceError"}}, "PutSecretValue")

    monkeypatch.setattr(client, "put_secret_value", fail)
    with pytest.raises(Unavailable) as failed:
        await vault.save(OTHER_TOKENS)
    assert "The renewed token of eventbrite could not be stored. AWS refuses PutSecretValue" in failed.value.message
    assert "spekta connect --aws eventbrite" in failed.value.advice
    with pytest.raises(Unavailable):
        await store.vault("eventbrite").save({"accessToken": "sk_test_canary_access_3"})
    assert "canary" not in str(failed.value)
    assert stored(client) == before
    monkeypatch.undo()
    async with vault.lease():
        expected = TOKENS | OTHER_TOKENS | {"accessToken": "sk_test_canary_access_3"}
        assert await vault.read() == stored(client) == expected


async def test_a_token_that_could_not_be_written_gives_way_to_another(
    client: "SecretsManagerClient", store: SecretStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, other = store.vault("eventbrite"), SecretStore(client, clock).vault("eventbrite")
    for one in (vault, other):
        await one.read()

    def fail(**_: Any) -> Any:
        raise client.exceptions.ClientError({"Error": {"Code": "InternalServiceError"}}, "PutSecretValue")

    monkeypatch.setattr(client, "put_secret_value", fail)
    with pytest.raises(Unavailable):
        await vault.save({"accessToken": "sk_test_canary_access_9", "refreshToken": "sk_test_canary_refresh_9"})
    monkeypatch.undo()
    await other.save(OTHER_TOKENS)
    async with vault.lease():
        assert await vault.read() == stored(client) == TOKENS | OTHER_TOKENS


def test_secrets_are_not_shown(store: SecretStore) -> None:
    assert "canary" not in repr(store.settings("eventbrite"))
    assert "canary" not in repr(store.kept("eventbrite"))
    assert redact(TOKENS["refreshToken"]) == "***"

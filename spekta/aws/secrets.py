"""Connections in Secrets Manager, one secret each, named `spekta/<provider>/<account>`.

{"clientId": "...", "refreshToken": "...", "options": {...}, "addresses": {...}}

The credentials stand at the top, by the reference's names; `options` and `addresses` may be missing.
"""

import asyncio
import contextlib
import json
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connectors.credentials import Settings, joined, named, split
from connectors.errors import ConfigurationError, Unavailable
from connectors.redaction import secret_values
from connectors.registry import find_provider

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

PREFIX = "spekta/"
KEPT_SECONDS = 300
BETWEEN_WRITES_SECONDS = 600  # Secrets Manager keeps every version for a day, and asks for no more than this
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret as it was read, with the tokens that were renewed since. Times are seconds since 1970."""

    version: str
    created: float
    read_at: float
    content: Mapping[str, Any] = field(repr=False)
    credentials: Mapping[str, str] = field(repr=False)

    def changed(self, changes: Mapping[str, str]) -> "Secret":
        return replace(self, content={**self.content, **changes}, credentials={**self.credentials, **changes})


class SecretStore:
    """The connections of an AWS account. What was read is kept for five minutes.

    Raises ConfigurationError for a secret that cannot be read as a connection, Unavailable where Secrets Manager fails.
    """

    def __init__(self, client: "SecretsManagerClient | None" = None, clock: Callable[[], float] = time.time) -> None:
        self._given = client
        self._clock = clock  # not a monotonic one: it may stand still while Lambda freezes the process
        self._kept: dict[str, Secret] = {}
        self._reading = threading.Lock()
        self.leases: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def connections(self) -> list[str]:
        """All connections; needs the right to list secrets, which the functions of single providers do not have."""
        with _failing():
            pages = self._client.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [PREFIX]}])
            names = [secret["Name"].removeprefix(PREFIX).split("/") for page in pages for secret in page["SecretList"]]
        return sorted(joined(*name) for name in names if len(name) == 2)

    def settings(self, connection: str) -> Settings | None:
        secret = self.kept(connection) or self.read(connection)
        if secret is None:
            return None
        return Settings(secret.credentials, secret.content.get("options", {}), secret.content.get("addresses", {}))

    def vault(self, connection: str) -> "SecretVault":
        return SecretVault(self, connection)

    def kept(self, connection: str) -> Secret | None:
        """The secret, if it was read in the last five minutes."""
        secret = self._kept.get(connection)
        return secret if secret and self._clock() - secret.read_at < KEPT_SECONDS else None

    def read(self, connection: str) -> Secret | None:
        """The secret as it is now; tokens that were renewed since its version and not written are kept."""
        with self._reading:
            found, known = self._fetch(connection), self._kept.pop(connection, None)
            if found and known and found.version == known.version:
                found = replace(known, read_at=found.read_at)
            if found:
                self._kept[connection] = found
            return found

    def save(self, connection: str, changes: Mapping[str, str]) -> None:
        """Keeps renewed tokens. A new refresh token is written at once, anything else at most once in ten minutes.

        Of two workers that renew from the same version only the first can write; the other takes over what it wrote.
        """
        secret = self.kept(connection) or self.read(connection)
        if secret is None:
            raise _not_connected(connection)
        changed = secret.changed(changes)
        rotated = changed.content.get("refreshToken") != secret.content.get("refreshToken")
        if not rotated and self._clock() - secret.created < BETWEEN_WRITES_SECONDS:
            self._kept[connection] = changed
        elif version := self._write(connection, changed):
            self._kept[connection] = replace(changed, version=version, created=self._clock())
        else:
            self.read(connection)

    def _fetch(self, connection: str) -> Secret | None:
        with _failing():
            try:
                answer = self._client.get_secret_value(SecretId=_name(connection))
            except (
                self._client.exceptions.ResourceNotFoundException,
                self._client.exceptions.InvalidRequestException,  # marked for deletion
            ):
                return None
        content, credentials = _parsed(connection, answer.get("SecretString", ""))
        return Secret(answer["VersionId"], answer["CreatedDate"].timestamp(), self._clock(), content, credentials)

    def _write(self, connection: str, secret: Secret) -> str | None:
        """The version written; None where another worker has written from the same one before."""
        token = str(uuid.uuid5(uuid.NAMESPACE_OID, secret.version))
        with _failing():
            try:
                self._client.put_secret_value(
                    SecretId=_name(connection), SecretString=json.dumps(secret.content), ClientRequestToken=token
                )
            except self._client.exceptions.ResourceExistsException:
                return None
        return token

    @cached_property
    def _client(self) -> "SecretsManagerClient":
        if self._given:
            return self._given
        import boto3  # takes 150 ms
        from botocore.config import Config

        patience = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"})
        return boto3.client("secretsmanager", config=patience)


class SecretVault:
    """The credentials of one connection.

    The lease holds within this process. Between processes there is none: of those that renew at the same time, the
    first to write wins.
    """

    def __init__(self, store: SecretStore, connection: str) -> None:
        self._store = store
        self._connection = connection
        self._leased = False

    async def read(self) -> dict[str, str]:
        """From memory, but under the lease as it is now: that is when somebody else may have renewed."""
        kept = None if self._leased else self._store.kept(self._connection)
        secret = kept or await asyncio.to_thread(self._store.read, self._connection)
        if secret is None:
            raise _not_connected(self._connection)
        return dict(secret.credentials)

    async def save(self, changes: Mapping[str, str]) -> None:
        await asyncio.to_thread(self._store.save, self._connection, changes)

    @contextlib.asynccontextmanager
    async def lease(self) -> AsyncIterator[None]:
        lock = self._store.leases[self._connection]
        while not lock.acquire(blocking=False):  # noqa: ASYNC110 - an asyncio lock belongs to one event loop
            await asyncio.sleep(POLL_SECONDS)
        self._leased = True
        try:
            yield
        finally:
            self._leased = False
            lock.release()


def _name(connection: str) -> str:
    slug, account = split(connection)
    return f"{PREFIX}{slug}/{account}"


def _parsed(connection: str, text: str) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ConfigurationError(f"The secret {_name(connection)} is not a JSON object.", "Write it anew.")
    credentials = named({name: value for name, value in content.items() if name not in ("options", "addresses")})
    fields = find_provider(split(connection)[0]).credentials
    secret_values(credentials, frozenset(credential.name for credential in fields if credential.secret))
    return content, credentials


def _not_connected(connection: str) -> ConfigurationError:
    return ConfigurationError(
        f"{connection} is not connected.", f"Store its credentials as the secret {_name(connection)}.", "connection"
    )


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    """What boto3 raises, as Unavailable. Its messages name roles and addresses, so that only the kind is told."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no code")
        raise Unavailable(f"Secrets Manager refuses ({code}).", "Check the role's rights, then try again.") from None
    except BotoCoreError as error:
        raise Unavailable(f"Secrets Manager cannot be reached ({type(error).__name__}).", "Try again later.") from None

"""The connections of an AWS account, one secret each. What a secret looks like, `secret` says."""

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.credentials import Settings
from connectors.errors import ConfigurationError, SpektaError

from . import lease
from .clients import secrets_manager
from .errors import failing
from .secret import PREFIX, Renewal, Secret, connection_of, name_of, parsed, reconnect
from .vault import SecretVault

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_SECONDS = 300
BETWEEN_WRITES_SECONDS = 600  # Secrets Manager keeps every version for a day, and asks for no more than this


class SecretStore:
    """The connections in Secrets Manager. What was read is kept for five minutes.

    leases: what keeps workers from renewing a token at the same time; the table of the environment unless given. Raises
    ConfigurationError for a secret that cannot be read as a connection, and for what AWS does not allow; Unavailable
    where AWS fails.
    """

    def __init__(
        self,
        client: "SecretsManagerClient | None" = None,
        clock: Callable[[], float] = time.time,
        leases: lease.Leases | None = None,
    ) -> None:
        self._given = client
        self._clock = clock  # not a monotonic one: it may stand still while Lambda freezes the process
        self._kept: dict[str, Secret] = {}
        self._unwritten: dict[str, Renewal] = {}
        self._reading = threading.Lock()
        self.leases = leases or lease.configured()
        self.turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    # Reading

    def connections(self) -> list[str]:
        """All connections; needs the right to list secrets, which the functions of single providers do not have."""
        with failing():
            pages = self.client.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [PREFIX]}])
            names = [secret["Name"] for page in pages for secret in page["SecretList"]]
        return sorted(connection for name in names if (connection := connection_of(name)))

    def settings(self, connection: str) -> Settings | None:
        secret = self.kept(connection) or self.read(connection)
        return secret.settings if secret else None

    def vault(self, connection: str) -> SecretVault:
        return SecretVault(self, connection)

    def kept(self, connection: str) -> Secret | None:
        """The secret, if it was read in the last five minutes."""
        secret = self._kept.get(connection)
        return secret if secret and self._clock() - secret.read_at < KEPT_SECONDS else None

    def read(self, connection: str) -> Secret | None:
        """The secret as it is now; tokens that were renewed since its version and not written are kept."""
        if unwritten := self._unwritten.get(connection):
            self._write_renewed(connection, unwritten)
        with self._reading:
            found, known = self._fetch(connection), self._kept.pop(connection, None)
            if found and known and found.version == known.version:
                found = replace(known, read_at=found.read_at)
            if found:
                self._kept[connection] = found
            return found

    def _fetch(self, connection: str) -> Secret | None:
        name = name_of(connection)
        with failing(name):
            try:
                answer = self.client.get_secret_value(SecretId=name)
            except (
                self.client.exceptions.ResourceNotFoundException,
                self.client.exceptions.InvalidRequestException,  # marked for deletion
            ):
                return None
        content, credentials = parsed(connection, answer.get("SecretString", ""))
        return Secret(answer["VersionId"], answer["CreatedDate"].timestamp(), self._clock(), content, credentials)

    def forget(self, connection: str) -> None:
        """Has the next one to ask read anew."""
        self._kept.pop(connection, None)

    def missing(self, connection: str) -> ConfigurationError:
        """For a connection without a secret."""
        what = f"{connection} is not connected: there is no secret {name_of(connection)}."
        return ConfigurationError(what, f"Run: {reconnect(connection)}", "connection")

    # Writing what was renewed

    def save(self, connection: str, changes: Mapping[str, str]) -> None:
        """Keeps renewed tokens. A new refresh token is written at once, anything else at most once in ten minutes.

        Of two workers that renew from the same version only the first can write; the other takes over what it wrote.
        """
        unwritten = self._unwritten.get(connection)
        secret = unwritten.secret if unwritten else self.kept(connection) or self.read(connection)
        if secret is None:
            raise self.missing(connection)
        renewal = Renewal(secret, {**(unwritten.changes if unwritten else {}), **changes})
        if renewal.rotates:
            self._unwritten[connection] = renewal
            self._write_renewed(connection, renewal)
        elif self._clock() - secret.created < BETWEEN_WRITES_SECONDS:
            self._kept[connection] = renewal.changed
        else:
            self._write(connection, renewal)

    def _write_renewed(self, connection: str, renewal: Renewal) -> None:
        """Writes a secret whose refresh token is the only one left; as long as that fails it is kept here."""
        try:
            self._write(connection, renewal)
        except SpektaError as error:
            error.message = f"The renewed token of {connection} could not be stored. {error.message}"
            error.advice += (
                " This process tries again with the next request. Should it end before, the token is lost; then run:"
                f" {reconnect(connection)}"
            )
            raise
        self._unwritten.pop(connection, None)

    def _write(self, connection: str, renewal: Renewal) -> None:
        """Looks first: who writes by other means than these does not go by versions."""
        found = self._fetch(connection)
        changed = (renewal.upon(found) if found else renewal).changed
        same = found and found.version == changed.version
        version = self.replace(connection, changed.version, changed.text) if same else None
        if version:
            self._kept[connection] = replace(changed, version=version, created=self._clock())
        else:
            self._unwritten.pop(connection, None)
            self.read(connection)

    def replace(self, connection: str, version: str, text: str) -> str | None:
        """Writes the version after another one; None where somebody else has written it before.

        Its id follows from the one before, and Secrets Manager takes each id once.
        """
        name, token = name_of(connection), str(uuid.uuid5(uuid.NAMESPACE_OID, version))
        with failing(name):
            try:
                self.client.put_secret_value(SecretId=name, SecretString=text, ClientRequestToken=token)
            except self.client.exceptions.ResourceExistsException:
                return None
        return token

    @cached_property
    def client(self) -> "SecretsManagerClient":
        """Made when it is first needed."""
        return self._given or secrets_manager()

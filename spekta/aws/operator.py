"""What an operator does with connections in Secrets Manager. The functions have no right to any of it."""

import json
from typing import TYPE_CHECKING

from connectors.credentials import Settings

from .errors import failing
from .secret import content_of, name_of
from .secrets import SecretStore

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import DescribeSecretResponseTypeDef

RECOVERY_DAYS = 7


class OperatorStore(SecretStore):
    """The connections in Secrets Manager, to be stored and removed too. Raises what SecretStore does."""

    @property
    def region(self) -> str:
        """Where the secrets are."""
        return self.client.meta.region_name

    def has(self, connection: str) -> bool:
        """Whether a connection is stored; what stands in its secret is not looked at."""
        known = self._described(name_of(connection))
        return known is not None and "DeletedDate" not in known

    def put(self, connection: str, settings: Settings) -> None:
        """Stores a connection, in place of what was stored under its name."""
        name, text = name_of(connection), json.dumps(content_of(settings))
        self.forget(connection)
        while known := self._described(name):
            if "DeletedDate" in known:
                self._bring_back(name)
            versions = known.get("VersionIdsToStages", {})
            version = next((version for version, stages in versions.items() if "AWSCURRENT" in stages), "")
            if self.replace(connection, version, text):  # else a worker has just renewed what is replaced here
                return
        with failing(name):
            self.client.create_secret(Name=name, SecretString=text, Description=f"Spekta's connection {connection}")

    def remove(self, connection: str) -> bool:
        """Marks a connection's secret for deletion in a week; False where there is none."""
        name = name_of(connection)
        self.forget(connection)
        with failing(name):
            try:
                self.client.delete_secret(SecretId=name, RecoveryWindowInDays=RECOVERY_DAYS)
            except (
                self.client.exceptions.ResourceNotFoundException,
                self.client.exceptions.InvalidRequestException,  # marked already
            ):
                return False
        return True

    def _bring_back(self, name: str) -> None:
        with failing(name):
            self.client.restore_secret(SecretId=name)

    def _described(self, name: str) -> "DescribeSecretResponseTypeDef | None":
        """What is known of a secret; None where there is none."""
        with failing(name):
            try:
                return self.client.describe_secret(SecretId=name)
            except self.client.exceptions.ResourceNotFoundException:
                return None

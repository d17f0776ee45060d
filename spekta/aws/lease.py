"""Leases in a DynamoDB table: a name is held by one worker at a time, and for a limited time.

{"lease": "spekta/eventix/default", "holder": "<who>", "expires": 1800000030}

`lease` is the table's key, and `expires` (seconds since 1970) may be its time to live. Workers compare it with their
own clocks, so these must not be further apart than a lease has time to spare.
"""

import math
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.errors import ConfigurationError, SpektaError

from .clients import dynamodb
from .errors import failing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "SPEKTA_LEASE_TABLE"
LEASE_SECONDS = 30  # longer than a token takes to renew; a worker that dies keeps the others waiting no longer


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that was taken. It may have been lost since: `keep` tells."""

    leases: "Leases"
    name: str
    holder: str

    def keep(self) -> bool:
        """Has it last its whole time from now on; False where somebody else holds it by now, or may before long."""
        return self.leases.extend(self.name, self.holder)

    def give_back(self) -> None:
        """Ends it. Where that fails it ends by itself."""
        self.leases.delete(self.name, self.holder)


class Leases:
    """The leases of a table."""

    def __init__(
        self, table: str, client: "DynamoDBClient | None" = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._table = table
        self._given = client
        self._clock = clock

    def take(self, name: str, seconds: float = LEASE_SECONDS) -> Lease | None:
        """The lease, for so long; None where somebody else holds it."""
        holder = str(uuid.uuid4())
        # The last part is for a request that boto3 repeats because its answer was lost.
        free = "attribute_not_exists(lease) OR expires < :now OR holder = :holder"
        return Lease(self, name, holder) if self.put(name, holder, free, seconds) else None

    def extend(self, name: str, holder: str) -> bool:
        """Begins a lease anew; False where the holder has it no longer, or has less than half of its time left."""
        started = self._clock()
        return self.put(name, holder, "holder = :holder") and self._clock() - started < LEASE_SECONDS / 2

    def put(self, name: str, holder: str, condition: str, seconds: float = LEASE_SECONDS) -> bool:
        """Writes a lease that starts now; False where the condition does not hold."""
        now = self._clock()
        values = {":holder": {"S": holder}} | ({":now": {"N": f"{now:.3f}"}} if ":now" in condition else {})
        item = {
            "lease": {"S": name},
            "holder": {"S": holder},
            "expires": {"N": str(math.ceil(now + seconds))},
        }
        with failing(f"the table {self._table}"):
            try:
                self._client.put_item(
                    TableName=self._table, Item=item, ConditionExpression=condition, ExpressionAttributeValues=values
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
            except self._client.exceptions.ResourceNotFoundException:
                raise ConfigurationError(
                    f"There is no table {self._table}.", f"Deploy it, or correct {TABLE}.", TABLE
                ) from None
        return True

    def delete(self, name: str, holder: str) -> None:
        """Deletes a lease that the holder still has."""
        try:
            with failing():
                self._client.delete_item(
                    TableName=self._table, Key={"lease": {"S": name}},
                    ConditionExpression="holder = :holder", ExpressionAttributeValues={":holder": {"S": holder}},
                )  # fmt: skip
        except SpektaError:
            pass

    @cached_property
    def _client(self) -> "DynamoDBClient":
        return self._given or dynamodb()


def configured() -> Leases | None:
    """The leases of the table that SPEKTA_LEASE_TABLE names."""
    table = os.environ.get(TABLE)
    return Leases(table) if table else None

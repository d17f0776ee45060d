"""One table: its calls, with errors of ours, and with what DynamoDB leaves undone asked for again.

Everything is read as it is now (ConsistentRead), but for what an index names.
"""

import contextlib
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.errors import ConfigurationError, Unavailable
from spekta.sync.store import StoreFailed

from ..clients import dynamodb
from ..errors import failing
from .names import Key
from .wire import Item, Value, plain, wired

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "SPEKTA_STATE_TABLE"
AT_ONCE = 4  # calls, which stay below the thousand writes a second that one partition takes
MOST_READ, MOST_WRITTEN = 100, 25  # items of one call
ROUNDS, LONGEST_PAUSE = 8, 2.0
ATTEMPTS = 6  # of who is patient
One = TypeVar("One")
Made = TypeVar("Made")


class Refused(Exception):
    """A condition did not hold. `there` is the item in the way, as it is; empty where there is none."""

    def __init__(self, there: Item) -> None:
        super().__init__()
        self.there = there


@contextlib.contextmanager
def _store_failing() -> Iterator[None]:
    """What may pass is a failure of the store: a worker must not take it for one of its platform."""
    try:
        yield
    except Unavailable as error:
        raise StoreFailed(error.message, error.advice) from None


class Table:
    """A table, by its name."""

    def __init__(self, name: str, client: "DynamoDBClient | None" = None, *, patient: bool = False) -> None:
        self.name = name
        self._given = client
        self._patient = patient

    # Reading

    def get(self, key: Key) -> Item | None:
        """One item."""
        found = self._call("get_item", Key=_key(key), ConsistentRead=True).get("Item")
        return plain(found) if found else None

    def get_all(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """Those items of these keys that there are."""
        found: dict[Key, Item] = {}
        for some in _some(dict.fromkeys(keys), MOST_READ):
            wanted = {self.name: {"Keys": [_key(key) for key in some], "ConsistentRead": True}}
            for answer in self._rounds("batch_get_item", "UnprocessedKeys", wanted):
                items = map(plain, answer["Responses"].get(self.name, []))
                found |= {(item["pk"], item["sk"]): item for item in items}
        return found

    def query(self, pk: str, *, prefix: str = "", after: str = "", limit: int | None = None) -> Iterator[Item]:
        """The items of a partition by sort key: those that begin so, behind that one. `limit` is of one call."""
        condition, values = "pk = :pk", {":pk": pk}
        if low := after or prefix:
            condition += " AND sk BETWEEN :low AND :high"
            values |= {":low": low, ":high": f"{prefix}~~"}
        for items in self._pages(condition, values, ConsistentRead=True, **_limited(limit)):
            yield from (item for item in items if item["sk"] != after)

    def index(
        self, name: str, value: str, within: tuple[str, str, str] | None = None, *, limit: int | None = None
    ) -> Iterator[list[Key]]:
        """The keys that an index has under a value, answer by answer: all, or where another attribute is within two."""
        condition, values = f"{name} = :value", {":value": value}
        if within:
            attribute, low, high = within
            condition += f" AND {attribute} BETWEEN :low AND :high"
            values |= {":low": low, ":high": high}
        for items in self._pages(condition, values, IndexName=name, **_limited(limit)):
            yield [(item["pk"], item["sk"]) for item in items]

    def _pages(self, condition: str, values: Mapping[str, Value], **more: Any) -> Iterator[list[Item]]:
        request = {"KeyConditionExpression": condition, "ExpressionAttributeValues": wired(values), **more}
        while True:
            answer = self._call("query", **request)
            yield [plain(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    # Writing

    def put(self, item: Item, condition: str, values: Mapping[str, Value] | None = None) -> None:
        """Writes an item where the condition holds. Raises Refused."""
        item = item | {"written": os.urandom(6)}
        try:
            self._call("put_item", Item=wired(item), **_condition(condition, values or {}))
        except Refused as refused:
            if refused.there.get("written") != item["written"]:  # else boto3 asked twice, as an answer was lost
                raise

    def update(self, key: Key, change: str, condition: str, values: Mapping[str, Value]) -> bool:
        """Changes attributes where the condition holds; whether it did."""
        try:
            self._call("update_item", Key=_key(key), UpdateExpression=change, **_condition(condition, values))
        except Refused:
            return False
        return True

    def delete(self, key: Key, condition: str, values: Mapping[str, Value]) -> None:
        """Deletes an item where the condition holds."""
        with contextlib.suppress(Refused):
            self._call("delete_item", Key=_key(key), **_condition(condition, values))

    def put_all(self, items: Iterable[Item]) -> None:
        """Writes items, whatever is in their place."""
        self._write({"PutRequest": {"Item": wired(item)}} for item in items)

    def delete_all(self, keys: Iterable[Key]) -> None:
        """Deletes items."""
        self._write({"DeleteRequest": {"Key": _key(key)}} for key in keys)

    def _write(self, requests: Iterable[dict[str, Any]]) -> None:
        self.each(self._write_some, list(_some(requests, MOST_WRITTEN)))

    def _write_some(self, requests: list[dict[str, Any]]) -> None:
        for _ in self._rounds("batch_write_item", "UnprocessedItems", {self.name: requests}):
            pass

    def replace(
        self, item: Item, condition: str, values: Mapping[str, Value], others: Iterable[Item], gone: Iterable[Key]
    ) -> bool:
        """Writes an item where the condition holds, and with it others, and deletes some: all of it or nothing."""
        table = {"TableName": self.name}
        put = {**table, "Item": wired(item), **_condition(condition, values)}
        request = [
            {"Put": put},
            *({"Put": {**table, "Item": wired(other)}} for other in others),
            *({"Delete": {**table, "Key": _key(key)}} for key in gone),
        ]
        try:
            self._ask("transact_write_items", TransactItems=request)
        except Refused:
            return False
        return True

    def each(self, call: Callable[[One], Made], ones: Sequence[One]) -> list[Made]:
        """Calls for each of them, a few at a time."""
        return [call(one) for one in ones] if len(ones) < 2 else list(self._threads.map(call, ones))

    # Calls

    def _rounds(self, operation: str, undone: str, wanted: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The answers to a call of many items, repeated for those that were left undone."""
        for number in range(ROUNDS):
            answer = self._ask(operation, RequestItems=wanted)
            yield answer
            wanted = answer[undone]
            if not wanted:
                return
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.05 * 2**number)))
        raise StoreFailed(f"The table {self.name} is too busy.", "Try again later.")

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        return self._ask(operation, TableName=self.name, **request)

    def _ask(self, operation: str, **request: Any) -> dict[str, Any]:
        known = self._client.exceptions
        with _store_failing(), failing(f"the table {self.name}"):
            try:
                answer: dict[str, Any] = getattr(self._client, operation)(**request)
            except known.ConditionalCheckFailedException as error:
                there: Any = error.response.get("Item", {})
                raise Refused(plain(there)) from None
            except known.TransactionCanceledException as error:
                if "ConditionalCheckFailed" not in [one.get("Code") for one in error.response["CancellationReasons"]]:
                    raise
                raise Refused({}) from None
            except known.ResourceNotFoundException:
                missing = f"There is no table {self.name}."
                raise ConfigurationError(missing, f"Deploy it, or correct {TABLE}.", TABLE) from None
        return answer

    @cached_property
    def _client(self) -> "DynamoDBClient":
        return self._given or dynamodb(at_once=AT_ONCE, attempts=ATTEMPTS if self._patient else 2)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(AT_ONCE)


def _key(key: Key) -> dict[str, Any]:
    return wired({"pk": key[0], "sk": key[1]})


def _condition(condition: str, values: Mapping[str, Value]) -> dict[str, Any]:
    said: dict[str, Any] = {"ExpressionAttributeValues": wired(values)} if values else {}
    if condition:
        said |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return said


def _limited(limit: int | None) -> dict[str, Any]:
    return {"Limit": limit} if limit else {}


def _some(things: Iterable[One], most: int) -> Iterator[list[One]]:
    return iter(partial(lambda left: list(islice(left, most)), iter(things)), [])

"""A client of DynamoDB that counts what AWS would charge, by the sizes of items. moto tells the same for every size."""

import math
from threading import Lock
from typing import Any

from spekta.aws.store.wire import plain, size

KILOBYTE = 1024


class Meter:
    """Units of reading and writing, on demand: 4 KB as they are now are one, 1 KB written is one, in an index again."""

    def __init__(self, client: Any, table: str) -> None:
        self.used = {"write": 0.0, "read": 0.0}
        self._lock = Lock()
        self._client, self._table = client, table
        told = client.describe_table(TableName=table)["Table"]
        self._indexes = {
            index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
            for index in told["GlobalSecondaryIndexes"]
        }

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    # Reading

    def get_item(self, **request: Any) -> Any:
        answer = self._client.get_item(**request)
        self._read([answer.get("Item", {})])
        return answer

    def batch_get_item(self, **request: Any) -> Any:
        answer = self._client.batch_get_item(**request)
        found = answer["Responses"].get(self._table, [])
        missing = len(request["RequestItems"][self._table]["Keys"]) - len(found)
        for item in [*found, *[{}] * missing]:
            self._read([item])
        return answer

    def query(self, **request: Any) -> Any:
        answer = self._client.query(**request)
        items = answer["Items"]
        if index := request.get("IndexName"):
            names = {"pk", "sk", *self._indexes[index]}
            items = [{name: item[name] for name in names} for item in items]
        self._read(items, share=1.0 if request.get("ConsistentRead") else 0.5)
        return answer

    def _read(self, items: list[Any], share: float = 1.0) -> None:
        length = sum(size(plain(item)) for item in items)
        self._use("read", share * max(1, math.ceil(length / (4 * KILOBYTE))))

    # Writing

    def put_item(self, **request: Any) -> Any:
        return self._writing(request["Item"], lambda: self._client.put_item(**request))

    def update_item(self, **request: Any) -> Any:
        return self._writing(request["Key"], lambda: self._client.update_item(**request))

    def delete_item(self, **request: Any) -> Any:
        return self._writing(request["Key"], lambda: self._client.delete_item(**request))

    def batch_write_item(self, **request: Any) -> Any:
        for one in request["RequestItems"][self._table]:
            if "PutRequest" in one:
                self.put_item(TableName=self._table, Item=one["PutRequest"]["Item"])
            else:
                self.delete_item(TableName=self._table, Key=one["DeleteRequest"]["Key"])
        return {"UnprocessedItems": {}}

    def _writing(self, named: Any, call: Any) -> Any:
        before = self._now(named)
        try:
            return call()
        finally:
            after = self._now(named)
            length = max(size(plain(before)), size(plain(after)))
            of_indexes = sum(self._moved(before, after, keys) for keys in self._indexes.values())
            self._use("write", max(1, math.ceil(length / KILOBYTE)) + of_indexes)

    def _use(self, what: str, units: float) -> None:
        with self._lock:  # the store writes a few rows at once
            self.used[what] += units

    def _now(self, named: Any) -> Any:
        key = {"pk": named["pk"], "sk": named["sk"]}
        return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})

    @staticmethod
    def _moved(before: Any, after: Any, keys: list[str]) -> int:
        """What an index has to write: its entry goes, comes, or both."""
        was, is_ = ([item.get(name) for name in keys] for item in (before, after))
        return 0 if was == is_ else sum(None not in one for one in (was, is_))

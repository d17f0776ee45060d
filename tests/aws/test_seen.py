"""Deliveries of webhooks in the table of leases: of two that come at once one is new, in any process."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from connectors.seen import KEPT
from spekta.aws.lease import Leases
from spekta.aws.seen import SeenInTable

from .conftest import LEASES, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

START = 1_800_000_000.25
NOW = datetime.fromtimestamp(START, UTC)
KEY = "eventbrite/london#3f"


def seen(dynamodb: "DynamoDBClient", seconds: float = 0) -> SeenInTable:
    """What another process has, so much later."""
    return SeenInTable(Leases(LEASES, dynamodb, Clock(START + seconds)))


def test_each_is_new_once(dynamodb: "DynamoDBClient") -> None:
    assert seen(dynamodb).add(KEY, NOW)
    assert not seen(dynamodb).add(KEY, NOW)
    assert seen(dynamodb).add("eventbrite#3f", NOW)
    assert seen(dynamodb).add("eventbrite/london#40", NOW)


@pytest.mark.parametrize("after, is_new", [(KEPT.total_seconds() - 1, False), (KEPT.total_seconds() + 1, True)])
def test_it_is_remembered_for_three_days(dynamodb: "DynamoDBClient", after: float, is_new: bool) -> None:
    seen(dynamodb).add(KEY, NOW)
    assert seen(dynamodb, after).add(KEY, NOW) is is_new


def test_what_was_discarded_is_new_again(dynamodb: "DynamoDBClient") -> None:
    first = seen(dynamodb)
    assert first.add(KEY, NOW)
    seen(dynamodb).discard(KEY)
    assert not seen(dynamodb).add(KEY, NOW)
    first.discard(KEY)
    assert seen(dynamodb).add(KEY, NOW)


def test_who_was_second_discards_nothing(dynamodb: "DynamoDBClient") -> None:
    second = seen(dynamodb)
    seen(dynamodb).add(KEY, NOW)
    assert not second.add(KEY, NOW)
    second.discard(KEY)
    assert not seen(dynamodb).add(KEY, NOW)


@pytest.mark.parametrize(
    "key, name", [(KEY, "spekta/eventbrite/london#3f"), ("eventbrite#3f", "spekta/eventbrite/default#3f")]
)
def test_it_stands_below_the_name_of_its_platform(dynamodb: "DynamoDBClient", key: str, name: str) -> None:
    """A function may write nowhere else."""
    seen(dynamodb).add(key, NOW)
    (item,) = dynamodb.scan(TableName=LEASES)["Items"]
    assert (item["lease"], item["expires"]) == ({"S": name}, {"N": "1800259201"})


async def _add(one: SeenInTable) -> bool:
    return await asyncio.to_thread(one.add, KEY, NOW)


@pytest.mark.anyio
async def test_of_many_at_once_one_is_new(dynamodb: "DynamoDBClient") -> None:
    found = await asyncio.gather(*(_add(seen(dynamodb)) for _ in range(12)))
    assert sorted(found) == [False] * 11 + [True]

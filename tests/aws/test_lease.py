"""Leases in DynamoDB: one holder at a time, for a limited time."""

from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import ConfigurationError
from spekta.aws.lease import LEASE_SECONDS, TABLE, Leases, configured

from .conftest import LEASES, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NAME = "spekta/eventix/default"


def stored(dynamodb: "DynamoDBClient") -> dict[str, Any]:
    return dynamodb.get_item(TableName=LEASES, Key={"lease": {"S": NAME}}).get("Item", {})


def at(dynamodb: "DynamoDBClient", seconds: float) -> Leases:
    """What a worker has whose clock is so many seconds ahead."""
    return Leases(LEASES, dynamodb, Clock(1_800_000_000.25 + seconds))


def test_one_holds_it_until_it_gives_it_back(leases: Leases) -> None:
    first = leases.take(NAME)
    assert first
    assert leases.take(NAME) is None
    assert leases.take("spekta/eventix/london")
    first.give_back()
    assert leases.take(NAME)


def test_the_item_ends_by_itself(leases: Leases, dynamodb: "DynamoDBClient") -> None:
    lease = leases.take(NAME)
    assert lease
    expected = {"lease": {"S": NAME}, "holder": {"S": lease.holder}, "expires": {"N": "1800000031"}}
    assert stored(dynamodb) == expected


@pytest.mark.parametrize("pause, kept", [(LEASE_SECONDS / 2 - 1, True), (LEASE_SECONDS / 2, False)])
def test_it_is_not_kept_by_who_stood_still_meanwhile(
    pause: float, kept: bool, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of it would not last for what it is for."""
    clock = Clock(1_800_000_000.25)
    lease = Leases(LEASES, dynamodb, clock).take(NAME)
    assert lease
    put = dynamodb.put_item

    def slowly(**item: Any) -> Any:
        clock.now += pause
        return put(**item)

    monkeypatch.setattr(dynamodb, "put_item", slowly)
    assert lease.keep() is kept


@pytest.mark.parametrize("after, free", [(0, False), (LEASE_SECONDS, False), (LEASE_SECONDS + 1, True)])
def test_of_who_died_it_is_taken_over_when_its_time_is_up(
    leases: Leases, dynamodb: "DynamoDBClient", after: float, free: bool
) -> None:
    assert leases.take(NAME)
    assert (at(dynamodb, after).take(NAME) is not None) == free


def test_it_can_be_kept_for_longer(leases: Leases, dynamodb: "DynamoDBClient") -> None:
    lease = leases.take(NAME)
    assert lease
    assert leases.take(NAME) is None
    late = at(dynamodb, LEASE_SECONDS - 1)
    assert late.put(NAME, lease.holder, "holder = :holder")
    assert at(dynamodb, LEASE_SECONDS + 1).take(NAME) is None


def test_who_was_overtaken_has_nothing_to_keep_or_give_back(leases: Leases, dynamodb: "DynamoDBClient") -> None:
    late = leases.take(NAME)
    now = at(dynamodb, LEASE_SECONDS + 1).take(NAME)
    assert late
    assert now
    assert not late.keep()
    late.give_back()
    assert stored(dynamodb)["holder"] == {"S": now.holder}
    assert now.keep()


def test_a_request_that_boto3_repeats_is_no_other_holder(leases: Leases) -> None:
    lease = leases.take(NAME)
    assert lease
    assert leases.put(NAME, lease.holder, "attribute_not_exists(lease) OR expires < :now OR holder = :holder")


def test_a_table_that_is_not_there_is_named(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(ConfigurationError, match="no table elsewhere") as refused:
        Leases("elsewhere", dynamodb).take(NAME)
    assert TABLE in refused.value.advice


def test_what_cannot_be_given_back_ends_by_itself(
    leases: Leases, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = leases.take(NAME)
    assert lease
    dynamodb.delete_table(TableName=LEASES)
    lease.give_back()


def test_the_environment_names_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert configured() is None
    monkeypatch.setenv(TABLE, LEASES)
    assert configured()

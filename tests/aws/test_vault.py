"""The lease of a connection among processes: two stores here are two processes."""

import asyncio
import json
import threading
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from connectors.errors import ConfigurationError, Unavailable
from spekta.aws.lease import LEASE_SECONDS, Lease, Leases
from spekta.aws.operator import OperatorStore
from spekta.aws.secrets import SecretStore
from spekta.aws.vault import SecretVault

from .conftest import LEASES, Clock
from .test_operator import OLD

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

pytestmark = pytest.mark.anyio
NEW = {"accessToken": "at_test_canary_new", "refreshToken": "rt_test_canary_new"}


@pytest.fixture
def pair(client: "SecretsManagerClient", leases: Leases) -> tuple[SecretVault, SecretVault]:
    """The same connection in two processes, read by both."""
    OperatorStore(client).put("eventbrite", OLD)
    first, second = (SecretStore(client, leases=leases) for _ in range(2))
    assert first.settings("eventbrite") == second.settings("eventbrite") == OLD
    return first.vault("eventbrite"), second.vault("eventbrite")


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long a vault waited, each time; it takes no time."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr("spekta.aws.vault.sleep", sleep)
    return waits


async def test_a_follower_goes_by_what_the_holder_saved(
    pair: tuple[SecretVault, SecretVault], dynamodb: "DynamoDBClient", pauses: list[float]
) -> None:
    """It does so as soon as that is stored, while the lease is still held."""
    first, second = pair
    found = []

    async def follow() -> None:
        async with second.lease() as alone:
            found.append((alone, await second.read()))

    async with first.lease() as alone, anyio.create_task_group() as group:
        assert alone
        group.start_soon(follow)
        with anyio.fail_after(5):
            while len(pauses) < 6:
                await anyio.lowlevel.checkpoint()
        assert found == []
        await first.save(NEW)
        with anyio.fail_after(5):
            while not found:
                await anyio.lowlevel.checkpoint()
        assert dynamodb.scan(TableName=LEASES)["Count"] == 1
    assert found == [(False, NEW)]
    assert dynamodb.scan(TableName=LEASES)["Count"] == 0
    assert 0.05 <= min(pauses) <= max(pauses) <= 0.8


async def test_who_comes_late_finds_what_was_saved_without_a_lease(
    pair: tuple[SecretVault, SecretVault], pauses: list[float]
) -> None:
    first, second = pair
    async with first.lease():
        await first.save(NEW)
    async with second.lease() as alone:
        assert await second.read() == NEW
    assert alone
    assert pauses == []


async def test_a_worker_that_died_is_followed_when_its_lease_ends(
    pair: tuple[SecretVault, SecretVault], client: "SecretsManagerClient", dynamodb: "DynamoDBClient"
) -> None:
    first, second = pair
    clock = Clock(1_800_000_000.25)
    heir = SecretStore(client, leases=Leases(LEASES, dynamodb, clock)).vault("eventbrite")
    dying = first.lease()
    assert await dying.__aenter__()
    with anyio.move_on_after(0.05) as scope:
        async with second.lease():
            pass
    assert scope.cancelled_caught
    clock.now += LEASE_SECONDS + 1
    async with heir.lease() as alone:
        assert alone
        assert await heir.read() == OLD.credentials


async def test_who_lost_the_lease_uses_nothing_up(
    pair: tuple[SecretVault, SecretVault], client: "SecretsManagerClient", dynamodb: "DynamoDBClient"
) -> None:
    """A process may stand still for longer than a lease lasts."""
    late = pair[0]
    later = Leases(LEASES, dynamodb, Clock(1_800_000_000.25 + LEASE_SECONDS + 1))
    heir = SecretStore(client, leases=later).vault("eventbrite")
    async with late.lease(), heir.lease() as alone:
        assert alone
        with pytest.raises(Unavailable, match="Another worker"):
            await late.read()
        assert await heir.read() == OLD.credentials


@pytest.mark.parametrize("change", [{"accessToken": 5}, {"accessToken": ["x"]}, {"expiresAt": "soon"}, {"key": "x"}])
async def test_what_is_no_connection_any_longer_is_not_used(
    change: dict[str, object], pair: tuple[SecretVault, SecretVault], client: "SecretsManagerClient"
) -> None:
    """A person may have written it since the connection was opened."""
    client.put_secret_value(
        SecretId="spekta/eventbrite/default", SecretString=json.dumps({**OLD.credentials, **change})
    )
    async with pair[0].lease():
        with pytest.raises(ConfigurationError) as refused:
            await pair[0].read()
    assert refused.value.field == next(iter(change))


async def test_accounts_do_not_wait_for_each_other(pair: tuple[SecretVault, SecretVault], leases: Leases) -> None:
    other = leases.take("spekta/eventbrite/london")
    assert other
    async with pair[0].lease() as alone:
        assert alone


async def test_who_gives_up_while_it_is_taken_leaves_it_free(
    pair: tuple[SecretVault, SecretVault], leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, taking, go = leases.take, threading.Event(), threading.Event()

    def slowly(name: str) -> Lease | None:
        taking.set()
        assert go.wait(5)
        return take(name)

    async def work() -> None:
        async with pair[0].lease():
            pass

    monkeypatch.setattr(leases, "take", slowly)
    working = asyncio.create_task(work())
    assert await asyncio.to_thread(taking.wait, 5)
    working.cancel()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert take("spekta/eventbrite/default")

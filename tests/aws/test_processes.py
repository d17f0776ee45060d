"""Processes that renew one token at once, and one that is killed while it does. Each refresh token works once."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from connectors import connect
from connectors.credentials import Settings
from spekta.aws.lease import LEASE_SECONDS, Leases
from spekta.aws.operator import OperatorStore
from spekta.aws.secrets import SecretStore
from spekta.sandbox.server import running
from tests.connectors.conftest import Account
from tests.connectors.sandboxed import sandboxed

from .conftest import LEASES
from .served import Aws, ended, serving

pytestmark = pytest.mark.anyio

WORKER = """
import asyncio, sys
from connectors import connect
from spekta.aws.secrets import SecretStore

async def work():
    async with connect(SecretStore(), sys.argv[1]) as connector:
        print("ready", flush=True)
        sys.stdin.readline()
        print((await connector.health_check()).model_dump_json(), flush=True)

asyncio.run(work())
"""


@pytest.fixture
def aws() -> Iterator[Aws]:
    with serving() as aws:
        yield aws


def token_path(account: Account) -> str:
    assert account.provider.oauth
    return account.provider.oauth.token.partition(":")[2]


def token_calls(account: Account) -> int:
    return len([entry for entry in account.sandbox.log if entry.path == token_path(account)])


def grant(account: Account, origin: str, ends: float = -10) -> Settings:
    """A connection whose token ends in so many seconds."""
    access, refresh = account.sandbox.grants[account.slug].issue()
    tokens = {"accessToken": access, "refreshToken": refresh, "expiresAt": str(int(time.time() + ends))}
    return Settings({**account.service.client, **tokens}, {}, account.service.addresses(origin))


def worker(aws: Aws, connection: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, connection],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **aws.environment},
    )


def told(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()


def content(aws: Aws, connection: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(aws.secrets.get_secret_value(SecretId=f"spekta/{connection}")["SecretString"])
    return stored


@pytest.mark.parametrize(
    "slug, ends, count",
    [
        ("eventix", -10, 4),
        pytest.param("eventix", -10, 12, marks=pytest.mark.long),
        pytest.param("eventix", 3600, 12, marks=pytest.mark.long),
        pytest.param("helloasso", -10, 12, marks=pytest.mark.long),
    ],
)
def test_many_processes_renew_one_token_once(slug: str, ends: float, count: int, aws: Aws) -> None:
    """Its time is up, or it is refused although it is not: withdrawn. A second worker that asked for itself would lose
    the grant for all.
    """
    account = sandboxed(slug)
    account.sandbox.misbehave(slug, "slow", path=token_path(account), seconds=0.3)
    with running(account.app) as origin, ExitStack() as stack:
        before = grant(account, origin, ends)
        OperatorStore(aws.secrets).put(slug, before)
        account.sandbox.expire_tokens(slug)
        workers = [stack.enter_context(worker(aws, slug)) for _ in range(count)]
        assert [told(one) for one in workers] == ["ready"] * count
        for one in workers:
            begin(one)
        answers = [json.loads(told(one)) for one in workers]
    assert [answer["healthy"] for answer in answers] == [True] * count, answers
    assert token_calls(account) == 1
    stored = content(aws, f"{slug}/default")
    assert account.sandbox.grants[slug].accepts(stored["accessToken"])
    assert account.sandbox.grants[slug].refresh(stored["refreshToken"])
    kept = {"clientId", "clientSecret"}
    assert {name: stored[name] for name in kept} == {name: before.credentials[name] for name in kept}
    assert stored["addresses"] == before.addresses
    assert aws.dynamodb.scan(TableName=LEASES)["Count"] == 0


async def test_a_worker_killed_before_it_saved(aws: Aws) -> None:
    """Eventix has taken the refresh token, and nobody has the next one: that grant alone is lost."""
    account = sandboxed("eventix")
    operator = OperatorStore(aws.secrets)
    with running(account.app) as origin:
        operator.put("eventix", grant(account, origin))
        operator.put("eventix/london", grant(account, origin))
        before = content(aws, "eventix/default")
        with worker(aws, "eventix") as killed:
            assert told(killed) == "ready"
            aws.before = ended(killed.pid)
            begin(killed)
            assert killed.wait() == -9
        assert token_calls(account) == 1
        assert content(aws, "eventix/default") == before
        late = Leases(LEASES, aws.dynamodb, lambda: time.time() + LEASE_SECONDS + 1)
        assert Leases(LEASES, aws.dynamodb).take("spekta/eventix/default") is None
        aws.before = lambda operation: None

        async with connect(SecretStore(aws.secrets, leases=late), "eventix") as connector:
            error = (await connector.health_check()).error
        assert error
        assert error.code == "authentication_failed"
        assert "used by somebody who has not saved the next one" in error.message
        assert error.advice == "Connect Eventix again: spekta connect --aws eventix"

        async with connect(SecretStore(aws.secrets, leases=late), "eventix/london") as connector:
            assert (await connector.health_check()).healthy

        operator.put("eventix", grant(account, origin, 3600))
        async with connect(SecretStore(aws.secrets, leases=late), "eventix") as connector:
            assert (await connector.health_check()).healthy

"""Tokens that end: renewed once, in time, saved before they are used, and never shown."""

import asyncio
import json
import logging
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

import connectors
from connectors import (
    AuthenticationFailed,
    ConfigurationError,
    DeadlineExceeded,
    InvalidResponse,
    ProviderError,
    Unavailable,
)
from connectors.caller import ATTEMPTS
from connectors.credentials import MemoryVault, Settings
from connectors.credentials.file import FileStore
from connectors.grant import EARLY_SECONDS
from spekta.sandbox.app import Entry
from spekta.sandbox.server import running

from .conftest import Account
from .sandboxed import Clock, Wire, connect, edited, sandboxed, shown

pytestmark = pytest.mark.anyio
NOW = 1_800_000_000.0
CLIENT = sandboxed("helloasso").service.credentials
EVENTBRITE_CLIENT = sandboxed("eventbrite").service.client
# Each refresh token works once. Of HelloAsso a new one can be had; of Eventix the grant is lost.
rotating = pytest.mark.parametrize("slug", ["helloasso", "eventix"])


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.grant.time", SimpleNamespace(time=lambda: NOW))


class Notebook(MemoryVault):
    """A vault that writes down what is saved, on the page on which a wire writes what is asked."""

    def __init__(self, credentials: Mapping[str, str], page: list[str] | None = None) -> None:
        super().__init__(credentials)
        self.page = [] if page is None else page

    async def save(self, changes: Mapping[str, str]) -> None:
        self.page.append(f"save {changes['accessToken']}")
        await super().save(changes)


def token_calls(account: Account) -> list[Entry]:
    return [entry for entry in account.sandbox.log if entry.path == token_path(account)]


def token_path(account: Account) -> str:
    assert account.provider.oauth
    return account.provider.oauth.token.partition(":")[2]


def held(account: Account, ends: float = NOW + 3600) -> dict[str, str]:
    """Credentials with a token that the platform has given out."""
    access, refresh = account.sandbox.grants[account.slug].issue()
    return {**account.service.client, "accessToken": access, "refreshToken": refresh, "expiresAt": str(ends)}


def grant_types(wire: Wire) -> list[str]:
    forms = (dict(part.split("=") for part in request.content.decode().split("&")) for request in wire.requests
             if request.url.path.endswith("/token"))  # fmt: skip
    return [form["grant_type"] for form in forms]


async def test_a_token_is_made_of_client_credentials_alone() -> None:
    account, vault = sandboxed("helloasso"), MemoryVault(CLIENT)
    async with connect(account, vault=vault) as connector:
        assert (await connector.get_events()).items
        assert (await connector.get_events()).items
    saved = await vault.read()
    assert len(token_calls(account)) == 1
    assert account.sandbox.grants["helloasso"].accepts(saved["accessToken"])
    assert saved["refreshToken"].startswith("rt_test_")
    assert saved["expiresAt"] == str(int(NOW + 1800))


@pytest.mark.parametrize(
    "left, renewed", [(-10, True), (0, True), (EARLY_SECONDS / 2 - 1, True), (EARLY_SECONDS + 1, False)]
)
async def test_a_token_is_renewed_before_it_ends(left: float, renewed: bool) -> None:
    account = sandboxed("helloasso")
    vault, wire = MemoryVault(old := held(account, NOW + left)), Wire(account)
    async with connect(account, wire, vault=vault) as connector:
        assert (await connector.get_events()).items
    assert grant_types(wire) == ["refresh_token"] * renewed
    assert not [entry for entry in account.sandbox.log if entry.status == 401]
    assert ((await vault.read())["accessToken"] != old["accessToken"]) == renewed


async def test_a_refused_token_is_renewed_once() -> None:
    account = sandboxed("helloasso")
    vault, wire = MemoryVault(held(account)), Wire(account)
    account.sandbox.expire_tokens("helloasso")
    async with connect(account, wire, vault=vault) as connector:
        assert (await connector.get_events()).items
        assert (await connector.get_events()).items
    assert grant_types(wire) == ["refresh_token"]
    assert len([entry for entry in account.sandbox.log if entry.status == 401]) == 1


async def test_a_new_token_is_saved_before_it_is_used() -> None:
    account, page = sandboxed("helloasso"), list[str]()

    def note(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        page.append(f"use {request.headers.get('Authorization', 'nothing').removeprefix('Bearer ')}")
        return response

    old = held(account)
    account.sandbox.expire_tokens("helloasso")
    vault = Notebook(old, page)
    async with connect(account, Wire(account, note), vault=vault) as connector:
        await connector.health_check()
    new = (await vault.read())["accessToken"]
    assert page == [f"use {old['accessToken']}", "use nothing", f"save {new}", f"use {new}"]


async def test_a_token_that_cannot_be_saved_is_not_used() -> None:
    class Full(MemoryVault):
        async def save(self, changes: Mapping[str, str]) -> None:
            raise ConfigurationError("The disk is full.", "Make room.")

    account = sandboxed("helloasso")
    async with connect(account, vault=Full(CLIENT)) as connector:
        with pytest.raises(ConfigurationError, match="The disk is full"):
            await connector.get_events()
    assert [entry.path for entry in account.sandbox.log] == ["/oauth2/token"]


async def test_a_refresh_token_that_is_used_up_is_followed_by_client_credentials() -> None:
    account = sandboxed("helloasso")
    stale = held(account)
    account.sandbox.grants["helloasso"].refresh(stale["refreshToken"])
    account.sandbox.expire_tokens("helloasso")
    wire, vault = Wire(account), MemoryVault(stale)
    async with connect(account, wire, vault=vault) as connector:
        assert (await connector.get_events()).items
    assert grant_types(wire) == ["refresh_token", "client_credentials"]


async def test_a_refused_grant_is_believed_only_after_reading_again() -> None:
    """Another worker, that held no lease, was faster: what it saved is used."""
    account = sandboxed("helloasso")
    stale = held(account)
    pair = account.sandbox.grants["helloasso"].refresh(stale["refreshToken"])
    assert pair
    fresh = {**stale, "accessToken": pair[0], "refreshToken": pair[1]}

    class Late(MemoryVault):
        reads = 0

        async def read(self) -> dict[str, str]:
            self.reads += 1
            return fresh if self.reads > 2 else {**stale, "accessToken": "at_test_ended"}

    wire = Wire(account)
    async with connect(account, wire, vault=Late(stale)) as connector:
        assert (await connector.health_check()).healthy
    assert grant_types(wire) == ["refresh_token"]


@rotating
@pytest.mark.parametrize("count", [1, 12])
async def test_many_tasks_renew_one_token_once(slug: str, count: int) -> None:
    account = sandboxed(slug)
    account.sandbox.latency = 0.001
    vault = MemoryVault(held(account))
    account.sandbox.expire_tokens(slug)
    opened = [connect(account, vault=vault) for _ in range(count)]
    answers = await asyncio.gather(*(opened[task % count].health_check() for task in range(12)))
    for connector in opened:
        await connector.aclose()
    assert all(answer.healthy for answer in answers)
    assert len(token_calls(account)) == 1


WORKER = """
import asyncio, sys
from pathlib import Path
from connectors import connect
from connectors.credentials.file import FileStore

async def work():
    async with connect(FileStore(Path(sys.argv[1])), sys.argv[2]) as connector:
        print("ready", flush=True)
        sys.stdin.readline()
        print((await connector.health_check()).model_dump_json(), flush=True)

asyncio.run(work())
"""


def piped(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def told(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout
    return worker.stdout.readline().strip()


@rotating
def test_many_processes_renew_one_token_once(slug: str, tmp_path: Path) -> None:
    """Each refresh token works once: a second worker that asked for itself would lose the grant for all."""
    account = sandboxed(slug)
    store = FileStore(tmp_path / "credentials.json")
    credentials = held(account, time.time() + 3600)
    account.sandbox.expire_tokens(slug)
    account.sandbox.misbehave(slug, "slow", path=token_path(account), seconds=0.3)
    with running(account.app) as origin, ExitStack() as stack:
        store.put(slug, Settings(credentials, {}, account.service.addresses(origin)))
        command = [sys.executable, "-c", WORKER, str(store.path), slug]
        workers = [stack.enter_context(piped(command)) for _ in range(12)]
        assert [told(worker) for worker in workers] == ["ready"] * 12
        for worker in workers:
            assert worker.stdin
            worker.stdin.write("go\n")
            worker.stdin.flush()
        answers = [json.loads(told(worker)) for worker in workers]
    assert [answer["healthy"] for answer in answers] == [True] * 12
    assert len(token_calls(account)) == 1
    saved = store.settings(slug)
    assert saved
    assert account.sandbox.grants[slug].accepts(saved.credentials["accessToken"])
    assert store.path.stat().st_mode & 0o777 == 0o600


# Grants that are dead, and token endpoints that misbehave


@pytest.mark.parametrize("wrong", [{"clientSecret": "sk_test_canary_wrong"}, {"clientId": "nobody"}])
async def test_a_dead_grant_says_what_to_do(wrong: dict[str, str]) -> None:
    account = sandboxed("helloasso")
    credentials = held(account) | wrong
    account.sandbox.grants["helloasso"].refresh(credentials["refreshToken"])
    account.sandbox.expire_tokens("helloasso")
    wire = Wire(account)
    async with connect(account, wire, credentials=credentials) as connector:
        with pytest.raises(AuthenticationFailed) as raised:
            await connector.get_events()
    assert raised.value.provider == "helloasso"
    assert raised.value.operation
    assert "HelloAsso" in raised.value.advice
    assert grant_types(wire) == ["refresh_token", "client_credentials"]
    for secret in (credentials["accessToken"], credentials["refreshToken"], credentials["clientSecret"]):
        assert secret not in shown(raised.value)


ODD_ANSWERS = [
    (httpx2.Response(200, content=b"<html>"), InvalidResponse, 1),
    (httpx2.Response(200, json=[]), InvalidResponse, 1),
    (httpx2.Response(200, json={"access_token": ""}), InvalidResponse, 1),
    (httpx2.Response(302, headers={"Location": "https://elsewhere.invalid"}), InvalidResponse, 1),
    (httpx2.Response(503), Unavailable, ATTEMPTS),
]


@pytest.mark.parametrize("answer, error, calls", ODD_ANSWERS, ids=["html", "list", "no token", "redirect", "down"])
async def test_a_token_endpoint_that_answers_nonsense_is_named(
    answer: httpx2.Response, error: type[ProviderError], calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock().stop(monkeypatch)
    account = sandboxed("helloasso")

    wire = Wire(account, lambda request, response: answer)
    async with connect(account, wire) as connector:
        with pytest.raises(error) as raised:
            await connector.get_events()
    assert type(raised.value) is error
    assert raised.value.provider == "helloasso"
    assert raised.value.operation == "renewing the token"
    assert raised.value.advice
    assert len(wire.requests) == calls


@pytest.mark.parametrize("lifetime", ["soon", None, [], "1e999", "nan"])
async def test_a_lifetime_that_cannot_be_read_costs_no_token(lifetime: Any) -> None:
    account, vault = sandboxed("helloasso"), MemoryVault(CLIENT)

    def change(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if not request.url.path.endswith("/token"):
            return response
        return edited(response, lambda body: body.update(expires_in=lifetime))

    async with connect(account, Wire(account, change), vault=vault) as connector:
        assert (await connector.get_events()).items
        assert (await connector.get_events()).items
    assert (await vault.read())["expiresAt"] == ""
    assert len(token_calls(account)) == 1


async def test_an_early_renewal_that_fails_leaves_the_token_that_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock().stop(monkeypatch)
    account = sandboxed("helloasso")
    account.sandbox.misbehave("helloasso", "error_always", path="/oauth2/token")
    async with connect(account, vault=MemoryVault(held(account, NOW + 30))) as connector:
        assert (await connector.get_events()).items


async def test_a_renewal_outlives_the_call_that_was_in_a_hurry() -> None:
    """The refresh token is used up by then: what came for it must not be lost."""
    account = sandboxed("helloasso")
    account.sandbox.misbehave("helloasso", "slow", path="/oauth2/token", seconds=0.2)
    old = held(account, NOW - 10)
    vault = MemoryVault(old)
    async with connect(account, vault=vault) as connector:
        with pytest.raises(DeadlineExceeded) as raised:
            await connector.get_events(deadline=0.02)
    saved = await vault.read()
    assert raised.value.operation
    assert saved["refreshToken"] != old["refreshToken"]
    assert account.sandbox.grants["helloasso"].accepts(saved["accessToken"])


@pytest.mark.parametrize("left, renewed", [(4.0, False), (6.0, True)])
async def test_no_renewal_is_begun_that_may_be_cut_off(
    left: float, renewed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is stopped while the platform answers would lose the grant."""
    clock, account = Clock(), sandboxed("helloasso")
    clock.stop(monkeypatch)
    vault = MemoryVault({**held(account), "accessToken": "sk_test_canary_withdrawn"})

    def slowly(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if response.status_code == 401:
            clock.waits.append(22 - left)
        return response

    async with connect(account, Wire(account, slowly), vault=vault) as connector:
        if renewed:
            assert (await connector.get_events(deadline=22)).items
        else:
            with pytest.raises(DeadlineExceeded, match="no time left to renew"):
                await connector.get_events(deadline=22)
    assert len(token_calls(account)) == renewed


async def test_a_renewal_that_waits_for_its_turn_is_given_up_with_its_connector() -> None:
    """Somebody else may hold the lease for longer than this process has."""
    account = sandboxed("helloasso")
    vault = MemoryVault(held(account, NOW - 10))
    async with vault.lease(), asyncio.timeout(5), connect(account, vault=vault) as connector:
        with pytest.raises(DeadlineExceeded):
            await connector.get_events(deadline=0.02)
    assert token_calls(account) == []


# Eventbrite: tokens without an end


async def test_a_token_without_an_end_is_not_renewed_before_it_is_refused() -> None:
    account = sandboxed("eventbrite")
    credentials = {**account.service.credentials, **EVENTBRITE_CLIENT, "refreshToken": "rt_test_canary"}
    async with connect(account, credentials=credentials) as connector:
        assert (await connector.get_events()).items
    assert token_calls(account) == []


@pytest.mark.parametrize("status, said", [(400, "INVALID_AUTH"), (400, "NO_AUTH"), (401, "INVALID_AUTH"), (401, "")])
async def test_a_refusal_that_misleads_is_taken_for_what_it_is(status: int, said: str) -> None:
    account, refused = sandboxed("eventbrite"), list[str]()

    def change(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if request.url.path.endswith("/oauth/token"):
            return httpx2.Response(200, json={"access_token": account.service.credentials["accessToken"]})
        if not refused:
            refused.append(said)
            return httpx2.Response(status, json={"error": said})
        return response

    credentials = {"accessToken": "at_test_ended", "refreshToken": "rt_test_canary", **EVENTBRITE_CLIENT}
    wire = Wire(account, change)
    async with connect(account, wire, credentials=credentials) as connector:
        assert (await connector.get_events()).items
    assert grant_types(wire) == ["refresh_token"]


@pytest.mark.parametrize("more", [{}, {"refreshToken": "rt_test_canary_1", **EVENTBRITE_CLIENT}])
async def test_a_private_token_that_ended_says_what_to_do(more: dict[str, str]) -> None:
    account = sandboxed("eventbrite")
    account.sandbox.expire_tokens("eventbrite")
    credentials = {**account.service.credentials, **more}
    async with connect(account, credentials=credentials) as connector:
        with pytest.raises(AuthenticationFailed) as raised:
            await connector.get_events()
    assert len(token_calls(account)) == bool(more)
    assert "Eventbrite" in raised.value.advice
    assert not [value for name, value in credentials.items() if name != "clientId" and value in shown(raised.value)]


async def test_what_a_platform_says_of_a_token_that_ended_is_kept() -> None:
    account = sandboxed("eventbrite")
    wire = Wire(account, lambda request, response: httpx2.Response(401, json={"error_description": "It ended in May."}))
    async with connect(account, wire) as connector:
        with pytest.raises(AuthenticationFailed) as raised:
            await connector.get_events()
    assert (raised.value.status, raised.value.platform_message) == (401, "It ended in May.")


# What is shown


async def test_no_log_shows_a_token(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    account = sandboxed("helloasso")
    credentials = held(account)
    account.sandbox.expire_tokens("helloasso")
    store = FileStore(tmp_path / "credentials.json")
    with running(account.app) as origin, caplog.at_level(logging.DEBUG):
        store.put("helloasso", Settings(credentials, {}, account.service.addresses(origin)))
        vault = store.vault("helloasso")
        async with connectors.connect(store, "helloasso") as connector:
            assert (await connector.get_events()).items
            shown_parts = f"{connector!r} {store.settings('helloasso')!r} {vault!r} {connector.caller.grant!r}"
    saved = await vault.read()
    assert "oauth2/token" in caplog.text
    for values in (credentials, saved):
        for name in ("accessToken", "refreshToken", "clientSecret"):
            assert values[name] not in caplog.text
            assert values[name] not in shown_parts


async def test_a_token_that_another_process_renewed_is_kept_secret_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.redaction._secrets", set())
    account = sandboxed("helloasso")
    fresh = held(account)

    def echo(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        return httpx2.Response(400, json={"message": f"bad header {request.headers['Authorization']}"})

    async with connect(account, Wire(account, echo), vault=MemoryVault(fresh)) as connector:
        with pytest.raises(ProviderError) as raised:
            await connector.get_events()
    assert raised.value.platform_message == "bad header Bearer ***"

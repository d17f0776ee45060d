"""Where credentials are kept: environment variables, the owner's file, and the first of several."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio.lowlevel
import pytest
from starlette.applications import Starlette

from connectors import ConfigurationError, connect
from connectors.credentials import MemoryVault, Settings, Store, joined, split
from connectors.credentials.environment import EnvironmentStore, constant
from connectors.credentials.file import FileStore, default_path
from connectors.credentials.local import FirstOf, local_store
from connectors.registry import SLUGS, find_provider
from spekta.sandbox.app import create_app
from spekta.sandbox.server import environment, running

from .sandboxed import each_provider, sandboxed, shown

pytestmark = pytest.mark.anyio
KEY = {"apiKey": "sk_test_canary_1"}


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "deep" / "credentials.json")


# Names


@pytest.mark.parametrize(
    "connection, parts",
    [("dice", ("dice", "default")), ("dice/london", ("dice", "london")), ("dice/default", ("dice", "default"))],
)
def test_a_connection_is_a_provider_and_an_account(connection: str, parts: tuple[str, str]) -> None:
    assert split(connection) == parts
    assert joined(*parts) == connection.removesuffix("/default")


@pytest.mark.parametrize("connection", ["dice/London", "dice/a/b", "dice/a b", "dice/" + "x" * 41, "dice/a\n"])
def test_an_account_name_is_checked(connection: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        split(connection)
    assert raised.value.field == "account"
    assert raised.value.advice


# Environment variables


def test_variables_have_the_names_of_the_fields() -> None:
    names = {"accessToken": "ACCESS_TOKEN", "apiKey": "API_KEY", "baseUrl": "BASE_URL", "count_sold": "COUNT_SOLD"}
    assert {name: constant(name) for name in names} == names
    assert constant("ticket-tailor") == "TICKET_TAILOR"


def test_accounts_options_and_hosts_come_from_the_environment() -> None:
    store = EnvironmentStore(
        {
            "EVENTBRITE_ACCESS_TOKEN": "sk_test_canary_1",
            "EVENTBRITE_LOGIN_URL": "https://login.example.org",
            "EVENTBRITE__LONDON__ACCESS_TOKEN": "sk_test_canary_2",
            "EVENTBRITE__LONDON__ORGANIZATION_ID": "7",
            "EVENTBRITE__LONDON__BASE_URL": "https://api.example.org",
            "EVENTBRITE__NEW_YORK__ACCESS_TOKEN": "sk_test_canary_3",
            "TICKET_TAILOR_API_KEY": "sk_test_canary_4",
            "PRETIX_API_KEY": "sk_test_canary_5",
            "PRETIX_BASE_URL": "https://pretix.example.org",
            "PRETIX_ORGANIZER": "demo",
            "DICE_HOLDERS": "true",
            "HELLOASSO_UNRELATED": "x",
            "HELLOASSO_CLIENT_ID": "",
            "PATH": "/bin",
        }
    )
    connections = ["eventbrite", "eventbrite/london", "eventbrite/new-york", "ticket-tailor", "pretix"]
    assert store.connections() == connections
    assert store.settings("eventbrite") == Settings(
        {"accessToken": "sk_test_canary_1"}, {}, {"login": "https://login.example.org"}
    )
    assert store.settings("eventbrite/london") == Settings(
        {"accessToken": "sk_test_canary_2"}, {"organization_id": "7"}, {"api": "https://api.example.org"}
    )
    assert store.settings("pretix") == Settings(
        {"apiKey": "sk_test_canary_5", "baseUrl": "https://pretix.example.org", "organizer": "demo"}, {}, {}
    )
    assert store.settings("dice") is None
    assert store.settings("helloasso") is None


@pytest.mark.parametrize(
    "name", ["DICE____API_KEY", f"DICE__{'X' * 41}__API_KEY", "DICE__LONDON__", "DICE__LONDON__COLOUR", "DICE", "DICE_"]
)
def test_a_variable_that_fits_nothing_is_left_alone(name: str) -> None:
    assert EnvironmentStore({name: "x", "DICE_API_KEY": "sk_test_canary_1"}).connections() == ["dice"]


def test_an_account_named_default_is_no_second_one() -> None:
    both = {"DICE_API_KEY": "sk_test_canary_1", "DICE__DEFAULT__API_KEY": "sk_test_canary_2"}
    assert EnvironmentStore(both).connections() == ["dice"]


def test_only_providers_with_variables_are_imported() -> None:
    code = (
        "import sys; from connectors.credentials.environment import EnvironmentStore\n"
        "print(EnvironmentStore({'DICE_API_KEY': 'x', 'OTHER_API_KEY': 'y'}).connections())\n"
        "print([name for name in sys.modules if name.startswith('connectors.providers.')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == ["['dice']", "['connectors.providers.dice']"]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Starlette, str]]:
    """A sandbox on loopback, and its address."""
    app = create_app()
    with running(app) as origin:
        yield app, origin


@each_provider
async def test_variables_are_enough_to_connect(slug: str, served: tuple[Starlette, str]) -> None:
    app, origin = served
    store, before = EnvironmentStore(environment(origin)), len(app.state.sandbox.log)
    async with connect(store, slug) as connector:
        health = await connector.health_check()
    assert health.healthy
    assert slug in store.connections()
    assert {entry.provider for entry in list(app.state.sandbox.log)[before:]} == {slug}


async def test_renewed_tokens_live_as_long_as_the_store() -> None:
    store = EnvironmentStore({"HELLOASSO_CLIENT_ID": "x", "HELLOASSO_CLIENT_SECRET": "sk_test_canary_1"})
    await store.vault("helloasso").save({"accessToken": "at_test_1"})
    assert (await store.vault("helloasso").read())["accessToken"] == "at_test_1"


@pytest.mark.parametrize("connection", ["dice", "dice/london"])
def test_a_connection_that_is_not_set_up_says_how_to(connection: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        connect(EnvironmentStore({}), connection)
    assert raised.value.field == "connection"
    assert f"spekta connect {connection}" in raised.value.advice


def test_a_connection_that_is_half_set_up_names_what_is_missing() -> None:
    with pytest.raises(ConfigurationError) as raised:
        connect(EnvironmentStore({"PRETIX_BASE_URL": "https://pretix.example.org"}), "pretix")
    assert raised.value.field == "apiKey"


# The file


def test_only_its_owner_can_read_the_file(store: FileStore) -> None:
    store.put("dice", Settings(KEY))
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    store.update("dice", {"apiKey": "sk_test_canary_2"})
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o777])
def test_a_file_that_others_can_read_is_refused(store: FileStore, mode: int) -> None:
    store.put("dice", Settings(KEY))
    store.path.chmod(mode)
    for use in (store.connections, lambda: store.settings("dice"), lambda: store.put("dice", Settings(KEY))):
        with pytest.raises(ConfigurationError) as raised:
            use()
        assert raised.value.field == "credentials"
        assert "chmod 600" in raised.value.advice
        assert "sk_test_canary_1" not in shown(raised.value)


def test_what_was_put_is_found(store: FileStore) -> None:
    assert store.connections() == []
    assert store.settings("dice") is None
    settings = Settings(KEY, {"holders": True}, {"api": "https://example.org"})
    store.put("dice/london", settings)
    store.put("dice", Settings({"apiKey": "sk_test_canary_2"}))
    assert store.connections() == ["dice", "dice/london"]
    assert FileStore(store.path).settings("dice/london") == settings
    assert store.remove("dice/london") is True
    assert store.remove("dice/london") is False
    assert store.connections() == ["dice"]


def test_an_update_changes_some_credentials_and_nothing_else(store: FileStore) -> None:
    store.put("helloasso", Settings({"clientId": "x", "accessToken": "old"}, {"details": False}))
    store.update("helloasso", {"accessToken": "new", "expiresAt": "5"})
    assert store.settings("helloasso") == Settings(
        {"clientId": "x", "accessToken": "new", "expiresAt": "5"}, {"details": False}
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"dice": {}}',
        b'{"dice": null}',
        b'{"dice": "key"}',
        b'{"dice": {"credentials": []}}',
        b'{"dice": {"credentials": {"apiKey": ["sk_test_canary_1"]}}}',
    ],
)
def test_a_file_that_is_no_credentials_file_is_refused_and_left_as_it_is(store: FileStore, content: bytes) -> None:
    store.put("dice", Settings(KEY))
    store.path.write_bytes(content)
    for use in (store.connections, lambda: store.settings("dice"), lambda: store.put("dice", Settings(KEY))):
        with pytest.raises(ConfigurationError) as raised:
            use()
        assert raised.value.field == "credentials"
        assert raised.value.advice
        assert "sk_test_canary_1" not in shown(raised.value)
    assert store.path.read_bytes() == content


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("dice", Settings(KEY))
    before = sorted(store.path.parent.iterdir())
    unwritable: Any = {"apiKey": object()}
    with pytest.raises(TypeError):
        store.update("dice", unwritable)
    assert store.settings("dice") == Settings(KEY)
    assert sorted(store.path.parent.iterdir()) == before


def test_the_file_is_never_half_written(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a reader sees while a writer is at it: the old file, whole."""
    store.put("dice", Settings(KEY))
    seen: list[Settings | None] = []
    move = Path.replace

    def replace(path: Path, target: Path) -> Path:
        seen.append(store.settings("dice"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        return move(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    store.put("dice", Settings({"apiKey": "sk_test_canary_2"}))
    assert seen == [Settings(KEY)]
    assert store.settings("dice") == Settings({"apiKey": "sk_test_canary_2"})


UPDATES = """
import sys
from pathlib import Path
from connectors.credentials.file import FileStore

store = FileStore(Path(sys.argv[1]))
for number in range(25):
    store.update("dice", {f"{sys.argv[2]}-{number}": "x"})
"""


def test_updates_of_several_processes_lose_nothing(store: FileStore) -> None:
    store.put("dice", Settings(KEY))
    workers = [subprocess.Popen([sys.executable, "-c", UPDATES, str(store.path), str(name)]) for name in range(4)]
    assert [worker.wait() for worker in workers] == [0] * 4
    settings = store.settings("dice")
    assert settings
    assert set(settings.credentials) == {"apiKey"} | {f"{name}-{number}" for name in range(4) for number in range(25)}


async def test_a_lease_is_held_by_one_at_a_time(store: FileStore) -> None:
    inside, most = 0, 0

    async def work(connection: str) -> None:
        nonlocal inside, most
        async with store.vault(connection).lease():
            inside += 1
            most = max(most, inside)
            await anyio.lowlevel.checkpoint()
            inside -= 1

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(work, "helloasso")
    assert (inside, most) == (0, 1)
    async with store.vault("helloasso").lease(), store.vault("helloasso/london").lease():
        pass


async def test_a_vault_reads_what_others_saved(store: FileStore) -> None:
    vault, other = store.vault("dice"), FileStore(store.path).vault("dice")
    assert await vault.read() == {}
    await other.save({"apiKey": "sk_test_canary_2"})
    assert await vault.read() == {"apiKey": "sk_test_canary_2"}


def test_the_file_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPEKTA_CREDENTIALS", str(tmp_path / "x.json"))
    assert default_path() == tmp_path / "x.json"
    monkeypatch.delenv("SPEKTA_CREDENTIALS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_path().parts[-2:] == ("spekta", "credentials.json")


# Several stores


def test_the_first_store_that_knows_a_connection_answers(store: FileStore) -> None:
    store.put("dice", Settings(KEY))
    store.put("pretix", Settings({"organizer": "file"}))
    environment = EnvironmentStore({"PRETIX_ORGANIZER": "environment"})
    both: Store = FirstOf([environment, store])
    assert both.connections() == ["pretix", "dice"]
    assert both.settings("pretix") == Settings({"organizer": "environment"})
    assert both.settings("dice") == Settings(KEY)
    assert both.settings("helloasso") is None
    assert both.vault("pretix") is environment.vault("pretix")
    assert both.vault("dice") == store.vault("dice")
    assert both.vault("helloasso") == store.vault("helloasso")


def test_what_is_half_set_hides_nothing_that_is_whole(store: FileStore) -> None:
    """A variable that somebody left behind, or that names only where the platform is."""
    whole = Settings({"apiKey": "sk_test_canary_1", "baseUrl": "https://pretix.example.org", "organizer": "demo"})
    store.put("pretix", whole)
    environment = {"PRETIX_ORGANIZER": "environment"}
    both = FirstOf([EnvironmentStore(environment), store])
    assert both.settings("pretix") == whole
    assert both.vault("pretix") == store.vault("pretix")
    environment |= {"PRETIX_API_KEY": "sk_test_canary_2", "PRETIX_BASE_URL": "https://pretix.example.org"}
    settings = both.settings("pretix")
    assert settings
    assert settings.credentials["organizer"] == "environment"


def test_a_laptop_has_both(monkeypatch: pytest.MonkeyPatch, store: FileStore) -> None:
    monkeypatch.setenv("SPEKTA_CREDENTIALS", str(store.path))
    for slug in SLUGS:
        for credential in find_provider(slug).credentials:
            monkeypatch.delenv(f"{constant(slug)}_{constant(credential.name)}", raising=False)
    monkeypatch.setenv("DICE_API_KEY", "sk_test_canary_1")
    store.put("helloasso", Settings({"clientId": "x"}))
    assert local_store().connections() == ["dice", "helloasso"]


# Secrets


def test_settings_and_vaults_show_no_secret(store: FileStore) -> None:
    store.put("dice", Settings(KEY))
    environment = EnvironmentStore({"DICE_API_KEY": KEY["apiKey"]})
    told = [store, store.vault("dice"), store.settings("dice"), Settings(KEY), environment, environment.vault("dice")]
    assert not [thing for thing in [*told, MemoryVault(KEY)] if KEY["apiKey"] in f"{thing!r} {thing}"]


@each_provider
def test_the_file_holds_what_a_provider_takes(slug: str, store: FileStore) -> None:
    service = sandboxed(slug).service
    settings = Settings(dict(service.credentials), {}, service.addresses("http://127.0.0.1:1"))
    store.put(slug, settings)
    assert connect(store, slug).name == slug
    assert json.loads(store.path.read_text())[slug]["credentials"] == service.credentials

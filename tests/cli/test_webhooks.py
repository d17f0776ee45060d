"""The addresses to which platforms deliver: made with a connection, shown to who asks, and kept."""

import json
from pathlib import Path

import pytest

from connectors.credentials import Settings
from connectors.credentials.file import FileStore
from connectors.webhook import SECRET, TOKEN
from spekta.cli.webhooks import FIT, HIDDEN
from tests.cli.conftest import Run, Served
from tests.connectors.webhooks import PLATFORMS

from .test_connect import fields, hosts, stored

GIVEN = "wh_test_canary_token_0123456789"
API = {"SPEKTA_API_URL": "https://api.example.org/"}


def token_of(path: Path, name: str) -> str:
    return str(stored(path)[name]["credentials"][TOKEN])


@pytest.mark.parametrize("slug", PLATFORMS)
def test_a_connection_gets_an_address_that_nobody_guesses(
    bare: Run, served: Served, credentials_file: Path, slug: str
) -> None:
    done = bare("connect", f"{slug}/north", *hosts(served, slug), input=fields(served, slug), env=API)
    assert done.exit_code == 0, done.stderr
    token = token_of(credentials_file, f"{slug}/north")
    address = f"https://api.example.org/webhooks/{slug}/north/"
    assert FIT.fullmatch(token)
    assert f"{address}{token}\n" in done.stdout
    assert bare("connections", f"{slug}/north", "--webhook", env=API).stdout == f"{address}{token}\n"
    for shown in (bare("connections", f"{slug}/north", env=API), bare("connections"), bare("connections", "--json")):
        assert shown.exit_code == 0
        assert token not in shown.output
    assert f"{address}{HIDDEN}" in bare("connections", f"{slug}/north", env=API).stdout


def test_two_connections_have_two_addresses(bare: Run, served: Served, credentials_file: Path) -> None:
    for name in ("pretix", "pretix/north"):
        bare("connect", name, *hosts(served, "pretix"), input=fields(served, "pretix"))
    assert token_of(credentials_file, "pretix") != token_of(credentials_file, "pretix/north")
    assert "https://<SPEKTA_API_URL>/webhooks/pretix/default/" in bare("connections", "pretix", "--webhook").stdout


def test_a_platform_that_sends_none_has_none(bare: Run, served: Served, credentials_file: Path) -> None:
    done = bare("connect", "dice", *hosts(served, "dice"), input=fields(served, "dice"))
    assert "webhook" not in done.stdout
    assert TOKEN not in stored(credentials_file)["dice"]["credentials"]
    asked = bare("connections", "dice", "--webhook")
    assert (asked.exit_code, asked.stderr) == (2, "spekta: dice has no address for webhooks. It sends none.\n")


def test_it_is_shown_of_one_connection(bare: Run, credentials_file: Path) -> None:
    assert bare("connections", "--webhook").exit_code == 2
    FileStore(credentials_file).put("pretix", Settings({"apiKey": "sk_test_canary_1"}))
    asked = bare("connections", "pretix", "--webhook")
    assert (asked.exit_code, asked.stderr) == (
        2,
        "spekta: pretix has no address for webhooks. Run: spekta connect pretix\n",
    )


def test_to_connect_again_changes_no_address(bare: Run, served: Served, credentials_file: Path) -> None:
    again = ("connect", "ticket-tailor", *hosts(served, "ticket-tailor"))
    bare(*again, "--field", f"{SECRET}=whsec_test_canary_1", input=fields(served, "ticket-tailor"))
    token = token_of(credentials_file, "ticket-tailor")
    bare(*again, input=fields(served, "ticket-tailor"))
    kept = stored(credentials_file)["ticket-tailor"]["credentials"]
    assert (kept[TOKEN], kept[SECRET]) == (token, "whsec_test_canary_1")
    bare(*again, "--field", f"webhook_token={GIVEN}", input=fields(served, "ticket-tailor"))
    assert token_of(credentials_file, "ticket-tailor") == GIVEN


def test_a_secret_is_added_by_itself(bare: Run, served: Served, credentials_file: Path) -> None:
    """The platform gives it once it has the address, when the connection is there already."""
    bare("connect", "ticket-tailor", *hosts(served, "ticket-tailor"), input=fields(served, "ticket-tailor"))
    before = stored(credentials_file)["ticket-tailor"]
    done = bare("connect", "ticket-tailor", "--field", f"{SECRET}=whsec_test_canary_2")
    assert done.exit_code == 0, done.stderr
    after = stored(credentials_file)["ticket-tailor"]
    assert after["credentials"] == {**before["credentials"], SECRET: "whsec_test_canary_2"}
    assert after["addresses"] == before["addresses"]


@pytest.mark.parametrize(
    "token", ["short", "x" * 21, "x" * 201, "x" * 30 + "/", "x" * 30 + "é", "x" * 15 + " " + "x" * 15]
)
def test_a_token_that_could_be_guessed_is_refused(
    bare: Run, served: Served, credentials_file: Path, token: str
) -> None:
    given = fields(served, "pretix") + f"{TOKEN}={token}\n"
    done = bare("connect", "pretix", *hosts(served, "pretix"), input=given)
    assert done.exit_code == 2
    assert "Leave it out, and one is made." in done.stderr
    assert token not in done.output
    assert not credentials_file.exists()


def test_json_shows_no_token(bare: Run, served: Served, credentials_file: Path) -> None:
    done = bare("connect", "pretix", *hosts(served, "pretix"), "--json", input=fields(served, "pretix"))
    assert json.loads(done.stdout)["connection"] == "pretix"
    assert token_of(credentials_file, "pretix") not in done.output

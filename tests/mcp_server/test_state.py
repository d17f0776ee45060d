from pathlib import Path

import pytest

from connectors.credentials import Settings
from connectors.credentials.file import FileStore
from mcp_server.state import local


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    monkeypatch.setenv("SPEKTA_CREDENTIALS", str(tmp_path / "credentials.json"))
    return FileStore()


@pytest.mark.parametrize("said, allowed", [("true", True), ("True", True), ("1", False), ("", False), (None, False)])
def test_personal_data_is_shown_only_where_the_operator_says_true(
    monkeypatch: pytest.MonkeyPatch, said: str | None, allowed: bool
) -> None:
    monkeypatch.delenv("SPEKTA_ALLOW_PERSONAL_DATA", raising=False)
    if said is not None:
        monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", said)
    assert local().personal_data is allowed


def test_connections_are_those_of_the_environment_and_the_file(
    credentials: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = local()
    monkeypatch.setenv("TICKET_TAILOR__LONDON__API_KEY", "sk_test_london")
    before = list(state.names())
    credentials.put("pretix", Settings({"apiKey": "sk_test_pretix", "organizer": "lampions"}))
    assert before == ["ticket-tailor/london"]
    assert list(state.names()) == ["ticket-tailor/london", "pretix"]
    assert state.portfolio(["pretix", "pretix"]).names == ["pretix"]

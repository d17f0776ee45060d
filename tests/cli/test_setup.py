"""health, providers, connections, disconnect: what is set up, and whether it works."""

import json
from pathlib import Path

import pytest

from connectors import find_provider, providers
from connectors.credentials import Settings
from connectors.credentials.file import FileStore
from connectors.matrix import COLUMNS, markdown, matrix
from tests.cli.conftest import FIVE, Run, Served


def test_health_of_all(spekta: Run) -> None:
    done = spekta("health", *FIVE)
    assert done.exit_code == 0
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert [row[:2] for row in rows] == [[name, "works"] for name in FIVE]
    assert all(row[3] == "ms" for row in rows)


def test_health_is_1_where_one_does_not_work(spekta: Run, served: Served) -> None:
    served.sandbox.misbehave("dice", "unauthorized")
    done = spekta("health", "dice", "pretix", "--json")
    assert done.exit_code == 1
    checks = {check["connection"]: check for check in json.loads(done.stdout)["connections"]}
    assert checks["pretix"]["healthy"] is True
    assert checks["pretix"]["error"] is None
    assert checks["dice"]["healthy"] is False
    assert checks["dice"]["error"]["code"] == "authentication_failed"
    assert done.stderr.startswith("dice: DICE does not accept the credentials.")


def test_health_of_a_connection_that_is_set_up_wrongly(spekta: Run) -> None:
    done = spekta("health", "ticket-tailor", "--json", env={"TICKET_TAILOR_BASE_URL": "http://example.org"})
    assert done.exit_code == 1
    [check] = json.loads(done.stdout)["connections"]
    assert (check["healthy"], check["error"]["code"]) == (False, "configuration")


def test_connections_show_no_secret(spekta: Run, served: Served) -> None:
    done = spekta("connections")
    assert done.exit_code == 0
    for name in FIVE:
        assert f"\n{name} " in done.stdout
    for slug in FIVE:
        for field in find_provider(slug).credentials:
            if field.secret and (value := served.credentials(slug).get(field.name)):
                assert value not in done.output
                assert value not in spekta("connections", "--json").stdout


def test_connections_and_disconnect(bare: Run, served: Served, credentials_file: Path) -> None:
    assert bare("connections").stdout == "Nothing is connected yet. Run: spekta connect PROVIDER\n"
    bare(
        "connect",
        "dice",
        "--base-url",
        served.addresses("dice")["api"],
        input=f"apiKey={served.credentials('dice')['apiKey']}",
    )
    [row] = json.loads(bare("connections", "--json").stdout)["connections"]
    assert (row["connection"], row["place"], row["credentials"]) == ("dice", str(credentials_file), ["apiKey"])
    asked = bare("disconnect", "dice")
    assert (asked.exit_code, asked.stderr) == (2, "spekta: There is nobody to ask. Add --yes.\n")
    assert bare("disconnect", "dice", "--yes").stdout == "dice is forgotten.\n"
    assert json.loads(bare("connections", "--json").stdout) == {"connections": []}


def test_one_connection_is_shown_without_its_secrets(bare: Run, credentials_file: Path) -> None:
    credentials = {"clientId": "canary-client", "clientSecret": "sk_test_canary_1", "expiresAt": "1800000000"}
    settings = Settings(credentials, {"organization": "lampions"}, {"api": "https://api.example.org"})
    FileStore(credentials_file).put("helloasso/paris", settings)
    lines = bare("connections", "helloasso/paris").stdout.splitlines()[1:]
    assert lines[0].split() == ["connection", "helloasso/paris"]
    shown = {label.strip(): value.strip() for label, _, value in (line.partition("  ") for line in lines)}
    assert (shown["clientId"], shown["clientSecret"], shown["expiresAt"]) == (
        "canary-client", "set", "2027-01-15 08:00 UTC",
    )  # fmt: skip
    assert (shown["organization"], shown["address of api"]) == ("lampions", "https://api.example.org")
    values = json.loads(bare("connections", "helloasso/paris", "--json").stdout)["values"]
    assert values == {"clientId": "canary-client", "clientSecret": "set", "expiresAt": "2027-01-15 08:00 UTC"}
    unknown = bare("connections", "helloasso")
    assert unknown.exit_code == 2
    assert "Run: spekta connect helloasso" in unknown.stderr


def test_providers_show_both_marks(spekta: Run) -> None:
    lines = {line.split()[0]: line.split() for line in spekta("providers").stdout.splitlines() if line}
    assert lines["ticket-tailor"][1:] == [*"TicketTailor API key".split(), *"✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓".split(), "yes"]
    assert lines["dice"][4:13] == "✓ ✓ ✓ ✓ ✗ ~ ✓ ✓ ✓".split()


def test_providers_as_json(bare: Run) -> None:
    rows = json.loads(bare("providers", "--json").stdout)["providers"]
    assert [row["provider"] for row in rows] == [provider.slug for provider in providers()]
    assert all(row["connections"] == [] for row in rows)
    dice = next(row for row in rows if row["provider"] == "dice")
    attendees = next(one for one in dice["support"] if one["capability"] == "attendees")
    assert (attendees["promised"], attendees["state"], attendees["option"]) == (False, "partial", "holders")


@pytest.mark.parametrize("row", matrix(), ids=lambda row: row.provider)
def test_the_matrix_follows_the_code(row: object) -> None:
    from connectors.matrix import MatrixRow

    assert isinstance(row, MatrixRow)
    provider = find_provider(row.provider)
    assert tuple(support.capability for support in row.support) == COLUMNS
    for support in row.support:
        offered = support.capability in provider.capabilities
        assert (support.state != "no") == offered
        assert (support.state == "yes") == (offered and support.note is None)
        assert support.promised in (None, support.capability in provider.reference)
        assert not support.promised or offered


def test_the_matrix_as_markdown() -> None:
    lines = markdown().splitlines()
    assert lines[:3] == [
        "| Platform | Auth | Events | Tickets | Attendees | Revenue | Orders |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| Eventbrite | OAuth2 | ✅ / ✅ | ✅ / ✅ | ✅ / ✅ | ✅ / ✅ | ✅ |",
    ]
    assert "| DICE | API key | ✅ / ✅ | ✅ / ✅ | ❌ / ⚠️ | ✅ / ✅ | ✅ |" in lines
    assert any(
        line.startswith("- DICE, attendees: off until the connection's option holders is set; ") for line in lines
    )

"""What importing costs: nothing that is not needed yet."""

import subprocess
import sys

import pytest

HEAVY = (
    "boto3",
    "botocore",
    "mcp",
    "aws_lambda_powertools",
    "iso3166",
    "platformdirs",
    "starlette",
    "uvicorn",
    "typer",
)
OWN = ("spekta", "functions", "mcp_server")


def loaded(code: str) -> set[str]:
    """The modules that are there once a fresh interpreter has run this."""
    show = f"{code}\nimport sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-c", show], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def bare() -> set[str]:
    return loaded("import connectors")


def test_no_provider_is_imported_before_it_is_asked_for(bare: set[str]) -> None:
    assert "connectors.registry" in bare
    assert not [name for name in bare if name.startswith("connectors.providers.")]


def test_the_list_of_providers_stays_a_function() -> None:
    """A package of the same name lies beside it, and importing that would take its place."""
    loaded("import connectors; connectors.find_provider('dice'); assert connectors.providers()[0].slug")


@pytest.mark.parametrize("name", HEAVY)
def test_what_only_some_need_is_imported_by_them(bare: set[str], name: str) -> None:
    assert name not in bare


@pytest.mark.parametrize("name", ["notification", "proofs", "seen"])
def test_webhooks_are_verified_by_what_only_their_door_imports(bare: set[str], name: str) -> None:
    assert f"connectors.{name}" not in bare


@pytest.mark.parametrize("name", OWN)
def test_the_connectors_know_none_of_those_who_use_them(bare: set[str], name: str) -> None:
    assert not [module for module in bare if module.partition(".")[0] == name]


@pytest.mark.parametrize("slug", ["equaticket", "helloasso", "rsvpify"])
def test_a_provider_brings_no_other(slug: str) -> None:
    after = loaded(f"from connectors import find_provider; find_provider({slug!r})")
    own = {name for name in after if name.startswith("connectors.providers.")}
    assert own == {f"connectors.providers.{slug.replace('-', '_')}"}
    assert not after & set(HEAVY)


@pytest.mark.parametrize(
    "room", ["connectors.credentials.environment", "connectors.credentials.file", "connectors.credentials.local"]
)
def test_credential_stores_bring_no_provider(room: str) -> None:
    after = loaded(f"import {room}")
    assert not [name for name in after if name.startswith("connectors.providers.")]
    assert not after & set(HEAVY)

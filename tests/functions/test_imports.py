"""What a cold start pays for."""

import json
import subprocess
import sys
from functools import cache

import pytest

from connectors.registry import SLUGS

HEAVY = {"boto3", "botocore.session", "mcp", "rich", "starlette", "typer", "uvicorn", "aws_xray_sdk", "platformdirs"}
OURS = {"connectors", "functions", "spekta"}
SEVERAL = {
    "dice",
    "equaticket",
    "evvnt",
    "helloasso",
    "pretix",
    "rsvpify",
    "ticket-tailor",
    "weezevent",
}  # kinds of files
# What a function by hand would import, and use at its first request.
BARE = """
import asyncio, httpx2, pydantic
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
class Model(pydantic.BaseModel):
    id: str
httpx2.AsyncClient()
"""
MOST = 1.4  # as many modules


@cache
def loaded(program: str, slug: str = "pretix") -> frozenset[str]:
    """The modules that are there once a fresh interpreter has run this."""
    show = f"{program}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    return frozenset(json.loads(subprocess.check_output([sys.executable, "-c", show], env={"SPEKTA_PROVIDER": slug})))


@pytest.mark.parametrize(
    "slug", [slug if slug in SEVERAL else pytest.param(slug, marks=pytest.mark.long) for slug in SLUGS]
)
def test_a_function_imports_its_own_provider_and_nothing_heavy(slug: str) -> None:
    found = loaded("import functions.provider", slug)
    assert not found & HEAVY
    providers = [name for name in found if name.startswith("connectors.providers.")]
    assert providers == [f"connectors.providers.{slug.replace('-', '_')}"]


@pytest.mark.parametrize("module", ["general", "planner", "portfolio", "sync"])
def test_a_function_of_all_imports_no_provider_before_it_is_asked(module: str) -> None:
    found = loaded(f"import functions.{module}")
    assert not found & HEAVY
    assert not [name for name in found if name.startswith("connectors.providers.")]


@pytest.mark.parametrize("module", ["general", "planner", "portfolio", "provider", "sync"])
def test_what_only_a_laptop_needs_stays_there(module: str) -> None:
    found = loaded(f"import functions.{module}")
    assert not [name for name in found if name.startswith(("functions.local", "functions.openapi"))]


@pytest.mark.parametrize("module", ["general", "planner", "portfolio", "provider", "sync"])
def test_a_function_brings_no_package_that_one_by_hand_would_not(module: str) -> None:
    ours, bare = ({name.partition(".")[0] for name in loaded(run)} for run in (f"import functions.{module}", BARE))
    assert ours - bare - OURS - sys.stdlib_module_names == set()


@pytest.mark.parametrize("module", ["general", "planner", "portfolio", "provider", "sync"])
def test_a_function_imports_little_more_than_one_by_hand(module: str) -> None:
    assert len(loaded(f"import functions.{module}")) < MOST * len(loaded(BARE))

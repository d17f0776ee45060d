"""What a cold start pays for."""

import json
import subprocess
import sys

import pytest

from connectors.registry import SLUGS

HEAVY = {"boto3", "botocore.session", "mcp", "rich", "starlette", "typer", "uvicorn", "aws_xray_sdk", "platformdirs"}
LOADED = "import functions.provider, json, sys; print(json.dumps(sorted(sys.modules)))"


@pytest.mark.parametrize("slug", SLUGS)
def test_a_function_imports_its_own_provider_and_nothing_heavy(slug: str) -> None:
    environment = {"SPEKTA_PROVIDER": slug}
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", LOADED], env=environment))
    assert HEAVY.intersection(loaded) == set()
    providers = [name for name in loaded if name.startswith("connectors.providers.")]
    assert providers == [f"connectors.providers.{slug.replace('-', '_')}"]

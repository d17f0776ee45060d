import json
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import cfnlint.decode  # type: ignore[import-untyped]
import pytest
from cfnlint.template import Template  # type: ignore[import-untyped]

from .intrinsics import Stack

ROOT = Path(__file__).parents[2]
TOKENS = {"JwtIssuer": "https://issuer.example/", "JwtAudience": "spekta"}
EVERYTHING = {
    **TOKENS,
    "AlarmEmail": "operator@example.org",
    "AllowWrites": "true",
    "AllowedPrivateHosts": "pretix.internal:443",
    "ReservedConcurrency": "0",
    "SecurityGroupIds": "sg-1",
    "SubnetIds": "subnet-1,subnet-2",
}
PARAMETERS = {"iam": {}, "jwt": TOKENS, "everything": EVERYTHING}


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The template with its loop unrolled and its globals merged, which cfn-lint does outside of the loop alone."""
    path = str(ROOT / "template.yaml")
    content, mistakes = cfnlint.decode.decode(path)
    assert mistakes == []
    linted = Template(path, content, ["eu-central-1"])
    assert linted.transform() == []
    unrolled: dict[str, Any] = deepcopy(linted.template)
    common = unrolled.pop("Globals")["Function"]
    for resource in unrolled["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"] = common | resource["Properties"]
    return unrolled


@pytest.fixture(
    scope="session",
    params=[
        pytest.param((by, mode), id=f"{mode}, by {by}", marks=pytest.mark.sam if by == "SAM" else ())
        for by in ("us", "SAM")
        for mode in PARAMETERS
    ],
)
def stack(request: pytest.FixtureRequest, template: dict[str, Any]) -> Stack:
    """The stack with IAM, with tokens, and with every parameter set; read by us, and as SAM translates it."""
    by, mode = request.param
    parameters: dict[str, str] = PARAMETERS[mode]
    if by == "us":
        return Stack(template, parameters)
    said = json.dumps({"template": template, "parameters": parameters})
    command = [ROOT / ".venv-sam/bin/python", Path(__file__).with_name("translation.py")]
    return Stack(json.loads(subprocess.check_output(command, input=said, text=True)), parameters)

"""The template as CloudFormation reads it: loops expanded, globals merged."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cfnlint.decode  # type: ignore[import-untyped]
import pytest

from connectors.registry import SLUGS

ROOT = Path(__file__).parents[2]
SECRETS = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:spekta"
GATEWAY_SECONDS = 30


def expanded(section: dict[str, Any]) -> dict[str, Any]:
    """A section with its loops unrolled: `${name}` is the value, `&{name}` what of it can stand in a logical id."""
    found: dict[str, Any] = {}
    for key, body in section.items():
        if not key.startswith("Fn::ForEach::"):
            found[key] = body
            continue
        name, loop, fragment = body
        for value in loop:
            text = json.dumps(fragment).replace(f"${{{name}}}", value)
            found |= json.loads(text.replace(f"&{{{name}}}", re.sub("[^A-Za-z0-9]", "", value)))
    return found


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    content, mistakes = cfnlint.decode.decode(str(ROOT / "template.yaml"))
    assert mistakes == []
    return {**content, "Resources": expanded(content["Resources"])}


@pytest.fixture(scope="module")
def resources(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]
    return found


@pytest.fixture(scope="module")
def functions(template: dict[str, Any], resources: dict[str, Any]) -> list[dict[str, Any]]:
    common = template["Globals"]["Function"]
    return [common | one["Properties"] for one in resources.values() if one["Type"] == "AWS::Serverless::Function"]


def of_providers(functions: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {one["Environment"]["Variables"].get("SPEKTA_PROVIDER"): one for one in functions}
    return {slug: one for slug, one in found.items() if slug}


def routes(functions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    events = [event for one in functions for event in one["Events"].values()]
    assert {event["Type"] for event in events} == {"HttpApi"}
    return [event["Properties"] for event in events]


def values(tree: Any, key: str) -> Iterator[Any]:
    """Everything that stands under a key, anywhere."""
    for name, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        if name == key:
            yield value
        yield from values(value, key)


def test_every_provider_has_a_function(functions: list[dict[str, Any]]) -> None:
    assert tuple(of_providers(functions)) == SLUGS


@pytest.mark.parametrize("slug", SLUGS)
def test_a_function_may_use_the_secrets_of_its_provider_alone(functions: list[dict[str, Any]], slug: str) -> None:
    function = of_providers(functions)[slug]
    statements = [statement for policy in function["Policies"] for statement in policy["Statement"]]
    assert statements == [
        {
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
            "Resource": {"Fn::Sub": f"{SECRETS}/{slug}/*"},
        }
    ]
    assert "Role" not in function


def test_other_functions_may_use_nothing(functions: list[dict[str, Any]]) -> None:
    others = [one for one in functions if one not in of_providers(functions).values()]
    assert [one["Handler"] for one in others if "Policies" in one or "Role" in one] == []


def test_nothing_is_allowed_on_everything(resources: dict[str, Any]) -> None:
    allowed = list(values(resources, "Resource"))
    assert len(allowed) == len(SLUGS)
    assert "*" not in allowed


def test_routes_lead_to_their_provider(functions: list[dict[str, Any]]) -> None:
    found = [(route.get("Method"), route.get("Path")) for route in routes(functions)]
    expected = [("ANY", f"/v1/{slug}/{{proxy+}}") for slug in SLUGS]
    assert sorted(found, key=str) == sorted([*expected, (None, None)], key=str)


def test_every_route_is_authorized_by_iam(resources: dict[str, Any], functions: list[dict[str, Any]]) -> None:
    assert resources["Api"]["Properties"]["Auth"] == {"EnableIamAuthorizer": True, "DefaultAuthorizer": "AWS_IAM"}
    assert [route for route in routes(functions) if "Auth" in route or route["ApiId"] != {"Ref": "Api"}] == []
    assert [one for one in functions if "FunctionUrlConfig" in one] == []


def test_the_inner_time_is_up_first(functions: list[dict[str, Any]], function: ModuleType) -> None:
    for one in functions:
        for route in routes([one]):
            assert function.SECONDS < one["Timeout"] < route["TimeoutInMillis"] / 1000 <= GATEWAY_SECONDS


def test_every_log_ends_some_day(resources: dict[str, Any], functions: list[dict[str, Any]]) -> None:
    groups = {name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::Logs::LogGroup"}
    assert all("RetentionInDays" in group for group in groups.values())
    known = [{"Ref": name} for name in groups] + [group.get("LogGroupName") for group in groups.values()]
    assert [one for one in functions if one["LoggingConfig"]["LogGroup"] not in known] == []


def test_byte_code_is_compiled_by_the_runtime_that_reads_it(functions: list[dict[str, Any]]) -> None:
    assert {one["Runtime"] for one in functions} == {"python3.13"}
    assert "PYTHON := python3.13" in (ROOT / "infra/build/Makefile").read_text().splitlines()

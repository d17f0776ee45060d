"""What docs/deploy.md tells an operator to type, and what it lists, exist."""

import re
import shlex
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from .conftest import ROOT

PAGE = (ROOT / "docs/deploy.md").read_text()
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
MAKE = [line for line in LINES if line.startswith("make ")]
AWS = [call for line in LINES for call in re.findall(r"(?<!-)\baws ([a-z].*)", line)]
MADE_BY_THE_CLI = {"configure export-credentials", "logs tail"}
OF_EVERY_COMMAND = {"output", "query", "region"}


def names(table: str) -> set[str]:
    """The first column of the table below a heading's line."""
    rows = PAGE.partition(table)[2].partition("\n\n")[0]
    return {name for row in rows.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1] if row else "")}


@pytest.mark.parametrize("call", MAKE)
def test_what_is_made_has_a_target(call: str, template: dict[str, Any]) -> None:
    _, target, *given = shlex.split(call)
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for assignment in given:
        values = assignment.removeprefix("PARAMETERS=").split()
        assert {value.partition("=")[0] for value in values} <= template["Parameters"].keys()


@pytest.mark.parametrize("call", [call for call in AWS if not any(map(call.startswith, MADE_BY_THE_CLI))])
def test_aws_has_the_command_and_its_options(call: str) -> None:
    service, command = call.split()[:2]
    model = botocore.session.get_session().get_service_model(service)
    operation = {xform_name(name, "-"): name for name in model.operation_names}[command]
    shape = model.operation_model(operation).input_shape
    options = {xform_name(name, "-") for name in (shape.members if shape else ())}
    assert set(re.findall(r" --([a-z-]+)", call)) <= options | OF_EVERY_COMMAND


def test_every_parameter_and_every_alarm_is_explained(template: dict[str, Any]) -> None:
    alarms = {name for name, body in template["Resources"].items() if body["Type"] == "AWS::CloudWatch::Alarm"}
    assert names("| parameter | default | what it does |") == template["Parameters"].keys()
    assert names("| alarm | it means | look at |") == alarms


def test_every_link_leads_to_a_heading() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in PAGE.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings

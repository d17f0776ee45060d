"""The parts of a deployed stack, as its outputs name them: for an operator, who knows the stack by its name."""

from dataclasses import dataclass
from typing import Any

from connectors.errors import ConfigurationError

from .clients import cloudformation
from .errors import failing

ADVICE = "Deploy it with `make deploy`, or name another with --stack."


@dataclass(frozen=True, slots=True)
class Stack:
    """Its table of copies, its bus, and the address of its queue of dead letters."""

    table: str
    bus: str
    dead_letters: str


def find(name: str) -> Stack:
    """The stack of that name, in the account and region that the environment leads to. Raises ConfigurationError."""
    client = cloudformation()
    with failing(f"the stack {name}"):
        try:
            (stack,) = client.describe_stacks(StackName=name)["Stacks"]
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":  # which is what a stack that is not there is
                raise
            where = client.meta.region_name
            raise ConfigurationError(f"There is no stack {name} in {where}.", ADVICE, "stack") from None
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    return Stack(*(_output(name, outputs, key) for key in ("StateTable", "EventBus", "DeadLetters")))


def _output(stack: str, outputs: dict[str, Any], key: str) -> str:
    if key not in outputs:
        raise ConfigurationError(f"The stack {stack} has no output {key}.", ADVICE, "stack")
    return str(outputs[key])

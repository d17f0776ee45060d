"""What a stack is made of, by what the tests ask about it."""

from typing import Any

from .intrinsics import Stack

SECRETS = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:spekta"


def of_type(stack: Stack, *kinds: str) -> dict[str, Any]:
    found = {name: body for name, body in stack.resources.items() if body["Type"] in kinds}
    return {name: body["Properties"] for name, body in found.items()}


def functions(stack: Stack) -> dict[str, Any]:
    return of_type(stack, "AWS::Serverless::Function", "AWS::Lambda::Function")


def of_providers(stack: Stack, module: str = "provider") -> dict[str, tuple[str, Any]]:
    """The logical id and the properties of each provider's function that runs a module of `functions`."""
    return {
        body["Environment"]["Variables"]["SPEKTA_PROVIDER"]: (name, body)
        for name, body in functions(stack).items()
        if body["Handler"] == f"functions.{module}.handler"
    }


def asked_by_events(stack: Stack) -> dict[str, Any]:
    """The functions that nobody waits for."""
    planner = ("PlannerFunction", functions(stack)["PlannerFunction"])
    return dict([*of_providers(stack, "sync").values(), planner])


def role_of(stack: Stack, function: Any) -> Any:
    return stack.resources[function["Role"].removesuffix(".Arn")]["Properties"]


def statements(role: Any) -> list[Any]:
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def routes(stack: Stack) -> dict[str, Any]:
    """By their key, each with the logical id of the function that it leads to."""
    found = {}
    for route in of_type(stack, "AWS::ApiGatewayV2::Route").values():
        integration = stack.resources[route["Target"].removeprefix("integrations/")]["Properties"]
        found[route["RouteKey"]] = route | {"Function": integration["IntegrationUri"].removesuffix(".Arn")}
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

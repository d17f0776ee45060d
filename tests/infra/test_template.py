"""What the template makes of an account."""

import json
import re
from typing import Any

import pytest

from connectors import find_provider
from connectors.http import REQUEST_SECONDS
from connectors.registry import SLUGS
from functions.errors import CODES
from spekta.aws.bus import REQUESTED
from tests.functions.conftest import handler_of

from .conftest import EVERYTHING, PARAMETERS, ROOT, TOKENS
from .intrinsics import Stack
from .parts import (
    SECRETS,
    as_list,
    asked_by_events,
    functions,
    of_providers,
    of_type,
    role_of,
    routes,
    statements,
)

GATEWAY_SECONDS = 30
LARGEST = 450  # CloudFormation ends at 500
READ = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
EXECUTE_API = "arn:aws:execute-api:eu-central-1:"
ENI = "arn:aws:iam::aws:policy/service-role/AWSLambdaENIManagementAccess"

WEBHOOKS = [slug for slug in SLUGS if find_provider(slug).webhook]
NOT_AUTHORIZED_BY_THE_GATEWAY = {
    **dict.fromkeys(
        (f"POST /webhooks/{slug}/{{account}}/{{token}}" for slug in WEBHOOKS),
        "platforms have no credentials of ours: the function checks the platform's signature, and the token in the "
        "path is unguessable",
    ),
    "ANY /mcp": "the function checks the token itself, as a client without one must be told where to get it",
    "GET /.well-known/oauth-protected-resource/mcp": "tells clients where to get a token, which they do not have yet",
}
ON_EVERYTHING = {"secretsmanager:ListSecrets": "IAM has no narrower resource for it; it gives names, not contents"}


def tags(function: Any) -> dict[str, str]:
    """SAM makes a list of them."""
    given = function.get("Tags", {})
    return {tag["Key"]: tag["Value"] for tag in given} if isinstance(given, list) else given


def test_every_provider_has_a_function_of_its_name(stack: Stack) -> None:
    found = of_providers(stack)
    assert tuple(found) == SLUGS
    assert {slug: function["FunctionName"] for slug, (_, function) in found.items()} == {
        slug: f"spekta-{slug}" for slug in SLUGS
    }


def test_names_are_mapped_only_where_they_must_be(template: dict[str, Any]) -> None:
    slugs = {name: row["Slug"] for name, row in template["Mappings"]["Slugs"].items()}
    assert slugs == {slug.replace("-", ""): slug for slug in SLUGS if "-" in slug}


def test_every_handler_exists(stack: Stack) -> None:
    layers = [name for name, body in stack.resources.items() if body["Type"].endswith("::LayerVersion")]
    for function in functions(stack).values():
        assert function["Layers"] == layers
        module, _, name = function["Handler"].rpartition(".")
        assert f"\ndef {name}(" in (ROOT / module.replace(".", "/")).with_suffix(".py").read_text()


@pytest.mark.parametrize("slug", SLUGS)
def test_a_function_may_use_what_is_of_its_provider_alone(stack: Stack, slug: str) -> None:
    _, function = of_providers(stack)[slug]
    assert statements(role_of(stack, function)) == [
        {
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
            "Resource": f"{SECRETS}/{slug}/*",
        },
        {
            "Effect": "Allow",
            "Action": ["dynamodb:PutItem", "dynamodb:DeleteItem"],
            "Resource": "Leases.Arn",
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"spekta/{slug}/*"]}},
        },
        {
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": "Bus.Arn",
            "Condition": {"StringEquals": {"events:detail-type": REQUESTED}},
        },
        {
            "Effect": "Allow",
            "Action": READ,
            "Resource": "State.Arn",
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{slug}#*", f"{slug}/*"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{function['LoggingConfig']['LogGroup']}.Arn",
        },
    ]


@pytest.mark.parametrize("door", ["portfolio", "mcp"])
def test_what_asks_all_platforms_reads_no_secret(stack: Stack, door: str) -> None:
    function = functions(stack)[f"{door}Function"]
    assert statements(role_of(stack, function)) == [
        {"Effect": "Allow", "Action": "secretsmanager:ListSecrets", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": "arn:aws:lambda:eu-central-1:111122223333:function:spekta-*",
            "Condition": {"StringEquals": {"aws:ResourceTag/spekta-stack": "spekta"}},
        },
        {"Effect": "Allow", "Action": READ, "Resource": ["State.Arn", "State.Arn/index/*"]},
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{door}Logs.Arn"},
    ]


def test_copies_are_read_and_assistants_ask_for_new_ones(stack: Stack) -> None:
    own = {name: body["Environment"]["Variables"] for name, body in functions(stack).items()}
    readers = {name for name, told in own.items() if told.get("SPEKTA_STATE_TABLE") == "State"}
    assert readers == own.keys() - {"GeneralFunction"}
    assert own["mcpFunction"]["SPEKTA_BUS"] == own["GeneralFunction"]["SPEKTA_BUS"]
    [(name, policy)] = of_type(stack, "AWS::IAM::Policy").items()
    assert (name, policy["Roles"]) == ("McpRequests", ["mcpRole"])
    assert policy["PolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "Bus.Arn"}
    ]


def test_what_may_be_asked_by_others_is_marked(stack: Stack) -> None:
    """By its name alone it could be of another stack: spekta-test-eventbrite."""
    marked = {name for name, function in functions(stack).items() if tags(function).get("spekta-stack") == "spekta"}
    assert marked == {name for name, _ in of_providers(stack).values()}


@pytest.mark.parametrize("mode", PARAMETERS)
def test_assistants_are_let_in_only_where_there_is_an_issuer(template: dict[str, Any], mode: str) -> None:
    stack = Stack(template, PARAMETERS[mode])
    told = functions(stack)["mcpFunction"]["Environment"]["Variables"]
    expected = (TOKENS["JwtIssuer"], "https://Api.execute-api.eu-central-1.amazonaws.com/mcp")
    assert (told["SPEKTA_MCP_ISSUER"], told["SPEKTA_MCP_RESOURCE"]) == (("", "") if mode == "iam" else expected)


@pytest.mark.parametrize("allowed", ["true", "false"])
def test_environments_share_what_previews_are_made_with(template: dict[str, Any], allowed: str) -> None:
    stack = Stack(template, {"AllowWrites": allowed})
    told = functions(stack)["mcpFunction"]["Environment"]["Variables"]
    secret = "{{resolve:secretsmanager:PreviewSecret}}" if allowed == "true" else ""
    assert (told["SPEKTA_WRITES"], told["SPEKTA_PREVIEW_SECRET"]) == (allowed, secret)
    others = {
        name: body["Environment"]["Variables"] for name, body in functions(stack).items() if name != "mcpFunction"
    }
    assert [name for name, variables in others.items() if "SPEKTA_PREVIEW_SECRET" in variables] == []
    found = of_type(stack, "AWS::SecretsManager::Secret")
    assert list(found) == (["PreviewSecret"] if allowed == "true" else [])
    assert all("Name" not in one for one in found.values())


def test_every_function_has_a_role_and_a_log_of_its_own(stack: Stack) -> None:
    everyone = list(functions(stack).values())
    assert len({function["Role"] for function in everyone}) == len(everyone)
    logs = {slug: function["LoggingConfig"] for slug, (_, function) in of_providers(stack).items()}
    assert {slug: function["LoggingConfig"] for slug, (_, function) in of_providers(stack, "sync").items()} == logs
    assert len({function["LoggingConfig"]["LogGroup"] for function in everyone}) == len(everyone) - len(logs)
    assert all("RetentionInDays" in group for group in of_type(stack, "AWS::Logs::LogGroup").values())
    lambda_alone = [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    for function in everyone:
        assert role_of(stack, function)["AssumeRolePolicyDocument"]["Statement"] == lambda_alone


def test_nothing_is_allowed_on_everything_without_a_reason(stack: Stack) -> None:
    for role in of_type(stack, "AWS::IAM::Role").values():
        for statement in statements(role):
            actions = as_list(statement["Action"])
            assert [action for action in actions if action.partition(":")[2] in ("", "*")] == []
            assert "*" not in as_list(statement["Resource"]) or ON_EVERYTHING.keys() >= set(actions)


def test_other_policies_are_for_functions_in_a_network_alone(stack: Stack) -> None:
    found = {
        (policy, "VpcConfig" in function)
        for function in functions(stack).values()
        for policy in role_of(stack, function).get("ManagedPolicyArns", [])
    }
    assert found <= {(ENI, True)}
    networked = {name for name, function in functions(stack).items() if "VpcConfig" in function}
    asking = [*of_providers(stack).values(), *of_providers(stack, "sync").values()]
    assert networked in (set(), {name for name, _ in asking})


def test_routes_lead_to_their_function(stack: Stack) -> None:
    expected = {f"ANY /v1/{slug}/{{proxy+}}": of_providers(stack)[slug][0] for slug in SLUGS}
    expected |= {f"POST /webhooks/{slug}/{{account}}/{{token}}": of_providers(stack)[slug][0] for slug in WEBHOOKS}
    expected |= dict.fromkeys(("GET /v1/providers", "POST /v1/sync", "$default"), "GeneralFunction")
    expected |= dict.fromkeys(("GET /v1/portfolio/events", "GET /v1/portfolio/revenue"), "portfolioFunction")
    expected |= dict.fromkeys(("ANY /mcp", "GET /.well-known/oauth-protected-resource/mcp"), "mcpFunction")
    assert {key: route["Function"] for key, route in routes(stack).items()} == expected


def test_every_route_is_authorized_or_says_why_not(stack: Stack) -> None:
    authorizers = of_type(stack, "AWS::ApiGatewayV2::Authorizer")
    expected = ("JWT", *authorizers) if authorizers else ("AWS_IAM",)
    for key, route in routes(stack).items():
        given = [route["AuthorizationType"], *([route["AuthorizerId"]] if "AuthorizerId" in route else [])]
        assert tuple(given) == (("NONE",) if key in NOT_AUTHORIZED_BY_THE_GATEWAY else expected), key
    assert NOT_AUTHORIZED_BY_THE_GATEWAY.keys() <= routes(stack).keys()


def test_the_api_is_the_only_way_in(stack: Stack) -> None:
    kinds = {body["Type"] for body in stack.resources.values()}
    assert "AWS::Lambda::Url" not in kinds
    assert {kind for kind in kinds if kind.startswith("AWS::Serverless::") and kind.endswith("Api")} == set()
    assert [one for one in functions(stack).values() if {"FunctionUrlConfig", "Events"} & one.keys()] == []
    assert all("CorsConfiguration" not in api for api in of_type(stack, "AWS::ApiGatewayV2::Api").values())
    called = {}
    for permission in of_type(stack, "AWS::Lambda::Permission").values():
        if permission["Principal"] == "apigateway.amazonaws.com":
            called[permission["FunctionName"]] = permission["SourceArn"].removeprefix(EXECUTE_API)
    expected = {name: f"111122223333:Api/*/*/*/{slug}/*" for slug, (name, _) in of_providers(stack).items()}
    across = ("GeneralFunction", "portfolioFunction", "mcpFunction")
    assert called == expected | dict.fromkeys(across, "111122223333:Api/*")


@pytest.mark.parametrize("mode", PARAMETERS)
def test_callers_show_tokens_where_there_is_an_issuer(template: dict[str, Any], mode: str) -> None:
    found = of_type(Stack(template, PARAMETERS[mode]), "AWS::ApiGatewayV2::Authorizer")
    expected = {"Issuer": TOKENS["JwtIssuer"], "Audience": [TOKENS["JwtAudience"]]}
    assert [one["JwtConfiguration"] for one in found.values()] == ([] if mode == "iam" else [expected])


@pytest.mark.parametrize(
    "parameters, accepted",
    [({}, True), (TOKENS, True), ({"JwtIssuer": TOKENS["JwtIssuer"]}, False), ({"JwtAudience": "spekta"}, True)],
)
def test_an_issuer_needs_an_audience(template: dict[str, Any], parameters: dict[str, str], accepted: bool) -> None:
    stack = Stack(template, parameters)
    refused = [
        assertion
        for rule in template["Rules"].values()
        if stack.value(rule["RuleCondition"])
        for assertion in rule["Assertions"]
        if not stack.value(assertion["Assert"])
    ]
    assert (refused == []) is accepted


def test_the_inner_time_is_up_first(stack: Stack) -> None:
    ours = handler_of("ticket-tailor").SECONDS
    assert ours > REQUEST_SECONDS
    integrations = of_type(stack, "AWS::ApiGatewayV2::Integration").values()
    answering = functions(stack).keys() - asked_by_events(stack).keys()
    assert {one["IntegrationUri"].removesuffix(".Arn") for one in integrations} == answering
    for name in answering:
        one = functions(stack)[name]
        assert ours < one["Timeout"]
        for integration in integrations:
            assert one["Timeout"] < integration["TimeoutInMillis"] / 1000 <= GATEWAY_SECONDS


def test_concurrency_is_reserved_only_if_asked_for(template: dict[str, Any]) -> None:
    def reserved(parameters: dict[str, str]) -> set[Any]:
        return {one.get("ReservedConcurrentExecutions") for one in functions(Stack(template, parameters)).values()}

    assert reserved({}) == {None}
    assert reserved({"ReservedConcurrency": "0"}) == {"0"}


def test_functions_get_what_they_are_told_by(template: dict[str, Any]) -> None:
    _, function = of_providers(Stack(template, EVERYTHING))["ticket-tailor"]
    assert function["Environment"]["Variables"] == {
        "POWERTOOLS_SERVICE_NAME": "ticket-tailor",
        "SPEKTA_ALLOW_PERSONAL_DATA": "false",
        "SPEKTA_ALLOWED_PRIVATE_HOSTS": "pretix.internal:443",
        "SPEKTA_BUS": "Bus",
        "SPEKTA_LEASE_TABLE": "Leases",
        "SPEKTA_PROVIDER": "ticket-tailor",
        "SPEKTA_STATE_TABLE": "State",
        "SPEKTA_WRITES": "true",
    }
    assert function["VpcConfig"] == {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}


def test_requests_are_throttled_and_logged_without_their_query_and_path(stack: Stack) -> None:
    (stage,) = of_type(stack, "AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"].keys() == {"ThrottlingBurstLimit", "ThrottlingRateLimit"}
    written = json.loads(stage["AccessLogSettings"]["Format"])
    assert written["route"] == "$context.routeKey"
    assert not re.search("query|uri|path", " ".join(written.values()), re.IGNORECASE)


def test_state_outlives_the_stack(stack: Stack) -> None:
    state = stack.resources["State"]
    assert (state["DeletionPolicy"], state["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert state["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_state_defines_the_attributes_that_are_keys(stack: Stack) -> None:
    """DynamoDB takes no others. That they are what the store asks for, its own tests say: they run on this table."""
    state = stack.resources["State"]["Properties"]
    indexes = state["GlobalSecondaryIndexes"]
    schemas = [state["KeySchema"], *(index["KeySchema"] for index in indexes)]
    keys = {key["AttributeName"] for schema in schemas for key in schema}
    assert keys == {attribute["AttributeName"] for attribute in state["AttributeDefinitions"]}
    assert {index["Projection"]["ProjectionType"] for index in indexes} == {"KEYS_ONLY"}
    assert state["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_faults_of_all_functions_raise_one_alarm(stack: Stack) -> None:
    filters = of_type(stack, "AWS::Logs::MetricFilter").values()
    watched: dict[tuple[str, str], set[str]] = {}
    for one in filters:
        (metric,) = one["MetricTransformations"]
        watched.setdefault((metric["MetricNamespace"], metric["MetricName"]), set()).add(one["LogGroupName"])
    logs = {one["LoggingConfig"]["LogGroup"] for one in functions(stack).values()}
    of_platforms = {function["LoggingConfig"]["LogGroup"] for _, function in of_providers(stack).values()}
    assert watched == {("Spekta/spekta", "Faults"): logs, ("Spekta/spekta", "Refusals"): of_platforms}
    alarms = of_type(stack, "AWS::CloudWatch::Alarm").values()
    assert watched.keys() <= {(alarm.get("Namespace"), alarm.get("MetricName")) for alarm in alarms}
    assert all(alarm["AlarmActions"] == ["Alarms"] for alarm in alarms)


def test_refusals_are_found_by_the_word_that_is_logged(stack: Stack) -> None:
    filters = of_type(stack, "AWS::Logs::MetricFilter").values()
    patterns = {one["FilterPattern"] for one in filters if one["MetricTransformations"][0]["MetricName"] == "Refusals"}
    assert len(patterns) == 1
    assert patterns <= set(CODES.values())


def test_there_is_room_for_more(stack: Stack) -> None:
    assert len(stack.resources) < LARGEST


def test_byte_code_is_compiled_by_the_runtime_that_reads_it(stack: Stack) -> None:
    assert {one["Runtime"] for one in functions(stack).values()} == {"python3.13"}
    assert {tuple(one["Architectures"]) for one in functions(stack).values()} == {("arm64",)}
    assert "PYTHON := python3.13" in (ROOT / "infra/build/Makefile").read_text().splitlines()

"""How the stack keeps its copies: who is woken by what, what each may touch, and where events end that fail."""

import re
from typing import Any

import pytest

from connectors.registry import SLUGS
from functions.log import counted
from spekta.aws.bus import DUE, REQUESTED, SOURCE
from tests.functions.conftest import handler_of

from .intrinsics import Stack
from .parts import SECRETS, asked_by_events, functions, of_providers, of_type, role_of, statements

LONGEST_SECONDS = 900  # that Lambda lets a function run
ROWS = ("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
ACCOUNT = "arn:aws:events:eu-central-1:111122223333:rule"


def rules(stack: Stack) -> dict[str, Any]:
    """By their logical id, each with its one target."""
    return {name: rule | {"Target": rule["Targets"][0]} for name, rule in of_type(stack, "AWS::Events::Rule").items()}


def test_every_provider_has_a_function_that_copies(stack: Stack) -> None:
    found = of_providers(stack, "sync")
    assert tuple(found) == SLUGS
    assert [function["FunctionName"] for _, function in found.values()] == [f"spekta-{slug}-sync" for slug in SLUGS]


def test_the_turn_of_a_connection_reaches_the_function_of_its_provider_alone(stack: Stack) -> None:
    found = [rule for rule in rules(stack).values() if "detail" in rule.get("EventPattern", {})]
    assert {rule["Target"]["Arn"]: (rule["EventBusName"], rule["EventPattern"]) for rule in found} == {
        f"{name}.Arn": ("Bus", {"source": [SOURCE], "detail-type": [DUE], "detail": {"provider": [slug]}})
        for slug, (name, _) in of_providers(stack, "sync").items()
    }


def test_requests_and_the_clock_reach_the_planner(stack: Stack) -> None:
    found = {name: rule for name, rule in rules(stack).items() if rule["Target"]["Arn"] == "PlannerFunction.Arn"}
    assert {name: rule.get("EventPattern", rule.get("ScheduleExpression")) for name, rule in found.items()} == {
        "TickRule": "rate(1 minute)",
        "RequestRule": {"source": [SOURCE], "detail-type": [REQUESTED]},
    }
    assert {name: rule.get("EventBusName") for name, rule in found.items()} == {"TickRule": None, "RequestRule": "Bus"}


def test_every_rule_may_call_its_function_and_nothing_else_may(stack: Stack) -> None:
    permissions = of_type(stack, "AWS::Lambda::Permission").values()
    may = {(one["SourceArn"], one["FunctionName"]) for one in permissions if one["Principal"] == "events.amazonaws.com"}
    assert may == {(f"{name}.Arn", rule["Target"]["Arn"].removesuffix(".Arn")) for name, rule in rules(stack).items()}
    others = {one["FunctionName"] for one in permissions if one["Principal"] != "events.amazonaws.com"}
    assert others.isdisjoint(asked_by_events(stack))


@pytest.mark.parametrize("given, state", [({}, "DISABLED"), ({"Syncing": "true"}, "ENABLED")])
def test_nothing_is_copied_unless_the_operator_says_so(
    template: dict[str, Any], given: dict[str, str], state: str
) -> None:
    stack = Stack(template, given)
    assert {rule["State"] for rule in rules(stack).values()} == {state}
    told = functions(stack)["GeneralFunction"]["Environment"]["Variables"]["SPEKTA_BUS"]
    assert told == ("Bus" if state == "ENABLED" else "")


def test_what_comes_to_nothing_ends_in_one_queue(stack: Stack) -> None:
    for rule in rules(stack).values():
        assert len(rule["Targets"]) == 1
        assert rule["Target"]["DeadLetterConfig"] == {"Arn": "DeadLetters.Arn"}
        assert rule["Target"]["RetryPolicy"].keys() == {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"}
    retries = {one["FunctionName"]: one for one in of_type(stack, "AWS::Lambda::EventInvokeConfig").values()}
    assert retries.keys() == asked_by_events(stack).keys()
    for one in retries.values():
        assert one["DestinationConfig"] == {"OnFailure": {"Destination": "DeadLetters.Arn"}}
        assert (one["Qualifier"], one["MaximumRetryAttempts"], one["MaximumEventAgeInSeconds"]) == ("$LATEST", 2, 3600)


def test_dead_letters_are_kept_for_two_weeks_and_ring_an_alarm(stack: Stack) -> None:
    queue = stack.resources["DeadLetters"]["Properties"]
    assert queue == {"MessageRetentionPeriod": 14 * 24 * 3600, "SqsManagedSseEnabled": True}
    alarms = of_type(stack, "AWS::CloudWatch::Alarm").values()
    watched = [one["Dimensions"] for one in alarms if one.get("Namespace") == "AWS/SQS"]
    assert watched == [[{"Name": "QueueName", "Value": "DeadLetters.QueueName"}]]


def test_only_the_rules_of_the_stack_may_fill_the_queue(stack: Stack) -> None:
    (policy,) = of_type(stack, "AWS::SQS::QueuePolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    patterns = statement["Condition"].pop("ArnLike")["aws:SourceArn"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "DeadLetters.Arn",
        "Condition": {},
    }
    expressions = [re.escape(pattern).replace(r"\*", "[^/]*") for pattern in patterns]
    for rule in rules(stack).values():
        name = "/".join([ACCOUNT, *([rule["EventBusName"]] if "EventBusName" in rule else []), rule["Name"]])
        assert [one for one in expressions if re.fullmatch(one, name)], name
    assert not [one for one in expressions if re.fullmatch(one, f"{ACCOUNT}/another-stack")]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_sync_may_use_what_is_of_its_provider_alone(stack: Stack, slug: str) -> None:
    _, function = of_providers(stack, "sync")[slug]
    of_its_provider = role_of(stack, of_providers(stack)[slug][1])
    secrets, leases, *others = statements(role_of(stack, function))
    assert [secrets, leases] == statements(of_its_provider)[:2]
    assert secrets["Resource"] == f"{SECRETS}/{slug}/*"
    assert others == [
        {
            "Effect": "Allow",
            "Action": [f"dynamodb:{name}" for name in ROWS],
            "Resource": ["State.Arn", "State.Arn/index/unannounced"],
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{slug}#*", f"{slug}/*"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:Query"],
            "Resource": "State.Arn",
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["people"]}},
        },
        {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "Bus.Arn"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "DeadLetters.Arn"},
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{function['LoggingConfig']['LogGroup']}.Arn",
        },
    ]


def test_the_planner_reads_how_connections_stand_and_writes_on_the_bus_alone(stack: Stack) -> None:
    assert statements(role_of(stack, functions(stack)["PlannerFunction"])) == [
        {"Effect": "Allow", "Action": "secretsmanager:ListSecrets", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "dynamodb:Query",
            "Resource": "State.Arn/index/everywhere",
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["statuses"]}},
        },
        {
            "Effect": "Allow",
            "Action": "dynamodb:BatchGetItem",
            "Resource": "State.Arn",
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*#status"]}},
        },
        {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "Bus.Arn"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "DeadLetters.Arn"},
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "PlannerLogs.Arn"},
    ]


def test_a_sync_stops_in_time(stack: Stack) -> None:
    spare = handler_of("ticket-tailor", "sync").SPARE_MS
    for _, function in of_providers(stack, "sync").values():
        assert spare / 1000 < function["Timeout"] == LONGEST_SECONDS
    assert functions(stack)["PlannerFunction"]["Timeout"] < 60


def test_a_sync_is_told_where_its_things_are(template: dict[str, Any]) -> None:
    parameters = {"AllowedPrivateHosts": "pretix.internal:443", "SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}
    _, function = of_providers(Stack(template, parameters), "sync")["ticket-tailor"]
    assert function["Environment"]["Variables"] == {
        "POWERTOOLS_SERVICE_NAME": "ticket-tailor",
        "SPEKTA_ALLOWED_PRIVATE_HOSTS": "pretix.internal:443",
        "SPEKTA_BUS": "Bus",
        "SPEKTA_LEASE_TABLE": "Leases",
        "SPEKTA_PROVIDER": "ticket-tailor",
        "SPEKTA_STACK": "spekta",
        "SPEKTA_STATE_TABLE": "State",
    }
    assert function["VpcConfig"] == {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}


def test_a_parked_connection_rings_an_alarm(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    _, function = of_providers(stack, "sync")["dice"]
    monkeypatch.setenv("SPEKTA_STACK", function["Environment"]["Variables"]["SPEKTA_STACK"])
    (told,) = counted("Parked")["_aws"]["CloudWatchMetrics"]
    alarms = of_type(stack, "AWS::CloudWatch::Alarm").values()
    assert (told["Namespace"], "Parked") in {(alarm.get("Namespace"), alarm.get("MetricName")) for alarm in alarms}

"""--aws: the syncs of a stack, from an operator's terminal."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from spekta.aws.bus import Bus
from spekta.aws.store import DynamoStore
from spekta.sync import Status
from spekta.sync.feeds import Feed
from spekta.sync.status import Failure
from spekta.sync.store import Quarantined
from tests.aws.state import properties
from tests.cli.conftest import Run

NOW = datetime.now(UTC)
TEMPLATE = {
    "Resources": {
        "State": {"Type": "AWS::DynamoDB::Table", "Properties": properties()},
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "spekta"}},
        "DeadLetters": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
    },
    "Outputs": {
        "StateTable": {"Value": {"Ref": "State"}},
        "EventBus": {"Value": "spekta"},  # moto's Ref of it is no name
        "DeadLetters": {"Value": {"Ref": "DeadLetters"}},
    },
}


@dataclass
class Stack:
    """A stack with two connections: one that is parked and one that was never synced."""

    store: DynamoStore
    sqs: Any
    dead: str
    heard: str

    def told(self) -> list[Any]:
        """What was put on the bus."""
        found = self.sqs.receive_message(QueueUrl=self.heard, MaxNumberOfMessages=10).get("Messages", [])
        events = [json.loads(message["Body"]) for message in found]
        return [(event["detail-type"], event["detail"]) for event in events]

    def die(self, event: Any, reason: str = "", *, undelivered: bool = False) -> None:
        """Has an event come to nothing: its function raised, or it could not be delivered."""
        failed = {
            "requestContext": {"condition": "RetriesExhausted"},
            "requestPayload": event,
            "responsePayload": {"errorType": "Unavailable", "errorMessage": reason} if reason else None,
        }
        attributes = {"ERROR_MESSAGE": {"DataType": "String", "StringValue": reason}}
        self.sqs.send_message(
            QueueUrl=self.dead,
            MessageBody=json.dumps(event if undelivered else failed),
            MessageAttributes=attributes if undelivered else {},
        )

    def left(self) -> int:
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["All"])["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])


def due(connection: str) -> dict[str, Any]:
    return {"detail-type": "spekta.sync.due", "detail": {"provider": "pretix", "connection": connection}}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        made = boto3.client("cloudformation", "eu-central-1")
        made.create_stack(StackName="spekta", TemplateBody=json.dumps(TEMPLATE))
        outputs = made.describe_stacks(StackName="spekta")["Stacks"][0]["Outputs"]
        found = {one["OutputKey"]: one["OutputValue"] for one in outputs}
        secrets = boto3.client("secretsmanager", "eu-central-1")
        for account in ("default", "london"):
            secrets.create_secret(Name=f"spekta/pretix/{account}", SecretString='{"apiKey": "sk_test_canary_stack"}')
        sqs = boto3.client("sqs", "eu-central-1")
        heard = sqs.create_queue(QueueName="heard")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=heard, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events = boto3.client("events", "eu-central-1")
        events.put_rule(Name="all", EventBusName="spekta", EventPattern=json.dumps({"source": ["spekta"]}))
        events.put_targets(Rule="all", EventBusName="spekta", Targets=[{"Id": "queue", "Arn": arn}])
        store = DynamoStore(found["StateTable"], boto3.client("dynamodb", "eu-central-1"))
        parked = Status("pretix", failures=8, parked=True, last_error=Failure("unavailable", "It does not answer."))
        store.lease("pretix", "test", NOW, NOW + timedelta(minutes=1))
        store.put_status(parked, "test")
        store.release("pretix", "test")
        yield Stack(store, sqs, found["DeadLetters"], heard)


@pytest.mark.parametrize(
    "only, connections", [([], ["pretix", "pretix/london"]), (["--only", "pretix/london"], ["pretix/london"])]
)
def test_a_sync_is_asked_for_on_the_bus(bare: Run, stack: Stack, only: list[str], connections: list[str]) -> None:
    done = bare("sync", "--aws", *only)
    assert (done.exit_code, done.stdout) == (0, f"Asked for: {', '.join(connections)}.\n")
    assert stack.told() == [("spekta.sync.requested", {"connections": connections, "changes": []})]


@pytest.mark.usefixtures("stack")
def test_status_says_how_the_copies_of_the_stack_stand(bare: Run) -> None:
    done = bare("status", "--aws")
    assert "parked" in done.stdout
    assert "pretix is parked after 8 failures. To try again: spekta sync redrive --aws" in done.stderr
    (one,) = json.loads(bare("status", "--aws", "--json").stdout)["connections"]
    assert (one["connection"], one["state"], one["failures"]) == ("pretix", "parked", 8)


def test_redrive_has_everything_tried_again_and_empties_the_queue(bare: Run, stack: Stack) -> None:
    stack.die(due("pretix/london"), "AWS cannot be reached (EndpointConnectionError).")
    stack.die(
        {"detail-type": "spekta.sync.requested", "detail": {"connections": ["pretix"]}}, "Throttled", undelivered=True
    )
    stack.die({"detail-type": "Scheduled Event", "detail": {}})
    stack.die(["no event"])
    done = bare("sync", "redrive", "--aws", env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.stderr
    for said in ("EndpointConnectionError", "Throttled", "RetriesExhausted", "pretix/london", "Scheduled Event"):
        assert said in done.stdout
    assert done.stdout.endswith("pretix is due.\npretix/london is due.\n")
    assert stack.told() == [("spekta.sync.requested", {"connections": ["pretix", "pretix/london"], "changes": []})]
    status = stack.store.status("pretix")
    assert (status.parked, status.failures, status.is_due(datetime.now(UTC))) == (False, 0, True)
    assert stack.left() == 0


def test_redrive_of_one_leaves_what_is_of_others(bare: Run, stack: Stack) -> None:
    stack.die(due("pretix"), "Down.")
    stack.die(due("pretix/london"), "Down.")
    done = bare("sync", "redrive", "--aws", "--only", "pretix/london")
    assert done.stdout.endswith("pretix/london is due.\n")
    assert stack.store.status("pretix").parked
    assert stack.left() == 1
    assert "pretix " in bare("sync", "redrive", "--aws").stdout
    assert stack.left() == 0


def test_one_that_is_worked_on_is_not_redriven(bare: Run, stack: Stack) -> None:
    assert stack.store.lease("pretix", "worker", NOW, NOW + timedelta(hours=1))
    done = bare("sync", "redrive", "--aws", "--only", "pretix")
    assert done.stdout == "pretix is being synced right now.\n"
    assert stack.store.status("pretix").parked


def test_where_the_bus_takes_nothing_no_letter_is_lost(
    bare: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.die(due("pretix"), "Down.")
    monkeypatch.setattr(Bus, "put", lambda self, events: [False for _ in events])
    done = bare("sync", "redrive", "--aws")
    assert (done.exit_code, done.stderr) == (1, "spekta: The bus did not take the request. Try again later.\n")
    assert stack.left() == 1


def test_problems_are_those_of_the_stack(bare: Run, stack: Stack) -> None:
    feed = Feed("pretix", "orders")
    stack.store.quarantine([Quarantined(feed, "1", "orders[0].total", "not an amount", "walk", NOW)])
    (problem,) = json.loads(bare("sync", "problems", "--aws", "--json").stdout)["problems"]
    assert (problem["connection"], problem["reason"]) == ("pretix", "not an amount")
    done = bare("sync", "problems", "--aws", "--retry")
    assert done.stderr == "They are read again with the next run of: spekta sync --aws\n"
    assert not stack.store.status("pretix").parked


def test_a_person_is_forgotten_in_the_stack(bare: Run, stack: Stack) -> None:
    assert bare("forget", "ada@example.org", "--aws").stdout.startswith("Erased from 0 records.")
    assert len(stack.store.forgotten()) == 1


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(
    "command, said",
    [
        (
            ["sync", "--aws", "--stack", "other"],
            "There is no stack other in eu-central-1. Deploy it with",
        ),
        (["status", "--aws", "--stack", "other"], "There is no stack other in eu-central-1."),
        (["sync", "--aws", "--only", "dice"], "dice is not connected in AWS. Run: spekta connect --aws dice"),
        (["sync", "redrive", "--aws", "--only", "dice"], "dice is not connected in AWS."),
        (["sync", "--aws", "--watch"], "--aws does not go with --watch."),
        (["sync", "--aws", "--keep-raw"], "--aws does not go with --keep-raw."),
        (["sync", "--aws", "redrive"], "--aws stands in the wrong place. Put it after redrive."),
    ],
)
def test_what_cannot_be_done_says_what_can(bare: Run, command: list[str], said: str) -> None:
    done = bare(*command)
    assert (done.exit_code, done.stderr.startswith(f"spekta: {said}")) == (2, True), done.stderr

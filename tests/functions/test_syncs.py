"""Syncs as a stack runs them: planner and sync functions as processes of their own, on one bus and one table."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spekta.aws.bus import BUS, Bus
from spekta.aws.store import DynamoStore
from spekta.aws.store.table import TABLE
from spekta.sandbox.app import create_app
from spekta.sandbox.day import sells
from spekta.sandbox.server import connections, running
from spekta.sync.feeds import COPIED
from tests.aws.served import Aws, ended, serving
from tests.aws.state import STATE, create_state
from tests.connectors.conftest import Account
from tests.sync.desk import HOUR, Desk, few

from . import runtime_api
from .recorded import TICK
from .runtime_api import RuntimeApi

pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux only")

SLUG = "ticket-tailor"
Logged = Callable[[], list[dict[str, Any]]]
START = Callable[[str], RuntimeApi]


@dataclass
class Stack:
    """The parts of a stack, and the account that it copies."""

    aws: Aws
    desk: Desk
    environment: dict[str, str]
    queue: str

    def running(self, module: str, **more: str) -> AbstractContextManager[RuntimeApi]:
        """A function as a process of its own."""
        return runtime_api.running(f"functions.{module}.handler", {**self.environment, **more})

    def heard(self, kind: str = "spekta.") -> list[dict[str, Any]]:
        """What was told on the bus since it was last asked, of the types that begin so."""
        found: list[dict[str, Any]] = []
        while messages := self.aws.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.aws.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            found += [json.loads(message["Body"]) for message in messages]
        return [event for event in found if event["detail-type"].startswith(kind)]

    def later(self, pause: timedelta) -> None:
        """Ends the lease of a worker that died, as time does."""
        then = datetime.now(UTC) + pause
        assert self.desk.store.lease(SLUG, "test", then, then)
        self.desk.store.release(SLUG, "test")


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with serving() as aws:
        create_state(aws.dynamodb)
        yield aws


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str]) -> Logged:
    """The lines that the processes have written since; no secret is in them, nor anybody's address."""

    def logged() -> list[dict[str, Any]]:
        output = "".join(capfd.readouterr())
        secret = next(iter(connections("http://127.0.0.1")[SLUG][0].values()))
        assert secret not in output
        assert "@" not in output
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]

    return logged


@pytest.fixture
def stack(aws: Aws, logged: Logged) -> Iterator[Stack]:
    """One connection, of which nothing was copied yet. Its processes write where `logged` reads."""
    web = create_app()
    with running(web) as origin:
        credentials, addresses = connections(origin)[SLUG]
        aws.dynamodb.delete_table(TableName=STATE)
        create_state(aws.dynamodb)
        aws.secrets.create_secret(
            Name=f"spekta/{SLUG}/default", SecretString=json.dumps({**credentials, "addresses": addresses})
        )
        queue = _listening(aws)
        environment = {
            **aws.environment,
            "AWS_LAMBDA_FUNCTION_NAME": "spekta",
            "POWERTOOLS_LOG_LEVEL": "DEBUG",
            "SPEKTA_ALLOWED_PRIVATE_HOSTS": origin.removeprefix("http://"),
            "SPEKTA_PROVIDER": SLUG,
            BUS: "shop",
            TABLE: STATE,
        }
        desk = Desk(Account(SLUG, web), DynamoStore(STATE, aws.dynamodb))
        few(desk.box)
        yield Stack(aws, desk, environment, queue)
        aws.before = lambda operation: None
        aws.secrets.delete_secret(SecretId=f"spekta/{SLUG}/default", ForceDeleteWithoutRecovery=True)
        aws.events.remove_targets(Rule="all", EventBusName="shop", Ids=["queue"])
        aws.events.delete_rule(Name="all", EventBusName="shop")
        aws.events.delete_event_bus(Name="shop")
        aws.sqs.delete_queue(QueueUrl=queue)


def _listening(aws: Aws) -> str:
    """A queue of all that is told on the stack's bus."""
    aws.events.create_event_bus(Name="shop")
    queue: str = aws.sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws.events.put_rule(Name="all", EventBusName="shop", EventPattern=json.dumps({"source": ["spekta"]}))
    aws.events.put_targets(Rule="all", EventBusName="shop", Targets=[{"Id": "queue", "Arn": arn}])
    return queue


def synced(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["message"] == "synced"]


def test_from_the_clock_to_a_copy_and_its_changes(stack: Stack, logged: Logged) -> None:
    with stack.running("planner") as planner, stack.running("sync") as syncing:
        planner.invoke(TICK)
        (due,) = stack.heard()
        assert due["detail"] == {"provider": SLUG, "connection": SLUG, "changes": [], "asked": False}

        syncing.invoke(due)
        assert stack.desk.wrong() == []
        records = {kind: len(stack.desk.rows(kind)) for kind in COPIED}
        (line,) = synced(logged())
        assert (line["outcome"], line["read"], line["announced"]) == ("done", records, sum(records.values()))
        announced = stack.heard()
        assert len({event["detail"]["id"] for event in announced}) == sum(records.values())
        assert all(event["detail-type"] == f"spekta.{event['detail']['type']}" for event in announced)

        planner.invoke(TICK)
        assert stack.heard() == []

        stack.desk.box.now = datetime.now(UTC).replace(microsecond=0)
        sells(stack.desk.box)
        Bus("shop", stack.aws.events).request_sync([SLUG])
        (request,) = stack.heard()
        planner.invoke(request)
        (due,) = stack.heard()
        assert due["detail"]["asked"] is True
        syncing.invoke(due)
        assert "spekta.order.created" in {event["detail-type"] for event in stack.heard()}
        assert stack.desk.wrong() == []
        assert [line["outcome"] for line in synced(logged())] == ["done"]


def test_killed_in_the_middle_it_goes_on(stack: Stack, logged: Logged) -> None:
    with stack.running("planner") as planner:
        planner.invoke(TICK)
        (due,) = stack.heard()
        with stack.running("sync") as killed:
            stack.aws.before = ended(killed.process.pid, "PutEvents", times=2)
            killed.hand(due)
            assert killed.process.wait(runtime_api.PATIENCE) < 0
        assert len(stack.desk.rows("events")) > 0
        announced = stack.heard()
        planner.invoke(TICK)
        assert stack.heard() == []  # as long as the dead worker's lease lasts
        stack.later(HOUR)
        planner.invoke(TICK)
        (due,) = stack.heard()
    with stack.running("sync") as another:
        another.invoke(due)
    assert stack.desk.wrong() == []
    assert [line["outcome"] for line in synced(logged())] == ["done"]
    versions = {event["detail"]["id"] for event in (*announced, *stack.heard())}
    assert len(versions) == sum(len(stack.desk.rows(kind)) for kind in COPIED)


def test_of_two_processes_one_leaves_at_once(stack: Stack, logged: Logged) -> None:
    at_work, done = threading.Event(), threading.Event()

    def waits(operation: str) -> None:
        """Has whoever got the lease wait with what comes next."""
        if operation == "Query" and not at_work.is_set():
            at_work.set()
            done.wait(runtime_api.PATIENCE)

    Bus("shop", stack.aws.events).put_due([SLUG])
    (due,) = stack.heard()
    stack.aws.before = waits
    with stack.running("sync") as one, stack.running("sync") as another:
        one.hand(due)
        assert at_work.wait(runtime_api.PATIENCE)
        another.invoke(due)
        assert [line["outcome"] for line in synced(logged())] == ["busy"]
        done.set()
        assert one.outcomes.get(timeout=runtime_api.PATIENCE) == ("response", None)
    assert [line["outcome"] for line in synced(logged())] == ["done"]
    assert stack.desk.wrong() == []


def test_without_its_table_a_function_fails_and_is_tried_again(stack: Stack, logged: Logged) -> None:
    Bus("shop", stack.aws.events).put_due([SLUG])
    (due,) = stack.heard()
    with stack.running("sync", **{TABLE: "elsewhere"}) as api:
        api.hand(due)
        kind, error = api.outcomes.get(timeout=runtime_api.PATIENCE)
    assert (kind, error["errorType"]) == ("error", "ConfigurationError")
    assert error["errorMessage"].startswith("There is no table elsewhere.")
    assert synced(logged()) == []

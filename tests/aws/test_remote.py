"""What comes back from another function: the same error as if it had been raised here, or that there was no answer."""

import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from connectors import errors, find_provider
from functions import errors as envelopes
from spekta.aws.envelope import content_of
from spekta.aws.remote import Functions

pytestmark = pytest.mark.anyio
TICKET_TAILOR = find_provider("ticket-tailor")


def of(kind: type[errors.SpektaError]) -> Iterator[type[errors.SpektaError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from of(below)


OWN: dict[type[errors.SpektaError], Any] = {
    errors.InvalidArgument: lambda: errors.InvalidArgument("page", "No.", "Advice."),
    errors.ConfigurationError: lambda: errors.ConfigurationError("No.", "Advice.", "connection"),
    errors.Unsupported: lambda: errors.Unsupported("ticket-tailor", "TicketTailor", "fees", "no: none.", "Advice."),
    errors.Rejected: lambda: errors.Rejected("No.", "Advice.", param="limit"),
    errors.RateLimited: lambda: errors.RateLimited("No.", "Advice.", retry_after=61),
}
# One is for who delivers a webhook, and is no answer to a question.
KINDS = [
    one
    for one in of(errors.SpektaError)
    if one.__module__ == errors.__name__ and one not in (errors.SpektaError, errors.NotificationRefused)
]


def answered(error: errors.SpektaError) -> dict[str, Any]:
    response = envelopes.answer(error, "ticket-tailor", "request-1")
    return {"statusCode": response.status_code, "headers": response.headers, "body": response.body}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_comes_back_as_it_was_raised(kind: type[errors.SpektaError]) -> None:
    error = OWN.get(kind, lambda: kind("No.", "Advice."))()
    with pytest.raises(errors.SpektaError) as raised:
        content_of(answered(error), TICKET_TAILOR)
    assert type(raised.value) is kind
    assert str(raised.value) == str(error)
    for name in ("param", "field", "retry_after", "capability"):
        assert getattr(raised.value, name, None) == getattr(error, name, None)
    if isinstance(error, errors.ProviderError):
        assert getattr(raised.value, "provider", None) == "ticket-tailor"


@pytest.mark.parametrize(
    "error, kind",
    [
        (envelopes.TooLargeForLive("No."), errors.DeadlineExceeded),
        (envelopes.PersonalDataRefused("No."), errors.NotAllowed),
        (envelopes.UnknownPath("No."), errors.NotFound),
        (envelopes.Internal("No."), errors.Unavailable),
    ],
)
def test_what_only_the_door_raises(error: errors.SpektaError, kind: type[errors.SpektaError]) -> None:
    with pytest.raises(kind) as raised:
        content_of(answered(error), TICKET_TAILOR)
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        [],
        {"errorMessage": "2026 Task timed out", "errorType": "Sandbox.Timedout"},
        {"statusCode": 200, "headers": {}, "body": None},
        {"statusCode": 200, "headers": {}, "body": "<html>"},
        {"statusCode": 200, "headers": {}, "body": "[]x"},
        {"statusCode": 502, "headers": {}, "body": '{"message": "Internal server error"}'},
    ],
)
def test_what_is_no_answer(answer: Any) -> None:
    with pytest.raises(errors.Unavailable, match="gave no answer"):
        content_of(answer, TICKET_TAILOR)


@pytest.mark.parametrize(
    "code, kind, said",
    [
        ("AccessDeniedException", errors.ConfigurationError, "does not allow Invoke"),
        ("ResourceNotFoundException", errors.Unavailable, "refuses Invoke"),
        ("TooManyRequestsException", errors.Unavailable, "refuses Invoke"),
    ],
)
async def test_what_aws_refuses(code: str, kind: type[errors.SpektaError], said: str) -> None:
    client = boto3.client("lambda", "eu-central-1")
    with Stubber(client) as stub:
        stub.add_client_error("invoke", code)
        async with Functions("shop", client).open("pretix") as connector:
            with pytest.raises(kind, match=said):
                await connector.get_events()
            stub.add_client_error("invoke", code)
            health = await connector.health_check()
    assert (health.healthy, health.error.code if health.error else None) == (False, kind.code)


async def test_a_function_that_is_too_slow_is_not_waited_for() -> None:
    waiting = threading.Event()

    class Slow:
        def invoke(self, **_: Any) -> Any:
            waiting.wait()
            return {"Payload": io.BytesIO(json.dumps(None).encode())}

    client: Any = Slow()
    try:
        async with Functions("shop", client).open("pretix") as connector:
            with pytest.raises(errors.DeadlineExceeded):
                await connector.get_events(deadline=0.01)
    finally:
        waiting.set()


@pytest.mark.parametrize("event", ["", "..", "a/b", "\x00"])
async def test_an_id_that_cannot_be_one_is_asked_of_nobody(event: str) -> None:
    client: Any = None
    async with Functions("shop", client).open("pretix") as connector:
        for ask in (connector.get_event, connector.get_revenue, connector.get_orders):
            with pytest.raises(errors.InvalidArgument):
                await ask(event)


def test_an_unknown_provider() -> None:
    with pytest.raises(errors.ConfigurationError, match="no provider"):
        Functions("shop").open("nothere")

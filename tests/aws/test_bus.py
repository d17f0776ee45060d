"""What is put on the bus, in calls that it takes."""

import json
from typing import Any

import pytest

from connectors.errors import ConfigurationError, Unavailable
from connectors.webhook import Change
from spekta.aws import bus
from spekta.aws.bus import Bus


class Recorder:
    """A client that notes its calls, and refuses entries whose detail says so."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, str]]] = []

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.calls.append(Entries)
        return {
            "Entries": [{"ErrorCode": "Busy"} if "refuse" in one["Detail"] else {"EventId": "1"} for one in Entries]
        }

    def details(self) -> list[Any]:
        return [json.loads(entry["Detail"]) for call in self.calls for entry in call]


@pytest.fixture
def client() -> Recorder:
    return Recorder()


def test_events_are_put_ten_at_a_time(client: Recorder) -> None:
    assert Bus("main", client).put(("spekta.order.paid", str(number)) for number in range(23)) == [True] * 23  # type: ignore[arg-type]
    assert [len(call) for call in client.calls] == [10, 10, 3]
    assert client.calls[0][0] == {
        "EventBusName": "main",
        "Source": "spekta",
        "DetailType": "spekta.order.paid",
        "Detail": "0",
    }


def test_no_call_is_larger_than_the_bus_takes(client: Recorder) -> None:
    large = "ü" * 50_000
    Bus("main", client).put([("a", large)] * 5)  # type: ignore[arg-type]
    assert [len(call) for call in client.calls] == [2, 2, 1]


def test_each_event_has_its_own_result(client: Recorder) -> None:
    assert Bus("main", client).put([("a", "1"), ("a", "refuse"), ("a", "2")]) == [True, False, True]  # type: ignore[arg-type]


def test_a_request_names_connections_and_what_changed(client: Recorder) -> None:
    Bus("main", client).request_sync(["pretix", "dice/two"], [Change(kind="order", id="o1", event_id="e1")])  # type: ignore[arg-type]
    assert client.calls[0][0]["DetailType"] == "spekta.sync.requested"
    assert client.details() == [
        {"connections": ["pretix", "dice/two"], "changes": [{"kind": "order", "id": "o1", "event_id": "e1"}]}
    ]


def test_each_connection_has_its_turn(client: Recorder) -> None:
    Bus("main", client).put_due(["pretix", "dice/two"], asked=True)  # type: ignore[arg-type]
    assert client.details() == [
        {"provider": "pretix", "connection": "pretix", "changes": [], "asked": True},
        {"provider": "dice", "connection": "dice/two", "changes": [], "asked": True},
    ]


def test_a_request_that_the_bus_does_not_take_is_told(client: Recorder) -> None:
    with pytest.raises(Unavailable, match="bus did not take"):
        Bus("main", client).request_sync(["refuse"])  # type: ignore[arg-type]


def test_without_a_bus_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(bus.BUS, raising=False)
    with pytest.raises(ConfigurationError, match="no bus"):
        bus.configured()

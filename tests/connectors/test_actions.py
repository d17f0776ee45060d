"""Having a platform do something: checked before anything is sent, done once, off until it is switched on."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from connectors import (
    Connector,
    InvalidArgument,
    InvalidResponse,
    NotAllowed,
    NotFound,
    PermissionDenied,
    ProviderError,
    Rejected,
    Unavailable,
    UnifiedEvent,
    UnifiedTicket,
    create_connector,
    find_provider,
)
from connectors import connect as open_connection
from connectors.calls import placeholders
from connectors.credentials import MemoryVault
from connectors.credentials.environment import EnvironmentStore
from connectors.registry import SLUGS
from spekta.sandbox.app import create_app
from spekta.sandbox.providers.equaticket.state import LIVE, TEST, State
from spekta.sandbox.server import environment

from .conftest import ORIGIN, Account
from .sandboxed import Clock, Wire, connect, secrets, shown

pytestmark = pytest.mark.anyio
ACTING = [(slug, name) for slug in SLUGS for name in find_provider(slug).actions]
CHOIR = {
    "title": "Choir Night", "slug": "choir-night", "timezone": "Europe/London",
    "starts_at": "2027-10-01T19:00:00+01:00", "currency": "GBP",
}  # fmt: skip
KIND = {"name": "Standard", "price": "15.00", "currency": "GBP", "quantity_total": 80}
FOREIGN = "0b6e1f4e-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.stop(monkeypatch)
    return clock


@pytest.fixture
def account() -> Account:
    return Account("equaticket", create_app())


@pytest.fixture
def state(account: Account) -> State:
    found: State = account.sandbox.states["equaticket"]
    return found


def writing(account: Account, wire: Wire | None = None, key: str = LIVE) -> Connector:
    return connect(account, wire, credentials={"apiKey": key}, writes=True)


def once(method: str, error: Exception) -> Callable[[httpx2.Request, httpx2.Response], httpx2.Response]:
    """The platform acts on the first request of that method, and its answer is lost."""
    left = [error]

    def change(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if request.method == method and left:
            raise left.pop()
        return response

    return change


async def new_event(connector: Connector, **more: Any) -> str:
    outcome = await connector.act("create_event", {**CHOIR, **more})
    assert outcome.record
    return outcome.record.id


async def titles(connector: Connector) -> list[str | None]:
    return [event.name async for event in connector.stream_events()]


# Declarations


@pytest.mark.parametrize("slug, name", ACTING)
def test_an_action_says_all_about_itself(slug: str, name: str) -> None:
    provider = find_provider(slug)
    action = provider.actions[name]
    fields = action.inputs.model_fields
    assert action.call.method in ("POST", "PATCH", "PUT", "DELETE")
    assert placeholders(action.call) <= fields.keys()
    assert action.call.host in {"api", *provider.hosts}
    assert all(field.description for field in fields.values())
    assert action.help
    assert not action.help.endswith(".")


@pytest.mark.parametrize("slug", SLUGS)
def test_a_listing_of_its_own_says_all_about_itself(slug: str) -> None:
    provider = find_provider(slug)
    for name, listing in provider.listings.items():
        known = {one.name for one in provider.credentials} | {one.name for one in provider.options}
        assert placeholders(listing.call) <= listing.inputs.model_fields.keys() | known
        assert all(field.description for field in listing.inputs.model_fields.values())
        assert name not in provider.streams or provider.parts(name) == (listing.stream,)
        assert listing.help
        assert not listing.help.endswith(".")


# What is done


async def test_an_event_from_draft_to_cancelled(account: Account) -> None:
    async with writing(account) as connector:
        created = await connector.act("create_event", CHOIR)
        assert isinstance(created.record, UnifiedEvent)
        event = created.record.id
        kind = await connector.act("create_ticket_type", {"event": event, **KIND})
        changed = await connector.act("update_event", {"event": event, "title": "Choir Nights"})
        published = await connector.act("publish_event", {"event": event})
        cancelled = await connector.act("cancel_event", {"event": event})
        known = await connector.get_event(event)
        types = (await connector.get_tickets(event)).items
    statuses = [getattr(one.record, "status", None) for one in (created, changed, published, cancelled)]
    assert statuses == ["draft", "draft", "live", "cancelled"]
    assert (known.name, known.status, known.currency) == ("Choir Nights", "cancelled", "GBP")
    assert isinstance(kind.record, UnifiedTicket)
    assert types == [kind.record]
    assert (str(types[0].price), types[0].quantity_total, types[0].event_id) == ("15.00", 80, event)
    assert (created.sent, created.replayed, created.action) == (True, False, "create_event")
    assert (created.record.provider, created.record.reference) == ("equaticket", f"equaticket:{event}")


async def test_a_ticket_type_changes_and_goes(account: Account) -> None:
    async with writing(account) as connector:
        event = await new_event(connector)
        made = (await connector.act("create_ticket_type", {"event": event, **KIND})).record
        assert made
        about = {"event": event, "ticket_type": made.id}
        changed = await connector.act("update_ticket_type", {**about, "currency": "GBP", "price": "17.50"})
        gone = await connector.act("delete_ticket_type", about)
        left = (await connector.get_tickets(event)).items
    assert str(getattr(changed.record, "price", None)) == "17.50"
    assert (gone.record, gone.idempotency_key, left) == (None, None, [])


async def test_webhooks_are_subscribed_to(account: Account) -> None:
    async with writing(account) as connector:
        hook = {"url": "https://hooks.example/e", "events": ["order.created", "event.sold_out"]}
        made = (await connector.act("create_webhook", hook)).record
        assert made
        changed = await connector.act("update_webhook", {"webhook": made.id, "events": "ticket.checked_in"})
        (listed,) = (await connector.get_listing("webhooks")).items
        await connector.act("delete_webhook", {"webhook": made.id})
        assert (await connector.get_listing("webhooks")).items == []
    assert listed == changed.record
    assert listed.values == {"url": hook["url"], "events": ["ticket.checked_in"], "active": True}


async def test_a_change_sends_only_what_was_given(account: Account) -> None:
    wire = Wire(account)
    async with writing(account, wire) as connector:
        event = await new_event(connector)
        await connector.act("update_event", {"event": event, "starts_at": "2027-10-01T20:00:00+01:00"})
    assert wire.requests[-1].method == "PATCH"
    assert json.loads(wire.requests[-1].content) == {"starts_at": "2027-10-01T19:00:00Z"}


@pytest.mark.parametrize(
    "currency, price, minor",
    [
        ("usd", "25.00", 2500),
        ("USD", 25, 2500),
        ("usd", "0.1", 10),
        ("usd", "0", 0),
        ("jpy", "2500", 2500),
        ("JPY", 2500, 2500),
        ("kwd", "2.5", 2500),
    ],
)
async def test_amounts_are_sent_in_the_smallest_unit(account: Account, currency: str, price: Any, minor: int) -> None:
    async with connect(account) as connector:
        inputs = {**KIND, "event": "e", "currency": currency, "price": price}
        outcome = await connector.act("create_ticket_type", inputs, dry_run=True)
    assert outcome.request.body == {**KIND, "currency": currency.lower(), "price": minor}


@pytest.mark.parametrize(
    "action, inputs, param",
    [
        ("create_event", {**CHOIR, "colour": "red"}, "colour"),
        ("create_event", {name: value for name, value in CHOIR.items() if name != "slug"}, "slug"),
        ("create_event", {**CHOIR, "title": "  "}, "title"),
        ("create_event", {**CHOIR, "title": 7}, "title"),
        ("create_event", {**CHOIR, "timezone": "Europe/Londn"}, "timezone"),
        ("create_event", {**CHOIR, "timezone": "../etc/passwd"}, "timezone"),
        ("create_event", {**CHOIR, "starts_at": "2027-10-01T19:00:00"}, "starts_at"),
        ("create_event", {**CHOIR, "starts_at": 1822413600}, "starts_at"),
        ("create_event", {**CHOIR, "currency": "pounds"}, "currency"),
        ("create_ticket_type", {"event": "e", **KIND, "price": 15.0}, "price"),
        ("create_ticket_type", {"event": "e", **KIND, "price": True}, "price"),
        ("create_ticket_type", {"event": "e", **KIND, "price": "-1"}, "price"),
        ("create_ticket_type", {"event": "e", **KIND, "price": "NaN"}, "price"),
        ("create_ticket_type", {"event": "e", **KIND, "price": "15.005"}, "price"),
        ("create_ticket_type", {"event": "e", **KIND, "price": "1e30"}, "price"),
        ("create_ticket_type", {"event": "e", **KIND, "currency": "JPY", "price": "15.50"}, "price"),
        ("create_ticket_type", {"event": "e", **KIND, "quantity_total": -1}, "quantity_total"),
        ("create_ticket_type", {"event": "a/b", **KIND}, "event"),
        ("create_ticket_type", {"event": "..", **KIND}, "event"),
        ("update_ticket_type", {"event": "e", "ticket_type": "t", "price": "15.00"}, "price"),
        ("update_ticket_type", {"event": "e", "ticket_type": "t"}, "inputs"),
        ("update_event", {"event": "e", "title": None}, "title"),
        ("create_webhook", {"url": "http://hooks.example", "events": ["order.created"]}, "url"),
        ("create_webhook", {"url": "https://hooks.example", "events": []}, "events"),
        ("create_webhook", {"url": "https://hooks.example", "events": "order.lost"}, "events"),
        ("fly", {}, "name"),
    ],
)
async def test_what_cannot_be_used_is_named_before_anything_is_sent(
    account: Account, action: str, inputs: dict[str, Any], param: str
) -> None:
    async with writing(account) as connector:
        with pytest.raises(InvalidArgument) as raised:
            await connector.act(action, inputs)
    assert raised.value.param == param
    assert raised.value.advice
    assert list(account.sandbox.log) == []


# Done once


@pytest.mark.parametrize("lost", [httpx2.ReadTimeout("late"), httpx2.RemoteProtocolError("cut")])
async def test_a_post_whose_answer_is_lost_is_sent_again_and_done_once(account: Account, lost: Exception) -> None:
    wire = Wire(account, once("POST", lost))
    async with writing(account, wire) as connector:
        outcome = await connector.act("create_event", CHOIR)
        assert (await titles(connector)).count("Choir Night") == 1
    posts = [request for request in wire.requests if request.method == "POST"]
    assert [request.headers["Idempotency-Key"] for request in posts] == [outcome.idempotency_key] * 2
    assert posts[0].content == posts[1].content
    assert outcome.replayed is True
    assert outcome.record


async def test_each_action_has_a_key_of_its_own(account: Account) -> None:
    async with writing(account) as connector:
        first = await connector.act("create_event", CHOIR)
        second = await connector.act("create_event", {**CHOIR, "slug": "another"})
    assert first.idempotency_key != second.idempotency_key
    assert (first.replayed, second.replayed) == (False, False)


async def test_the_callers_own_key_is_sent(account: Account) -> None:
    async with writing(account) as one, writing(account) as another:
        first = await one.act("create_event", CHOIR, idempotency_key="order-4711")
        second = await another.act("create_event", CHOIR, idempotency_key="order-4711")
    assert (first.idempotency_key, second.idempotency_key) == ("order-4711", "order-4711")
    assert (first.replayed, second.replayed) == (False, True)
    assert first.record == second.record


async def test_one_key_for_two_things_is_a_conflict(account: Account) -> None:
    async with writing(account) as one, writing(account) as another:
        await one.act("create_event", CHOIR, idempotency_key="k")
        with pytest.raises(Rejected) as raised:
            await another.act("create_event", {**CHOIR, "title": "Another"}, idempotency_key="k")
        assert (await titles(one)).count("Another") == 0
    assert (raised.value.status, raised.value.reason) == (409, "conflict")
    assert "idempotency key" in raised.value.advice


@pytest.mark.parametrize("key", ["", "k" * 257, " k", "k ", "k\n", "schlüssel"])
async def test_a_key_that_cannot_be_sent_is_refused(account: Account, key: str) -> None:
    async with writing(account) as connector:
        with pytest.raises(InvalidArgument) as raised:
            await connector.act("create_event", CHOIR, idempotency_key=key)
    assert raised.value.param == "idempotency_key"
    assert list(account.sandbox.log) == []


async def test_a_key_of_the_greatest_length_is_sent(account: Account) -> None:
    async with writing(account) as connector:
        outcome = await connector.act("create_event", CHOIR, idempotency_key="k" * 256)
    assert outcome.record


@pytest.mark.parametrize("action", ["update_event", "delete_webhook"])
async def test_only_a_post_takes_a_key(account: Account, action: str) -> None:
    async with writing(account) as connector:
        with pytest.raises(InvalidArgument, match="takes no idempotency key"):
            await connector.act(action, {}, idempotency_key="k")


async def test_a_change_whose_answer_is_lost_is_not_sent_again(account: Account) -> None:
    wire = Wire(account, once("PATCH", httpx2.ReadTimeout("late")))
    async with writing(account, wire) as connector:
        event = await new_event(connector)
        with pytest.raises(Unavailable) as raised:
            await connector.act("update_event", {"event": event, "title": "Renamed"})
        assert (await connector.get_event(event)).name == "Renamed"
    assert [request.method for request in wire.requests].count("PATCH") == 1
    assert "It may have been done: look before you try again." in raised.value.advice


@pytest.mark.parametrize("action", ["create_event", "update_event"])
async def test_a_limit_is_waited_for_as_nothing_was_done(account: Account, action: str) -> None:
    async with writing(account) as connector:
        event = {} if action == "create_event" else {"event": await new_event(connector), "slug": "another"}
        account.sandbox.log.clear()
        account.sandbox.misbehave("equaticket", "rate_limited", times=2, retry_after=1)
        assert (await connector.act(action, {**CHOIR, **event})).sent
    assert [entry.status for entry in account.sandbox.log][:2] == [429, 429]
    assert len(account.sandbox.log) == 3


async def test_a_post_that_keeps_failing_says_how_to_try_again(account: Account) -> None:
    account.sandbox.misbehave("equaticket", "error_always")
    async with writing(account) as connector:
        with pytest.raises(Unavailable) as raised:
            await connector.act("create_event", CHOIR, idempotency_key="choir-1")
    assert "try again with the idempotency key choir-1, which does it once" in raised.value.advice
    assert "req_" in raised.value.advice


@pytest.mark.parametrize("kind", ["html", "truncated"])
async def test_an_answer_that_cannot_be_read_says_that_it_may_have_been_done(account: Account, kind: Any) -> None:
    account.sandbox.misbehave("equaticket", kind, times=1)
    async with writing(account) as connector:
        with pytest.raises(InvalidResponse, match="may have been done"):
            await connector.act("create_event", CHOIR)
        assert (await titles(connector)).count("Choir Night") == 1


@pytest.mark.parametrize("body", [{}, {"title": "x"}, [], {"id": "e", "starts_at": "soon"}, None])
async def test_what_was_done_is_done_even_if_the_record_cannot_be_read(body: Any) -> None:
    transport = httpx2.MockTransport(lambda request: httpx2.Response(201, json=body))
    async with create_connector("equaticket", {"apiKey": "sk_test_canary"}, transport=transport, writes=True) as one:
        outcome = await one.act("create_event", CHOIR)
    assert (outcome.sent, outcome.record) == (True, None)


# Refusals of the platform


async def test_a_paid_event_is_not_published_before_stripe_is_connected(account: Account, state: State) -> None:
    state.stripe_active = False
    async with writing(account) as connector:
        event = await new_event(connector)
        await connector.act("create_ticket_type", {"event": event, **KIND})
        with pytest.raises(Rejected) as raised:
            await connector.act("publish_event", {"event": event})
    assert (raised.value.status, raised.value.reason) == (422, "unprocessable")
    assert "Stripe Connect" in raised.value.advice
    assert raised.value.operation == "publish_event"


@pytest.mark.parametrize("action", ["publish_event", "cancel_event", "update_event", "create_ticket_type"])
async def test_another_organisations_event_is_not_found(account: Account, action: str) -> None:
    given: dict[str, dict[str, Any]] = {"update_event": {"title": "Mine"}, "create_ticket_type": KIND}
    more = given.get(action, {})
    async with writing(account) as connector:
        with pytest.raises(NotFound) as raised:
            await connector.act(action, {"event": FOREIGN, **more})
    assert raised.value.operation == action


@pytest.mark.parametrize(
    "action, inputs, scope",
    [
        ("create_event", CHOIR, "events:write"),
        ("publish_event", {"event": FOREIGN}, "events:write"),
        ("create_ticket_type", {"event": FOREIGN, **KIND}, "ticket_types:write"),
        ("create_webhook", {"url": "https://hooks.example", "events": "order.created"}, "webhooks:write"),
    ],
)
async def test_a_missing_scope_is_named(
    account: Account, state: State, action: str, inputs: dict[str, Any], scope: str
) -> None:
    async with writing(account, key=state.issue("events:read", "orders:read")) as connector:
        with pytest.raises(PermissionDenied, match=f"they need the scope {scope}"):
            await connector.act(action, inputs)


async def test_a_field_that_the_platform_refuses_is_named(account: Account) -> None:
    async with writing(account) as connector:
        await new_event(connector)
        with pytest.raises(Rejected) as raised:
            await connector.act("create_event", CHOIR)
    assert (raised.value.reason, raised.value.param, raised.value.status) == ("unprocessable", "slug", 422)


# Off until it is switched on, and for test keys alone


@pytest.mark.parametrize("slug, name", ACTING)
async def test_nothing_is_done_unless_writes_are_switched_on(slug: str, name: str) -> None:
    account = Account(slug, create_app())
    async with connect(account) as connector:
        with pytest.raises(NotAllowed) as raised:
            await connector.act(name, {})
    assert "SPEKTA_WRITES=true" in raised.value.advice
    assert "writes=True" in raised.value.advice
    assert list(account.sandbox.log) == []


@pytest.mark.parametrize("said, allowed", [("true", True), ("", False), ("false", False), ("1", False), (None, False)])
async def test_the_operator_switches_writes_on(
    monkeypatch: pytest.MonkeyPatch, account: Account, said: str | None, allowed: bool
) -> None:
    monkeypatch.delenv("SPEKTA_WRITES", raising=False)
    if said is not None:
        monkeypatch.setenv("SPEKTA_WRITES", said)
    store = EnvironmentStore(environment(ORIGIN))
    async with open_connection(store, "equaticket", Wire(account)) as connector:
        if allowed:
            assert (await connector.act("create_event", CHOIR)).sent
        else:
            with pytest.raises(NotAllowed):
                await connector.act("create_event", CHOIR)


@pytest.mark.parametrize("writes", [True, False])
async def test_a_dry_run_shows_the_request_and_sends_nothing(account: Account, writes: bool) -> None:
    wire = Wire(account)
    async with connect(account, wire, writes=writes) as connector:
        outcome = await connector.act("create_event", CHOIR, dry_run=True)
        change = await connector.act("update_event", {"event": "ev 1", "title": "x"}, dry_run=True)
    assert wire.requests == []
    assert (outcome.sent, outcome.record, outcome.replayed) == (False, None, False)
    request = outcome.request
    assert (request.method, request.url.removeprefix(ORIGIN)) == ("POST", "/equaticket/api/api/v1/events")
    assert request.headers == {
        "Authorization": "Bearer ***",
        "Idempotency-Key": outcome.idempotency_key,
        "Content-Type": "application/json",
    }
    assert request.body == {**CHOIR, "starts_at": "2027-10-01T18:00:00Z", "currency": "gbp"}
    assert change.request.url.endswith("/events/ev%201")
    assert "Idempotency-Key" not in change.request.headers
    assert not [secret for secret in secrets(account) if secret in repr(outcome)]


async def test_a_dry_run_checks_what_it_shows(account: Account) -> None:
    async with connect(account) as connector:
        with pytest.raises(InvalidArgument):
            await connector.act("create_event", {**CHOIR, "currency": "pounds"}, dry_run=True)


async def test_what_is_shown_is_what_is_sent(account: Account) -> None:
    wire = Wire(account)
    async with writing(account, wire) as connector:
        shown = (await connector.act("create_event", CHOIR, idempotency_key="k", dry_run=True)).request
        await connector.act("create_event", CHOIR, idempotency_key="k")
    (sent,) = wire.requests
    assert (sent.method, str(sent.url), json.loads(sent.content)) == (shown.method, shown.url, shown.body)
    assert {name: sent.headers[name] for name in shown.headers if name != "Authorization"} == {
        name: value for name, value in shown.headers.items() if name != "Authorization"
    }


async def test_test_data_is_reset_with_a_test_key(account: Account) -> None:
    wire = Wire(account)
    async with writing(account, wire, TEST) as connector:
        await new_event(connector)
        outcome = await connector.act("reset_test_data")
        assert (await titles(connector)).count("Choir Night") == 0
    request = next(one for one in wire.requests if one.url.path.endswith("reset-test-data"))
    assert request.url.path == "/equaticket/settings/api/settings/api-keys/reset-test-data"
    assert (request.method, request.content, outcome.record) == ("POST", b"", None)


def test_test_data_is_reset_outside_the_versioned_api() -> None:
    provider = find_provider("equaticket")
    call = provider.actions["reset_test_data"].call
    assert provider.hosts[call.host] + call.path == ("https://app.equaticket.com/api/settings/api-keys/reset-test-data")


@pytest.mark.parametrize("key", [LIVE, "sk_live_sk_test_", "other"])
@pytest.mark.parametrize("dry_run", [True, False])
async def test_test_data_is_not_reset_with_another_key(account: Account, key: str, dry_run: bool) -> None:
    async with writing(account, key=key) as connector:
        with pytest.raises(NotAllowed, match="sk_test_") as raised:
            await connector.act("reset_test_data", dry_run=dry_run)
    assert list(account.sandbox.log) == []
    assert key == "other" or key not in shown(raised.value)


async def test_a_live_key_that_took_a_test_keys_place_resets_nothing(account: Account) -> None:
    """The first key is refused, and what the vault has by then is not for this."""
    old = {"apiKey": "sk_test_revoked_4711"}
    wire = Wire(account)
    vault = MemoryVault(old)
    connector = create_connector(
        "equaticket", old, base_url=account.service.addresses(ORIGIN), transport=wire, vault=vault, writes=True
    )
    send = wire.handle_async_request

    async def swap(request: httpx2.Request) -> httpx2.Response:
        await vault.save({"apiKey": LIVE})
        return await send(request)

    wire.handle_async_request = swap  # type: ignore[method-assign]
    async with connector:
        with pytest.raises(NotAllowed):
            await connector.act("reset_test_data")
    assert [request.headers["Authorization"] for request in wire.requests] == [f"Bearer {old['apiKey']}"]


async def test_errors_of_actions_show_no_secret(account: Account) -> None:
    account.sandbox.misbehave("equaticket", "error_always")
    async with writing(account) as connector:
        with pytest.raises(ProviderError) as raised:
            await connector.act("create_event", CHOIR)
    assert not [secret for secret in secrets(account) if secret in shown(raised.value)]

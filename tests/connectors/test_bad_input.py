"""Arguments that cannot be used: each has its named error, says which one and what to do, and nothing is asked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import (
    AuthenticationFailed,
    ConfigurationError,
    InvalidArgument,
    NotFound,
    SpektaError,
    Unsupported,
    create_connector,
    find_provider,
)
from connectors.filters import aware
from connectors.registry import SLUGS
from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.clerk import Clerk

from .conftest import LISTINGS, Account
from .sandboxed import Wire, asked, connect, each_provider, sandboxed, secrets, shown

pytestmark = pytest.mark.anyio
ODD_IDS = ["", ".", "..", "a/b", "/", "a\\b", "../x", "a\nb", "\x00", "a\x7f", "\u202e", "\ud800"]
NO_SUCH = "no-such-event-1"


def made(slug: str, **more: Any) -> SpektaError:
    """The error that making a connector raises."""
    account = sandboxed(slug)
    wire = Wire(account)
    with pytest.raises(ConfigurationError) as raised:
        connect(account, wire, **more)
    assert wire.requests == []
    assert not [secret for secret in secrets(account) if secret in shown(raised.value)]
    return raised.value


# Credentials and settings


@pytest.mark.parametrize("slug", ["", "nope", "Eventbrite", "../eventbrite", "eventbrite.evil", "ticket_tailor"])
def test_an_unknown_provider(slug: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        create_connector(slug, {})
    assert raised.value.field == "provider"
    assert "ticket-tailor" in raised.value.advice


@each_provider
def test_a_missing_credential_is_named_with_where_to_find_it(slug: str) -> None:
    provider = find_provider(slug)
    error = made(slug, credentials={}, base_url=None)
    assert isinstance(error, ConfigurationError)
    assert error.field in provider.enough[0]
    where = next(credential.where for credential in provider.credentials if credential.name == error.field)
    assert where in error.message
    assert all(name in error.advice for name in provider.enough[0])


@each_provider
@pytest.mark.parametrize("name", ["passphrase", "apikey", "secretKey", ""])
def test_an_unknown_credential_is_named(slug: str, name: str) -> None:
    error = made(slug, credentials={**sandboxed(slug).service.credentials, name: "sk_test_canary_1"})
    assert isinstance(error, ConfigurationError)
    assert error.field == name
    assert find_provider(slug).credentials[0].name in error.advice
    assert "sk_test_canary_1" not in shown(error)


@each_provider
@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: 5,
        lambda value: [value],
        lambda value: f"{value}\n",
        lambda value: f" {value}",
        lambda value: f"{value}\x00",
        lambda value: value[:4] + "\u200b" + value[4:],
    ],
)
def test_a_credential_that_was_copied_badly_is_named(slug: str, spoil: Callable[[str], Any]) -> None:
    working = sandboxed(slug).service.credentials
    for name, value in working.items():
        error = made(slug, credentials={**working, name: spoil(value)})
        assert isinstance(error, ConfigurationError)
        assert error.field == name
        assert error.advice
        assert value not in shown(error)


@pytest.mark.parametrize("slug, name", [("dice", "apiKey"), ("pretix", "apiKey"), ("eventbrite", "accessToken")])
def test_a_key_with_signs_that_no_header_can_hold_is_named(slug: str, name: str) -> None:
    error = made(slug, credentials={**sandboxed(slug).service.credentials, name: "sk_test_cañary_1"})
    assert isinstance(error, ConfigurationError)
    assert error.field == name
    assert "cañary" not in shown(error)


@each_provider
def test_the_type_of_credentials_may_be_left_out_and_must_be_right(slug: str) -> None:
    working, right = sandboxed(slug).service.credentials, find_provider(slug).auth
    connect(sandboxed(slug), credentials={"type": right, **working})
    for wrong in ({"oauth2": "api_key", "api_key": "oauth2"}[right], "basic", None):
        error = made(slug, credentials={"type": wrong, **working})
        assert isinstance(error, ConfigurationError)
        assert error.field == "type"
        assert error.advice


@each_provider
def test_credentials_may_be_written_with_underscores(slug: str) -> None:
    snake = {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): value
             for name, value in sandboxed(slug).service.credentials.items()}  # fmt: skip
    connect(sandboxed(slug), credentials=snake)


@pytest.mark.parametrize("moment", ["2027-03-01T00:00:00Z", "soon", object()])
@pytest.mark.parametrize("name", ["expiresAt", "expires_at"])
def test_the_end_of_a_token_is_a_number(name: str, moment: Any) -> None:
    error = made("helloasso", credentials={**sandboxed("helloasso").service.credentials, name: moment})
    assert isinstance(error, ConfigurationError)
    assert error.field == "expiresAt"
    assert error.advice


@each_provider
async def test_a_wrong_key_is_refused_by_the_platform(slug: str) -> None:
    account = sandboxed(slug)
    secret = [one.name for one in find_provider(slug).credentials if one.secret]
    wrong = {name: f"{value}sk_test_canary_wrong" if name in secret else value
             for name, value in account.service.credentials.items()}  # fmt: skip
    wire = Wire(account)
    async with connect(account, wire, credentials=wrong) as connector:
        with pytest.raises(AuthenticationFailed) as raised:
            await connector.get_events()
        assert len(wire.requests) == 1
        health = await connector.health_check()
    assert raised.value.provider == slug
    assert raised.value.operation
    assert raised.value.advice
    assert "sk_test_canary_wrong" not in shown(raised.value)
    assert health.error is not None
    assert (health.healthy, health.error.code) == (False, "authentication_failed")


@each_provider
def test_an_unknown_option_is_named(slug: str) -> None:
    error = made(slug, options={"colour": "red"})
    assert isinstance(error, ConfigurationError)
    assert error.field == "colour"
    assert error.advice


@pytest.mark.parametrize(
    "slug, option",
    [(slug, option.name) for slug in SLUGS for option in find_provider(slug).options if option.type == "flag"],
)
def test_an_option_that_is_no_flag_is_named(slug: str, option: str) -> None:
    error = made(slug, options={option: "perhaps"})
    assert isinstance(error, ConfigurationError)
    assert error.field == option
    assert error.advice


@pytest.mark.parametrize("account", ["", "London", "a b", "a/b", "x" * 41, "é", "a\n"])
def test_an_account_name_is_checked(account: str) -> None:
    error = made("dice", account=account)
    assert isinstance(error, ConfigurationError)
    assert error.field == "account"


BAD_ADDRESSES = [
    "http://example.org",
    "ftp://example.org",
    "//example.org",
    "example.org",
    "https://",
    "https:///path",
    "https://user@example.org",
    "https://user:pass@example.org",
    "https://:pass@example.org",
    "https://@example.org",
    "https://example.org?x=1",
    "https://example.org?",
    "https://example.org#x",
    "https://example.org#",
    "https://example.org/a b",
    "https://exa\tmple.org",
    "https://example.org\\@other.org",
    "https://example.org:port",
    "https://[::1",
    "http://127.0.0.1.example.org",
    "http://localhost.example.org",
    "http://0.0.0.0",
    "http://10.0.0.1",
    "http://[fe80::1]",
]


@each_provider
def test_an_address_that_credentials_must_not_be_sent_to(slug: str) -> None:
    for address in BAD_ADDRESSES:
        for base_url in (address, {"api": address}):
            error = made(slug, base_url=base_url)
            assert isinstance(error, ConfigurationError), address
            assert error.field in ("base_url", "baseUrl"), address
            assert error.advice, address


@each_provider
@pytest.mark.parametrize(
    "address", ["https://example.org", "https://example.org/sub/", "https://example.org:8443", "http://127.0.0.1:1"]
)
def test_an_address_that_may_be_used(slug: str, address: str) -> None:
    connect(sandboxed(slug), base_url=address)
    connect(sandboxed(slug), base_url={"api": address})


@pytest.mark.parametrize("address", ["http://localhost:8000", "http://[::1]:8000", "http://127.8.9.1"])
def test_loopback_needs_no_tls(address: str) -> None:
    connect(sandboxed("dice"), base_url=address)


@each_provider
def test_a_host_that_the_platform_does_not_have_is_named(slug: str) -> None:
    error = made(slug, base_url={"api": "https://example.org", "billing": "https://example.org"})
    assert isinstance(error, ConfigurationError)
    assert error.field == "base_url"
    assert "billing" in error.message
    assert "api" in error.advice


@pytest.mark.parametrize("organizer", ["a/b", "..", "a\\b"])
async def test_a_setting_that_cannot_be_part_of_an_address(organizer: str) -> None:
    account = sandboxed("pretix")
    wire = Wire(account)
    credentials = {**account.service.credentials, "organizer": organizer}
    async with connect(account, wire, credentials=credentials) as connector:
        with pytest.raises(ConfigurationError) as raised:
            await connector.get_events()
    assert raised.value.field == "organizer"
    assert raised.value.advice
    assert wire.requests == []


# Arguments

BAD_ARGUMENTS: list[tuple[str, dict[str, Any]]] = [
    ("page", {"page": 0}),
    ("page", {"page": -1}),
    ("page_size", {"page_size": 0}),
    ("page_size", {"page_size": -5}),
    ("page_size", {"page_size": 10_000}),
    ("page", {"page": 2, "cursor": "x"}),
    ("cursor", {"cursor": "x"}),
    ("cursor", {"cursor": "!"}),
    ("cursor", {"cursor": "é" * 20}),
    ("cursor", {"cursor": "A" * 200_000}),
    ("since", {"since": datetime(2027, 3, 1)}),  # noqa: DTZ001 - that is the mistake
    ("since", {"since": datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))}),
    ("colour", {"filters": {"colour": "red"}}),
    ("starts_after", {"filters": {"starts_after": "soon"}}),
    ("starts_after", {"filters": {"starts_after": "2027-03-01T00:00:00"}}),
    ("starts_before", {"filters": {"starts_before": 5}}),
    ("starts_before", {"filters": {"starts_before": "0001-01-01T00:00:00+05:00"}}),
    ("starts_before", {"filters": {"starts_before": "9999-12-31T23:30:00Z"}}),
    ("starts_after", {"filters": {"starts_after": "0001-01-01T00:00:00Z"}}),
    ("status", {"filters": {"status": "sold out"}}),
    ("status", {"filters": {"status": None}}),
    ("status", {"filters": {"status": ["live"]}}),
    ("q", {"filters": {"q": ""}}),
    ("q", {"filters": {"q": 5}}),
]


@each_provider
async def test_an_argument_that_cannot_be_used_is_named(slug: str) -> None:
    account = sandboxed(slug)
    wire = Wire(account)
    async with connect(account, wire) as connector:
        for param, arguments in BAD_ARGUMENTS:
            with pytest.raises(InvalidArgument) as raised:
                await connector.get_events(**arguments)
            assert raised.value.param == param
            assert raised.value.advice, arguments
    assert wire.requests == []


@each_provider
@pytest.mark.parametrize(
    "kind, name, value",
    [
        ("orders", "status", "sold"),
        ("orders", "buyer_email", ""),
        ("attendees", "checked_in", "maybe"),
        ("attendees", "status", "late"),
        ("orders", "q", "x"),
        ("tickets", "status", "on_sale"),
    ],
)
async def test_a_filter_that_a_listing_does_not_have(slug: str, kind: str, name: str, value: Any) -> None:
    account = sandboxed(slug)
    wire = Wire(account)
    async with connect(account, wire) as connector:
        with pytest.raises(InvalidArgument) as raised:
            await getattr(connector, f"get_{kind}")("1", filters={name: value})
    assert raised.value.param == name
    assert raised.value.advice
    assert wire.requests == []


ABOUT_AN_EVENT = ["get_event", "get_tickets", "get_attendees", "get_orders", "get_revenue"]


@each_provider
@pytest.mark.parametrize("method", ABOUT_AN_EVENT)
async def test_an_id_that_cannot_be_one_is_refused(slug: str, method: str) -> None:
    account = sandboxed(slug)
    wire = Wire(account)
    async with connect(account, wire) as connector:
        for id in ODD_IDS:
            with pytest.raises(InvalidArgument) as raised:
                await getattr(connector, method)(id)
            assert (raised.value.param, bool(raised.value.advice)) == ("event_id", True), id
    assert wire.requests == []


@each_provider
@pytest.mark.parametrize("method", ABOUT_AN_EVENT)
async def test_an_event_that_does_not_exist_is_not_found(slug: str, method: str) -> None:
    """The id stays one segment of the address, whatever signs are in it."""
    account = sandboxed(slug)
    wire = Wire(account)
    async with connect(account, wire) as connector:
        for id in (NO_SUCH, "%2e%2e", "a?b=c", "a#b", "日本", "x" * 500):
            with pytest.raises(NotFound) as raised:
                await getattr(connector, method)(id)
            assert raised.value.provider == slug, id
            assert raised.value.operation, id
            assert raised.value.advice, id
    assert all(not request.url.fragment and "b" not in request.url.params for request in wire.requests)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("kind", ["tickets", "attendees", "orders"])
async def test_a_stream_of_an_event_that_does_not_exist_is_not_empty(slug: str, kind: str) -> None:
    async with connect(sandboxed(slug)) as connector:
        with pytest.raises(NotFound):
            async for _ in getattr(connector, f"stream_{kind}")(NO_SUCH):
                pass


@pytest.mark.needs("orders", "attendees")
@each_provider
async def test_an_event_that_sold_nothing_is_empty_and_not_unknown(slug: str) -> None:
    account = Account(slug, create_app(BoxOffice([Clerk().event("gala", {"Entry": 10})])))
    async with connect(account) as connector:
        (event,) = (await connector.get_events()).items
        for ask in (connector.get_orders, connector.get_attendees):
            page = await ask(event.id)
            assert (page.items, page.has_more) == ([], False)
        assert (await connector.get_revenue(event.id)).gross_revenue == 0


@pytest.mark.needs("tickets")
@each_provider
async def test_tickets_are_those_of_an_event(slug: str) -> None:
    account = sandboxed(slug)
    wire = Wire(account)
    async with connect(account, wire) as connector:
        with pytest.raises(Unsupported, match="whole account") as raised:
            await connector.get_tickets(None)  # type: ignore[arg-type]
    assert raised.value.advice
    assert wire.requests == []


@each_provider
@pytest.mark.parametrize("kind", ["attendees", "orders"])
async def test_an_account_has_a_list_of_everything_or_says_that_it_has_none(slug: str, kind: str) -> None:
    account = sandboxed(slug)
    wire = Wire(account)
    async with connect(account, wire) as connector:
        if all(stream.wide for stream in find_provider(slug).parts(kind)):
            assert (await getattr(connector, f"get_{kind}")(page_size=1)).items
            return
        with pytest.raises(Unsupported) as raised:
            await getattr(connector, f"get_{kind}")()
    assert "event_id" in raised.value.advice
    assert wire.requests == []


@pytest.mark.parametrize(
    "slug, kind", [(slug, kind) for slug in SLUGS for kind in LISTINGS if find_provider(slug).needs(kind)]
)
async def test_what_is_switched_off_is_unsupported_with_the_option_that_switches_it_on(slug: str, kind: str) -> None:
    account, provider = sandboxed(slug), find_provider(slug)
    wire = Wire(account)
    async with connect(account, wire, options={}) as connector:
        with pytest.raises(Unsupported) as raised:
            await getattr(connector, f"get_{kind}")("1")
    assert provider.unsupported[kind] in raised.value.message
    assert str(provider.needs(kind)) in raised.value.advice
    assert raised.value.capability == kind
    assert wire.requests == []


# Cursors


async def cursor_of(slug: str, kind: str = "events", **more: Any) -> tuple[str, str]:
    """A cursor of a provider's listing, and the event that it is about."""
    async with connect(sandboxed(slug), **more) as connector:
        async for event in connector.stream_events():
            arguments = () if kind == "events" else (event.id,)
            page = await getattr(connector, f"get_{kind}")(*arguments, page_size=1)
            if page.next_cursor:
                return page.next_cursor, event.id
    raise AssertionError


@pytest.mark.needs("orders", "attendees")
@each_provider
async def test_a_cursor_of_another_question_is_refused(slug: str) -> None:
    own, event = await cursor_of(slug, "orders")
    other, _ = await cursor_of("dice" if slug != "dice" else "pretix", "orders")
    elsewhere, _ = await cursor_of(slug, "orders", account="london")
    account = sandboxed(slug)
    wire = Wire(account)
    asking: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
        ("get_orders", (event,), {"cursor": other}),
        ("get_orders", (event,), {"cursor": elsewhere}),
        ("get_orders", (f"{event}1",), {"cursor": own}),
        ("get_events", (), {"cursor": own}),
        ("get_attendees", (event,), {"cursor": own}),
        ("get_orders", (event,), {"cursor": own, "filters": {"status": "paid"}}),
        ("get_orders", (event,), {"cursor": own, "since": datetime(2026, 1, 1, tzinfo=UTC)}),
    ]
    async with connect(account, wire) as connector:
        for method, arguments, more in asking:
            with pytest.raises(InvalidArgument) as raised:
                await getattr(connector, method)(*arguments, **more)
            assert raised.value.param == "cursor"
            assert raised.value.advice
        assert wire.requests == []
        assert (await connector.get_orders(event, cursor=own)).items
    assert asked(account)


@pytest.mark.parametrize("cut", [-1, -3, 5])
async def test_a_cursor_that_was_cut_off_is_damaged(cut: int) -> None:
    cursor, _ = await cursor_of("ticket-tailor")
    async with connect(sandboxed("ticket-tailor")) as connector:
        with pytest.raises(InvalidArgument, match="damaged"):
            await connector.get_events(cursor=cursor[:cut])


@given(days=st.integers(-5000, 5000), hours=st.integers(-14, 14))
def test_a_since_in_any_zone_is_one_moment(days: int, hours: int) -> None:
    moment = datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=hours))) + timedelta(days=days)
    assert aware("since", moment) == moment
    assert aware("since", moment).tzinfo is UTC

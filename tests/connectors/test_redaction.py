"""Secrets are taken out of whatever is shown: texts, logs, errors, reprs."""

import base64
import logging
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, quote_plus, urlencode

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import ConfigurationError, Connector, ProviderError, create_connector, find_provider, redaction
from connectors.auth import Basic, Header, OAuth2, Query
from connectors.credentials import MemoryVault
from connectors.http import Deadline, Http
from connectors.redaction import RedactingFilter, quoted, redact, remember, secret_values
from spekta.sandbox.server import running

from .sandboxed import Wire, connect, each_provider, sandboxed, secrets, shown

pytestmark = pytest.mark.anyio
CANARY = "sk_test_canary/+ =%&é"


@pytest.fixture(autouse=True)
def own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", set())


@pytest.mark.parametrize(
    "written", [CANARY, quote(CANARY, safe=""), quote_plus(CANARY), urlencode({"key": CANARY}).removeprefix("key=")]
)
def test_a_secret_is_taken_out_however_it_is_written(written: str) -> None:
    remember(CANARY)
    assert redact(f"GET /v1?key={written}&page=1") == "GET /v1?key=***&page=1"


@pytest.mark.parametrize("order", [1, -1])
def test_a_secret_that_holds_another_is_taken_out_whole(order: int) -> None:
    for secret in ["sk_test", "sk_test_canary", "sk_test_canary_longer"][::order]:
        remember(secret)
    assert redact("sk_test_canary_longer sk_test_canary sk_test") == "*** *** ***"


def test_short_values_occur_in_ordinary_text_and_stay() -> None:
    remember("page")
    remember("")
    assert redact("page 1") == "page 1"


@given(secret=st.text(min_size=6), before=st.text(), after=st.text())
def test_no_text_holds_a_secret_after(secret: str, before: str, after: str) -> None:
    redaction._secrets.clear()
    try:
        remember(secret)
    except UnicodeEncodeError:
        return  # no credential holds half a sign
    left = redact(before + secret + after)
    assert secret not in left or secret in "***"


@pytest.mark.parametrize(
    "said, safe",
    [
        ("plain", "plain"),
        (" two\n\n lines\t", "two lines"),
        ("\x1b[31mred\x07", "[31mred"),
        ("left\u202eright\u200b", "left right"),
        ("x" * 300, "x" * 199 + "…"),
        ("sk_test_canary_1 is wrong", "*** is wrong"),
        (("x" * 190) + "sk_test_canary_1", "x" * 190 + "***"),
    ],
)
def test_what_a_platform_says_is_made_safe(said: str, safe: str) -> None:
    remember("sk_test_canary_1")
    assert quoted(said) == safe


def test_only_the_named_values_are_secret() -> None:
    secret_values({"apiKey": "sk_test_canary_1", "baseUrl": "https://example.org"}, frozenset({"apiKey", "missing"}))
    assert redact("https://example.org?key=sk_test_canary_1") == "https://example.org?key=***"


def test_a_document_is_cleaned_in_depth() -> None:
    remember("sk_test_canary_1")
    given = {"a": ["sk_test_canary_1", 1, None, ("x", {"sk_test_canary_1": ValueError("sk_test_canary_1")})]}
    assert redaction.cleaned(given) == {"a": ["***", 1, None, ["x", {"***": "***"}]]}


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What a handler with the filter writes."""
    written: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler, log = Lines(), logging.getLogger("spekta.test")
    handler.addFilter(RedactingFilter())
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield written
    log.removeHandler(handler)


def test_logs_show_no_secret(lines: list[str]) -> None:
    remember("sk_test_canary_1")
    log = logging.getLogger("spekta.test")
    log.info("plain sk_test_canary_1")
    log.info("with %s and %r", "sk_test_canary_1", {"key": "sk_test_canary_1"})
    log.info("wrong %d", "sk_test_canary_1")
    try:
        raise ValueError("sk_test_canary_1")
    except ValueError:
        log.exception("failed")
    assert len(lines) == 4
    assert "ValueError: ***" in lines[3]
    assert not [line for line in lines if "sk_test_canary_1" in line]


# Connectors


@each_provider
async def test_no_repr_shows_a_secret(slug: str) -> None:
    account = sandboxed(slug)
    async with connect(account) as connector:
        await connector.health_check()
        parts = [connector, connector.caller, connector._walker, connector.caller._vault, connector.caller.grant]
        told = " ".join(repr(part) for part in parts)
        saved = await connector.caller._vault.read()
    hidden = secrets(account, *(saved[name] for name in ("accessToken", "refreshToken") if name in saved))
    assert hidden
    assert not [secret for secret in hidden if secret in told]


def signature(request: httpx2.Request) -> str:
    """What signs a request: a header, whatever the platform calls it, or the query."""
    usual = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length", "content-type"}
    return next((value for name, value in request.headers.items() if name not in usual), request.url.query.decode())


@each_provider
async def test_a_platform_that_repeats_what_it_was_sent_shows_no_secret(slug: str) -> None:
    """The header may hold the secret in another form than the credential: Basic."""
    account = sandboxed(slug)

    def echo(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if request.url.path.endswith("/token"):
            return response
        said = f"{signature(request)} {request.url} {request.content.decode()}"
        return httpx2.Response(400, json={"message": said, "code": signature(request)})

    wire = Wire(account, echo)
    async with connect(account, wire) as connector:
        with pytest.raises(ProviderError) as raised:
            await connector.get_events()
    sent = signature(wire.requests[-1]).split()[-1]
    assert raised.value.platform_message
    assert sent not in shown(raised.value)
    assert not [secret for secret in secrets(account) if secret in shown(raised.value)]


@pytest.mark.parametrize(
    "sign",
    [
        Query(key="{apiKey}"),
        Basic("{apiKey}"),
        Basic("user", "{apiKey}"),
        Header(Authorization="Bearer {apiKey}"),
        OAuth2("api:/token", (), send=Query(access_token="{accessToken}")),
    ],
    ids=lambda sign: f"{type(sign).__name__} {getattr(sign, 'user', '')}",
)
async def test_the_http_library_logs_no_secret(
    sign: Query | Basic | Header | OAuth2, caplog: pytest.LogCaptureFixture
) -> None:
    """With all its logging on, over a real connection; some platforms take the key in the query."""
    key = "sk_test/canary+1==&x"
    values = {"apiKey": key, "accessToken": key}
    secret_values(values, frozenset(values))
    account, http = sandboxed("ticket-tailor"), Http()
    with running(account.app) as origin, caplog.at_level(logging.DEBUG):
        url = account.service.addresses(origin)["api"] + "/ping"
        await http.send("GET", url, query=sign.query(values), headers=sign.headers(values), deadline=Deadline())
        await http.aclose()
    assert {"httpx2", "httpcore2.http11"} <= {record.name for record in caplog.records}
    forms = [key, quote(key, safe=""), quote_plus(key), base64.b64encode(f"{key}:".encode()).decode()]
    assert not [form for form in forms if form in caplog.text]


async def test_an_answer_that_repeats_a_secret_in_a_header_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    remember("sk_test_canary_1")
    account, http = sandboxed("pretix"), Http()
    path = "/api/v1/organizers/sk_test_canary_1/events"  # without its last slash: a redirect that repeats the address
    with running(account.app) as origin, caplog.at_level(logging.DEBUG):
        answer = await http.send("GET", account.service.addresses(origin)["api"] + path, deadline=Deadline())
        await http.aclose()
    assert (answer.status, "sk_test_canary_1" in answer.headers["location"]) == (301, True)
    assert "location" in caplog.text.lower()
    assert "sk_test_canary_1" not in caplog.text


async def test_a_cursor_holds_no_secret() -> None:
    account = sandboxed("ticket-tailor")
    async with connect(account) as connector:
        page = await connector.get_events(page_size=1)
    assert page.next_cursor
    raw = base64.urlsafe_b64decode(page.next_cursor + "==")
    assert not [secret for secret in secrets(account) if secret.encode() in raw]


def test_a_secret_in_an_address_of_the_platform_is_not_repeated() -> None:
    password = "sk_test_canary_2"
    values = {"apiKey": "sk_test_canary_1", "organizer": "demo", "baseUrl": f"https://user:{password}@example.org"}
    with pytest.raises(ConfigurationError, match="not an address") as raised:
        create_connector("pretix", values)
    assert password not in shown(raised.value)


def test_a_connector_is_shown_by_its_name_alone() -> None:
    connector: Connector = connect(sandboxed("dice"), account="london")
    assert repr(connector) == "Connector('dice/london')"
    assert "sk_test" not in repr(MemoryVault({"apiKey": "sk_test_canary_1"}))
    assert "sk_test" not in repr(replace(find_provider("dice"), name="x"))

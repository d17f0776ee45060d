"""What no provider of the registry needs yet, told by platforms that are made up."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import anyio
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import (
    AuthenticationFailed,
    ConfigurationError,
    Connector,
    InvalidArgument,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    ProviderError,
    RateLimited,
    Rejected,
    Removed,
    UnifiedAttendee,
    UnifiedEvent,
    UnifiedOrder,
    Unsupported,
    find_provider,
    graphql,
)
from connectors.auth import Header, OAuth2, Query
from connectors.caller import ATTEMPTS
from connectors.calls import addresses
from connectors.credentials import MemoryVault
from connectors.filters import sort_out
from connectors.http import Http
from connectors.inputs import Id, Inputs, Text, Time
from connectors.models import PlatformRecord, UnifiedTicket
from connectors.money import ZERO, Sale, included, less, share, sum_complete, times
from connectors.own import OwnListing
from connectors.pagers import Cursor, Offset, Once, Pages, Split
from connectors.provider import (
    GET,
    POST,
    Credential,
    Fault,
    Filter,
    Join,
    Lookup,
    Option,
    Provider,
    Scope,
    Since,
    Stream,
    Unless,
)
from connectors.registry import SLUGS, checked_credentials, checked_options
from connectors.row import Row, Unreadable

from .sandboxed import Clock

pytestmark = pytest.mark.anyio
KEY = "fair_test_canary_key"


@dataclass
class Platform:
    """Answers from a table of paths, a function or a body each, and remembers what it was asked."""

    answers: Mapping[str, Any]
    asked: list[httpx2.Request] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers[request.url.path]
        answer = answer(request) if callable(answer) else answer
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]


def made_up(streams: Mapping[str, Stream | tuple[Stream, ...]], **more: Any) -> Provider:
    settings: dict[str, Any] = {
        "auth": "api_key",
        "sign": Header(Authorization="Bearer {apiKey}"),
        "credentials": (Credential("apiKey", "Settings"),),
        "enough": (("apiKey",),),
        "health": GET("/ping"),
    }
    return Provider(
        "fair", "Fair", "https://fair.test", "https://fair.test/docs", "https://fair.test", streams=streams,
        **(settings | more),
    )  # fmt: skip


def connector(provider: Provider, platform: Platform, **credentials: str) -> Connector:
    held = credentials or {"apiKey": KEY}
    http = Http(httpx2.MockTransport(platform))
    return Connector(provider, "default", held, {}, {"api": provider.base}, MemoryVault(held), http)


def event(row: Row) -> UnifiedEvent:
    details = row.looked_up("details") or row
    return UnifiedEvent(id=row.id(), name=details.text("name"))


# Rows that a function finds: at any depth, beside the event that was asked for


def types(answer: Row) -> Iterator[Row]:
    for one in answer.rows("events[]"):
        if one.ref("id") == answer.event.ref("id"):
            yield from one.descend("types")


def kind(row: Row) -> UnifiedTicket:
    return UnifiedTicket(id=row.id(), name=row.up.text("name"))


def visitor(row: Row) -> UnifiedAttendee:
    kinds = row.joined("types", row.ref("type"))
    return UnifiedAttendee(id=row.id(), ticket_name=kinds[0].text("name") if kinds else None)


SOLD_AS = {
    "events": [
        {
            "id": 1,
            "name": "Fair",
            "types": [{"id": 11, "name": "Full"}],
            "groups": [
                {
                    "name": "Reduced",
                    "types": [{"id": 12, "name": "Child"}],
                    "groups": [{"name": "Local", "types": [{"id": 13}]}],
                }
            ],
        },
        {"id": 2, "name": "Stray", "types": [{"id": 21, "name": "Other"}]},
    ]
}
NESTED = made_up(
    {
        "events": Stream(GET("/events"), "", event),
        "event": Stream(GET("/events/{event}"), "", event),
        "tickets": Stream(GET("/types"), types, kind, event="event"),
        "attendees": Stream(
            GET("/visitors"), "", visitor, event="event", join={"types": Join("tickets", key="id")}
        ),
    }
)  # fmt: skip


async def test_a_function_finds_the_rows_of_the_event_at_any_depth() -> None:
    platform = Platform({"/events/1": {"id": 1}, "/types": SOLD_AS})
    async with connector(NESTED, platform) as fair:
        page = await fair.get_tickets("1")
    assert [(one.id, one.name) for one in page.items] == [("11", "Fair"), ("12", "Reduced"), ("13", "Local")]


async def test_a_joined_listing_stands_beside_the_same_event() -> None:
    visitors = [{"id": 1, "type": 12}, {"id": 2, "type": 21}]
    platform = Platform({"/events/1": {"id": 1}, "/types": SOLD_AS, "/visitors": visitors})
    async with connector(NESTED, platform) as fair:
        page = await fair.get_attendees("1")
    assert [one.ticket_name for one in page.items] == ["Child", None]
    assert platform.paths.count("/types") == 1


async def test_nothing_yet_is_an_empty_listing() -> None:
    def faults(status: int, body: Row) -> Fault | None:
        return "empty" if body.whole("error.code") == 8400 else None

    provider = made_up(NESTED.streams, faults=faults)
    unpublished = httpx2.Response(400, json={"error": {"code": 8400}})
    platform = Platform({"/events/1": {"id": 1}, "/types": unpublished, "/visitors": [{"id": 1, "type": 12}]})
    async with connector(provider, platform) as fair:
        assert (await fair.get_tickets("1")).items == []
        assert [one.ticket_name for one in (await fair.get_attendees("1")).items] == [None]


# Several rows that are one record


def order(rows: list[Row]) -> UnifiedOrder:
    return UnifiedOrder(id=rows[0].id("order"), ticket_count=len(rows))


def places(request: httpx2.Request) -> list[dict[str, Any]]:
    """Five places of three orders, of which only one of the second was changed of late."""
    changed = ("2027-01-01", "2027-01-01", "2027-03-01", "2027-01-01", "2027-01-01")
    rows = [{"order": order, "at": f"{day}T00:00:00Z"} for order, day in zip("abbca", changed, strict=True)]
    size, page = int(request.url.params["size"]), int(request.url.params["page"])
    return rows[(page - 1) * size : page * size]


GROUPED = made_up(
    {
        "events": Stream(GET("/events"), "", event),
        "event": Stream(GET("/events/{event}"), "", event),
        "orders": Stream(
            GET("/places"), "", order, pager=Pages("page", "size", largest=3), since=Since("client", by="at"),
            group="order",
        ),
    }
)  # fmt: skip


@pytest.mark.parametrize(
    "since, counts",
    [(None, {"a": 2, "b": 2, "c": 1}), (datetime(2027, 2, 1, tzinfo=UTC), {"b": 2})],
    ids=["all", "changed"],
)
async def test_a_group_is_read_whole_however_small_the_page(since: datetime | None, counts: dict[str, int]) -> None:
    platform = Platform({"/events/1": {"id": 1}, "/places": places})
    async with connector(GROUPED, platform) as fair:
        page = await fair.get_orders("1", page_size=1, since=since)
        found = list(page.items)
        while page.next_cursor:
            page = await fair.get_orders("1", page_size=1, cursor=page.next_cursor)
            found += page.items
    assert {one.id: one.ticket_count for one in found} == counts
    assert {request.url.params["size"] for request in platform.asked if request.url.path == "/places"} == {"3"}


# A call for each row


LIST = [{"id": number, "at": f"2027-01-{number:02}T00:00:00Z"} for number in range(1, 8)]
DETAILS = {f"/events/{row['id']}": {"name": f"Event {row['id']}"} for row in LIST}
DETAILED = made_up(
    {
        "events": Stream(
            GET("/events"), "", event, pager=Once(), since=Since("client", by="at"),
            lookup={"details": Lookup(GET("/events/{row.id}"))},
        )
    }
)  # fmt: skip


async def test_rows_that_are_too_old_are_not_looked_up() -> None:
    platform = Platform({"/events": LIST, **DETAILS})
    async with connector(DETAILED, platform) as fair:
        page = await fair.get_events(since=datetime(2027, 1, 6, tzinfo=UTC))
    assert [one.name for one in page.items] == ["Event 6", "Event 7"]
    assert sorted(platform.paths) == ["/events", "/events/6", "/events/7"]


@pytest.mark.parametrize("size, calls", [(3, [4, 4, 2]), (7, [8]), (50, [8])])
async def test_only_the_rows_of_a_page_are_looked_up(size: int, calls: list[int]) -> None:
    platform = Platform({"/events": LIST, **DETAILS})
    found: list[str | None] = []
    counted: list[int] = []
    cursor: str | None = None
    async with connector(DETAILED, platform) as fair:
        while not counted or cursor:
            platform.asked.clear()
            page = await fair.get_events(page_size=size, cursor=cursor)
            found += [one.name for one in page.items]
            counted.append(len(platform.asked))
            cursor = page.next_cursor
    assert found == [f"Event {number}" for number in range(1, 8)]
    assert counted == calls


async def test_a_stream_of_looked_up_rows_asks_for_the_list_once() -> None:
    platform = Platform({"/events": LIST, **DETAILS})
    async with connector(DETAILED, platform) as fair:
        assert [one.id async for one in fair.stream_events(page_size=2)] == [str(number) for number in range(1, 8)]
    assert platform.paths.count("/events") == 1


async def test_an_empty_list_of_looked_up_rows_is_a_page() -> None:
    async with connector(DETAILED, Platform({"/events": []})) as fair:
        page = await fair.get_events()
    assert (page.items, page.has_more) == ([], False)


# A token that a login gives, carried in the query


LOGIN = {"apiKey": KEY, "username": "box", "password": "fair_test_canary_word"}
BY_LOGIN = made_up(
    {"events": Stream(GET("/events"), "", event)},
    sign=OAuth2(
        "api:/login",
        ("login",),
        answer="accessToken",
        login={"user": "{username}", "word": "{password}", "key": "{apiKey}"},
        send=Query(key="{apiKey}", token="{accessToken}"),
    ),
    credentials=(Credential("apiKey", "Tools"), Credential("username", "", secret=False), Credential("password", "")),
)


def gate(fields: Mapping[str, str]) -> Callable[[httpx2.Request], Any]:
    """Lets in whoever has today's token; the login gives it for these fields."""
    token = "fair_test_canary_token"

    def answer(request: httpx2.Request) -> Any:
        if request.url.path == "/login":
            said = dict(httpx2.QueryParams(request.content.decode()))
            return {"accessToken": token} if said == fields else httpx2.Response(403, json={})
        given = dict(request.url.params)
        return [{"id": 1}] if given == {"key": KEY, "token": token} else httpx2.Response(401, json={})

    return answer


def guarded() -> Platform:
    answer = gate({"user": "box", "word": LOGIN["password"], "key": KEY})
    return Platform({"/login": answer, "/events": answer})


@pytest.mark.parametrize(
    "held, paths",
    [
        (LOGIN, ["/login", "/events", "/events"]),
        (LOGIN | {"accessToken": "fair_test_canary_old"}, ["/events", "/login", "/events", "/events"]),
        ({"apiKey": KEY, "accessToken": "fair_test_canary_token"}, ["/events", "/events"]),
    ],
    ids=["first login", "refused token", "token alone"],
)
async def test_a_login_gives_a_token_that_is_kept(held: dict[str, str], paths: list[str]) -> None:
    platform = guarded()
    async with connector(BY_LOGIN, platform, **held) as fair:
        assert [one.id for one in (await fair.get_events()).items] == ["1"]
        assert [one.id for one in (await fair.get_events()).items] == ["1"]
    assert platform.paths == paths


@pytest.mark.parametrize(
    "held, advice, paths",
    [
        ({"apiKey": KEY}, "Give username and password too.", ["/events"]),
        (LOGIN | {"password": "fair_test_wrong_word"}, "Check username, password, apiKey.", ["/login"]),
    ],
    ids=["no login", "wrong login"],
)
async def test_who_cannot_log_in_hears_what_is_missing(held: dict[str, str], advice: str, paths: list[str]) -> None:
    platform = guarded()
    async with connector(BY_LOGIN, platform, **held) as fair:
        with pytest.raises(AuthenticationFailed) as raised:
            await fair.get_events()
    assert raised.value.advice == advice
    assert platform.paths == paths


async def test_a_refused_login_is_tried_again_only_once_it_was_changed() -> None:
    platform, vault = guarded(), MemoryVault(LOGIN | {"password": "fair_test_wrong_word"})
    async with Connector(
        BY_LOGIN, "default", LOGIN, {}, {"api": BY_LOGIN.base}, vault, Http(httpx2.MockTransport(platform))
    ) as fair:
        for _ in range(3):
            with pytest.raises(AuthenticationFailed, match="cannot be renewed"):
                await fair.get_events()
        assert platform.paths == ["/login"]
        assert "fair_test_wrong_word" not in repr(fair.caller.grant)
        await vault.save({"password": LOGIN["password"]})
        assert [one.id for one in (await fair.get_events()).items] == ["1"]
    assert platform.paths == ["/login", "/login", "/events"]


async def test_a_login_may_be_refused_in_a_success() -> None:
    platform = Platform({"/login": {"error": {"message": "Unknown user"}}})
    async with connector(BY_LOGIN, platform, **LOGIN) as fair:
        for _ in range(2):
            with pytest.raises(AuthenticationFailed, match="cannot be renewed"):
                await fair.get_events()
    assert platform.paths == ["/login"]


# Limits and errors in other words


@pytest.mark.parametrize("said, wait", [("12", 12), ("2000000030", 30)], ids=["seconds", "Unix time"])
async def test_a_limit_may_have_a_header_of_its_own(said: str, wait: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    clock.stop(monkeypatch)
    monkeypatch.setattr("connectors.faults.time", SimpleNamespace(time=lambda: 2_000_000_000))
    body = {"error": {"code": 429, "description": "too many calls"}}
    limited = httpx2.Response(429, json=body, headers={"X-Retry-After": said})
    async with connector(DETAILED, Platform({"/events": lambda _: limited})) as fair:
        with pytest.raises(RateLimited) as raised:
            await fair.get_events()
    assert raised.value.retry_after == wait
    assert raised.value.platform_message == "too many calls"
    assert [round(pause) for pause in clock.waits] == [wait] * (ATTEMPTS - 1)


# Two hosts and one token, which names the club; coming and past nights are two listings


def token(claims: object) -> str:
    """What looks like a JWT; nobody here checks its signature."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "signature"])


def night(row: Row) -> UnifiedEvent:
    return UnifiedEvent(id=row.id(), name=row.text("name"), currency=row.option("currency"))


def sale(row: Row) -> Sale:
    paid = row.minor("cents", currency="EUR")
    return Sale(id=row.id(), order=row.id("order"), currency="EUR", gross=paid or ZERO, tickets=1)


def nights(**query: str) -> Stream:
    pages = Pages("page", "limit", largest=2, first=0)
    return Stream(GET("/clubs/{club}/nights", host="office", **query), "data", night, pager=pages)


def page_of_nights(request: httpx2.Request) -> Any:
    coming, past = [{"id": 1}, {"name": "no id"}, {"id": 2}], [{"id": 2, "name": "again"}, {"id": 3, "name": "old"}]
    start = int(request.url.params["page"]) * 2
    return {"data": (past if "past" in request.url.params else coming)[start : start + 2]}


def page_of_sales(request: httpx2.Request) -> Any:
    """The link to the second page is on another host and holds the token."""
    if "after" in request.url.params:
        return {"data": [{"id": 13, "order": "a", "cents": 1000}], "next": None}
    rows = [{"id": 11, "order": "a", "cents": 1000}, {"id": 12, "order": "b", "cents": 500}]
    return {"data": rows, "next": f"https://elsewhere.test/sold?token={CLUB_KEY}&after=12"}


CLUB_KEY = token({"clubId": 7})
CLUB = made_up(
    {
        "events": (nights(), nights(past="true")),
        "sales": Stream(
            GET("/sold", club="{club}", night="{event}"), "data", sale, pager=Cursor("after", link="next"),
            basis="tickets", unreported=("the promoter's fee",),
        ),
    },
    hosts={"office": "https://office.test/v2"},
    sign={"api": Header(Authorization="Bearer {apiKey}"), "office": Query(key="{apiKey}")},
    scopes=(Scope("club", value="clubId", take="one"),),
    options=(Option("club", "Yours"), Option("currency", "Of your prices", type="currency")),
)  # fmt: skip


def club(key: str = CLUB_KEY, **options: str) -> tuple[Connector, Platform]:
    platform, held = Platform({"/v2/clubs/7/nights": page_of_nights, "/sold": page_of_sales}), {"apiKey": key}
    settings, hosts = checked_options(CLUB, options), addresses(CLUB, held, None)
    http = Http(httpx2.MockTransport(platform))
    return Connector(CLUB, "default", held, settings, hosts, MemoryVault(held), http), platform


async def test_each_host_is_signed_in_its_own_way_and_a_link_to_a_third_is_not_followed() -> None:
    fair, platform = club()
    async with fair:
        await fair.get_revenue("1")
    asked = [(one.url.host, one.headers.get("authorization"), dict(one.url.params)) for one in platform.asked]
    assert asked == [
        ("office.test", None, {"page": "0", "limit": "2", "key": CLUB_KEY}),
        ("fair.test", f"Bearer {CLUB_KEY}", {"club": "7", "night": "1"}),
        ("fair.test", f"Bearer {CLUB_KEY}", {"club": "7", "night": "1", "after": "12"}),
    ]


@pytest.mark.parametrize("key", [KEY, "a.b.c", "a.!.c", token({"other": 1}), token([7]), token(None)])
async def test_a_token_without_the_claim_asks_for_the_option(key: str) -> None:
    fair, _ = club(key)
    async with fair:
        with pytest.raises(ConfigurationError) as raised:
            await fair.get_events()
    assert raised.value.field == "club"


async def test_two_listings_are_one() -> None:
    fair, _ = club()
    async with fair:
        streamed = [one.id async for one in fair.stream_events()]
        first = await fair.get_events(page_size=1)
        rest = await fair.get_events(cursor=first.next_cursor, page_size=9)
    assert streamed == [one.id for one in [*first.items, *rest.items]] == ["1", "2", "3"]
    assert (first.total, rest.has_more) == (None, False)


async def test_an_event_is_found_in_the_list_whatever_stands_before_it() -> None:
    fair, _ = club()
    async with fair:
        assert (await fair.get_event("3")).name == "old"
        with pytest.raises(NotFound):
            await fair.get_event("4")


# Events without a call of their own, in two listings that mean different things, with details looked up


def past(row: Row) -> UnifiedEvent:
    return event(row).model_copy(update={"status": "completed"})


def shelf(path: str, meaning: Callable[[Row], UnifiedEvent]) -> Stream:
    return Stream(GET(path), ("rows", "[]"), meaning, lookup={"details": Lookup(GET("/events/{row.id}"))})


SHELVES = made_up(
    {
        "events": (shelf("/coming", event), shelf("/past", past)),
        "attendees": Stream(GET("/people"), "[]", visitor, event="event"),
    }
)
ON_SHELVES = {"/coming": {"rows": [{"id": 1}, {"id": 2}]}, "/past": [{"id": 3}], "/people": [{"id": 9}]}


async def test_an_event_found_in_a_list_is_as_whole_as_in_the_list() -> None:
    platform = Platform(ON_SHELVES | DETAILS)
    async with connector(SHELVES, platform) as fair:
        listed = [one async for one in fair.stream_events()]
        platform.asked.clear()
        assert [await fair.get_event(one.id) for one in listed] == listed
    assert [(one.name, one.status) for one in listed] == [
        ("Event 1", "unknown"),
        ("Event 2", "unknown"),
        ("Event 3", "completed"),
    ]
    assert sorted(platform.paths) == ["/coming"] * 2 + ["/events/1", "/events/2", "/events/3", "/past"]


async def test_a_list_that_an_event_is_looked_for_in_is_kept_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("connectors.companions.monotonic", lambda: now)
    platform = Platform(ON_SHELVES | DETAILS)
    async with connector(SHELVES, platform) as fair:
        for later in (0, 59, 61):
            now = 1000.0 + later
            await fair.get_event("2")
    assert platform.paths.count("/coming") == 2


async def test_an_event_that_is_only_beside_the_rows_is_not_looked_up() -> None:
    platform = Platform(ON_SHELVES)
    async with connector(SHELVES, platform) as fair:
        assert [one.id for one in (await fair.get_attendees("3")).items] == ["9"]
    assert platform.paths == ["/coming", "/past", "/people"]


async def test_what_is_not_told_may_be_named_in_words() -> None:
    fair, _ = club(currency="eur")
    async with fair:
        revenue = await fair.get_revenue("1")
    assert (revenue.currency, revenue.gross_revenue, revenue.orders) == ("EUR", Decimal("25.00"), 2)
    assert revenue.unreported == ("refunds", "taxes", "fees", "the promoter's fee")


@pytest.mark.parametrize("said", ["euro", "€", "E1R"])
def test_what_is_no_currency_is_no_option(said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        club(currency=said)
    assert raised.value.field == "currency"


@pytest.mark.parametrize("slug", SLUGS)
def test_only_whole_records_are_put_together(slug: str) -> None:
    """A platform that gives changed or filtered rows alone would give parts of them."""
    provider = find_provider(slug)
    streams = [stream for kind in provider.streams for stream in provider.parts(kind) if stream.group]
    assert all(stream.since.mode in ("client", "none") and not stream.filters for stream in streams)


# GraphQL with limit and offset, and a host that is found first


HALL = made_up(
    {
        "events": Stream(
            POST("/graphql", {"query": "{ host { nights } }", "variables": {"id": "{host_id}"}}),
            "data.host.nights.nodes", event, exact=True,
            pager=Offset("variables.offset", "variables.limit", largest=2, count="data.host.nights.totalCount"),
        )
    },
    scopes=(Scope("host_id", POST("/graphql", {"query": "{ viewer { id } }"}), "data.viewer", take="one"),),
    faults=graphql.faults,
)  # fmt: skip


async def test_the_body_holds_the_offset_and_the_host_that_was_found() -> None:
    asked = []

    def answer(request: httpx2.Request) -> Any:
        body = json.loads(request.content)
        if "viewer" in body["query"]:
            return {"data": {"viewer": {"id": "h1"}}}
        asked.append(body["variables"])
        start = body["variables"]["offset"]
        nodes = [{"id": number} for number in range(5)][start : start + body["variables"]["limit"]]
        return {"data": {"host": {"nights": {"totalCount": 5, "nodes": nodes}}}}

    async with connector(HALL, Platform({"/graphql": answer})) as fair:
        page = await fair.get_events()
    assert [one.id for one in page.items] == ["0", "1", "2", "3", "4"]
    assert page.total == 5
    assert asked == [{"id": "h1", "offset": offset, "limit": 2} for offset in (0, 2, 4)]


def hall(data: Any, said: str) -> Connector:
    def answer(request: httpx2.Request) -> Any:
        viewer = b"viewer" in request.content
        return {"data": {"viewer": {"id": "h1"}}} if viewer else {"data": data, "errors": [{"message": said}]}

    return connector(HALL, Platform({"/graphql": answer}))


@pytest.mark.parametrize(
    "data, said, error",
    [
        (None, "Not authorized", PermissionDenied),
        ({"host": None}, "Not authorized to see Query.host", PermissionDenied),
        ({"host": {"nights": None}}, "Not authorized to access Host.nights", PermissionDenied),
        ({"host": {"nights": None}}, "You lack the permission", PermissionDenied),
        (None, "Field 'nights' doesn't exist on type 'Host'", InvalidResponse),
    ],
)
async def test_errors_beside_no_data(data: object, said: str, error: type[ProviderError]) -> None:
    async with hall(data, said) as fair:
        with pytest.raises(error) as raised:
            await fair.get_events()
    assert raised.value.platform_message == said
    assert "JSON" not in raised.value.message


async def test_errors_take_nothing_from_the_data_beside_them() -> None:
    nights = {"totalCount": 1, "nodes": [{"id": "n1", "name": None}]}
    async with hall({"host": {"nights": nights}}, "Not authorized to access Night.name") as fair:
        assert [one.id for one in (await fair.get_events()).items] == ["n1"]


# Amounts reckoned in binary, and taxes by a rate


@pytest.mark.parametrize(
    "written, amount",
    [
        ("28.099999999999998", "28.10"),
        ("0.30000000000000004", "0.30"),
        ("100.00000000000001", "100.00"),
        ("-2.7755575615628914e-17", "0.00"),
    ],
)
@pytest.mark.parametrize("currency", ["EUR", None])
def test_binary_noise_is_no_part_of_an_amount(written: str, amount: str, currency: str | None) -> None:
    assert str(Row({"a": Decimal(written)}).major("a", currency=currency)) == amount


@pytest.mark.parametrize("written", ["28.0999", "28.099999", "28.10000001", "28.10012345678912"])
def test_what_is_more_than_noise_is_no_amount(written: str) -> None:
    with pytest.raises(Unreadable):
        Row({"a": Decimal(written)}).major("a", currency="EUR")


@pytest.mark.parametrize("rate, is_part", [("20", "0.2"), ("20.00", "0.2"), (0.2, "0.2"), (0.055, "0.055"), (0, "0")])
def test_a_rate_is_a_part_of_one(rate: Any, is_part: str) -> None:
    said = Decimal(str(rate)) if isinstance(rate, float) else rate
    assert Row({"rate": said}).rate("rate") == Decimal(is_part)


@pytest.mark.parametrize(
    "gross, rate, tax", [("12", "0.2", "2.00"), ("95", "0.055", "4.95"), ("0", None, "0.00"), ("12", None, None)]
)
def test_the_tax_within_an_amount(gross: str, rate: str | None, tax: str | None) -> None:
    found = included(Decimal(gross), Decimal(rate) if rate else None, "EUR")
    assert found == (Decimal(tax) if tax else None)


# A list that shows its first eight rows alone is read by spans of time

MOST = 8
SPANS = made_up(
    {
        "events": Stream(
            GET("/events"),
            "rows",
            lambda row: UnifiedEvent(id=row.id(), starts_at=row.unix("at")),
            pager=Split(Pages("page", size="size", largest=3, first=0, count="total"), "from", "to", most=MOST),
            filters={"starts_after": Filter("from"), "starts_before": Filter("to")},
        )
    }
)


@dataclass
class Shallow:
    """Events at these seconds. A span has its ends within it, or has not; past the eighth row there is an error."""

    seconds: list[int]
    ends: tuple[bool, bool] = (True, True)
    asked: list[tuple[str | None, str | None]] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        said = request.url.params
        low, high = (said.get(name) and datetime.fromisoformat(said[name]).timestamp() for name in ("from", "to"))
        self.asked.append((said.get("from"), said.get("to")))
        found = [
            (number, at)
            for number, at in enumerate(self.seconds)
            if (low is None or at > low or (self.ends[0] and at == low))
            and (high is None or at < high or (self.ends[1] and at == high))
        ]
        first, size = int(said["page"]) * int(said["size"]), int(said["size"])
        if first >= MOST:
            return httpx2.Response(400, json={"errors": [{"code": "DEEP", "detail": "too deep"}]})
        rows = [{"id": str(number), "at": at} for number, at in found[first : first + size]]
        return httpx2.Response(200, json={"rows": rows, "total": len(found)})


def spans(platform: Shallow) -> Connector:
    http = Http(httpx2.MockTransport(platform))
    return Connector(SPANS, "default", {"apiKey": KEY}, {}, {"api": SPANS.base}, MemoryVault({"apiKey": KEY}), http)


# At most four of them within a minute, so that less than eight fit into any span that cannot be halved.
moments = st.lists(st.integers(-200, 1_000_000).map(lambda number: number * 20 + 10), max_size=60, unique=True)
inclusive = st.tuples(st.booleans(), st.booleans())


@given(moments, inclusive, st.integers(1, 5))
def test_whatever_a_span_includes_everything_is_given_once(
    seconds: list[int], ends: tuple[bool, bool], size: int
) -> None:
    async def read() -> tuple[list[str], list[str]]:
        async with spans(Shallow(seconds, ends)) as fair:
            streamed = [one.id async for one in fair.stream_events(page_size=size)]
        paged: list[str] = []
        cursor = None
        while True:
            async with spans(Shallow(seconds, ends)) as fair:
                page = await fair.get_events(cursor=cursor) if cursor else await fair.get_events(page_size=size)
            paged += [one.id for one in page]
            cursor = page.next_cursor
            if cursor is None:
                return streamed, paged

    streamed, paged = anyio.run(read)
    assert sorted(streamed, key=int) == [str(number) for number in range(len(seconds))]
    assert set(paged) == set(streamed)


async def test_a_list_that_shows_everything_is_asked_for_without_a_span() -> None:
    platform = Shallow([100, 200, 300, 400, 500, 600, 700])
    async with spans(platform) as fair:
        assert len([one async for one in fair.stream_events()]) == 7
    assert platform.asked == [(None, None)] * 3


async def test_halves_stay_within_the_times_that_were_asked_for() -> None:
    after, before = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
    platform = Shallow([int(after.timestamp()) + 86_400 * day for day in range(-20, 60)])
    async with spans(platform) as fair:
        asked = {"starts_after": after, "starts_before": before}
        found = [one.starts_at async for one in fair.stream_events(filters=asked)]
    assert (found[0], len(found), len(set(found))) == (after, 31, 31)
    assert all("2027-03-01" <= low < high <= "2027-04-01T00:00:00Z" for low, high in platform.asked if low and high)
    assert platform.asked[0] == ("2027-03-01T00:00:00Z", "2027-04-01T00:00:00Z")
    assert "2027-03-16T12:00:30Z" in {high for _, high in platform.asked}


async def test_more_than_fits_into_a_minute_is_an_error_and_not_a_part() -> None:
    async with spans(Shallow([1_800_000_000] * MOST)) as fair:
        with pytest.raises(InvalidArgument, match="too many") as raised:
            _ = [one async for one in fair.stream_events()]
    assert raised.value.param == "filters"
    assert raised.value.advice


# A time of day beside its date, and an allowance that is used up


@pytest.mark.parametrize(
    "row, zone, moment",
    [
        ({"day": "2027-03-28", "time": "00:59:59"}, "Europe/London", "2027-03-28T00:59:59Z"),
        ({"day": "2027-03-28", "time": "01:30"}, "Europe/Paris", "2027-03-28T00:30:00Z"),
        ({"day": "2027-03-28", "time": "03:00"}, "Europe/Paris", "2027-03-28T01:00:00Z"),
        ({"day": "2027-10-31", "time": None}, "America/New_York", "2027-10-31T04:00:00Z"),
        ({"day": "2027-10-31", "at": "2027-01-01T00:00:00Z"}, None, "2027-01-01T00:00:00Z"),
        ({"time": "20:00"}, "Europe/Paris", None),
        ({"day": "1900-01-01", "time": "00:00:00"}, "Europe/Paris", None),
        ({"at": "1900-01-01T18:00:00Z", "day": "2027-10-31"}, None, None),
    ],
)
def test_a_date_and_a_time_of_day_are_one_moment(row: dict[str, Any], zone: str | None, moment: str | None) -> None:
    found = Row(row).moment("at", "day+time", zone=zone)
    assert found == (datetime.fromisoformat(moment) if moment else None)


@pytest.mark.parametrize(
    "row", [{"day": "2027-10-31"}, {"day": "soon", "time": "20:00"}, {"day": "2027-10-31", "time": 8}]
)
def test_a_date_without_a_zone_or_a_time_that_is_none_is_unreadable(row: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        Row(row).moment("day+time", zone=None if len(row) == 1 else "Europe/Paris")


SPENT = made_up({"events": Stream(GET("/events"), "rows", event)}, faults=lambda status, body: body.text("said"))


@pytest.mark.parametrize(
    "headers, attempts, wait",
    [
        ({}, 1, None),
        ({"Rate-Limit-Reset": "2000000002000"}, ATTEMPTS, 2),
        ({"Rate-Limit-Reset": "2000086400000"}, 1, 86_400),
    ],
)
async def test_an_allowance_that_is_used_up_is_not_asked_of_again(
    headers: dict[str, str], attempts: int, wait: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock().stop(monkeypatch)
    monkeypatch.setattr("connectors.faults.time", SimpleNamespace(time=lambda: 2_000_000_000))
    platform = Platform({"/events": lambda _: httpx2.Response(429, json={"said": "spent"}, headers=headers)})
    async with connector(SPENT, platform) as fair:
        with pytest.raises(RateLimited, match="quota") as raised:
            await fair.get_events()
    assert (len(platform.asked), raised.value.retry_after) == (attempts, wait)
    assert raised.value.spent


# An address per country, a key and its secret in one field, and a list whose filter by event is not heeded

PAIR = made_up(
    {"events": Stream(GET("/events"), "", event)},
    sign=Header(**{"X-Pair": "{apiKey}{:apiSecret}"}),
    credentials=(Credential("apiKey", "Settings", holds="apiSecret"), Credential("apiSecret", "Shown once")),
    enough=(("apiKey", "apiSecret"),),
)


@pytest.mark.parametrize("held", [{"apiKey": "k", "apiSecret": "s"}, {"apiKey": "k:s"}])
async def test_a_pair_may_stand_in_one_field(held: dict[str, str]) -> None:
    assert checked_credentials(PAIR, held) == held
    platform = Platform({"/events": []})
    async with connector(PAIR, platform, **held) as fair:
        await fair.get_events()
    assert platform.asked[0].headers["X-Pair"] == "k:s"


@pytest.mark.parametrize("held, missing", [({"apiKey": "k"}, "apiSecret"), ({"apiSecret": "a:b"}, "apiKey")])
def test_half_a_pair_is_named_with_where_to_find_the_other_half(held: dict[str, str], missing: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        checked_credentials(PAIR, held)
    assert raised.value.field == missing
    assert {"apiKey": "Settings", "apiSecret": "Shown once"}[missing] in raised.value.message


def by_country() -> Provider:
    options = (Option("domain", "Your country's fair", "fair.test"),)
    return replace(made_up({}, options=options), base="https://{domain}/api")


@pytest.mark.parametrize(
    "values, base_url, api",
    [
        ({}, None, "https://fair.test/api"),
        ({"domain": "fair.example"}, None, "https://fair.example/api"),
        ({"domain": "fair.example"}, "https://proxy.example/x", "https://proxy.example/x"),
    ],
)
def test_an_option_names_the_host(values: dict[str, str], base_url: str | None, api: str) -> None:
    assert addresses(by_country(), values, base_url) == {"api": api}


@pytest.mark.parametrize(
    "domain", ["fair.test/x", "fair.test:8443", "a@fair.test", "fair", "fair.test?", "https://fair.test"]
)
def test_what_is_no_host_is_no_option(domain: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        addresses(by_country(), {"domain": domain}, None)
    assert raised.value.field == "domain"


def purchase(row: Row) -> UnifiedOrder | None:
    return UnifiedOrder(id=row.id()) if row.ref("event") == row.event.ref("id") else None


DAYS = made_up(
    {
        "events": Stream(GET("/events"), "", event),
        "event": Stream(GET("/events/{event}"), "", event),
        "orders": Stream(
            GET("/orders"),
            "",
            purchase,
            wide=GET("/orders"),
            event="event",
            since=Since("changed", "after", format="%Y-%m-%d", by="at", begins="made"),
        ),
    }
)
EVENING = datetime(2026, 3, 2, 20, 0, 0, 500_000, tzinfo=UTC)
BOUGHT = [
    {"id": 1, "event": 7, "at": "2026-03-02T08:00:00Z"},
    {"id": 2, "event": 8, "at": "2026-03-02T21:00:00Z"},
    {"id": 3, "event": 7, "at": "2026-03-02T20:00:00Z"},
]


@pytest.mark.parametrize(
    "made, since, day, ids",
    [
        ("2026-02-01T23:30:00-03:00", None, "2026-02-02", ["1", "3"]),
        ("2026-02-01T23:30:00-03:00", EVENING, "2026-03-02", ["3"]),
        ("some day", None, None, ["1", "3"]),
        (None, None, None, ["1", "3"]),
    ],
)
async def test_a_list_is_asked_from_the_beginning_of_its_event(
    made: str | None, since: datetime | None, day: str | None, ids: list[str]
) -> None:
    """And what changed within the second asked for comes back, as platforms cut their times to seconds."""
    platform = Platform({"/events/7": {"id": 7, "made": made}, "/orders": BOUGHT})
    async with connector(DAYS, platform) as fair:
        found = [one.id async for one in fair.stream_orders("7", since=since)]
    assert found == ids
    assert platform.asked[-1].url.params.get("after") == day


async def test_a_list_of_everything_has_no_beginning() -> None:
    platform = Platform({"/events/7": {"id": 7, "made": "2026-02-01T00:00:00Z"}, "/events/8": {"id": 8}})
    platform.answers = {**platform.answers, "/orders": BOUGHT}
    async with connector(DAYS, platform) as fair:
        assert [one.id async for one in fair.stream_orders()] == ["1", "2", "3"]
    assert not platform.asked[0].url.query


@pytest.mark.parametrize(
    "link, more, fails",
    [
        ("/events?after=2", True, False),
        ("/events?page=2", True, True),
        ("/events?after=", True, True),
        ("/events?page=2", False, False),
        (None, True, False),
    ],
)
async def test_a_link_without_its_parameter_is_no_end(link: str | None, more: bool, fails: bool) -> None:
    pages = Cursor("after", link="next", more="more")
    listing = made_up({"events": Stream(GET("/events"), "data", event, pager=pages)})
    first = {"data": [{"id": 1, "name": "One"}], "next": link, "more": more}
    rest = {"data": [{"id": 2, "name": "Two"}], "next": None, "more": False}
    platform = Platform({"/events": lambda request: rest if request.url.query else first})
    async with connector(listing, platform) as fair:
        if fails:
            with pytest.raises(InvalidResponse, match="without after"):
                _ = [one async for one in fair.stream_events()]
            return
        found = [one.id async for one in fair.stream_events()]
    assert found == (["1", "2"] if link and more else ["1"])


@pytest.mark.parametrize(
    "amount, quantity, whole", [("19.50", 3, "58.50"), ("3500", 0, "0"), (None, 2, None), ("1.00", None, None)]
)
def test_what_so_many_cost(amount: str | None, quantity: int | None, whole: str | None) -> None:
    assert times(Decimal(amount) if amount else None, quantity) == (Decimal(whole) if whole else None)


@pytest.mark.parametrize("amounts, sum", [(["1.50", "2.00"], "3.50"), (["1.50", None], None), ([], "0")])
def test_a_sum_is_complete_or_unknown(amounts: list[str | None], sum: str | None) -> None:
    known = [Decimal(amount) if amount else None for amount in amounts]
    assert sum_complete(known, "EUR") == (Decimal(sum) if sum else None)


# JSON-LD: ids are paths, a next link has two forms, and the owner is oneself unless another is named


@pytest.mark.parametrize(
    "said, id",
    [
        ("/v1/shows/71", "71"),
        ({"@id": "/v1/shows/71", "title": "Show"}, "71"),
        ({"@id": "/v1/shows/71", "id": 5}, "5"),
        ("shows/71", "shows/71"),
        ("/v1/shows/", None),
        ({"@id": None}, None),
    ],
)
def test_the_id_in_a_path_is_its_last_part(said: Any, id: str | None) -> None:
    assert Row({"show": said}).ref("show") == id


def shows(first: Mapping[str, Any], options: Mapping[str, str]) -> tuple[Connector, Platform]:
    """Two pages of shows, the first of which tells in its own way that it is not the last."""
    pages = Pages("page", more=("next", "view.next"), silence_ends=True)
    call = GET("/shows", owner="{owner}", user=Unless("owner", "me"))
    listing = made_up({"events": Stream(call, "member", event_at, pager=pages)})
    one, two = ({"member": [{"@id": f"/shows/{number}"}]} for number in (1, 2))
    platform = Platform({"/shows": lambda request: two if request.url.params["page"] == "2" else {**one, **first}})
    http = Http(httpx2.MockTransport(platform))
    hosts = {"api": listing.base}
    return Connector(listing, "default", {"apiKey": KEY}, options, hosts, MemoryVault({"apiKey": KEY}), http), platform


def event_at(row: Row) -> UnifiedEvent:
    return UnifiedEvent(id=row.id("@id"))


@pytest.mark.parametrize(
    "first, ids",
    [
        ({"next": "/shows?page=2"}, ["1", "2"]),
        ({"view": {"next": "/shows?page=2"}}, ["1", "2"]),
        ({"next": None, "view": {"last": "/shows?page=1"}}, ["1"]),
        ({}, ["1"]),
    ],
)
async def test_any_of_two_forms_of_a_next_link_leads_on(first: Mapping[str, Any], ids: list[str]) -> None:
    fair, _ = shows(first, {})
    async with fair:
        assert [one.id async for one in fair.stream_events()] == ids


@pytest.mark.parametrize(
    "options, sent", [({}, {"user": "me"}), ({"owner": ""}, {"user": "me"}), ({"owner": "7"}, {"owner": "7"})]
)
async def test_one_parameter_may_stand_for_another(options: dict[str, str], sent: dict[str, str]) -> None:
    fair, platform = shows({}, options)
    async with fair:
        await fair.get_events()
    assert dict(platform.asked[0].url.params) == {**sent, "page": "1"}


# Hosts whose address nobody publishes, a token in the query, pages that must not be small, and advice of its own


OFFICE = made_up(
    {
        "events": Stream(
            GET("/events"), "data", event, pager=Pages("page", "rows", largest=20, smallest=10, count="total")
        ),
        "orders": Stream(GET("/orders", "office"), "[]", event, evidence="assumed"),
    },
    auth="oauth2",
    hosts={"office": "", "token": ""},
    sign=OAuth2("token:", ("refresh_token",), send=Query(access_token="{accessToken}")),
    credentials=(
        Credential("clientId", "Desk", secret=False),
        Credential("clientSecret", "Desk"),
        Credential("accessToken", "Desk"),
        Credential("refreshToken", "Desk"),
    ),
    enough=(("accessToken",),),
    unsupported={"orders": "the office is for members."},
    advice={"auth": "Ask the desk.", "forbidden": "Ask the guard.", "bad": "Come back by day."},
)
OLD, NEW = "fair_test_canary_old", "fair_test_canary_new"
HELD = {"clientId": "c1", "clientSecret": "fair_test_canary_secret", "accessToken": OLD, "refreshToken": "r1"}


def office(answers: Mapping[str, Any], **hosts: str) -> tuple[Connector, Platform]:
    platform, found = Platform(answers), addresses(OFFICE, HELD, hosts)
    http = Http(httpx2.MockTransport(platform))
    return Connector(OFFICE, "default", HELD, {}, found, MemoryVault(HELD), http), platform


async def test_what_is_asked_of_a_host_without_an_address_is_not_offered() -> None:
    fair, platform = office({})
    async with fair:
        for ask, capability in ((fair.get_orders, "orders"), (fair.get_revenue, "revenue")):
            with pytest.raises(Unsupported) as raised:
                await ask("1")
            assert raised.value.advice == "Give the connection the address of the host office."
            assert raised.value.capability == capability
    assert platform.asked == []
    assert (OFFICE.unpublished_host("revenue"), OFFICE.unpublished_host("events")) == ("office", None)


async def test_a_connection_may_give_the_address() -> None:
    fair, platform = office({"/events/1": {}, "/orders": [], "/events": {"data": [{"id": 1}]}}, office="https://o.test")
    async with fair:
        await fair.get_orders("1")
    assert platform.asked[0].url.host == "o.test"
    with pytest.raises(ConfigurationError, match="not https"):
        office({}, office="http://o.test")
    with pytest.raises(ConfigurationError) as raised:
        office({}, billing="https://o.test")
    assert "api, office, token" in raised.value.advice


def by_token(request: httpx2.Request) -> Any:
    said = request.url.params.get("access_token")
    return {"data": [{"id": 1}], "total": 1} if said == NEW else httpx2.Response(401, json={})


async def test_a_token_is_renewed_only_where_somebody_says_where() -> None:
    renewed = {"access_token": NEW, "expires_in": 60}
    fair, platform = office({"/events": by_token, "/renew": renewed}, token="https://t.test/renew")
    async with fair:
        assert [one.id for one in (await fair.get_events()).items] == ["1"]
    assert platform.paths == ["/events", "/renew", "/events"]

    fair, platform = office({"/events": by_token})
    async with fair:
        with pytest.raises(AuthenticationFailed) as raised:
            await fair.get_events()
    assert (raised.value.advice, platform.paths) == ("Ask the desk.", ["/events"])


@pytest.mark.parametrize(
    "answer, error, advice",
    [
        (httpx2.Response(403, json={}), PermissionDenied, "Ask the guard."),
        (httpx2.Response(200, text="<html>"), InvalidResponse, "Come back by day."),
        (httpx2.Response(404, json={}), NotFound, "Check the id: a list of events shows the ids that exist."),
    ],
)
async def test_a_platform_may_have_its_own_advice(
    answer: httpx2.Response, error: type[ProviderError], advice: str
) -> None:
    fair, _ = office({"/events": lambda _: answer})
    async with fair:
        with pytest.raises(error) as raised:
            await fair.get_events()
    assert raised.value.advice == advice


@pytest.mark.parametrize("size, rows", [(1, "10"), (10, "10"), (15, "15"), (50, "20")])
async def test_a_page_is_neither_too_large_nor_too_small(size: int, rows: str) -> None:
    fair, platform = office({"/events": {"data": [{"id": 1}, {"id": 2}], "total": 2}})
    async with fair:
        page = await fair.get_events(page_size=size)
    assert (len(page.items), platform.asked[0].url.params["rows"]) == (min(size, 2), rows)


async def test_a_last_page_that_repeats_the_one_before_is_no_end_where_rows_are_counted() -> None:
    fair, _ = office({"/events": {"data": [{"id": number} for number in range(10)], "total": 12}})
    async with fair:
        with pytest.raises(InvalidResponse, match="again and again"):
            _ = [one async for one in fair.stream_events()]


@pytest.mark.parametrize(
    "images, paths",
    [
        ({"7": {"w": 1}, "9": {"w": 2}, "8": None}, ["images.7", "images.9"]),
        ([{"w": 1}, {"w": 2}], ["images.0", "images.1"]),
        ({}, []),
        (None, []),
        ({"7": 1}, ["images.7"]),
    ],
)
def test_an_object_may_be_a_list_by_id(images: object, paths: list[str]) -> None:
    assert [one.path for one in Row({"images": images}).members("images")] == paths


# A listing that an option or an address adds to another, or that another takes the place of

SHOP = made_up(
    {
        "events": Stream(GET("/events"), "rows", event),
        "attendees": (Stream(GET("/people"), "rows"), Stream(GET("/staff"), "rows", when="staff", evidence="partial")),
        "orders": Stream(GET("/orders"), "rows", when="orders"),
        "tickets": (
            Stream(GET("/kinds", "desk"), "rows", evidence="assumed"),
            Stream(None, "kinds?", inside=True, spare=True, evidence="partial"),
        ),
    },
    hosts={"desk": "", "login": "https://login.fair.test"},
)


@pytest.mark.parametrize(
    "options, hosts, kind, read",
    [
        ({}, {"api"}, "attendees", [None]),
        ({"staff": True}, {"api"}, "attendees", [None, "staff"]),
        ({"staff": False}, {"api"}, "attendees", [None]),
        ({}, {"api"}, "orders", ["orders"]),
    ],
)
def test_a_part_that_an_option_adds_is_left_out_without_it(
    options: dict[str, bool], hosts: set[str], kind: str, read: list[str | None]
) -> None:
    assert [part.when for part in SHOP.offering(options, hosts).parts(kind)] == read


@pytest.mark.parametrize("hosts, read", [({"api"}, ["api"]), ({"api", "desk"}, ["desk"])])
def test_a_spare_part_is_read_only_where_no_other_can_be(hosts: set[str], read: list[str]) -> None:
    assert [part.host for part in SHOP.offering({}, hosts).parts("tickets")] == read


def test_what_is_said_of_a_listing_is_what_it_is_without_options() -> None:
    assert {kind: SHOP.evidence(kind) for kind in ("tickets", "attendees")} == {
        "tickets": "partial",
        "attendees": "documented",
    }
    assert {kind: SHOP.needs(kind) for kind in ("tickets", "attendees", "orders", "revenue")} == {
        "tickets": None,
        "attendees": None,
        "orders": "orders",
        "revenue": "orders",
    }
    assert SHOP.unpublished_host("tickets") is None


@pytest.mark.parametrize("said, count", [("12", 12), (12, 12), ("-1", None), ("twelve", None), ("١٢", 12), ("²", None)])
def test_a_count_may_be_text(said: Any, count: int | None) -> None:
    assert Offset("offset", count="total").total({"total": said}) == count


@pytest.mark.parametrize(
    "name, said, sent",
    [
        ("starts_after", "2027-07-01T23:30:00.5Z", "2027-07-02"),
        ("starts_before", "2027-07-01T22:30:00Z", "2027-07-02"),
        ("starts_before", "2027-07-01T23:30:00.5Z", "2027-07-03"),
    ],
)
def test_a_filter_by_dates_is_rounded_outwards_in_its_zone(name: str, said: str, sent: str) -> None:
    dated = Stream(GET("/events"), filters={name: Filter("day", format="%Y-%m-%d", zone="Europe/London")})
    assert sort_out("events", dated, {name: datetime.fromisoformat(said)}).sent == {"day": sent}


# A call for what a row lacks; listings that are bare arrays; tickets that lie in orders and name only their type


def opera(row: Row) -> UnifiedEvent:
    dates = row.looked_up("dates")
    return UnifiedEvent(id=row.id(), starts_at=row.moment("start") or (dates.moment("[0]") if dates else None))


def seat(row: Row) -> UnifiedAttendee | None:
    kinds = row.joined("kinds", row.ref("kind"))
    return UnifiedAttendee(id=row.id(), event_id=kinds[0].ref("event")) if kinds else None


dates = Lookup(GET("/opera/{row.id}/dates"), lambda answer: [answer], lacking="start")
SEATS = Stream(
    GET("/orders"),
    "[].seats[]",
    seat,
    wide=GET("/orders"),
    since=Since("client", by="changed"),
    join={"kinds": Join("kinds", "id"), "houses": Join("houses", "id")},
)
OPERA = made_up(
    {
        "events": Stream(GET("/operas"), "[]", opera, lookup={"dates": dates}),
        "event": Stream(GET("/opera/{event}"), "", opera, lookup={"dates": dates}),
        "kinds": Stream(GET("/opera/{event}/kinds"), "[]"),
        "houses": Stream(GET("/houses"), "[]"),
        "attendees": SEATS,
    },
    sign=Header(Authorization="Bearer {apiKey}", House="{house}"),
    credentials=(Credential("apiKey", "Tools"), Credential("house", "Tools", secret=False)),
)
TOSCA, AIDA = {"id": "tosca", "start": "2027-03-01T19:00:00Z"}, {"id": "aida"}


def opera_house() -> Platform:
    seats = {"early": ["t1", "a1"], "late": ["a2", "x1"]}
    changed = {"early": "2026-01-01T00:00:00Z", "late": "2026-05-01T00:00:00Z"}
    rows = {id: {"id": id, "kind": f"kind-{id[0]}"} for ids in seats.values() for id in ids}
    rows["a1"]["changed"] = "2026-04-01T00:00:00Z"
    return Platform(
        {
            "/operas": [TOSCA, AIDA],
            "/houses": [{"id": "scala"}],
            "/opera/tosca": TOSCA,
            "/opera/aida": AIDA,
            "/opera/aida/dates": ["2027-04-01T20:00:00+02:00", "2027-04-02T20:00:00+02:00"],
            "/opera/tosca/kinds": [{"id": "kind-t", "event": "tosca"}],
            "/opera/aida/kinds": [{"id": "kind-a", "event": "aida"}],
            "/orders": [{"changed": changed[at], "seats": [rows[id] for id in ids]} for at, ids in seats.items()],
        }
    )


async def test_what_a_row_lacks_is_looked_up_and_nothing_else() -> None:
    platform = opera_house()
    async with connector(OPERA, platform, apiKey=KEY) as fair:
        listed = (await fair.get_events()).items
        alone = [await fair.get_event(one.id) for one in listed]
    assert [one.starts_at for one in listed] == [
        datetime(2027, 3, 1, 19, tzinfo=UTC),
        datetime(2027, 4, 1, 18, tzinfo=UTC),
    ]
    assert alone == listed
    assert platform.paths == ["/operas", "/opera/aida/dates", "/opera/tosca", "/opera/aida", "/opera/aida/dates"]


@pytest.mark.parametrize("answer", [{}, None, "text", {"id": "tosca"}])
async def test_what_should_be_a_bare_array_is_one(answer: object) -> None:
    async with connector(OPERA, Platform({"/operas": answer}), apiKey=KEY) as fair:
        with pytest.raises(InvalidResponse, match="list"):
            await fair.get_events()


async def test_the_joined_listings_of_a_walk_over_all_events_are_those_of_each() -> None:
    platform = opera_house()
    async with connector(OPERA, platform, apiKey=KEY) as fair:
        one = [(seat.id, seat.event_id) for seat in await fair.get_attendees("aida")]
        all_ = [(seat.id, seat.event_id) for seat in await fair.get_attendees()]
    assert one == [("a1", "aida"), ("a2", "aida")]
    assert all_ == [("t1", "tosca"), *one]
    assert platform.paths == [
        *["/opera/aida/kinds", "/houses", "/orders"],
        *["/operas", "/opera/tosca/kinds", "/opera/aida/kinds", "/houses", "/orders"],
    ]


@pytest.mark.parametrize(
    "since, ids",
    [
        (datetime(2026, 1, 1, tzinfo=UTC), ["t1", "a1", "a2"]),
        (datetime(2026, 4, 1, tzinfo=UTC), ["a1", "a2"]),
        (datetime(2026, 5, 1, tzinfo=UTC), ["a2"]),
    ],
)
async def test_a_row_is_as_new_as_what_it_lies_in(since: datetime, ids: list[str]) -> None:
    async with connector(OPERA, opera_house(), apiKey=KEY) as fair:
        assert [seat.id for seat in await fair.get_attendees(since=since)] == ids


@pytest.mark.parametrize("house, sent", [({}, None), ({"house": "scala"}, "scala")])
async def test_a_header_without_a_value_is_left_out(house: dict[str, str], sent: str | None) -> None:
    platform = opera_house()
    async with connector(OPERA, platform, apiKey=KEY, **house) as fair:
        await fair.get_event("tosca")
    assert platform.asked[0].headers.get("House") == sent


@pytest.mark.parametrize(
    "amount, part, whole, share_, left",
    [
        ("3.00", "10", "40", "0.75", "-7.00"),
        ("1.00", "1", "3", "0.3333333333333333333333333333", "0.00"),
        ("3.00", "0", "0", None, "3.00"),
        ("3.00", None, "40", None, None),
        (None, "10", "40", None, None),
    ],
)
def test_parts_of_amounts(
    amount: str | None, part: str | None, whole: str, share_: str | None, left: str | None
) -> None:
    given, taken = (None if one is None else Decimal(one) for one in (amount, part))
    assert share(given, taken, Decimal(whole)) == (None if share_ is None else Decimal(share_))
    assert less(given, taken) == (None if left is None else Decimal(left))


# Another API of the same platform that an option chooses


MEMBERS = made_up(
    {"events": Stream(GET("/members"), "[]", event, evidence="assumed"), "orders": Stream(GET("/o"), "[]", event)},
    options=(
        Option("api_mode", "Which API", "members", choices=("members", "street")),
        Option("stand", "Where you stand", type="whole"),
    ),
)
STREET = replace(
    MEMBERS,
    enough=((),),
    sign=Header(Referer="https://fair.test"),
    options=(MEMBERS.options[0], replace(MEMBERS.options[1], needed=True)),
    unsupported={"orders": "the street knows none.", "revenue": "the street knows none."},
    streams={"events": Stream(POST("/street", {"stand": "{stand}"}), "[]", event)},
)
GATES = replace(MEMBERS, modes={"street": STREET})


def at_the_gate(platform: Platform, credentials: Mapping[str, str], **options: Any) -> Connector:
    provider = GATES.in_mode(options)
    held, settings = checked_credentials(provider, credentials), checked_options(provider, options)
    http = Http(httpx2.MockTransport(platform))
    return Connector(provider, "default", held, settings, {"api": provider.base}, MemoryVault(held), http)


async def test_a_mode_is_a_provider_of_its_own() -> None:
    platform = Platform({"/members": [{"id": 1}], "/street": [{"id": 2}]})
    async with at_the_gate(platform, {"apiKey": KEY}, stand="7") as fair:
        assert [one.id for one in await fair.get_events()] == ["1"]
        assert "orders" in fair.provider.capabilities
    async with at_the_gate(platform, {}, api_mode="street", stand="7") as fair:
        assert [one.id for one in await fair.get_events()] == ["2"]
        with pytest.raises(Unsupported, match="the street knows none"):
            await fair.get_revenue("2")
    first, second = platform.asked
    assert (first.headers.get("authorization"), second.headers.get("authorization")) == (f"Bearer {KEY}", None)
    assert json.loads(second.content) == {"stand": 7}


@pytest.mark.parametrize(
    "options, field",
    [
        ({}, "apiKey"),
        ({"api_mode": "roof"}, "apiKey"),
        ({"api_mode": "street"}, "stand"),
        ({"api_mode": "street", "stand": ""}, "stand"),
        ({"api_mode": "street", "stand": "seven"}, "stand"),
        ({"api_mode": "street", "stand": "-7"}, "stand"),
        ({"api_mode": "street", "stand": "7" * 10}, "stand"),
    ],
)
def test_a_mode_says_what_it_lacks(options: dict[str, str], field: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        at_the_gate(Platform({}), {}, **options)
    assert (raised.value.field, bool(raised.value.advice)) == (field, True)


def test_an_option_has_one_of_its_values() -> None:
    with pytest.raises(ConfigurationError, match="members, street"):
        checked_options(GATES, {"api_mode": "roof"})


# An answer that gives a record twice


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_a_record_that_is_twice_in_an_answer_is_given_once_and_leads_on(size: int) -> None:
    rows = [{"id": id} for id in ("a", "b", "a", "c", "b", "d")]
    async with connector(made_up({"events": Stream(GET("/e"), "[]", event)}), Platform({"/e": rows})) as fair:
        page = await fair.get_events(page_size=size)
        found = [one.id for one in page]
        while page.next_cursor and len(found) < len(rows):
            page = await fair.get_events(page_size=size, cursor=page.next_cursor)
            found += [one.id for one in page]
    assert found == ["a", "b", "c", "d"]


# A gazette: its own words for filters and the size of a page, changes after a moment, names beside a single event


def notice(row: Row) -> UnifiedEvent:
    topics = row.joined("topics", row.ref("topic"))
    venue = row.venue("at", name=("hall", "street+yard"), address="street+yard")
    return UnifiedEvent(
        id=row.id(), category=topics[0].text("name") if topics else None, venue=venue, updated_at=row.moment("changed")
    )


NAMED = {"topics": Join("topics", "id")}
GAZETTE = made_up(
    {
        "events": Stream(
            GET("/notices"),
            "[]",
            notice,
            pager=Pages("page", "most", largest=4),
            exact=True,
            join=NAMED,
            since=Since("changed", "newer", by="changed", exclusive=True),
            filters={
                "most": Filter("most", type="size"),
                "everywhere": Filter("everywhere", type="flag"),
                "newer": Filter("newer", type="time"),
                "kind": Filter("kind", words={"big": "B", "small": "S"}),
            },
        ),
        "event": Stream(GET("/notices/{event}"), "", notice, join=NAMED),
        "topics": Stream(GET("/topics"), "[]"),
    }
)
NOTICES = [{"id": n, "topic": n % 3, "changed": f"2026-03-0{n}T12:00:00Z"} for n in range(1, 10)]


def gazette(**answers: Any) -> tuple[Connector, Platform]:
    def notices(request: httpx2.Request) -> Any:
        said = request.url.params
        newer, size, page = said.get("newer", ""), int(said["most"]), int(said["page"])
        return [one for one in NOTICES if str(one["changed"]) > newer][(page - 1) * size : page * size]

    topics = [{"id": 1, "name": "Music"}, {"id": 2, "name": "Markets"}]
    platform = Platform({"/notices": notices, "/topics": topics, "/notices/4": NOTICES[3], **answers})
    return connector(GAZETTE, platform), platform


async def test_a_single_event_is_read_beside_the_same_siblings_as_in_the_list() -> None:
    fair, platform = gazette()
    async with fair:
        listed = {one.id: one.category for one in await fair.get_events()}
        assert (await fair.get_event("4")).category == listed["4"] == "Music"
    assert (listed["2"], listed["3"]) == ("Markets", None)
    assert platform.paths[-2:] == ["/notices/4", "/topics"]


async def test_a_sibling_that_fails_is_told_by_what_was_asked_for() -> None:
    fair, _ = gazette(**{"/topics": httpx2.Response(403, json={})})
    async with fair:
        for ask, operation in ((fair.get_events(), "get_events"), (fair.get_event("4"), "get_event")):
            with pytest.raises(PermissionDenied) as raised:
                await ask
            assert raised.value.operation == operation


@pytest.mark.parametrize("most, sizes", [(3, ["3"]), ("2", ["2"]), (7, ["4", "4"])])
async def test_a_platforms_word_for_the_size_of_a_page_stands_for_it(most: Any, sizes: list[str]) -> None:
    fair, platform = gazette()
    async with fair:
        first = await fair.get_events(filters={"most": most})
        assert [one.id for one in first] == [str(number) for number in range(1, int(most) + 1)]
        assert [one.url.params["most"] for one in platform.asked if one.url.path == "/notices"] == sizes
        following = await fair.get_events(filters={"most": most}, cursor=first.next_cursor)
        second = await fair.get_events(filters={"most": most}, page=2)
    assert [one.id for one in following] == [one.id for one in second]
    assert (first.page_size, following.page_size) == (int(most), int(most))


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("most", 0, "from 1 to 1000"),
        ("most", "1001", "from 1 to 1000"),
        ("most", "many", "whole number"),
        ("most", None, "whole number"),
        ("everywhere", "perhaps", "true nor false"),
        ("newer", "yesterday", "not a time"),
        ("newer", "2026-03-01T00:00:00", "no time zone"),
        ("kind", "medium", "big, small"),
        ("kind", ["big"], "big, small"),
    ],
)
async def test_a_filter_of_one_platforms_own_is_read_before_any_request(name: str, value: Any, said: str) -> None:
    fair, platform = gazette()
    async with fair:
        with pytest.raises(InvalidArgument, match=said) as raised:
            await fair.get_events(filters={name: value})
    assert (raised.value.param, platform.asked) == (name, [])


@pytest.mark.parametrize(
    "name, value, sent",
    [
        ("everywhere", True, "true"),
        ("everywhere", "FALSE", "false"),
        ("newer", "2026-03-01T01:00:00+01:00", "2026-03-01T00:00:00Z"),
        ("kind", "big", "B"),
    ],
)
async def test_a_filter_of_one_platforms_own_is_sent_in_its_words(name: str, value: Any, sent: str) -> None:
    fair, platform = gazette()
    async with fair:
        first = await fair.get_events(filters={name: value}, page_size=1)
        await fair.get_events(cursor=first.next_cursor)
    assert {one.url.params[name] for one in platform.asked if one.url.path == "/notices"} == {sent}


async def test_what_changed_at_the_very_moment_is_there_though_the_platform_leaves_it_out() -> None:
    fair, platform = gazette()
    moment = datetime(2026, 3, 4, 12, tzinfo=UTC)
    async with fair:
        assert [one.id for one in await fair.get_events(since=moment)] == [*"456789"]
        assert [one.id for one in await fair.get_events(since=moment, page=2, page_size=4)] == [*"89"]
    assert {one.url.params.get("newer") for one in platform.asked} == {None, "2026-03-04T11:59:59Z"}


async def test_no_page_is_jumped_to_where_rows_are_left_out() -> None:
    """A platform that heeds no `newer` gives all, and what is older is dropped here: its page 2 is not ours."""
    fair, _ = gazette(**{"/notices": lambda one: NOTICES[(int(one.url.params["page"]) - 1) * 4 :][:4]})
    async with fair:
        page = await fair.get_events(since=datetime(2026, 3, 3, 12, tzinfo=UTC), page=2, page_size=4)
    assert [one.id for one in page] == [*"789"]


@pytest.mark.parametrize(
    "place, name, address",
    [
        ({"hall": "Hall", "street": "1 Lane", "yard": "Yard 2"}, "Hall", "1 Lane, Yard 2"),
        ({"street": "1 Lane", "yard": ""}, "1 Lane", "1 Lane"),
        ({"yard": "Yard 2"}, "Yard 2", "Yard 2"),
        ({"hall": "Hall"}, "Hall", None),
    ],
)
def test_a_field_of_a_place_may_be_given_in_two_parts(place: object, name: str, address: str | None) -> None:
    venue = notice(Row({"id": 1, "at": place})).venue
    assert venue
    assert (venue.name, venue.address) == (name, address)


@pytest.mark.parametrize(
    "status, error", [(401, AuthenticationFailed), (403, PermissionDenied), (410, Removed), (400, Rejected)]
)
@pytest.mark.parametrize(
    "body", [{"errors": ["it is\nso"]}, {"error": "it is so"}, {"errors": [{"detail": "it is so"}]}]
)
async def test_what_a_platform_says_of_an_error_is_found(status: int, error: type[ProviderError], body: object) -> None:
    fair, _ = gazette(**{"/topics": httpx2.Response(status, json=body)})
    async with fair:
        with pytest.raises(error) as raised:
            await fair.get_events()
    assert raised.value.platform_message == "it is so"


# Listings that one platform alone has


def clipping(row: Row) -> PlatformRecord:
    return PlatformRecord(id=row.id("no"), values=row.data)


class OfPaper(Inputs):
    paper: Id
    after: Time | None = None
    word: Text | None = None


ARCHIVE = made_up(
    {"events": Stream(GET("/events"), "[]", event)},
    listings={
        "papers": OwnListing(Stream(GET("/papers"), "[]", clipping), "All papers"),
        "clippings": OwnListing(
            Stream(
                GET("/papers/{paper}/clippings", after="{after}", word="{word}"),
                "data",
                clipping,
                pager=Cursor("from", next="next", size="limit", largest=2),
            ),
            "What was cut out of a paper",
            OfPaper,
        ),
    },
)


def archive() -> tuple[Connector, Platform]:
    def clippings(request: httpx2.Request) -> Any:
        start = int(request.url.params.get("from", 0))
        rows = [{"no": number, "price": Decimal("1.5")} for number in range(start, min(start + 2, 5))]
        return httpx2.Response(200, text=json.dumps({"data": rows, "next": start + 2}, default=float))

    platform = Platform({"/papers/a b/clippings": clippings, "/papers": [{"no": 7, "name": "Post"}, {"name": "?"}]})
    return connector(ARCHIVE, platform), platform


async def test_a_listing_of_the_platforms_own_gives_its_rows() -> None:
    fair, _ = archive()
    async with fair:
        page = await fair.get_listing("papers")
    (paper,) = page.items
    assert (paper.id, paper.values, paper.provider, paper.reference) == (
        "7",
        {"no": 7, "name": "Post"},
        "fair",
        "fair:7",
    )
    assert [problem.reason for problem in page.problems] == ["no identity"]
    assert "papers" not in fair.provider.capabilities


async def test_it_is_asked_with_its_inputs_and_read_page_by_page() -> None:
    fair, platform = archive()
    given = {"paper": "a b", "after": "2026-03-01T01:00:00+01:00", "word": " fair "}
    async with fair:
        first = await fair.get_listing("clippings", given, page_size=3)
        following = await fair.get_listing("clippings", given, cursor=first.next_cursor)
        assert [one.id for one in await fair.get_listing("clippings", given, page=2, page_size=2)] == ["2", "3"]
        with pytest.raises(InvalidArgument, match="another"):
            await fair.get_listing("clippings", {"paper": "b"}, cursor=first.next_cursor)
    assert [[one.id for one in page] for page in (first, following)] == [["0", "1", "2"], ["3", "4"]]
    assert following.items[0].dump()["values"] == {"no": 3, "price": "1.5"}
    assert platform.asked[0].url.raw_path.startswith(b"/papers/a%20b/clippings?")
    assert {(one.url.params["after"], one.url.params["word"]) for one in platform.asked} == {
        ("2026-03-01T00:00:00Z", "fair")
    }


@pytest.mark.parametrize(
    "name, given, param, said",
    [
        ("postcards", {}, "name", "papers, clippings"),
        ("events", {}, "name", "papers, clippings"),
        ("clippings", {}, "paper", "missing"),
        ("clippings", {"paper": ""}, "paper", "cannot be used"),
        ("clippings", {"paper": "a/b"}, "paper", "cannot be an id"),
        ("clippings", {"paper": ".."}, "paper", "cannot be an id"),
        ("clippings", {"paper": "a", "after": "2026-03-01T00:00:00"}, "after", "offset or Z"),
        ("clippings", {"paper": "a", "word": "  "}, "word", "at least 1"),
        ("clippings", {"paper": "a", "colour": "red"}, "colour", "paper, after, word"),
        ("papers", {"paper": "a"}, "paper", "nothing"),
    ],
)
async def test_what_it_cannot_be_asked_with_is_refused_before_any_request(
    name: str, given: Mapping[str, Any], param: str, said: str
) -> None:
    fair, platform = archive()
    async with fair:
        with pytest.raises(InvalidArgument) as raised:
            await fair.get_listing(name, given)
    assert said in str(raised.value)
    assert (raised.value.param, platform.asked) == (param, [])

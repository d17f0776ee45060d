import json
from typing import Any

import httpx2
import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.misbehaviour import ELSEWHERE
from spekta.sandbox.providers import services
from tests.sandbox.accounts import ORDERS, ORGANIZATIONS, Dice, Eventbrite, HelloAsso, Pretix, TicketTailor

pytestmark = pytest.mark.anyio

each_provider = pytest.mark.parametrize("slug", sorted(ORDERS))
LINKED = ("ticket-tailor", "shotgun", "billetto", "yurplan", "mapado", "pretix")
LISTED = {"yurplan": 206}  # the status of a list that is given in part
STATUS = {
    "ticket-tailor": ("status",),
    "shotgun": ("ticket_status",),
    "pretix": ("status",),
    "eventbrite": ("status",),
    "helloasso": ("items", 0, "state"),
    "billetto": ("state",),
    "accelevents": ("status",),
    "eventix": ("status",),
    "yurplan": ("status",),
    "mapado": ("status",),
    "axs": ("status",),
    "regfox": ("status",),
    "equaticket": ("status",),
}
CURSORS = {
    "eventbrite": ("pagination", "continuation"),
    "ticket-tailor": ("links", "next"),
    "shotgun": ("pagination", "next"),
    "dice": ("data", "viewer", "orders", "pageInfo", "endCursor"),
    "axs": ("meta", "total"),
    "billetto": ("next_url",),
    "eventix": ("hits", "total"),
    "yurplan": ("paging", "cursors", "next", "href"),
    "mapado": ("hydra:nextPage",),
    "helloasso": ("pagination", "continuationToken"),
    "accelevents": ("recordsFiltered",),
    "regfox": ("startingAfter",),
    "pretix": ("next",),
    "equaticket": ("next_cursor",),
}
IDS = {"pretix": "code", "shotgun": "ticket_id", "accelevents": "orderId", "eventix": "guid", "mapado": "@id"}


def rows_of(slug: str, answer: dict[str, Any]) -> list[dict[str, Any]]:
    if slug == "dice":
        return [edge["node"] for edge in answer["data"]["viewer"]["orders"]["edges"]]
    if slug == "eventix":
        return [hit["_source"] for hit in answer["hits"]["hits"]]
    names = {"pretix": "results", "yurplan": "results", "eventbrite": "orders", "mapado": "hydra:member"}
    rows: list[dict[str, Any]] = answer[names.get(slug, "data")]
    return rows


def ids_of(slug: str, answer: dict[str, Any]) -> list[Any]:
    return [row[IDS.get(slug, "id")] for row in rows_of(slug, answer)]


def cursor_of(slug: str, answer: dict[str, Any]) -> Any:
    at: Any = answer
    for key in CURSORS[slug]:
        at = at.get(key)
    return at


def test_every_provider_of_the_sandbox_is_tested_here() -> None:
    assert set(ORDERS) <= set(services())


@each_provider
@pytest.mark.parametrize(
    "kind, status",
    [("unauthorized", 401), ("forbidden", 403), ("not_found", 404), ("rate_limited", 429), ("error_always", 500)],
)
async def test_refusals(client: httpx2.AsyncClient, sandbox: Sandbox, slug: str, kind: Any, status: int) -> None:
    sandbox.misbehave(slug, kind, path="orders")

    assert [(await ORDERS[slug](client)).status_code for _ in range(2)] == [status, status]
    sandbox.behave()
    assert (await ORDERS[slug](client)).status_code == LISTED.get(slug, 200)


@each_provider
async def test_an_error_once(client: httpx2.AsyncClient, sandbox: Sandbox, slug: str) -> None:
    sandbox.misbehave(slug, "error_once")

    assert [(await ORDERS[slug](client)).status_code for _ in range(2)] == [500, LISTED.get(slug, 200)]


@each_provider
@pytest.mark.parametrize("retry_after, header", [(7, "7"), (None, None)])
async def test_a_limit_for_some_requests(
    client: httpx2.AsyncClient, sandbox: Sandbox, slug: str, retry_after: int | None, header: str | None
) -> None:
    sandbox.misbehave(slug, "rate_limited", times=2, retry_after=retry_after)
    answers = [await ORDERS[slug](client) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, LISTED.get(slug, 200)]
    assert answers[0].headers.get("retry-after") == header


@each_provider
async def test_a_truncated_body_and_a_page_of_html(client: httpx2.AsyncClient, sandbox: Sandbox, slug: str) -> None:
    sandbox.misbehave(slug, "truncated")
    cut = await ORDERS[slug](client)
    sandbox.behave(slug)
    sandbox.misbehave(slug, "html")
    page = await ORDERS[slug](client)

    with pytest.raises(json.JSONDecodeError):
        cut.json()
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


@each_provider
async def test_a_slow_answer(client: httpx2.AsyncClient, sandbox: Sandbox, slug: str, monkeypatch: Any) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("spekta.sandbox.app.anyio.sleep", wait)
    sandbox.latency = 0.25
    sandbox.misbehave(slug, "slow", seconds=3, path="orders")
    await ORDERS[slug](client)

    assert waits[-1] == 3.25


@each_provider
async def test_no_rows(client: httpx2.AsyncClient, sandbox: Sandbox, slug: str) -> None:
    sandbox.misbehave(slug, "no_rows")
    answer = (await ORDERS[slug](client)).json()

    with pytest.raises(KeyError):
        rows_of(slug, answer)


async def test_a_null_id(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    ids = {}
    for slug in ORDERS:
        sandbox.misbehave(slug, "null_id")
        rows = rows_of(slug, (await ORDERS[slug](client)).json())
        ids[slug] = [row[IDS.get(slug, "id")] for row in rows[:2]]

    assert {slug: first is None and second is not None for slug, (first, second) in ids.items()} == dict.fromkeys(
        ORDERS, True
    )


@pytest.mark.parametrize("slug", sorted(STATUS))
async def test_an_unknown_status(client: httpx2.AsyncClient, sandbox: Sandbox, slug: str) -> None:
    sandbox.misbehave(slug, "unknown_status")
    said: list[Any] = rows_of(slug, (await ORDERS[slug](client)).json())[:2]
    for step in STATUS[slug]:
        said = [part[step] for part in said]

    assert said[0] == "never_seen_before" != said[1]


async def test_an_unknown_state_of_an_event(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.misbehave("dice", "unknown_status", path="viewer.events")
    answer = await Dice().ask(client, "{ viewer { id events(first: 2) { edges { node { state } } } } }")

    states = [edge["node"]["state"] for edge in answer.json()["data"]["viewer"]["events"]["edges"]]
    assert states == ["never_seen_before", "APPROVED"]


@pytest.mark.parametrize("slug", LINKED)
async def test_a_next_link_to_another_host(client: httpx2.AsyncClient, sandbox: Sandbox, slug: str) -> None:
    sandbox.misbehave(slug, "foreign_next")

    assert cursor_of(slug, (await ORDERS[slug](client)).json()).startswith(ELSEWHERE)


@pytest.mark.parametrize("slug", sorted(set(ORDERS) - set(LINKED)))
def test_a_provider_without_links_has_none_to_another_host(sandbox: Sandbox, slug: str) -> None:
    with pytest.raises(ValueError, match="has no next link"):
        sandbox.misbehave(slug, "foreign_next")


@each_provider
async def test_the_same_cursor_for_ever(client: httpx2.AsyncClient, sandbox: Sandbox, slug: str) -> None:
    sandbox.misbehave(slug, "repeated_cursor")
    first, second = [(await ORDERS[slug](client)).json() for _ in range(2)]

    assert cursor_of(slug, first) == cursor_of(slug, second) is not None
    assert ids_of(slug, first) == ids_of(slug, second)


async def test_no_page_is_the_last_where_the_cursor_repeats(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    for slug in ORDERS:
        sandbox.misbehave(slug, "repeated_cursor")
    beyond = (await TicketTailor().get(client, "/events", starting_after="ev_12")).json()
    last = (await Pretix().get(client, "/events/", page=2)).json()
    continued = (await Eventbrite().get(client, f"{ORGANIZATIONS[0]}/events/")).json()
    after = 'after: "YXJyYXljb25uZWN0aW9uOjEw"'
    query = f"{{ viewer {{ events(first: 20, {after}) {{ pageInfo {{ hasNextPage }} edges {{ cursor }} }} }} }}"
    dice = (await Dice().ask(client, query)).json()["data"]["viewer"]["events"]

    assert (len(beyond["data"]), beyond["links"]["next"]) == (12, "/v1/events?starting_after=ev_12")
    assert (len(last["results"]), last["next"].rpartition("?")[2]) == (11, "page=3")
    assert continued["pagination"]["has_more_items"] is True
    assert (dice["pageInfo"], len(dice["edges"])) == ({"hasNextPage": True}, 12)


@each_provider
@pytest.mark.parametrize("kind", ["shift", "insert"])
async def test_rows_move_after_the_first_page(
    client: httpx2.AsyncClient, sandbox: Sandbox, slug: str, kind: Any
) -> None:
    sandbox.misbehave(slug, kind, path="orders")
    first, second = [ids_of(slug, (await ORDERS[slug](client)).json()) for _ in range(2)]

    if kind == "shift":
        assert (first[0] in second, second[: len(first) - 1]) == (False, first[1:])
    else:
        assert (second[0] in first, second[1 : len(first)]) == (False, first[:-1])


@pytest.mark.parametrize("kind, repeated, missing", [("shift", 0, 1), ("insert", 1, 0)])
async def test_numbered_pages_lose_and_repeat_rows_that_move(
    client: httpx2.AsyncClient, sandbox: Sandbox, kind: Any, repeated: int, missing: int
) -> None:
    before = [row["code"] for row in await Pretix().walk(client, "/orders/")]
    sandbox.misbehave("pretix", kind, path="orders")
    walked = [row["code"] for row in await Pretix().walk(client, "/orders/")]

    assert (len(walked) - len(set(walked)), len(set(before) - set(walked))) == (repeated, missing)


async def test_a_walk_by_the_last_id_loses_none(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    before = [row["id"] for row in await TicketTailor().walk(client, "/orders", limit=50)]
    sandbox.misbehave("ticket-tailor", "shift")

    assert [row["id"] for row in await TicketTailor().walk(client, "/orders", limit=50)] == before


async def test_only_the_operations_named_misbehave(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.misbehave("dice", "error_always", path="viewer.events")
    sandbox.misbehave("helloasso", "error_always")

    assert (await ORDERS["dice"](client)).status_code == 200
    assert (await ORDERS["helloasso"](client)).status_code == 500, "its token was given all the same"


def test_what_is_unknown_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="'rude' is not a misbehaviour"):
        sandbox.misbehave("pretix", "rude")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'elsewhere' is not in the sandbox"):
        sandbox.misbehave("elsewhere", "html")


async def test_another_process_can_ask_for_it(client: httpx2.AsyncClient) -> None:
    asked = {"provider": "pretix", "kind": "rate_limited", "times": 1, "retry_after": 2}
    told = await client.post("/_sandbox/misbehave", json=asked)
    refused = await ORDERS["pretix"](client)
    wrong = await client.post("/_sandbox/misbehave", json={"provider": "pretix", "kind": "rude"})
    await client.post("/_sandbox/misbehave", json={"provider": "pretix", "kind": "html"})
    ended = await client.delete("/_sandbox/misbehave")

    assert told.json()["pretix"][0] == {**told.json()["pretix"][0], "kind": "rate_limited", "times": 1}
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert (wrong.status_code, list(wrong.json())) == (400, ["error"])
    assert ended.status_code == 204
    assert (await ORDERS["pretix"](client)).json()["count"] == 180


async def test_another_process_can_let_tokens_end(client: httpx2.AsyncClient) -> None:
    account = await HelloAsso.signed_in(client)
    await client.post("/_sandbox/expire-tokens", params={"provider": "helloasso"})

    assert (await account.get(client, "/forms")).status_code == 401
    assert (await ORDERS["eventbrite"](client)).status_code == 200


async def test_requests_are_noted(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    await ORDERS["dice"](client)
    await Pretix().get(client, "/nothing/", page=1)

    assert [entry[:4] + entry[5:] for entry in sandbox.log] == [
        ("dice", "api", "POST", "/graphql", "viewer.orders", 200),
        ("pretix", "api", "GET", "/api/v1/organizers/lampions/nothing/", "/api/v1/organizers/lampions/nothing/", 404),
    ]
    told = (await client.get("/_sandbox/requests", params={"provider": "pretix"})).json()
    assert [entry["query"] for entry in told] == ["page=1"]

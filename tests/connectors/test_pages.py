"""Pages by number, by cursor and by stream: the same records in the same order, none lost, none twice."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from starlette.applications import Starlette

from connectors import Connector, InvalidArgument, InvalidResponse, PaginatedResult, find_provider
from connectors.pagers import Once
from connectors.registry import SLUGS
from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.programme import season as make_season

from .conftest import Account

pytestmark = pytest.mark.anyio
FESTIVAL = "festival-des-quais"
SIZES = (1, 7, 50, 100, 200)
PAGES_READ = 10
# Their cursors name the last record, so a list that moves does not matter. Those of the others count records.
BY_RECORD = {"ticket-tailor", "shotgun", "billetto", "helloasso", "equaticket"}
# Their orders are put together from a whole listing, which is read before the first one is given.
GROUPED = {slug for slug in SLUGS if any(stream.group for stream in find_provider(slug).parts("orders"))}
# Their orders are those of the account: what slides into a page already read is hardly of the event asked for.
MIXED = {slug for slug in SLUGS if any(stream.mixed for stream in find_provider(slug).parts("orders"))}

every_listing = pytest.mark.parametrize("kind", ["events", "orders", "attendees"])
every_size = pytest.mark.parametrize("size", SIZES)
every_move = pytest.mark.parametrize("move", ["shift", "insert"])


class Reader:
    """Reads one listing; orders and attendees are those of the festival."""

    def __init__(self, account: Account, connector: Connector, kind: str) -> None:
        festival = account.service.event_id(account.box.event(FESTIVAL))
        self.name = account.slug, kind
        self.about = () if kind == "events" else (festival,)
        self.get = getattr(connector, f"get_{kind}")
        self.stream = getattr(connector, f"stream_{kind}")

    async def all(self, **asked: Any) -> list[str]:
        return [record.id async for record in self.stream(*self.about, **asked)]

    async def page(self, **asked: Any) -> PaginatedResult[Any]:
        page: PaginatedResult[Any] = await self.get(*self.about, **asked)
        assert page.has_more == (page.next_cursor is not None)
        assert page.problems == []
        return page

    async def pages(self, **asked: Any) -> AsyncIterator[PaginatedResult[Any]]:
        """One page after the other, by cursor."""
        page = await self.page(**asked)
        yield page
        while page.next_cursor:
            page = await self.page(page_size=page.page_size, cursor=page.next_cursor)
            yield page

    async def rest(self, page: PaginatedResult[Any], **asked: Any) -> list[str]:
        """What comes after a page, by cursor."""
        if not page.next_cursor:
            return []
        return [id async for one in self.pages(cursor=page.next_cursor, **asked) for id in ids(one)]


def ids(page: PaginatedResult[Any]) -> list[str]:
    return [record.id for record in page]


@pytest.fixture(scope="session")
def lists() -> dict[tuple[str, str], list[str]]:
    """The ids of whole listings of the season, read once."""
    return {}


async def whole_of(reader: Reader, lists: dict[tuple[str, str], list[str]]) -> list[str]:
    if reader.name not in lists:
        lists[reader.name] = await reader.all()
    found = lists[reader.name]
    assert len(found) == len(set(found)) > (230 if reader.name[1] == "attendees" else 5)
    return found


@pytest.mark.pairwise(of=3)
@every_listing
@every_size
async def test_a_stream_is_the_same_whatever_the_size(account: Account, kind: str, size: int, lists: Any) -> None:
    async with account.connect() as connector:
        reader = Reader(account, connector, kind)
        whole, found = (await whole_of(reader, lists))[: PAGES_READ * size], []
        async with aclosing(reader.stream(*reader.about, page_size=size)) as stream:
            async for record in stream:
                found.append(record.id)
                if len(found) == PAGES_READ * size:
                    break
    assert found == whole


@pytest.mark.pairwise(of=3)
@every_listing
@every_size
async def test_cursors_lead_through_the_whole_list(account: Account, kind: str, size: int, lists: Any) -> None:
    async with account.connect() as connector:
        reader = Reader(account, connector, kind)
        whole, found = await whole_of(reader, lists), []
        async for page in reader.pages(page_size=size):
            found += ids(page)
            assert len(page.items) == size or not page.has_more or found == whole
            if len(found) >= PAGES_READ * size:
                found += await reader.rest(page, page_size=1000)
                break
    assert found == whole


@pytest.mark.pairwise(of=3)
@every_listing
@every_size
async def test_page_numbers_lead_anywhere_in_the_list(account: Account, kind: str, size: int, lists: Any) -> None:
    async with account.connect() as connector:
        reader = Reader(account, connector, kind)
        whole = await whole_of(reader, lists)
        last = -(-len(whole) // size)
        for number in sorted({1, 2, 3, last} & set(range(1, last + 1))):
            page = await reader.page(page=number, page_size=size)
            assert (page.page, page.page_size) == (number, size)
            assert ids(page) == whole[(number - 1) * size : number * size]
            assert page.has_more or number == last


@every_listing
@pytest.mark.parametrize("room", [1, 7])
async def test_a_page_that_is_cut_goes_on_with_what_did_not_fit(
    account: Account, kind: str, room: int, lists: Any
) -> None:
    async with account.connect() as connector:
        reader = Reader(account, connector, kind)
        whole = (await whole_of(reader, lists))[: 3 * room]
        found: list[str] = []
        page = await reader.page(page_size=50, fits=until_full(room))
        found += ids(page)
        while page.next_cursor and len(found) < len(whole):
            assert len(page.items) <= room
            page = await reader.page(cursor=page.next_cursor, page_size=50, fits=until_full(room))
            found += ids(page)
    assert found == whole


def until_full(room: int) -> Callable[[Any], bool]:
    """Lets so many records through."""
    seen = count(1)
    return lambda _: next(seen) <= room


@every_listing
async def test_a_page_past_the_end_is_empty(account: Account, kind: str) -> None:
    async with account.connect() as connector:
        page = await Reader(account, connector, kind).page(page=99, page_size=50)
    assert (page.items, page.has_more) == ([], False)


@every_listing
async def test_a_total_is_that_of_the_whole_list_or_not_told(account: Account, kind: str, lists: Any) -> None:
    async with account.connect() as connector:
        reader = Reader(account, connector, kind)
        whole = await whole_of(reader, lists)
        pages = [await reader.page(page_size=5), await reader.page(page=2, page_size=5)]
    assert {page.total for page in pages} in ({len(whole)}, {None})


async def test_a_total_is_told_where_each_row_of_the_one_list_is_a_record(season: Starlette) -> None:
    async with Account("pretix", season).connect() as one, Account("eventbrite", season).connect() as many:
        assert (await one.get_events()).total == 11
        assert (await one.get_events(filters={"q": "nuit"})).total is None
        assert (await many.get_events()).total is None
    async with Account("eventbrite", season).connect({"organization_id": "710000000001"}) as one:
        assert (await one.get_events()).total == 10


async def test_a_page_too_far_to_walk_to_is_refused(season: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.paging.REQUESTS_TO_PAGE", 2)
    account = Account("eventbrite", season)
    async with account.connect() as connector:
        reader = Reader(account, connector, "attendees")
        assert len(ids(await reader.page(page=2, page_size=50))) == 50
        with pytest.raises(InvalidArgument, match="cursor") as refused:
            await reader.page(page=4, page_size=50)
    assert refused.value.param == "page"


# Cursors


@every_listing
async def test_a_cursor_outlives_its_connector(account: Account, kind: str, lists: Any) -> None:
    async with account.connect() as connector:
        whole = await whole_of(Reader(account, connector, kind), lists)
        first = await Reader(account, connector, kind).page(page_size=3)
    kept = json.loads(json.dumps(first.next_cursor))
    async with account.connect() as connector:
        second = await Reader(account, connector, kind).page(page_size=3, cursor=kept)
    assert ids(first) + ids(second) == whole[:6]
    assert second.page is None


@pytest.mark.needs("orders", "attendees")
@every_listing
async def test_a_cursor_answers_its_own_question_only(account: Account, kind: str) -> None:
    async with account.connect() as connector:
        reader = Reader(account, connector, kind)
        cursor = (await reader.page(page_size=3)).next_cursor
        other = connector.get_attendees if kind == "orders" else connector.get_orders
        for about in (*reader.about, "another"):
            with pytest.raises(InvalidArgument, match="another question"):
                await other(about, cursor=cursor)
        with pytest.raises(InvalidArgument, match="exclude"):
            await reader.page(cursor=cursor, page=2)


@pytest.mark.parametrize(
    "harm", [lambda text: text[20:], lambda text: text[:20], str.swapcase, lambda text: "?" + text]
)
async def test_a_damaged_cursor_is_refused(season: Starlette, harm: Callable[[str], str]) -> None:
    account = Account(SLUGS[0], season)
    async with account.connect() as connector:
        cursor = (await connector.get_events(page_size=3)).next_cursor
        assert cursor
        with pytest.raises(InvalidArgument, match="damaged"):
            await connector.get_events(cursor=harm(cursor))


async def test_filters_and_since_stay_with_the_cursor(account: Account) -> None:
    asked: dict[str, Any] = {"filters": {"q": "a"}, "since": account.box.events[0].created_at}
    async with account.connect() as connector:
        reader = Reader(account, connector, "events")
        whole = await reader.all(**asked)
        first = await reader.page(page_size=2, **asked)
        assert ids(first) + await reader.rest(first, page_size=2) == whole
        with pytest.raises(InvalidArgument, match="other filters"):
            await reader.page(cursor=first.next_cursor, filters={"q": "b"})
    assert len(whole) > 2


# Lists that move under the reader


@pytest.mark.pairwise(of=2)
@every_move
@pytest.mark.parametrize("kind", ["orders", "attendees"])
@pytest.mark.parametrize("way", ["stream", "cursor"])
async def test_a_list_that_moves_gives_nothing_twice(own_account: Account, move: Any, kind: str, way: str) -> None:
    async with own_account.connect() as connector:
        reader = Reader(own_account, connector, kind)
        whole = await reader.all()
        own_account.sandbox.misbehave(own_account.slug, move, path=kind)
        found = await reader.all() if way == "stream" else [id async for one in reader.pages() for id in ids(one)]
    assert len(found) == len(set(found))
    assert [id for id in whole if id in found] == [id for id in found if id in whole]
    if move == "insert" or own_account.slug in BY_RECORD:
        assert [id for id in found if id in whole] == whole


def first_page(account: Account) -> int:
    """How many orders a platform gives at once."""
    return account.provider.parts("orders")[0].pager.largest or 50


@pytest.mark.needs("orders")
async def test_an_order_that_moves_to_the_end_is_not_given_twice(own_account: Account) -> None:
    box, ident = own_account.box, own_account.service.order_id
    by_id = {ident(order): order for order in box.orders}
    found: list[str] = []
    async with own_account.connect() as connector:
        reader = Reader(own_account, connector, "orders")
        whole = await reader.all()
        async for order in reader.stream(*reader.about):
            found.append(order.id)
            if len(found) == 1:
                moved = replace(by_id[order.id], placed_at=by_id[whole[-1]].placed_at)
                box.remove_order(moved.number)
                box.put_order(moved)
    assert [found[0], len(found)] == [whole[0], len(set(found))]
    counts = own_account.slug not in BY_RECORD | GROUPED | MIXED and first_page(own_account) < len(whole)
    assert len(whole) - len(found) == counts


@pytest.mark.needs("orders")
@pytest.mark.parametrize("slug", sorted(set(SLUGS) - BY_RECORD - GROUPED - MIXED))
async def test_what_a_counting_platform_hides_when_an_order_vanishes(slug: str) -> None:
    """The order that slid into the page already read, and no other; the next walk has it."""
    account = Account(slug, create_app())
    async with account.connect() as connector:
        reader = Reader(account, connector, "orders")
        whole = await reader.all()
        account.sandbox.misbehave(slug, "shift", path="orders")
        found = await reader.all()
        account.sandbox.behave()
        again = await reader.all()
    page = first_page(account)
    assert [whole.index(id) for id in whole if id not in found] == ([page] if page < len(whole) else [])
    assert again == whole


@pytest.mark.needs("orders")
@pytest.mark.parametrize("gone", [0, 13, 14, 60])
async def test_a_cursor_in_the_midst_of_a_page_survives_an_order_that_vanishes(own_account: Account, gone: int) -> None:
    """Page two of size 7 was cut out of a larger page; then the first, the last given, the next or a later one goes."""
    box = own_account.box
    by_id = {own_account.service.order_id(order): order.number for order in box.orders}
    async with own_account.connect() as connector:
        reader = Reader(own_account, connector, "orders")
        whole = await reader.all()
        page = await reader.page(page=2, page_size=7)
        assert ids(page) == whole[7:14]
        box.remove_order(by_id[whole[gone]])
        assert await reader.rest(page) == [id for id in whole[14:] if id != whole[gone]]


@pytest.mark.needs("orders")
@pytest.mark.parametrize("size", [7, 50])
async def test_a_cursor_survives_orders_that_appear(own_account: Account, size: int) -> None:
    async with own_account.connect() as connector:
        reader = Reader(own_account, connector, "orders")
        whole = await reader.all()
        page = await reader.page(page=2, page_size=size)
        appear(own_account.box)
        rest = await reader.rest(page)
    assert [id for id in rest if id in whole] == whole[2 * size :]
    assert len(rest) - len(whole[2 * size :]) in (0, 1)


def appear(box: BoxOffice) -> None:
    """An order before all others of the festival, and one after them."""
    orders = sorted(box.orders_of(box.event(FESTIVAL)), key=lambda order: order.placed_at)
    for number, (twin, days) in enumerate([(orders[0], -1), (orders[-1], 1)], start=900_001):
        tickets = tuple(replace(ticket, number=ticket.number + number) for ticket in twin.tickets)
        at = twin.placed_at + timedelta(days=days)
        box.orders.insert(
            0 if days < 0 else len(box.orders), replace(twin, number=number, placed_at=at, tickets=tickets)
        )
        box.put_order(box.orders[0])


@pytest.mark.needs("orders")
@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("way", ["stream", "cursor", "page"])
async def test_a_last_page_that_ceases_to_exist_is_the_end(slug: str, way: str) -> None:
    """One order more than a page holds, and then one less: pretix answers 404 to what is now past the end."""
    account = Account(slug, create_app(make_season(festival_orders=51)))
    first = account.box.orders_of(account.box.event(FESTIVAL))[0].number
    async with account.connect() as connector:
        reader = Reader(account, connector, "orders")
        whole = await reader.all()
        if way == "stream":
            account.sandbox.misbehave(slug, "shift", path="orders")
            rest = (await reader.all(page_size=50))[50:]
        else:
            page = await reader.page(page_size=50)
            account.box.remove_order(first)
            rest = await reader.rest(page) if way == "cursor" else ids(await reader.page(page=2, page_size=50))
    assert rest in ([], whole[50:], whole[:1])


@every_listing
async def test_a_page_that_repeats_itself_ends_the_walk(own_account: Account, kind: str) -> None:
    pagers = [stream.pager for stream in own_account.provider.parts(kind)]
    if any(getattr(pager, "stays", False) for pager in pagers):
        pytest.skip("its token stays the same at the end, so the same again is the end")
    if all(isinstance(pager, Once) for pager in pagers) or (own_account.slug, kind) == ("weezevent", "orders"):
        pytest.skip("it is read in one answer")
    own_account.sandbox.misbehave(own_account.slug, "repeated_cursor")
    async with own_account.connect() as connector:
        with pytest.raises(InvalidResponse, match="again and again"):
            await Reader(own_account, connector, kind).all(page_size=5)
    assert max(Counter(entry.operation for entry in own_account.sandbox.log).values()) < 10


@pytest.mark.long
@every_listing
@pytest.mark.parametrize("size", [1, 7])
async def test_every_single_page_by_number_and_by_cursor(account: Account, kind: str, size: int, lists: Any) -> None:
    async with account.connect() as connector:
        reader = Reader(account, connector, kind)
        whole = await whole_of(reader, lists)
        by_cursor = [id async for page in reader.pages(page_size=size) for id in ids(page)]
        last = -(-len(whole) // size)
        by_number = [ids(await reader.page(page=number, page_size=size)) for number in range(1, last + 1)]
    assert by_cursor == whole
    assert [id for page in by_number for id in page] == whole

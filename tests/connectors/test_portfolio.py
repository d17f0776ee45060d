"""Many connections as one: what goes wrong with one of them stays its own affair."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import anyio
import httpx2
import pytest
from starlette.applications import Starlette

from connectors import Connector, InvalidArgument, Portfolio, Unsupported, find_provider
from connectors.portfolio import EventList, Status
from connectors.registry import SLUGS
from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import BoxOffice, Event, Order, Person
from spekta.sandbox.clerk import Clerk
from spekta.sandbox.misbehaviour import Kind

from .conftest import Account
from .sandboxed import Change, Clock, Wire, connect, edited

pytestmark = pytest.mark.anyio
BUYER = Person("Ada", "Roe", "ada@example.org")
VICTIM = "ticket-tailor"
OTHERS = [slug for slug in SLUGS if slug != VICTIM]
SELLING = [slug for slug in SLUGS if "revenue" in find_provider(slug).capabilities]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.stop(monkeypatch)
    return clock


def box() -> BoxOffice:
    """Three events in two currencies, each with orders."""
    clerk = Clerk()
    events: list[Event] = []
    orders: list[Order] = []
    for number, (key, currency, price) in enumerate(
        [("gala", "EUR", 120), ("matinee", "EUR", 15), ("yoru", "JPY", 4500)]
    ):
        event = clerk.event(key, {"Entry": price}, currency=currency, starts=f"2027-03-0{3 - number}T19:00")
        kind = event.ticket_types[0]
        orders += [clerk.order(event, BUYER, clerk.ticket(kind, BUYER)) for _ in range(number + 1)]
        events.append(event)
    return BoxOffice(events, orders)


@dataclass
class Many:
    """A portfolio of every provider's account in one sandbox."""

    app: Starlette = field(default_factory=lambda: create_app(box()))
    changes: dict[str, Change] = field(default_factory=dict)
    opened: list[Connector] = field(default_factory=list)
    progress: list[tuple[str, int, int | None]] = field(default_factory=list)

    def open(self, name: str) -> Connector:
        slug, _, account = name.partition("/")
        own = Account(slug, self.app)
        more = {"account": account} if account else {}
        self.opened.append(connect(own, Wire(own, self.changes.get(name)), **more))
        return self.opened[-1]

    def portfolio(self, *names: str) -> Portfolio:
        return Portfolio(names or SLUGS, self.open, lambda *step: self.progress.append(step))

    def misbehave(self, kind: Kind, **more: Any) -> None:
        self.app.state.sandbox.misbehave(VICTIM, kind, **more)


def ids(found: EventList, *connections: str) -> list[tuple[str, str]]:
    """Which events were found, of these connections."""
    return [(event.connection, event.id) for event in found.events if event.connection in connections]


def status_of(statuses: list[Status], name: str) -> Status:
    (status,) = [status for status in statuses if status.connection == name]
    return status


# Events


async def test_all_connections_answer_as_one() -> None:
    many = Many()
    found = await many.portfolio().events(limit=1000)
    carried = {slug: len(list(filter(Account(slug, many.app).service.carries_event, box().events))) for slug in SLUGS}
    assert {status.connection: status.count for status in found.connections} == carried
    assert {status.state for status in found.connections} == {"ok"}
    starts = [event.starts_at for event in found.events if event.starts_at]
    assert starts == sorted(starts)
    assert len(starts) == sum(carried.values())
    assert found.next_cursor is None
    assert all(connector._http._client.is_closed for connector in many.opened)


@pytest.mark.parametrize("limit", [1, 5, 7, 10])
async def test_the_cursor_leads_every_connection_through_its_list(limit: int) -> None:
    portfolio = Many().portfolio()
    whole = await portfolio.events(limit=1000)
    seen: list[tuple[str, str]] = []
    cursor: str | None = None
    for _ in range(20):
        page = await portfolio.events(limit=limit, cursor=cursor)
        assert len(page.events) <= max(limit, len(SLUGS))
        seen += ids(page, *SLUGS)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert cursor is None
    assert sorted(seen) == sorted(ids(whole, *SLUGS))


async def test_two_accounts_of_a_provider_are_two_connections() -> None:
    found = await Many().portfolio("dice", "dice/london").events(limit=2)
    assert [status.connection for status in found.connections] == ["dice", "dice/london"]
    assert {event.connection for event in found.events} == {"dice", "dice/london"}


FAULTS: dict[Kind, str] = {
    "unauthorized": "authentication_failed",
    "forbidden": "permission_denied",
    "not_found": "not_found",
    "rate_limited": "rate_limited",
    "error_always": "unavailable",
    "truncated": "invalid_response",
    "html": "invalid_response",
    "no_rows": "invalid_response",
}


@pytest.mark.parametrize("kind, code", FAULTS.items())
async def test_a_connection_that_fails_fails_alone(kind: Kind, code: str) -> None:
    many = Many()
    whole = await many.portfolio().events()
    many.misbehave(kind)
    found = await many.portfolio().events()
    assert ids(found, *SLUGS) == ids(whole, *OTHERS)
    failed = status_of(found.connections, VICTIM)
    assert (failed.state, failed.code, failed.count) == ("failed", code, 0)
    assert failed.message
    assert failed.advice
    assert failed.retry_after == (1800 if kind == "rate_limited" else None)
    assert [status for status in found.connections if status.state == "ok"] == [
        status_of(whole.connections, slug) for slug in OTHERS
    ]
    assert all(connector._http._client.is_closed for connector in many.opened)


async def test_a_connection_that_is_set_up_wrongly_fails_alone() -> None:
    many = Many()

    def open(name: str) -> Connector:
        own = Account(name, many.app)
        return connect(own, Wire(own), credentials={}) if name == VICTIM else many.open(name)

    found = await Portfolio(SLUGS, open).events()
    failed = status_of(found.connections, VICTIM)
    assert (failed.state, failed.code) == ("failed", "configuration")
    assert {event.provider for event in found.events} == set(OTHERS)


async def test_a_connection_that_is_slow_holds_nobody_up() -> None:
    many = Many()
    many.misbehave("slow", seconds=30)
    with anyio.fail_after(10):
        found = await many.portfolio().events(deadline=1)
    assert status_of(found.connections, VICTIM).code == "deadline_exceeded"
    assert {event.provider for event in found.events} == set(OTHERS)


async def test_problems_and_filters_are_told_per_connection() -> None:
    many = Many()
    many.misbehave("null_id")
    found = await many.portfolio().events(filters={"q": "gala", "status": "live"})
    assert status_of(found.connections, VICTIM).problems == 1
    assert {status.problems for status in found.connections if status.connection != VICTIM} == {0}
    assert status_of(found.connections, VICTIM).filtered_here == ("q", "status")
    assert status_of(found.connections, "eventbrite").filtered_here == ()


async def test_what_is_not_offered_is_unsupported_and_not_failed() -> None:
    async def ask(connector: Connector) -> Status:
        if connector.name == VICTIM:
            raise Unsupported(VICTIM, "TicketTailor", "seats", "it has none.", "Ask another.")
        return Status(connector.name, "ok", 1)

    statuses = await Many().portfolio().each(ask)
    refused = status_of(statuses, VICTIM)
    assert (refused.state, refused.code, refused.advice) == ("unsupported", "unsupported", "Ask another.")
    assert [status.state for status in statuses].count("ok") == len(OTHERS)


@pytest.mark.parametrize("defect", [RuntimeError("canary"), OSError("canary"), KeyError("canary")])
async def test_a_defect_in_one_connector_takes_nobody_along(
    defect: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    many = Many()

    def open(name: str) -> Connector:
        if name == VICTIM:
            raise defect
        return many.open(name)

    found = await Portfolio(SLUGS, open).events()
    failed = status_of(found.connections, VICTIM)
    assert (failed.state, failed.code) == ("failed", "internal")
    assert type(defect).__name__ in str(failed.message)
    assert f"{VICTIM} failed unexpectedly: {type(defect).__name__}\n" in caplog.text
    assert "in open\n" in caplog.text
    assert "canary" not in caplog.text
    assert {event.provider for event in found.events} == set(OTHERS)


async def test_who_failed_is_asked_again_with_the_rest() -> None:
    many = Many()
    portfolio = many.portfolio("dice", VICTIM)
    first = await portfolio.events(limit=2)
    many.misbehave("error_always")
    second = await portfolio.events(limit=2, cursor=first.next_cursor)
    many.app.state.sandbox.behave()
    third = await portfolio.events(limit=10, cursor=second.next_cursor)
    assert status_of(second.connections, VICTIM).state == "failed"
    assert len(ids(first, VICTIM) + ids(third, VICTIM)) == 3
    assert len(ids(first, "dice") + ids(second, "dice") + ids(third, "dice")) == 3


async def test_an_argument_that_one_connection_refuses_fails_there_alone() -> None:
    """A cursor of one connection was damaged on its way, the others were not."""

    async def ask(connector: Connector) -> Status:
        page = await connector.get_events(cursor="damaged" if connector.name == VICTIM else None)
        return Status(connector.name, "ok", len(page.items))

    statuses = await Many().portfolio().each(ask)
    assert status_of(statuses, VICTIM).code == "invalid_argument"
    assert [status.state for status in statuses].count("ok") == len(OTHERS)


async def test_no_connection_is_no_event() -> None:
    found = await Portfolio([], Many().open).events()
    assert (found.events, found.connections, found.next_cursor) == ([], [], None)


@pytest.mark.parametrize(
    "param, arguments",
    [
        ("limit", {"limit": 0}),
        ("limit", {"limit": 1001}),
        ("cursor", {"cursor": "damaged"}),
        ("colour", {"filters": {"colour": "red"}}),
        ("starts_after", {"filters": {"starts_after": "soon"}}),
    ],
)
async def test_an_argument_that_cannot_be_used_is_everybodys(param: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as raised:
        await Many().portfolio().events(**arguments)
    assert raised.value.param == param
    assert raised.value.advice


async def test_a_cursor_of_something_else_is_refused() -> None:
    many = Many()
    async with many.open("pretix") as connector:
        single = (await connector.get_events(page_size=1)).next_cursor
    ours = (await many.portfolio("pretix", "dice").events(limit=2)).next_cursor
    for portfolio, cursor in ((many.portfolio(), single), (many.portfolio("pretix"), ours)):
        with pytest.raises(InvalidArgument) as raised:
            await portfolio.events(cursor=cursor)
        assert raised.value.param == "cursor"
        assert raised.value.advice


async def test_orders_of_whole_accounts_by_pages() -> None:
    many = Many()
    whole = await many.portfolio("pretix", "eventbrite").orders(limit=100)
    assert [(order.provider, len(order.event_ids)) for order in whole.orders].count(("pretix", 1)) == 6
    placed = [order.placed_at for order in whole.orders if order.placed_at]
    assert placed == sorted(placed, reverse=True)
    seen, cursor = [], None
    while True:
        page = await many.portfolio("pretix", "eventbrite").orders(limit=4, cursor=cursor)
        seen += [(order.provider, order.id) for order in page.orders]
        if (cursor := page.next_cursor) is None:
            break
    assert sorted(seen) == sorted((order.provider, order.id) for order in whole.orders)


async def test_a_platform_without_a_list_of_the_whole_account_says_so() -> None:
    found = await Many().portfolio("pretix", "evvnt").orders()
    assert [status.state for status in found.connections] == ["ok", "unsupported"]


async def test_each_connection_says_when_it_has_answered() -> None:
    many = Many()
    await many.portfolio("pretix", "dice").events()
    assert set(many.progress) == {(name, step, 1) for name in ("pretix", "dice") for step in (0, 1)}


# Revenue


async def test_revenue_is_added_up_per_currency_and_never_across() -> None:
    many = Many()
    report = await many.portfolio(*SELLING).revenue()
    assert {status.state for status in report.connections} == {"ok"}
    assert [total.currency for total in report.totals] == ["EUR", "JPY"]
    for total in report.totals:
        own = [revenue for _, revenue in report.events if revenue.currency == total.currency]
        assert total.gross_revenue == sum(revenue.gross_revenue for revenue in own)
        assert total.net_revenue == sum(revenue.net_revenue for revenue in own)
        assert (total.events, total.orders) == (len(own), sum(revenue.orders or 0 for revenue in own))
        assert str(total.gross_revenue).partition(".")[2] == {"EUR": "00", "JPY": ""}[total.currency]
    euros = [slug for slug in SELLING if any(total.currency == "EUR" for total in report.by_connection[slug])]
    assert next(total for total in report.totals if total.currency == "EUR").gross_revenue == 150 * len(euros)
    assert set(report.by_connection) == set(SELLING)
    assert len(report.by_connection["helloasso"]) == 1


async def test_a_figure_that_some_do_not_tell_is_named() -> None:
    report = await Many().portfolio("ticket-tailor", "eventbrite").revenue()
    (euro, _) = report.totals
    assert "fees (ticket-tailor)" in euro.unreported
    assert euro.fees == sum(
        revenue.fees for _, revenue in report.events if revenue.currency == "EUR" and revenue.fees is not None
    )
    alone = await Many().portfolio("ticket-tailor").revenue()
    assert alone.totals[0].fees is None


async def test_a_connection_that_fails_is_left_out_of_the_totals() -> None:
    many = Many()
    whole = await many.portfolio(*OTHERS).revenue()
    many.misbehave("error_always")
    report = await many.portfolio().revenue()
    assert status_of(report.connections, VICTIM).state == "failed"
    assert report.totals == whole.totals
    assert set(report.by_connection) == set(SELLING) - {VICTIM}


async def test_events_of_a_platform_without_sales_are_not_read_for_their_revenue() -> None:
    many = Many()
    report = await many.portfolio("ticketmaster", VICTIM).revenue()
    status = status_of(report.connections, "ticketmaster")
    assert (status.state, status.count, list(report.by_connection)) == ("unsupported", 0, [VICTIM])
    assert "Partner API" in str(status.message)
    assert {entry.provider for entry in many.app.state.sandbox.log} == {VICTIM}


@pytest.fixture
def spoiled() -> Many:
    """A portfolio in which one event of one connection cannot be read."""
    many = Many()

    def change(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if not request.url.path.endswith("/events"):
            return response
        return edited(response, lambda body: body["data"][0].update(start={"iso": "soon"}))

    many.changes[VICTIM] = change
    return many


@pytest.mark.parametrize(
    "answer, code",
    [
        (httpx2.Response(500), "unavailable"),
        (httpx2.Response(200, text="<html>"), "invalid_response"),
        (httpx2.Response(403), "permission_denied"),
        (httpx2.Response(429, headers={"Retry-After": "3600"}), "rate_limited"),
    ],
    ids=["down", "html", "forbidden", "limited"],
)
async def test_a_connection_of_which_a_part_fails_is_partial_and_left_out(answer: httpx2.Response, code: str) -> None:
    many = Many()
    whole = await many.portfolio().revenue()
    lost = next(event.id for event, _ in whole.events if event.provider == VICTIM)
    many.changes[VICTIM] = lambda request, response: answer if request.url.params.get("event_id") == lost else response
    report = await many.portfolio().revenue()
    partial = status_of(report.connections, VICTIM)
    assert (partial.state, partial.code, partial.count) == ("partial", code, 2)
    assert "1 of 3 events could not be read" in str(partial.message)
    assert partial.advice
    assert len([event for event, _ in report.events if event.provider == VICTIM]) == 2
    assert report.totals == (await many.portfolio(*OTHERS).revenue()).totals
    assert VICTIM not in report.by_connection


async def test_an_event_that_cannot_be_read_makes_its_connection_partial(spoiled: Many) -> None:
    report = await spoiled.portfolio().revenue()
    partial = status_of(report.connections, VICTIM)
    assert (partial.state, partial.code, partial.count, partial.problems) == ("partial", "invalid_response", 2, 1)
    assert "1 of 3 events could not be read" in str(partial.message)
    assert partial.advice
    assert VICTIM not in report.by_connection
    assert report.totals == (await Many().portfolio(*OTHERS).revenue()).totals


async def test_the_deadline_is_for_all_of_it() -> None:
    many = Many()
    many.misbehave("slow", path="/orders", seconds=30)
    with anyio.fail_after(10):
        report = await many.portfolio(*SELLING).revenue(deadline=1)
    late = status_of(report.connections, VICTIM)
    assert (late.state, late.code, late.count) == ("partial", "deadline_exceeded", 0)
    assert {status.state for status in report.connections if status.connection != VICTIM} == {"ok"}


async def test_progress_is_told() -> None:
    many = Many()
    await many.portfolio("dice").revenue()
    assert many.progress == [("dice", done, 3) for done in range(4)]


async def test_an_event_that_sold_nothing_is_a_known_nothing() -> None:
    many = Many(create_app(BoxOffice([Clerk().event("gala", {"Entry": 10})])))
    (total,) = (await many.portfolio("pretix").revenue()).totals
    assert (total.currency, str(total.gross_revenue), total.tickets_sold) == ("EUR", "0.00", 0)
    assert total.net_revenue == Decimal(0)

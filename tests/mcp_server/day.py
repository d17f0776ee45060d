"""An assistant's day: twelve questions of an organiser, the calls that a good assistant would make, and the truth.

Five accounts sell the same season, each its own share of the festival. One of them tells no sales.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import httpx2
from mcp import Client
from starlette.applications import Starlette

from connectors import Connector, connect
from connectors.acting import WRITES
from connectors.credentials.environment import EnvironmentStore
from connectors.references import refer
from mcp_server.server import create_server
from mcp_server.state import State
from spekta.sandbox import programme
from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import BoxOffice, Order
from spekta.sandbox.providers import services
from spekta.sandbox.server import environment

ORIGIN = "http://127.0.0.1:1"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SHARES = {"eventbrite": 60, "pretix": 90, "ticket-tailor": 30, "equaticket": 20, "ticketmaster": 10}
"""How many festival orders each account has."""
SCANNED = {"pretix": 17, "eventbrite": 23}
"""How many festival tickets were scanned already."""
FESTIVAL, NIGHT = "festival-des-quais", "nuit-des-horloges"
CHOIR = {
    "title": "Choir Night", "slug": "choir-night", "timezone": "Europe/London",
    "starts_at": "2027-10-01T19:00:00+01:00", "currency": "GBP",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One call, and how many bytes of text its answer has."""

    tool: str
    bytes: int


@dataclass
class Desk:
    """Where the assistant sits: its client, and what it asked. `boxes` are for the truth alone."""

    client: Client
    boxes: Mapping[str, BoxOffice]
    apps: Mapping[str, Starlette]
    calls: list[Call] = field(default_factory=list)

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer, as a model reads it."""
        result = await self.client.call_tool(tool, arguments)
        text = result.content[0].text  # type: ignore[union-attr]
        self.calls.append(Call(tool, len(text.encode())))
        assert not result.is_error, text
        found: dict[str, Any] = json.loads(text)
        return found

    async def every(self, tool: str, rows: str, **arguments: Any) -> list[dict[str, Any]]:
        """All rows, by the cursors."""
        found: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            answer = await self.ask(tool, **arguments, **more)
            found += answer[rows]
            if "next_cursor" not in answer:
                return found
            more = {"cursor": answer["next_cursor"]}

    def event(self, connection: str, key: str) -> str:
        return refer(connection, services()[connection].event_id(self.boxes[connection].event(key)))

    def orders(self, connection: str, key: str) -> list[Order]:
        box = self.boxes[connection]
        return [order for order in box.orders_of(box.event(key)) if not order.test]


Task = Callable[[Desk], Awaitable[tuple[Any, Any]]]
"""Gives the answer, and what is right."""

TASKS: dict[str, Task] = {}


def task(question: str) -> Callable[[Task], Task]:
    def remember(play: Task) -> Task:
        TASKS[question] = play
        return play

    return remember


@task("Which platform sold most for the festival, net of refunds, and how many of those tickets have been scanned?")
async def best_seller(desk: Desk) -> tuple[Any, Any]:
    told = await desk.ask("get_revenue", q="festival")
    best = max(told["events"], key=lambda row: Decimal(row["gross_after_refunds"]))
    counted = await desk.ask("list_attendees", event=best["event"], summary=True)
    taken = {
        slug: sum(order.paid - order.refunded for order in desk.orders(slug, FESTIVAL))
        for slug in SHARES
        if slug != "ticketmaster"
    }
    right = max(taken, key=taken.__getitem__)
    missing = [row["connection"] for row in told["connections"] if row["status"] != "ok"]
    answer = (best["event"], Decimal(best["gross_after_refunds"]), counted["counts"]["checked_in"], missing)
    return answer, (desk.event(right, FESTIVAL), taken[right], SCANNED[right], ["ticketmaster"])


@task("What is on in December, and at what time there?")
async def december(desk: Desk) -> tuple[Any, Any]:
    found = await desk.every(
        "list_events", "events", starts_after="2026-12-01T00:00:00+01:00", starts_before="2027-01-01T00:00:00+01:00"
    )
    answer = {(row["name"], row["starts_local"].split(" ", 1)[1][:16]) for row in found if "starts_local" in row}
    events = desk.boxes["pretix"].events
    return answer, {
        (event.name, f"{event.starts_at:%Y-%m-%d %H:%M}") for event in events if event.starts_at.month == 12
    }


@task("How many places are left on the first night of the cabaret, on Ticket Tailor?")
async def places_left(desk: Desk) -> tuple[Any, Any]:
    found = await desk.ask("list_events", q="kabarett", connections=["ticket-tailor"])
    first = min(found["events"], key=lambda row: row["starts_at"])
    told = await desk.ask("list_tickets", event=first["event"])
    box = desk.boxes["ticket-tailor"]
    kinds = box.event("winterkabarett-1").ticket_types
    return (
        {row["name"]: row["available"] for row in told["ticket_types"]},
        {kind.name: (kind.quantity_total or 0) - box.sold(kind) for kind in kinds},
    )


@task("What did all events bring in, in each currency, before refunds?")
async def all_takings(desk: Desk) -> tuple[Any, Any]:
    told = await desk.ask("get_revenue", limit=0, connections=["eventbrite", "pretix"])
    right: dict[str, Decimal] = {}
    for slug in ("eventbrite", "pretix"):
        carried = filter(services()[slug].carries_order, desk.boxes[slug].orders)
        for order in carried:
            if not order.test and (order.paid or order.status == "paid"):
                right[order.currency] = right.get(order.currency, Decimal(0)) + order.paid
    return {row["currency"]: Decimal(row["gross_revenue"]) for row in told["totals"]}, right


@task("What did amelie@example.org buy, anywhere?")
async def purchases_of_one(desk: Desk) -> tuple[Any, Any]:
    buyer, asked = "amelie@example.org", ["pretix", "equaticket"]
    rows = await desk.every("list_orders", "orders", buyer_email=buyer, personal_data=True, connections=asked)
    right = sum(
        order.buyer.email == buyer and services()[slug].carries_order(order) and not order.test
        for slug in asked
        for order in desk.boxes[slug].orders
    )
    return len([row for row in rows if not row.get("test")]), right


@task("Who holds a ticket for the long night on pretix and has not come?")
async def door_list(desk: Desk) -> tuple[Any, Any]:
    found = await desk.ask("list_events", q="25 heures", connections=["pretix"])
    rows = await desk.every(
        "list_attendees",
        "attendees",
        event=found["events"][0]["event"],
        checked_in=False,
        personal_data=True,
    )
    tickets = [ticket for order in desk.orders("pretix", NIGHT) for ticket in order.tickets]
    return (
        sorted(row["name"] for row in rows if row["status"] == "valid"),
        sorted(ticket.holder.name or "" for ticket in tickets if not ticket.checked_in_at),
    )


@task("Which orders of the garden concert got money back on Eventbrite, and how much in all?")
async def given_back(desk: Desk) -> tuple[Any, Any]:
    event = (await desk.ask("list_events", q="jardin", connections=["eventbrite"]))["events"][0]["event"]
    rows = await desk.every("list_orders", "orders", event=event)
    back = [row for row in rows if Decimal(row.get("refunded", "0")) > 0]
    whole = await desk.ask("get_revenue", event=event)
    right = [order for order in desk.orders("eventbrite", "concert-au-jardin") if order.refunded]
    total = sum(order.refunded for order in right)
    answer = (len(back), sum(Decimal(row["refunded"]) for row in back), Decimal(whole["events"][0]["refunds"]))
    return answer, (len(right), total, total)


@task("Has everybody got the money back for the cancelled opera?")
async def cancelled(desk: Desk) -> tuple[Any, Any]:
    asked = ["eventbrite", "pretix"]
    found = (await desk.ask("list_events", q="ópera", status="cancelled", connections=asked))["events"]
    kept = {}
    for row in found:
        [told] = (await desk.ask("get_revenue", event=row["event"]))["events"]
        kept[row["event"]] = Decimal(told["gross_after_refunds"])
    return kept, {row["event"]: Decimal(0) for row in found}


@task("Do all my connections work, and what do I do about those that do not?")
async def health(desk: Desk) -> tuple[Any, Any]:
    desk.apps["pretix"].state.sandbox.misbehave("pretix", "unauthorized")
    told = await desk.ask("check_connection")
    desk.apps["pretix"].state.sandbox.behave()
    broken = {row["connection"]: (row["code"], row["next"][:12]) for row in told["connections"] if "code" in row}
    return broken, {"pretix": ("authentication_failed", "Check apiKey")}


@task("List every event that Eventbrite knows, whatever its state.")
async def whole_list(desk: Desk) -> tuple[Any, Any]:
    rows = await desk.every("list_events", "events", connections=["eventbrite"], limit=5)
    known = services()["eventbrite"]
    carried = [known.event_id(event) for event in desk.boxes["eventbrite"].events if known.carries_event(event)]
    return sorted(row["event"] for row in rows), sorted({refer("eventbrite", id) for id in carried})


@task("What was ordered in the last thirty days on Equaticket, and which platforms cannot tell what is new?")
async def news(desk: Desk) -> tuple[Any, Any]:
    since = NOW - timedelta(days=30)
    told = await desk.ask(
        "list_orders", connections=["equaticket", "ticket-tailor"], since=since.isoformat(), limit=100
    )
    asked = {row["order"] for row in told["orders"] if row["order"].startswith("equaticket")}
    known = services()["equaticket"]
    new = [
        order for order in desk.boxes["equaticket"].orders if order.placed_at >= since and known.carries_order(order)
    ]
    note = "since: equaticket knows only which orders are new."
    right = {refer("equaticket", known.order_id(order)) for order in new if not order.test}
    return (asked, note in told["notes"]), (right, True)


@task("Put Choir Night up on Equaticket, with 80 tickets at 15 pounds, and publish it.")
async def new_event(desk: Desk) -> tuple[Any, Any]:
    async def do(tool: str, **arguments: Any) -> dict[str, Any]:
        plan = await desk.ask(tool, **arguments)
        return await desk.ask(tool, **arguments, confirm=plan["confirm"])

    event = (await do("equaticket_create_event", **CHOIR))["record"]["event"]
    kind = {"name": "Standard", "price": "15.00", "currency": "GBP", "quantity_total": 80}
    await do("equaticket_create_ticket_type", event=event, **kind)
    told = await do("equaticket_publish_event", event=event)
    [row] = (await desk.ask("list_tickets", event=event))["ticket_types"]
    return (told["record"]["status"], row["price"], row["available"]), ("live", "15.00", 80)


@cache
def _box(slug: str) -> BoxOffice:
    box = programme.season(SHARES[slug])
    left = SCANNED.get(slug, 0)
    for order in list(box.orders_of(box.event(FESTIVAL))):
        if left and order.status == "paid" and not order.refunds:
            here = min(left, len(order.tickets))
            moment = order.placed_at + timedelta(days=1)
            tickets = [replace(ticket, checked_in_at=moment) for ticket in order.tickets[:here]]
            box.put_order(replace(order, tickets=(*tickets, *order.tickets[here:])))
            left -= here
    return box


@asynccontextmanager
async def desk(switch: Callable[[str, str], None]) -> AsyncIterator[Desk]:
    """A desk for one question. `switch` sets a variable of the environment."""
    switch(WRITES, "true")
    variables = {
        name: value
        for name, value in environment(ORIGIN).items()
        if any(name.startswith(slug.replace("-", "_").upper() + "_") for slug in SHARES)
    }
    store, boxes = EnvironmentStore(variables), {slug: _box(slug) for slug in SHARES}
    apps = {slug: create_app(box) for slug, box in boxes.items()}

    def open(name: str) -> Connector:
        return connect(store, name, httpx2.ASGITransport(app=apps[name]))

    state = State(store.connections, open, personal_data=True, writes=True, now=lambda: NOW)
    async with Client(create_server(state)) as client:
        yield Desk(client, boxes, apps)

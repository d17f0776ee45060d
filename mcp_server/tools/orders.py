"""list_orders: what was bought, of one event or of whole accounts."""

from collections.abc import Iterator
from typing import Annotated, Any

from mcp.types import CallToolResult
from pydantic import AwareDatetime, ConfigDict, Field, SerializeAsAny

from connectors import InvalidArgument, NotAllowed, OrderLine, UnifiedOrder
from connectors.http import Deadline
from connectors.models import OrderStatus
from connectors.portfolio import OrderList as Found
from connectors.references import parse, refer
from mcp_server.answers import (
    Answer,
    Part,
    filtered_here,
    fitting,
    noted,
    result,
    since_unknown,
    status_of,
    status_of_page,
)
from mcp_server.progress import progress
from mcp_server.state import ALLOW_PERSONAL_DATA, Ctx, State, state_of
from mcp_server.values import Amount, Moment, Text

from .parameters import Connections, Cursor, Detail, EventReference, PersonalData

PERSONAL = f"The operator has not set {ALLOW_PERSONAL_DATA}=true."


class Line(Part):
    event: str | None = None
    ticket_type: str | None = None
    quantity: int | None = None
    amount: Amount | None = None
    refunded: Amount | None = None


class Order(Part):
    """An order in a list; a detailed one has more keys, which the schema does not tell."""

    model_config = ConfigDict(extra="allow")

    order: str
    status: str
    test: bool | None = None
    placed_at: Moment | None = None
    events: list[str] | None = None
    tickets: int | None = None
    currency: str | None = None
    paid: Amount | None = None
    refunded: Amount | None = None
    buyer_name: Text | None = None
    buyer_email: Text | None = None


class WholeOrder(Order):
    model_config = ConfigDict(extra="forbid")

    total: Amount | None = None
    tax: Amount | None = None
    discount: Amount | None = None
    fees: Amount | None = None
    lines: list[Line] | None = None
    updated_at: Moment | None = None


class OrderList(Answer):
    orders: list[SerializeAsAny[Order]]
    next_cursor: str | None = None


async def list_orders(
    ctx: Ctx,
    event: Annotated[EventReference | None, Field(description="Of one event; whole accounts if left out")] = None,
    connections: Connections = None,
    status: Annotated[OrderStatus | None, Field(description="Only these")] = None,
    buyer_email: Annotated[
        str | None, Field(description="Only what this person bought; needs personal_data", min_length=3)
    ] = None,
    since: Annotated[AwareDatetime | None, Field(description="Changed at or after")] = None,
    personal_data: PersonalData = False,
    limit: Annotated[int, Field(ge=1, le=100, description="Shared among connections, at least 1 each")] = 25,
    cursor: Cursor = None,
    response_format: Annotated[Detail, Field(description="detailed: with tax, fees, discount, lines")] = "concise",
) -> Annotated[CallToolResult, OrderList]:
    """Purchases, the newest first: when, how many tickets, what was paid and given back. For sums call get_revenue
    instead of adding these up; for tickets and check-ins call list_attendees."""
    state = state_of(ctx)
    _check(event, connections, buyer_email, personal_data, state)
    until = Deadline(state.seconds)
    filters = {name: value for name, value in (("status", status), ("buyer_email", buyer_email)) if value is not None}
    asked: dict[str, Any] = {"cursor": cursor, "since": since, "filters": filters}
    rows = _Rows(personal_data and state.personal_data, response_format == "detailed", event is None)

    async with progress(ctx, "connections") as note:

        async def ask(size: int) -> OrderList:
            if event is None:
                portfolio = state.portfolio(connections, note)
                found = await portfolio.orders(limit=size, deadline=until.remaining(), **asked)
            else:
                found = await _of_event(state, event, page_size=size, deadline=until.remaining(), **asked)
            answer = OrderList(
                orders=[rows.row(order) for order in found.orders],
                next_cursor=found.next_cursor,
                connections=[status_of(one) for one in found.connections],
            )
            return noted(answer, *_remarks(found, since is not None))

        answer = await fitting(ask, limit, "orders")
    unnamed = personal_data and not state.personal_data
    return result(noted(answer, *([f"Buyers are left out. {PERSONAL}"] if unnamed else [])))


def _check(event: str | None, connections: Any, buyer_email: str | None, personal_data: bool, state: State) -> None:
    if event and connections:
        raise InvalidArgument("connections", "event names its connection already.", "Leave out connections.")
    if buyer_email and not personal_data:
        raise InvalidArgument("buyer_email", "buyer_email concerns a person.", "Add personal_data=true.")
    if buyer_email and not state.personal_data:
        raise NotAllowed(f"Nobody can be looked up by email. {PERSONAL}", "Ask for orders without buyer_email.")


async def _of_event(state: State, event: str, **asked: Any) -> Found:
    reference = parse(event, "event")
    async with state.connector(reference.connection) as connector:
        page = await connector.get_orders(reference.id, **asked)
    return Found(page.items, [status_of_page(reference.connection, page)], page.next_cursor)


def _remarks(found: Found, since: bool) -> Iterator[str]:
    if found.next_cursor:
        yield from filtered_here(found.connections)
    if since:
        yield from since_unknown("orders", found.connections)
    if not found.orders and not found.next_cursor:
        yield "No order fits."


class _Rows:
    """How orders are shown: with buyers, with all that is known, with the events that they are for."""

    def __init__(self, named: bool, whole: bool, events: bool) -> None:
        self._named, self._whole, self._events = named, whole, events

    def row(self, order: UnifiedOrder) -> Order:
        brief = {
            "order": order.reference,
            "status": order.status,
            "test": order.test or None,
            "placed_at": order.placed_at,
            "events": [refer(order.connection, id) for id in order.event_ids] or None if self._events else None,
            "tickets": order.ticket_count,
            "currency": order.currency,
            "paid": order.paid,
            "refunded": order.refunded,
            **({"buyer_name": order.buyer_name, "buyer_email": order.buyer_email} if self._named else {}),
        }
        return WholeOrder(**brief, **_rest(order)) if self._whole else Order(**brief)


def _rest(order: UnifiedOrder) -> dict[str, Any]:
    names = ("total", "tax", "discount", "fees", "updated_at")
    lines = [_line(order.connection, line) for line in order.lines]
    return {name: getattr(order, name) for name in names} | {"lines": lines or None}


def _line(connection: str, line: OrderLine) -> Line:
    return Line(
        event=line.event_id and refer(connection, line.event_id),
        ticket_type=line.ticket_id and refer(connection, line.ticket_id),
        quantity=line.quantity,
        amount=line.amount,
        refunded=line.refunded,
    )

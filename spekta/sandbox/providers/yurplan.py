"""Yurplan: an envelope around everything, lists as partial content in ranges of 30, Unix seconds, amounts in euros.

Shapes after what clients of its API read: no description of it is public. It sells in euros only.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from spekta.sandbox.box_office import NOTHING, BoxOffice, Event, Issued, Order, TicketType
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import Answer, Refusal, major, unix

KEY = "yur_test_sandbox"
CLIENT = {"clientId": "sandbox-yurplan-client", "clientSecret": "sk_test_sandbox_yurplan"}
ORGANISER = {"username": "sandbox-organiser", "password": "sk_test_sandbox_yurplan_organiser"}
# One key may see several organisations: here a second one sells the series.
ORGANIZATIONS = {31: "Lampions", 32: "Lampions Wien"}
PAGE, LIFETIME = 30, 3600
STATUS = {"paid": 1, "pending": 0, "expired": 3, "cancelled": 2}
NOT_CARRIED = {
    "event.currency=GBP": "sells in euros only",
    "event.currency=USD": "sells in euros only",
    "event.currency=JPY": "sells in euros only",
    "event.currency=KWD": "sells in euros only",
    "event.status=completed": "an event that is over is only over",
    "event.timezone": "no zone is named",
    "event.capacity": "no such field",
    "event.online": "no such field",
    "event.series_id": "no series",
    "event.venue.region": "no such field",
    "ticket.description": "no such field",
    "ticket.fee": "no such field",
    "ticket.quantity_total": "no stock is told",
    "ticket.quantity_available": "no stock is told",
    "ticket.status=scheduled": "a type is active or not",
    "ticket.status=sold_out": "a type is active or not",
    "ticket.status=ended": "a type is active or not",
    "ticket.status=hidden": "a type is active or not",
    "ticket.sales_start": "no such field",
    "ticket.sales_end": "no such field",
    "attendee.order_id": "a ticket does not name its order",
    "attendee.email": "only its owner, who bought it, has an address",
    "attendee.phone": "no such field",
    "attendee.status": "a number whose meaning is written down nowhere",
    "attendee.checked_in_at": "the shape of an entry is written down nowhere",
    "attendee.price": "its unit is written down nowhere",
    "attendee.currency": "no price, so no currency",
    "attendee.answers": "no such field",
    "order.status": "a number whose meaning is written down nowhere",
    "order.test": "tests are not told apart, so test orders are not in this account",
    "order.buyer_name": "an order has the number of its owner",
    "order.buyer_email": "an order has the number of its owner",
    "order.tax": "no such field",
    "order.discount": "no such field",
    "order.fees": "no such field",
    "order.refunded": "no such field",
    "order.paid": "only what the order comes to",
    "order.ticket_count": "the status of its tickets is a number of unknown meaning",
    "order.lines": "what each of its tickets cost is in no known unit",
    "revenue.taxes": "its report tells no taxes",
    "revenue.orders": "its report counts tickets",
}

T = TypeVar("T")
Row = dict[str, Any]


def event_id(event: Event) -> str:
    return str(7000 + event.number)


def ticket_type_id(kind: TicketType) -> str:
    return str(8000 + kind.number)


def ticket_id(issued: Issued) -> str:
    return str(900_000 + issued.ticket.number)


def order_id(order: Order) -> str:
    return str(600_000 + order.number)


def organization(event: Event) -> int:
    return list(ORGANIZATIONS)[event.series is not None]


def carries_event(event: Event) -> bool:
    return event.currency == "EUR"


def carries_order(order: Order) -> bool:
    return order.currency == "EUR" and not order.test


def admit(ask: Ask) -> None:
    token = ask.bearer()
    if token.startswith(FORBIDDEN):
        raise Refusal(403)
    if token != KEY and not ask.grants.accepts(token):
        raise Refusal(401, "invalid_token", "The access token is invalid or has expired")


def error(refusal: Refusal) -> Row:
    words = {403: "forbidden", 404: "not_found", 429: "too_many_requests"}
    code = refusal.code or words.get(refusal.status, "internal_error")
    return envelope(refusal.status, None, code, refusal.message or code.replace("_", " "))


def envelope(status: int, results: Any, code: str = "success_request", message: str = "OK", **more: Any) -> Row:
    return {
        "status": status,
        "error_code": code,
        "message": message,
        "end_request": 0.1,
        "server": "sandbox",
        "results": results,
        **more,
    }


def one(results: Any) -> Row:
    return envelope(200, results)


def listing(ask: Ask, find: Callable[[], Sequence[T]], changed: Callable[[T], Any], render: Callable[[T], Row]) -> Any:
    """Give a range of a list, never more than a page of it; its end is left out. On request what changed last first."""
    start, _, end = ask.query.get("range", f"0-{PAGE}").partition("-")
    if not (start.isdecimal() and end.isdecimal() and int(start) < int(end)):
        raise Refusal(400, "invalid_range", "range is start-end")
    newest = ask.query.get("orderBy") == "updated_at"
    records = ask.found(lambda: sorted(find(), key=changed, reverse=True) if newest else find())
    page = ask.page(records, int(start), min(int(end) - int(start), PAGE))
    following = {"href": f"{ask.root}{ask.path}?range={page.end}-{page.end + PAGE}", "method": "GET"}
    here = {"href": f"{ask.root}{ask.path}?range={start}-{end}", "method": "GET"}
    cursors = {"current": here, "next": following if page.more else None, "prev": None}
    paging = {"cursors": cursors, "nb_per_page": PAGE, "total": page.total}
    rows = [render(record) for record in page.records]
    return Answer(envelope(206, rows, count=len(rows), paging=paging), 206)


def organization_row(number: int) -> Row:
    return {"id": number, "name": ORGANIZATIONS[number]}


def event_row(event: Event) -> Row:
    number, place = event.number, event.venue
    address = f"https://yurplan.example/event/{event.key}"
    return {
        "id": int(event_id(event)),
        "name": event.name,
        "description": event.description or "",
        "begin": unix(event.starts_at),
        "end": unix(event.ends_at),
        "is_draft": event.status == "draft",
        "is_canceled": event.status == "cancelled",
        "is_public": event.status != "draft",
        "closed_at": None,
        "canceled_at": unix(event.updated_at) if event.status == "cancelled" else None,
        "published_at": unix(event.created_at),
        "closes_at": unix(event.starts_at),
        "place": place
        and {
            "id": number,
            "name": place.name,
            "streets": place.address,
            "city": place.city,
            "country": place.country,
            "zipcode": place.postal_code,
            "latitude": float(place.latitude),
            "longitude": float(place.longitude),
        },
        "pictures": {"big": event.image_url, "cover": event.image_url, "facebook": None},
        "link": event.url,
        "widget_url": f"{address}/widget",
        "type": event.category and {"id": number, "name": event.category},
        "orga": organization_row(organization(event)),
        "ticketing": ticketing(event) | {"min_amount": 0, "is_active": True, "is_closed": False},
        "created_at": unix(event.created_at),
        "updated_at": unix(event.updated_at),
    }


def ticketing(event: Event) -> Row:
    return {"id": 5000 + event.number, "event_id": int(event_id(event))}


def type_row(event: Event, kind: TicketType) -> Row:
    """Write a ticket type: its amount is a number of euros, its rate a text."""
    return {
        "id": int(ticket_type_id(kind)),
        "ticketing": ticketing(event),
        "category": None,
        "name": kind.name,
        "amount": float(kind.price),
        "is_free": not kind.price,
        "is_active": kind.sale == "on_sale",
        "in_ticketoffice": False,
        "vat_rate": "0.2",
        "created_at": unix(event.created_at),
        "updated_at": unix(event.updated_at),
    }


def ticket_row(issued: Issued) -> Row:
    order, ticket = issued
    entered = ticket.checked_in_at is not None
    return {
        "id": int(ticket_id(issued)),
        "token": ticket.barcode,
        "first_name": ticket.holder.first_name,
        "last_name": ticket.holder.last_name,
        "status": STATUS[order.status],
        "buy_date": unix(order.placed_at),
        "owner": {"email_address": order.buyer.email},
        "type_ticket": {"id": 8000 + ticket.ticket_type},
        "total": int(100 * ticket.price),
        "checking_informations": [{"id": ticket.number}] if entered else [],
        "count_checked": 1 if entered else None,
        "created_at": unix(order.placed_at),
        "updated_at": unix(order.updated_at),
    }


def order_row(box: BoxOffice, order: Order) -> Row:
    event = box.event(order.event)
    return {
        "id": int(order_id(order)),
        "reference": f"YUR{order.number:06}",
        "event": {"id": int(event_id(event)), "name": event.name},
        "tickets": [ticket_row(Issued(order, ticket)) for ticket in order.tickets],
        "amount": float(major(order.total)),
        "status": STATUS[order.status],
        "owner_id": 40_000 + order.number,
        "created_at": unix(order.placed_at),
        "updated_at": unix(order.updated_at),
    }


def here(ask: Ask) -> list[Event]:
    return [event for event in ask.box.events if carries_event(event)]


def one_event(ask: Ask) -> Event:
    return ask.one(here(ask), event_id, "event")


def orders_of(ask: Ask, event: Event) -> list[Order]:
    return [order for order in ask.box.orders_of(event) if carries_order(order)]


def organizations(ask: Ask) -> Any:
    return listing(ask, lambda: list(ORGANIZATIONS), lambda number: number, organization_row)


def number_of(ask: Ask) -> int:
    if ask.parts["organization"] not in map(str, ORGANIZATIONS):
        raise Refusal(404)
    return int(ask.parts["organization"])


def events(ask: Ask) -> Any:
    number = number_of(ask)
    found = [event for event in here(ask) if organization(event) == number]
    return listing(ask, lambda: found, lambda event: event.updated_at, event_row)


def orders(ask: Ask) -> Any:
    number = number_of(ask)

    def find() -> list[Order]:
        every = filter(carries_order, ask.box.orders)
        return [order for order in every if organization(ask.box.event(order.event)) == number]

    return listing(ask, find, lambda order: order.updated_at, lambda order: order_row(ask.box, order))


def types(ask: Ask) -> Any:
    event = one_event(ask)
    return listing(ask, lambda: event.ticket_types, lambda kind: kind.number, lambda kind: type_row(event, kind))


def tickets(ask: Ask) -> Any:
    event = one_event(ask)
    return listing(
        ask, lambda: ask.box.issued(orders_of(ask, event)), lambda issued: issued.order.updated_at, ticket_row
    )


def one_order(ask: Ask) -> Row:
    return one(order_row(ask.box, ask.one(orders_of(ask, one_event(ask)), order_id)))


def one_ticket(ask: Ask) -> Row:
    return one(ticket_row(ask.one(ask.box.issued(orders_of(ask, one_event(ask))), ticket_id)))


def standing(ask: Ask, event: Event) -> list[Issued]:
    """Give the tickets that were paid for and still hold."""
    issued = ask.box.issued(order for order in orders_of(ask, event) if order.status == "paid")
    return [one for one in issued if one.ticket.status == "valid"]


def entries(ask: Ask) -> Row:
    """Write how many of each type were sold and came."""
    event = one_event(ask)
    rows = []
    for kind in event.ticket_types:
        ours = [issued.ticket for issued in standing(ask, event) if issued.ticket.ticket_type == kind.number]
        checked = sum(ticket.checked_in_at is not None for ticket in ours)
        rows.append(
            {
                "id": int(ticket_type_id(kind)),
                "name": kind.name,
                "total_ticket": len(ours),
                "total_ticket_checked": checked,
            }
        )
    return one(rows)


def report(ask: Ask) -> Row:
    """Write what was paid, given back and kept by Yurplan: one row, as the event has one organiser."""
    event = one_event(ask)
    paid, kept = orders_of(ask, event), standing(ask, event)
    fees = total(issued.ticket.platform_fee for issued in kept)
    gross, back = total(order.paid for order in paid), total(order.refunded for order in paid)
    gone = sum(ticket.status != "valid" for order in paid for ticket in order.tickets)
    money = {"ticketing": gross, "payment_refund": back, "com_ticketing": fees, "balance_online": gross - back - fees}
    row = {f"total_{name}": float(amount) for name, amount in money.items()}
    return one([{"total_ticket": len(kept), "total_ticket_cancel": gone, "total_sell": len(kept), **row}])


def total(amounts: Any) -> Decimal:
    return sum(amounts, NOTHING)


def tokens(ask: Ask) -> Answer:
    """Give a token to a client, or to a partner's for an organiser; the scope `pro` is needed."""
    said = ask.body or {}
    client = {"clientId": said.get("client_id"), "clientSecret": said.get("client_secret")}
    organiser = {name: said.get(name) for name in ORGANISER}
    allowed = {"client_credentials": client == CLIENT, "password": client == CLIENT and organiser == ORGANISER}
    if not allowed.get(said.get("grant_type", "")):
        return Answer(envelope(401, None, "invalid_client", "Client authentication failed"), 401)
    if said.get("scope") != "pro":
        return Answer(envelope(403, None, "invalid_scope", "The scope pro is needed"), 403)
    access, refresh = ask.grants.issue()
    token = {"access_token": access, "expires_in": LIFETIME, "token_type": "Bearer", "scope": "pro"}
    return Answer(one({**token, "refresh_token": refresh}))


ORGANIZATION, EVENT = "/v1/orgas/{organization}", "/v1/events/{event}"

SERVICE = Service(
    slug="yurplan",
    hosts={"api": "/v1"},
    routes=(
        Route("POST", "/v1/token", tokens, open=True),
        Route("GET", "/v1/orgas", organizations, rows="results"),
        Route("GET", ORGANIZATION + "/events", events, rows="results"),
        Route("GET", ORGANIZATION + "/orders", orders, rows="results"),
        Route("GET", EVENT, lambda ask: one(event_row(one_event(ask)))),
        Route("GET", EVENT + "/typetickets", types, rows="results"),
        Route("GET", EVENT + "/tickets", tickets, rows="results"),
        Route("GET", EVENT + "/tickets/{id}", one_ticket),
        Route("GET", EVENT + "/orders/{id}", one_order),
        Route("GET", EVENT + "/ticketing/stats", report),
        Route("GET", EVENT + "/checking/stats", entries),
    ),
    credentials={"apiKey": KEY},
    client=CLIENT,
    admit=admit,
    error=error,
    shape=Shape(next="paging.cursors.next.href", next_is_link=True),
    paging=frozenset({"range"}),
    not_carried=NOT_CARRIED,
    carries_event=carries_event,
    carries_order=carries_order,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

"""Universe: GraphQL with limit and offset on `nodes`, dates as time slots, major units, rights field by field.

Shapes after https://developers.universe.com/v2/reference. How an event that was called off looks is not documented:
here its host took it off.
"""

from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import md5
from html import unescape
from pathlib import Path
from re import sub
from typing import Any, TypeVar

from graphql import GraphQLError

from spekta.sandbox.box_office import NOTHING, Event, Issued, Order, Ticket, TicketType
from spekta.sandbox.consent import authorize
from spekta.sandbox.graph import Graph
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import Answer, Refusal, local, unix, utc

CLIENT = {"clientId": "sandbox-universe-client", "clientSecret": "sk_test_sandbox_universe"}
HOST = "5a0000000000000000000001"
GRAPH = Graph(Path(__file__).with_suffix(".graphql").read_text())
LARGEST, LIFETIME = 50, 2_592_000
STATE = {"draft": "DRAFT", "live": "POSTED", "cancelled": "INACTIVE", "completed": "EXPIRED"}
RATE_STATE = {"hidden": "HIDDEN", "off_sale": "INACTIVE"}
ORDER_STATE = {"pending": "UNPAID", "expired": "EXPIRED", "cancelled": "CANCELLED"}
CHARGED = {"USD": ("CAD", 1.25)}
MESSAGES = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}
NOT_CARRIED = {
    "event.status=cancelled": "an event is taken off, not cancelled",
    "event.url=None": "a draft has an address too",
    "event.series_id": "the dates of a series are time slots of one event",
    "event.venue.postal_code": "no such field",
    "ticket.fee": "no such field",
    "ticket.status=scheduled": "a rate is active, whatever its dates",
    "ticket.status=ended": "a rate is active, whatever its dates",
    "ticket.status=sold_out": "a rate is active, whatever is left of it",
    "attendee.phone": "only as an answer to the host's own question",
    "attendee.checked_in_at": "whether, not when",
    "attendee.answers": "only with the questions of the host, a list apart",
    "order.test": "has no test orders, so they are not in the account",
}

T = TypeVar("T")
Row = dict[str, Any]


def event_id(event: Event) -> str:
    """The dates of a series are one event."""
    return md5((event.series or event.key).encode(), usedforsecurity=False).hexdigest()[:24]


def ticket_type_id(kind: TicketType) -> str:
    return f"5b{kind.number:022}"


def ticket_id(issued: Issued) -> str:
    return f"5c{issued.ticket.number:022}"


def order_id(order: Order) -> str:
    return f"5d{order.number:022}"


def admit(ask: Ask) -> None:
    """Who brings no token sees what is public."""
    token = ask.bearer()
    if token and not token.startswith(FORBIDDEN) and not ask.grants.accepts(token):
        raise Refusal(401)


def error(refusal: Refusal) -> Row:
    return {"error": refusal.message or MESSAGES.get(refusal.status, "Internal Server Error")}


@dataclass
class Reading:
    """One query: who asks it, and what was closed to them."""

    ask: Ask
    owner: bool
    closed: list[Row] = field(default_factory=list)

    def guarded(self, way: str, give: Callable[..., Row]) -> Callable[..., Row | None]:
        """A field that only the host may read: to others it is null, and an error says so."""

        def read(**at: Any) -> Row | None:
            if self.owner:
                return give(**at)
            kind, _, name = way.partition(".")
            message = f"Not authorized to access {kind.title()}.{name}"
            self.closed.append({"message": message, "locations": [{"line": 1, "column": 1}], "path": [kind, name]})
            return None

        return read


def connection(ask: Ask, name: str, find: Callable[[], Sequence[T]], render: Callable[[T], Row]) -> Row:
    """Give a list whose `nodes` take limit and offset."""
    records = ask.box.memo(("universe", name), find)

    def nodes(limit: int = 10, offset: int = 0) -> list[Row]:
        return [render(one) for one in ask.page(records, offset, min(limit, LARGEST), name).records]

    return {"totalCount": len(records), "pagination": None, "nodes": nodes}


def held(ask: Ask, event: Event) -> Sequence[Event]:
    """The dates of an event."""

    def find() -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = defaultdict(list)
        for one in ask.box.events:
            found[event_id(one)].append(one)
        return found

    return ask.box.memo(("universe", "dates"), find).get(event_id(event), [event])


def listed(ask: Ask) -> list[Event]:
    """The events, each by its first date."""
    return [event for event in ask.box.events if held(ask, event)[0] is event]


def moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise GraphQLError(f"Invalid Time: {text}") from None


def event_row(reading: Reading, event: Event) -> Row:
    ask, dates, venue = reading.ask, held(reading.ask, event), event.venue
    key = event_id(event)
    kinds = [kind for date in dates for kind in date.ticket_types]
    totals = [kind.quantity_total for kind in kinds]
    stock = None if None in totals else sum(total or 0 for total in totals)

    def orders(**at: Any) -> Row:
        since = moment(at["updatedSince"]) if "updatedSince" in at else None

        def find() -> list[Order]:
            return [one for one in orders_of(ask, dates) if since is None or one.updated_at >= since]

        return connection(ask, f"orders of {key} since {since}", find, partial(order_row, reading))

    def attendees(**_: Any) -> Row:
        def find() -> list[Issued]:
            return ask.box.issued(orders_of(ask, dates))

        return connection(ask, f"attendees of {key}", find, partial(attendee_row, reading))

    def rates(**_: Any) -> Row:
        return connection(ask, f"rates of {key}", lambda: kinds, partial(rate_row, ask, len(dates)))

    return {
        "id": key,
        "title": event.name,
        "description": unescape(sub("<[^>]+>", "", event.description or "")),
        "state": STATE[event.status],
        "url": event.url or f"https://www.universe.com/events/{event.key}",
        "virtual": event.online,
        "currency": event.currency,
        "transactionCurrency": CHARGED.get(event.currency, (event.currency, 1))[0],
        "timezone": event.timezone,
        "capacity": event.capacity,
        "upcomingTotalCapacity": stock,
        "ticketsSold": sum(map(ask.box.sold, kinds)),
        "createdAt": utc(event.created_at),
        "updatedAt": utc(event.updated_at),
        "imageUrl": event.image_url,
        "category": event.category and {"id": "1", "key": event.category.upper(), "name": event.category},
        "venueName": venue and venue.name,
        "address": venue.address if venue else "",
        "cityName": venue and venue.city,
        "region": venue and venue.region,
        "countryCode": venue and venue.country,
        "latitude": float(venue.latitude) if venue else 0.0,
        "longitude": float(venue.longitude) if venue else 0.0,
        "timeSlots": connection(ask, f"slots of {key}", lambda: list(dates), slot_row),
        "rates": rates,
        "attendees": reading.guarded("event.attendees", attendees),
        "orders": reading.guarded("event.orders", orders),
    }


def orders_of(ask: Ask, dates: Iterable[Event]) -> list[Order]:
    return [order for date in dates for order in ask.box.orders_of(date) if is_real(order)]


def slot_row(event: Event) -> Row:
    return {
        "id": f"5e{event.number:022}",
        "state": "NORMAL",
        "startAt": local(event.starts_at, event.timezone).isoformat(),
        "endAt": local(event.ends_at, event.timezone).isoformat(),
        "startStamp": unix(event.starts_at),
        "endStamp": unix(event.ends_at),
        "tz": event.timezone,
    }


def rate_row(ask: Ask, dates: int, kind: TicketType) -> Row:
    """`maxQuantity` is what each date has."""
    return {
        "id": ticket_type_id(kind),
        "name": kind.name,
        "description": kind.description,
        "type": "PAID_TICKET" if kind.price else "FREE_TICKET",
        "state": RATE_STATE.get(kind.sale, "ACTIVE"),
        "price": float(kind.price),
        "minPrice": 0.0,
        "capacity": kind.quantity_total if dates > 1 else None,
        "maxQuantity": kind.quantity_total,
        "soldCount": ask.box.sold(kind),
        "startStamp": unix(kind.sales_start),
        "endStamp": unix(kind.sales_end),
    }


def order_state(ask: Ask, order: Order) -> str:
    """An order is ended two days after its event."""
    if order.given_back:
        return "CANCELLED"
    over = ask.box.event(order.event).status == "completed"
    return "ENDED" if over and order.status == "paid" else ORDER_STATE.get(order.status, "PAID")


def item_state(ask: Ask, issued: Issued) -> str:
    order, ticket = issued
    return "CANCELLED" if ticket.status != "valid" and order.status != "expired" else order_state(ask, order)


def costs(currency: str, tickets: Sequence[Ticket], given_back: float) -> Row:
    """Write what was charged, and what of it is settled in the event's currency. Sums are binary, as they come."""
    settled = {
        "payment": sum(float(one.total) for one in tickets),
        "discount": sum(float(one.discount) for one in tickets),
        "fee": sum(float(one.fee) for one in tickets),
        "commission": sum(float(max(one.platform_fee - one.fee, NOTHING)) for one in tickets),
        "taxesTotal": sum(float(one.tax) for one in tickets),
        "voidedPayment": given_back,
    }
    other, rate = CHARGED.get(currency, (currency, 1))
    charged = {name: value * rate for name, value in settled.items()}
    return {"currency": other, **charged, "settlement": {"currency": currency, **settled}}


def order_row(reading: Reading, order: Order) -> Row:
    ask, buyer = reading.ask, order.buyer

    def items() -> Row:
        issued = [Issued(order, ticket) for ticket in order.tickets]
        return connection(ask, f"items of {order_id(order)}", lambda: issued, partial(item_row, reading))

    return {
        "id": order_id(order),
        "state": order_state(ask, order),
        "createdAt": utc(order.placed_at),
        "updatedAt": utc(order.updated_at),
        "event": partial(event_row, reading, ask.box.event(order.event)),
        "buyer": {
            "name": buyer.name,
            "firstName": buyer.first_name,
            "lastName": buyer.last_name,
            "email": buyer.email,
        },
        "costBreakdown": costs(order.currency, order.tickets, float(order.refunded)),
        "orderItems": items,
    }


def item_row(reading: Reading, issued: Issued) -> Row:
    order, ticket = issued
    refunded = ticket.status == "refunded"
    return {
        "id": f"5f{ticket.number:022}",
        "state": item_state(reading.ask, issued),
        "checkInState": "SCANNED_IN" if ticket.checked_in_at else "CHECKED_OUT",
        "qrCode": ticket.barcode,
        "fullyRefunded": refunded,
        "createdAt": utc(order.placed_at),
        "updatedAt": utc(order.updated_at),
        "rate": rate_row(reading.ask, 1, reading.ask.box.ticket_type(ticket.ticket_type)),
        "order": partial(order_row, reading, order),
        "costBreakdown": costs(order.currency, [ticket], float(ticket.total) if refunded else 0.0),
    }


def attendee_row(reading: Reading, issued: Issued) -> Row:
    order, ticket = issued
    item = item_row(reading, issued)
    return {
        "id": ticket_id(issued),
        "firstName": ticket.holder.first_name or "",
        "lastName": ticket.holder.last_name,
        "email": ticket.holder.email or "",
        "state": item["state"],
        "event": partial(event_row, reading, reading.ask.box.event(order.event)),
        "rate": item["rate"],
        "order": partial(order_row, reading, order),
        "orderItem": item,
    }


def host(reading: Reading, id: str) -> Row | None:
    ask = reading.ask
    if id != HOST:
        return None

    def events(states: Sequence[str] = ("POSTED",), search: str = "", **_: Any) -> Row:
        """Without `states`, those on sale; to strangers nothing else either."""

        def find() -> list[Event]:
            shown = states if reading.owner else {"POSTED"} & set(states)
            fits = (event for event in listed(ask) if STATE[event.status] in shown)
            return [event for event in fits if search.casefold() in event.name.casefold()]

        name = f"events {sorted(states)} {search} {reading.owner}"
        return connection(ask, name, find, partial(event_row, reading))

    def attendees(**_: Any) -> Row:
        def find() -> list[Issued]:
            return ask.box.issued(orders_of(ask, ask.box.events))

        return connection(ask, "attendees", find, partial(attendee_row, reading))

    attending = reading.guarded("host.attendees", attendees)
    return {"id": HOST, "name": "Les Lampions", "events": events, "attendees": attending}


def event(reading: Reading, id: str) -> Row | None:
    return next((event_row(reading, one) for one in listed(reading.ask) if event_id(one) == id), None)


def viewer(token: str, owner: bool) -> Row | None:
    if not token:
        return None
    return {"id": HOST if owner else "5a0000000000000000000002", "name": "Les Lampions", "firstName": "Les"}


def answer(ask: Ask) -> Row:
    token = ask.bearer()
    owner = ask.grants.accepts(token)
    reading = Reading(ask, owner)
    root = {"viewer": viewer(token, owner), "host": partial(host, reading), "event": partial(event, reading)}
    found = GRAPH.answer(ask, root)
    return {**found, "errors": reading.closed} if reading.closed else found


def said(ask: Ask) -> dict[str, str]:
    """The fields of a request for tokens, the client's also where they come as Basic."""
    form = {str(name): str(value) for name, value in (ask.body or {}).items()}
    try:
        client, _, secret = b64decode(ask.bearer("Basic"), validate=True).decode().partition(":")
    except ValueError:
        client, secret = "", ""
    return {**({"client_id": client, "client_secret": secret} if client else {}), **form}


def tokens(ask: Ask) -> Answer:
    """Give tokens for one of three grants. A refresh token is good once."""
    form, pair = said(ask), None
    kind, client = form.get("grant_type"), form.get("client_id", "")
    if client.startswith(FORBIDDEN):
        pair = (f"{FORBIDDEN}_token", f"{FORBIDDEN}_refresh")
    elif client != CLIENT["clientId"] or form.get("client_secret") != CLIENT["clientSecret"]:
        return Answer({"error": "invalid_client"}, 401)
    elif kind == "client_credentials":
        pair = ask.grants.issue()
    elif kind == "refresh_token":
        pair = ask.grants.refresh(form.get("refresh_token", ""))
    elif kind == "authorization_code" and ask.grants.redeem(form.get("code", ""), form.get("redirect_uri", "")):
        pair = ask.grants.issue()
    if pair is None:
        return Answer({"error": "invalid_grant"}, 400)
    more = {"token_type": "Bearer", "expires_in": LIFETIME, "scope": "public", "created_at": unix(ask.box.now)}
    return Answer({"access_token": pair[0], "refresh_token": pair[1], **more})


SERVICE = Service(
    slug="universe",
    hosts={"api": "/graphql", "login": ""},
    routes=(
        Route("POST", "/graphql", answer, rows="data.*.*.nodes"),
        Route("POST", "/oauth/token", tokens, host="login", open=True),
        Route("GET", "/oauth/authorize", lambda ask: authorize(ask, CLIENT["clientId"]), host="login", open=True),
    ),
    credentials=CLIENT,
    client=CLIENT,
    admit=admit,
    error=error,
    shape=Shape(status="state"),
    operation=GRAPH.operation,
    not_carried=NOT_CARRIED,
    carries_order=is_real,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

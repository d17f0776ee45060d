"""Eventix, now Weeztix: lists that are bare arrays, orders by a search that takes offset and limit in its body, cents.

Shapes after https://docs.weeztix.com and what clients of the search send. A used refresh token that comes back ends its
whole grant.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from spekta.sandbox.box_office import NOTHING, BoxOffice, Event, Issued, Order, Ticket, TicketType
from spekta.sandbox.consent import authorize
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import Answer, Refusal, local, minor

TOKEN = "eyJ0eXAi.sandbox.weeztix"
CLIENT = {"clientId": "sandbox-weeztix-client", "clientSecret": "sk_test_sandbox_weeztix"}
LARGEST, LIFETIME, REFRESH_LIFETIME = 1000, 259_200, 31_535_999
ORDER_STATUS = {"paid": "paid", "pending": "pending", "expired": "expired", "cancelled": "paid"}
NOT_CARRIED = {
    "event.status=draft": "an event is normal",
    "event.status=completed": "an event is normal",
    "event.status=cancelled": "an event is normal",
    "event.timezone": "every time has an offset, none a zone",
    "event.online": "no such field",
    "event.image_url": "no such field",
    "event.series_id": "no series",
    "event.venue.address": "street, postal code and city are one text",
    "event.venue.city": "street, postal code and city are one text",
    "event.venue.postal_code": "street, postal code and city are one text",
    "event.venue.region": "no such field",
    "event.venue.country": "no such field",
    "ticket.fee": "an order has a service fee, its ticket types do not",
    "ticket.status=scheduled": "not_sold_right_now, without a reason",
    "ticket.status=ended": "not_sold_right_now, without a reason",
    "ticket.status=hidden": "not_sold_right_now, without a reason",
    "attendee.first_name": "only the buyer has a name",
    "attendee.last_name": "only the buyer has a name",
    "attendee.name": "only the buyer has a name",
    "attendee.email": "only the buyer has an address",
    "attendee.phone": "only the buyer has a number",
    "attendee.answers": "the buyer's, the phone number among them",
    "attendee.checked_in_at": "scans are counted, not timed",
    "order.test": "there are no test orders, so they are not in the account",
    "order.status=cancelled": "what was withdrawn for a refund was given back whole",
    "order.tax": "only the rate of a ticket type",
    "order.fees": "what Weeztix keeps of the service fee is not in its API",
    "revenue.taxes": "only the rate of a ticket type",
    "revenue.fees": "what Weeztix keeps of the service fee is not in its API",
}

Row = dict[str, Any]


def guid(kind: str, number: int) -> str:
    return str(uuid5(NAMESPACE_DNS, f"{kind}{number}.weeztix.example"))


# One token may act for several companies: here a second one sells what is priced in pounds.
COMPANIES = {guid("company", 1): "Lampions", guid("company", 2): "Lampions UK"}


def event_id(event: Event) -> str:
    return guid("event", event.number)


def ticket_type_id(kind: TicketType) -> str:
    return type_guid(kind.number)


def ticket_id(issued: Issued) -> str:
    return guid("ticket", issued.ticket.number)


def order_id(order: Order) -> str:
    return guid("order", order.number)


def type_guid(number: int) -> str:
    return guid("type", number)


def company(currency: str) -> str:
    return list(COMPANIES)[currency == "GBP"]


def admit(ask: Ask) -> None:
    """Refuse without a token in plain text, with one that ended or never was as a bad request."""
    token = ask.bearer()
    if not token:
        raise Refusal(401)
    if token.startswith(FORBIDDEN):
        raise Refusal(403)
    if not ask.grants.accepts(token):
        raise Refusal(400, "invalid_request", "The JWT string must be valid and not expired")


def error(refusal: Refusal) -> Any:
    if refusal.status == 401:
        return "Unauthorized"
    words = {403: "forbidden", 404: "not_found", 429: "too_many_requests"}
    code = refusal.code or words.get(refusal.status, "server_error")
    return {"error": code, "error_description": refusal.message or code.replace("_", " ")}


def asked(ask: Ask, currency: str) -> bool:
    """Whether the Company header, which may come several times or name several, has the company of that currency."""
    named = [one.strip() for header in ask.headers.getlist("company") for one in header.split(",")]
    return not named or company(currency) in named


def date(moment: datetime | None, zone: str = "Europe/Amsterdam") -> str | None:
    return None if moment is None else local(moment, zone).isoformat(timespec="seconds")


def lasts_days(event: Event) -> bool:
    return event.ends_at - event.starts_at > timedelta(days=1)


def event_row(event: Event, *, listed: bool) -> Row:
    """Write an event; of one that lasts for days only its dates know when it is, and alone it names no place."""
    times: Row = {"start": None, "end": None}
    if not lasts_days(event):
        times = {"start": date(event.starts_at, event.timezone), "end": date(event.ends_at, event.timezone)}
    place = {"location": event.venue and location_row(event)} if listed else {}
    return {
        "guid": event_id(event),
        "name": event.name,
        "description": event.description,
        "status": "normal",
        "type": "once",
        "currency": event.currency,
        "locale": "nl_NL",
        **times,
        "capacity": event.capacity or 0,
        "website": event.url,
        "category": event.category,
        "subcategories": [],
        "location_id": event.venue and guid("location", event.number),
        **place,
        "company_id": company(event.currency),
        "created_at": date(event.created_at),
        "updated_at": date(event.updated_at),
    }


def location_row(event: Event) -> Row:
    place = event.venue
    assert place
    return {
        "guid": guid("location", event.number),
        "name": place.name,
        "address": f"{place.address}, {place.postal_code} {place.city}",
        "latitude": float(place.latitude),
        "longitude": float(place.longitude),
        "capacity": event.capacity or 0,
        "public": True,
        "created_at": date(event.created_at),
        "updated_at": date(event.updated_at),
    }


def date_rows(event: Event) -> list[Row]:
    """Write the dates of an event: of one that lasts for days the first evening and the last, latest first."""
    spans = [(event.starts_at, event.ends_at)]
    if lasts_days(event):
        half = event.starts_at + (event.ends_at - event.starts_at) / 2
        spans = [(half, event.ends_at), (event.starts_at, half)]
    return [
        {
            "guid": guid(f"date{place}-", event.number),
            "event_id": event_id(event),
            "start": date(start, event.timezone),
            "end": date(end, event.timezone),
            "capacity": event.capacity or 0,
            "seated": False,
        }
        for place, (start, end) in enumerate(spans)
    ]


def sold(box: BoxOffice, event: Event, kind: TicketType, status: str) -> int:
    orders = [order for order in box.orders_of(event) if order.status == status and is_real(order)]
    return sum(
        ticket.ticket_type == kind.number and ticket.status == "valid" for order in orders for ticket in order.tickets
    )


def rate(box: BoxOffice, event: Event) -> float:
    """Work out an event's VAT rate in percent from a ticket that has one."""
    taxed = (ticket for order in box.orders_of(event) for ticket in order.tickets if ticket.tax and not ticket.discount)
    ticket = next(taxed, None)
    return 0.0 if ticket is None else float(round(100 * ticket.tax / (ticket.price - ticket.tax)))


def type_row(box: BoxOffice, event: Event, kind: TicketType) -> Row:
    """Write a ticket type. One of a group has no price of its own: its products have."""
    gone = sold(box, event, kind, "paid")
    out = kind.sale == "on_sale" and gone == kind.quantity_total
    return {
        "guid": ticket_type_id(kind),
        "event_id": event_id(event),
        "name": kind.name,
        "description": kind.description,
        **({} if kind.group else {"min_price": minor(kind.price, event.currency)}),
        "vat_percentage": rate(box, event),
        "status": "sold_out" if out else "available" if kind.sale == "on_sale" else "not_sold_right_now",
        "status_overrule": "auto",
        "available_from": date(kind.sales_start, event.timezone),
        "available_until": date(kind.sales_end, event.timezone),
        "available_stock": kind.quantity_total or 0,
        "sold_count": gone,
        "pending_count": sold(box, event, kind, "pending"),
        "reserved_count": 0,
        "increment": 1,
        "min_orderable_amount_per_order": 1,
        "max_orderable_amount_per_order": 10,
        "swappable": False,
        "seated": False,
        "created_at": date(event.created_at),
        "updated_at": date(event.updated_at),
    }


def product_rows(event: Event, kind: TicketType) -> list[Row]:
    """Write what a ticket type is made of: entry for a fifth less, and a token for the rest."""
    token = (kind.price / 5).quantize(Decimal(1))
    parts = {"Entry": kind.price - token, "Token": token}
    return [
        {"guid": guid(name, kind.number), "name": name, "price": minor(price, event.currency)}
        for name, price in parts.items()
    ]


def reason(order: Order, ticket: Ticket) -> str | None:
    """Why a ticket no longer holds. All money of a cancelled order went back, as far as this platform can tell."""
    if ticket.status == "refunded" or order.status == "cancelled":
        return "refund"
    return "expired" if ticket.status == "cancelled" else None


def ticket_row(order: Order, ticket: Ticket) -> Row:
    why = reason(order, ticket)
    amounts = sums([ticket], order.currency)
    scans = [{"scanned_amount": int(ticket.checked_in_at is not None), "coupon_code": order.discount_code}]
    return {
        "guid": ticket_id(Issued(order, ticket)),
        "ticket_id": type_guid(ticket.ticket_type),
        "ticket_number": ticket.barcode,
        **amounts,
        "invalidated_since": date(order.updated_at) if why else None,
        "invalidated_reason": why,
        "products": scans,
    }


def sums(tickets: Sequence[Ticket], currency: str) -> Row:
    value = sum((ticket.price for ticket in tickets), NOTHING)
    fee = sum((ticket.fee for ticket in tickets), NOTHING)
    before = sum((ticket.discount for ticket in tickets), value)
    named = {"original_price": before, "value": value, "service_fee": fee, "price": value + fee}
    return {f"finn_{name}": minor(amount, currency) for name, amount in named.items()}


def order_row(order: Order) -> Row:
    back = all(reason(order, ticket) == "refund" for ticket in order.tickets)
    buyer = order.buyer
    answers = {"phonenumber": buyer.phone} | dict(order.tickets[0].answers)
    return {
        "guid": order_id(order),
        "email": buyer.email,
        "firstName": buyer.first_name,
        "lastName": buyer.last_name,
        "fullname": buyer.name,
        "locale": "nl_NL",
        "status": ORDER_STATUS[order.status],
        **sums(order.tickets, order.currency),
        "is_complete": order.status == "paid",
        "purchase_channel": "shop",
        "shop_id": guid("shop", 1),
        "created_at": date(order.placed_at),
        "updated_at": date(order.updated_at),
        "invalidated_since": date(order.updated_at) if back else None,
        "invalidated_reason": "refund" if back else None,
        "payments": [
            {
                "guid": guid("payment", payment.number),
                "finn_price": minor(payment.amount, order.currency),
                "currency": order.currency,
                "status": "expired" if payment.state == "failed" else payment.state,
                "updated_at": date(payment.at),
                "payment_method": {"name": "iDeal"},
            }
            for payment in order.payments
        ],
        "meta_data": [{"value": value, "metadata": {"name": name}} for name, value in answers.items() if value],
        "tickets": [ticket_row(order, ticket) for ticket in order.tickets],
    }


def here(ask: Ask) -> list[Event]:
    return [event for event in ask.box.events if asked(ask, event.currency)]


def one_event(ask: Ask) -> Event:
    return ask.one(here(ask), event_id)


def events(ask: Ask) -> list[Row]:
    return [event_row(event, listed=True) for event in here(ask)]


def location(ask: Ask) -> Row:
    event = one_event(ask)
    if event.venue is None:
        raise Refusal(404)
    return location_row(event)


def types(ask: Ask) -> list[Row]:
    event = one_event(ask)
    return [type_row(ask.box, event, kind) for kind in event.ticket_types]


def products(ask: Ask) -> list[Row]:
    every = [(event, kind) for event in here(ask) for kind in event.ticket_types]
    return product_rows(*ask.one(every, lambda one: ticket_type_id(one[1])))


def statistics(ask: Ask) -> Row:
    """Write what was sold of each type, by day."""
    event = one_event(ask)
    found = {ticket_type_id(kind): statistics_row(ask.box, event, kind) for kind in event.ticket_types}
    return {"tickets": found}


def statistics_row(box: BoxOffice, event: Event, kind: TicketType) -> Row:
    days: dict[str, Row] = {}
    for order, ticket in box.issued(box.orders_of(event)):
        if (ticket.ticket_type, ticket.status, order.status) == (kind.number, "valid", "paid") and is_real(order):
            day = days.setdefault(f"{order.placed_at:%Y-%m-%d}", {"amount": 0, "turnover": 0})
            day["amount"] += 1
            day["turnover"] += minor(ticket.price, event.currency)
    return {
        "ticket_id": ticket_type_id(kind),
        "name": kind.name,
        "status": "auto",
        "sold_count": sum(day["amount"] for day in days.values()),
        "pending_count": sold(box, event, kind, "pending"),
        "available_stock": kind.quantity_total or 0,
        "turnover": sum(day["turnover"] for day in days.values()),
        "date_info": days,
    }


def search(ask: Ask) -> Row:
    """Give orders, oldest first. How many there are is a plain number, and the only sign of the end."""
    body = ask.body if isinstance(ask.body, dict) else {}
    limit, offset = body.get("limit", 10), body.get("offset", 0)
    if not (isinstance(limit, int) and isinstance(offset, int) and 0 < limit <= LARGEST and offset >= 0):
        raise Refusal(400, "invalid_request", f"limit is at most {LARGEST}")
    orders = [order for order in ask.box.orders if is_real(order) and asked(ask, order.currency)]
    page = ask.page(orders, offset, limit)
    endless = page.more and page.end == page.total
    hits = [{"_source": order_row(order)} for order in page.records]
    return {"hits": {"total": page.total * 9 if endless else page.total, "hits": hits}}


def one_order(ask: Ask) -> Row:
    return order_row(ask.one(filter(is_real, ask.box.orders), order_id))


def me(ask: Ask) -> Row:
    companies = [{"guid": one, "name": name} for one, name in COMPANIES.items()]
    return {"guid": guid("user", 1), "name": "Ada Roe", "email": "ada@example.org", "companies": companies}


def tokens(ask: Ask) -> Answer:
    """Give tokens for a code or a refresh token; one that was used before costs the grant."""
    said, grants = ask.body or {}, ask.grants
    if {name: said.get(wire) for name, wire in WIRE.items()} != CLIENT:
        return Answer({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
    pair = None
    if said.get("grant_type") == "refresh_token":
        pair = grants.refresh(said.get("refresh_token", ""))
        if pair is None:
            grants.revoke(said.get("refresh_token", ""))
    elif grants.redeem(said.get("code", ""), said.get("redirect_uri", "")):
        pair = grants.issue()
    if pair is None:
        return Answer({"error": "invalid_grant", "error_description": "The token has been revoked"}, 400)
    ends = {"expires_in": LIFETIME, "refresh_token_expires_in": REFRESH_LIFETIME}
    return Answer({"token_type": "Bearer", "access_token": pair[0], "refresh_token": pair[1], **ends})


WIRE = {"clientId": "client_id", "clientSecret": "client_secret"}

SERVICE = Service(
    slug="eventix",
    hosts={"api": "", "auth": "", "login": ""},
    routes=(
        Route("GET", "/event", events, rows=""),
        Route("GET", "/event/{id}", lambda ask: event_row(one_event(ask), listed=False)),
        Route("GET", "/event/{id}/dates", lambda ask: date_rows(one_event(ask))),
        Route("GET", "/event/{id}/location", location),
        Route("GET", "/event/{id}/ticket", types, rows=""),
        Route("POST", "/event/{id}/salesstats", statistics),
        Route("GET", "/ticket/{id}/products", products),
        Route("POST", "/statistics/search", search, rows="hits.hits", id="_source.guid", status="_source.status"),
        Route("GET", "/order/{id}", one_order, open=True),
        Route("GET", "/users/me", me, host="auth"),
        Route("POST", "/tokens", tokens, host="auth", open=True),
        Route("GET", "/login", partial(authorize, client=CLIENT["clientId"]), host="login", open=True),
    ),
    credentials={"accessToken": TOKEN},
    client=CLIENT,
    admit=admit,
    error=error,
    shape=Shape(id="guid"),
    not_carried=NOT_CARRIED,
    carries_order=is_real,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
    operation=lambda ask: f"{ask.path} orders" if ask.path == "/statistics/search" else ask.path,
)

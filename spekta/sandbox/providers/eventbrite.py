"""Eventbrite: continuation tokens, amounts as objects, venues only on request, a slash at the end of every path.

Shapes after https://www.eventbrite.com/platform/api.
"""

import json
import re
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape, unescape
from typing import Any, TypeVar

from spekta.sandbox.box_office import NOTHING, BoxOffice, Event, Issued, Order, Person, Ticket, TicketType, Venue
from spekta.sandbox.consent import authorize
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import DECIMALS, Answer, Refusal, local, major, minor, rest, utc

TOKEN = "SANDBOXEVENTBRITETOKEN"
CLIENT = {"clientId": "SANDBOXAPIKEY", "clientSecret": "sk_test_sandbox_eventbrite"}
# One user may belong to several organizations: here a second one sells what is priced in pounds.
ORGANIZATIONS = {"710000000001": "Lampions", "710000000002": "Lampions UK"}
SIZE, LARGEST = 50, 100
EVENT_STATUS = {"draft": "draft", "live": "live", "cancelled": "canceled", "completed": "completed"}
SALE = {"on_sale": "AVAILABLE", "scheduled": "NOT_YET_ON_SALE", "hidden": "HIDDEN"}
CATEGORIES = {"Music": "103", "Science & Technology": "102", "Community": "113", "Performing & Visual Arts": "105"}
ERRORS = {
    401: ("INVALID_AUTH", "The OAuth token you provided was invalid."),
    403: ("NOT_AUTHORIZED", "You do not have permission to access the resource you requested."),
    404: ("NOT_FOUND", "The event you requested does not exist."),
    429: ("HIT_RATE_LIMIT", "You have exceeded your rate limit for this token."),
}
NOT_CARRIED = {
    "order.test": "there are no test orders, so they are not in the account",
    "ticket.status=ended": "UNAVAILABLE, without a reason",
    "ticket.fee": "a free class has no amounts at all",
    "attendee.price": "what was paid, fees included",
    "order.paid": "only what the order costs",
}

T = TypeVar("T")
Row = dict[str, Any]

REST = rest(__file__)


def event_id(event: Event) -> str:
    return str(900_000_000_000 + event.number)


def ticket_type_id(kind: TicketType) -> str:
    return class_id(kind.number)


def ticket_id(issued: Issued) -> str:
    return f"{6_900_000_000 + issued.ticket.number}-1"


def order_id(order: Order) -> str:
    return str(8_000_000_000 + order.number)


def class_id(number: int) -> str:
    return str(530_000_000 + number)


def organization_id(event: Event) -> str:
    return list(ORGANIZATIONS)[event.currency == "GBP"]


def admit(ask: Ask) -> None:
    token = ask.bearer() or ask.query.get("token", "")
    if not token:
        raise Refusal(401, "NO_AUTH", "An OAuth token is required for all requests")
    if token.startswith(FORBIDDEN):
        raise Refusal(403)
    if not ask.grants.accepts(token):
        raise Refusal(401)


def error(refusal: Refusal) -> Row:
    code, description = ERRORS.get(refusal.status, ("INTERNAL_ERROR", "Something went wrong."))
    return {
        "status_code": refusal.status,
        "error": refusal.code or code,
        "error_description": refusal.message or description,
    }


def listing(ask: Ask, name: str, find: Callable[[], Sequence[T]], render: Callable[[T], Row], size: int = SIZE) -> Row:
    """Give the page that a continuation leads to. The last page has none."""
    start, records = 0, ask.found(find)
    if token := ask.query.get("continuation"):
        try:
            start = int(json.loads(b64decode(token))["start"])
        except (ValueError, KeyError, TypeError):
            raise Refusal(400, "BAD_CONTINUATION_TOKEN", "The continuation token is invalid.") from None
    elif page := ask.query.get("page"):
        if not page.isdecimal() or not 1 <= int(page) <= -(-len(records) // size or -1):
            raise Refusal(400, "BAD_PAGE", "The page number is invalid.")
        start = (int(page) - 1) * size
    cut = ask.page(records, start, size)
    pagination: Row = {
        "object_count": cut.total,
        "page_number": cut.start // size + 1,
        "page_size": size,
        "page_count": max(-(-cut.total // size), 1),
        "has_more_items": cut.more,
    }
    if cut.more:
        pagination["continuation"] = b64encode(json.dumps({"start": cut.end}).encode()).decode()
    return {"pagination": pagination, name: [render(record) for record in cut.records]}


def expanded(ask: Ask, name: str) -> bool:
    return name in ask.query.get("expand", "").split(",")


def changed_since(ask: Ask, moment: datetime) -> bool:
    try:
        return moment >= datetime.fromisoformat(ask.query.get("changed_since", "0001-01-01T00:00:00Z"))
    except (ValueError, TypeError):
        raise Refusal(400, "ARGUMENTS_ERROR", "There are errors with your arguments: changed_since - INVALID") from None


def amount(value: Decimal, code: str) -> Row:
    text = major(value, DECIMALS.get(code, 2))
    return {"currency": code, "value": minor(value, code), "major_value": text, "display": f"{text} {code}"}


def costs(tickets: Sequence[Ticket], code: str) -> Row:
    gross = sum((ticket.total for ticket in tickets), NOTHING)
    fee = sum((ticket.platform_fee for ticket in tickets), NOTHING)
    tax = sum((ticket.tax for ticket in tickets), NOTHING)
    parts = {"base_price": gross - fee - tax, "gross": gross, "eventbrite_fee": fee, "payment_fee": NOTHING, "tax": tax}
    discount = sum((ticket.discount for ticket in tickets), NOTHING)
    before = {"price_before_discount": gross + discount, "discount_amount": discount}
    return {name: amount(value, code) for name, value in (parts | before).items()}


def both(text: str, html: str | None = None) -> Row:
    return {"text": text, "html": html or escape(text, quote=False)}


def moment(at: datetime, zone: str) -> Row:
    return {"timezone": zone, "local": f"{local(at, zone):%Y-%m-%dT%H:%M:%S}", "utc": utc(at)}


def plain(html: str | None) -> str:
    return unescape(re.sub("<[^>]+>", "", html or ""))


def event_row(ask: Ask, event: Event) -> Row:
    ident = event_id(event)
    summary = plain(event.description)
    row = {
        **REST["event"],
        "id": ident,
        "name": both(event.name),
        "summary": summary,
        "description": both(summary),
        "url": event.url,
        "start": moment(event.starts_at, event.timezone),
        "end": moment(event.ends_at, event.timezone),
        "organization_id": organization_id(event),
        "created": utc(event.created_at),
        "changed": utc(event.updated_at),
        "published": utc(event.created_at),
        "status": EVENT_STATUS[event.status],
        "currency": event.currency,
        "capacity": event.capacity,
        "online_event": event.online,
        "is_free": all(kind.price == 0 for kind in event.ticket_types),
        "is_series": event.series is not None,
        "logo_id": ident if event.image_url else None,
        "logo": logo(ident, event.image_url),
        "venue_id": ident if event.venue else None,
        "category_id": CATEGORIES.get(event.category or ""),
        "resource_uri": f"https://www.eventbriteapi.com/v3/events/{ident}/",
    }
    if event.series:
        row["series_id"] = series_id(ask.box, event)
    if expanded(ask, "venue"):
        row["venue"] = venue_row(ident, event.venue) if event.venue else None
    if expanded(ask, "event_sales_status"):
        row["event_sales_status"] = {"sales_status": "on_sale", "message": None, "message_code": None}
    if expanded(ask, "category"):
        row["category"] = {"id": row["category_id"], "name": event.category} if event.category else None
    return row


def series_id(box: BoxOffice, event: Event) -> str:
    return str(910_000_000_000 + min(other.number for other in box.events if other.series == event.series))


def logo(ident: str, url: str | None) -> Row | None:
    if not url:
        return None
    return {"id": ident, "url": url, "original": {"url": url, "width": 800, "height": 400}, "aspect_ratio": "2"}


def venue_row(ident: str, venue: Venue) -> Row:
    place = {"latitude": f"{venue.latitude:.7f}", "longitude": f"{venue.longitude:.7f}"}
    address = {
        "address_1": venue.address,
        "address_2": None,
        "city": venue.city,
        "region": venue.region,
        "postal_code": venue.postal_code,
        "country": venue.country,
        "localized_address_display": f"{venue.address}, {venue.postal_code} {venue.city}",
    }
    return {"id": ident, "name": venue.name, "capacity": None, "address": address | place, **place}


def class_row(box: BoxOffice, event: Event, kind: TicketType) -> Row:
    sold, code = box.sold(kind), event.currency
    left = kind.quantity_total is None or sold < kind.quantity_total
    prices = {"cost": kind.price, "actual_cost": kind.price, "fee": kind.fee, "actual_fee": kind.fee, "tax": NOTHING}
    return {
        **REST["ticket_class"],
        "id": ticket_type_id(kind),
        "event_id": event_id(event),
        "name": kind.name,
        "display_name": kind.name,
        "description": kind.description,
        # A free ticket has no cost, not even one of nothing.
        **({name: amount(value, code) for name, value in prices.items()} if kind.price else {}),
        "free": kind.price == 0,
        "quantity_total": kind.quantity_total,
        "quantity_sold": sold,
        "on_sale_status": "SOLD_OUT" if kind.sale == "on_sale" and not left else SALE.get(kind.sale, "UNAVAILABLE"),
        "sales_start": utc(kind.sales_start),
        "sales_end": utc(kind.sales_end),
        "hidden": kind.sale == "hidden",
        "resource_uri": f"https://www.eventbriteapi.com/v3/events/{event_id(event)}/ticket_classes/{ticket_type_id(kind)}/",
    }


def attendee_row(box: BoxOffice, issued: Issued) -> Row:
    order, ticket = issued
    event = event_id(box.event(order.event))
    checked_in, refunded = ticket.checked_in_at is not None, ticket.status == "refunded"
    status = "refunded" if refunded else "used" if checked_in else "unused"
    changed = utc(ticket.checked_in_at or order.updated_at)
    return {
        **REST["attendee"],
        "id": ticket_id(issued),
        "created": utc(order.placed_at),
        "changed": utc(order.updated_at),
        "event_id": event,
        "order_id": order_id(order),
        "ticket_class_id": class_id(ticket.ticket_type),
        "ticket_class_name": box.ticket_type(ticket.ticket_type).name,
        "profile": profile(ticket.holder),
        "barcodes": [
            {
                "status": status,
                "barcode": ticket.barcode,
                "created": utc(order.placed_at),
                "changed": changed,
                "checkin_type": int(checked_in),
            }
        ],
        "answers": [
            {"question_id": str(number), "question": question, "type": "text", "answer": answer}
            for number, (question, answer) in enumerate(ticket.answers, 1)
        ],
        "costs": costs([ticket], order.currency),
        "checked_in": checked_in,
        "cancelled": ticket.status == "cancelled",
        "refunded": refunded,
        "status": attendee_status(issued),
        "resource_uri": f"https://www.eventbriteapi.com/v3/events/{event}/attendees/{ticket_id(issued)}/",
    }


def attendee_status(issued: Issued) -> str:
    if issued.ticket.status != "valid":
        return "Not Attending"
    if issued.order.status == "pending":
        return "Unpaid"
    return "Checked In" if issued.ticket.checked_in_at else "Attending"


def profile(person: Person) -> Row:
    said = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name": person.name,
        "email": person.email,
        "cell_phone": person.phone,
    }
    known: Row = {name: value for name, value in said.items() if value is not None}
    return known | {"addresses": {"home": {}, "ship": {}, "work": {}, "bill": {}}}


def order_status(order: Order) -> str:
    if order.given_back:
        return "refunded"
    return {"paid": "placed", "pending": "pending", "expired": "abandoned", "cancelled": "cancelled"}[order.status]


def order_row(ask: Ask, order: Order) -> Row:
    row: Row = {
        "id": order_id(order),
        "created": utc(order.placed_at),
        "changed": utc(order.updated_at),
        "name": order.buyer.name,
        "first_name": order.buyer.first_name,
        "last_name": order.buyer.last_name,
        "email": order.buyer.email,
        "status": order_status(order),
        "time_remaining": None,
        "event_id": event_id(ask.box.event(order.event)),
        "costs": costs(order.tickets, order.currency),
        "resource_uri": f"https://www.eventbriteapi.com/v3/orders/{order_id(order)}/",
    }
    if expanded(ask, "attendees"):
        row["attendees"] = [attendee_row(ask.box, Issued(order, ticket)) for ticket in order.tickets]
    if expanded(ask, "refund_requests"):
        row["refund_requests"] = [refund_row(order, at) for at in range(len(order.refunds))]
    return row


def refund_row(order: Order, at: int) -> Row:
    refund, done = order.refunds[at], order.refunds[at].state == "done"
    value = amount(refund.amount, order.currency)
    item = {
        "event_id": None,
        "order_id": order_id(order),
        "item_type": "attendee" if refund.tickets else "order",
        "amount_requested": value,
        "quantity_requested": len(refund.tickets),
        "status": {"done": "processed", "pending": "pending", "failed": "error"}[refund.state],
    }
    # The amount is absent until the refund went through.
    return {
        "id": str(refund.number),
        "status": "completed" if done else "pending",
        "from_name": order.buyer.name,
        "from_email": order.buyer.email,
        "items": [item | ({"amount_processed": value, "processed_date": utc(refund.at)} if done else {})],
    }


def one_event(ask: Ask) -> Event:
    return ask.one(ask.box.events, event_id)


def orders_here(ask: Ask) -> list[Order]:
    """Give the orders of the event or the organization in the path."""
    if "id" in ask.parts:
        orders = ask.box.orders_of(one_event(ask))
    else:
        own = {event.key for event in events_of(ask)}
        orders = [order for order in ask.box.orders if order.event in own]
    return [order for order in orders if is_real(order)]


def events_of(ask: Ask) -> list[Event]:
    if ask.parts["organization"] not in ORGANIZATIONS:
        raise Refusal(404, message="The organization you requested does not exist.")
    return [event for event in ask.box.events if organization_id(event) == ask.parts["organization"]]


def events(ask: Ask) -> Row:
    said, here = ask.query, events_of(ask)
    statuses = said.get("status", "all").split(",")
    keys: dict[str, Callable[[Event], Any]] = {
        "start": lambda event: event.starts_at,
        "created": lambda event: event.created_at,
        "name": lambda event: event.name,
    }
    by, _, direction = said.get("order_by", "created_asc").partition("_")

    def fits(event: Event) -> bool:
        return (
            ("all" in statuses or EVENT_STATUS[event.status] in statuses)
            and said.get("currency_filter", event.currency) == event.currency
            and said.get("name_filter", "").lower() in event.name.lower()
        )

    def find() -> list[Event]:
        return sorted(filter(fits, here), key=keys.get(by, keys["created"]), reverse=direction == "desc")

    size = said.get("page_size", str(SIZE))
    limit = min(max(int(size), 1), LARGEST) if size.isdecimal() else SIZE
    return listing(ask, "events", find, lambda event: event_row(ask, event), limit)


def ticket_classes(ask: Ask) -> Row:
    event = one_event(ask)
    return listing(ask, "ticket_classes", lambda: event.ticket_types, lambda kind: class_row(ask.box, event, kind))


def attendees(ask: Ask) -> Row:
    here = orders_here(ask)
    wanted = {"attending": ("Attending", "Checked In"), "not_attending": ("Not Attending",), "unpaid": ("Unpaid",)}
    status = wanted.get(ask.query.get("status", ""))

    def find() -> list[Issued]:
        return [
            issued
            for issued in ask.box.issued(order for order in here if changed_since(ask, order.updated_at))
            if status is None or attendee_status(issued) in status
        ]

    return listing(ask, "attendees", find, lambda issued: attendee_row(ask.box, issued))


def orders(ask: Ask) -> Row:
    here = orders_here(ask)
    attending = {"active": (True,), "inactive": (False,)}.get(ask.query.get("status", ""), (True, False))

    def fits(order: Order) -> bool:
        return changed_since(ask, order.updated_at) and (order_status(order) in ("placed", "pending")) in attending

    return listing(ask, "orders", lambda: list(filter(fits, here)), lambda order: order_row(ask, order))


def sales_report(ask: Ask) -> Row:
    """Add up what is sold, in major units: the one place where amounts are not objects. No tax, no refunds."""
    asked = ask.query.get("event_ids", "").split(",")
    events = [event for event in ask.box.events if event_id(event) in asked]
    if not events:
        raise Refusal(404)
    days: dict[str, list[Ticket]] = defaultdict(list)
    for order in (order for event in events for order in ask.box.orders_of(event)):
        if order_status(order) == "placed" and is_real(order):
            kept = [ticket for ticket in order.tickets if ticket.status == "valid"]
            days[f"{local(order.placed_at, events[0].timezone):%Y-%m-%dT00:00:00}"] += kept
    every = [ticket for tickets in days.values() for ticket in tickets]
    return {
        "timezone": events[0].timezone,
        "event_ids": [event_id(event) for event in events],
        "data": [
            {"date": f"{day}Z", "date_localized": day, "totals": report_totals(tickets, events[0].currency)}
            for day, tickets in sorted(days.items())
        ],
        "totals": report_totals(every, events[0].currency),
    }


def report_totals(tickets: Sequence[Ticket], code: str) -> Row:
    gross = sum((ticket.total for ticket in tickets), NOTHING)
    fees = sum((ticket.platform_fee for ticket in tickets), NOTHING)
    texts = {"gross": gross, "net": gross - fees, "fees": fees}
    decimals = DECIMALS.get(code, 2)
    return {"currency": code, "quantity": len(tickets)} | {name: major(sum_, decimals) for name, sum_ in texts.items()}


def me(ask: Ask) -> Row:
    emails = [{"email": "office@example.org", "verified": True}]
    return {"id": "720000000001", "name": "Lampions", "first_name": "Lampions", "last_name": "", "emails": emails}


def organizations(ask: Ask) -> Row:
    return listing(
        ask,
        "organizations",
        lambda: list(ORGANIZATIONS.items()),
        lambda one: {"id": one[0], "name": one[1], "vertical": "default", "image_id": None},
    )


def token(ask: Ask) -> Answer:
    form = ask.body or {}
    if form.get("client_id") != CLIENT["clientId"] or form.get("client_secret") != CLIENT["clientSecret"]:
        return Answer({"error": "invalid_client", "error_description": "client is invalid"}, 401)
    if form.get("grant_type") != "authorization_code":
        return Answer({"error": "unsupported_grant_type", "error_description": "grant type is not supported"}, 400)
    if not ask.grants.redeem(form.get("code", ""), form.get("redirect_uri", "")):
        return Answer({"error": "invalid_grant", "error_description": "code is invalid or expired"}, 400)
    return Answer({"access_token": ask.grants.issue()[0], "token_type": "bearer"})


EVENT = "/v3/events/{id}/"
ORGANIZATION = "/v3/organizations/{organization}/"

SERVICE = Service(
    slug="eventbrite",
    hosts={"api": "/v3", "login": ""},
    routes=(
        Route("GET", "/v3/users/me/", me),
        Route("GET", "/v3/users/me/organizations/", organizations, rows="organizations"),
        Route("GET", ORGANIZATION + "events/", events, rows="events"),
        Route("GET", ORGANIZATION + "attendees/", attendees, rows="attendees"),
        Route("GET", ORGANIZATION + "orders/", orders, rows="orders"),
        Route("GET", ORGANIZATION + "reports/sales/", sales_report),
        Route("GET", "/v3/reports/sales/", sales_report),
        Route("GET", EVENT, lambda ask: event_row(ask, one_event(ask))),
        Route("GET", EVENT + "description/", lambda ask: {"description": one_event(ask).description or ""}),
        Route("GET", EVENT + "ticket_classes/", ticket_classes, rows="ticket_classes", status="on_sale_status"),
        Route("GET", EVENT + "attendees/", attendees, rows="attendees"),
        Route("GET", EVENT + "orders/", orders, rows="orders"),
        Route("GET", "/v3/orders/{order}/", lambda ask: order_row(ask, ask.one(ask.box.orders, order_id, "order"))),
        Route("GET", "/oauth/authorize", lambda ask: authorize(ask, CLIENT["clientId"]), host="login", open=True),
        Route("POST", "/oauth/token", token, host="login", open=True),
    ),
    credentials={"accessToken": TOKEN},
    client=CLIENT,
    admit=admit,
    error=error,
    shape=Shape(next="pagination.continuation"),
    paging=frozenset({"continuation", "page", "page_size", "expand"}),
    trailing_slash=True,
    not_carried=NOT_CARRIED,
    carries_order=is_real,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

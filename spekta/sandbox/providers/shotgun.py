"""Shotgun: two hosts with one token, coming and past events in two listings, cents in tickets and euros in deals.

Shapes after Shotgun's "Tickets API" and "Organizer events API" pages. What they do not say: a larger `limit` is cut to
100 here, and a ticket's contact is its holder.
"""

import json
from base64 import urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from re import sub
from typing import Any
from urllib.parse import urlencode

from iso3166 import countries

from spekta.sandbox.box_office import Event, Issued, Order, Ticket, TicketType, Venue
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import Refusal, minor

ORGANIZER = 170_000
SIZE, LARGEST = 20, 100
CURRENCIES = ("EUR", "GBP", "USD")
MESSAGES = {401: "Unauthorized", 403: "Forbidden", 404: "Not found", 429: "Too many requests"}
NOT_CARRIED = {
    "event.status=completed": "an event is published or cancelled",
    "event.currency": "only tickets tell it",
    "event.capacity=5000": "only how many of each ticket there are",
    "event.online": "no such field",
    "event.series_id": "no series",
    "event.created_at": "an event tells its last change only",
    "ticket.currency": "only issued tickets tell it",
    "ticket.quantity_sold": "one has to count the tickets",
    "ticket.quantity_available": "one has to count the tickets",
    "ticket.status": "no such field",
    "ticket.sales_start": "no such field",
    "ticket.sales_end": "no such field",
    "attendee.status=cancelled": "here every cancelled ticket was paid, and its money given back",
    "attendee.answers": "has no questions",
    "order.status=cancelled": "a ticket is refunded whole or not at all",
    "order.status=expired": "a basket that ran out has no tickets",
    "order.test": "has no test orders, so they are not in the account",
    "order.fees": "who bears the organiser's service fee is not told",
    "order.discount": "a ticket shows the price that was paid",
    # What the platform keeps out of the price is the organiser's service fee, which is not counted.
    "revenue.fees=54.00": "who bears the organiser's service fee is not told",
    "revenue.net_revenue=1026.00": "who bears the organiser's service fee is not told",
}

Row = dict[str, Any]


def token(organizer: int, signature: str) -> str:
    """Give what looks like a JWT; nobody can check its signature."""
    parts = ({"alg": "none", "typ": "JWT"}, {"organizerId": organizer, "iat": 1_767_225_600})
    return ".".join([*(urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts), signature])


KEY = token(ORGANIZER, "sk_test_sandbox_shotgun")


def event_id(event: Event) -> str:
    return str(event_number(event))


def event_number(event: Event) -> int:
    return 500_000 + event.number


def ticket_type_id(kind: TicketType) -> str:
    return str(deal_number(kind))


def deal_number(kind: TicketType) -> int:
    return 1_300_000 + kind.number


def ticket_id(issued: Issued) -> str:
    return str(ticket_number(issued))


def ticket_number(issued: Issued) -> int:
    return 89_000_000 + issued.ticket.number


def order_id(order: Order) -> str:
    return str(52_000_000 + order.number)


def carries_event(event: Event) -> bool:
    return event.currency in CURRENCIES


def carries_order(order: Order) -> bool:
    return order.currency in CURRENCIES and not order.test and order.status != "expired"


def admit(ask: Ask) -> None:
    """The tickets take the token in a header or as `token`, the events as `key`."""
    given = ask.query.get("key") if "organizer" in ask.parts else ask.bearer() or ask.query.get("token")
    if (given or "").rpartition(".")[2].startswith(FORBIDDEN):
        raise Refusal(403)
    if given != KEY:
        raise Refusal(401)


def error(refusal: Refusal) -> Row:
    return {"message": refusal.message or MESSAGES.get(refusal.status, "Internal server error")}


def instant(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def whole(ask: Ask, name: str, default: int) -> int:
    text = ask.query.get(name, str(default))
    if not text.isdecimal():
        raise Refusal(400, message=f"{name} must be a number")
    return int(text)


def time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, message=f"{text} is not a date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def events(ask: Ask) -> Row:
    """Give a page of the coming events, or of the past ones where `past_events` is said, whatever it says."""

    def find() -> Sequence[Event]:
        past, name, since = "past_events" in ask.query, ask.query.get("name", ""), ask.query.get("updated_after")
        found = [
            event
            for event in ask.box.events
            if ask.parts["organizer"] == str(ORGANIZER)
            and carries_event(event)
            and (event.ends_at < ask.box.now) == past
            and name.casefold() in event.name.casefold()
            and (since is None or event.updated_at >= time(since))
        ]
        return sorted(found, key=lambda event: event.starts_at, reverse=past)

    size = min(whole(ask, "limit", SIZE), LARGEST)
    page = ask.page(ask.found(find), whole(ask, "page", 0) * size, size)
    return {"data": [event_row(event) for event in page.records]}


def event_row(event: Event) -> Row:
    published = None if event.status == "draft" else instant(event.created_at)
    return {
        "id": event_number(event),
        "name": event.name,
        "slug": event.key,
        "description": event.description and unescape(sub("<[^>]+>", "", event.description)),
        "url": event.url,
        "coverUrl": event.image_url,
        "coverThumbnailUrl": event.image_url,
        "startTime": instant(event.starts_at),
        "endTime": instant(event.ends_at),
        "timezone": event.timezone,
        "visibility": "public",
        "addressVisibility": "public",
        "geolocation": event.venue and place_row(event.venue),
        # Both spellings were seen.
        "genres": [] if not event.category else [event.category if event.number % 2 else {"name": event.category}],
        "artists": [],
        "organizer": {"name": "Les Lampions", "slug": "les-lampions"},
        "leftTicketsCount": -1,
        "publishedAt": published,
        "launchedAt": published,
        "cancelledAt": instant(event.updated_at) if event.status == "cancelled" else None,
        "updatedAt": instant(event.updated_at),
        "deals": [deal_row(kind) for kind in event.ticket_types],
    }


def place_row(venue: Venue) -> Row:
    return {
        "venue": venue.name,
        "street": venue.address,
        "city": venue.city,
        "area": venue.region,
        "zipCode": venue.postal_code,
        "country": countries.get(venue.country).name,
        "countryIsoCode": venue.country,
        "latitude": float(venue.latitude),
        "longitude": float(venue.longitude),
    }


def deal_row(kind: TicketType) -> Row:
    return {
        "product_id": deal_number(kind),
        "name": kind.name,
        "description": kind.description,
        "price": float(kind.price),
        "organizer_fees": 0.0,
        "user_fees": float(kind.fee),
        "quantity": kind.quantity_total,
        "subcategory_id": None,
        "subcategory": None,
        "visiblity": "hidden" if kind.sale == "hidden" else "public",  # as Shotgun spells it
        "sales_channel": "online",
    }


def tickets(ask: Ask) -> Row:
    """Give the tickets after a time, or after a ticket, those changed last at the end. They are a hundred at a time."""
    organizer, event, after = (ask.query.get(name) for name in ("organizer_id", "event_id", "after"))
    if organizer is None:
        raise Refusal(400, message="organizer_id is required")

    def find() -> list[Issued]:
        issued = ask.box.issued(filter(carries_order, ask.box.orders))
        here = [
            one
            for one in issued
            if organizer == str(ORGANIZER) and event in (None, event_id(ask.box.event(one.order.event)))
        ]
        return sorted(here, key=place)

    def start(rows: Sequence[Issued]) -> int:
        moment, _, number = (after or "").partition("_")
        if number:
            return bisect_right(rows, (time(moment), int(number)), key=place)
        return bisect_left(rows, (time(moment), 0), key=place) if moment else 0

    page = ask.page(ask.found(find), start, LARGEST)
    rows = [ticket_row(ask, issued) for issued in page.records]
    full = page.more or len(rows) == LARGEST
    return {
        "params": {"organizer_id": organizer, "event_id": event, "include_cohosted_events": True},
        "pagination": {"next": link(ask, rows[-1])} if rows and full else {},
        "data": rows,
    }


def place(issued: Issued) -> tuple[datetime, int]:
    return issued.order.updated_at, ticket_number(issued)


def link(ask: Ask, last: Row) -> str:
    """Write where the next page is; the token is in it."""
    kept = [item for item in ask.query.multi_items() if item[0] != "after"]
    following = [("token", KEY), *kept, ("after", f"{last['ticket_updated_at']}_{last['ticket_id']}")]
    return f"{ask.root}/tickets?{urlencode(following)}"


def ticket_status(issued: Issued) -> str:
    order, ticket = issued
    if order.status == "pending":
        return "payment_plan_pending"
    return "valid" if order.status == "paid" and ticket.status == "valid" else "refunded" if order.paid else "canceled"


def ticket_row(ask: Ask, issued: Issued) -> Row:
    order, ticket = issued
    event, kind, holder = ask.box.event(order.event), ask.box.ticket_type(ticket.ticket_type), ticket.holder
    return {
        "ticket_id": ticket_number(issued),
        "ticket_scan_code": ticket.barcode,
        "ticket_scanned_at": instant(ticket.checked_in_at),
        "ticket_updated_at": instant(order.updated_at),
        "ticket_canceled_at": instant(order.updated_at) if ticket_status(issued) == "canceled" else None,
        "ticket_status": ticket_status(issued),
        "ticket_seating": None,
        "user_id": order.number,
        "deal_id": deal_number(kind),
        "deal_sub_category": kind.group and kind.group.name,
        "deal_title": kind.name,
        "deal_channel": "online",
        "deal_visibilities": ["public"],
        "deal_price": minor(ticket.price, order.currency),
        "deal_service_fee": minor(max(ticket.platform_fee - ticket.fee, Decimal(0)), order.currency),
        "deal_user_service_fee": minor(ticket.fee, order.currency),
        "deal_producer_cost": 0,
        "deal_vat_rate": vat_rate(ticket),
        "order_id": int(order_id(order)),
        "currency": order.currency.lower(),
        "payment_method": "card" if order.payments else None,
        "utm_source": "shotgun",
        "utm_medium": None,
        "ordered_at": f"{order.placed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}",
        "event_id": event_number(event),
        "event_name": event.name,
        "event_start_time": instant(event.starts_at),
        "event_end_time": instant(event.ends_at),
        "event_created_at": instant(event.created_at),
        "event_canceled_at": instant(event.updated_at) if event.status == "cancelled" else None,
        "contact_id": order.number,
        "contact_email": holder.email,
        "contact_phone": holder.phone,
        "contact_first_name": holder.first_name,
        "contact_last_name": holder.last_name,
        "contact_country": "France",
        "contact_newsletter_optin": False,
    }


def vat_rate(ticket: Ticket) -> float:
    """Give the shortest rate by which the tax is in the price, as a part of one."""
    if not ticket.tax:
        return 0.0
    exact = ticket.tax / (ticket.price - ticket.tax)
    rates = (round(exact, places) for places in range(2, 7))
    return float(next((one for one in rates if round(ticket.price - ticket.price / (1 + one), 2) == ticket.tax), exact))


def operation(ask: Ask) -> str:
    """Name what is read: of tickets, it is both who attends and what was ordered."""
    return ask.path if "organizer" in ask.parts else f"{ask.path} attendees orders"


SERVICE = Service(
    slug="shotgun",
    hosts={"api": "", "smartboard": "/api/shotgun"},
    routes=(
        Route("GET", "/tickets", tickets, rows="data", id="ticket_id", status="ticket_status"),
        Route("GET", "/api/shotgun/organizers/{organizer}/events", events, rows="data", host="smartboard"),
    ),
    credentials={"apiKey": KEY},
    admit=admit,
    error=error,
    shape=Shape(next="pagination.next", next_is_link=True),
    paging=frozenset({"page", "limit", "after", "token", "key"}),
    operation=operation,
    not_carried=NOT_CARRIED,
    carries_event=carries_event,
    carries_order=carries_order,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

"""evvnt: a feed of events for publishing. Bare arrays, pages of at most a hundred, prices with their currency in text.

Shapes after https://api.evvnt.com. Its tables have a venue's id as a number and its samples as text: here it is both.
"""

import re
from base64 import b64decode
from binascii import Error
from datetime import datetime
from html import unescape
from typing import Any

from spekta.sandbox.box_office import Event, Issued, Order, TicketType
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import Answer, Refusal, local, utc

KEY, SECRET, PUBLISHER = "evvnt_test_sandbox_key", "evvnt_test_sandbox_secret", "324"
USUAL, LARGEST = 20, 100
PAGING = frozenset({"page", "max_results"})
ELSEWHERE = {"winterkabarett-2"}  # sold through another platform, and in the feed only if all sources are asked for
ROOT = 26
CATEGORIES = (
    (ROOT, None, "All"),
    (16, ROOT, "Music"),
    (252, 16, "Jazz"),
    (10, ROOT, "Community"),
    (95, ROOT, "Science & Technology"),
    (30, ROOT, "Performing & Visual Arts"),
    (35, 30, "Ballet"),
)
PARENT = {number: parent for number, parent, _ in CATEGORIES}
INTERESTS = {16, 35}  # of the publisher
ERRORS = {
    401: {"errors": ["authentication failed bad key/secret"]},
    404: "",  # what it says is not documented
    410: {"error": "This endpoint has been deleted. Please contact support."},
}
# Some of those that other versions of the API had; they ask for no credentials to say that they are gone.
REMOVED = (
    ("GET", "/v3/events"),
    ("GET", "/publishers"),
    ("GET", "/publishers/{id}/published_events/{event}"),
    ("PUT", "/publishers/{id}/published_events/{event}"),
)
ALWAYS_LIVE = "there is no status in the feed"
PRICE_ONLY = "a ticket type is a label and a price"
NOT_CARRIED = {
    "event.status=draft": "only published events are in the feed",
    "event.status=cancelled": ALWAYS_LIVE,
    "event.status=completed": ALWAYS_LIVE,
    "event.timezone": "times have an offset alone",
    "event.online=False": "a venue is told of every event",
    "event.venue.region": "no such field",
    "event.series_id": "no such field",
    "event.created_at": "no such field",
    "ticket.description": PRICE_ONLY,
    "ticket.fee": PRICE_ONLY,
    "ticket.quantity_total": PRICE_ONLY,
    "ticket.quantity_sold": PRICE_ONLY,
    "ticket.quantity_available": PRICE_ONLY,
    "ticket.status": PRICE_ONLY,
    "ticket.sales_start": PRICE_ONLY,
    "ticket.sales_end": PRICE_ONLY,
}


def event_id(event: Event) -> str:
    return f"{5000 + event.number}{'x' if event.key in ELSEWHERE else ''}"


def ticket_type_id(kind: TicketType) -> str:
    return kind.name


def unsold(record: Issued | Order) -> str:
    raise LookupError(f"the feed has events alone, not {record}")


def is_published(event: Event) -> bool:
    return event.status != "draft"


def carries_event(event: Event) -> bool:
    return is_published(event) and event.key not in ELSEWHERE


def carries_order(order: Order) -> bool:
    return False


def admit(ask: Ask) -> None:
    try:
        key, _, secret = b64decode(ask.bearer("Basic"), validate=True).decode().partition(":")
    except (Error, UnicodeDecodeError):
        raise Refusal(401) from None
    if key.startswith(FORBIDDEN):
        raise Refusal(403)
    if (key, secret) != (KEY, SECRET):
        raise Refusal(401)


def error(refusal: Refusal) -> Any:
    return ERRORS.get(refusal.status, {"errors": [refusal.message or "something went wrong"]})


def removed(ask: Ask) -> Answer:
    return Answer(ERRORS[410], 410)


def events(ask: Ask) -> list[dict[str, Any]]:
    size, page = whole(ask, "max_results", USUAL), whole(ask, "page", 1)
    size = size if size <= LARGEST else USUAL
    found = ask.found(lambda: [event for event in ask.box.events if fits(ask, event)])
    return [event_row(event) for event in ask.page(found, (page - 1) * size, size).records]


def fits(ask: Ask, event: Event) -> bool:
    everywhere = ask.query.get("all_sources") == "true"
    chosen = {int(number) for number in ask.query.get("category_id", "").split(",") if number.isdecimal()}
    return (
        (is_published if everywhere else carries_event)(event)
        and (not chosen or bool(chosen & lineage(category_of(event))))
        and ask.query.get("country") in (None, event.venue and event.venue.country)
        and is_newer(ask, event)
    )


def is_newer(ask: Ask, event: Event) -> bool:
    said = ask.query.get("newer_than")
    try:
        return said is None or event.updated_at > datetime.fromisoformat(said)
    except (ValueError, TypeError):
        raise Refusal(400, message="newer_than is not ISO8601") from None


def whole(ask: Ask, name: str, default: int) -> int:
    said = ask.query.get(name, "")
    return int(said) if said.isdecimal() and int(said) else default


def one_event(ask: Ask) -> dict[str, Any]:
    return event_row(ask.one(filter(is_published, ask.box.events), event_id))


def event_row(event: Event) -> dict[str, Any]:
    text = unescape(re.sub("<[^>]+>", "", event.description or ""))
    return {
        "id": event_id(event),
        "title": event.name,
        **({} if event.capacity is None else {"capacity": event.capacity}),
        "category_id": category_of(event),
        "sub_category_ids": [],
        "timestamp": utc(event.updated_at),
        "start_time": local(event.starts_at, event.timezone).isoformat(),
        "end_time": local(event.ends_at, event.timezone).isoformat(),
        "summary": text[:200],
        "description": text[:2000],
        **({"image_urls": [event.image_url]} if event.image_url else {}),
        "organiser_name": "Les Lampions",
        "contact": {"name": "Les Lampions", "email": "office@example.org", "tel": "+33 1 99 00 10 00"},
        "venue": venue(event),
        "links": links(event),
        "prices": {kind.name: f"{event.currency} {float(kind.price)}" for kind in event.ticket_types},
        "keywords": "lanterns, evening",
    }


def venue(event: Event) -> dict[str, Any]:
    """Describe the place; of one that is nowhere all fields are there, and empty."""
    at, number = event.venue, event.number
    told = {
        "id": str(number) if number % 2 else number,
        "name": at.name if at else "",
        "address_1": at.address if at else "",
        "town": at.city if at else "",
        "country": at.country if at else "",
    }
    if at is None:
        return told
    return {**told, "postcode": at.postal_code, "longitude": float(at.longitude), "latitude": float(at.latitude)}


def links(event: Event) -> dict[str, str]:
    site = {"Website": "https://tickets.example", "Tickets": event.url} if event.url else {}
    return {**site, **({"Virtual": f"{event.url}/room"} if event.online else {})}


def category_of(event: Event) -> int:
    return next((number for number, _, name in CATEGORIES if name == event.category), ROOT)


def lineage(number: int | None) -> set[int]:
    """Give a category and all above it."""
    return set() if number is None else {number} | lineage(PARENT[number])


def rows(chosen: set[int]) -> list[dict[str, Any]]:
    found = [{"id": number, "parent_id": above, "name": name} for number, above, name in CATEGORIES if number in chosen]
    return sorted(found, key=lambda row: str(row["name"]))


def categories(ask: Ask) -> list[dict[str, Any]]:
    return rows(set(PARENT))


def publisher_categories(ask: Ask) -> list[dict[str, Any]]:
    check_publisher(ask)
    above = set().union(*map(lineage, INTERESTS))
    below = {number for number in PARENT if lineage(number) & INTERESTS}
    return rows({"direct": INTERESTS, "direct_to_root": above}.get(ask.query.get("filter", "all"), above | below))


def published_events(ask: Ask) -> list[dict[str, Any]]:
    check_publisher(ask)
    found = [event for event in ask.box.events if carries_event(event) and event.starts_at > ask.box.now]
    return [published_row(event) for event in found if is_newer(ask, event)]


def published_row(event: Event) -> dict[str, Any]:
    return {
        "publisher_id": int(PUBLISHER),
        "event_id": int(event_id(event)),
        "url": f"https://lanterns.example/events/{event.number}",
        "event_title": event.name,
        "event_start_time": local(event.starts_at, event.timezone).isoformat(),
    }


def check_publisher(ask: Ask) -> None:
    """Refuse what is another publisher's; with which status is not documented."""
    if ask.parts["id"] != PUBLISHER:
        raise Refusal(403, message="no permission for this publisher")


SERVICE = Service(
    slug="evvnt",
    routes=(
        Route("GET", "/events", events, rows=""),
        Route("GET", "/events/{id}", one_event),
        Route("GET", "/categories", categories, rows=""),
        Route("GET", "/publishers/{id}/categories", publisher_categories, rows=""),
        Route("GET", "/publishers/{id}/published_events", published_events, rows="", id="event_id"),
        Route("GET", "/publishers/{id}/published_events/", published_events, rows="", id="event_id"),
        *(Route(method, path, removed, open=True) for method, path in REMOVED),
    ),
    credentials={"apiKey": KEY, "apiSecret": SECRET, "publisherId": PUBLISHER},
    admit=admit,
    error=error,
    paging=PAGING,
    not_carried=NOT_CARRIED,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=unsold,
    order_id=unsold,
    carries_event=carries_event,
    carries_order=carries_order,
    types_by_event=True,
)

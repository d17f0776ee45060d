"""Ticketmaster: what the public sees of events. HAL with relative links, pages from 0, no list where there are no rows,
and no page beyond the thousandth row.

Shapes after https://developer.ticketmaster.com/products-and-docs/apis/discovery-api/v2/.
"""

import re
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import urlencode

from spekta.sandbox.box_office import Event, Issued, Order, TicketType
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import Answer, Refusal, local, utc

KEY = "sk_test_sandbox_ticketmaster"
LARGEST, DEEPEST, COUNTED = 200, 1000, 10_000
PAGING = frozenset({"apikey", "page", "size"})
STATUS = {"live": "onsale", "completed": "offsale", "cancelled": "cancelled"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
FAULTS = {
    401: ("Invalid ApiKey", "oauth.v2.InvalidApiKey"),
    403: ("Access Denied for client", "oauth.v2.AccessDenied"),
    429: ("Spike arrest violation. Allowed rate : 5ps", "policies.ratelimit.SpikeArrestViolation"),
    500: ("Internal Server Error", "messaging.adaptors.http.flow.ErrorResponseCode"),
}
# Told with every answer but refusals; the reset is in milliseconds.
ALLOWANCE = {
    "Rate-Limit": "5000",
    "Rate-Limit-Available": "4999",
    "Rate-Limit-Over": "0",
    "Rate-Limit-Reset": "1793696400000",
}
NOT_CARRIED = {
    "event.status=completed": "an event that is over is off sale, as one may be that is not",
    "event.status=draft": "only what the public sees is listed",
    "event.online": "no such field",
    "event.capacity": "no such field",
    "event.series_id": "no such field",
    "event.created_at": "no such field",
    "event.updated_at": "no such field",
}


def event_id(event: Event) -> str:
    return f"vvSBX{event.number:09}"


def carries_event(event: Event) -> bool:
    return event.status != "draft"


def carries_order(order: Order) -> bool:
    return False


def unsold(record: TicketType | Issued | Order) -> str:
    raise LookupError(f"the Discovery API has events alone, not {record}")


def admit(ask: Ask) -> None:
    key = ask.query.get("apikey", "")
    if key.startswith(FORBIDDEN):
        raise Refusal(403)
    if key != KEY:
        raise Refusal(401)


def error(refusal: Refusal) -> dict[str, Any]:
    """Refuse in the gateway's shape, or in that of the API behind it."""
    if refusal.status in FAULTS:
        said, code = FAULTS[refusal.status]
        return {"fault": {"faultstring": said, "detail": {"errorcode": code}}}
    code, detail = refusal.code or "DIS1004", refusal.message or "Resource not found with provided criteria"
    status = "400 BAD_REQUEST" if refusal.status == 400 else str(refusal.status)
    return {"errors": [{"code": code, "detail": detail, "status": status, "_links": {"about": {"href": "/errors"}}}]}


def whole(ask: Ask, name: str, default: int) -> int:
    said = ask.query.get(name, str(default))
    if not said.isdecimal():
        raise Refusal(400, "DIS1006", f"{name} must be a number")
    return int(said)


def bound(ask: Ask, name: str) -> datetime | None:
    said = ask.query.get(name)
    if said is None:
        return None
    if not MOMENT.fullmatch(said):
        raise Refusal(400, "DIS1015", f"{name} must be of the form YYYY-MM-DDTHH:mm:ssZ")
    return datetime.fromisoformat(said)


def fits(ask: Ask, event: Event) -> bool:
    """Tell whether an event is asked for. All have a date, so none is to be announced."""
    first, last = bound(ask, "startDateTime"), bound(ask, "endDateTime")
    words = set(re.findall(r"\w+", ask.query.get("keyword", "").casefold()))
    return (
        carries_event(event)
        and "only" not in (ask.query.get("includeTBA"), ask.query.get("includeTBD"))
        and (first is None or event.starts_at >= first)
        and (last is None or event.starts_at <= last)
        and words <= set(re.findall(r"\w+", event.name.casefold()))
        and ask.query.get("countryCode") in (None, event.venue and event.venue.country)
    )


def asked(ask: Ask) -> list[Event]:
    found = [event for event in ask.box.events if fits(ask, event)]
    if ask.query.get("sort") == "id,asc":
        return sorted(found, key=event_id)
    return sorted(found, key=lambda event: event.starts_at) if ask.query.get("sort") == "date,asc" else found


def events(ask: Ask) -> Answer:
    size, page = whole(ask, "size", 20), whole(ask, "page", 0)
    if size > LARGEST:
        raise Refusal(400, "DIS1036", f"size must be at most {LARGEST}")
    if page * size >= DEEPEST:
        raise Refusal(400, "DIS1035", "API Limits Exceeded: Max paging depth exceeded.")
    found = ask.page(ask.found(lambda: asked(ask)), page * size, size)
    last = -(-found.total // size) - 1
    links = {"first": 0, "prev": page - 1, "self": page, "next": page + 1, "last": last}
    body = {
        **({"_embedded": {"events": [event_row(event) for event in found.records]}} if found.records else {}),
        "_links": {name: link(ask, at, size) for name, at in links.items() if name == "self" or 0 <= at <= last},
        "page": {"size": size, "totalElements": min(found.total, COUNTED), "totalPages": last + 1, "number": page},
    }
    return Answer(body, headers=dict(ALLOWANCE))


def link(ask: Ask, page: int, size: int) -> dict[str, Any]:
    """Lead to a page, without the key."""
    kept = [item for item in ask.query.multi_items() if item[0] not in PAGING]
    return {"href": f"{ask.path}?{urlencode([*kept, ('page', page), ('size', size)])}{{&sort}}", "templated": True}


def one_event(ask: Ask) -> Answer:
    return Answer(event_row(ask.one(filter(carries_event, ask.box.events), event_id)), headers=dict(ALLOWANCE))


def event_row(event: Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "type": "event",
        "id": event_id(event),
        "test": False,
        "url": event.url,
        "locale": "en-us",
        "images": images(event),
        "sales": sales(event),
        "dates": dates(event),
        "classifications": [
            {"primary": False, "segment": {"id": "KZFzsbx0", "name": "Miscellaneous"}},
            {"primary": True, "segment": {"id": "KZFzsbx1", "name": event.category or "Undefined"}},
        ],
        **({"info": plain(event.description)} if event.description else {}),
        "priceRanges": [price_range(event)],
        "_links": {"self": {"href": f"/discovery/v2/events/{event_id(event)}?locale=en-us"}},
        **({"_embedded": {"venues": [venue(event)]}} if event.venue else {}),
    }


def plain(html: str) -> str:
    return unescape(re.sub("<[^>]+>", "", html))


def sales(event: Event) -> dict[str, Any]:
    """Begin in 1900, as they do where nobody wrote down when."""
    begin, end = "1900-01-01T06:00:00Z", utc(event.starts_at)
    return {"public": {"startDateTime": begin, "startTBD": False, "startTBA": False, "endDateTime": end}}


def dates(event: Event) -> dict[str, Any]:
    start, end = local(event.starts_at, event.timezone), local(event.ends_at, event.timezone)
    return {
        "start": {
            "localDate": f"{start:%Y-%m-%d}",
            "localTime": f"{start:%H:%M:%S}",
            "dateTime": utc(start),
            "dateTBD": False,
            "dateTBA": False,
            "timeTBA": False,
            "noSpecificTime": False,
        },
        "end": {"dateTime": utc(end), "approximate": False, "noSpecificTime": False},
        "timezone": event.timezone,
        "status": {"code": STATUS[event.status]},
        "spanMultipleDays": end.date() > start.date(),
    }


def images(event: Event) -> list[dict[str, Any]]:
    """Show one picture in several cuts, or that of a genre where there is none."""
    url = event.image_url
    if url is None:
        return [image("16_9", "https://tickets.example/images/genre.jpg", 2048, fallback=True)]
    return [image("16_9", f"{url}?w=100", 100), image("3_2", f"{url}?w=3000", 3000), image("16_9", url, 2048)]


def image(ratio: str, url: str, width: int, *, fallback: bool = False) -> dict[str, Any]:
    wide, high = map(int, ratio.split("_"))
    return {"ratio": ratio, "url": url, "width": width, "height": width * high // wide, "fallback": fallback}


def price_range(event: Event) -> dict[str, Any]:
    prices = [kind.price for kind in event.ticket_types]
    return {"type": "standard", "currency": event.currency, "min": float(min(prices)), "max": float(max(prices))}


def venue(event: Event) -> dict[str, Any]:
    """Describe the place; a city's name begins with a blank, as some do."""
    assert event.venue
    at = event.venue
    return {
        "name": at.name,
        "type": "venue",
        "id": f"KovSBX{event.number:06}",
        "test": False,
        "locale": "en-us",
        "postalCode": at.postal_code,
        "timezone": event.timezone,
        "city": {"name": f" {at.city}"},
        **({"state": {"name": at.region}} if at.region else {}),
        "country": {"countryCode": at.country},
        "address": {"line1": at.address},
        "location": {"longitude": str(at.longitude), "latitude": str(at.latitude)},
    }


SERVICE = Service(
    slug="ticketmaster",
    hosts={"api": "/discovery/v2"},
    routes=(
        Route("GET", "/discovery/v2/events.json", events, rows="_embedded.events"),
        Route("GET", "/discovery/v2/events/{id}.json", one_event),
    ),
    credentials={"apiKey": KEY},
    admit=admit,
    error=error,
    shape=Shape(status="dates.status.code"),
    paging=PAGING,
    not_carried=NOT_CARRIED,
    event_id=event_id,
    ticket_type_id=unsold,
    ticket_id=unsold,
    order_id=unsold,
    carries_event=carries_event,
    carries_order=carries_order,
)

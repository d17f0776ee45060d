"""Skiddle: a public list of events with numbers and flags as text, entities in texts, and errors in a shape of its own;
beside it the host that is assumed for promoters.

Shapes after https://www.skiddle.com/api/ and https://github.com/Skiddle/web-api.
"""

import re
from html import escape, unescape
from typing import Any

from spekta.sandbox import plain
from spekta.sandbox.box_office import Event
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import Answer, Refusal, local

KEY = "sk_test_sandbox_skiddle"
LONDON = "Europe/London"
LARGEST, USUAL = 100, 20
CODES = {"Music": "LIVE", "Community": "BARPUB", "Science & Technology": "EXHIB", "Performing & Visual Arts": "ARTS"}
MESSAGES = {401: "Invalid API key", 403: "Access denied", 404: "No such event", 429: "Too many requests"}
NOT_CARRIED = {
    "event.status=completed": "an event that is over is no other one",
    "event.status=draft": "only what the public sees is listed",
    "event.timezone": "not told; known of places in the United Kingdom and Ireland",
    "event.currency": "not told; known of places in the United Kingdom and Ireland",
    "attendee.currency": "not told; known of places in the United Kingdom and Ireland",
    "event.category": "one of a dozen codes of its own",
    "event.venue.region": "no such field",
    "event.online": "no such field",
    "event.capacity": "no such field",
    "event.series_id": "every event has a listing, if only one of its own",
    "event.created_at": "no such field",
    "event.updated_at": "no such field",
    **{name: why for name, why in plain.NOT_CARRIED.items() if name.partition(".")[0] in ("ticket", "attendee")},
}

promoter = plain.Speaker(plain.Dialect("skiddle", KEY, changed=(), money=plain.in_number))


def carries_event(event: Event) -> bool:
    return event.status != "draft"


def admit(ask: Ask) -> None:
    key = ask.query.get("api_key", "")
    if key.startswith(FORBIDDEN):
        raise Refusal(403)
    if key != KEY:
        raise Refusal(403, message=MESSAGES[401])


def error(refusal: Refusal) -> dict[str, Any]:
    message = refusal.message or MESSAGES.get(refusal.status, "Something went wrong")
    return {"error": refusal.status, "errormessage": message}


def written(payload: dict[str, Any]) -> Answer:
    """Write an answer that does not say that it is JSON."""
    return Answer({"error": 0, **payload}, media_type="text/plain")


def fits(ask: Ask, event: Event) -> bool:
    day, said = f"{local(event.starts_at, LONDON):%Y-%m-%d}", ask.query.get
    return (
        carries_event(event)
        and said("minDate", day)[:10] <= day <= said("maxDate", day)[:10]
        and said("keyword", "").casefold() in event.name.casefold()
        and venue_id(event) in said("venueid", venue_id(event)).split(",")
        and said("country") in (None, event.venue and event.venue.country)
    )


def asked(ask: Ask) -> list[Event]:
    """Without an order the list is by what is trending, here the latest."""
    found = [event for event in ask.box.events if fits(ask, event)]
    by_date = ask.query.get("order") == "date"
    return sorted(found, key=lambda event: (event.starts_at, event.number)) if by_date else found[::-1]


def search(ask: Ask) -> Answer:
    """Give a part of the list; a larger one than there is is cut without a word."""
    limit, offset = (ask.query.get(name, default) for name, default in (("limit", str(USUAL)), ("offset", "0")))
    if not (limit.isdecimal() and offset.isdecimal()):
        raise Refusal(400, message="limit and offset are numbers")
    page = ask.page(ask.found(lambda: asked(ask)), int(offset), min(int(limit), LARGEST))
    rows = [event_row(event) for event in page.records]
    return written({"totalcount": str(page.total), "pagecount": len(rows), "results": rows})


def one_event(ask: Ask) -> Answer:
    return written({"results": event_row(ask.one(filter(carries_event, ask.box.events), plain.event_id))})


def venue_id(event: Event) -> str:
    return str(500 + event.number)


def text(value: str | None) -> str:
    """Write a text as HTML, without its tags."""
    return escape(unescape(re.sub("<[^>]+>", "", value or ""))).replace("&#x27;", "&#039;")


def event_row(event: Event) -> dict[str, Any]:
    start, end = local(event.starts_at, event.timezone), local(event.ends_at, event.timezone)
    prices, cancelled = [kind.price for kind in event.ticket_types], event.status == "cancelled"
    return {
        "id": plain.event_id(event),
        "listingid": str(12_000_000 + event.number),
        "EventCode": CODES.get(event.category or "", "CLUB"),
        "eventname": text(event.name),
        "cancelled": "1" if cancelled else "0",
        "cancellationDate": "2026-10-20" if cancelled else "",
        "cancellationType": "Cancelled" if cancelled else "",
        "cancellationReason": "",
        "rescheduledDate": "",
        "venue": venue(event),
        "imageurl": event.image_url or "https://www.skiddle.com/assets/default/event.jpg",
        "largeimageurl": event.image_url or "",
        "xlargeimageurl": "",
        "link": event.url,
        "date": f"{start:%Y-%m-%d}",
        "startdate": start.isoformat(timespec="seconds"),
        "enddate": end.isoformat(timespec="seconds"),
        "description": text(event.description),
        "openingtimes": {"doorsopen": f"{start:%H:%M}", "doorsclose": f"{end:%H:%M}", "lastentry": ""},
        "minage": "18",
        "tickets": any(kind.sale == "on_sale" for kind in event.ticket_types),
        "entryprice": f"from {min(prices)}",
        "ticketpricing": {"minPrice": float(min(prices)), "maxPrice": float(max(prices))},
        "artists": [],
        "genres": [],
    }


def venue(event: Event) -> dict[str, Any]:
    at = event.venue
    if at is None:
        return {"id": venue_id(event), "name": ""}
    return {
        "id": venue_id(event),
        "name": at.name,
        "address": at.address,
        "town": at.city,
        "postcode": at.postal_code,
        "country": at.country,
        "latitude": float(at.latitude),
        "longitude": str(at.longitude),
        "type": "N",
    }


SERVICE = Service(
    slug="skiddle",
    hosts={"api": "/api/v1", "promoter": ""},
    routes=(
        Route("GET", "/api/v1/events/search/", search, rows="results"),
        Route("GET", "/api/v1/events/{id}/", one_event),
        Route("GET", "/events/{id}/tickets", promoter.tickets, rows="data", status="status", host="promoter"),
        Route("GET", "/events/{id}/attendees", promoter.attendees, rows="data", status="status", host="promoter"),
        Route("GET", "/events/{id}/revenue", promoter.report, host="promoter"),
    ),
    credentials={"apiKey": KEY},
    admit=admit,
    error=error,
    shape=Shape(status="cancelled"),
    paging=plain.PAGING | {"api_key", "limit", "offset"},
    trailing_slash=True,
    not_carried=NOT_CARRIED,
    carries_event=carries_event,
    carries_order=is_real,
    event_id=plain.event_id,
    ticket_type_id=plain.ticket_type_id,
    ticket_id=plain.ticket_id,
    order_id=plain.order_id,
)

"""Resident Advisor: the partner API as it is assumed to be, and the GraphQL that the website shows to everybody.

Shapes of the latter after public clients of it; nobody publishes a description of either.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from graphql import GraphQLError

from spekta.sandbox import plain
from spekta.sandbox.box_office import BoxOffice, Event, TicketType
from spekta.sandbox.graph import Graph
from spekta.sandbox.service import Ask, Route
from spekta.sandbox.wire import Answer, local

KEY = "ra_test_sandbox_key"
GRAPH = Graph(Path(__file__).with_suffix(".graphql").read_text())
CHALLENGE = "<!doctype html><title>Just a moment...</title><p>Verifying that you are human.</p>"
OWN, NEIGHBOUR = "77", "78"
LARGEST = 100
AREAS = {
    "America/Chicago": (17, "Chicago", "US"),
    "Asia/Kuwait": (412, "Kuwait City", "KW"),
    "Asia/Tokyo": (27, "Tokyo", "JP"),
    "Europe/Berlin": (34, "Berlin", "DE"),
    "Europe/Brussels": (61, "Brussels", "BE"),
    "Europe/Lisbon": (53, "Lisboa", "PT"),
    "Europe/London": (13, "London", "GB"),
    "Europe/Paris": (44, "Paris", "FR"),
    "Europe/Vienna": (159, "Wien", "AT"),
}
NEWER_TICKETING = ("fog-and-brass",)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A day on which an event is on."""

    number: int
    event: Event
    day: date
    promoter: str


def listings(box: BoxOffice) -> Iterator[Listing]:
    """An event of several days has one for each; beside each night of ours there is one of somebody else."""
    for event in sorted(box.events, key=lambda event: event.starts_at):
        if event.status == "draft":
            continue
        first = local(event.starts_at, event.timezone).date()
        for days in range((event.ends_at - event.starts_at).days + 1):
            day = first + timedelta(days=days)
            yield Listing(9000 + 10 * event.number + days, event, day, OWN)
            yield Listing(99_000 + 10 * event.number + days, neighbour(event), day, NEIGHBOUR)


def neighbour(event: Event) -> Event:
    return replace(event, number=event.number + 500, name=f"Next door to {event.name}")


def event_listings(ask: Ask, filters: Row | None = None, page: int = 1, **more: int) -> Row:
    size, asked = more.get("pageSize", 20), filters or {}
    if size > LARGEST:
        raise GraphQLError(f"Limit must not be greater than {LARGEST}")
    area, days = asked.get("areas", {}).get("eq"), asked.get("listingDate", {})
    lowest, highest = day_of(days.get("gte"), date.min), day_of(days.get("lte"), date.max)

    def find() -> list[Listing]:
        return [
            one
            for one in listings(ask.box)
            if area in (None, AREAS[one.event.timezone][0]) and lowest <= one.day <= highest
        ]

    records = ask.box.memo(("resident-advisor", area, lowest, highest), find)
    found = ask.page(records, (page - 1) * size, size, "eventListings")
    return {"data": [listing_row(ask.box, one) for one in found.records], "totalResults": found.total}


def day_of(text: str | None, default: date) -> date:
    """A day, or a time on it."""
    try:
        return datetime.fromisoformat(text).date() if text else default
    except ValueError:
        raise GraphQLError(f"Invalid date: {text}") from None


def single(ask: Ask, id: str) -> Row | None:
    found = (one for one in listings(ask.box) if plain.event_id(one.event) == id)
    return next((event_row(ask.box, one) for one in found), None)


def listing_row(box: BoxOffice, one: Listing) -> Row:
    return {"id": str(one.number), "listingDate": f"{one.day}T00:00:00.000", "event": event_row(box, one)}


def event_row(box: BoxOffice, one: Listing) -> Row:
    event, id = one.event, plain.event_id(one.event)
    title = f"CANCELLED - {event.name}" if event.status == "cancelled" else event.name
    return {
        "id": id,
        "title": title,
        "content": event.description,
        "date": f"{local(event.starts_at, event.timezone):%Y-%m-%d}T00:00:00.000",
        "startTime": on_the_wall(event.starts_at, event.timezone),
        "endTime": on_the_wall(event.ends_at, event.timezone),
        "cost": "at the door",
        "isTicketed": True,
        "contentUrl": f"/events/{id}",
        "flyerFront": None,
        "dateUpdated": on_the_wall(event.updated_at, "UTC"),
        "ticketingSystem": "ENTIRE" if event.key in NEWER_TICKETING else "LEGACY",
        "area": area_row(event),
        "venue": venue_row(event),
        "artists": [],
        "genres": [{"id": "1", "name": event.category, "slug": "x"}] if event.category else [],
        "images": images(event),
        "promoters": [{"id": one.promoter, "name": "Lampions"}],
        "tickets": partial(tickets, box, event),
    }


def on_the_wall(at: datetime | None, zone: str) -> str | None:
    """A time without its offset."""
    return None if at is None else f"{local(at, zone):%Y-%m-%dT%H:%M:%S}.000"


def area_row(event: Event) -> Row:
    number, name, country = AREAS[event.timezone]
    place = {"id": country, "name": country, "isoCode": country}
    return {"id": str(number), "name": name, "ianaTimeZone": event.timezone, "country": place}


def venue_row(event: Event) -> Row | None:
    place = event.venue
    if place is None:
        return None
    return {
        "id": str(9000 + event.number),
        "name": place.name,
        "address": f"{place.address}, {place.postal_code} {place.city}",
        "capacity": str(event.capacity or 0),
        "location": {"latitude": float(place.latitude), "longitude": float(place.longitude)},
        "area": area_row(event),
    }


def images(event: Event) -> list[Row]:
    if event.image_url is None:
        return []
    return [
        {"id": "1", "filename": f"{event.image_url}?back", "type": "FLYERBACK"},
        {"id": "2", "filename": event.image_url, "type": "FLYERFRONT"},
    ]


def tickets(box: BoxOffice, event: Event, **asked: str) -> list[Row]:
    """Of the newer ticketing there are none to be seen; a parking space is a tier as well."""
    if event.key in NEWER_TICKETING:
        return []
    shown = [kind for kind in event.ticket_types if kind.sale in ("on_sale", "scheduled")]
    tiers = [tier(box, event, kind) for kind in shown]
    parking = {**tiers[0], "id": f"7{plain.event_id(event)}", "title": "Parking", "isAddOn": True} if tiers else None
    return tiers if asked.get("ticketTierType") == "TICKETS" or parking is None else [*tiers, parking]


def tier(box: BoxOffice, event: Event, kind: TicketType) -> Row:
    gone = kind.quantity_total is not None and box.sold(kind) >= kind.quantity_total
    return {
        "id": plain.ticket_type_id(kind),
        "title": kind.name,
        "validType": "NOTYETONSALE" if kind.sale == "scheduled" else "SOLDOUT" if gone else "VALID",
        "isAddOn": False,
        "priceRetail": float(kind.price + kind.fee),
        "onSaleFrom": on_the_wall(kind.sales_start, event.timezone),
        "onSaleUntil": on_the_wall(kind.sales_end, event.timezone),
        "currency": {"id": "1", "code": event.currency},
    }


def answer(ask: Ask) -> Answer | Row:
    """Whatever does not look like a browser is sent a page."""
    if not ask.headers.get("user-agent", "").startswith("Mozilla/"):
        return Answer(CHALLENGE, 403, media_type="text/html")
    if "json" not in ask.headers.get("content-type", ""):
        return Answer({"errors": [{"message": "BAD_REQUEST"}]}, 400)
    return GRAPH.answer(ask, {"event": partial(single, ask), "eventListings": partial(event_listings, ask)})


def admit(ask: Ask) -> None:
    if not ask.root.endswith("/graphql"):
        PARTNER.admit(ask)


PARTNER = plain.service(
    plain.Dialect("resident-advisor", KEY, base="/api/v1", header="x-api-key", scheme="", camel=True)
)
SERVICE = replace(
    PARTNER,
    hosts={**PARTNER.hosts, "graphql": "/graphql"},
    routes=(
        *PARTNER.routes,
        Route("POST", "/graphql", answer, rows="data.eventListings.data", id="event.id", host="graphql"),
    ),
    admit=admit,
    operation=GRAPH.operation,
)

"""AXS: the Event Discovery API with its key in the query, and the dialect that is assumed of its partner API.

Shapes after public clients of the Event Discovery API; AXS publishes no description of either.
"""

from datetime import UTC, datetime
from typing import Any

from spekta.sandbox import plain
from spekta.sandbox.box_office import Event
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import Answer, Refusal, local, utc

TOKEN = "AXSSANDBOX0000TOKEN"
CLIENT = {"clientId": "sandbox-axs-client", "clientSecret": "sk_test_sandbox_axs"}
SMALLEST, LARGEST = 10, 100
SITE = "1"
COUNTRIES = {
    "AT": "Austria",
    "BE": "Belgium",
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "JP": "Japan",
    "KW": "Kuwait",
    "PT": "Portugal",
}
STATUS = {"live": 1, "completed": 1, "cancelled": 2}
NOT_A_FIELD = "no such field"
NOT_CARRIED = plain.NOT_CARRIED | {
    "event.status=completed": "an event that is over keeps its status",
    "event.ends_at": "only the start is told",
    "event.currency": "prices are only shown",
    "event.capacity": NOT_A_FIELD,
    "event.category": "a number, whose meaning is known for music only",
    "event.venue.address": NOT_A_FIELD,
    "event.venue.postal_code": NOT_A_FIELD,
    "event.created_at": NOT_A_FIELD,
    "event.updated_at": NOT_A_FIELD,
    "attendee.currency": "no amount of a single ticket is assumed, and an event tells no currency",
}

Row = dict[str, Any]
SPEAKER = plain.Speaker(
    plain.Dialect(
        "axs",
        TOKEN,
        words={**plain.WORDS, "tickets": "ticket-types"},
        changed=(),
        size="rows",
        largest=LARGEST,
        money=plain.in_object,
    )
)


def carries_event(event: Event) -> bool:
    """What was never announced is not on the site."""
    return event.status != "draft"


def admit(ask: Ask) -> None:
    discovery = not ask.root.endswith("/partner_base")
    token = ask.query.get("access_token", "") if discovery else ask.bearer()
    if token.startswith(FORBIDDEN):
        raise Refusal(403)
    if not ask.grants.accepts(token):
        raise Refusal(401)


def events(ask: Ask) -> Row:
    number, size = (int(ask.query.get(name, default)) for name, default in (("page", "1"), ("rows", "25")))
    if not SMALLEST <= size <= LARGEST:
        raise Refusal(400, message=f"rows must be between {SMALLEST} and {LARGEST}")
    if ask.query.get("siteId", SITE) != SITE:
        raise Refusal(403, message="This site is not yours.")
    start, end = moment(ask, "start"), moment(ask, "end")

    def find() -> list[Event]:
        return [
            event
            for event in ask.box.events
            if carries_event(event) and (start or event.starts_at) <= event.starts_at <= (end or event.starts_at)
        ]

    page = ask.page(ask.found(find), (number - 1) * size, size)
    return {
        "meta": {"total": page.total, "page": number, "rows": size},
        "events": [event_row(event) for event in page.records],
    }


def moment(ask: Ask, name: str) -> datetime | None:
    """Read a filter, which is in UTC without saying so."""
    said = ask.query.get(name)
    try:
        return datetime.strptime(said, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC) if said else None
    except ValueError:
        raise Refusal(400, message=f"{name} must be YYYY-MM-DDTHH:MM:SS") from None


def event_row(event: Event) -> Row:
    at = local(event.starts_at, event.timezone)
    title = f'<a href="https://www.axs.com/artists/{event.number}/x">{event.name}</a>'
    return {
        "eventId": plain.event_id(event),
        "active": True,
        "publishStatus": 1,
        "title": {"presentedBy": None, "eventTitle": title, "headliners": title, "eventTitleText": event.name},
        "description": event.description,
        "eventDateTime": f"{at:%Y-%m-%dT%H:%M:%S}",
        "eventDateTimeUTC": (utc(event.starts_at) or "").removesuffix("Z"),
        "eventDateTimeISO": at.isoformat(timespec="seconds"),
        "eventDateTimeZone": event.timezone,
        "dateOnly": False,
        "ticketing": {
            "statusId": STATUS[event.status],
            "status": "Cancelled" if event.status == "cancelled" else "Buy Tickets",
            "url": event.url,
            "eventUrl": f"https://www.axs.com/events/{plain.event_id(event)}",
        },
        "majorCategoryId1": {"Music": "2"}.get(event.category or "", "9"),
        "minorCategoryId1": None,
        "venue": venue(event),
        "ticketPriceLow": "$25",
        "relatedMedia": media(event),
    }


def venue(event: Event) -> Row | None:
    place = event.venue
    if place is None:
        return None
    return {
        "venueId": str(9000 + event.number),
        "title": place.name,
        "city": place.city,
        "state": place.region,
        "country": COUNTRIES[place.country],
        "latitude": f"{place.latitude:.6f}",
        "longitude": f"{place.longitude:.6f}",
    }


def media(event: Event) -> dict[str, Row]:
    """By an id of no meaning; sizes are text or numbers."""
    if event.image_url is None:
        return {}
    return {
        "1": {"media_id": "1", "width": "238", "height": "140", "file_name": f"{event.image_url}?small"},
        "2": {"media_id": "2", "width": 678, "height": 399, "file_name": event.image_url},
    }


def renew(ask: Ask) -> Answer | Row:
    form = ask.body if isinstance(ask.body, dict) else {}
    known = (form.get("client_id"), form.get("client_secret")) == (CLIENT["clientId"], CLIENT["clientSecret"])
    pair = ask.grants.refresh(form.get("refresh_token", "")) if known else None
    if pair is None:
        return Answer({"error": "invalid_grant"}, 400)
    return {"access_token": pair[0], "refresh_token": pair[1], "token_type": "Bearer", "expires_in": 3600}


def error(refusal: Refusal) -> Row:
    return {"message": refusal.message or "The request cannot be answered."}


ONE = "/api/events/{id}"
SERVICE = Service(
    slug="axs",
    hosts={"api": "/v1", "partner_base": "/api", "token": "/oauth/token"},
    routes=(
        Route("GET", "/v1/events", events, rows="events", id="eventId", status="ticketing.statusId"),
        *(
            Route("GET", f"{ONE}/{word}", handle, rows="data", host="partner_base")
            for word, handle in (
                ("ticket-types", SPEAKER.tickets),
                ("attendees", SPEAKER.attendees),
                ("orders", SPEAKER.orders),
            )
        ),
        Route("POST", "/oauth/token", renew, host="token", open=True),
    ),
    credentials={"accessToken": TOKEN},
    client=CLIENT,
    admit=admit,
    error=error,
    shape=Shape(),
    paging=frozenset({"page", "rows"}),
    not_carried=NOT_CARRIED,
    event_id=plain.event_id,
    ticket_type_id=plain.ticket_type_id,
    ticket_id=plain.ticket_id,
    order_id=plain.order_id,
    carries_event=carries_event,
    carries_order=is_real,
)

"""Weezevent's classic API: two secrets in the query, times of the organiser's clock, prices but no amounts.

Shapes after https://api.weezevent.com. A "ticket" is a type of ticket, a "participant" an issued one. An account sells
in one currency, which no answer names: the one here sells in euros.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from spekta.sandbox.box_office import Event, Issued, Order, Person, TicketType
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import Refusal, local, major

Row = dict[str, Any]

KEY, TOKEN = "sandboxkey0000000weezevent", "sandboxtoken0000000weezevent"
LOGIN = {"username": "les-lampions", "password": "sandboxword0000000weezevent"}
LARGEST = 1000
WRONG_LOGINS = 5
NEVER = "0000-00-00 00:00:00"
MESSAGE = {401: "Invalid access token", 403: "Forbidden", 404: "Not found", 429: "Too many requests"}
NO_STATE = "an event tells no state; drafts and cancelled ones stand among the others"
NO_SALE = "a type tells no state, only its stock and the dates of its sale"
NO_AMOUNT = "there are only the prices of ticket types, and with a promo code less was paid"
NOT_CARRIED = {
    "event.status=draft": NO_STATE,
    "event.status=cancelled": NO_STATE,
    "event.status=completed": NO_STATE,
    "event.capacity": "no such field",
    "event.online": "no such field",
    "event.series_id": "dates of a series are events of their own",
    "event.created_at": "an event tells its last change only",
    "ticket.description": "no such field",
    "ticket.fee": "no such field",
    "ticket.status=on_sale": NO_SALE,
    "ticket.status=off_sale": NO_SALE,
    "ticket.status=ended": NO_SALE,
    "ticket.status=hidden": NO_SALE,
    "attendee.status=cancelled": "an order that ran out leaves no participant, others have their money back",
    "attendee.email": "the buyer's stands in where the participant has none",
    "attendee.answers": "a telephone number is an answer too",
    "attendee.price": NO_AMOUNT,
    "attendee.updated_at": "no such field",
    "order.test": "there are no test orders",
    "order.status=expired": "an order that ran out leaves no participant",
    "order.status=cancelled": "all money goes back with the tickets",
    "order.total": NO_AMOUNT,
    "order.paid": NO_AMOUNT,
    "order.lines": NO_AMOUNT,
    "order.discount": NO_AMOUNT,
    "order.tax": "no such field",
    "order.fees": "no such field",
    "order.updated_at": "no such field",
    "revenue.gross_revenue": NO_AMOUNT,
    "revenue.net_revenue": NO_AMOUNT,
    "revenue.taxes": "no such field",
    "revenue.fees": "no such field",
}


def event_id(event: Event) -> str:
    return str(7000 + event.number)


def ticket_type_id(kind: TicketType) -> str:
    """Some ids are of digits and some are not."""
    return f"ABCDE{kind.number}" if kind.number % 5 == 0 else str(80_000 + kind.number)


def ticket_id(issued: Issued) -> str:
    return str(5_000_000 + issued.ticket.number)


def order_id(order: Order) -> str:
    return str(2_000_000 + order.number)


def carries_event(event: Event) -> bool:
    return event.currency == "EUR"


def carries_order(order: Order) -> bool:
    return order.currency == "EUR" and not order.test and order.status != "expired"


def admit(ask: Ask) -> None:
    key = ask.query.get("api_key", "")
    if key.startswith(FORBIDDEN):
        raise Refusal(403)
    if key != KEY or not ask.grants.accepts(ask.query.get("access_token", "")):
        raise Refusal(401)


def error(refusal: Refusal) -> Row:
    return {"error": {"code": refusal.status, "message": refusal.message or MESSAGE.get(refusal.status, "Failed")}}


def log_in(ask: Ask) -> Row:
    """Give a token. After some wrong logins no further one is looked at."""
    if ask.grants.refused >= WRONG_LOGINS:
        raise Refusal(429)
    if ask.body != {**LOGIN, "api_key": KEY}:
        ask.grants.refused += 1
        raise Refusal(403, message="Bad credentials")
    return {"accessToken": ask.grants.issue()[0]}


def clock(when: datetime | None, event: Event) -> str:
    return f"{local(when, event.timezone):%Y-%m-%d %H:%M:%S}" if when else ""


def twice(text: str | None) -> str:
    """Escape for JSON what is going to be escaped once more."""
    return "".join(
        sign if sign.isascii() else "".join(f"\\u{unit:04x}" for unit in units(sign)) for sign in (text or "")
    )


def units(sign: str) -> list[int]:
    coded = sign.encode("utf-16-be")
    return [int.from_bytes(coded[at : at + 2], "big") for at in range(0, len(coded), 2)]


def events(ask: Ask) -> Row:
    """Give them all at once; unless asked otherwise, those alone that are on sale and have participants."""
    rows = []
    for event in filter(carries_event, ask.box.events):
        sold = sum(map(ask.box.sold, event.ticket_types))
        kinds = {
            "include_not_published": event.status == "draft",
            "include_closed": event.status == "completed",
            "include_without_sales": not sold,
        }
        if all(wants(ask, name) or not hidden for name, hidden in kinds.items()):
            rows.append(event_row(event, sold))
    return {"events": rows}


def wants(ask: Ask, name: str) -> bool:
    return ask.query.get(name) in ("1", "true")


def event_row(event: Event, sold: int) -> Row:
    return {
        "id": int(event_id(event)),
        "name": escape(event.name),
        "date": {"start": clock(event.starts_at, event), "end": ""},
        "participants": sold,
        "multiple_dates": 0,
        "sales_status": {"id_status": "1", "libelle_status": "En cours"},
    }


def details(ask: Ask) -> Row:
    """Give one event as an object, under another name for its name."""
    event = ask.one(filter(carries_event, ask.box.events), event_id)
    venue, prices = event.venue, [kind.price for kind in event.ticket_types]
    return {
        "last_update": local(event.updated_at, "Europe/Paris").isoformat(),
        "events": {
            "id": event_id(event),
            "title": escape(event.name),
            "site_url": "",
            "description": event.description or "",
            "image": event.image_url or "",
            "category": {"id": "14", "name": twice(event.category)},
            "period": {
                "start": clock(event.starts_at, event),
                "end": clock(event.ends_at, event),
                "timezone": event.timezone,
            },
            "price": {"min": major(min(prices)), "max": major(max(prices))},
            "venue": {
                "name": venue.name if venue else "",
                "address": venue.address if venue else "",
                "zip_code": venue.postal_code if venue else "",
                "city": venue.city if venue else "",
                "state": (venue.region if venue else None) or "",
                "country": {"code": venue.country if venue else "", "name": ""},
                "coordinates": {
                    "long": f"{venue.longitude if venue else 0:.7f}",
                    "lat": f"{venue.latitude if venue else 0:.7f}",
                },
            },
            "extras": {"minisite_url": event.url or ""},
            "dates": [],
            "organizer": {"organization_name": "Les Lampions"},
        },
    }


def tickets(ask: Ask) -> Row:
    """Give the types of each event asked for; those of a group in a category of a category."""
    wanted = ask.query.getlist("id_event[]")
    return {"events": [types_of(ask, event) for event in ask.box.events if event_id(event) in wanted]}


def types_of(ask: Ask, event: Event) -> Row:
    groups = {kind.group: [one for one in event.ticket_types if one.group == kind.group] for kind in event.ticket_types}
    alone = [type_row(ask, event, kind) for kind in groups.pop(None, [])]
    inner = [
        {"id": str(group.number), "name": group.name, "tickets": [type_row(ask, event, kind) for kind in kinds]}
        for group, kinds in groups.items()
        if group
    ]
    categories = [{"id": 900, "name": "Tarifs", "tickets": [], "categories": inner}] if inner else []
    return {"id": int(event_id(event)), "name": escape(event.name), "tickets": alone, "categories": categories}


def type_row(ask: Ask, event: Event, kind: TicketType) -> Row:
    return {
        "id": ticket_type_id(kind),
        "name": escape(kind.name),
        "price": float(kind.price),
        "participants": ask.box.sold(kind),
        "quota": kind.quantity_total or 0,
        "start_sale": clock(kind.sales_start, event),
        "end_sale": clock(kind.sales_end, event),
    }


def participants(ask: Ask) -> Row:
    """Give a page, or all at once. What is missing is said in a successful answer."""
    if "id_event[]" not in ask.query:
        return {"error": {"code": 1, "message": "id_event is missing"}}
    size = max(1, min(int(ask.query.get("max", LARGEST)), LARGEST))
    page = ask.page(ask.found(participants_asked(ask)), (int(ask.query.get("page", 1)) - 1) * size, size)
    return {
        "participants": [participant_row(ask, issued) for issued in page.records],
        "server_time": f"{local(ask.box.now, 'Europe/Paris'):%Y-%m-%d %H:%M:%S}",
    }


def participants_asked(ask: Ask) -> Callable[[], Sequence[Issued]]:
    """Find those of the events asked for, and one of another event, as it comes along at times."""

    def find() -> list[Issued]:
        everyone = [one for one in ask.box.issued(filter(carries_order, ask.box.orders)) if listed(ask, one)]
        ours = [one for one in everyone if event_id(ask.box.event(one.order.event)) in ask.query.getlist("id_event[]")]
        return ours + [one for one in everyone if one not in ours][:1] if ours else []

    return find


def listed(ask: Ask, issued: Issued) -> bool:
    since = ask.query.get("last_update")
    changed = issued.order.updated_at.astimezone(ZoneInfo("Europe/Paris")).replace(tzinfo=None)
    return (
        (wants(ask, "include_deleted") or not deleted(issued))
        and (wants(ask, "include_unpaid") or issued.order.status != "pending")
        and (since is None or changed >= datetime.fromisoformat(since))
    )


def deleted(issued: Issued) -> bool:
    return issued.order.status == "cancelled" or issued.ticket.status != "valid"


def participant_row(ask: Ask, issued: Issued) -> Row:
    order, ticket = issued
    event, scanned = ask.box.event(order.event), ticket.checked_in_at
    row = {
        "id_participant": int(ticket_id(issued)),
        "id_event": int(event_id(event)),
        "id_date": 0,
        "id_ticket": ticket_type_id(ask.box.ticket_type(ticket.ticket_type)),
        "barcode": ticket.barcode,
        "id_weez_ticket": f"T{ticket.number}E{event_id(event)}O{order.number}",
        "deleted": "1" if deleted(issued) else "0",
        "create_date": clock(order.placed_at, event),
        "origin": "vente",
        "id_transaction": int(order_id(order)),
        "control_status": {
            "status": "1" if scanned else "0",
            "scan_date": clock(scanned, event) or NEVER,
            "scan_user": "0",
            "scan_user_name": "",
        },
        "owner": person(ticket.holder),
    }
    if deleted(issued) and order.refunds:
        row["refund"] = "1" if ticket.number % 2 else {"status": "1"}
    if order.discount_code:
        row["promo_code"] = order.discount_code
    return row | (full(issued) if wants(ask, "full") else {})


def person(who: Person) -> Row:
    said = {"first_name": who.first_name, "last_name": who.last_name, "email": who.email}
    return {name: escape(value or "") for name, value in said.items()}


def full(issued: Issued) -> Row:
    """Write what only a full answer has."""
    order, ticket = issued
    buyer, phone = order.buyer, ticket.holder.phone
    answers = [*(("Téléphone", number) for number in [phone] if number), *ticket.answers]
    return {
        "paid": order.status != "pending",
        "buyer": {
            "id_acheteur": str(order.number),
            "acheteur_first_name": escape(buyer.first_name or ""),
            "acheteur_last_name": escape(buyer.last_name or ""),
            "email_acheteur": buyer.email or "",
        },
        "answers": [{"label": twice(label), "value": twice(value)} for label, value in answers],
    }


SERVICE = Service(
    slug="weezevent",
    routes=(
        Route("POST", "/auth/access_token", log_in, open=True),
        Route("GET", "/events", events, rows="events"),
        Route("GET", "/event/{id}/details", details),
        Route("GET", "/tickets", tickets),
        Route("GET", "/participant/list", participants, rows="participants", id="id_participant"),
    ),
    credentials={"apiKey": KEY, "accessToken": TOKEN},
    admit=admit,
    error=error,
    paging=frozenset({"max", "page"}),
    not_carried=NOT_CARRIED,
    carries_event=carries_event,
    carries_order=carries_order,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

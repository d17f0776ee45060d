"""Equaticket: newest first by cursor, minor units, scopes, two modes apart, and the only one that can be written to.

Shapes after https://equaticket.com/help/organizers/public-api. It shows no whole record; fields that neither its
examples nor its webhooks have are the likeliest, and few.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.providers.equaticket import writes
from spekta.sandbox.providers.equaticket.rows import NOT_CARRIED, Record, Row, carries_order, ident
from spekta.sandbox.providers.equaticket.state import LIVE, State
from spekta.sandbox.providers.equaticket.wiring import (
    PAGING,
    Refused,
    admit,
    error,
    key_of,
    listing,
    one,
    route,
    state_of,
    world_of,
)
from spekta.sandbox.service import Ask, Service

ORGANISATION = "lampions"
V1, SETTINGS = "/api/v1", "/api/settings"

Fits = Callable[[Row], bool]


def everything(row: Row) -> bool:
    return True


def records(kind: str, fits: Callable[[Ask], Fits], ask: Ask) -> Row:
    """Those of the account, or of the event in the path."""
    event = one(ask, "event") if "id" in ask.parts else None
    keep = fits(ask)

    def find() -> Sequence[Record]:
        known = world_of(ask).records(ask.box, kind)
        return [one for one in known if (event is None or one.row["event_id"] == event.id) and keep(one.row)]

    filters = tuple(item for item in ask.query.multi_items() if item[0] not in PAGING)
    found = ask.box.memo((*world_of(ask).stamp, ask.path, filters), find)
    return listing(ask, key_of(ask).live, found)


def any_record(ask: Ask) -> Fits:
    return everything


def orders_asked(ask: Ask) -> Fits:
    status, address = ask.query.get("status"), ask.query.get("buyer_email")

    def fits(row: Row) -> bool:
        bought = address is None or (row["buyer_email"] or "").lower() == address.lower()
        return bought and status in (None, row["status"])

    return fits


def attendees_asked(ask: Ask) -> Fits:
    said: Mapping[str | None, bool | None] = {None: None, "true": True, "false": False}
    if (wanted := ask.query.get("checked_in")) not in said:
        raise Refused(400, "checked_in must be true or false", "checked_in")
    return lambda row: said[wanted] in (None, row["checked_in"])


def record(kind: str, ask: Ask) -> Row:
    return one(ask, kind).rendered()


def public_events(ask: Ask) -> Row:
    if ask.query.get("org_slug") != ORGANISATION:
        raise Refused(404)
    known = state_of(ask).worlds[True].records(ask.box, "event")
    return listing(ask, True, [event for event in known if event.row["status"] == "published"])


def webhooks(ask: Ask) -> Row:
    return listing(ask, key_of(ask).live, world_of(ask).records(ask.box, "webhook"))


def deliveries(ask: Ask) -> Row:
    webhook = one(ask, "webhook")
    known = world_of(ask).records(ask.box, "delivery")
    return listing(ask, key_of(ask).live, [one for one in known if one.row["webhook_id"] == webhook.id])


def reads(path: str, kind: str, scope: str, fits: Callable[[Ask], Fits] = any_record, rows: str = "data") -> Any:
    return route("GET", f"{V1}{path}", partial(records, kind, fits), scope, rows=rows)


EVENT, TYPE, WEBHOOK = f"{V1}/events/{{id}}", f"{V1}/events/{{id}}/ticket-types/{{type}}", f"{V1}/webhooks/{{id}}"
SERVICE = Service(
    slug="equaticket",
    hosts={"api": V1, "settings": SETTINGS},
    routes=(
        reads("/events", "event", "events:read"),
        reads("/events/{id}/ticket-types", "ticket_type", "events:read"),
        reads("/orders", "order", "orders:read", orders_asked),
        reads("/events/{id}/orders", "order", "orders:read", orders_asked),
        reads("/attendees", "attendee", "attendees:read", attendees_asked),
        reads("/events/{id}/attendees", "attendee", "attendees:read", attendees_asked),
        route("GET", EVENT, partial(record, "event"), "events:read"),
        route("GET", f"{V1}/orders/{{id}}", partial(record, "order"), "orders:read"),
        route("GET", f"{V1}/public/events", public_events, None, rows="data"),
        route("GET", f"{V1}/webhooks", webhooks, "webhooks:read", rows="data"),
        route("GET", WEBHOOK, partial(record, "webhook"), "webhooks:read"),
        route("GET", f"{WEBHOOK}/deliveries", deliveries, "webhooks:read", rows="data"),
        route("POST", f"{V1}/events", writes.create_event, "events:write"),
        route("PATCH", EVENT, writes.update_event, "events:write"),
        route("POST", f"{EVENT}/publish", writes.publish_event, "events:write"),
        route("POST", f"{EVENT}/cancel", writes.cancel_event, "events:write"),
        route("POST", f"{V1}/events/{{id}}/ticket-types", writes.create_ticket_type, "ticket_types:write"),
        route("PATCH", TYPE, writes.update_ticket_type, "ticket_types:write"),
        route("DELETE", TYPE, writes.delete_ticket_type, "ticket_types:write"),
        route("POST", f"{V1}/webhooks", writes.create_webhook, "webhooks:write"),
        route("PATCH", WEBHOOK, writes.update_webhook, "webhooks:write"),
        route("DELETE", WEBHOOK, writes.delete_webhook, "webhooks:write"),
        route("POST", f"{SETTINGS}/api-keys/reset-test-data", writes.reset_test_data, "events:write", host="settings"),
    ),
    credentials={"apiKey": LIVE},
    state=State,
    admit=admit,
    error=error,
    shape=Shape(next="next_cursor"),
    paging=PAGING,
    not_carried=NOT_CARRIED,
    carries_order=carries_order,
    event_id=lambda event: ident("event", event.number),
    ticket_type_id=lambda kind: ident("ticket_type", kind.number),
    ticket_id=lambda issued: ident("attendee", issued.ticket.number),
    order_id=lambda order: ident("order", order.number),
)

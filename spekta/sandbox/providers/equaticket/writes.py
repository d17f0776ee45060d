"""What can be written: events, ticket types and webhook subscriptions."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from spekta.sandbox.providers.equaticket.rows import Record, Row
from spekta.sandbox.providers.equaticket.state import secret
from spekta.sandbox.providers.equaticket.wiring import Refused, key_of, one, state_of, world_of
from spekta.sandbox.service import Ask
from spekta.sandbox.wire import Answer

ANNOUNCED = {"order.created", "order.refunded", "event.sold_out", "ticket.checked_in"}
Check = Callable[[Any], bool]


def is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_whole(value: Any) -> bool:
    return type(value) is int and value >= 0


def is_currency(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[a-z]{3}", value) is not None


def is_zone(value: Any) -> bool:
    try:
        return bool(ZoneInfo(value).key)
    except (ValueError, TypeError, OSError, KeyError):
        return False


def is_time(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (ValueError, TypeError):
        return False


def is_address(value: Any) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme == "https"


def are_announced(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and set(value) <= ANNOUNCED


EVENT: Mapping[str, Check] = {
    "title": is_text, "slug": is_text, "timezone": is_zone, "starts_at": is_time, "currency": is_currency,
    "ends_at": is_time, "description": is_text,
}  # fmt: skip
TICKET_TYPE: Mapping[str, Check] = {
    "name": is_text, "price": is_whole, "currency": is_currency, "quantity_total": is_whole,
}  # fmt: skip
WEBHOOK: Mapping[str, Check] = {"url": is_address, "events": are_announced, "active": lambda value: type(value) is bool}


def body(ask: Ask, fields: Mapping[str, Check], *required: str) -> Row:
    """The request's fields, each as it must be."""
    said = ask.body
    if not isinstance(said, dict):
        raise Refused(400, "The body must be a JSON object")
    for name in required:
        if name not in said:
            raise Refused(400, f"{name} is required", name)
    for name, value in said.items():
        if name not in fields or not fields[name](value):
            raise Refused(400, f"{name} is not valid", name)
    return said


def create_event(ask: Ask) -> Answer:
    said, world = body(ask, EVENT, "title", "slug", "timezone", "starts_at", "currency"), world_of(ask)
    if said["slug"] in (event.row["slug"] for event in world.records(ask.box, "event")):
        raise Refused(422, "slug is taken", "slug")
    rest = {"description": None, "ends_at": None, "venue": None}
    return Answer(world.make("event", ask.box.now, **{**rest, **said}, status="draft").rendered(), 201)


def update_event(ask: Ask) -> Row:
    event, said = one(ask, "event"), body(ask, EVENT)
    if event.row["status"] == "cancelled":
        raise Refused(409, "The event is cancelled")
    return world_of(ask).change(event, ask.box.now, **said).rendered()


def publish_event(ask: Ask) -> Row:
    event = one(ask, "event")
    if event.row["status"] != "draft":
        raise Refused(409, f"The event is {event.row['status']}")
    if not state_of(ask).stripe_active and any(kind.row["price"] for kind in types_of(ask, event)):
        raise Refused(422, "Stripe Connect must be active before you can publish paid events")
    return world_of(ask).change(event, ask.box.now, status="published").rendered()


def cancel_event(ask: Ask) -> Row:
    event = one(ask, "event")
    if event.row["status"] == "cancelled":
        raise Refused(409, "The event is cancelled")
    return world_of(ask).change(event, ask.box.now, status="cancelled").rendered()


def types_of(ask: Ask, event: Record) -> list[Record]:
    return [kind for kind in world_of(ask).records(ask.box, "ticket_type") if kind.row["event_id"] == event.id]


def create_ticket_type(ask: Ask) -> Answer:
    event, said = one(ask, "event"), body(ask, TICKET_TYPE, "name", "price", "currency", "quantity_total")
    if said["currency"] != event.row["currency"]:
        raise Refused(422, "currency must be that of the event", "currency")
    row = {"event_id": event.id, "quantity_sold": 0, **said}
    return Answer(world_of(ask).make("ticket_type", ask.box.now, **row).rendered(), 201)


def ticket_type(ask: Ask) -> Record:
    event, kind = one(ask, "event"), one(ask, "ticket_type", "type")
    if kind.row["event_id"] != event.id:
        raise Refused(404)
    return kind


def update_ticket_type(ask: Ask) -> Row:
    kind, said = ticket_type(ask), body(ask, TICKET_TYPE)
    if said.get("quantity_total", kind.row["quantity_sold"]) < kind.row["quantity_sold"]:
        raise Refused(422, "More tickets than that are sold", "quantity_total")
    return world_of(ask).change(kind, ask.box.now, **said).rendered()


def delete_ticket_type(ask: Ask) -> Answer:
    kind = ticket_type(ask)
    if kind.row["quantity_sold"]:
        raise Refused(409, "Tickets of this type are sold")
    world_of(ask).remove(kind)
    return Answer("", 204)


def create_webhook(ask: Ask) -> Answer:
    if key_of(ask).plan in ("free", "starter"):
        raise Refused(403, "Webhooks come with the Growth and Pro plans")
    made = world_of(ask).make("webhook", ask.box.now, **{"active": True, **body(ask, WEBHOOK, "url", "events")})
    return Answer({**made.rendered(), "secret": secret(made)}, 201)


def update_webhook(ask: Ask) -> Row:
    return world_of(ask).change(one(ask, "webhook"), ask.box.now, **body(ask, WEBHOOK)).rendered()


def delete_webhook(ask: Ask) -> Answer:
    world_of(ask).remove(one(ask, "webhook"))
    return Answer("", 204)


def reset_test_data(ask: Ask) -> Row:
    if key_of(ask).live:
        raise Refused(403, "Only a test key can reset test data")
    state_of(ask).reset_test_data()
    return {"livemode": False}

"""Equaticket. Newest first by cursor; minor units; the key's prefix says whether the data is live or for tests.

Docs: equaticket.com/help/organizers/public-api, which shows paths, lists, errors and what is sent, but no record: their
fields are those of its examples, its webhooks and, for the rest, the likeliest, so all of it is partial. Addresses that
it does not write out follow those that it does; those of webhooks are assumed. It is the one platform that can be
written to, and what it is told is declared here too: hence the length.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from connectors.auth import Header
from connectors.inputs import Address, Count, Id, Inputs, MinorAmount, SmallCurrency, Text, Time, Words, Zone, changes
from connectors.models import PlatformRecord, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import zero
from connectors.own import Action, Idempotency, OwnListing
from connectors.pagers import Cursor
from connectors.provider import Call, Credential, Fault, Filter, Meaning, Option, Provider, Since, Stream
from connectors.row import Row
from connectors.webhook import About, Hmac
from connectors.webhook import Webhook as Deliveries

KEYS = "Dashboard → Settings → Developer → API Keys"
EVENT = {"draft": "draft", "published": "live", "cancelled": "cancelled", "canceled": "cancelled"}
ORDER = {"confirmed": "paid", "partially_refunded": "partially_refunded", "refunded": "refunded"}
TICKET = {"valid": "valid", "refunded": "refunded", "cancelled": "cancelled", "canceled": "cancelled"}
Announced = Literal["order.created", "order.refunded", "event.sold_out", "ticket.checked_in"]
FAULTS: dict[str, Fault] = {
    "validation_error": "rejected", "unauthorized": "auth", "forbidden": "forbidden", "api_terms_required": "forbidden",
    "not_found": "missing", "conflict": "rejected", "unprocessable": "rejected", "rate_limited": "limited",
    "internal_error": "down"}


def event(row: Row) -> UnifiedEvent:
    return UnifiedEvent(
        id=row.id(), name=row.text("title"), description=row.plain("description"), status=row.choice("status", EVENT),
        starts_at=row.moment("starts_at"), ends_at=row.moment("ends_at"), timezone=row.text("timezone"),
        venue=row.venue("venue", name="name", address="address", city="city", postal_code="postal_code",
                        country="country"),
        currency=row.currency("currency"), created_at=row.moment("created_at"), updated_at=row.moment("updated_at"))


def ticket(row: Row) -> UnifiedTicket:
    currency, total, sold = row.currency("currency"), row.whole("quantity_total"), row.whole("quantity_sold")
    return UnifiedTicket(
        id=row.id(), event_id=row.ref("event_id"), name=row.text("name"), price=row.minor("price", currency=currency),
        currency=currency, quantity_total=total, quantity_sold=sold,
        status="sold_out" if None not in (total, sold) and sold == total else "unknown",
        created_at=row.moment("created_at"), updated_at=row.moment("updated_at"))


def attendee(row: Row) -> UnifiedAttendee | None:
    """Each is a ticket; one that was made with a test key is none of a live list."""
    if row.flag("is_test_data") and row.page.flag("livemode"):
        return None
    return UnifiedAttendee(
        id=row.id("id", "ticket_id"), event_id=row.ref("event_id"), order_id=row.ref("order_id"),
        ticket_id=row.ref("ticket_type_id"), ticket_name=row.text("ticket_type_name"),
        name=row.text("attendee_name", "buyer_name"), email=row.text("attendee_email"),
        status=row.choice("status", TICKET), checked_in=row.flag("checked_in"),
        checked_in_at=row.moment("checked_in_at"), purchased_at=row.moment("created_at"),
        barcode=row.text("ticket_code"), created_at=row.moment("created_at"), updated_at=row.moment("updated_at"))


def order(row: Row) -> UnifiedOrder:
    """It exists once it is paid for. How much of it was given back is told only where that is all or nothing."""
    currency, status, event_id = row.currency("currency"), row.choice("status", ORDER), row.ref("event_id")
    total, placed_at = row.minor("total_amount", currency=currency), row.moment("created_at")
    back = {"paid": zero(currency), "refunded": total}
    return UnifiedOrder(
        id=row.id("id", "order_id"), status=status, test=bool(row.flag("is_test_data")),
        buyer_name=row.text("buyer_name"), buyer_email=row.text("buyer_email"), placed_at=placed_at, total=total,
        paid=None if status == "unknown" else total, refunded=back.get(status), currency=currency,
        event_ids=(event_id,) if event_id else (), created_at=placed_at, updated_at=row.moment("updated_at"))


def webhook(row: Row) -> PlatformRecord:
    values = {"url": row.text("url"), "events": row.texts("events[]"), "active": row.flag("active")}
    return PlatformRecord(id=row.id(), values=values, created_at=row.moment("created_at"))


def delivery(row: Row) -> PlatformRecord:
    """What was sent is left out: it names buyers."""
    status, answer = row.text("status"), row.whole("response_status")
    values = {"type": row.text("type", "event_type"), "status": status, "response_status": answer}
    return PlatformRecord(id=row.id(), status_raw=status, values=values, created_at=row.moment("created_at"))


def faults(status: int, body: Row) -> Fault | None:
    return FAULTS.get(body.text("error.code") or "") if status >= 400 else None


def get(path: str, scope: str | None, **query: Any) -> Call:
    """Without a scope it is for everybody, and the key is not sent."""
    return Call("GET", path, query, scope=scope, signed=scope is not None)


class OfEvent(Inputs):
    event: Id = Field(description="The id of the event")


class OfTicketType(OfEvent):
    ticket_type: Id = Field(description="The id of the ticket type")


class OfOrder(Inputs):
    order: Id = Field(description="The id of the order")


class OfWebhook(Inputs):
    webhook: Id = Field(description="The id of the subscription")


class OfOrganisation(Inputs):
    org_slug: Text = Field(description="The organisation's name in the addresses of its pages")


class Event(Inputs):
    title: Text = Field(description="Its name")
    slug: Text = Field(description="Its name in the address of its page")
    timezone: Zone = Field(description="The IANA name of its time zone, such as Europe/London")
    starts_at: Time = Field(description="When it starts, with an offset or Z: 2027-10-01T19:00+01:00")
    currency: SmallCurrency = Field(description="The ISO 4217 code of its currency")


class TicketType(Inputs):
    name: Text = Field(description="Its name")
    currency: SmallCurrency = Field(description="The ISO 4217 code of its currency, that of the event")
    price: MinorAmount = Field(description="What a ticket costs in major units: 25.00 in EUR, 2500 in JPY")
    quantity_total: Count = Field(description="How many there are to be sold")


class NewTicketType(TicketType, OfEvent):
    pass


class Webhook(Inputs):
    url: Address = Field(description="Where deliveries are sent")
    events: Annotated[tuple[Announced, ...], Words] = Field(description="What is told there", min_length=1)


def to(path: str, name: str, inputs: type[Inputs], scope: str, meaning: Meaning | None = None, **more: Any) -> Action:
    method = {"update": "PATCH", "delete": "DELETE"}.get(name.split()[0].lower(), "POST")
    return Action(Call(method, path, scope=scope), name, inputs, meaning, **more)


ONE, TYPES, HOOK = "/events/{event}", "/events/{event}/ticket-types", "/webhooks/{webhook}"
TYPE, WRITE, WRITE_TYPES, HOOKS = f"{TYPES}/{{ticket_type}}", "events:write", "ticket_types:write", "webhooks:write"
pages: dict[str, Any] = {"pager": Cursor("cursor", next="next_cursor", more="has_more", size="limit", largest=50)}
newest: dict[str, Any] = {**pages, "since": Since("created", by="created_at", stop=True), "evidence": "partial"}
ticket_types = Stream(get("/events/{event}/ticket-types", "events:read"), "data", ticket, **pages, evidence="partial")
provider = Provider(
    slug="equaticket", name="Equaticket", website="https://equaticket.com",
    docs="https://equaticket.com/help/organizers/public-api", base="https://app.equaticket.com/api/v1",
    hosts={"settings": "https://app.equaticket.com/api/settings"},
    auth="api_key", sign=Header(Authorization="Bearer {apiKey}"), faults=faults, request_id="X-Request-Id",
    credentials=(
        Credential("apiKey", f"{KEYS} → Create API key, with the scopes that you need"),
        Credential("webhookSecret", "The signing secret of your webhook subscription")),
    enough=(("apiKey",),), health=get("/events", "events:read", limit="1"), livemode="livemode",
    rate_limit=(60, 60), plans={"free": (60, 60), "starter": (100, 60), "growth": (300, 60), "pro": (600, 60)},
    options=(Option("plan", "The subscription, which says how many requests a minute are allowed", "free",
                    choices=("free", "starter", "growth", "pro")),
             Option("webhook_header", "The header that holds a delivery's signature, as its webhook guide names it"),
             Option("webhook_algorithm", "What deliveries are signed with, by its webhook guide", "sha256",
                    choices=("sha256", "sha512", "sha1")),
             Option("webhook_encoding", "How the signature is written, by its webhook guide", "hex",
                    choices=("hex", "base64"))),
    advice={
        "forbidden": f"Scopes cannot be changed: create a key that has {{scope}} ({KEYS}).",
        "api_terms_required": f"An owner or admin of the organisation accepts the API Terms of Service once: {KEYS}.",
        "conflict": "Look at its state: it may be done already, or the idempotency key be that of another request.",
        "unprocessable": "A rule of Equaticket's forbids it. Paid events are published once Stripe Connect is active."},
    streams={
        "events": Stream(get("/events", "events:read"), "data", event, **newest),
        "event": Stream(get("/events/{event}", "events:read"), ("data", ""), event, evidence="partial"),
        "tickets": ticket_types,
        "attendees": Stream(
            get("/events/{event}/attendees", "attendees:read"), "data", attendee, **newest,
            wide=get("/attendees", "attendees:read"), filters={"checked_in": Filter("checked_in")}),
        "orders": Stream(
            get("/events/{event}/orders", "orders:read"), "data", order, **newest, unreported=("taxes", "fees"),
            wide=get("/orders", "orders:read"), filters={
                "status": Filter("status", words={ours: theirs for theirs, ours in ORDER.items()}),
                "buyer_email": Filter("buyer_email")})},
    listings={
        "order": OwnListing(
            Stream(get("/orders/{order}", "orders:read"), ("data", ""), order, evidence="partial"),
            "One order", OfOrder, one=True),
        "ticket_types": OwnListing(ticket_types, "The ticket types of an event", OfEvent),
        "public_events": OwnListing(
            Stream(get("/public/events", None, org_slug="{org_slug}"), ("data", "[]"), event, **pages,
                   evidence="partial"),
            "The published events of an organisation, which need no key", OfOrganisation),
        "webhooks": OwnListing(
            Stream(get("/webhooks", "webhooks:read"), "data", webhook, **pages, evidence="assumed"),
            "The webhook subscriptions"),
        "webhook": OwnListing(
            Stream(get("/webhooks/{webhook}", "webhooks:read"), ("data", ""), webhook, evidence="assumed"),
            "One webhook subscription", OfWebhook, one=True),
        "deliveries": OwnListing(
            Stream(get("/webhooks/{webhook}/deliveries", "webhooks:read"), "data", delivery, **pages,
                   evidence="assumed"),
            "What was sent to a webhook subscription", OfWebhook)},
    idempotency=Idempotency("Idempotency-Key", 256, "Idempotent-Replayed"),
    actions={
        "create_event": to("/events", "Create an event, as a draft", Event, WRITE, event),
        "update_event": to(ONE, "Update an event", changes(Event, OfEvent), WRITE, event, evidence="partial"),
        "publish_event": to(f"{ONE}/publish", "Publish an event", OfEvent, WRITE, event),
        "cancel_event": to(f"{ONE}/cancel", "Cancel an event", OfEvent, WRITE, event, evidence="partial"),
        "create_ticket_type": to(TYPES, "Create a ticket type of an event", NewTicketType, WRITE_TYPES, ticket),
        "update_ticket_type": to(TYPE, "Update a ticket type", changes(TicketType, OfTicketType), WRITE_TYPES, ticket,
                                 evidence="partial"),
        "delete_ticket_type": to(TYPE, "Delete a ticket type", OfTicketType, WRITE_TYPES, evidence="partial"),
        "create_webhook": to("/webhooks", "Create a webhook subscription", Webhook, HOOKS, webhook, evidence="assumed"),
        "update_webhook": to(HOOK, "Update a webhook subscription", changes(Webhook, OfWebhook), HOOKS, webhook,
                             evidence="assumed"),
        "delete_webhook": to(HOOK, "Delete a webhook subscription", OfWebhook, HOOKS, evidence="assumed"),
        "reset_test_data": Action(
            Call("POST", "/api-keys/reset-test-data", host="settings", only_with={"apiKey": "sk_test_"}),
            "Reset the test data, with a test key only", path="/reset-test-data")},
    webhook=Deliveries(
        Hmac("{webhook_header}", "{webhook_algorithm}", "{webhook_encoding}"), type="type", delivery="id",
        at="created_at", evidence="partial",
        told={"order.*": About("order", "data.order_id", "data.event_id"),
              "ticket.checked_in": About("attendee", "data.ticket_id", "data.event_id"),
              "event.*": About("event", "data.event_id")}),
    limitations=(
        "Its documentation shows no whole record, so what a record holds is partly inferred.",
        "Events, attendees and orders can be asked for by creation, not by change; ticket types by neither.",
        "Of a partly refunded order the amount given back is not told, so refunds of its event are unknown.",
        "Orders do not tell taxes, fees or what was bought; ticket types do not tell whether they are on sale.",
        "With a test key (sk_test_) only test data is seen; test orders count in no revenue."))

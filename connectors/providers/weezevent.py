"""Weezevent, the classic API. Two secrets in the query, one of them from a login; euros; times without a zone.

Docs: api.weezevent.com. Its "tickets" are ticket types, its "participants" issued tickets. There are no orders and no
amounts: participants of one transaction are an order, and what they paid is the price of their ticket type. Texts
that were escaped twice, a login and nested types make this longer than others.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from connectors import stock
from connectors.auth import OAuth2, Query
from connectors.issued import Issued, order_of
from connectors.models import AttendeeStatus, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket, Venue
from connectors.pagers import Pages
from connectors.provider import GET, Credential, Fault, Join, Lookup, Meaning, Option, Provider, Since, Stream
from connectors.row import Row, earliest

PHONE = re.compile(r"phone|t[ée]l\b|t[ée]l[ée]ph|mobile|portable", re.I)
ESCAPED = re.compile(r"""\\u([0-9a-f]{4})|\\+(?=['"])""", re.I)


def words(row: Row, *paths: str) -> str | None:
    """Text without HTML; some of it was escaped twice on its way here."""
    said = row.plain(*paths)
    if said is None or "\\" not in said:
        return said
    halves = ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else "", said)
    return halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def zone(row: Row) -> str:
    found: str = row.event.text("events.period.timezone") or row.option("timezone")
    return found


def event(row: Row) -> UnifiedEvent:
    """A row of the list beside the event's details, or the details alone."""
    details = row.looked_up("details") or row
    told = details.at("events")
    where: str = told.text("period.timezone") or row.option("timezone")
    return UnifiedEvent(
        id=row.id("events.id", "id"), name=words(told, "title") or words(row, "name"),
        description=words(told, "description"), status="live",
        starts_at=told.moment("period.start", zone=where) or row.moment("date.start", zone=where),
        ends_at=told.moment("period.end", zone=where) or row.moment("date.end", zone=where), timezone=where,
        venue=place(told.at("venue")), url=told.text("extras.minisite_url", "site_url"), image_url=told.text("image"),
        currency=row.option("currency"), category=words(told, "category.name"),
        updated_at=details.moment("last_update"))


def place(row: Row) -> Venue:
    """Coordinates of zero are unknown ones."""
    return Venue(name=words(row, "name"), address=words(row, "address"), city=words(row, "city"),
                 region=words(row, "state"), postal_code=row.text("zip_code"), country=row.country("country.code"),
                 latitude=row.decimal("coordinates.lat") or None, longitude=row.decimal("coordinates.long") or None)


def types(answer: Row) -> Iterator[Row]:
    """Those of the event itself and of its categories, at any depth."""
    for event in answer.rows("events[]"):
        if event.ref("id") == answer.event.ref("events.id"):
            yield from event.descend("tickets")


def ticket(row: Row) -> UnifiedTicket:
    currency, total, sold = row.option("currency"), row.whole("quota") or None, row.whole("participants")
    return UnifiedTicket(
        id=row.id(), event_id=row.event.ref("events.id"), name=words(row, "name"),
        price=row.major("price", currency=currency), currency=currency, quantity_total=total, quantity_sold=sold,
        status="sold_out" if stock.left(total, sold) == 0 else "unknown",
        sales_start=row.moment("start_sale", zone=zone(row)), sales_end=row.moment("end_sale", zone=zone(row)))


def status(row: Row) -> AttendeeStatus:
    if row.has("refund") and row.flag("refund.status", "refund"):
        return "refunded"
    if row.flag("deleted"):
        return "cancelled"
    return "pending" if row.flag("paid") is False else "valid"


def price(row: Row) -> Decimal | None:
    return row.linked("types", "id_ticket").major("price", currency=row.option("currency"))


def paid(row: Row) -> Decimal | None:
    """A promo code lowers the price by nobody knows how much."""
    return None if row.has("promo_code") else price(row)


def buyer(row: Row) -> tuple[str | None, str | None]:
    return words(row, "buyer.acheteur_first_name"), words(row, "buyer.acheteur_last_name")


def attendee(row: Row) -> UnifiedAttendee:
    bought, scanned = (row.moment(path, zone=zone(row)) for path in ("create_date", "control_status.scan_date"))
    owner, scan = (words(row, "owner.first_name"), words(row, "owner.last_name")), row.whole("control_status.status")
    first_name, last_name = owner if any(owner) else buyer(row)
    said = ((words(one, "label"), words(one, "value")) for one in row.rows("answers[]"))
    answers = {label: value for label, value in said if label and value}
    return UnifiedAttendee(
        id=row.id("id_participant"), event_id=row.ref("id_event"), order_id=row.ref("id_transaction"),
        ticket_id=row.ref("id_ticket"), ticket_name=words(row.linked("types", "id_ticket"), "name"),
        first_name=first_name, last_name=last_name, email=row.text("owner.email", "buyer.email_acheteur"),
        phone=next((value for label, value in answers.items() if PHONE.search(label)), None), status=status(row),
        checked_in=None if scan is None else scan > 0 or scanned is not None, checked_in_at=scanned,
        purchased_at=bought, price=paid(row), currency=row.option("currency"), barcode=row.text("barcode"),
        answers=answers or None)


def issued(row: Row, amount: Decimal | None) -> Issued:
    return Issued(
        id=row.id("id_participant"), order=row.id("id_transaction"), event=row.ref("id_event"),
        kind=row.ref("id_ticket"), status=status(row), currency=row.option("currency"), amount=amount)


def order(rows: list[Row]) -> UnifiedOrder:
    return order_of(
        rows[0].id("id_transaction"), rows[0].option("currency"), (issued(row, paid(row)) for row in rows),
        placed_at=earliest(row.moment("create_date", zone=zone(row)) for row in rows),
        buyer_name=" ".join(filter(None, buyer(rows[0]))) or None, buyer_email=rows[0].text("buyer.email_acheteur"))


def sale(row: Row) -> Issued:
    return issued(row, price(row))


def faults(status: int, body: Row) -> Fault | None:
    """An error may come with status 200, and a refused token with 403."""
    if status not in (200, 403) or not body.has("error"):
        return None
    said = (body.text("error.message", "error") or "").lower()
    return "auth" if "token" in said or "key" in said else "rejected" if status == 200 else None


def participants(meaning: Meaning, since: Since | None = None, **more: Any) -> Stream:
    """Participants of other events come along at times."""
    query: dict[str, Any] = {"id_event[]": "{event}", "full": 1, "include_deleted": 1, "include_unpaid": 1}
    return Stream(GET("/participant/list", **query), "participants", meaning,
                  pager=Pages("page", "max", largest=500), since=since or Since(), event="id_event",
                  mixed="id_event", join={"types": Join("tickets", key="id")}, **more)


provider = Provider(
    slug="weezevent", name="Weezevent", website="https://www.weezevent.com", docs="https://api.weezevent.com",
    base="https://api.weezevent.com", auth="api_key",
    sign=OAuth2("api:/auth/access_token", ("login",), answer="accessToken",
                login={"username": "{username}", "password": "{password}", "api_key": "{apiKey}"},
                send=Query(api_key="{apiKey}", access_token="{accessToken}")),
    credentials=(
        Credential("apiKey", "Back office → Tools → API KEY"),
        Credential("accessToken", "Made for you from username and password; or returned by a login elsewhere"),
        Credential("username", "What you log in with; it must be attached to the API key", secret=False),
        Credential("password", "What you log in with")),
    faults=faults, rate_limit=(600, 60),
    options=(
        Option("details", "One more call per event, for its place, texts and time zone", True, "flag"),
        Option("timezone", "The zone of times, where an event does not tell its own", "Europe/Paris"),
        Option("currency", "The currency of prices, which the API does not tell", "EUR", "currency")),
    health=GET("/events"),
    streams={
        "events": Stream(GET("/events", include_not_published="true", include_closed="true",
                             include_without_sales="true"), "events", event,
                         lookup={"details": Lookup(GET("/event/{row.id}/details"), when="details")}),
        "event": Stream(GET("/event/{event}/details"), "", event),
        "tickets": Stream(GET("/tickets", **{"id_event[]": "{event}"}), types, ticket, event="id_event"),
        "attendees": participants(attendee, Since("changed", "last_update", format="%Y-%m-%d %H:%M:%S",
                                                  zone="Europe/Paris")),
        "orders": participants(order, group="id_transaction"),
        "sales": participants(sale, basis="tickets", unreported=("taxes", "fees", "discounts"))},
    limitations=(
        "There are no amounts but the prices of ticket types: with promo codes, revenue is an upper bound.",
        "Drafts and cancelled events are not told apart from live ones. Events cannot be asked for by change.",
        "An order is read from all its event's participants, so orders cannot be asked for by change.",
        "Over 600 calls a minute, or five wrong logins, lock an account out for half an hour."))

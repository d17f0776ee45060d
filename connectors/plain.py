"""The REST dialect that is assumed of platforms which publish no description of their API.

Nothing here was confirmed by a platform: every stream is `evidence="assumed"`, and reads a value under each name that
it is likely to have, in snake_case or camelCase. An amount is in major units unless its name says that it is in minor
ones; a time without an offset is in the event's zone. A platform of which a part is documented takes the streams of the
rest from here.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, partial
from typing import Any

from .auth import Header
from .models import OrderStatus, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from .money import Sale, order_status
from .pagers import Pages
from .provider import GET, Credential, Evidence, Option, Provider, Since, Stream
from .row import Row, Unreadable

EVENT = {"draft": "draft", "unpublished": "draft", "live": "live", "published": "live", "active": "live",
         "on_sale": "live", "onsale": "live", "open": "live", "postponed": "postponed", "rescheduled": "postponed",
         "cancelled": "cancelled", "canceled": "cancelled", "completed": "completed", "ended": "completed",
         "past": "completed", "closed": "completed", "finished": "completed"}
TICKET = {"on_sale": "on_sale", "onsale": "on_sale", "active": "on_sale", "available": "on_sale", "open": "on_sale",
          "scheduled": "scheduled", "upcoming": "scheduled", "off_sale": "off_sale", "inactive": "off_sale",
          "paused": "off_sale", "locked": "off_sale", "closed": "off_sale", "sold_out": "sold_out",
          "soldout": "sold_out", "ended": "ended", "expired": "ended", "hidden": "hidden"}
ENTERED = ("used", "scanned", "checked_in")
ATTENDEE = {"valid": "valid", "active": "valid", "confirmed": "valid", "paid": "valid", "used": "valid",
            "scanned": "valid", "checked_in": "valid", "pending": "pending", "reserved": "pending", "unpaid": "pending",
            "cancelled": "cancelled", "canceled": "cancelled", "void": "cancelled", "voided": "cancelled",
            "refunded": "refunded", "transferred": "transferred"}
ORDER = {"paid": "paid", "complete": "paid", "completed": "paid", "confirmed": "paid", "pending": "pending",
         "reserved": "pending", "unpaid": "pending", "expired": "expired", "cancelled": "cancelled",
         "canceled": "cancelled", "void": "cancelled", "voided": "cancelled", "refunded": "refunded",
         "partially_refunded": "partially_refunded"}
WORDS = {"events": "events", "tickets": "tickets", "attendees": "attendees", "orders": "orders"}

pages = Pages("page", "per_page", 50, count=("meta.total", "total", "count"), last="meta.last_page",
              more=("next", "links.next", "has_more", "hasMore"))


@dataclass(frozen=True, slots=True)
class Home:
    """What holds where a record does not say: the currency and the zone of times.

    event_currency and event_zone are where the platform's record of an event has them, or how its currency is known;
    attendee is what its words for an attendee's status mean.
    """

    currency: str | None = None
    zone: str | None = None
    event_currency: str | Callable[[Row], str | None] = "currency"
    event_zone: str = "timezone"
    attendee: Mapping[str, str] = field(default_factory=lambda: ATTENDEE)

    def currency_of(self, row: Row) -> str | None:
        own = row.currency("currency", "price.currency", "total.currency", *spelt("gross_revenue.currency"))
        told = self.event_currency
        return own or (row.event.currency(told) if isinstance(told, str) else told(row.event)) or self.currency

    def zone_of(self, row: Row) -> str | None:
        return row.event.text(self.event_zone) or self.zone


@cache
def spelt(*names: str) -> tuple[str, ...]:
    """The names in snake_case, then those that differ in camelCase."""
    camel = (re.sub(r"_([a-z])", lambda found: found[1].upper(), name) for name in names)
    return tuple(dict.fromkeys((*names, *camel)))


def amount(row: Row, *names: str, currency: str | None) -> Decimal | None:
    """The first amount that is there: a number, its text, or an object with `amount`; else one in minor units, under a
    name that ends so. A truth value under such a name ("paid") is no amount.
    """
    told = [name for name in spelt(*names) if not isinstance(row.value(name), bool)]
    major = row.major(*(path for name in told for path in (f"{name}.amount", name)), currency=currency)
    if major is not None:
        return major
    units = [f"{name}_{unit}" for name in names for unit in ("cents", "minor", "pence")]
    return row.minor(*spelt(*units), currency=currency)


def event(home: Home, row: Row) -> UnifiedEvent:
    zone = row.text(*spelt("timezone", "time_zone")) or home.zone
    return UnifiedEvent(
        id=row.id(), name=row.text("name", "title"), description=row.plain("description"),
        status=row.choice("status", EVENT),
        starts_at=row.moment(*spelt("starts_at", "start_date", "start", "start_time", "date"), zone=zone),
        ends_at=row.moment(*spelt("ends_at", "end_date", "end", "end_time"), zone=zone), timezone=zone,
        venue=row.venue("venue", name=("name", ""), address="address", city="city", region=("region", "state"),
                        postal_code=(*spelt("postal_code"), "postcode"), country="country", latitude="latitude",
                        longitude="longitude"),
        online=row.flag("online", *spelt("is_online")), url=row.text("url"),
        image_url=row.text(*spelt("image_url"), "image", "image.url"),
        currency=row.currency("currency") or home.currency, capacity=row.whole("capacity"),
        category=row.text("category", "category.name"), series_id=row.ref(*spelt("series_id")),
        created_at=row.moment(*spelt("created_at"), zone=zone), updated_at=row.moment(*spelt("updated_at"), zone=zone))


def ticket(home: Home, row: Row) -> UnifiedTicket:
    currency, zone = home.currency_of(row), home.zone_of(row)
    return UnifiedTicket(
        id=row.id(), name=row.text("name", "title"), description=row.plain("description"),
        price=amount(row, "price", currency=currency), fee=amount(row, "fee", "booking_fee", currency=currency),
        currency=currency, quantity_total=row.whole(*spelt("quantity_total", "quantity", "capacity")),
        quantity_sold=row.whole(*spelt("quantity_sold", "sold")),
        quantity_available=row.whole(*spelt("quantity_available", "available")), status=row.choice("status", TICKET),
        sales_start=row.moment(*spelt("sales_start", "on_sale_from"), zone=zone),
        sales_end=row.moment(*spelt("sales_end", "on_sale_until"), zone=zone),
        created_at=row.moment(*spelt("created_at"), zone=zone), updated_at=row.moment(*spelt("updated_at"), zone=zone))


def attendee(home: Home, row: Row) -> UnifiedAttendee:
    currency, zone = home.currency_of(row), home.zone_of(row)
    said = next((path for path in spelt("status", "rsvp_status", "response") if row.has(path)), "status")
    entered_at = row.moment(*spelt("checked_in_at"), zone=zone)
    entered = True if entered_at or (row.text(said) or "").casefold() in ENTERED else None
    return UnifiedAttendee(
        id=row.id(), order_id=row.ref(*spelt("order_id")), ticket_id=row.ref(*spelt("ticket_id", "ticket_type_id")),
        ticket_name=row.text(*spelt("ticket_name", "ticket_type_name")), first_name=row.text(*spelt("first_name")),
        last_name=row.text(*spelt("last_name")), name=row.text("name"), email=row.text("email"),
        phone=row.text("phone"), status=row.choice(said, home.attendee),
        checked_in=row.flag(*spelt("checked_in")) if row.value(*spelt("checked_in")) is not None else entered,
        checked_in_at=entered_at, purchased_at=row.moment(*spelt("purchased_at", "created_at"), zone=zone),
        price=amount(row, "price", currency=currency), currency=currency, barcode=row.text("barcode"),
        created_at=row.moment(*spelt("created_at", "purchased_at"), zone=zone),
        updated_at=row.moment(*spelt("updated_at"), zone=zone))


def order(home: Home, row: Row) -> UnifiedOrder:
    """An order without a status was paid, as was one of which money was given back. Its quantity is taken for that of
    the tickets which stand.
    """
    currency, zone = home.currency_of(row), home.zone_of(row)
    said: OrderStatus = row.choice("status", ORDER) if row.has("status") else "paid"
    total = amount(row, "total", "total_amount", currency=currency)
    refunded = amount(row, "refunded", "refund_amount", currency=currency)
    paid = amount(row, "paid", "amount_paid", currency=currency)
    if paid is None and (refunded or said in ("paid", "partially_refunded", "refunded")):
        paid = total
    status = order_status(said, paid, refunded)
    return UnifiedOrder(
        id=row.id(), status=status, test=bool(row.flag("test", *spelt("is_test"))),
        buyer_name=row.text(*spelt("buyer_name", "customer_name"), "name"),
        buyer_email=row.text(*spelt("buyer_email", "customer_email"), "email"),
        placed_at=row.moment(*spelt("placed_at", "created_at"), zone=zone), total=total,
        tax=amount(row, "tax", "taxes", currency=currency), discount=amount(row, "discount", currency=currency),
        fees=amount(row, "fees", "booking_fee", currency=currency), refunded=refunded, paid=paid, currency=currency,
        ticket_count=0 if status in ("refunded", "cancelled", "expired")
        else row.whole(*spelt("ticket_count", "quantity")),
        created_at=row.moment(*spelt("created_at", "placed_at"), zone=zone),
        updated_at=row.moment(*spelt("updated_at"), zone=zone))


def sums(home: Home, row: Row) -> Sale:
    """A report on one event."""
    currency = home.currency_of(row)
    gross = amount(row, "gross_revenue", "gross", currency=currency)
    if gross is None:
        raise Unreadable("gross_revenue", "no amount")
    return Sale(
        id="report", order=None, currency=currency, gross=gross,
        refunded=amount(row, "refunds", "refunded", "refund_amount", currency=currency),
        fees=amount(row, "fees", currency=currency), tax=amount(row, "taxes", "tax", currency=currency),
        tickets=row.whole(*spelt("tickets_sold", "quantity_sold"), "sold"),
        orders=row.whole(*spelt("orders", "order_count")))


def the_report(answer: Row) -> list[Row]:
    return [answer.at("data") if answer.has("data") else answer]


def streams(
    home: Home = Home(),
    *,
    words: Mapping[str, str] = WORDS,
    changed: Collection[str] = ("events", "attendees"),
    pager: Pages = pages,
    host: str = "api",
    evidence: Evidence = "assumed",
    adjustable: bool = False,
) -> dict[str, Stream]:
    """The dialect's streams: events, event, tickets, attendees, orders.

    words: what each listing is called in an address. changed: the listings that take `updated_since`. adjustable:
    whether options such as `orders_path` may give another word.
    """
    parts = {kind: f"{{{kind}_path}}" if adjustable else word for kind, word in words.items()}
    one = f"/{parts['events']}/{{event}}"
    common: dict[str, Any] = {"evidence": evidence}

    def listing(kind: str, path: str, meaning: Callable[[Home, Row], Any], **more: Any) -> Stream:
        parameter = "updated_since" if kind in changed else None
        since = Since("changed" if parameter else "client", parameter, by=spelt("updated_at"), zone=home.zone)
        rows = ("data", "results", "items", words[kind], kind, "[]")
        return Stream(GET(path, host), rows, partial(meaning, home), pager=pager, since=since, **common, **more)

    def of_event(kind: str, meaning: Callable[[Home, Row], Any]) -> Stream:
        return listing(kind, f"{one}/{parts[kind]}", meaning, event="event_id")

    return {
        "events": listing("events", f"/{parts['events']}", event),
        "event": Stream(GET(one, host), ("data", ""), partial(event, home), **common),
        "tickets": of_event("tickets", ticket), "attendees": of_event("attendees", attendee),
        "orders": of_event("orders", order)}


def report(home: Home = Home(), *, path: str = "/events/{event}/revenue", host: str = "api",
           evidence: Evidence = "assumed") -> Stream:
    """The dialect's report on what an event brought in, as a stream of `sales`."""
    return Stream(GET(path, host), the_report, partial(sums, home), event="event_id", basis="provider_report",
                  evidence=evidence)


def provider(slug: str, name: str, *, website: str, docs: str, base: str, where: str, home: Home = Home(),
             header: tuple[str, str] = ("Authorization", "Bearer"), words: Mapping[str, str] = WORDS,
             changed: Collection[str] = ("events", "attendees"), sales: Mapping[str, Stream] | None = None,
             limitations: tuple[str, ...] = (), closed: str = "") -> Provider:
    """A platform that is assumed to speak the dialect. header: the name of the one that holds the key, and the word
    before the key. where: where the key is found. sales: a stream that revenue is added up from instead of orders.
    closed: what became of a platform that no longer trades.
    """
    astray = f"Ask {name} for the address of its API and give it as the connection's base address."
    if closed:
        limitations = (f"{closed} The connector is for archives and proxies that speak as it did.", *limitations)
        astray = f"{name} is believed to be closed. Give the address of an archive as the connection's base address."
    return Provider(
        slug=slug, name=name, website=website, docs=docs, base=base, auth="api_key",
        sign=Header(**{"{auth_header}": "{auth_scheme} {apiKey}"}), credentials=(Credential("apiKey", where),),
        enough=(("apiKey",),),
        options=(
            Option("auth_header", "The request header that holds the key", header[0]),
            Option("auth_scheme", "The word before the key in that header", header[1]),
            *(Option(f"{kind}_path", f"What {kind} are called in the API's addresses", word)
              for kind, word in words.items())),
        health=GET("/{events_path}", page=1, per_page=1),
        streams={**streams(home, words=words, changed=changed, adjustable=True), **(sales or {})},
        defunct=bool(closed), astray=astray,
        limitations=(
            f"{name} publishes no description of its API: addresses, names and words are assumptions. The connection's "
            "base address and options can correct the addresses.", *limitations))

"""evvnt. The Publisher API: a feed of events for publishing them, read only. Bare arrays; prices as "GBP 3.5".

Docs: api.evvnt.com. There tables and samples differ: a venue's id may be text, its address and town may be missing, its
country may be written out, images may be an object. There is no status: what is in the feed is published.
"""

import re
from typing import Literal

from pydantic import Field

from connectors.auth import Basic
from connectors.inputs import Id, Inputs, Time
from connectors.models import PlatformRecord, UnifiedEvent, UnifiedTicket
from connectors.own import OwnListing
from connectors.pagers import Pages
from connectors.provider import GET, Credential, Filter, Join, Option, Provider, Since, Stream
from connectors.row import Row

PRICE = re.compile(r"([A-Za-z]{3}) *(-?\d+(?:\.\d+)?)")
PAGE = ("links.Tickets", "links.Booking", "links.Website")
FEED = "the Publisher API is a read-only feed of events and their prices; orders, attendees and sales are not in it."


def event(row: Row) -> UnifiedEvent:
    venue, currencies = row.at("venue"), {price(one).currency("currency") for one in row.members("prices")} - {None}
    nowhere = not (venue.has("address_1") or venue.has("town"))
    return UnifiedEvent(
        id=row.id(), name=row.text("title"), description=row.plain("description", "summary"), status="live",
        starts_at=row.moment("start_time"), ends_at=row.moment("end_time"),
        venue=row.venue("venue", name="name", address="address_1+address_2", city="town", postal_code="postcode",
                        country="country", latitude="latitude", longitude="longitude"),
        online=True if nowhere and row.has("links.Virtual") else None, url=row.text(*PAGE),
        image_url=next(filter(None, (one.text("") for one in row.members("image_urls"))), None),
        currency=currencies.pop() if len(currencies) == 1 else None, capacity=row.whole("capacity"),
        category=category(row), updated_at=row.moment("timestamp"))


def category(row: Row) -> str | None:
    """That of all events, the root of the tree, tells nothing."""
    known = row.joined("categories", row.ref("category_id"))
    return next((one.text("name") for one in known if one.has("parent_id")), None)


def price(row: Row) -> Row:
    """The parts of a price such as `GBP 3.5`; none of another text, such as `Free`."""
    found = PRICE.fullmatch(row.text("") or "")
    return Row({"currency": found[1], "amount": found[2]} if found else None)


def ticket(row: Row) -> UnifiedTicket | None:
    """A price by its label, which is its place in the record. What has parts is none."""
    if row.text("") is None:
        return None
    told = price(row)
    currency = told.currency("currency")
    return UnifiedTicket(id=f"{row.event.id()}-{row.place}", event_id=row.event.id(), name=row.place.strip() or None,
                         price=told.major("amount", currency=currency), currency=currency)


def known(row: Row) -> PlatformRecord:
    return PlatformRecord(id=row.id("id", "event_id"), values=row.data)


class OfPublisher(Inputs, coerce_numbers_to_str=True):
    """Without its number the publisher is that of the credentials."""

    publisherId: Id | None = Field(None, description="Its number")  # noqa: N815 - the name of a credential


class Interests(OfPublisher):
    filter: Literal["all", "direct", "direct_to_root"] | None = Field(None, description="all, direct or direct_to_root")


class Published(OfPublisher):
    newer_than: Time | None = Field(None, description="Only what was published after this time")


names, categories = {"categories": Join("categories", "id")}, Stream(GET("/categories"), "[]", known)
provider = Provider(
    slug="evvnt", name="evvnt", website="https://evvnt.com", docs="https://api.evvnt.com", base="https://api.evvnt.com",
    auth="api_key", sign=Basic("{apiKey}", "{apiSecret}"), health=GET("/events", max_results=1),
    credentials=(Credential("apiKey", "From evvnt, with your api_client: evvnt.com/partner"),
                 Credential("apiSecret", "Given together with the key"),
                 Credential("publisherId", "The number of your publisher, from evvnt", secret=False)),
    enough=(("apiKey", "apiSecret"),),
    options=(Option("all_sources", "Also the events of Ticketmaster, Eventbrite and others, not only evvnt's own",
                    type="flag"),
             Option("category_id", "Only the events of these categories and their children, such as 17,28"),
             Option("country", "Only the events in this country, such as GB")),
    reference=frozenset({"events", "tickets"}),
    unsupported=dict.fromkeys(("attendees", "orders", "revenue"), FEED),
    streams={
        "events": Stream(
            GET("/events", all_sources="{all_sources}", category_id="{category_id}", country="{country}"), "[]", event,
            pager=Pages("page", "max_results", largest=100), exact=True, join=names,
            since=Since("changed", "newer_than", by="timestamp", exclusive=True), filters={
                "category_id": Filter("category_id"), "country": Filter("country"),
                "all_sources": Filter("all_sources", type="flag"), "newer_than": Filter("newer_than", type="time"),
                "max_results": Filter("max_results", type="size")}),
        "event": Stream(GET("/events/{event}"), "", event, join=names),
        "tickets": Stream(None, lambda event: event.members("prices"), ticket, inside=True),
        "categories": categories},
    listings={
        "categories": OwnListing(categories, "The tree of categories"),
        "publisher_categories": OwnListing(
            Stream(GET("/publishers/{publisherId}/categories", filter="{filter}"), "[]", known),
            "The categories that a publisher is interested in; all: with those above and below, direct: only these, "
            "direct_to_root: with those above", Interests),
        "published_events": OwnListing(
            Stream(GET("/publishers/{publisherId}/published_events/", newer_than="{newer_than}"), "[]", known),
            "The coming events that a publisher has published, and where", Published,
            path="/publishers/{publisherId}/published-events")},
    limitations=(
        "Only evvnt's own events are listed, unless all_sources is set.",
        "There is no status: every event of the feed counts as live. A cancelled one cannot be told from others.",
        "Times have an offset but no zone. Ticket types are prices: no quantities, no dates of sale.",
        "Publishers are only shown to those to whom evvnt gave permission."))

"""Resident Advisor. A partner API of which nothing is public, and on request what its website shows to everybody.

Docs: none. With a key the dialect of connectors.plain is assumed. The website's GraphQL is read as public clients of it
do: times are local to the area, an event of several days is listed once a day, a promoter cannot be asked for, and one
unknown field rejects a whole query.
"""

import re
from dataclasses import replace
from decimal import Decimal

from connectors import graphql, plain
from connectors.auth import Header
from connectors.models import UnifiedEvent, UnifiedTicket
from connectors.pagers import Pages
from connectors.provider import POST, Filter, Option, Since, Stream
from connectors.row import Row, Unreadable, vocabulary

PREFIX = re.compile(r"^(CANCELLED|POSTPONED)\s*[-–:]\s*")  # of a title; an event has no status
STATE = vocabulary(cancelled="CANCELLED", postponed="POSTPONED")
ZONE = ("venue.area.ianaTimeZone", "area.ianaTimeZone")
EARLIEST, LATEST = "Etc/GMT+12", "Etc/GMT-14"  # nights are listed by their local day, whichever it is there
POINT = {"latitude": "location.latitude", "longitude": "location.longitude"}
NOWHERE = ((Decimal(41), Decimal(-74)), (Decimal(0), Decimal(0)))  # of venues whose place nobody gave
TIER = {"VALID": "on_sale", "SOLDOUT": "sold_out", "NOTYETONSALE": "scheduled"}
FIELDS = """id title content date startTime endTime contentUrl dateUpdated ticketingSystem area { ianaTimeZone }
    venue { name address capacity location { latitude longitude } area { name ianaTimeZone country { isoCode } } }
    genres { name } images { filename type } promoters { id }
    tickets(queryType: AVAILABLE, ticketTierType: TICKETS) {
        id title validType isAddOn priceRetail onSaleFrom onSaleUntil currency { code } }"""
LISTINGS = """query($filters: FilterInputDtoInput, $page: Int, $pageSize: Int) {
    eventListings(filters: $filters, page: $page, pageSize: $pageSize) { %s totalResults } }"""


def event(row: Row) -> UnifiedEvent | None:
    if not is_own(row):
        return None
    title, zone, path = row.text("title") or "", row.text(*ZONE), row.text("contentUrl")
    said = next(iter(PREFIX.findall(title)), None)
    images = sorted(row.rows("images[]"), key=lambda image: image.text("type") != "FLYERFRONT")
    point = row.decimal("venue.location.latitude"), row.decimal("venue.location.longitude")
    return UnifiedEvent(
        id=row.id(), name=PREFIX.sub("", title) or None, description=row.plain("content"),
        status=STATE[said] if said else "live", status_raw=said, timezone=zone,
        starts_at=row.moment("startTime", "date", zone=zone), ends_at=row.moment("endTime", zone=zone),
        venue=row.venue("venue", name="name", address="address", city="area.name", country="area.country.isoCode",
                        **{} if point in NOWHERE else POINT),
        url=f"https://ra.co{path}" if path else None, image_url=images[0].text("filename") if images else None,
        currency=row.currency("tickets[0].currency.code"), capacity=row.whole("venue.capacity") or None,
        category=row.text("genres[0].name"), updated_at=row.moment("dateUpdated", zone="UTC"))


def is_own(event: Row) -> bool:
    return event.option("promoter_id") in event.texts("promoters[].id")


def tiers(event: Row) -> list[Row]:
    """An event of the newer ticketing shows none: then it stands for them, so that they are missing and not none."""
    return event.rows("tickets[]") or ([event] if event.text("ticketingSystem") == "ENTIRE" else [])


def ticket(row: Row) -> UnifiedTicket | None:
    """Parking and lockers are add-ons."""
    if row.has("ticketingSystem"):
        raise Unreadable("ticketingSystem", "the ticket types of an event in this system are not shown to everybody")
    if row.flag("isAddOn"):
        return None
    currency, zone = row.currency("currency.code"), row.event.text(*ZONE)
    return UnifiedTicket(
        id=row.id(), name=row.text("title"), price=row.major("priceRetail", currency=currency), currency=currency,
        status=row.choice("validType", TIER), sales_start=row.moment("onSaleFrom", zone=zone),
        sales_end=row.moment("onSaleUntil", zone=zone))


LISTED = "variables.filters.listingDate"
area = {"areas": {"eq": "{area_id}"}, "listingDate": {"gte": "{listed_from}"}}
everything = {"query": LISTINGS % f"data {{ event {{ {FIELDS} }} }}", "variables": {"filters": area, "pageSize": 100}}
nothing = {"query": LISTINGS % "", "variables": {"filters": area, "page": 1, "pageSize": 1}}
single = {"query": f"query($id: ID!) {{ event(id: $id) {{ {FIELDS} }} }}", "variables": {"id": "{event}"}}
HIDDEN = "in the mode public_graphql there is only what everybody may see; the mode partner has it."
BLOCKED = ("A page in place of data means that Resident Advisor blocks this program. Do not try to get round it: ask "
           "Resident Advisor for permission, or for a key and the mode partner.")
OPTIONS = (
    Option("api_mode", "partner, or public_graphql for what the website shows (only with written permission of "
           "Resident Advisor)", "partner", choices=("partner", "public_graphql")),
    Option("promoter_id", "public_graphql: whose events are read, the number in ra.co/promoters/<number>"),
    Option("area_id", "public_graphql: where, by the number that a city has there; New York is 8", type="whole"),
    Option("listed_from", "public_graphql: the day from which on events are listed, as 2026-01-01; all if not given"),
    Option("user_agent", "public_graphql: how requests name themselves", "Mozilla/5.0 (compatible; Spekta/0.1)"))
keyed = plain.provider(
    "resident-advisor", "Resident Advisor", website="https://ra.co", docs="https://ra.co/api/v1/docs",
    base="https://ra.co/api/v1", where="RA Pro → Settings → API integration → API key", header=("X-Api-Key", ""),
    limitations=(
        "API access requires an RA Pro account; standard promoter accounts have none.",
        "The option api_mode=public_graphql reads the website's own API instead, without a key: events and ticket "
        "types. It may change at any time, and the terms of use (3 April 2025, 4.4) forbid programs to read it without "
        "written permission. It is never used unless you choose it.",
        "There: one promoter in one area; prices with the booking fee; add-ons left out; ticket types of the newer "
        "ticketing hidden; times of change taken for UTC; an event of several days may come again with a cursor.",
        "The old XML feed (GetEvents, with a key and a user id) is not read: it tells no time zones."))
partner = replace(keyed, hosts={"graphql": "https://ra.co/graphql"}, options=(*OPTIONS, *keyed.options), sign={
    "api": keyed.signs("api"),
    # What does not call itself Mozilla, as every browser does, is sent a challenge page.
    "graphql": Header(**{"User-Agent": "{user_agent}", "Referer": "https://ra.co/events"})})
public = replace(
    partner, enough=((),), health=POST("", nothing, "graphql"), faults=graphql.faults, astray="",
    options=tuple(replace(one, needed=one.name in ("promoter_id", "area_id")) for one in partner.options),
    advice={"forbidden": BLOCKED, "bad": BLOCKED},
    unsupported=dict.fromkeys(("attendees", "orders", "revenue"), HIDDEN),
    streams={
        "events": Stream(POST("", everything, "graphql"), "data.eventListings.data[].event", event,
                         pager=Pages("variables.page", largest=100, count="data.eventListings.totalResults"),
                         since=Since("client", by="dateUpdated", zone="UTC"), evidence="partial",
                         filters={"starts_after": Filter(f"{LISTED}.gte", format="%Y-%m-%d", zone=EARLIEST),
                                  "starts_before": Filter(f"{LISTED}.lte", format="%Y-%m-%d", zone=LATEST)}),
        "event": Stream(POST("", single, "graphql"), lambda answer: filter(is_own, answer.rows("data.event[]")), event,
                        evidence="partial"),
        "tickets": Stream(None, tiers, ticket, inside=True, evidence="partial")})
provider = replace(partner, modes={"public_graphql": public})

"""Ticketmaster. The Discovery API: what the public sees of events, no more; HAL, pages from 0, a thousand rows deep.

Docs: developer.ticketmaster.com. A list without rows has no list. An event without a date is in no list but those of
events to be announced (TBA) or to be decided (TBD), which cannot be asked for together. Lists are asked for by id, as
many events share a date and the pages of such a list may overlap.
"""

from connectors.auth import Query
from connectors.models import UnifiedEvent
from connectors.pagers import Pages, Split
from connectors.provider import GET, Credential, Fault, Filter, Option, Provider, Stream
from connectors.row import Row

# offsale says nothing of the event itself; rescheduled that it has its new date.
EVENT = {"onsale": "live", "offsale": "live", "rescheduled": "live", "postponed": "postponed",
         "canceled": "cancelled", "cancelled": "cancelled"}
PUBLIC = ("only public event listings are in the Discovery API; ticket sales, attendees and revenue need the "
          "Ticketmaster Partner API, which is open to approved venue and promoter partners alone.")


def event(row: Row) -> UnifiedEvent:
    venue = "_embedded.venues[0]"
    zone, kinds = row.text("dates.timezone", f"{venue}.timezone"), list(row.rows("classifications[]"))
    kind = next((one for one in kinds if one.flag("primary")), kinds[0] if kinds else Row(None)).text("segment.name")
    return UnifiedEvent(
        id=row.id(), name=row.text("name"), description=row.plain("description", "info", "pleaseNote"),
        status=row.choice("dates.status.code", EVENT),
        starts_at=row.moment("dates.start.dateTime", "dates.start.localDate+dates.start.localTime", zone=zone),
        ends_at=row.moment("dates.end.dateTime"), timezone=zone,
        venue=row.venue(venue if row.has(venue) else "place", name="name", address="address.line1", city="city.name",
                        region=("state.stateCode", "state.name"), postal_code="postalCode",
                        country=("country.countryCode", "country.name"),
                        latitude="location.latitude", longitude="location.longitude"),
        url=row.text("url"), image_url=image(row),
        currency=row.currency("priceRanges[0].currency", f"{venue}.currency"),
        category=None if kind == "Undefined" else kind)


def image(row: Row) -> str | None:
    """The widest of the wide ones. A fallback is the picture of a genre, not of the event."""
    own = [one for one in row.rows("images[]") if not one.flag("fallback")]
    best = max(own, key=lambda one: (one.text("ratio") == "16_9", one.whole("width") or 0), default=None)
    return best.text("url") if best else None


def faults(status: int, body: Row) -> Fault | None:
    """Of the two kinds of 429 one is the end of the day's quota. Pages past the last have no list; others must."""
    if body.text("fault.detail.errorcode") == "policies.ratelimit.QuotaViolation":
        return "spent"
    page, pages = body.whole("page.number"), body.whole("page.totalPages")
    past = page is not None and pages is not None and page >= pages
    return "empty" if past and not body.has("_embedded.events") else None


def listing(pager: Pages | Split, **which: str) -> Stream:
    own = {"promoterId": "{promoter_id}", "venueId": "{venue_id}", "attractionId": "{attraction_id}",
           "countryCode": "{country_code}", "source": "{source}", "locale": "{locale}"}
    return Stream(GET("/events.json", sort="id,asc", **own, **which), "_embedded.events", event, pager=pager, filters={
        "starts_after": Filter("startDateTime"), "starts_before": Filter("endDateTime"), "keyword": Filter("keyword")})


pages = Pages("page", size="size", largest=200, first=0, count="page.totalElements")
provider = Provider(
    slug="ticketmaster", name="Ticketmaster", website="https://www.ticketmaster.com",
    docs="https://developer.ticketmaster.com/products-and-docs/apis/discovery-api/v2/",
    base="https://app.ticketmaster.com/discovery/v2", auth="api_key", sign=Query(apikey="{apiKey}"),
    credentials=(Credential("apiKey", "developer.ticketmaster.com → My Apps → Consumer Key"),),
    options=(
        Option("promoter_id", "Only the events of this promoter, by its Discovery id"),
        Option("venue_id", "Only the events at this venue, by its Discovery id"),
        Option("attraction_id", "Only the events of this artist, team or show, by its Discovery id"),
        Option("country_code", "Only the events in this country, such as GB"),
        Option("source", "Only the events of these sellers: ticketmaster, universe, frontgate, tmr (resale)"),
        Option("locale", "Which language names are given in; * lists events in every language", "*")),
    health=GET("/events.json", size="1"), faults=faults, rate_limit=(5000, 86400), reference=frozenset({"events"}),
    unsupported=dict.fromkeys(("tickets", "attendees", "orders", "revenue"), PUBLIC),
    streams={
        "events": (listing(Split(pages, "startDateTime", "endDateTime", most=1000)),
                   listing(pages, includeTBA="only"), listing(pages, includeTBD="only")),
        "event": Stream(GET("/events/{event}.json", locale="{locale}"), "", event)},
    limitations=(
        "Without an option such as promoter_id the list is that of all public events, not of your own.",
        "Events cannot be asked for by change. An event that is only off sale counts as live.",
        "Of the events without a date at most a thousand can be read."))

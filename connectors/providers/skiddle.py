"""Skiddle. Its public API has events alone; what a promoter sells is assumed to be at an address that Skiddle tells.

Docs: www.skiddle.com/api and github.com/Skiddle/web-api. The newer v3 spells names in camelCase; both are read. Texts
hold HTML entities, numbers are text. Times without an offset are those of the United Kingdom. The default order moves
between pages, so lists are asked for by date. No currency is told: in the United Kingdom it is GBP, in Ireland EUR.
"""

from connectors import plain
from connectors.auth import Query
from connectors.models import UnifiedEvent, UnifiedTicket
from connectors.pagers import Offset
from connectors.provider import GET, Credential, Fault, Filter, Option, Provider, Stream
from connectors.row import Row

LONDON = "Europe/London"
EARLIEST = "Etc/GMT+12"  # where it is still yesterday: a night that begins after midnight may bear the day before
ZONE = {"GB": LONDON, "IE": "Europe/Dublin"}
CURRENCY = {"GB": "GBP", "IE": "EUR"}
CATEGORY = {"FEST": "Festivals", "LIVE": "Live music", "CLUB": "Clubbing", "DATE": "Dating", "THEATRE": "Theatre",
            "COMEDY": "Comedy", "EXHIB": "Exhibitions", "KIDS": "Kids", "BARPUB": "Bars and pubs", "LGB": "LGBT",
            "SPORT": "Sport", "ARTS": "Arts"}
IMAGES = ("xlargeimageurl", "xlargeImageUrl", "largeimageurl", "largeImageUrl", "imageurl", "imageUrl")
PRIVATE = "only events are in the public API; what a promoter sells is assumed to be at an address that Skiddle tells"


def currency(event: Row) -> str | None:
    return CURRENCY.get(event.country("venue.country") or "")


def event(row: Row) -> UnifiedEvent:
    doors = "openingtimes.doorsopen" if row.has("openingtimes") else "openingTimes.doorsOpen"
    code = row.text("EventCode", "eventcode", "eventCode")
    return UnifiedEvent(
        id=row.id(), name=row.plain("eventname", "eventName"), description=row.plain("description"),
        status="live" if not row.flag("cancelled") else
        "postponed" if row.has("rescheduledDate") else "cancelled", status_raw=row.text("cancellationType"),
        starts_at=row.moment("startdate", "startDate", "dateStart", f"date+{doors}", zone=LONDON),
        ends_at=row.moment("enddate", "endDate", "dateEnd", zone=LONDON),
        timezone=ZONE.get(row.country("venue.country") or ""),
        venue=row.venue("venue", "name", "address", "country", "latitude", "longitude", city="town",
                        postal_code=("postcode", "postcode_lookup")),
        url=row.text("link"), currency=currency(row), category=CATEGORY.get((code or "").upper(), code),
        image_url=next((url for path in IMAGES if (url := row.text(path)) and "/assets/default" not in url), None))


def prices(row: Row) -> list[UnifiedTicket]:
    """The lowest and the highest price, all that the public is told."""
    code = currency(row.event)
    on_sale = {True: "on_sale", False: "off_sale", None: "unknown"}[row.event.flag("tickets")]
    named = {"from": row.major("minPrice", currency=code), "to": row.major("maxPrice", currency=code)}
    return [UnifiedTicket(id=f"{row.event.id()}-{word}", event_id=row.event.id(), name=f"Tickets {word}", price=price,
                          currency=code, status=on_sale)
            for word, price in named.items() if price is not None and (word == "from" or price != named["from"])]


def faults(status: int, body: Row) -> Fault | None:
    """An error may come with status 200; a key that is not known with 403."""
    if body.value("error") in (None, 0, "0"):
        return None
    if "api key" in (body.text("errormessage") or "").lower():
        return "auth"
    return "rejected" if status == 200 else None


home = plain.Home(zone=LONDON, event_currency=currency)
sold = plain.streams(home, changed=(), host="promoter")
provider = Provider(
    slug="skiddle", name="Skiddle", website="https://www.skiddle.com", docs="https://www.skiddle.com/api/",
    base="https://www.skiddle.com/api/v1", hosts={"promoter": ""}, auth="api_key",
    sign=Query(api_key="{apiKey}"),
    credentials=(Credential("apiKey", "Skiddle Promoter → Account → API key; or www.skiddle.com/api/join.php"),),
    options=(
        Option("venue_id", "Only the events at this venue, or at these, with commas between"),
        Option("brand_id", "Only the events of this brand")),
    health=GET("/events/search/", limit="1"), faults=faults,
    unsupported=dict.fromkeys(("attendees", "orders", "revenue"), PRIVATE),
    streams={
        "events": Stream(
            GET("/events/search/", order="date", description="1", venueid="{venue_id}", b="{brand_id}"),
            ("results.events", "results"), event, exact=True,
            pager=Offset("offset", size="limit", largest=100, count="totalcount"),
            filters={"starts_after": Filter("minDate", format="%Y-%m-%d", zone=EARLIEST),
                     "starts_before": Filter("maxDate", format="%Y-%m-%d", zone=LONDON),
                     "keyword": Filter("keyword")}),
        "event": Stream(GET("/events/{event}/"), "results", event),
        "tickets": (sold["tickets"],
                    Stream(None, ("ticketpricing?", "ticketPricing?"), prices, inside=True, spare=True,
                           evidence="partial")),
        "attendees": sold["attendees"],
        "sales": plain.report(home, host="promoter")},
    limitations=(
        "Without venue_id or brand_id the list is that of all public events, not of your own.",
        "Events cannot be asked for by change.",
        "Where Skiddle lets promoters read what they sell is not public: give the connection the address of the host "
        "promoter, if Skiddle has told you. Without it an event has a lowest and a highest price in place of types."))

"""AXS. Events of a site by the Event Discovery API; tickets, attendees and orders only where AXS has told where.

Docs: AXS gives its API document to approved partners only; what is read of events is what their public clients read.
The token is one long-lived key in the query. For the rest the dialect of connectors.plain is assumed, on a host whose
address the partner has to give; so are renewals of the token.
"""

from connectors import plain
from connectors.auth import Header, OAuth2, Query
from connectors.models import UnifiedEvent
from connectors.pagers import Pages
from connectors.provider import GET, Credential, Filter, Option, Provider, Stream
from connectors.row import Row

LIVE, POSTPONED, CANCELLED = "1 3 6 7 8 9 10 11 12 13 14 27 29 30 31 32 33 34 36 38", "5 37", "2"
STATUS = {id: word for ids, word in ((LIVE, "live"), (POSTPONED, "postponed"), (CANCELLED, "cancelled"))
          for id in ids.split()}
MAJOR = {"2": "Music"}
MINOR = {"10": "Alternative/Punk", "11": "Christian", "12": "Rock", "13": "Classical", "15": "Country",
         "16": "International", "17": "Dance/Electronic", "18": "Festivals", "19": "Folk/Acoustic",
         "20": "Hip Hop/Rap", "21": "Indie/Emo", "22": "Hard Rock/Metal", "23": "Jazz/Blues", "24": "Latin",
         "25": "Pop", "26": "R&B", "27": "Reggae", "28": "Other"}
WIDTH = 678  # the size that AXS itself shows


def event(row: Row) -> UnifiedEvent | None:
    """Of an event with only a date the time is a placeholder."""
    if row.flag("active") is False:
        return None
    zone, start = row.text("eventDateTimeZone"), row.moment("eventDateTimeUTC", zone="UTC")
    return UnifiedEvent(
        id=row.id("eventId"), status=row.choice("ticketing.statusId", STATUS),
        name=row.text("title.eventTitleText", "title.headlinersText") or row.plain("title.eventTitle"),
        description=row.plain("description"), timezone=zone,
        starts_at=start or row.moment("eventDateTimeISO", "eventDateTime", zone=zone),
        venue=row.venue("venue", "city", "country", "latitude", "longitude", name="title", region="state"),
        url=row.text("ticketing.url", "ticketing.eventUrl"), image_url=image(row),
        category=MINOR.get(row.text("minorCategoryId1") or "") or MAJOR.get(row.text("majorCategoryId1") or ""))


def image(row: Row) -> str | None:
    """Of several sizes that of AXS, else the widest."""
    sizes = {one.whole("width") or 0: one.text("file_name") for one in row.members("relatedMedia")
             or row.members("media")}
    return sizes.get(WIDTH) or sizes[max(sizes)] if sizes else None


pages = Pages("page", "rows", largest=100, smallest=10, count="meta.total")
partner = plain.streams(plain.Home(event_zone="eventDateTimeZone"), words={**plain.WORDS, "tickets": "ticket-types"},
                        changed=(), pager=pages, host="partner_base")
token = OAuth2("token:", ("refresh_token",), send=Query(access_token="{accessToken}"))
WHY = "AXS tells only approved partners where to ask; contact partner@axs.com."
LISTED = "Check accessToken; and ask AXS (partner@axs.com) whether the address that you call from is on its list."
provider = Provider(
    slug="axs", name="AXS", website="https://www.axs.com", docs="https://api.axs.com/docs",
    base="https://api.axs.com/v1", hosts={"partner_base": "", "token": ""}, auth="oauth2",
    sign={"api": token, "token": token, "partner_base": Header(Authorization="Bearer {accessToken}")},
    credentials=(
        Credential("clientId", "AXS Developer Portal → My Apps → Client ID", secret=False),
        Credential("clientSecret", "AXS Developer Portal → My Apps → Client Secret"),
        Credential("accessToken", "From AXS, with your approval as a partner"),
        Credential("refreshToken", "From AXS, where it gives one; of use only with the address of the host token")),
    enough=(("accessToken",),),
    options=(Option("site_id", "Which venues are seen, by the number that AXS gave you; 1 is all of axs.com", "1"),),
    health=GET("/events", siteId="{site_id}", page=1, rows=10),
    streams={
        "events": Stream(GET("/events", siteId="{site_id}", returnData="complete"), "events", event, pager=pages,
                         evidence="partial", filters={
                             "starts_after": Filter("start", format="%Y-%m-%dT%H:%M:%S"),
                             "starts_before": Filter("end", format="%Y-%m-%dT%H:%M:%S")}),
        **{kind: partner[kind] for kind in ("tickets", "attendees", "orders")}},
    unsupported={"tickets": WHY, "attendees": WHY, "orders": WHY, "revenue": WHY},
    advice={"auth": LISTED, "forbidden": LISTED}, astray=LISTED,
    limitations=(
        "AXS requires an approved partner account for API access: partner@axs.com.",
        "AXS answers only callers whose address is on its list.",
        "Where tickets, attendees and orders are is not public: give the connection the address of the host "
        "partner_base. What is read there is assumed.",
        "An event is found by reading the site's list: give your own site_id, as axs.com as a whole is long.",
        "Events tell no end, capacity or currency, and cannot be asked for by change."))

"""Accelevents. Zero-based pages; events by the short name in their address; times without a zone, in the event's own.

Docs: developer.accelevents.com, which lists fields and leaves out examples and parts of paths: all of it is partial.
Events are listed per organizer, those to come apart from those that are over, and an event's own record has no zone.
An order does not tell what was given back: one more call for each does. The key goes into a header `Key`; some know it
as X-API-Key. Longer than others, as little of a record has the shape of the one beside it.
"""

from functools import partial

from connectors import stock
from connectors.auth import Header
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket, Venue
from connectors.money import zero
from connectors.pagers import Pages
from connectors.provider import GET, Credential, Fault, Join, Lookup, Option, Provider, Scope, Since, Stream
from connectors.row import Row, in_major, vocabulary
from connectors.webhook import Webhook

EVENT = vocabulary(draft="PREVIEW", live="PRIVATE PUBLIC PUBLISHED", postponed="POSTPONED")
ONLINE = {"VIRTUAL": True, "HYBRID": False, "IN-PERSON": False}
TICKET = vocabulary(valid="BOOKED CHECKED_IN", cancelled="CANCELLED DELETED BLOCKED", refunded="REFUNDED")
ORDER = vocabulary(paid="paid", pending=("unpaid", "partially paid"), refunded="refunded")
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "Mex$": "MXN"}  # other dollars have letters before theirs, too
FAULTS: dict[str, Fault] = {"401": "auth", "403": "forbidden", "404": "missing"}
AT = "/rest/events/{event}"


def currency_of(row: Row) -> str | None:
    said = row.text("currency", "currencySymbol")
    return SIGNS.get(said or "") or row.currency("currency", "currencySymbol")


def zone_of(row: Row) -> str | None:
    return row.text("equivalentTimezone") or row.event.text("equivalentTimezone")


def event(row: Row, over: bool = False) -> UnifiedEvent:
    more, zone, id = row.looked_up("details") or row, zone_of(row), row.id("eventURL")
    status = more.choice("eventListingStatus", EVENT) if more.has("eventListingStatus") else "live"
    images = (row.text("eventLogo"), more.text("eventDesignDetailDto.logoImage"))
    return UnifiedEvent(
        id=id, name=row.text("name"), description=row.plain("eventDescription"),
        status="completed" if over and status == "live" else status, status_raw=more.said,
        starts_at=row.moment("eventStartDate", zone=zone), ends_at=row.moment("eventEndDate", zone=zone), timezone=zone,
        venue=Venue(address=row.text("eventLocation"), country=more.country("eventCountryCode")),
        online=ONLINE.get((more.text("eventFormat") or "").upper()), url=f"https://www.accelevents.com/events/{id}",
        image_url=next((image for image in images if image and image.startswith("https://")), None),
        currency=currency_of(row) or currency_of(more))


def ticket(row: Row) -> UnifiedTicket | None:
    """Only types that are on sale are listed, and add-ons among them."""
    if row.text("dataType") == "ADDON":
        return None
    currency, zone, passed = currency_of(row.event), zone_of(row), row.flag("passFeesToBuyer")
    left = row.whole("remainingTickets")
    return UnifiedTicket(
        id=row.id("typeId", "id"), event_id=row.event.id("eventURL"), name=row.text("name"),
        description=row.plain("ticketTypeDescription"), price=row.major("price", currency=currency),
        fee=None if passed is None else row.major("fee", currency=currency) if passed else zero(currency),
        currency=currency, quantity_sold=row.whole("totalSoldTickets"), quantity_available=left,
        status="sold_out" if left == 0 else "on_sale",
        sales_start=row.moment("startDate", zone=zone), sales_end=row.moment("endDate", zone=zone))


def attendee(row: Row) -> UnifiedAttendee:
    """A ticket names its type; the page says which ids have that name."""
    name, status = row.text("ticketType"), row.choice("ticketStatus", TICKET)
    types = [kind.ref("ticketTypeId") for kind in row.page.rows("ticketTypeCountDtos[]")
             if kind.text("ticketTypeName") == name]
    unpaid = (row.text("status") or "").upper() == "UNPAID"
    return UnifiedAttendee(
        id=row.id("attendeeId", "barcode"), ticket_id=types[0] if len(types) == 1 else None, ticket_name=name,
        first_name=row.text("firstName"), last_name=row.text("lastName"), email=row.text("email"),
        status="pending" if unpaid and status == "valid" else status, barcode=row.text("barcode"),
        checked_in=row.text("ticketStatus") == "CHECKED_IN" if row.has("ticketStatus") else None)


def order(row: Row, listed: str = "TICKET") -> UnifiedOrder:
    """The call for an order has its tickets and add-ons with what was given back for each; the list has one kind."""
    currency, zone, detail = currency_of(row) or currency_of(row.event), zone_of(row), row.looked_up("detail")
    amount = in_major(currency)
    said, total, parts = row.choice("status", ORDER), amount(row, "totalAmount"), (detail or row).rows("attendee[]")
    standing = [part for part in parts if part.choice("ticketStatus", TICKET) not in ("cancelled", "refunded")]
    ended = row.text("orderType") == "UNPAID_DELETE" or (said == "paid" and bool(parts) and not standing)
    back = amount.sum_or_zero(parts, "refundedAmount") if detail else None
    seats = [part for part in standing if (part.text("dataType") or listed) == "TICKET"]
    return UnifiedOrder(
        id=row.id("orderId", "id"), status="cancelled" if ended else said, currency=currency,
        buyer_name=row.name("purchaser.firstName", "purchaser.lastName"), buyer_email=row.text("purchaser.email"),
        placed_at=row.moment("purchaseDate", zone=zone), total=total, tax=amount(row, "salesTaxFee"),
        fees=amount.sum_known([row], "ticketingFee", "ccFee"), paid=total if said in ("paid", "refunded") else None,
        refunded=total if said == "refunded" and not back else back,
        ticket_count=0 if ended or said == "refunded" else sum(
            stock.left(seat.whole("qty") or 1, seat.whole("refundQty")) or 0 for seat in seats),
        lines=tuple(OrderLine(
            ticket_id=part.sole("types", part.text("ticketType")).ref("typeId", "id"), quantity=part.whole("qty"),
            amount=amount(part, "paidAmount"), tax=amount(part, "salesTaxFee"), refunded=amount(part, "refundedAmount"))
            for part in parts))


def faults(status: int, body: Row) -> Fault | None:
    """Refusals come as 406 with a code that begins with the status that is meant."""
    return FAULTS.get((body.text("errorCode", "code", "error.code") or "")[:3]) if status == 406 else None


def events(over: bool) -> Stream:
    path = f"/rest/u/organizer/{{organizer_url}}/{str(over).lower()}"
    return Stream(GET(path, isFromOrganizerProfilePage="false"), "[]", partial(event, over=over), evidence="partial",
                  lookup={"details": Lookup(GET("/rest/host/event/{row.eventURL}/eventDetails"), when="details")})


def orders(kind: str) -> Stream:
    """Nobody says in which zone the platform reads the time: in the westernmost one nothing is missed."""
    return Stream(GET(f"{AT}/staff/orders", dataType=kind), ("data", "[]"), partial(order, listed=kind),
                  pager=pages, event="eventURL", join={"types": Join("tickets", key="name")}, evidence="partial",
                  since=Since("changed", "searchTimeStamp", format="%m/%d/%Y %H:%M:%S", zone="Etc/GMT+12"),
                  lookup={"detail": Lookup(GET(f"{AT}/staff/refund/order/{{row.orderId}}"), when="refunds")})


pages = Pages("page", "size", largest=100, first=0, count="recordsFiltered")
provider = Provider(
    slug="accelevents", name="Accelevents", website="https://www.accelevents.com",
    docs="https://developer.accelevents.com", base="https://api.accelevents.com", auth="api_key",
    sign=Header(**{"Key": "{apiKey}", "X-API-Key": "{apiKey}"}), faults=faults,
    credentials=(Credential("apiKey", "Edit Enterprise (or organizer) → Integrations → API Key → Generate, as owner"),),
    health=GET("/rest/u/organizers"),
    options=(
        Option("organizer_url", "One organizer, as in its page's address; all that the key sees if not given"),
        Option("details", "One more call per event: whether it is postponed or online, and its country", True, "flag"),
        Option("refunds", "One more call per order, for what was given back and which tickets stand", True, "flag")),
    scopes=(Scope("organizer_url", GET("/rest/u/organizers"), "[]", "organizerPageURL"),),
    webhook=Webhook(evidence="partial"),
    streams={
        "events": (events(over=False), events(over=True)),
        "tickets": Stream(GET(f"{AT}/ticketing/settings"), ("ticketTypes", "tickeTypes"), ticket, event="eventURL",
                          evidence="partial"),
        "attendees": Stream(GET(f"{AT}/staff/allAttendees", dataType="TICKET"), "attendees", attendee, pager=pages,
                            exact=True, evidence="partial"),
        "orders": (orders("TICKET"), orders("ADDON"))},
    limitations=(
        "The API comes with the Enterprise and White Label plans.",
        "Events are those of organizer pages; a white label without one cannot be listed.",
        "Events and tickets cannot be asked for by change. Orders that changed up to half a day earlier come as well.",
        "Tickets do not name their order, phone number, price or time of entry.",
        "What came in for a partially paid order is not told, so it counts as unpaid.",
        "A currency that is told by the sign $ alone is taken for US dollars."))

"""DICE. One GraphQL endpoint, Relay cursors, minor units, UTC. Holders' data only with the option `holders`.

Docs: partners-endpoint.dice.fm/graphql/docs. Tickets carry no order and no status: both sides are read, the orders'
tickets and the returned ones, as an order may no longer show what was returned. One unknown field rejects a whole
query, so fields that were only seen lately are not asked for. The numbers of a tiered ticket type are 0: its tiers
have the real ones. The queries and both sides are what makes this longer than others.
"""

from typing import Any

from connectors import graphql
from connectors.auth import Header
from connectors.issued import Issued, order_of
from connectors.models import UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.pagers import Cursor
from connectors.provider import POST, Credential, Filter, Lookup, Meaning, Option, Provider, Since, Stream
from connectors.row import Row, in_minor, vocabulary
from connectors.shared import CALL_TO_COUNT

EVENT = vocabulary(live="APPROVED", completed="ARCHIVED", cancelled="CANCELLED DECLINED",
                   draft="DRAFT REVIEW SUBMITTED")
ASKED = {"live": ["APPROVED"], "completed": ["ARCHIVED"], "cancelled": ["CANCELLED", "DECLINED"],
         "draft": ["DRAFT", "REVIEW", "SUBMITTED"]}
SHAPES = ("LANDSCAPE", "SQUARE", "PORTRAIT", "BRAND")
FAN = "firstName lastName email phoneNumber"
TICKET = "id code fullPrice total diceCommission ticketType { id name }"
TYPES = """id name description archived price faceValue totalTicketAllocationQty
    priceTiers { price faceValue allocation }"""
PARENT = "id purchasedAt event { id currency } returns { ticketId }"
ORDER = f"""{PARENT} fan @include(if: $holders) {{ {FAN} }} tickets {{ {TICKET} }}
    gone: returns {{ ticket {{ {TICKET} }} }}"""
FIELDS = f"""id name description state startDatetime endDatetime updatedAt currency url totalTicketAllocationQty genres
    images {{ type url }} venues {{ name streetAddress displayedAddress city region state postalCode country
    latitude longitude timezoneName }} ticketTypes {{ {TYPES} }}"""


def event(row: Row) -> UnifiedEvent:
    images = {image.text("type"): image.text("url") for image in row.rows("images[]")}
    return UnifiedEvent(
        id=row.id(), name=row.text("name"), description=row.plain("description"), status=row.choice("state", EVENT),
        starts_at=row.moment("startDatetime"), ends_at=row.moment("endDatetime"),
        timezone=row.text("venues[0].timezoneName"),
        venue=row.venue("venues[0]", "name", "city", "country", "latitude", "longitude", postal_code="postalCode",
                        address=("streetAddress", "displayedAddress"), region=("region", "state")),
        url=row.text("url"), image_url=next((images[shape] for shape in SHAPES if images.get(shape)), None),
        currency=row.currency("currency"), capacity=row.whole("totalTicketAllocationQty"),
        category=row.text("genres[0]"), updated_at=row.moment("updatedAt"))


def ticket(row: Row) -> UnifiedTicket:
    currency, sold = row.event.currency("currency"), row.looked_up("sold")
    tiers = [tier for tier in row.rows("priceTiers[]") if tier.whole("faceValue", "price")]
    return UnifiedTicket(
        id=row.id(), event_id=row.event.id(), name=row.text("name"), description=row.plain("description"),
        price=in_minor(currency).lowest(tiers or [row], "faceValue", "price"), currency=currency,
        quantity_total=row.whole("totalTicketAllocationQty") or row.whole("priceTiers[].allocation"),
        quantity_sold=sold.whole("data.viewer.tickets.totalCount") if sold else None,
        status="off_sale" if row.flag("archived") else "on_sale")


def around(row: Row) -> tuple[Row, bool, bool]:
    """The order of a ticket's row, whether the ticket was returned, and whether the other side has it."""
    returned = row.up.has("ticketId")
    order = row.up.at("order") if returned else row.up
    return order, returned, not returned and row.id() in order.texts("returns[].ticketId")


def attendee(row: Row) -> UnifiedAttendee | None:
    order, returned, elsewhere = around(row)
    if elsewhere:
        return None
    person, currency = row.at("holder") if row.has("holder") else order.at("fan"), order.currency("event.currency")
    return UnifiedAttendee(
        id=row.id(), event_id=order.ref("event"), order_id=order.id(), ticket_id=row.ref("ticketType"),
        ticket_name=row.text("ticketType.name"), first_name=person.text("firstName"), last_name=person.text("lastName"),
        email=person.text("email"), phone=person.text("phoneNumber"), status="refunded" if returned else "valid",
        purchased_at=order.moment("purchasedAt"), price=row.minor("total", currency=currency), currency=currency,
        barcode=row.text("code"))


def issued(row: Row, order: Row, returned: bool) -> Issued:
    currency = order.currency("event.currency")
    return Issued(
        id=row.id(), order=order.id(), event=order.ref("event"), kind=row.ref("ticketType"),
        status="refunded" if returned else "valid", currency=currency, amount=row.minor("total", currency=currency),
        fee=row.minor("diceCommission", currency=currency))


def order(row: Row) -> UnifiedOrder:
    back = row.texts("returns[].ticketId")
    tickets = [issued(one, row, one.id() in back) for path in ("tickets[]", "gone[].ticket") for one in row.rows(path)]
    return order_of(
        row.id(), row.currency("event.currency"), tickets, "paid", tax=None, event_ids=row.refs("event"),
        buyer_name=row.name("fan.firstName", "fan.lastName"), buyer_email=row.text("fan.email"),
        placed_at=row.moment("purchasedAt"))


def sale(row: Row) -> Issued | None:
    order, returned, elsewhere = around(row)
    return None if elsewhere else issued(row, order, returned)


def listing(kind: str, where: str, fields: str, rows: str, meaning: Meaning, since: Since, **more: Any) -> Stream:
    """One connection of the viewer, of one event or of all."""
    at, query = f"data.viewer.{kind}", graphql.relay("viewer", kind, where, fields)
    people = {"holders": "{holders}"} if "$holders" in fields else {}
    of_event = {**people, "where": {"eventId": {"eq": "{event}"}}}
    pages = Cursor("variables.after", next=f"{at}.pageInfo.endCursor", more=f"{at}.pageInfo.hasNextPage",
                   count=f"{at}.totalCount", size="variables.first", largest=50)
    return Stream(POST("", {"query": query, "variables": of_event}), f"{at}.edges[].{rows}", meaning, pager=pages,
                  wide=POST("", {"query": query, "variables": people}), since=since, **more)


def both_sides(meaning: Meaning, holder: str = "", fan: str = "", **more: Any) -> tuple[Stream, Stream]:
    """Issued tickets from both sides: those of orders, then returned ones."""
    ticket, order = f"{TICKET} {holder}", f"{PARENT} {fan}"
    bought, back = f"{order} tickets {{ {ticket} }}", f"ticketId order {{ {order} }} ticket {{ {ticket} }}"
    return (listing("orders", "OrderWhereInput", bought, "node.tickets[]", meaning, purchased, **more),
            listing("returns", "ReturnWhereInput", back, "node.ticket", meaning, returned, **more))


def counted() -> Lookup:
    query = "query($where: TicketWhereInput) { viewer { tickets(first: 0, where: $where) { totalCount } } }"
    where = {"eventId": {"eq": "{event}"}, "ticketTypeId": {"eq": "{row.id}"}}
    return Lookup(POST("", {"query": query, "variables": {"where": where}}), when="count_sold")


purchased = Since("created", "variables.where.purchasedAt.gte")
returned = Since("created", "variables.where.returnedAt.gte")
provider = Provider(
    slug="dice", name="DICE", website="https://dice.fm",
    docs="https://partners-endpoint.dice.fm/graphql/docs/index.html",
    base="https://partners-endpoint.dice.fm/graphql", auth="api_key", sign=Header(Authorization="Bearer {apiKey}"),
    credentials=(Credential("apiKey", "MIO, the DICE partner back office → Settings → API token"),),
    options=(
        Option("holders", "Ask for the people who hold tickets", False, "flag"), CALL_TO_COUNT),
    health=POST("", {"query": "{ viewer { id name } }"}), faults=graphql.faults,
    reference=frozenset({"events", "tickets", "revenue"}),
    unsupported={"attendees": "attendee data is not exposed through the DICE partner API; only ticket counts are."},
    streams={
        "events": listing("events", "EventWhereInput", FIELDS, "node", event,
                          Since("changed", "variables.where.updatedAt.gte"),
                          exact=True, filters={
                              "starts_after": Filter("variables.where.startDatetime.gte", format="iso"),
                              "starts_before": Filter("variables.where.startDatetime.lt", format="iso"),
                              "status": Filter("variables.where.state.in", words=ASKED)}),
        "event": Stream(POST("", {"query": graphql.node("Event", FIELDS), "variables": {"id": "{event}"}}),
                        "data.node", event),
        "tickets": Stream(None, "ticketTypes?", ticket, inside=True, lookup={"sold": counted()}),
        "attendees": both_sides(attendee, f"holder {{ {FAN} }}", f"fan {{ {FAN} }}", when="holders",
                                untold={"checked_in": ""}),
        "orders": listing("orders", "OrderWhereInput", ORDER, "node", order, purchased,
                          untold={"buyer_email": "holders"}),
        "sales": both_sides(sale, basis="tickets", unreported=("taxes",))},
    limitations=(
        "There are no check-ins and no taxes in the API. Sold counts need the option count_sold.",
        "Orders can be asked for by purchase, not by change; they name a buyer only with the option holders."))

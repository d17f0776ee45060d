"""DICE. One GraphQL endpoint, Relay cursors, minor units, UTC. Holders' data only with the option `holders`.

Docs: partners-endpoint.dice.fm/graphql/docs. Tickets carry no order and no status: both sides are read, the orders' tickets and
the returned ones, as an order may no longer show what was returned. One unknown field rejects a whole query, so fields that were
only seen lately are not asked for.
"""

from connectors import graphql
from connectors.auth import Header
from connectors.models import UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket, Venue
from connectors.money import Sale, added, order_status, zero
from connectors.pagers import Cursor
from connectors.provider import POST, Credential, Filter, Lookup, Option, Provider, Since, Stream
from connectors.row import Row

EVENT = {
    "APPROVED": "live", "ARCHIVED": "completed", "CANCELLED": "cancelled", "DECLINED": "cancelled",
    "DRAFT": "draft", "REVIEW": "draft", "SUBMITTED": "draft",
}  # fmt: skip
ASKED = {
    "live": ["APPROVED"], "completed": ["ARCHIVED"], "cancelled": ["CANCELLED", "DECLINED"],
    "draft": ["DRAFT", "REVIEW", "SUBMITTED"],
}  # fmt: skip
FAN = "firstName lastName email phoneNumber"
TICKET = "id code fullPrice total diceCommission ticketType { id name }"
TYPES = (
    "id name description archived price faceValue totalTicketAllocationQty priceTiers { price faceValue allocation }"
)
ORDER = (
    f"id purchasedAt quantity total diceCommission event {{ id currency }} returns {{ ticketId ticket {{ {TICKET} }} }}"
)
FIELDS = f"""id name description state startDatetime endDatetime updatedAt currency url totalTicketAllocationQty genres
    images {{ type url }} venues {{ name streetAddress displayedAddress city region state postalCode country
    latitude longitude timezoneName }} ticketTypes {{ {TYPES} }}"""
SHAPES = ("LANDSCAPE", "SQUARE", "PORTRAIT", "BRAND")


def event(row: Row) -> UnifiedEvent:
    images = {image.text("type"): image.text("url") for image in row.rows("images[]")}
    place = row.at("venues[0]")
    return UnifiedEvent(
        id=row.id(),
        name=row.text("name"),
        description=row.plain("description"),
        status=row.choice("state", EVENT),
        starts_at=row.moment("startDatetime"),
        ends_at=row.moment("endDatetime"),
        timezone=place.text("timezoneName"),
        venue=Venue(
            name=place.text("name"),
            address=place.text("streetAddress", "displayedAddress"),
            city=place.text("city"),
            region=place.text("region", "state"),
            postal_code=place.text("postalCode"),
            country=place.country("country"),
            latitude=place.decimal("latitude"),
            longitude=place.decimal("longitude"),
        )
        if row.has("venues")
        else None,
        url=row.text("url"),
        image_url=next((images[shape] for shape in SHAPES if images.get(shape)), None),
        currency=row.currency("currency"),
        capacity=row.whole("totalTicketAllocationQty"),
        category=row.text("genres[0]"),
        updated_at=row.moment("updatedAt"),
    )


def ticket(row: Row) -> UnifiedTicket:
    """The numbers of a tiered type are 0: its tiers have the real ones, and the last may have no end."""
    currency, sold = row.event.currency("currency"), row.looked_up("sold")
    tiers = [tier for tier in row.rows("priceTiers[]") if tier.whole("faceValue", "price")]
    prices = [one.minor("faceValue", "price", currency=currency) for one in tiers or [row]]
    return UnifiedTicket(
        id=row.id(),
        event_id=row.event.id(),
        name=row.text("name"),
        description=row.plain("description"),
        price=min(filter(None, prices), default=prices[0]),
        currency=currency,
        quantity_total=row.whole("totalTicketAllocationQty") or row.whole("priceTiers[].allocation"),
        quantity_sold=sold.whole("data.viewer.tickets.totalCount") if sold else None,
        status="off_sale" if row.flag("archived") else "on_sale",
    )


def around(row: Row) -> tuple[Row, bool]:
    """The order of a ticket's row, and whether the ticket was returned."""
    order = row.up.at("order") if row.up.has("order") else row.up
    return order, row.up.has("ticketId") or row.id() in order.texts("returns[].ticketId")


def attendee(row: Row) -> UnifiedAttendee:
    order, returned = around(row)
    person = row.at("holder") if row.has("holder") else order.at("fan")
    currency = order.currency("event.currency")
    return UnifiedAttendee(
        id=row.id(),
        event_id=order.ref("event"),
        order_id=order.id(),
        ticket_id=row.ref("ticketType"),
        ticket_name=row.text("ticketType.name"),
        first_name=person.text("firstName"),
        last_name=person.text("lastName"),
        name=" ".join(filter(None, (person.text("firstName"), person.text("lastName")))) or None,
        email=person.text("email"),
        phone=person.text("phoneNumber"),
        status="refunded" if returned else "valid",
        purchased_at=order.moment("purchasedAt"),
        price=row.minor("total", currency=currency),
        currency=currency,
        barcode=row.text("code"),
    )


def order(row: Row) -> UnifiedOrder:
    """An order may leave out what was returned; its returns have it."""
    currency, event_id = row.currency("event.currency"), row.ref("event")
    bought = {one.id(): one for path in ("tickets[]", "returns[].ticket") for one in row.rows(path)}
    back = set(row.texts("returns[].ticketId"))
    paid = _sum([one for one in bought.values()], "total", currency)
    refunded = _sum([one for id, one in bought.items() if id in back], "total", currency)
    return UnifiedOrder(
        id=row.id(),
        status=order_status(paid, refunded),
        buyer_name=" ".join(filter(None, (row.text("fan.firstName"), row.text("fan.lastName")))) or None,
        buyer_email=row.text("fan.email"),
        placed_at=row.moment("purchasedAt"),
        total=paid,
        fees=_sum([one for id, one in bought.items() if id not in back], "diceCommission", currency),
        refunded=refunded,
        paid=paid,
        currency=currency,
        ticket_count=len(bought.keys() - back),
        event_ids=(event_id,) if event_id else (),
        created_at=row.moment("purchasedAt"),
    )


def _sum(rows: list[Row], path: str, currency: str | None):
    return added([zero(currency), *(row.minor(path, currency=currency) for row in rows)])


def sale(row: Row) -> Sale:
    order, returned = around(row)
    currency = order.currency("event.currency")
    total = row.minor("total", currency=currency) or zero(currency)
    return Sale(
        id=row.id(),
        order=order.id(),
        currency=currency,
        gross=total,
        refunded=total if returned else zero(currency),
        fees=zero(currency) if returned else row.minor("diceCommission", currency=currency),
        tickets=0 if returned else 1,
    )


def listing(kind: str, where: str, fields: str, mapping, rows: str = "node", *, since: str, **more) -> Stream:
    """One connection of the viewer; `since` names the filter for time."""
    at = f"data.viewer.{kind}"
    by_event = {"where": {"eventId": {"eq": "{event}"}}} if where != "EventWhereInput" else {}
    query = graphql.relay("viewer", kind, where, fields)
    return Stream(
        POST("", {"query": query, "variables": by_event}),
        f"{at}.edges[].{rows}",
        mapping,
        wide=POST("", {"query": query, "variables": {}}),
        pager=Cursor(
            "variables.after",
            next=f"{at}.pageInfo.endCursor",
            more=f"{at}.pageInfo.hasNextPage",
            count=f"{at}.totalCount",
            size="variables.first",
            largest=50,
        ),
        since=Since("changed" if since == "updatedAt" else "created", f"variables.where.{since}.gte"),
        **more,
    )


def issued(ticket: str, mapping, fan: str = "", **more) -> tuple[Stream, Stream]:
    """Issued tickets from both sides: those of orders, then returned ones."""
    parent = f"id purchasedAt event {{ id currency }} returns {{ ticketId }} {fan}"
    return (
        listing("orders", "OrderWhereInput", f"{parent} tickets {{ {ticket} }}", mapping, "node.tickets[]", since="purchasedAt", **more),
        listing("returns", "ReturnWhereInput", f"ticketId order {{ {parent} }} ticket {{ {ticket} }}", mapping, "node.ticket", since="returnedAt", **more),
    )  # fmt: skip


COUNT = "query($where: TicketWhereInput) { viewer { tickets(first: 0, where: $where) { totalCount } } }"
counted = {"where": {"eventId": {"eq": "{event}"}, "ticketTypeId": {"eq": "{row.id}"}}}
provider = Provider(
    slug="dice",
    name="DICE",
    website="https://dice.fm",
    docs="https://partners-endpoint.dice.fm/graphql/docs/index.html",
    base="https://partners-endpoint.dice.fm/graphql",
    auth="api_key",
    sign=Header(Authorization="Bearer {apiKey}"),
    credentials=(Credential("apiKey", "MIO, the DICE partner back office → Settings → API token"),),
    enough=(("apiKey",),),
    options=(
        Option("holders", "Ask for the people who hold tickets", False, "flag"),
        Option("count_sold", "One more call per ticket type, for how many were sold", False, "flag"),
    ),
    health=POST("", {"query": "{ viewer { id name } }"}),
    faults=graphql.faults,
    reference=frozenset({"events", "tickets", "revenue"}),
    unsupported={
        "attendees": "attendee-level data is not part of the DICE partner API as promised; only ticket counts are."
    },
    streams={
        "events": listing(
            "events",
            "EventWhereInput",
            FIELDS,
            event,
            since="updatedAt",
            exact=True,
            filters={
                "starts_after": Filter("variables.where.startDatetime.gte", format="iso"),
                "starts_before": Filter("variables.where.startDatetime.lt", format="iso"),
                "status": Filter("variables.where.state.in", words=ASKED),
            },
        ),
        "event": Stream(
            POST("", {"query": graphql.node("Event", FIELDS), "variables": {"id": "{event}"}}), "data.node", event
        ),
        "tickets": Stream(
            None,
            "ticketTypes?",
            ticket,
            inside=True,
            lookup={"sold": Lookup(POST("", {"query": COUNT, "variables": counted}), when="count_sold")},
        ),
        "attendees": issued(f"{TICKET} holder {{ {FAN} }}", attendee, f"fan {{ {FAN} }}", when="holders"),
        "orders": listing("orders", "OrderWhereInput", f"{ORDER} tickets {{ {TICKET} }}", order, since="purchasedAt"),
        "sales": issued(TICKET, sale, basis="tickets", unreported=("taxes",)),
    },
    limitations=(
        "There are no check-ins and no taxes in the API. Sold counts need the option count_sold.",
        "Orders can be asked for by purchase, not by change.",
    ),
)

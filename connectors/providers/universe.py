"""Universe. One GraphQL endpoint; limit and offset are arguments of `nodes`; dates are time slots; amounts are JSON
numbers in major units.

Docs: developers.universe.com/v2/reference; what the words mean is said in the schema that the endpoint gives. A state
that not every version of it has is not asked for. An order's costs are in the currency charged, and again in that of
the settlement, which is the event's. ENDED and CLOSED orders are paid ones after the event.
The queries and the two currencies make this longer than others.
"""

from datetime import datetime
from typing import Any

from connectors import graphql
from connectors.auth import OAuth2
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.pagers import Offset
from connectors.provider import POST, Credential, Fault, Filter, Meaning, Option, Provider, Scope, Since, Stamps, Stream
from connectors.row import Row, earliest, in_major, latest, vocabulary
from connectors.shared import app_credentials
from connectors.webhook import About, Hmac, Webhook

EVENT = vocabulary(draft="DRAFT PRESUMBITTED PRESUBMITTED INACTIVE", live="POSTED", completed="EXPIRED ARCHIVED",
                   cancelled="DECLINED")
ASKED = {"draft": ["DRAFT", "INACTIVE"], "live": ["POSTED"], "completed": ["EXPIRED", "ARCHIVED"],
         "cancelled": ["DECLINED"]}
TICKET = vocabulary(on_sale="ACTIVE", off_sale="LOCKED INACTIVE", hidden="HIDDEN")
WAITING = "PARTIALLY_PAID UNPAID UNAPPROVED UNAUTHORIZED NEEDS_PRE_AUTH CHECKOUT PENDING"
ORDER = vocabulary(paid="PAID ENDED CLOSED DISPUTED", pending=WAITING, expired="EXPIRED",
                   cancelled="CANCELLED DECLINED FAILED ERROR")
ATTENDEE = vocabulary(valid="PAID ENDED CLOSED", pending=WAITING, transferred="TRANSFERRED",
                      cancelled="CANCELLED DECLINED FAILED ERROR EXPIRED UPGRADED")
NULLS: dict[str, Fault] = {"viewer": "auth", "event": "missing", "host": "missing"}
SLOTS = "totalCount nodes(limit: 50, offset: 0) { state startAt endAt startStamp endStamp tz }"
FIELDS = f"""id title description state url virtual currency timezone capacity upcomingTotalCapacity createdAt
    updatedAt imageUrl(width: 1200, height: 600) category {{ name }} venueName address cityName region countryCode
    latitude longitude timeSlots {{ {SLOTS} }}"""
BESIDE = "currency timeSlots { totalCount }"
RATE = "id name description type state price minPrice capacity maxQuantity soldCount startStamp endStamp"
COSTS = "currency payment discount fee commission taxesTotal voidedPayment"
HOLDER = """id firstName lastName email state event { id currency } rate { id name } order { id createdAt }
    orderItem { checkInState fullyRefunded qrCode updatedAt
        costBreakdown { currency payment settlement { currency payment } } }"""
BOUGHT = f"""id state createdAt updatedAt event {{ id currency }} buyer {{ name email }}
    costBreakdown {{ {COSTS} settlement {{ {COSTS} }} }}
    orderItems {{ totalCount nodes(limit: 50, offset: 0) {{ state fullyRefunded rate {{ id type }}
        costBreakdown {{ {COSTS} settlement {{ {COSTS} }} }} }} }}"""


def event(row: Row) -> UnifiedEvent:
    """Of more dates than one answer holds, the last is not known. An online event has coordinates too: they are 0."""
    dates = list(row.rows("timeSlots.nodes[]"))
    slots = [slot for slot in dates if slot.text("state") != "HIDDEN"]
    whole, online = (row.whole("timeSlots.totalCount") or 0) <= len(dates), row.flag("virtual")
    return UnifiedEvent(
        id=row.id(), name=row.text("title"), description=row.plain("description"), status=row.choice("state", EVENT),
        starts_at=earliest(edge(slot, "start") for slot in slots),
        ends_at=latest(edge(slot, "end") for slot in slots) if whole else None,
        timezone=row.text("timezone"), online=online, url=row.text("url"), image_url=row.text("imageUrl"),
        venue=None if online else row.venue(
            "", "address", "region", "latitude", "longitude", name="venueName", city="cityName", country="countryCode"),
        currency=row.currency("currency"), capacity=row.whole("capacity", "upcomingTotalCapacity"),
        category=row.text("category.name"))


def edge(slot: Row, at: str) -> datetime | None:
    return slot.unix(f"{at}Stamp") or slot.moment(f"{at}At", zone=slot.text("tz"))


def ticket(row: Row) -> UnifiedTicket | None:
    """Of a price that the buyer names only the least is known. `maxQuantity` is for each date."""
    kind, currency = row.text("type"), row.page.currency("data.event.currency")
    if kind == "ADD_ON":
        return None
    dates = row.page.whole("data.event.timeSlots.totalCount") or 1
    return UnifiedTicket(
        id=row.id(), name=row.text("name"), description=row.plain("description"),
        price=row.major("minPrice" if kind == "PWYW_TICKET" else "price", currency=currency), currency=currency,
        quantity_total=row.whole("capacity", "maxQuantity") if dates == 1 else row.whole("capacity"),
        quantity_sold=row.whole("soldCount"), status=row.choice("state", TICKET),
        sales_start=row.unix("startStamp"), sales_end=row.unix("endStamp"))


def costs(row: Row, currency: str | None) -> Row:
    """The costs in the event's currency, where they are told in it; else those charged."""
    settled = row.at("costBreakdown.settlement")
    return settled if settled.text("currency") == currency else row.at("costBreakdown")


def attendee(row: Row) -> UnifiedAttendee:
    entry, status = row.text("orderItem.checkInState"), row.choice("state", ATTENDEE)
    cost = costs(row.at("orderItem"), row.text("event.currency"))
    currency = cost.currency("currency")
    return UnifiedAttendee(
        id=row.id(), event_id=row.ref("event"), order_id=row.ref("order"), ticket_id=row.ref("rate"),
        ticket_name=row.text("rate.name"), first_name=row.text("firstName"), last_name=row.text("lastName"),
        email=row.text("email"),
        status="refunded" if row.flag("orderItem.fullyRefunded") else status,
        checked_in=None if entry is None else entry != "CHECKED_OUT",
        price=cost.major("payment", currency=currency), currency=currency, purchased_at=row.moment("order.createdAt"),
        barcode=row.text("orderItem.qrCode"), updated_at=row.moment("orderItem.updatedAt"))


def order(row: Row) -> UnifiedOrder:
    """Whatever was paid for a cancelled order was given back."""
    said, cost = row.choice("state", ORDER), costs(row, row.text("event.currency"))
    currency = cost.currency("currency")
    amount = in_major(currency)
    total, back = amount(cost, "payment"), amount(cost, "voidedPayment")
    items = list(row.rows("orderItems.nodes[]"))
    tickets = [one for one in items if one.text("rate.type") != "ADD_ON"]
    standing = [one for one in tickets if one.choice("state", ATTENDEE) in ("valid", "pending")
                and not one.flag("fullyRefunded")]
    whole = (row.whole("orderItems.totalCount") or 0) <= len(items)
    return UnifiedOrder(
        id=row.id(), status=said, buyer_name=row.text("buyer.name"), buyer_email=row.text("buyer.email"),
        placed_at=row.moment("createdAt"), total=total, paid=total if said == "paid" or back else None, refunded=back,
        tax=amount(cost, "taxesTotal"), discount=amount(cost, "discount"),
        fees=amount.sum_known([cost], "fee", "commission"), currency=currency,
        ticket_count=len(standing) if whole else None, event_ids=row.refs("event"),
        lines=tuple(line(one, row.text("event.currency")) for one in tickets))


def line(item: Row, settled: str | None) -> OrderLine:
    cost = costs(item, settled)
    amount = in_major(cost.currency("currency"))
    return OrderLine(
        ticket_id=item.ref("rate"), quantity=1, amount=amount(cost, "payment"), tax=amount(cost, "taxesTotal"),
        fee=amount.sum_known([cost], "fee", "commission"), refunded=amount(cost, "voidedPayment"))


def faults(status: int, body: Row) -> Fault | None:
    """What is unknown is null; so is the viewer where there is no token, as public fields need none."""
    null = next((fault for root, fault in NULLS.items() if body.value("data") == {root: None}), None)
    said = graphql.faults(status, body)
    return said if said == "forbidden" else null or said


def query(root: str, kind: str, fields: str, beside: str = "", **arguments: str) -> str:
    """A page of one connection of an event or a host. `arguments` are the connection's own, by type."""
    declared = "".join(f", ${name}: {type}" for name, type in arguments.items())
    given = ", ".join(f"{name}: ${name}" for name in arguments)
    return (f"query($id: ID!, $limit: Int, $offset: Int{declared}) {{ {root}(id: $id) {{ {beside} "
            f"{kind}{f'({given})' if given else ''} {{ totalCount "
            f"nodes(limit: $limit, offset: $offset) {{ {fields} }} }} }} }}")


def listing(root: str, kind: str, meaning: Meaning, text: str, variables: dict[str, Any], **more: Any) -> Stream:
    at = f"data.{root}.{kind}"
    return Stream(POST("", {"query": text, "variables": variables}), f"{at}.nodes", meaning, **more,
                  pager=Offset("variables.offset", "variables.limit", largest=50, count=f"{at}.totalCount"))


of_event, of_host = {"id": "{event}"}, {"id": "{host_id}"}
provider = Provider(
    slug="universe", name="Universe", website="https://www.universe.com", docs="https://developers.universe.com",
    base="https://www.universe.com/graphql", hosts={"login": "https://www.universe.com"},
    auth="oauth2", sign=OAuth2("login:/oauth/token", ("refresh_token", "client_credentials"),
                               authorize="login:/oauth/authorize"),
    credentials=(
        *app_credentials("universe.com/oauth/applications → your application", "Application ID", "Client Secret",
                         refresh="Returned with the access token, where there is one"),
        Credential("webhookSecret", "Universe → Settings → Account → Webhooks: the secret that you chose there")),
    enough=(("clientId", "clientSecret"), ("accessToken",)), faults=faults, stamps=Stamps("createdAt", "updatedAt"),
    options=(Option("host_id", "The host whose events are read; the owner of the token if not given"),),
    scopes=(Scope("host_id", POST("", {"query": "{ viewer { id } }"}), "data.viewer", take="one"),),
    health=POST("", {"query": "{ viewer { id name } }"}),
    webhook=Webhook(
        Hmac("X-Uniiverse-Signature", "sha1"), optional=True, type="event", evidence="partial",
        told={"ticket_*": About("order", "id", "event_id", rows="tickets[]")}),
    streams={
        "events": listing(
            "host", "events", event, query("host", "events", FIELDS, states="[EventState!]", search="String"),
            {**of_host, "states": [state for states in ASKED.values() for state in states]},
            since=Since("client", by="updatedAt"), exact=True, filters={
                "status": Filter("variables.states", words=ASKED), "q": Filter("variables.search")}),
        "event": Stream(POST("", {"query": f"query($id: ID!) {{ event(id: $id) {{ {FIELDS} }} }}",
                                  "variables": of_event}), "data.event", event),
        "tickets": listing("event", "rates", ticket, query("event", "rates", RATE, BESIDE), of_event),
        "attendees": listing(
            "event", "attendees", attendee, query("event", "attendees", HOLDER), of_event,
            since=Since("client", by="orderItem.updatedAt"),
            wide=POST("", {"query": query("event: host", "attendees", HOLDER), "variables": of_host})),
        "orders": listing(
            "event", "orders", order, query("event", "orders", BOUGHT, updatedSince="Time"), of_event,
            since=Since("changed", "variables.updatedSince"), evidence="partial")},
    limitations=(
        "Events and attendees cannot be asked for by change: all are read, and older ones dropped here.",
        "An event's end is known for up to 50 dates.",
        "An order on a payment plan counts when it is paid up.",
        "Phone numbers and times of check-in are not told."))

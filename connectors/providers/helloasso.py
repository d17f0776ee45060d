"""HelloAsso. Events are forms, ticket types their tiers, tickets items; cents; a continuation token that stays at the end.

Docs: dev.helloasso.com, and the OpenAPI document of api.helloasso.com/v5. HelloAsso takes no fee: a buyer's tip to it is not the
organiser's money. There are no check-ins, no stock and no zone; dates have up to seven digits of a second.
"""

from decimal import Decimal

from connectors.auth import OAuth2
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket, Venue
from connectors.money import added, order_status, zero
from connectors.pagers import Cursor
from connectors.provider import GET, Credential, Filter, Join, Lookup, Option, Provider, Scope, Since, Stream
from connectors.row import Row

FORM = {"Public": "live", "Private": "live", "Draft": "draft", "Disabled": "draft", "Deleted": "cancelled"}
SALE = {"Public": "on_sale", "Private": "on_sale", "Draft": "off_sale", "Disabled": "off_sale", "Deleted": "off_sale"}
ITEM = {
    "Processed": "valid", "Registered": "valid", "Waiting": "pending", "Unknown": "pending",
    "Canceled": "cancelled", "Deleted": "cancelled", "Refused": "cancelled", "Abandoned": "cancelled",
}  # fmt: skip
RECEIVED = ("Authorized", "Registered", "Refunded", "Refunding", "Contested")
AWAITED = ("Pending", "Waiting", "WaitingBankValidation", "WaitingBankWithdraw", "WaitingAuthentication", "Init")
ASKED = {"live": ["Public", "Private"], "draft": ["Draft", "Disabled"]}
ZONE = "Europe/Paris"  # the service is French; its times carry an offset and no zone
ORGANIZATION = "/organizations/{organization_slug}"
FORM_PATH = f"{ORGANIZATION}/forms/Event"

pages = Cursor("continuationToken", next="pagination.continuationToken", size="pageSize", largest=100, stays=True)


def event(row: Row) -> UnifiedEvent:
    public = row.looked_up("public") or row
    place = public.at("place")
    return UnifiedEvent(
        id=row.id("formSlug"),
        name=row.plain("title"),
        description=row.plain("description"),
        status=row.choice("state", FORM),
        starts_at=row.moment("startDate"),
        ends_at=row.moment("endDate"),
        timezone=ZONE,
        venue=Venue(
            name=place.text("name"),
            address=place.text("address"),
            city=place.text("city"),
            postal_code=place.text("zipCode"),
            country=place.country("country"),
            latitude=place.decimal("geoLocation.latitude"),
            longitude=place.decimal("geoLocation.longitude"),
        )
        if public.has("place")
        else None,
        url=row.text("url"),
        image_url=row.text("banner.publicUrl", "logo.publicUrl"),
        currency=row.currency("currency"),
        category=public.text("activityType"),
        created_at=row.moment("meta.createdAt"),
        updated_at=row.moment("meta.updatedAt"),
    )


def ticket(row: Row) -> UnifiedTicket | None:
    """Tiers are also donations and memberships. Of a free price only the least is known."""
    if row.text("tierType") != "Registration":
        return None
    form, currency = row.event, row.event.currency("currency")
    sold = [item for item in row.joined("items", row.ref("id")) if ITEM.get(item.text("state") or "") == "valid"]
    return UnifiedTicket(
        id=row.id(),
        event_id=form.id("formSlug"),
        name=row.text("label"),
        description=row.plain("description"),
        price=row.minor("minAmount", "price", currency=currency),
        currency=currency,
        quantity_sold=len(sold) if row.option("count_sold") else None,
        status=form.choice("state", SALE),
        sales_start=row.moment("saleStartDate") or form.moment("saleStartDate"),
        sales_end=row.moment("saleEndDate") or form.moment("saleEndDate"),
        created_at=row.moment("meta.createdAt"),
        updated_at=row.moment("meta.updatedAt"),
    )


def attendee(row: Row) -> UnifiedAttendee | None:
    if row.text("type") not in ("Registration", None):
        return None
    currency = row.event.currency("currency")
    phones = [field.text("answer") for field in row.rows("customFields[]") if field.text("type") == "Phone"]
    first, last = row.text("user.firstName", "payer.firstName"), row.text("user.lastName", "payer.lastName")
    return UnifiedAttendee(
        id=row.id(),
        event_id=row.ref("order.formSlug"),
        order_id=row.ref("order.id"),
        ticket_id=row.ref("tierId"),
        ticket_name=row.text("name"),
        first_name=first,
        last_name=last,
        name=" ".join(filter(None, (first, last))) or None,
        email=row.text("payer.email"),
        phone=next(iter(phones), None),
        status=row.choice("state", ITEM),
        purchased_at=row.moment("order.date"),
        price=row.minor("amount", currency=currency),
        currency=currency,
        barcode=row.text("qrCode"),
        answers=row.pairs("customFields", "name", "answer"),
        created_at=row.moment("order.meta.createdAt"),
        updated_at=row.moment("order.meta.updatedAt"),
    )


def order(row: Row) -> UnifiedOrder:
    currency, event_id = row.event.currency("currency"), row.ref("formSlug")
    received = [one for one in row.rows("payments[]") if one.text("state") in RECEIVED]
    back = [
        one for payment in received for one in payment.rows("refundOperations[]") if one.text("status") == "Processed"
    ]
    paid, refunded = _sum(received, currency), _sum(back, currency)
    items = list(row.rows("items[]"))
    states = {ITEM.get(item.text("state") or "", "unknown") for item in items}
    tickets = [item for item in items if item.text("type") in ("Registration", None)]
    standing = [item for item in tickets if ITEM.get(item.text("state") or "") == "valid"]
    return UnifiedOrder(
        id=row.id(),
        status=_status(row, paid, refunded, states),
        buyer_name=" ".join(filter(None, (row.text("payer.firstName"), row.text("payer.lastName")))) or None,
        buyer_email=row.text("payer.email"),
        placed_at=row.moment("date"),
        total=row.minor("amount.total", currency=currency),
        tax=row.minor("amount.vat", currency=currency),
        discount=row.minor("amount.discount", currency=currency),
        fees=zero(currency),
        refunded=refunded,
        paid=paid,
        currency=currency,
        ticket_count=len(standing),
        lines=tuple(_line(item, event_id, currency) for item in tickets),
        event_ids=(event_id,) if event_id else (),
        created_at=row.moment("meta.createdAt"),
        updated_at=row.moment("meta.updatedAt"),
    )


def _status(row: Row, paid: Decimal, refunded: Decimal, states: set[str]):
    """An order has no status of its own: its items tell whether it stands, its payments whether it was paid."""
    if not paid and any(one.text("state") in AWAITED for one in row.rows("payments[]")):
        return "pending"
    if paid or states == {"cancelled"}:
        return order_status(paid, refunded, cancelled=states == {"cancelled"})
    return "paid" if "valid" in states else "pending" if states == {"pending"} else "unknown"


def _sum(rows: list[Row], currency: str | None) -> Decimal:
    return added([zero(currency), *(row.minor("amount", currency=currency) for row in rows)]) or zero(currency)


def _line(row: Row, event_id: str | None, currency: str | None) -> OrderLine:
    amounts = [row.minor("amount", currency=currency), row.minor("options[].amount", currency=currency)]
    return OrderLine(event_id=event_id, ticket_id=row.ref("tierId"), quantity=1, amount=added(amounts))


def listing(kind: str, mapping, since: Since, **query) -> Stream:
    """Of one form, and of the whole organization."""
    return Stream(
        GET(f"{FORM_PATH}/{{event}}/{kind}", withDetails="true", **query),
        "data",
        mapping,
        wide=GET(f"{ORGANIZATION}/{kind}", withDetails="true", **query),
        pager=pages,
        since=since,
        event="order.formSlug" if kind == "items" else "formSlug",
        unreported=(),
    )


newest_change_first = {"tierTypes": "Registration", "sortField": "UpdateDate", "sortOrder": "Desc"}
items = listing("items", attendee, Since("changed", by="order.meta.updatedAt", stop=True), **newest_change_first)
provider = Provider(
    slug="helloasso",
    name="HelloAsso",
    website="https://www.helloasso.com",
    docs="https://dev.helloasso.com",
    base="https://api.helloasso.com/v5",
    hosts={"login": "https://api.helloasso.com", "auth": "https://auth.helloasso.com"},
    auth="oauth2",
    sign=OAuth2(
        "login:/oauth2/token",
        ("refresh_token", "client_credentials"),
        authorize="auth:/authorize",
        pkce=True,
        rotating=True,
    ),
    credentials=(
        Credential("clientId", "Your organisation → API → Client ID", secret=False),
        Credential("clientSecret", "Your organisation → API → Client Secret"),
        Credential("accessToken", "Made for you from the client; or returned after the OAuth flow"),
        Credential("refreshToken", "Returned with the access token"),
    ),
    enough=(("clientId", "clientSecret"), ("accessToken",)),
    options=(
        Option("organization_slug", "Your organisation, as in its address; needed only where there are several"),
        Option("details", "One more call per event, for its place", True, "flag"),
        Option("count_sold", "Count sold tickets by reading all of them", False, "flag"),
    ),
    scopes=(Scope("organization_slug", GET("/users/me/organizations"), "", "organizationSlug", take="one"),),
    health=GET("/users/me/organizations"),
    streams={
        "events": Stream(
            GET(f"{ORGANIZATION}/forms", formTypes="Event"),
            "data",
            event,
            pager=pages,
            since=Since("client", by="meta.updatedAt"),
            filters={"status": Filter("states", words=ASKED)},
            lookup={"public": Lookup(GET(f"{FORM_PATH}/{{row.formSlug}}/public"), when="details")},
        ),
        "event": Stream(GET(f"{FORM_PATH}/{{event}}/public"), "", event),
        "items": items,
        "tickets": Stream(
            None, "tiers?", ticket, inside=True, join={"items": Join("items", key="tierId", when="count_sold")}
        ),
        "attendees": items,
        "orders": listing("orders", order, Since("created", "from")),
    },
    limitations=(
        "Mostly associations sell here; what a business sells may not be visible.",
        "There are no check-ins, no stock, and no counts of sold tickets but by reading them all (option count_sold).",
        "Orders can be asked for by their date, not by change.",
    ),
)

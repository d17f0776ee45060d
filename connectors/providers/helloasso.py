"""HelloAsso. Events are forms, ticket types their tiers, tickets items; cents; a continuation token that stays at the
end.

Docs: dev.helloasso.com and the OpenAPI document of its API v5. HelloAsso takes no fee; a buyer's tip to it is not the
organiser's money. An order has no status: its items tell whether it stands, its payments whether it was paid.
"""

from typing import Any

from connectors.auth import OAuth2
from connectors.models import OrderLine, OrderStatus, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import added, order_status, total, zero
from connectors.pagers import Cursor
from connectors.provider import GET, Credential, Filter, Join, Lookup, Meaning, Option, Provider, Scope, Since, Stream
from connectors.row import Row
from connectors.webhook import About, Hmac, Webhook

FORM = {"Public": "live", "Private": "live", "Draft": "draft", "Disabled": "draft", "Deleted": "cancelled"}
SALE = {"Public": "on_sale", "Private": "on_sale", "Draft": "off_sale", "Disabled": "off_sale", "Deleted": "off_sale"}
ITEM = {"Processed": "valid", "Registered": "valid", "Waiting": "pending", "Unknown": "pending",
        "Canceled": "cancelled",
        "Deleted": "cancelled", "Refused": "cancelled", "Abandoned": "cancelled"}
PAYMENT = {"Authorized": "paid", "Registered": "paid", "Refunded": "paid", "Refunding": "paid", "Contested": "paid",
           "Pending": "pending", "Waiting": "pending", "WaitingBankValidation": "pending",
           "WaitingBankWithdraw": "pending",
           "WaitingAuthentication": "pending", "Init": "pending"}
ASKED = {"live": ["Public", "Private"], "draft": ["Draft", "Disabled"]}
ZONE = "Europe/Paris"  # the service is French; its times carry an offset, no zone
AT = "/organizations/{organization_slug}"
pages = Cursor("continuationToken", next="pagination.continuationToken", size="pageSize", largest=100, stays=True)


def event(row: Row) -> UnifiedEvent:
    public = row.looked_up("public") or row
    return UnifiedEvent(
        id=row.id("formSlug"), name=row.plain("title"), description=row.plain("description"),
        status=row.choice("state", FORM), starts_at=row.moment("startDate"), ends_at=row.moment("endDate"),
        timezone=ZONE,
        venue=public.venue("place", name="name", address="address", city="city", postal_code="zipCode",
                           country="country",
                           latitude="geoLocation.latitude", longitude="geoLocation.longitude"),
        url=row.text("url"), image_url=row.text("banner.publicUrl", "logo.publicUrl"),
        currency=row.currency("currency"),
        category=public.text("activityType"), created_at=row.moment("meta.createdAt"),
        updated_at=row.moment("meta.updatedAt"))


def ticket(row: Row) -> UnifiedTicket | None:
    """Tiers are also donations and memberships. Of a free price only the least is known."""
    if row.text("tierType") != "Registration":
        return None
    form, currency = row.event, row.event.currency("currency")
    sold = [item for item in row.joined("items", row.ref("id")) if item.choice("state", ITEM) == "valid"]
    return UnifiedTicket(
        id=row.id(), event_id=form.id("formSlug"), name=row.text("label"), description=row.plain("description"),
        price=row.minor("minAmount", "price", currency=currency), currency=currency,
        quantity_sold=len(sold) if row.option("count_sold") else None, status=form.choice("state", SALE),
        sales_start=row.moment("saleStartDate") or form.moment("saleStartDate"),
        sales_end=row.moment("saleEndDate") or form.moment("saleEndDate"),
        created_at=row.moment("meta.createdAt"), updated_at=row.moment("meta.updatedAt"))


def attendee(row: Row) -> UnifiedAttendee | None:
    if row.text("type") not in ("Registration", None) or row.text("order.formType") not in ("Event", None):
        return None
    currency = row.event.currency("currency")
    person = row.at("user") if row.at("user").name("firstName", "lastName") else row.at("payer")
    phones = [field.text("answer") for field in row.rows("customFields[]") if field.text("type") == "Phone"]
    return UnifiedAttendee(
        id=row.id(), event_id=row.ref("order.formSlug"), order_id=row.ref("order.id"), ticket_id=row.ref("tierId"),
        ticket_name=row.text("name"), first_name=person.text("firstName"), last_name=person.text("lastName"),
        email=row.text("payer.email"), phone=next(iter(phones), None), status=row.choice("state", ITEM),
        purchased_at=row.moment("order.date"), price=row.minor("amount", currency=currency), currency=currency,
        barcode=row.text("qrCode"), answers=row.pairs("customFields", "name", "answer"),
        created_at=row.moment("order.meta.createdAt"), updated_at=row.moment("order.meta.updatedAt"))


def order(row: Row) -> UnifiedOrder | None:
    """The whole organisation's orders are also those of memberships, donations and shops."""
    if row.text("formType") not in ("Event", None):
        return None
    currency = row.event.currency("currency")
    payments = [one for one in row.rows("payments[]") if one.choice("state", PAYMENT) == "paid"]
    operations = [one for payment in payments for one in payment.rows("refundOperations[]")]
    back = [one for one in operations if one.text("status") == "Processed"]
    paid = total((one.minor("amount", currency=currency) for one in payments), currency)
    refunded = total((one.minor("amount", currency=currency) for one in back), currency)
    tickets = [one for one in row.rows("items[]") if one.text("type") in ("Registration", None)]
    lines = [OrderLine(ticket_id=one.ref("tierId"), quantity=1, amount=added(
        [one.minor("amount", currency=currency), one.minor("options[].amount", currency=currency)])) for one in tickets]
    return UnifiedOrder(
        id=row.id(), status=order_status(said(row, bool(payments)), paid, refunded), placed_at=row.moment("date"),
        status_raw=", ".join(dict.fromkeys(row.texts("items[].state"))) or None,
        buyer_name=row.name("payer.firstName", "payer.lastName"), buyer_email=row.text("payer.email"),
        total=row.minor("amount.total", currency=currency), tax=row.minor("amount.vat", currency=currency),
        discount=row.minor("amount.discount", currency=currency), fees=zero(currency), refunded=refunded, paid=paid,
        currency=currency, ticket_count=sum(one.choice("state", ITEM) in ("valid", "pending") for one in tickets),
        event_ids=row.refs("formSlug"), lines=tuple(lines),
        created_at=row.moment("meta.createdAt"), updated_at=row.moment("meta.updatedAt"))


def said(row: Row, paid: bool) -> OrderStatus:
    items = {one.choice("state", ITEM) for one in row.rows("items[]")}
    awaited = not paid and any(one.choice("state", PAYMENT) == "pending" for one in row.rows("payments[]"))
    if awaited or items == {"pending"}:
        return "pending"
    if items == {"cancelled"}:
        return "cancelled"
    return "paid" if paid or "valid" in items else "unknown"


def listing(kind: str, form: str, meaning: Meaning, since: Since, **query: str) -> Stream:
    """Of one form, and of the whole organisation. `form` is where a row names its form."""
    return Stream(GET(f"{AT}/forms/Event/{{event}}/{kind}", withDetails="true", **query), "data", meaning, pager=pages,
                  wide=GET(f"{AT}/{kind}", withDetails="true", **query), since=since, event=form,
                  untold={"checked_in": ""})


newest: dict[str, Any] = {"tierTypes": "Registration", "sortField": "UpdateDate", "sortOrder": "Desc"}
items = listing("items", "order.formSlug", attendee, Since("changed", by="order.meta.updatedAt", stop=True), **newest)
provider = Provider(
    slug="helloasso", name="HelloAsso", website="https://www.helloasso.com", docs="https://dev.helloasso.com",
    base="https://api.helloasso.com/v5", auth="oauth2",
    hosts={"login": "https://api.helloasso.com", "auth": "https://auth.helloasso.com"},
    sign=OAuth2("login:/oauth2/token", ("refresh_token", "client_credentials"), authorize="auth:/authorize", pkce=True),
    credentials=(
        Credential("clientId", "Your organisation → API → Client ID", secret=False),
        Credential("clientSecret", "Your organisation → API → Client Secret"),
        Credential("accessToken", "Made for you from the client; or returned after the OAuth flow"),
        Credential("refreshToken", "Returned with the access token"),
        Credential("webhookSecret", "For partners: the signatureKey in the answer that sets the notification URL")),
    enough=(("clientId", "clientSecret"), ("accessToken",)),
    options=(
        Option("organization_slug", "Your organisation, as in its address; needed only where there are several"),
        Option("details", "One more call per event, for its place", True, "flag"),
        Option("count_sold", "Count sold tickets by reading all of them", False, "flag")),
    scopes=(Scope("organization_slug", GET("/users/me/organizations"), "", "organizationSlug", take="one"),),
    health=GET("/users/me/organizations"),
    streams={
        "events": Stream(GET(f"{AT}/forms", formTypes="Event"), "data", event, pager=pages,
                         since=Since("client", by="meta.updatedAt"), filters={"status": Filter("states", words=ASKED)},
                         lookup={"public": Lookup(GET(f"{AT}/forms/Event/{{row.formSlug}}/public"), when="details")}),
        "event": Stream(GET(f"{AT}/forms/Event/{{event}}/public"), "", event),
        "tickets": Stream(None, "tiers?", ticket, inside=True,
                          join={"items": Join("items", "tierId", when="count_sold")}),
        "items": items,
        "attendees": items,
        "orders": listing("orders", "formSlug", order, Since("created", "from"))},
    webhook=Webhook(
        Hmac("x-ha-signature"), optional=True, type="eventType",
        told={"Order": About("order", "data.id", "data.formSlug", only=("data.formType", "Event")),
              "Payment": About("order", "data.order.id", "data.order.formSlug", only=("data.order.formType", "Event")),
              "Form": About("event", "data.formSlug", only=("data.formType", "Event"))}),
    limitations=(
        "Mostly associations sell here; what a business sells may not be visible.",
        "There are no check-ins, no stock, and no counts of sold tickets but by reading them all (option count_sold).",
        "Orders can be asked for by their date, not by change."))

"""HelloAsso. Events are forms, ticket types their tiers, tickets items; cents; a continuation token that stays at the
end.

Docs: dev.helloasso.com and the OpenAPI document of its API v5. HelloAsso takes no fee; a buyer's tip to it is not the
organiser's money. An order has no status: its items tell whether it stands, its payments whether it was paid. Three
sets of states make this longer than others.
"""

from typing import Any

from connectors.auth import OAuth2
from connectors.models import OrderLine, OrderStatus, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import zero
from connectors.pagers import Cursor
from connectors.provider import GET, Credential, Filter, Join, Lookup, Option, Provider, Scope, Since, Stamps, Stream
from connectors.row import Row, in_minor, vocabulary
from connectors.shared import COUNT_SOLD, app_credentials
from connectors.webhook import About, Hmac, Webhook

FORM = vocabulary(live="Public Private", draft="Draft Disabled", cancelled="Deleted")
SALE = vocabulary(on_sale="Public Private", off_sale="Draft Disabled Deleted")
ITEM = vocabulary(valid="Processed Registered", pending="Waiting Unknown",
                  cancelled="Canceled Deleted Refused Abandoned")
PAYMENT = vocabulary(paid="Authorized Registered Refunded Refunding Contested",
                     pending="Pending Waiting WaitingBankValidation WaitingBankWithdraw WaitingAuthentication Init")
ASKED = {"live": ["Public", "Private"], "draft": ["Draft", "Disabled"]}
ZONE = "Europe/Paris"  # the service is French; its times carry an offset, no zone
AT = "/organizations/{organization_slug}"
pages = Cursor("continuationToken", next="pagination.continuationToken", size="pageSize", largest=100, stays=True)


def event(row: Row) -> UnifiedEvent:
    public = row.looked_up("public") or row
    return UnifiedEvent(
        id=row.id("formSlug"), name=row.plain("title"), description=row.plain("description"),
        status=row.choice("state", FORM), starts_at=row.moment("startDate"), ends_at=row.moment("endDate"),
        timezone=ZONE, venue=public.venue("place", "name", "address", "city", "country", postal_code="zipCode",
                                          latitude="geoLocation.latitude", longitude="geoLocation.longitude"),
        url=row.text("url"), image_url=row.text("banner.publicUrl", "logo.publicUrl"),
        currency=row.currency("currency"), category=public.text("activityType"))


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
        sales_end=row.moment("saleEndDate") or form.moment("saleEndDate"))


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
    amount = in_minor(currency)
    tickets = [one for one in row.rows("items[]") if one.text("type") in ("Registration", None)]
    payments = [one for one in row.rows("payments[]") if one.choice("state", PAYMENT) == "paid"]
    back = [one for payment in payments for one in payment.rows("refundOperations[]")
            if one.text("status") == "Processed"]
    return UnifiedOrder(
        id=row.id(), status=said(row, bool(payments)), placed_at=row.moment("date"),
        status_raw=", ".join(dict.fromkeys(row.texts("items[].state"))) or None,
        buyer_name=row.name("payer.firstName", "payer.lastName"), buyer_email=row.text("payer.email"),
        total=amount(row, "amount.total"), tax=amount(row, "amount.vat"), discount=amount(row, "amount.discount"),
        paid=amount.sum_or_zero(payments, "amount"), refunded=amount.sum_or_zero(back, "amount"),
        fees=zero(currency), currency=currency,
        ticket_count=sum(one.choice("state", ITEM) in ("valid", "pending") for one in tickets),
        lines=tuple(OrderLine(ticket_id=one.ref("tierId"), quantity=1,
                              amount=amount.sum_known([one], "amount", "options[].amount")) for one in tickets),
        event_ids=row.refs("formSlug"))


def said(row: Row, paid: bool) -> OrderStatus:
    items = {one.choice("state", ITEM) for one in row.rows("items[]")}
    awaited = not paid and any(one.choice("state", PAYMENT) == "pending" for one in row.rows("payments[]"))
    if awaited or items == {"pending"}:
        return "pending"
    return "cancelled" if items == {"cancelled"} else "paid" if paid or "valid" in items else "unknown"


def listing(kind: str, form: str, meaning: Any, since: Since, **query: str) -> Stream:
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
        *app_credentials("Your organisation → API", "Client ID", "Client Secret"),
        Credential("webhookSecret", "For partners: the signatureKey in the answer that sets the notification URL")),
    enough=(("clientId", "clientSecret"), ("accessToken",)),
    options=(
        Option("organization_slug", "Your organisation, as in its address; needed only where there are several"),
        Option("details", "One more call per event, for its place", True, "flag"), COUNT_SOLD),
    scopes=(Scope("organization_slug", GET("/users/me/organizations"), "", "organizationSlug", take="one"),),
    health=GET("/users/me/organizations"), stamps=Stamps("meta.createdAt", "meta.updatedAt"),
    webhook=Webhook(
        Hmac("x-ha-signature"), optional=True, type="eventType",
        told={"Order": About("order", "data.id", "data.formSlug", only=("data.formType", "Event")),
              "Payment": About("order", "data.order.id", "data.order.formSlug", only=("data.order.formType", "Event")),
              "Form": About("event", "data.formSlug", only=("data.formType", "Event"))}),
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
    limitations=(
        "Mostly associations sell here; what a business sells may not be visible.",
        "There are no check-ins, no stock, and no counts of sold tickets but by reading them all (option count_sold).",
        "Orders can be asked for by their date, not by change."))

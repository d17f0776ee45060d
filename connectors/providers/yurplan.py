"""Yurplan. Everything under `results`; ranges of 30; an ordinary list comes with status 206; Unix seconds; euros.

No description of the API is public: this is what its clients read. Numbers for the status of orders and tickets mean
what nobody has written down, so they are kept and not interpreted. Neither currency nor zone is named: the service is
French. The newest change comes first.
"""

from typing import Any

from connectors.auth import OAuth2
from connectors.models import TicketStatus, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import Sale, zero
from connectors.pagers import Offset
from connectors.provider import GET, Credential, Join, Meaning, Option, Provider, Scope, Since, Stamps, Stream
from connectors.row import Row, Unreadable
from connectors.shared import refusal
from connectors.webhook import Webhook

CURRENCY, ZONE = "EUR", "Europe/Paris"
ORGANIZATION = "/orgas/{organization_id}"
SALE: dict[bool | None, TicketStatus] = {True: "on_sale", False: "off_sale"}


def event(row: Row) -> UnifiedEvent:
    return UnifiedEvent(
        id=row.id(), name=row.text("name"), description=row.plain("description"),
        status="cancelled" if row.flag("is_canceled") else "draft" if row.flag("is_draft") else "live",
        starts_at=row.unix("begin"), ends_at=row.unix("end"), timezone=ZONE,
        venue=row.venue("place", "name", "city", "country", "latitude", "longitude", address="streets",
                        postal_code="zipcode"),
        url=row.text("link", "widget_url"), image_url=row.text("pictures.big"), currency=CURRENCY,
        category=row.text("type.name"))


def type_name(row: Row) -> str | None:
    return " - ".join(filter(None, (row.text("name"), row.text("category.label")))) or None


def ticket(row: Row) -> UnifiedTicket:
    return UnifiedTicket(
        id=row.id(), event_id=row.ref("ticketing.event_id"), name=type_name(row),
        price=zero(CURRENCY) if row.flag("is_free") else row.major("amount", currency=CURRENCY), currency=CURRENCY,
        quantity_sold=row.linked("counts", "id").whole("total_ticket"),
        status=SALE.get(row.flag("is_active"), "unknown"))


def attendee(row: Row) -> UnifiedAttendee:
    entries, count = row.value("checking_informations"), row.whole("count_checked")
    return UnifiedAttendee(
        id=row.id(), ticket_id=row.ref("type_ticket.id"), ticket_name=type_name(row.linked("types", "type_ticket.id")),
        first_name=row.text("first_name"), last_name=row.text("last_name"), email=row.text("owner.email_address"),
        status_raw=row.text("status"), checked_in=None if entries is None and count is None else bool(entries or count),
        purchased_at=row.unix("buy_date"), barcode=row.text("token"))


def order(row: Row) -> UnifiedOrder:
    return UnifiedOrder(
        id=row.id(), status_raw=row.text("status"), placed_at=row.unix("created_at"), event_ids=row.refs("event"),
        total=row.major("amount", currency=CURRENCY), currency=CURRENCY)


def sale(row: Row) -> Sale:
    """The platform's own report: a row for each organiser of the event."""
    gross = row.major("total_ticketing", currency=CURRENCY)
    if gross is None:
        raise Unreadable("total_ticketing", "no amount")
    return Sale(id=row.path, order=None, currency=CURRENCY, gross=gross,
                refunded=row.major("total_payment_refund", currency=CURRENCY),
                fees=row.major("total_com_ticketing", currency=CURRENCY), tickets=row.whole("total_ticket"))


def listing(path: str, meaning: Meaning | None, since: Since, **more: Any) -> Stream:
    call = GET(path, orderBy="updated_at") if since.stop else GET(path)
    wide = call if "{event}" not in path else None
    ranges = Offset("range", largest=30, more="paging.cursors.next", form="{start}-{end}")
    return Stream(call, "results", meaning, wide=wide, pager=ranges, since=since, evidence="partial", **more)


read_all = Since("client", by="updated_at", format="unix")
newest_first = Since("changed", by="updated_at", format="unix", stop=True)
provider = Provider(
    slug="yurplan", name="Yurplan", website="https://www.yurplan.com", docs="https://api.yurplan.com/docs",
    base="https://api.yurplan.com/v1", auth="api_key",
    sign=OAuth2("api:/token", ("password", "client_credentials"), scope="pro", key="apiKey",
                answer="results.access_token"),
    credentials=(
        Credential("apiKey", "Yurplan organiser account → API → Generate key"),
        Credential("clientId", "From Yurplan's team, with the client secret: of your own application", secret=False),
        Credential("clientSecret", "From Yurplan's team, with the client id"),
        Credential("username", "The organiser's access key, for a partner's application", secret=False),
        Credential("password", "The organiser's secret key, for a partner's application"),
        Credential("accessToken", "Made for you from the client")),
    enough=(("apiKey",), ("clientId", "clientSecret")), stamps=Stamps("created_at", "updated_at", unix=True),
    faults=refusal("auth", "error_code", "token", status=(400, 403)),  # what is wrong with a token is said by its code
    options=(Option("organization_id", "One organisation; all that the key sees if not given"),),
    scopes=(Scope("organization_id", GET("/orgas", range="0-30"), "results"),), health=GET("/orgas", range="0-1"),
    webhook=Webhook(evidence="partial"),
    streams={
        "events": listing(f"{ORGANIZATION}/events", event, read_all),
        "event": Stream(GET("/events/{event}"), "results", event, evidence="partial"),
        "counts": Stream(GET("/events/{event}/checking/stats"), "results", evidence="partial"),
        "tickets": listing("/events/{event}/typetickets", ticket, newest_first, join={"counts": Join("counts", "id")}),
        "attendees": listing("/events/{event}/tickets", attendee, read_all, join={"types": Join("tickets", "id")}),
        "orders": listing(f"{ORGANIZATION}/orders", order, newest_first, mixed="event", untold={"buyer_email": ""}),
        "sales": Stream(GET("/events/{event}/ticketing/stats"), "results", sale, basis="provider_report",
                        unreported=("taxes",), evidence="partial")},
    limitations=(
        "No description of the API is public; what is read here is what its clients read.",
        "The status of orders and tickets is a number of unknown meaning, so it is unknown here; orders name no buyer.",
        "Amounts are taken to be euros, times to be those of Paris.",
        "Revenue is Yurplan's own report, which is some time behind; it tells neither taxes nor how many orders.",
        "Of more than 30 organisations the first 30 are read, unless the option organization_id names one."))

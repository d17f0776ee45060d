"""Billetto. An address per country; minor units as numbers or text; every link to another record is an id until it is
expanded.

Docs: api.billetto.com. The filter by event of the account's lists is named in two ways by those who use it, and one of
them is not heeded: both are sent, and what belongs to another event is left out here. Times are UTC, of no zone.
Longer than others, as much is in one place where a link is expanded and in another where it is not.
"""

from typing import Any

from connectors.auth import Header
from connectors.models import OrderLine, OrderStatus, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import order_status, times
from connectors.pagers import Cursor
from connectors.provider import GET, Credential, Join, Meaning, Option, Provider, Since, Stamps, Stream
from connectors.row import Row, earliest, in_minor, vocabulary
from connectors.shared import COUNT_SOLD
from connectors.webhook import About, Hmac, Webhook

EVENT = vocabulary(draft="draft", live="publishing published", completed="completed",
                   cancelled="canceled cancelled deleted")
SALE = vocabulary(on_sale="publishing published", off_sale="draft canceled cancelled deleted", ended="completed")
ATTENDEE = vocabulary(valid="sold manually_generated door_sale mass_generated", pending="reserved draft available",
                      refunded="refunded", cancelled="cancelled canceled failed")
ORDER = vocabulary(paid="successful", pending="pending", expired="failed")
PARTS = ("location", "venue", "editorial")
# Only a seated event has a venue, which lies in a location of its own.
PLACE = {name: tuple(f"{at}.{path}" for at in ("location", "venue.location") for path in paths) for name, paths in {
    "address": ("address_line_1", "full_address"), "city": ("city",), "postal_code": ("postal_code",),
    "country": ("country_code",), "latitude": ("latitude",), "longitude": ("longitude",)}.items()}
IMAGES = [f"{at}gallery_items.data[0].{size}_url" for at in ("editorial.", "")
          for size in ("original", "huge", "share", "cropped")]

pages = Cursor("after", link="next_url", more="has_more", count="total", size="limit", largest=100)
changed = Since("client", by="updated_at")


def event(row: Row) -> UnifiedEvent:
    return UnifiedEvent(
        id=row.id(), name=row.text("name"), status=row.choice("state", EVENT),
        description=row.plain("editorial.description", "description", "editorial.description_html", "description_html"),
        starts_at=row.moment("starts_at"), ends_at=row.moment("ends_at"),
        venue=row.venue("", name=("venue.name", "location.name", "venue.location.name"), **PLACE),
        online=row.flag("online_event"), url=row.text("public_url"), image_url=row.text(*IMAGES),
        currency=row.currency("currency"), capacity=row.whole("max_capacity", "total_capacity"),
        category=row.text("categorisation.category", "category"), series_id=row.ref("parent"))


def ticket(row: Row) -> UnifiedTicket:
    currency, issued = row.event.currency("currency"), row.joined("issued", row.id())
    return UnifiedTicket(
        id=row.id(), name=row.text("name"), description=row.plain("description"),
        price=row.minor("price", "prices.data[0].price", currency=currency), currency=currency,
        quantity_total=row.whole("quantity"), quantity_sold=standing(issued) if row.option("count_sold") else None,
        status=row.event.choice("state", SALE), sales_start=row.moment("sells_from"), sales_end=row.moment("sells_to"))


def standing(issued: list[Row]) -> int:
    return sum(one.choice("state", ATTENDEE) == "valid" for one in issued)


def attendee(row: Row) -> UnifiedAttendee:
    currency = row.event.currency("currency")
    entries = [scan for scan in row.rows("scannings.data[]") if scan.text("status") in ("accepted", None)]
    return UnifiedAttendee(
        id=row.id(), event_id=row.ref("event"), order_id=row.ref("order"), ticket_id=row.ref("ticket_type"),
        ticket_name=row.linked("types", "ticket_type").text("name"), name=row.text("name"), email=row.text("email"),
        phone=row.text("phone_number"), barcode=row.text("barcode"),
        status=row.choice("state", ATTENDEE), checked_in=bool(entries) if row.has("scannings") else None,
        checked_in_at=earliest(scan.moment("created_at") for scan in entries),
        purchased_at=row.moment("created_at"), price=row.minor("price", currency=currency), currency=currency,
        answers=row.pairs("booking_question_responses.data", ("question.name", "question"), ("answer", "text")))


def order(row: Row) -> UnifiedOrder:
    """The subtotal is without the buyer's fee, so what was paid is what the transactions say, where there are any. A
    line names its ticket type by words alone.
    """
    currency, said = row.currency("currency"), row.choice("state", ORDER)
    amount = in_minor(currency)
    moved = [one for one in row.rows("order_transactions.data[]") if one.text("state") == "successful"]
    subtotal, paid = amount(row, "subtotal"), amount.sum_known(moved, "amount")
    paid = subtotal if paid is None and said == "paid" else paid
    refunded = amount.sum_or_zero(moved, "refunded_amount") if row.has("order_transactions") else None
    status = order_status(said, paid, refunded)
    return UnifiedOrder(
        id=row.id(), status=status, buyer_name=row.text("buyer_name"), buyer_email=row.text("email"),
        placed_at=row.moment("created_at"), total=subtotal if paid is None else paid, paid=paid, refunded=refunded,
        fees=amount.sum_known([row], "billetto_fees", "payment_fees"), currency=currency,
        ticket_count=count(row, status), event_ids=row.refs("event"),
        lines=tuple(OrderLine(ticket_id=line.ref("ticket_type") or line.sole("types", line.text("name")).ref("id"),
                              quantity=line.whole("quantity"),
                              amount=times(amount(line, "unit_price"), line.whole("quantity")))
                    for line in row.rows("order_lines.data[]")))


def count(row: Row, status: OrderStatus) -> int | None:
    """Of an order that was refunded in part only its attendees tell how many are left."""
    if status in ("paid", "pending"):
        return row.whole("order_lines.data[].quantity")
    return 0 if status in ("refunded", "expired") else None


def sale(row: Row) -> UnifiedOrder:
    return order(row).model_copy(update={"ticket_count": standing(row.joined("issued", row.id()))})


def orders(meaning: Meaning, **more: Any) -> Stream:
    expand = "data.order_lines,data.order_transactions"
    since = Since("changed", "updated_after", format="%Y-%m-%d", by="updated_at", begins="created_at")
    return Stream(GET("/organiser/orders", event="{event}", event_id="{event}", expand=expand), "data", meaning,
                  wide=GET("/organiser/orders", expand=expand), pager=pages, since=since, event="event", mixed="event",
                  evidence="partial", **more)


provider = Provider(
    slug="billetto", name="Billetto", website="https://billetto.co.uk", docs="https://api.billetto.com",
    base="https://{domain}/api/v3", auth="api_key", sign=Header(**{"Api-Keypair": "{apiKey}{:apiSecret}"}),
    credentials=(
        Credential("apiKey", "Menu → Integrate → Developers → Create key pair: the access key id", holds="apiSecret"),
        Credential("apiSecret", "Shown once, when the key pair is created; or write id:secret as apiKey"),
        Credential("webhookSecret", "Of the webhook, as Billetto gives it when a secret is made for it")),
    enough=(("apiKey", "apiSecret"),),
    options=(
        Option("domain", "The Billetto of your country, such as billetto.dk", "billetto.co.uk"), COUNT_SOLD),
    stamps=Stamps("created_at", "updated_at"), health=GET("/organiser/events", limit="1"),
    webhook=Webhook(
        Hmac("Billetto-Signature", time="t"), type="action", evidence="partial",
        told={"order.*": About("order", "data.id", "data.event"),
              "attendee.*": About("attendee", "data.id", "data.event"), "event.*": About("event", "data.id")}),
    streams={
        "events": Stream(GET("/organiser/events", expand=",".join(f"data.{part}" for part in PARTS)), "data", event,
                         pager=pages, since=changed, exact=True),
        "event": Stream(GET("/organiser/events/{event}", expand=",".join(PARTS)), "", event),
        "tickets": Stream(GET("/organiser/ticket_types", event="{event}", event_id="{event}"), "data", ticket,
                          pager=pages, since=changed, event="event", mixed="event", evidence="partial",
                          join={"issued": Join("attendees", "ticket_type", when="count_sold")}),
        "attendees": Stream(GET("/organiser/events/{event}/attendees", expand="data.scannings"), "data", attendee,
                            wide=GET("/organiser/attendees", expand="data.scannings"), pager=pages, since=changed,
                            event="event", join={"types": Join("tickets", "id")}),
        "orders": orders(order, join={"types": Join("tickets", "name")}),
        "sales": orders(sale, join={"issued": Join("attendees", "order")}, unreported=("taxes",))},
    limitations=(
        "An account belongs to the Billetto of one country, which the option domain names.",
        "Only orders can be asked for by change; of the other lists all is read, and older records dropped here.",
        "Orders tell no taxes. Where one tells no payment, its subtotal counts, without the buyer's fee.",
        "There are no counts of sold tickets but by reading them all (option count_sold).",
        "A cancelled order is one that was refunded; test orders cannot be told apart."))

"""RegFox, of Webconnex. A form is the event, a registrant the issued ticket; decimal text; a cursor that is opaque.

Docs: docs.webconnex.io/api/v2, and answers recorded of TicketSpice, which is the same API. Dates, zone and currency
are in the form alone, not in the list of forms. Ticket types are options somewhere in the form's tree, their stock is
an inventory beside it, what a registrant chose and is called is in the answers. An order knows no refunds, a
transaction does. Five places for what others tell in two: hence the length of this file.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from connectors import stock
from connectors.auth import Header
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import Sale, zero
from connectors.pagers import Cursor
from connectors.provider import GET, Credential, Filter, Join, Lookup, Meaning, Option, Provider, Since, Stamps, Stream
from connectors.row import Row, Unreadable, in_major, vocabulary
from connectors.shared import refusal
from connectors.webhook import About, Hmac, Webhook

FORM = vocabulary(live="open closed", draft="scheduled", completed="archived", cancelled="deleted")
SALE = vocabulary(on_sale="open", scheduled="scheduled", off_sale="closed archived deleted")
WAITING = ("pending", "pending offline payment", "pending final payment", "pending transfer", "waitlisted")
PERSON = vocabulary(valid="completed 3", pending=WAITING, cancelled="canceled", transferred="transferred")
ORDER = vocabulary(paid="completed 3", pending=WAITING, cancelled="canceled", expired="abandoned")
COMPLETED = ("completed", "3")  # older records have numbers for words
PAID, GIVEN_BACK, NO_MONEY = ("charge", "cash"), ("refund", "chargeback"), ("preauth", "voucher")
pages = Cursor("startingAfter", next="startingAfter", more="hasMore", size="limit", largest=50, count="totalResults")


def event(row: Row) -> UnifiedEvent:
    """A form is open from its making on, and has no address before it is published."""
    form, path, status = row.looked_up("form") or row, row.text("publishedPath"), row.choice("status", FORM)
    return UnifiedEvent(
        id=row.id(), name=row.text("name"), status="draft" if status == "live" and path is None else status,
        starts_at=form.moment("eventStart"), ends_at=form.moment("eventEnd"), timezone=form.text("timeZone"),
        url=f"https://{path}" if path else None,
        currency=form.currency("currency"))


def options(form: Row) -> Iterator[Row]:
    """The options of every registration question, wherever it stands; of a TicketSpice form, the levels."""
    for question in form.descend("children"):
        if question.text("type") == "regOptions":
            yield from question.rows("options[]")
            yield from question.rows("children[]")
    yield from form.descend("levels")


def ticket(row: Row) -> UnifiedTicket:
    form, currency = row.event, row.event.currency("currency")
    limit = row.whole("attributes.inventory") if row.flag("attributes.limitedInventory") else None
    total, sold = in_stock(row, "quantity"), in_stock(row, "sold")
    hidden = row.flag("attributes.visible") is False
    return UnifiedTicket(
        id=f"{form.id()}-{row.id('key')}", event_id=form.id(), name=row.plain("attributes.label", "label"),
        description=row.plain("attributes.description"), currency=currency,
        price=row.major("attributes.amount", "attributes.price", "amount", "price", currency=currency),
        quantity_total=limit if total is None else total, quantity_sold=sold,
        status="hidden" if hidden else stock.status(form.choice("status", SALE), stock.left(total, sold)),
        sales_start=form.moment("registrationStart"), sales_end=form.moment("registrationEnd"))


def in_stock(row: Row, figure: str) -> int | None:
    """Of the option's own record; where each date has one (they have a key) and all the sales, of those together."""
    path = f"{row.up.text('key')}.{row.text('key')}"
    records = row.joined("inventory", f"registrants.{path}") or row.joined("inventory", path)
    whole = [record for record in records if not record.has("key")]
    dates = [record for record in records if record.has("key")]
    by_date = any(date.whole("sold") for date in dates) and not any(record.whole("sold") for record in whole)
    figures = [record.whole(figure) for record in (dates if by_date else whole)]
    return sum(filter(None, figures)) if figures and None not in figures else None


def chosen(registrant: Row) -> tuple[str | None, str | None]:
    """The id and name of the ticket type. Options are numbered anew in each form."""
    said = registrant.pairs("fieldData", "path", "value") or {}
    labels = registrant.pairs("fieldData", "path", "label") or {}
    question = next((path for path in said if re.fullmatch(r"registrationOptions\d*", path)), None)
    if question is None:
        return None, None
    return f"{registrant.ref('formId')}-{said[question]}", labels.get(f"{question}.{said[question]}")


def attendee(row: Row) -> UnifiedAttendee | None:
    """An abandoned one is a cart that nobody paid for. Who was not asked for a name has the buyer's."""
    if row.text("status") == "abandoned":
        return None
    said, currency = row.pairs("fieldData", "path", "value") or {}, row.currency("currency")
    kind, kind_name = chosen(row)
    names = first(said, r"name\d*\.first"), first(said, r"name\d*\.last")
    first_name, last_name = names if any(names) else (row.text("billing.firstName"), row.text("billing.lastName"))
    return UnifiedAttendee(
        id=row.id(), event_id=row.ref("formId"), order_id=row.ref("orderId"), ticket_id=kind, ticket_name=kind_name,
        first_name=first_name, last_name=last_name, email=first(said, r"email\d*") or row.text("orderEmail"),
        phone=first(said, r"phone\d*"), status=row.choice("status", PERSON), checked_in=row.flag("checkedIn"),
        checked_in_at=row.moment("dateCheckedIn"), purchased_at=row.moment("dateCreated"),
        price=row.major("total", currency=currency), currency=currency, barcode=row.text("displayId"),
        answers=said or None)


def first(said: Mapping[str, str], path: str) -> str | None:
    """A field that was taken out of a form and put in again has a number behind its name."""
    return next((value for known, value in said.items() if re.fullmatch(path, known)), None)


def order(row: Row) -> UnifiedOrder:
    """What moved is known from its transactions, or where it costs nothing."""
    currency, people, payments = row.currency("currency"), row.rows("registrants[]"), row.joined("payments", row.id())
    amount = row.major("total", currency=currency)
    paid, refunded = (moved(payments, kinds, currency) if payments or amount == 0 else None
                      for kinds in (PAID, GIVEN_BACK))
    return UnifiedOrder(
        id=row.id(), status=row.choice("status", ORDER),
        buyer_name=row.name("billing.firstName", "billing.lastName"),
        buyer_email=next(filter(None, (one.text("orderEmail") for one in [row, *people, *payments])), None),
        placed_at=row.moment("dateCreated"), total=amount, paid=paid, refunded=refunded, currency=currency,
        event_ids=row.refs("formId"),
        lines=tuple(OrderLine(ticket_id=chosen(one)[0], quantity=1, amount=one.major("total", currency=currency))
                    for one in people),
        ticket_count=sum(one.choice("status", PERSON) in ("valid", "pending") for one in people) if people else None)


def moved(transactions: list[Row], kinds: tuple[str, ...], currency: str | None) -> Decimal:
    """The sum of the completed ones of these kinds. Whether a refund's total is negative is not documented."""
    done = [one for one in transactions if one.text("status") in COMPLETED and one.text("transactionType") in kinds]
    return in_major(currency, unsigned=True).sum_or_zero(done, "total")


def payment(row: Row) -> Sale | None:
    kind, currency = row.text("transactionType"), row.currency("currency")
    if kind in NO_MONEY or row.text("status") not in COMPLETED:
        return None
    if kind not in (*PAID, *GIVEN_BACK):
        raise Unreadable("transactionType", f"{kind} is neither money in nor money back")
    return Sale(id=row.id(), order=row.id("orderId"), currency=currency, gross=moved([row], PAID, currency),
                refunded=moved([row], GIVEN_BACK, currency), tickets=0)


def entry(row: Row) -> Sale | None:
    """A registrant counts; the money is in the transactions."""
    if row.choice("status", PERSON) != "valid":
        return None
    return Sale(id=f"registrant {row.id()}", order=row.id("orderId"), currency=None, gross=zero(None),
                refunded=zero(None), tickets=1)


def listing(kind: str, meaning: Meaning | None = None, filters: Mapping[str, Filter] | None = None, **more: Any
            ) -> Stream:
    query = {"product": "{product}", "[]expand": "registrants"} if kind == "orders" else {"product": "{product}"}
    return Stream(GET(f"/search/{kind}", formId="{event}", **query), "data", meaning, pager=pages,
                  wide=GET(f"/search/{kind}", **query), since=Since("changed", "dateUpdatedAfter"),
                  filters=filters or {}, **more)


provider = Provider(
    slug="regfox", name="RegFox", website="https://www.regfox.com", docs="https://docs.webconnex.io/api/v2/",
    base="https://api.webconnex.com/v2/public", auth="api_key", sign=Header(apiKey="{apiKey}"),
    health=GET("/ping"), rate_limit=(900, 900), stamps=Stamps("dateCreated", "dateUpdated"),
    faults=refusal("empty", "error.code", "8400"),  # a form that was never published has no inventory yet
    credentials=(
        Credential("apiKey", "RegFox / Webconnex account → Integrations → API token"),
        Credential("webhookSecret", "RegFox / Webconnex account → Integrations → the webhook's Signing Secret")),
    options=(
        Option("product", "Which Webconnex product: a key covers the account's forms of all", "regfox.com"),
        Option("payments", "Read an event's transactions beside its orders, for what was paid and given back", True,
               "flag")),
    webhook=Webhook(
        Hmac("X-Webconnex-Signature"), type="eventType", delivery="header:X-Webconnex-Delivery",
        told={"registration": About("order", "data.lookupId", "formId"), "inventory_*": About("ticket", None, "formId"),
              "publish": About("event", "formId")}),
    streams={
        "events": Stream(GET("/forms", product="{product}"), "data", event, pager=pages, exact=True,
                         since=Since("client", by="dateUpdated"),
                         lookup={"form": Lookup(GET("/forms/{row.id}"), "data")}),
        "event": Stream(GET("/forms/{event}"), "data", event),
        "inventory": Stream(GET("/forms/{event}/inventory"), "data"),
        "tickets": Stream(None, options, ticket, inside=True, join={"inventory": Join("inventory", key="path")},
                          evidence="partial"),
        "transactions": listing("transactions"),
        "attendees": listing("registrants", attendee, {"status": Filter("status", words={
            "valid": "completed", "cancelled": "canceled", "transferred": "transferred"})}),
        "orders": listing("orders", order, {"status": Filter("status", words={
            "paid": "completed", "expired": "abandoned"}), "buyer_email": Filter("orderEmail")},
            event="formId", join={"payments": Join("transactions", key="orderId", when="payments")}),
        "sales": (listing("transactions", payment, basis="payments", unreported=("taxes", "fees")),
                  listing("registrants", entry))},
    limitations=(
        "Each form is one more call, as a list of forms has no dates, zone or currency. There are no venues.",
        "Only options with a limited supply tell how many were sold.",
        "Test transactions are not told apart from others. A refund does not count as a change of its order.",
        "Fees and taxes are parts of a form that its maker names freely, so both are unknown."))

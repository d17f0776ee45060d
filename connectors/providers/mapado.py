"""Mapado. JSON-LD: ids are the last part of a path, linked records a path or an object; `fields` says what is given.

Docs: ticketing.mapado.net/doc.html and help.mapado.com. A ticketing is a show and an event date one performance of it,
which has the stock and the prices: that is the event here. Orders have amounts in a unit that is not stated, and may be
over several dates, so they are put together from their tickets. Paid is spelt `payed`. Longer than others,
as each field that is read has to be asked for by name.
"""

from decimal import Decimal
from typing import Any

from connectors.auth import Header
from connectors.issued import Issued, order_of
from connectors.models import TicketStatus, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import included, plus
from connectors.pagers import Pages
from connectors.provider import GET, Credential, Filter, Join, Lookup, Meaning, Option, Provider, Since, Stream, Unless
from connectors.row import Row, earliest, in_minor, latest, vocabulary
from connectors.shared import CALL_TO_COUNT

EVENT = vocabulary(draft="draft", live="opened closed", cancelled="cancelled")
TICKET = vocabulary(valid="payed", pending="booked", refunded="refunded", cancelled="cancelled")
ORDER = vocabulary(pending="awaiting_payment", expired="failed", paid="payed refunded_partially refunded_totally")
PERSON = "firstname,lastname,email,phone"
DATES = """@id,startDate,endDate,startOfEventDay,endOfEventDay,status,totalStock,unlimitedStock,createdAt,updatedAt,
    ticketing{@id,title,description,type,timezone,currency,mediaList,ticketingCategory,
    venue{name,address,city,zipCode,countryCode}}"""
PRICES = """@id,id,name,description,type,facialValue,currency,tax{rate},saleStartDate,saleEndDate,totalStock,
    unlimitedStock,enabled,buyable,visible"""
TICKETS = f"""@id,status,facialValue,facialFeeValue,currency,ticketPrice,ticketPriceName,eventDate,
    order{{@id,status,createdAt,updatedAt,customer{{{PERSON}}}}},participant{{{PERSON}}},boughtAt,updatedAt,imported,
    ticketCheckpointList{{firstScannedDate,currentValidScanNb}}"""
pages = Pages("page", "itemsPerPage", largest=100, count="hydra:totalItems",
              more=("hydra:nextPage", "hydra:view.hydra:next"), silence_ends=True)


def event(row: Row) -> UnifiedEvent | None:
    if row.text("ticketing.type") == "offer":
        return None
    zone, image = row.text("ticketing.timezone"), row.text("ticketing.mediaList[0].path")
    return UnifiedEvent(
        id=row.id("@id"), name=row.text("ticketing.title"), description=row.plain("ticketing.description"),
        status=row.choice("status", EVENT), starts_at=row.moment("startDate", "startOfEventDay", zone=zone),
        ends_at=row.moment("endDate", "endOfEventDay", zone=zone), timezone=zone,
        venue=row.venue("ticketing.venue", "name", "address", "city", postal_code="zipCode", country="countryCode"),
        image_url=f"https://img.mapado.net/{image}" if image else None, currency=row.currency("ticketing.currency"),
        capacity=None if row.flag("unlimitedStock") else row.whole("totalStock"), series_id=row.ref("ticketing"),
        category=row.ref("ticketing.ticketingCategory"), created_at=row.moment("createdAt"),
        updated_at=row.moment("updatedAt"))


def ticket(row: Row) -> UnifiedTicket:
    currency, sold = row.currency("currency"), row.looked_up("sold")
    return UnifiedTicket(
        id=row.id("@id"), name=row.text("name", "type"), description=row.plain("description"),
        price=row.minor("facialValue", currency=currency), currency=currency,
        quantity_total=None if row.flag("unlimitedStock") else row.whole("totalStock"),
        quantity_sold=counted(sold) if sold else None, status=on_sale(row), sales_start=row.moment("saleStartDate"),
        sales_end=row.moment("saleEndDate"))


def counted(answer: Row) -> int | None:
    """An empty answer may leave out the total."""
    return answer.whole("hydra:totalItems") if answer.has("hydra:member") else 0


def on_sale(row: Row) -> TicketStatus:
    if row.flag("visible") is False:
        return "hidden"
    flags = [row.flag("enabled"), row.flag("buyable")]
    return "off_sale" if False in flags else "on_sale" if True in flags else "unknown"


def attendee(row: Row) -> UnifiedAttendee:
    named = row.at("participant").name("firstname", "lastname")
    person, currency = row.at("participant" if named else "order.customer"), row.currency("currency")
    scans = [one for one in row.rows("ticketCheckpointList[]") if one.whole("currentValidScanNb")]
    return UnifiedAttendee(
        id=row.id("@id"), event_id=row.ref("eventDate"), order_id=row.ref("order"), ticket_id=row.ref("ticketPrice"),
        ticket_name=row.text("ticketPriceName"), first_name=person.text("firstname"),
        last_name=person.text("lastname"), email=person.text("email"), phone=person.text("phone"),
        status=row.choice("status", TICKET),
        checked_in=None if row.value("ticketCheckpointList") is None else bool(scans),
        checked_in_at=earliest(one.moment("firstScannedDate") for one in scans), purchased_at=row.moment("boughtAt"),
        price=face_value(row, currency), currency=currency, created_at=row.moment("order.createdAt"),
        updated_at=row.moment("updatedAt"))


def face_value(row: Row, currency: str | None) -> Decimal | None:
    """A valid ticket's own value may be missing or negative: then it is that of its price."""
    amount = in_minor(currency)
    own = amount(row, "facialValue")
    return amount(row.linked("prices", "ticketPrice"), "facialValue") if own is None or own < 0 else own


def issued(row: Row) -> Issued | None:
    """Tickets of another seller were imported without a price."""
    if row.flag("imported") and row.ref("ticketPrice") is None:
        return None
    currency = row.currency("currency")
    value, fee = face_value(row, currency), row.minor("facialFeeValue", currency=currency)
    return Issued(
        id=row.id("@id"), order=row.ref("order") or row.id("@id"), event=row.ref("eventDate"),
        kind=row.ref("ticketPrice"), status=row.choice("status", TICKET), currency=currency, amount=plus(value, fee),
        fee=fee, tax=included(value, row.linked("prices", "ticketPrice").rate("tax.rate"), currency))


def order(rows: list[Row]) -> UnifiedOrder | None:
    """The tickets of one order for one event date; imported ones have no order."""
    first, purchase = rows[0], rows[0].at("order")
    if first.ref("order") is None:
        return None
    return order_of(
        first.id("order"), first.currency("currency"), filter(None, map(issued, rows)),
        purchase.choice("status", ORDER) if purchase.has("status") else None, fees=None,
        status_raw=purchase.text("status"), buyer_name=purchase.name("customer.firstname", "customer.lastname"),
        buyer_email=purchase.text("customer.email"), placed_at=purchase.moment("createdAt") or first.moment("boughtAt"),
        updated_at=latest(one.moment("updatedAt") for one in rows))


def asked(fields: str, **more: Any) -> dict[str, Any]:
    """Without a contract the user's own records are asked for: else public ones of others may be among them."""
    return {"fields": "".join(fields.split()), "contract": "{contract}", "user": Unless("contract", "me"), **more}


def sold(meaning: Meaning, **more: Any) -> Stream:
    return Stream(GET("/tickets", **asked(TICKETS, eventDate="{event}")), "hydra:member", meaning, pager=pages, **more)


count = GET("/tickets", **asked("@id", ticketPrice="{row.id}", status="payed", itemsPerPage="1"))
priced = {"prices": Join("tickets", "@id")}
provider = Provider(
    slug="mapado", name="Mapado", website="https://www.mapado.com", docs="https://ticketing.mapado.net/doc.html",
    base="https://ticketing.mapado.net/v1", auth="api_key",
    sign=Header(Authorization="Bearer {apiKey}", Accept="application/ld+json"),
    credentials=(Credential("apiKey", "accounts.mapado.com/applications → application tokens → Authentication token"),),
    options=(
        Option("contract", "The number of your contract; all that the token's user sees if not given"), CALL_TO_COUNT),
    health=GET("/ticketings", **asked("@id", itemsPerPage="1")),
    streams={
        "events": Stream(GET("/event_dates", **asked(DATES, dateMaybeNull="true")), "hydra:member", event, pager=pages,
                         since=Since("client", by="updatedAt"),
                         filters={"status": Filter("status", words={"draft": "draft", "cancelled": "cancelled"})}),
        "event": Stream(GET("/event_dates/{event}", fields="".join(DATES.split())), "", event),
        "tickets": Stream(GET("/ticket_prices", **asked(PRICES, eventDate="{event}")), "hydra:member", ticket,
                          pager=pages, lookup={"sold": Lookup(count, when="count_sold")}),
        "attendees": sold(attendee, wide=GET("/tickets", **asked(TICKETS)), since=Since("changed", "updatedSince")),
        "orders": sold(order, group="order", join=priced, since=Since("client", by="updatedAt"), evidence="partial"),
        "sales": sold(issued, join=priced, basis="tickets", unreported=("fees",))},
    limitations=(
        "Only tickets can be asked for by change. Orders are listed per event, as a part of each order is.",
        "A ticket that ended unpaid and one that was taken back without a refund are alike, and count as not sold.",
        "There are no public addresses of events, no bar codes, and no counts of sold tickets (option count_sold).",
        "What Mapado itself charges is not in its API, so fees are unknown; a fee on a ticket counts as paid."))

"""See Tickets in the United Kingdom. Events from a search, everything else from the sales report of an event.

There is no public documentation; fields and calls are those that code in use reads. A row of the report is a sale of
some tickets of one kind, given back ones are negative; rows with one `uniqueCode` are one purchase. What buyers paid is
`grossSales`, `grossFace` is that without what the platform keeps. Nobody is named. Times are those of London.
Longer than others, as each record has to be put together from rows.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from connectors.auth import Header
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import Sale, less
from connectors.pagers import Offset
from connectors.provider import GET, POST, Credential, Provider, Stream
from connectors.row import Row, Unreadable, in_major

ZONE = "Europe/London"
pages = Offset("offset", "limit", 100)


def event(row: Row) -> UnifiedEvent:
    return UnifiedEvent(
        id=row.id(), name=row.text("name"), status="live", starts_at=row.moment("starts", "doorsOpen", zone=ZONE),
        timezone=ZONE, venue=row.venue("", name="venueName"))


def amount(row: Row, *paths: str) -> Decimal | None:
    return row.major(*paths, currency=row.currency("currency"))


def is_back(row: Row) -> bool:
    return (row.whole("sold") or 0) < 0 or (amount(row, "grossSales") or 0) < 0


def divided(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Sales and what was given back, of the event asked for alone: whether the report heeds its code is unproven."""
    own = [row for row in rows if row.ref("eventId") in (None, row.event.ref("id"))]
    return [row for row in own if not is_back(row)], [row for row in own if is_back(row)]


def sums(rows: list[Row], currency: str | None) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """What was paid for these sales, or given back for them; the tax in it; what the platform keeps of it."""
    read = in_major(currency, unsigned=True)
    gross, tax, face = (read.sum_complete(rows, path) for path in ("grossSales", "taxTotal", "grossFace"))
    return gross, tax, less(gross, face)


def each(rows: Iterable[Row]) -> list[Row]:
    """The row of each single ticket."""
    return [row for row in rows for _ in range(row.quantity("sold"))]


def standing(bought: list[Row], back: list[Row]) -> int:
    return len(each(bought)) - len(each(back))


def ticket(rows: list[Row]) -> UnifiedTicket | None:
    """A kind of ticket as it was sold; one that nobody bought is not in the report."""
    bought, back = divided(rows)
    if not bought:
        return None
    row = next((one for one in bought if not one.has("offerCode")), bought[0])
    return UnifiedTicket(
        id=row.id("priceId"), event_id=row.event.id(), name=row.text("priceName"),
        price=amount(row, "faceValue", "ticketPrice"), fee=less(amount(row, "ticketPrice"), amount(row, "faceValue")),
        currency=row.currency("currency"), quantity_sold=standing(bought, back))


def attendees(rows: list[Row]) -> list[UnifiedAttendee]:
    """One for each ticket of a purchase, without a name; of a kind the last ones are those that were given back."""
    bought, back = divided(rows)
    left = Counter(row.ref("priceId") for row in each(bought))
    left.subtract(row.ref("priceId") for row in each(back))
    found = []
    for place, row in enumerate(each(bought), 1):
        kind, paid = row.ref("priceId"), row.flag("isPending") is not True
        left[kind] -= 1
        found.append(UnifiedAttendee(
            id=f"{row.id('uniqueCode')}-{place}", event_id=row.event.id(), order_id=row.ref("uniqueCode"),
            ticket_id=kind, ticket_name=row.text("priceName"),
            status="refunded" if left[kind] < 0 else "valid" if paid else "pending",
            purchased_at=row.moment("date", zone=ZONE), price=amount(row, "faceValue", "ticketPrice"),
            currency=row.currency("currency")))
    return found


def order(rows: list[Row]) -> UnifiedOrder | None:
    """A purchase. What was given back under a code of its own is no order, but counts in revenue."""
    bought, back = divided(rows)
    if not bought:
        return None
    row, currency, pending = bought[0], bought[0].currency("currency"), any(one.flag("isPending") for one in bought)
    gross, tax, fees = sums(bought, currency)
    return UnifiedOrder(
        id=row.id("uniqueCode"), status="pending" if pending else "paid", placed_at=row.moment("date", zone=ZONE),
        total=gross, tax=tax, fees=fees, paid=None if pending else gross, refunded=sums(back, currency)[0],
        currency=currency, ticket_count=standing(bought, back), event_ids=(row.event.id(),),
        lines=tuple(OrderLine(
            ticket_id=one.ref("priceId"), quantity=one.whole("sold"), amount=amount(one, "grossSales"),
            tax=amount(one, "taxTotal"), fee=less(amount(one, "grossSales"), amount(one, "grossFace")))
            for one in bought))


def sale(rows: list[Row]) -> Sale | None:
    bought, back = ([row for row in part if not row.flag("isPending")] for part in divided(rows))
    if not bought and not back:
        return None
    code, currency = rows[0].id("uniqueCode"), (bought or back)[0].currency("currency")
    (gross, tax, fees), (refunded, tax_back, fees_back) = sums(bought, currency), sums(back, currency)
    if gross is None or refunded is None:
        raise Unreadable("grossSales", "no amount")
    return Sale(id=code, order=code if bought else None, orders=None if bought else 0, currency=currency, gross=gross,
                refunded=refunded, fees=less(fees, fees_back), tax=less(tax, tax_back), tickets=standing(bought, back))


def report(meaning: Any, group: str, **more: Any) -> Stream:
    """The sales of an event. They are read whole: a purchase and what was given back of it are rows of two times, and
    neither tells when a pending one was paid.
    """
    search = {"forSearchItemType": "EVENT", "searchItemCodes": ["{event}"]}
    return Stream(POST("/reports/sales", {"search": search}), "data", meaning, pager=pages, event="eventId",
                  group=group, evidence="partial", **more)


provider = Provider(
    slug="see-tickets", name="See Tickets (UK)", website="https://www.seetickets.com",
    docs="https://developers.seetickets.com", base="https://clients-api.seetickets.com/v1", auth="api_key",
    sign=Header(Authorization="Bearer {apiKey}", **{"X-API-Key": "{apiKey}"}),
    credentials=(Credential("apiKey", "Promoter portal → Account → API keys, or from See Tickets' client services"),),
    health=GET("/events/search", offset="0", limit="1"),
    streams={
        "events": Stream(GET("/events/search"), "data", event, pager=pages, evidence="partial"),
        "tickets": report(ticket, "priceId"),
        "attendees": report(attendees, "uniqueCode", untold={"checked_in": ""}),
        "orders": report(order, "uniqueCode", untold={"buyer_email": ""}),
        "sales": report(sale, "uniqueCode", basis="tickets")},
    limitations=(
        "Events have a name, a start and a venue. Whether one is cancelled is not told: all are given as live.",
        "Ticket types are those of which tickets were sold; there are no stocks.",
        "Attendees have no names: the sales report has only how many tickets a purchase has.",
        "Nothing can be asked for by change: the sales of an event are read whole for whatever is asked of them.",
        "The meaning of the report's amounts is inferred: fees are grossSales less grossFace."))

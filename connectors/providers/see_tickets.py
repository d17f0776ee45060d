"""See Tickets in the United Kingdom. Events from a search, everything else from the sales report of an event.

There is no public documentation; fields and calls are those that code in use reads. A row of the report is a sale of
some tickets of one kind, given back ones are negative; rows with one `uniqueCode` are one purchase. What buyers paid is
`grossSales`, `grossFace` is that without what the platform keeps. Nobody is named. Times are those of London.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from connectors.auth import Header
from connectors.models import OrderLine, UnifiedAttendee, UnifiedEvent, UnifiedOrder, UnifiedTicket
from connectors.money import Sale, less, order_status, total
from connectors.pagers import Offset
from connectors.provider import GET, POST, Credential, Provider, Stream
from connectors.row import Row, Unreadable

ZONE = "Europe/London"
pages = Offset("offset", "limit", 100)


def event(row: Row) -> UnifiedEvent:
    return UnifiedEvent(
        id=row.id(), name=row.text("name"), status="live", starts_at=row.moment("starts", "doorsOpen", zone=ZONE),
        timezone=ZONE, venue=row.venue("", name="venueName"))


def amount(row: Row, *paths: str) -> Decimal | None:
    return row.major(*paths, currency=row.currency("currency"))


def fee(row: Row) -> Decimal | None:
    """What the platform keeps of a sale."""
    return less(amount(row, "grossSales"), amount(row, "grossFace"))


def is_back(row: Row) -> bool:
    return (row.whole("sold") or 0) < 0 or (amount(row, "grossSales") or 0) < 0


def divided(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Sales and what was given back, of the event asked for alone: whether the report heeds its code is unproven."""
    own = [row for row in rows if row.ref("eventId") in (None, row.event.ref("id"))]
    return [row for row in own if not is_back(row)], [row for row in own if is_back(row)]


def summed(amounts: Iterable[Decimal | None], currency: str | None) -> Decimal | None:
    """The sum, whatever the sign that what was given back is told with; None where a part is unknown."""
    known = list(amounts)
    return None if None in known else total((abs(one) for one in known if one is not None), currency)


def number(row: Row) -> int:
    sold = row.whole("sold")
    if sold is None:
        raise Unreadable("sold", "no number of tickets")
    return abs(sold)


def count(rows: Iterable[Row]) -> int:
    return sum(map(number, rows))


def each(rows: Iterable[Row]) -> list[Row]:
    """The row of each single ticket."""
    return [row for row in rows for _ in range(number(row))]


def ticket(rows: list[Row]) -> UnifiedTicket | None:
    """A kind of ticket as it was sold; one that nobody bought is not in the report."""
    bought, back = divided(rows)
    if not bought:
        return None
    row = next((one for one in bought if not one.has("offerCode")), bought[0])
    return UnifiedTicket(
        id=row.id("priceId"), event_id=row.event.id(), name=row.text("priceName"),
        price=amount(row, "faceValue", "ticketPrice"), fee=less(amount(row, "ticketPrice"), amount(row, "faceValue")),
        currency=row.currency("currency"), quantity_sold=count(bought) - count(back))


def attendees(rows: list[Row]) -> list[UnifiedAttendee]:
    """One for each ticket of a purchase, without a name; of a kind the last ones are those that were given back."""
    bought, back = divided(rows)
    standing = Counter(row.ref("priceId") for row in each(bought))
    standing.subtract(row.ref("priceId") for row in each(back))
    found = []
    for place, row in enumerate(each(bought), 1):
        kind, paid = row.ref("priceId"), row.flag("isPending") is not True
        standing[kind] -= 1
        found.append(UnifiedAttendee(
            id=f"{row.id('uniqueCode')}-{place}", event_id=row.event.id(), order_id=row.ref("uniqueCode"),
            ticket_id=kind, ticket_name=row.text("priceName"),
            status="refunded" if standing[kind] < 0 else "valid" if paid else "pending",
            purchased_at=row.moment("date", zone=ZONE), created_at=row.moment("date", zone=ZONE),
            price=amount(row, "faceValue", "ticketPrice"), currency=row.currency("currency")))
    return found


def order(rows: list[Row]) -> UnifiedOrder | None:
    """A purchase. What was given back under a code of its own is no order, but counts in revenue."""
    bought, back = divided(rows)
    if not bought:
        return None
    row, currency, pending = bought[0], bought[0].currency("currency"), any(one.flag("isPending") for one in bought)
    gross = summed((amount(one, "grossSales") for one in bought), currency)
    refunded, paid = summed((amount(one, "grossSales") for one in back), currency), None if pending else gross
    lines = [OrderLine(ticket_id=one.ref("priceId"), quantity=one.whole("sold"), amount=amount(one, "grossSales"),
                       tax=amount(one, "taxTotal"), fee=fee(one)) for one in bought]
    return UnifiedOrder(
        id=row.id("uniqueCode"), status=order_status("pending" if pending else "paid", paid, refunded), total=gross,
        tax=summed((amount(one, "taxTotal") for one in bought), currency), fees=summed(map(fee, bought), currency),
        paid=paid, refunded=refunded, currency=currency, ticket_count=count(bought) - count(back),
        placed_at=row.moment("date", zone=ZONE), created_at=row.moment("date", zone=ZONE),
        event_ids=(row.event.id(),), lines=tuple(lines))


def sale(rows: list[Row]) -> Sale | None:
    bought, back = ([row for row in part if not row.flag("isPending")] for part in divided(rows))
    if not bought and not back:
        return None
    code, currency = rows[0].id("uniqueCode"), (bought or back)[0].currency("currency")
    gross, refunded = (summed((amount(row, "grossSales") for row in part), currency) for part in (bought, back))
    if gross is None or refunded is None:
        raise Unreadable("grossSales", "no amount")
    taxes = [summed((amount(row, "taxTotal") for row in part), currency) for part in (bought, back)]
    return Sale(id=code, order=code if bought else None, orders=None if bought else 0, currency=currency, gross=gross,
                refunded=refunded, fees=less(*(summed(map(fee, part), currency) for part in (bought, back))),
                tax=less(*taxes), tickets=count(bought) - count(back))


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
    enough=(("apiKey",),), health=GET("/events/search", offset="0", limit="1"),
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

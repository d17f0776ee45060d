"""Mapado: JSON-LD in numbered pages, ids that are paths, and only the fields that are asked for.

Shapes after https://ticketing.mapado.net/doc.html. A show is a ticketing, and each of its performances an event date.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from re import findall
from typing import Any, TypeVar
from urllib.parse import urlencode

from spekta.sandbox.box_office import BoxOffice, Event, Issued, Order, Person, TicketType
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import Answer, Refusal, local, major, minor

KEY = "sk_test_sandbox_mapado"
CONTRACT = "237"
SIZE = 30
EVENT_STATUS = {"draft": "draft", "live": "opened", "completed": "closed", "cancelled": "cancelled"}
TICKET_STATUS = {"paid": "payed", "pending": "booked", "expired": "cancelled", "cancelled": "refunded"}
TITLES = {401: "Unauthorized", 403: "Access denied", 404: "Not Found", 429: "Too many requests"}
NOT_CARRIED = {
    "event.status=completed": "closed says that sales ended, not that the event did",
    "event.online": "no such field",
    "event.url": "a show has an address on each site that sells it, and none here",
    "event.image_url": "a path on a host for images",
    "event.category": "the path of a record with no name",
    "event.venue.region": "no such field",
    "event.venue.latitude": "no such field",
    "event.venue.longitude": "no such field",
    "ticket.fee": "told of sold tickets only",
    "ticket.quantity_sold": "no counts; one has to count tickets",
    "ticket.quantity_available": "no counts; one has to count tickets",
    "ticket.status=scheduled": "not buyable, without a reason",
    "ticket.status=ended": "not buyable, without a reason",
    "ticket.status=sold_out": "not buyable, without a reason",
    "attendee.barcode": "can be searched for, and is not told",
    "attendee.answers": "no such field",
    "attendee.purchased_at": "a booked ticket was not bought yet",
    "order.status=cancelled": "an order is refunded instead",
    "order.test": "no test orders are known, so there are none in this account",
    "order.discount": "a discounted ticket shows the price that was paid",
    "order.fees": "what Mapado charges the organiser is not in its API",
    "revenue.fees": "what Mapado charges the organiser is not in its API",
}

T = TypeVar("T")
Row = dict[str, Any]


def event_id(event: Event) -> str:
    return str(146_000 + event.number)


def ticket_type_id(kind: TicketType) -> str:
    return str(500 + kind.number)


def ticket_id(issued: Issued) -> str:
    return str(9000 + issued.ticket.number)


def order_id(order: Order) -> str:
    return str(6000 + order.number)


def ticketing_id(box: BoxOffice, event: Event) -> str:
    """Dates of a series are of one show."""
    dates = [other.number for other in box.events if event.series and other.series == event.series]
    return str(590 + min(dates, default=event.number))


def admit(ask: Ask) -> None:
    if ask.bearer().startswith(FORBIDDEN):
        raise Refusal(403)
    if ask.bearer() != KEY:
        raise Refusal(401)


def error(refusal: Refusal) -> Row:
    title = TITLES.get(refusal.status, "An error occurred")
    named = {"hydra:title": title, "hydra:description": refusal.message or title}
    return {"@context": "/v1/contexts/Error", "@type": "hydra:Error", **named}


def iri(kind: str, ident: str | int) -> str:
    return f"/v1/{kind}/{ident}"


def record(kind: str, ident: str | int, **fields: Any) -> Row:
    return {"@id": iri(kind, ident), "@type": "".join(word.title() for word in kind[:-1].split("_")), **fields}


Fields = dict[str, "Fields"]


def wanted(said: str) -> Fields:
    """Read `a,b{c,d{e}}`."""
    fields: Fields = {}
    open_ones, last = [fields], fields
    for token in findall(r"[{}]|[^{},\s]+", said):
        if token == "{":
            open_ones.append(last)
        elif token == "}" and len(open_ones) > 1:
            open_ones.pop()
        elif token != "}":
            last = open_ones[-1].setdefault(token, {})
    return fields


def chosen(value: Any, fields: Fields) -> Any:
    """Give the fields that are wanted; a linked record of which none are is its path."""
    if isinstance(value, list):
        return [chosen(one, fields) for one in value]
    if not isinstance(value, dict):
        return value
    if not fields and "@id" in value:
        return value["@id"]
    kept = {name: chosen(value[name], within) for name, within in fields.items() if name in value}
    return kept | {name: value[name] for name in ("@type",) if name in value} if fields else value


def asked_for(ask: Ask) -> Fields:
    """Without `fields`, little is told."""
    return wanted(ask.query.get("fields", "@id"))


def listing(ask: Ask, find: Callable[[], Sequence[T]], render: Callable[[T], Row]) -> Answer:
    """Give a numbered page; past the end it is empty, and an empty list has no total."""
    size, at = number(ask, "itemsPerPage", SIZE), number(ask, "page", 1)
    ours = asked(ask, contract=CONTRACT)
    page = ask.page(ask.found(find) if ours else (), (at - 1) * size, size)

    def link(other: int) -> str:
        kept = [item for item in ask.query.multi_items() if item[0] != "page"]
        return f"{ask.path}?{urlencode([*kept, ('page', other)])}"

    following = {"hydra:nextPage": link(at + 1)} if page.more else {}
    total = {"hydra:totalItems": page.total} if page.total else {}
    fields = asked_for(ask)
    rows = [chosen(render(one), fields) for one in page.records]
    named = {"@id": ask.path, "@type": "hydra:PagedCollection", "hydra:itemsPerPage": size, "hydra:firstPage": link(1)}
    return Answer({**named, **total, **following, "hydra:member": rows}, media_type="application/ld+json")


def number(ask: Ask, name: str, default: int) -> int:
    text = ask.query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise Refusal(400, message=f"{name} must be a positive number")
    return int(text)


def short(said: str) -> str:
    """Filters take paths and bare numbers alike."""
    return said.rpartition("/")[2]


def asked(ask: Ask, **values: str) -> bool:
    return all(short(ask.query[name]) == value for name, value in values.items() if name in ask.query)


def moment(when: datetime | None, event: Event) -> str | None:
    return None if when is None else local(when, event.timezone).isoformat(timespec="seconds")


def ticketing_row(box: BoxOffice, event: Event) -> Row:
    venue = event.venue
    return record(
        "ticketings",
        ticketing_id(box, event),
        title=event.name,
        description=event.description,
        slug=event.key,
        type="dated_events",
        timezone=event.timezone,
        currency=event.currency,
        mediaList=[{"path": f"2026/1/{event.key}.jpg"}] if event.image_url else [],
        ticketingCategory=iri("ticketing_categories", len(event.category)) if event.category else None,
        venue=venue
        and {
            "name": venue.name,
            "address": venue.address,
            "city": venue.city,
            "zipCode": venue.postal_code,
            "countryCode": venue.country,
        },
    )


def event_date_row(box: BoxOffice, event: Event) -> Row:
    return record(
        "event_dates",
        event_id(event),
        startDate=moment(event.starts_at, event),
        endDate=moment(event.ends_at, event),
        startOfEventDay=moment(event.starts_at.replace(hour=0, minute=0), event),
        endOfEventDay=None,
        status=EVENT_STATUS[event.status],
        totalStock=event.capacity,
        unlimitedStock=event.capacity is None,
        createdAt=moment(event.created_at, event),
        updatedAt=moment(event.updated_at, event),
        ticketing=ticketing_row(box, event),
    )


def rate(box: BoxOffice, kind: TicketType) -> Decimal:
    """The box office knows the tax of each ticket, Mapado the rate of its price."""
    sold = next((one for _, one in box.issued() if one.ticket_type == kind.number and one.price), None)
    return (sold.tax / (sold.price - sold.tax)).quantize(Decimal("0.001")) if sold else Decimal(0)


def rates(box: BoxOffice) -> dict[int, float]:
    """Give the rates by ticket type."""
    kinds = [kind for event in box.events for kind in event.ticket_types]
    return box.memo("mapado rates", lambda: {kind.number: float(rate(box, kind)) for kind in kinds})


def ticket_price_row(box: BoxOffice, event: Event, kind: TicketType) -> Row:
    left = None if kind.quantity_total is None else kind.quantity_total - box.sold(kind)
    return record(
        "ticket_prices",
        ticket_type_id(kind),
        id=int(ticket_type_id(kind)),
        eventDate=iri("event_dates", event_id(event)),
        type="full_price",
        name=kind.name,
        description=kind.description,
        facialValue=minor(kind.price, event.currency),
        valueIncvat=float(major(kind.price, 3)),
        currency=event.currency,
        tax={"rate": rates(box)[kind.number], "countryCode": event.venue.country if event.venue else None},
        saleStartDate=moment(kind.sales_start, event),
        saleEndDate=moment(kind.sales_end, event),
        totalStock=kind.quantity_total,
        unlimitedStock=kind.quantity_total is None,
        enabled=kind.sale != "off_sale",
        buyable=kind.sale == "on_sale" and left != 0,
        visible=kind.sale != "hidden",
    )


def ticket_status(issued: Issued) -> str:
    order, ticket = issued
    return "refunded" if ticket.status == "refunded" else TICKET_STATUS[order.status]


def order_status(order: Order) -> str:
    if order.status in ("pending", "expired"):
        return {"pending": "awaiting_payment", "expired": "failed"}[order.status]
    left = [ticket for ticket in order.tickets if ticket_status(Issued(order, ticket)) == "payed"]
    return "payed" if len(left) == len(order.tickets) else "refunded_partially" if left else "refunded_totally"


def customer(ident: str, person: Person) -> Row:
    names = {"firstname": person.first_name, "lastname": person.last_name}
    return record("customers", ident, **names, email=person.email, phone=person.phone)


def ticket_row(box: BoxOffice, issued: Issued) -> Row:
    order, ticket = issued
    event, kind = box.event(order.event), box.ticket_type(ticket.ticket_type)
    back = next((refund.at for refund in order.refunds), None) if ticket_status(issued) == "refunded" else None
    entered = moment(ticket.checked_in_at, event)
    return record(
        "tickets",
        ticket_id(issued),
        status=ticket_status(issued),
        facialValue=minor(ticket.price, order.currency),
        facialFeeValue=minor(ticket.fee, order.currency),
        paidValue=float(major(ticket.price, 3)),
        currency=order.currency,
        ticketPrice=ticket_price_row(box, event, kind),
        ticketPriceName=kind.name,
        eventDate=event_date_row(box, event),
        order=record(
            "orders",
            order_id(order),
            status=order_status(order),
            createdAt=moment(order.placed_at, event),
            updatedAt=moment(order.updated_at, event),
            customer=customer(f"{order.number}", order.buyer),
        ),
        participant=customer(f"{order.number}-{ticket.number}", ticket.holder),
        boughtAt=moment(order.placed_at, event) if order.status in ("paid", "cancelled") else None,
        updatedAt=moment(order.updated_at, event),
        refundedAt=moment(back, event),
        isValid=ticket_status(issued) == "payed",
        imported=False,
        ticketCheckpointList=[
            {"currentScanNb": int(bool(entered)), "currentValidScanNb": int(bool(entered)), "firstScannedDate": entered}
        ],
    )


def tickets_here(ask: Ask) -> Iterator[Issued]:
    try:
        changed = datetime.fromisoformat(ask.query.get("updatedSince", "0001-01-01T00:00:00Z")).astimezone(UTC)
    except ValueError:
        raise Refusal(400, message="updatedSince is a date and time") from None
    orders = [order for order in ask.box.orders if is_real(order) and order.updated_at >= changed]
    for issued in ask.box.issued(orders):
        order, ticket = issued
        event, kind = ask.box.event(order.event), ask.box.ticket_type(ticket.ticket_type)
        ids = {"order": order_id(order), "ticketPrice": ticket_type_id(kind), "barcode": ticket.barcode}
        if asked(ask, eventDate=event_id(event), status=ticket_status(issued), **ids):
            yield issued


def tickets(ask: Ask) -> Answer:
    return listing(ask, lambda: list(tickets_here(ask)), lambda issued: ticket_row(ask.box, issued))


def event_dates(ask: Ask) -> Answer:
    def find() -> list[Event]:
        return [event for event in ask.box.events if asked(ask, status=EVENT_STATUS[event.status])]

    return listing(ask, find, lambda event: event_date_row(ask.box, event))


def ticketings(ask: Ask) -> Answer:
    def find() -> list[Event]:
        return list({ticketing_id(ask.box, event): event for event in ask.box.events}.values())

    return listing(ask, find, lambda event: ticketing_row(ask.box, event))


def ticket_prices(ask: Ask) -> Answer:
    def find() -> list[tuple[Event, TicketType]]:
        events = [event for event in ask.box.events if asked(ask, eventDate=event_id(event))]
        return [(event, kind) for event in events for kind in event.ticket_types]

    return listing(ask, find, lambda pair: ticket_price_row(ask.box, *pair))


def one_event_date(ask: Ask) -> Row:
    found: Row = chosen(event_date_row(ask.box, ask.one(ask.box.events, event_id)), asked_for(ask))
    return found


def operation(ask: Ask) -> str:
    """Orders and attendees are read from the one list of tickets."""
    return f"{ask.path} (orders, attendees)" if ask.path == "/v1/tickets" else ask.path


SERVICE = Service(
    slug="mapado",
    hosts={"api": "/v1"},
    routes=(
        Route("GET", "/v1/ticketings", ticketings, rows="hydra:member"),
        Route("GET", "/v1/event_dates", event_dates, rows="hydra:member"),
        Route("GET", "/v1/event_dates/{id}", one_event_date),
        Route("GET", "/v1/ticket_prices", ticket_prices, rows="hydra:member"),
        Route("GET", "/v1/tickets", tickets, rows="hydra:member"),
    ),
    credentials={"apiKey": KEY},
    admit=admit,
    error=error,
    shape=Shape(id="@id", next="hydra:nextPage", next_is_link=True),
    paging=frozenset({"page", "itemsPerPage", "fields"}),
    not_carried=NOT_CARRIED,
    carries_order=is_real,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
    operation=operation,
)

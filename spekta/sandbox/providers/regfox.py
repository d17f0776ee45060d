"""RegFox: forms with their dates in the detail alone, registrants, and transactions beside orders.

Shapes after https://docs.webconnex.io/api/v2/ and recorded answers: what a page is asked for is an offset, and the last
page has neither `hasMore` nor the next one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from spekta.sandbox.box_office import BoxOffice, Event, Issued, Order, Person, TicketType
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import DECIMALS, Refusal, major, utc

T = TypeVar("T")
Row = dict[str, Any]

KEY = "sandboxkey0000000000000000regfox"
PRODUCT = "regfox.com"
LARGEST = 50
QUESTION = "registrationOptions"
FORM_STATUS = {"draft": "open", "live": "open", "cancelled": "deleted", "completed": "archived"}
PAYMENT_STATUS = {"paid": "completed", "pending": "pending offline", "failed": "declined"}
REFUND_STATUS = {"done": "completed", "pending": "processing", "failed": "error"}
NOT_CARRIED = {
    "event.description": "a header of the form, in whatever its maker put there",
    "event.image_url": "a header of the form, in whatever its maker put there",
    "event.category": "no such field",
    "event.online": "no such field",
    "event.capacity": "no such field",
    "event.series_id": "dates of a series are forms of their own",
    **{
        f"event.venue.{name}": "a form has no place"
        for name in ("name", "address", "city", "region", "postal_code", "country", "latitude", "longitude")
    },
    "ticket.fee": "fees belong to the form",
    "ticket.status=scheduled": "an option has no dates of sale; the form has",
    "ticket.status=ended": "an option has no dates of sale; the form has",
    "ticket.sales_start": "an option has no dates of sale; the form has",
    "ticket.quantity_sold": "only options with a limit have an inventory, and only once the form was published",
    "ticket.quantity_available": "only options with a limit have an inventory, and only once the form was published",
    "attendee.status=refunded": "a registrant is cancelled, whatever became of the money",
    "attendee.answers": "a question is told by its path, and the name is one too",
    "attendee.email": "the buyer's stands in where the attendee has none",
    "order.test": "nothing tells a test order from others, so there is none here",
    "order.status=expired": "an order that was not paid in time is cancelled",
    "order.tax": "a tax is a line that the form's maker names freely",
    "order.discount": "a discounted registrant shows the price that was paid",
    "order.fees": "fees are lines that the form's maker names freely",
    "revenue.taxes": "a tax is a line that the form's maker names freely",
    "revenue.fees": "fees are lines that the form's maker names freely",
}


def event_id(event: Event) -> str:
    return str(700_000 + event.number)


def ticket_type_id(kind: TicketType) -> str:
    return f"option{kind.number}"


def ticket_id(issued: Issued) -> str:
    return str(500_000 + issued.ticket.number)


def order_id(order: Order) -> str:
    return str(300_000 + order.number)


def admit(ask: Ask) -> None:
    key = ask.headers.get("apikey", "")
    if key.startswith(FORBIDDEN):
        raise Refusal(403, message="access denied")
    if key != KEY:
        raise Refusal(401, message="invalid api key")


def error(refusal: Refusal) -> Row:
    code = int(refusal.code or 10 * refusal.status)
    return {"responseCode": refusal.status, "error": {"code": code, "description": refusal.message or "failed"}}


def success(data: Any, **more: Any) -> Row:
    return {"responseCode": 200, "data": data, **more}


def listing(ask: Ask, find: Callable[[], Sequence[T]], render: Callable[[T], Row]) -> Row:
    limit, start = ask.query.get("limit", str(LARGEST)), ask.query.get("startingAfter", "0")
    if not (limit.isdecimal() and start.isdecimal()):
        raise Refusal(400, "4000", "limit and startingAfter are numbers")
    page = ask.page(ask.found(find), int(start), max(1, min(int(limit), LARGEST)))
    following = {"startingAfter": page.end, "hasMore": True} if page.more else {}
    return success([render(record) for record in page.records], totalResults=page.total, **following)


def moment(ask: Ask, name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(ask.query[name]) if name in ask.query else None
    except ValueError:
        raise Refusal(400, "4000", f"{name} is not a time") from None


def fits(ask: Ask, order: Order, status: str) -> bool:
    """Compare with the filters that all searches have."""
    said = {"formId": event_id(ask.box.event(order.event)), "status": status, "orderId": order_id(order)}
    if any(ask.query.get(name, value) != value for name, value in said.items()):
        return False
    buyer = (order.buyer.email or "").lower()
    if ask.query.get("orderEmail", buyer).lower() != buyer:
        return False
    created, updated = order.placed_at, order.updated_at
    since = {"dateCreatedAfter": created, "dateUpdatedAfter": updated}
    until = {"dateCreatedBefore": created, "dateUpdatedBefore": updated}
    return all(value >= (moment(ask, name) or value) for name, value in since.items()) and all(
        value <= (moment(ask, name) or value) for name, value in until.items()
    )


def orders_asked(ask: Ask) -> list[Order]:
    if "product" not in ask.query:
        raise Refusal(400, "4000", "product is required")
    return [*filter(is_real, ask.box.orders)] if ask.query["product"] == PRODUCT else []


def form_row(event: Event) -> Row:
    """Write what the list tells. A form that was never published has no address."""
    path = event.url or f"https://lampions.regfox.com/{event.key}"
    published = {"publishedPath": path.removeprefix("https://"), "datePublished": nanoseconds(event.created_at)}
    return {
        "id": int(event_id(event)),
        "name": event.name,
        "product": PRODUCT,
        "status": FORM_STATUS[event.status],
        **(published if event.status != "draft" else {}),
        **({"dateArchived": utc(event.updated_at)} if event.status == "completed" else {}),
        "dateCreated": utc(event.created_at),
        "dateUpdated": utc(event.updated_at),
    }


def nanoseconds(when: datetime) -> str:
    return str(utc(when)).replace("Z", ".692735693Z")


def form_detail(event: Event) -> Row:
    question = {
        "type": "regOptions",
        "key": QUESTION,
        "attributes": {"label": "Registration Options", "visible": True},
        "options": [option_row(event, kind) for kind in event.ticket_types],
    }
    section = {"type": "section", "key": "section", "attributes": {"visible": True}, "children": [question]}
    return {
        **form_row(event),
        "currency": event.currency,
        "timeZone": event.timezone,
        "eventStart": utc(event.starts_at),
        "eventEnd": utc(event.ends_at),
        "accRef": f"FORM{event.number}",
        "fields": {
            "type": "form",
            "attributes": {"visible": True},
            "header": {"type": "header", "key": "header", "children": [banner(event)]},
            "registrants": {"type": "registrants", "key": "registrants", "children": [{"type": "breakHr"}, section]},
        },
        "template_id": None,
        "theme_id": None,
        "metadata": None,
    }


def banner(event: Event) -> Row:
    return {"type": "banner", "key": "banner", "attributes": {"visible": True, "text": event.description or ""}}


def option_row(event: Event, kind: TicketType) -> Row:
    limited = kind.quantity_total is not None
    return {
        "type": "regOption",
        "key": ticket_type_id(kind),
        "attributes": {
            "label": kind.name,
            "description": kind.description or "",
            "amount": amount(kind.price, event.currency),
            "visible": kind.sale != "hidden",
            "limitedInventory": limited,
            "inventory": str(kind.quantity_total) if limited else "",
        },
    }


def amount(value: Decimal, currency: str) -> str:
    return major(value, DECIMALS.get(currency, 2)) if value else "0"


def inventory_rows(box: BoxOffice, event: Event) -> Iterator[Row]:
    """Write the stock of the whole question, then that of each option with a limit."""
    limited = [kind for kind in event.ticket_types if kind.quantity_total is not None]
    path, dated = f"registrants.{QUESTION}", {"dateCreated": utc(event.created_at)}
    if limited:
        total, sold = sum(kind.quantity_total or 0 for kind in limited), sum(map(box.sold, limited))
        yield {"path": path, "name": "Registration Options", "sold": sold, "quantity": total, **dated}
    for kind in limited:
        row = {"name": kind.name, "sold": box.sold(kind), "quantity": kind.quantity_total}
        yield {"path": f"{path}.{ticket_type_id(kind)}", **row, **dated}


def order_status(order: Order) -> str:
    if order.status in ("cancelled", "expired") or order.given_back:
        return "canceled"
    return "pending offline payment" if order.status == "pending" else "completed"


def registrant_status(issued: Issued) -> str:
    return order_status(issued.order) if issued.ticket.status == "valid" else "canceled"


def billing(buyer: Person) -> Row:
    said = {"firstName": buyer.first_name, "lastName": buyer.last_name}
    return {name: value for name, value in said.items() if value} | {"address": {"country": "US"}}


def common_row(box: BoxOffice, order: Order) -> Row:
    """Write what orders, registrants and transactions have in common."""
    event = box.event(order.event)
    return {
        "formId": int(event_id(event)),
        "formName": event.name,
        "formAccRef": f"FORM{event.number}",
        "customerId": 8000 + order.number,
        "orderNumber": f"FORM{event.number}-{order.number:07}",
        "currency": order.currency,
        "billing": billing(order.buyer),
        "dateCreated": utc(order.placed_at),
        "dateUpdated": utc(order.updated_at),
    }


def order_link(order: Order) -> Row:
    link = {"orderId": int(order_id(order)), "orderDisplayId": f"01SBXORDER{order.number:09}"}
    return link | ({"orderEmail": order.buyer.email} if order.buyer.email else {})


def registrant_row(box: BoxOffice, issued: Issued) -> Row:
    order, ticket = issued
    scanned = {"dateCheckedIn": utc(ticket.checked_in_at)} if ticket.checked_in_at else {}
    total = amount(ticket.total, order.currency)
    return {
        **common_row(box, order),
        **order_link(order),
        "id": int(ticket_id(issued)),
        "displayId": ticket.barcode,
        "status": registrant_status(issued),
        "total": total,
        "amount": total,
        "fieldData": list(answers(box, issued)),
        "checkedIn": bool(scanned),
        **scanned,
    }


def answers(box: BoxOffice, issued: Issued) -> Iterator[Row]:
    """Write the name, the address and the choice among other answers; what was left blank has no value.

    A block that was taken out of a form and put in again has a number behind its name.
    """
    order, ticket = issued
    holder, kind, name = ticket.holder, box.ticket_type(ticket.ticket_type), f"name{'2' * (ticket.number % 2)}"
    said = [
        ("First Name", f"{name}.first", holder.first_name),
        ("Last Name", f"{name}.last", holder.last_name),
        ("Email", "email", holder.email),
        ("Phone", "phone", holder.phone),
        *((question, f"question{at}", answer) for at, (question, answer) in enumerate(ticket.answers, 1)),
        ("Registration Options", QUESTION, ticket_type_id(kind)),
    ]
    for label, path, value in said:
        yield {"label": label, "path": path} | ({"value": value} if value else {})
    price = amount(ticket.price, order.currency)
    yield {"label": kind.name, "path": f"{QUESTION}.{ticket_type_id(kind)}", "value": "true", "amount": price}


def order_row(ask: Ask, order: Order) -> Row:
    people = [registrant_row(ask.box, Issued(order, ticket)) for ticket in order.tickets]
    return {
        **common_row(ask.box, order),
        "id": int(order_id(order)),
        "displayId": f"01SBXORDER{order.number:09}",
        "status": order_status(order),
        "total": amount(order.total, order.currency),
        **({"registrants": people} if "registrants" in ask.query.get("[]expand", "").split(",") else {}),
    }


@dataclass(frozen=True, slots=True)
class Transaction:
    """Money that moved, or was to."""

    number: int
    order: Order
    type: str
    amount: Decimal
    at: datetime
    status: str


def transactions_of(order: Order) -> Iterator[Transaction]:
    for paid in order.payments:
        yield Transaction(900_000 + paid.number, order, "charge", paid.amount, paid.at, PAYMENT_STATUS[paid.state])
    for back in order.refunds:
        yield Transaction(950_000 + back.number, order, "refund", back.amount, back.at, REFUND_STATUS[back.state])


def transaction_row(box: BoxOffice, one: Transaction) -> Row:
    return {
        **common_row(box, one.order),
        **order_link(one.order),
        "id": one.number,
        "transactionType": one.type,
        "total": amount(one.amount, one.order.currency),
        "deductible": "0.00",
        "paymentMethod": "card",
        "status": one.status,
        "dateCreated": utc(one.at),
        "dateUpdated": utc(one.at),
    }


def forms(ask: Ask) -> Row:
    """Give the archived ones first: the list is in no useful order."""

    def find() -> list[Event]:
        events = ask.box.events if ask.query.get("product", PRODUCT) == PRODUCT else []
        return sorted(events, key=lambda event: event.status != "completed")

    return listing(ask, find, form_row)


def form(ask: Ask) -> Row:
    return success(form_detail(ask.one(ask.box.events, event_id)), totalResults=1)


def inventory(ask: Ask) -> Row:
    event = ask.one(ask.box.events, event_id)
    if event.status == "draft":
        raise Refusal(400, "8400", "inventory not generated till form is published")
    rows = list(inventory_rows(ask.box, event))
    return success(rows, totalResults=len(rows))


def registrants(ask: Ask) -> Row:
    def find() -> list[Issued]:
        return [one for one in ask.box.issued(orders_asked(ask)) if fits(ask, one.order, registrant_status(one))]

    return listing(ask, find, lambda issued: registrant_row(ask.box, issued))


def orders(ask: Ask) -> Row:
    """Give a list; of a single order the order alone."""

    def find() -> list[Order]:
        return [order for order in orders_asked(ask) if fits(ask, order, order_status(order))]

    answer = listing(ask, find, lambda order: order_row(ask, order))
    return answer | ({"data": answer["data"][0]} if answer["totalResults"] == len(answer["data"]) == 1 else {})


def transactions(ask: Ask) -> Row:
    def find() -> list[Transaction]:
        every = (one for order in orders_asked(ask) for one in transactions_of(order))
        return [one for one in every if fits(ask, one.order, one.status)]

    return listing(ask, find, lambda one: transaction_row(ask.box, one))


SERVICE = Service(
    slug="regfox",
    hosts={"api": "/v2/public"},
    routes=(
        Route("GET", "/v2/public/ping", lambda ask: success("pong")),
        Route("GET", "/v2/public/forms", forms, rows="data"),
        Route("GET", "/v2/public/forms/{id}", form),
        Route("GET", "/v2/public/forms/{id}/inventory", inventory, rows="data"),
        Route("GET", "/v2/public/search/registrants", registrants, rows="data"),
        Route("GET", "/v2/public/search/orders", orders, rows="data"),
        Route("GET", "/v2/public/search/transactions", transactions, rows="data"),
    ),
    credentials={"apiKey": KEY},
    admit=admit,
    error=error,
    paging=frozenset({"limit", "startingAfter"}),
    headers={"X-Burst-Limit": "900", "X-Burst-Remaining": "899", "X-Daily-Limit": "10000", "X-Daily-Remaining": "9999"},
    not_carried=NOT_CARRIED,
    carries_order=is_real,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
    types_by_event=True,
)

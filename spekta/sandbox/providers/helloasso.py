"""HelloAsso: events are forms, a continuation token that stays on the last page, cents, absent instead of null.

Shapes after https://dev.helloasso.com. It sells in euros only.
"""

from base64 import b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from html import unescape
from re import sub
from typing import Any, TypeVar

from iso3166 import countries

from spekta.sandbox.box_office import Event, Issued, Order, Payment, Person, Refund, TicketType, Venue
from spekta.sandbox.consent import authorize
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service
from spekta.sandbox.wire import Answer, Refusal, local, minor

CLIENT = {"clientId": "sandbox-helloasso-client", "clientSecret": "sk_test_sandbox_helloasso"}
ORGANIZATION = "les-lampions"
SIZE, LARGEST, LIFETIME = 20, 100, 1800
FORM_STATE = {"draft": "Draft", "live": "Public", "completed": "Public", "cancelled": "Disabled"}
ITEM_STATE = {"paid": "Processed", "pending": "Waiting", "expired": "Abandoned", "cancelled": "Canceled"}
PAYMENT_STATE = {"paid": "Authorized", "pending": "Pending", "failed": "Refused"}
NOT_CARRIED = {
    "event.currency=GBP": "sells in euros only",
    "event.currency=USD": "sells in euros only",
    "event.currency=JPY": "sells in euros only",
    "event.currency=KWD": "sells in euros only",
    "event.timezone": "no zone is named; every time is written as in Paris",
    "event.status=completed": "a form that is over stays Public",
    "event.status=cancelled": "a form can only be switched off",
    "event.capacity": "no such field",
    "event.online": "no such field",
    "event.series_id": "no series",
    "event.venue.region": "no such field",
    "ticket.fee": "takes no fees; it lives on tips",
    "ticket.quantity_total": "no stock is told",
    "ticket.quantity_sold": "no stock is told",
    "ticket.quantity_available": "no stock is told",
    "ticket.status": "only the dates of its sale",
    "attendee.checked_in": "has no check-ins",
    "attendee.checked_in_at": "has no check-ins",
    "attendee.email": "only the payer has one",
    "attendee.answers": "the phone number is one of them",
    "attendee.barcode": "a code of its own",
    "attendee.status=refunded": "an item is Canceled, whatever became of its money",
    "order.fees": "takes no fees; it lives on tips",
    "order.status=expired": "an order that was abandoned is cancelled",
    "order.test": "tests are made on another host, so test orders are not in this account",
    "revenue.fees": "takes no fees; it lives on tips",
}

T = TypeVar("T")
Row = dict[str, Any]
Key = tuple[datetime, int]


def event_id(event: Event) -> str:
    return event.key


def ticket_type_id(kind: TicketType) -> str:
    return str(tier_number(kind.number))


def ticket_id(issued: Issued) -> str:
    return str(item_number(issued))


def order_id(order: Order) -> str:
    return str(order_number(order))


def tier_number(number: int) -> int:
    return 13_000_000 + number


def item_number(issued: Issued) -> int:
    return 91_000_000 + issued.ticket.number


def order_number(order: Order) -> int:
    return 90_000_000 + order.number


def payment_number(payment: Payment) -> int:
    return 70_000_000 + payment.number


def carries_event(event: Event) -> bool:
    return event.currency == "EUR"


def carries_order(order: Order) -> bool:
    return order.currency == "EUR" and not order.test


def admit(ask: Ask) -> None:
    token = ask.bearer()
    if token.startswith(FORBIDDEN):
        raise Refusal(403)
    if not ask.grants.accepts(token):
        raise Refusal(401)
    if ask.parts.get("organization", ORGANIZATION) != ORGANIZATION:
        raise Refusal(404)


def error(refusal: Refusal) -> Any:
    if refusal.status in (401, 403):
        return ""
    return {
        "errors": [{"code": refusal.code or str(refusal.status), "message": refusal.message or "An error occurred."}]
    }


def listing(ask: Ask, find: Callable[[], Sequence[T]], key: Callable[[T], Key], render: Callable[[T], Row]) -> Row:
    """Give a page. `key` orders the records, newest first unless told otherwise; the token is the last record's."""
    size, at, sent = number(ask, "pageSize", SIZE), number(ask, "pageIndex", 1), ask.query.get("continuationToken")
    if not 1 <= size <= LARGEST:
        raise Refusal(400, "ArgumentInvalid", f"pageSize must be between 1 and {LARGEST}")
    ascending = ask.query.get("sortOrder", "Desc") == "Asc"
    records = ask.found(lambda: sorted(find(), key=key, reverse=not ascending))
    pages = -(-len(records) // size)
    if not sent and at > max(pages, 1):
        raise Refusal(500)

    def start(rows: Sequence[T]) -> int:
        def passed(place: int) -> bool:
            mark = token(key(rows[place]))
            return mark > str(sent) if ascending else mark < str(sent)

        return bisect_left(range(len(rows)), True, key=passed)

    page = ask.page(records, start if sent else (at - 1) * size, size)
    rows = page.records
    last = token(key(rows[-1])) if rows else sent
    pagination = {
        "pageSize": size,
        "totalCount": page.total,
        "pageIndex": page.start // size + 1,
        "totalPages": pages,
        "continuationToken": last,
    }
    return {"data": [known(render(row)) for row in rows], "pagination": known(pagination)}


def token(key: Key) -> str:
    moment, ident = key
    return f"{local(moment, 'UTC'):%Y%m%d%H%M%S}{ident:09}"


def number(ask: Ask, name: str, default: int) -> int:
    text = ask.query.get(name, str(default))
    if not text.isdecimal():
        raise Refusal(400, "ArgumentInvalid", f"{name} must be a number")
    return int(text)


def asked(ask: Ask, name: str, value: str) -> bool:
    """Compare with a filter that may be given several times."""
    return name not in ask.query or value in ask.query.getlist(name)


def between(ask: Ask, moment: datetime) -> bool:
    try:
        since, until = (ask.query.get(name) for name in ("from", "to"))
        after = since is None or moment >= datetime.fromisoformat(since)
        return after and (until is None or moment < datetime.fromisoformat(until))
    except (ValueError, TypeError):
        raise Refusal(400, "ArgumentInvalid", "from and to are dates with an offset") from None


def known(value: Any) -> Any:
    """Leave out what is null, at any depth."""
    if isinstance(value, dict):
        return {name: known(part) for name, part in value.items() if part is not None}
    return [known(part) for part in value] if isinstance(value, list) else value


def date(moment: datetime | None) -> str | None:
    return None if moment is None else local(moment, "Europe/Paris").isoformat(timespec="seconds")


def stamp(moment: datetime) -> str:
    """Write a time with seven digits after the second."""
    at = local(moment, "Europe/Paris")
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}0{at.isoformat()[-6:]}"


def meta(created: datetime, updated: datetime) -> Row:
    return {"createdAt": stamp(created), "updatedAt": stamp(updated)}


def form_row(event: Event) -> Row:
    address = f"https://www.helloasso.com/associations/{ORGANIZATION}/evenements/{event.key}"
    return {
        "currency": event.currency,
        "description": event.description and unescape(sub("<[^>]+>", "", event.description)),
        "startDate": date(event.starts_at),
        "endDate": date(event.ends_at),
        "meta": meta(event.created_at, event.updated_at),
        "banner": event.image_url and {"fileName": f"{event.key}.jpg", "publicUrl": event.image_url},
        "state": FORM_STATE[event.status],
        "title": event.name,
        "widgetButtonUrl": f"{address}/widget-bouton",
        "widgetFullUrl": f"{address}/widget",
        "widgetVignetteHorizontalUrl": f"{address}/widget-vignette-horizontale",
        "widgetVignetteVerticalUrl": f"{address}/widget-vignette",
        "formSlug": event.key,
        "formType": "Event",
        "url": event.url or address,
        "organizationSlug": ORGANIZATION,
    }


def public_row(event: Event) -> Row:
    donation = {"id": tier_number(900_000 + event.number), "tierType": "Donation", "price": 0}
    return {
        "organizationLogo": "https://tickets.example/images/logo.png",
        "organizationName": "Les Lampions",
        "tiers": [*map(tier_row, event.ticket_types), donation | {"vatRate": 0.0, "paymentFrequency": "Single"}],
        "activityType": event.category,
        "place": event.venue and place_row(event.venue),
        **form_row(event),
    }


def tier_row(kind: TicketType) -> Row:
    return {
        "id": tier_number(kind.number),
        "label": kind.name,
        "description": kind.description,
        "tierType": "Registration",
        "price": minor(kind.price, "EUR"),
        "vatRate": 0.0,
        "paymentFrequency": "Single",
        "maxPerUser": 10,
        "isEligibleTaxReceipt": False,
        "saleStartDate": date(kind.sales_start),
        "saleEndDate": date(kind.sales_end),
    }


def place_row(venue: Venue) -> Row:
    return {
        "address": venue.address,
        "name": venue.name,
        "city": venue.city,
        "zipCode": venue.postal_code,
        "country": countries.get(venue.country).alpha3,
        "geoLocation": {"latitude": float(venue.latitude), "longitude": float(venue.longitude)},
    }


def order_summary(ask: Ask, order: Order) -> Row:
    return {
        "id": order_number(order),
        "date": stamp(order.placed_at),
        "formSlug": order.event,
        "formType": "Event",
        "organizationName": "Les Lampions",
        "organizationSlug": ORGANIZATION,
        "organizationType": "Association1901Rig",
        "organizationIsUnderColucheLaw": False,
        "formName": ask.box.event(order.event).name,
        "meta": meta(order.placed_at, order.updated_at),
        "isAnonymous": False,
        "isAmountHidden": False,
    }


def person(who: Person) -> Row:
    return {"firstName": who.first_name, "lastName": who.last_name}


def payer(order: Order) -> Row:
    return {"email": order.buyer.email, "country": "FRA", **person(order.buyer)}


def item_state(issued: Issued) -> str:
    order, ticket = issued
    return "Canceled" if order.status == "paid" and ticket.status != "valid" else ITEM_STATE[order.status]


def item_core(issued: Issued) -> Row:
    return {
        "id": item_number(issued),
        "amount": minor(issued.ticket.price, "EUR"),
        "type": "Registration",
        "state": item_state(issued),
    }


def item_row(ask: Ask, issued: Issued) -> Row:
    order, ticket = issued
    price = minor(ticket.price, "EUR")
    discount = {"code": order.discount_code, "amount": minor(ticket.discount, "EUR")} if ticket.discount else None
    return {
        "payments": [payment_core(order, payment) | {"shareAmount": price} for payment in order.payments],
        "name": ask.box.ticket_type(ticket.ticket_type).name,
        "user": person(ticket.holder),
        "priceCategory": "Fixed" if ticket.price else "Free",
        "discount": discount,
        "customFields": custom_fields(issued) if ask.query.get("withDetails") == "true" else None,
        "qrCode": b64encode(f"{item_number(issued)}:{ticket.barcode}".encode()).decode(),
        "ticketUrl": f"https://tickets.example/tickets/{item_number(issued)}.pdf",
        "tierId": tier_number(ticket.ticket_type),
        "initialAmount": minor(ticket.price + ticket.discount, "EUR"),
        **item_core(issued),
    }


def custom_fields(issued: Issued) -> list[Row]:
    phone = issued.ticket.holder.phone
    answers = [("Téléphone", "Phone", phone)] if phone else []
    answers += [(question, "TextInput", answer) for question, answer in issued.ticket.answers]
    return [
        {"id": at, "name": name, "type": kind, "answer": answer} for at, (name, kind, answer) in enumerate(answers, 1)
    ]


def full_item_row(ask: Ask, issued: Issued) -> Row:
    order = issued.order
    return {"order": order_summary(ask, order), "payer": payer(order), **item_row(ask, issued)}


def payment_core(order: Order, payment: Payment) -> Row:
    """Write a payment. The tip on top is HelloAsso's; fees of other platforms are not paid here."""
    whole = payment is order.payments[0] and order.given_back
    fee = order.fee if payment is order.payments[0] else 0
    paid = payment.state == "paid"
    return {
        "cashOutState": "Transfered" if paid else None,
        "id": payment_number(payment),
        "amount": minor(payment.amount - fee, "EUR"),
        "amountTip": 100 * (order.number % 3) if paid else 0,
        "date": stamp(payment.at),
        "paymentMeans": "Card",
        "state": "Refunded" if whole else "Abandoned" if order.status == "expired" else PAYMENT_STATE[payment.state],
        "refundOperations": list(map(refund_row, order.refunds)) if payment is order.payments[0] else [],
    }


def refund_row(refund: Refund) -> Row:
    return {
        "id": 60_000_000 + refund.number,
        "amount": minor(refund.amount, "EUR"),
        "amountTip": 0,
        "status": {"done": "Processed", "pending": "Processing", "failed": "Error"}[refund.state],
        "meta": meta(refund.at, refund.at),
    }


def payment_row(ask: Ask, at: tuple[Order, Payment]) -> Row:
    order, payment = at
    items = [item_core(Issued(order, ticket)) for ticket in order.tickets]
    return {
        "order": order_summary(ask, order),
        "payer": payer(order),
        "items": [item | {"shareAmount": item["amount"], "shareItemAmount": item["amount"]} for item in items],
        "installmentNumber": 1,
        "meta": meta(payment.at, order.updated_at),
        **payment_core(order, payment),
    }


def order_row(ask: Ask, order: Order) -> Row:
    total = minor(order.total - order.fee, "EUR")
    return {
        "payer": payer(order),
        "items": [item_row(ask, Issued(order, ticket)) for ticket in order.tickets],
        "payments": [payment_core(order, payment) for payment in order.payments],
        "amount": {"total": total, "vat": minor(order.tax, "EUR"), "discount": minor(order.discount, "EUR")},
        **order_summary(ask, order),
    }


def organizations(ask: Ask) -> list[Row]:
    own = {"name": "Les Lampions", "role": "OrganizationAdmin", "city": "Paris", "zipCode": "75011"}
    return [own | {"organizationSlug": ORGANIZATION, "url": f"https://www.helloasso.com/associations/{ORGANIZATION}"}]


def one_form(ask: Ask) -> Event:
    return ask.one(filter(carries_event, ask.box.events), event_id, "form")


def forms(ask: Ask) -> Row:
    def find() -> list[Event]:
        return [
            event
            for event in ask.box.events
            if carries_event(event)
            and asked(ask, "states", FORM_STATE[event.status])
            and asked(ask, "formTypes", "Event")
        ]

    return listing(ask, find, lambda event: (event.created_at, event.number), form_row)


def orders_here(ask: Ask) -> Iterator[Order]:
    """Give the orders of the form or of the whole organization, within the dates asked for."""
    orders = ask.box.orders_of(one_form(ask)) if "form" in ask.parts else ask.box.orders
    return (order for order in orders if carries_order(order) and between(ask, order.placed_at))


def clock(ask: Ask, order: Order) -> datetime:
    return order.updated_at if ask.query.get("sortField") == "UpdateDate" else order.placed_at


def orders(ask: Ask) -> Row:
    here = orders_here(ask)
    return listing(ask, lambda: list(here), lambda order: (clock(ask, order), order.number), partial(order_row, ask))


def items(ask: Ask) -> Row:
    here = orders_here(ask)

    def find() -> list[Issued]:
        issued = ask.box.issued(here) if asked(ask, "tierTypes", "Registration") else []
        return [one for one in issued if asked(ask, "itemStates", item_state(one))]

    def key(issued: Issued) -> Key:
        return clock(ask, issued.order), issued.ticket.number

    return listing(ask, find, key, partial(full_item_row, ask))


def payments(ask: Ask) -> Row:
    here = orders_here(ask)

    def find() -> list[tuple[Order, Payment]]:
        every = ((order, payment) for order in here for payment in order.payments)
        return [one for one in every if asked(ask, "states", payment_core(*one)["state"])]

    return listing(ask, find, lambda one: (one[1].at, one[1].number), partial(payment_row, ask))


def one_order(ask: Ask) -> Row:
    found: Row = known(order_row(ask, ask.one(orders_here(ask), order_id)))
    return found


def one_item(ask: Ask) -> Row:
    found: Row = known(full_item_row(ask, ask.one(ask.box.issued(orders_here(ask)), ticket_id)))
    return found


def tokens(ask: Ask) -> Answer:
    """Give tokens for one of three grants. A refresh needs no secret, and its token is good once."""
    form, grants = ask.body or {}, ask.grants
    kind, client = form.get("grant_type"), form.get("client_id", "")
    more: Row = {}
    pair: tuple[str, str] | None = None
    if client.startswith(FORBIDDEN):
        pair = (f"{FORBIDDEN}_token", f"{FORBIDDEN}_refresh")
    elif client != CLIENT["clientId"] or (
        kind != "refresh_token" and form.get("client_secret") != CLIENT["clientSecret"]
    ):
        return Answer({"error": "invalid_client"}, 401)
    elif kind == "client_credentials":
        pair = grants.issue()
    elif kind == "refresh_token":
        pair = grants.refresh(form.get("refresh_token", ""))
    elif kind == "authorization_code":
        fits = grants.redeem(form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier", ""))
        pair, more = grants.issue() if fits else None, {"organization_slug": ORGANIZATION}
    if pair is None:
        return Answer({"error": "invalid_grant"}, 400)
    times = {"token_type": "bearer", "expires_in": LIFETIME}
    return Answer({"access_token": pair[0], "refresh_token": pair[1], **times, **more})


ACCOUNT = "/v5/organizations/{organization}/"
FORM = ACCOUNT + "forms/Event/{form}/"

SERVICE = Service(
    slug="helloasso",
    hosts={"api": "/v5", "login": "", "auth": ""},
    routes=(
        Route("GET", "/v5/users/me/organizations", organizations, rows=""),
        Route("GET", ACCOUNT + "forms", forms, rows="data"),
        Route("GET", FORM + "public", lambda ask: known(public_row(one_form(ask)))),
        Route("GET", ACCOUNT + "items", items, rows="data"),
        Route("GET", FORM + "items", items, rows="data"),
        Route("GET", "/v5/items/{id}", one_item),
        Route("GET", ACCOUNT + "orders", orders, rows="data", status="items.*.state"),
        Route("GET", FORM + "orders", orders, rows="data", status="items.*.state"),
        Route("GET", "/v5/orders/{id}", one_order),
        Route("GET", ACCOUNT + "payments", payments, rows="data"),
        Route("GET", FORM + "payments", payments, rows="data"),
        Route("POST", "/oauth2/token", tokens, host="login", open=True),
        Route("GET", "/authorize", lambda ask: authorize(ask, CLIENT["clientId"], pkce=True), host="auth", open=True),
    ),
    credentials=CLIENT,
    client=CLIENT,
    admit=admit,
    error=error,
    shape=Shape(status="state", next="pagination.continuationToken"),
    paging=frozenset({"pageIndex", "pageSize", "continuationToken", "withDetails"}),
    not_carried=NOT_CARRIED,
    carries_event=carries_event,
    carries_order=carries_order,
    event_id=event_id,
    ticket_type_id=ticket_type_id,
    ticket_id=ticket_id,
    order_id=order_id,
)

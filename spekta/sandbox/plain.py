"""The REST dialect that is assumed of platforms without a public description, rendered once for all of them.

What differs between two such platforms is told by a `Dialect`: how a page is wrapped, how amounts and times are
written, which words are used. No platform has confirmed any of it.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from spekta.sandbox.box_office import NOTHING, BoxOffice, Event, Issued, Order, TicketType
from spekta.sandbox.misbehaviour import Shape
from spekta.sandbox.service import FORBIDDEN, Ask, Route, Service, is_real
from spekta.sandbox.wire import DECIMALS, Refusal, local, major, minor, utc

LARGEST = 50
PAGING = frozenset({"page", "per_page"})
WORDS = {"tickets": "tickets", "attendees": "attendees", "orders": "orders"}
UNDONE = {"paid": "valid", "pending": "pending", "expired": "cancelled", "cancelled": "cancelled"}
MESSAGES = {401: "The key is not known.", 403: "The key may not do this.", 404: "There is no such thing."}
NOT_CARRIED = {
    "event.online": "no such field is assumed",
    "event.series_id": "no such field is assumed",
    "ticket.fee": "no such field is assumed",
    "attendee.price": "no amount of a single ticket is assumed",
    "attendee.barcode": "no such field is assumed",
    "attendee.answers": "no such field is assumed",
    "order.discount": "no such field is assumed",
    "order.lines": "an order is assumed to tell its total only",
}

T = TypeVar("T")
Row = dict[str, Any]
Money = Callable[[str, Decimal, str], Row]


class Leaf(NamedTuple):
    """A page of a list that is about to be wrapped."""

    rows: list[Row]
    number: int
    size: int
    total: int
    more: bool
    name: str
    address: str


def in_text(name: str, amount: Decimal, currency: str) -> Row:
    """Write an amount as text in major units."""
    return {name: major(amount, DECIMALS.get(currency, 2))}


def in_number(name: str, amount: Decimal, currency: str) -> Row:
    return {name: float(amount)}


def in_object(name: str, amount: Decimal, currency: str) -> Row:
    return {name: {"amount": major(amount, DECIMALS.get(currency, 2)), "currency": currency}}


def in_cents(name: str, amount: Decimal, currency: str) -> Row:
    """Write an amount in minor units, under a name that says so."""
    return {f"{name}_cents": minor(amount, currency)}


def with_total(leaf: Leaf) -> Row:
    return {"data": leaf.rows, "meta": {"page": leaf.number, "per_page": leaf.size, "total": leaf.total}}


def with_last_page(leaf: Leaf) -> Row:
    last = max(-(-leaf.total // leaf.size), 1)
    return {"data": leaf.rows, "meta": {"current_page": leaf.number, "last_page": last, "total": leaf.total}}


def with_links(leaf: Leaf) -> Row:
    """Wrap it with the address of the next page, as Laravel does."""
    link = f"{leaf.address}?page={leaf.number + 1}&per_page={leaf.size}" if leaf.more else None
    return {**with_last_page(leaf), "links": {"next": link}}


def with_has_more(leaf: Leaf) -> Row:
    return {"results": leaf.rows, "has_more": leaf.more}


def by_name(leaf: Leaf) -> Row:
    return {leaf.name: leaf.rows, "total": leaf.total}


def with_offset(at: datetime, zone: str) -> str:
    return local(at, zone).isoformat(timespec="seconds")


def on_the_wall(at: datetime, zone: str) -> str:
    """Write a time without its offset."""
    return local(at, zone).replace(tzinfo=None).isoformat(timespec="minutes")


@dataclass(frozen=True)
class Dialect:
    """What one platform's own is.

    `header` and `scheme` hold the key; `words` are what listings are called in addresses, `statuses` what an attendee's
    status is called; `changed` are the listings that know `updated_since`. `rows` is where the envelope has them, the
    name of the list for None, and `next` where it has a link to the next page; `size` asks for up to `largest` rows.
    `moment` writes the times of an event,
    `ident` an id; `camel` is how names are written.
    """

    slug: str
    key: str
    base: str = "/v1"
    header: str = "authorization"
    scheme: str = "Bearer "
    words: Mapping[str, str] = field(default_factory=lambda: WORDS)
    statuses: Mapping[str, str] = field(default_factory=dict)
    changed: Collection[str] = ("events", "attendees")
    envelope: Callable[[Leaf], Row] = with_total
    rows: str | None = "data"
    next: str = ""
    size: str = "per_page"
    largest: int = LARGEST
    money: Money = in_text
    moment: Callable[[datetime, str], str] = with_offset
    ident: type[str] | type[int] = str
    camel: bool = False


def event_id(event: Event) -> str:
    return str(1000 + event.number)


def ticket_type_id(kind: TicketType) -> str:
    return str(2000 + kind.number)


def ticket_id(issued: Issued) -> str:
    return str(300_000 + issued.ticket.number)


def order_id(order: Order) -> str:
    return str(40_000 + order.number)


def service(dialect: Dialect, *, report: bool = False, not_carried: Mapping[str, str] | None = None) -> Service:
    """The API of a platform that speaks the dialect; with `report` it also sums up what an event brought in."""
    base, words = dialect.base, dialect.words
    speaker = Speaker(dialect)
    one = f"{base}/events/{{id}}"
    reports = (Route("GET", f"{one}/revenue", speaker.report),) if report else ()
    return Service(
        slug=dialect.slug,
        hosts={"api": base},
        routes=(
            Route("GET", f"{base}/events", speaker.events, rows=dialect.rows or "events"),
            Route("GET", one, speaker.event),
            Route("GET", f"{one}/{words['tickets']}", speaker.tickets, rows=dialect.rows or words["tickets"]),
            Route("GET", f"{one}/{words['attendees']}", speaker.attendees, rows=dialect.rows or words["attendees"]),
            Route("GET", f"{one}/{words['orders']}", speaker.orders, rows=dialect.rows or words["orders"]),
            *reports,
        ),
        credentials={"apiKey": dialect.key},
        admit=speaker.admit,
        error=lambda refusal: {"message": refusal.message or MESSAGES.get(refusal.status, "Something went wrong.")},
        shape=Shape(next=dialect.next, next_is_link=bool(dialect.next)),
        paging=PAGING,
        not_carried=NOT_CARRIED | dict(not_carried or {}),
        carries_order=is_real,
        event_id=event_id,
        ticket_type_id=ticket_type_id,
        ticket_id=ticket_id,
        order_id=order_id,
    )


class Speaker:
    """Answers in one platform's dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.own = dialect

    def admit(self, ask: Ask) -> None:
        said = ask.headers.get(self.own.header, "")
        key = said.removeprefix(self.own.scheme)
        if not said.startswith(self.own.scheme) or (key != self.own.key and not key.startswith(FORBIDDEN)):
            raise Refusal(401)
        if key.startswith(FORBIDDEN):
            raise Refusal(403)

    def events(self, ask: Ask) -> Any:
        return self._list(ask, "events", lambda: ask.box.events, self._event, lambda event: event.updated_at)

    def event(self, ask: Ask) -> Any:
        return self._spelt(self._event(ask.box, ask.one(ask.box.events, event_id)))

    def tickets(self, ask: Ask) -> Any:
        event = ask.one(ask.box.events, event_id)

        def row(box: BoxOffice, kind: TicketType) -> Row:
            return self._ticket(box, event, kind)

        return self._list(ask, "tickets", lambda: event.ticket_types, row, lambda kind: event.updated_at)

    def attendees(self, ask: Ask) -> Any:
        def find() -> Sequence[Issued]:
            return ask.box.issued(self._orders(ask))

        return self._list(ask, "attendees", find, self._attendee, lambda issued: issued.order.updated_at)

    def orders(self, ask: Ask) -> Any:
        return self._list(ask, "orders", lambda: self._orders(ask), self._order, lambda order: order.updated_at)

    def report(self, ask: Ask) -> Any:
        event = ask.one(ask.box.events, event_id)
        sold = [order for order in self._orders(ask) if order.paid or order.status == "paid"]
        kept = [ticket for order in sold for ticket in order.tickets if _stands(Issued(order, ticket))]
        gross, refunds, taxes, fees = (
            sum(amounts, NOTHING)
            for amounts in (
                [order.paid for order in sold],
                [order.refunded for order in sold],
                [ticket.tax for ticket in kept],
                [ticket.platform_fee for ticket in kept],
            )
        )
        figures = {"gross_revenue": gross, "refunds": refunds, "taxes": taxes, "fees": fees}
        net = gross - refunds - taxes - fees
        return self._spelt(
            {
                "data": {
                    "event_id": self.own.ident(event_id(event)),
                    "currency": event.currency,
                    **self._amounts({**figures, "net_revenue": net}, event.currency),
                    "tickets_sold": len(kept),
                    "orders": len(sold),
                }
            }
        )

    def _orders(self, ask: Ask) -> Sequence[Order]:
        event = ask.one(ask.box.events, event_id)
        return [order for order in ask.box.orders_of(event) if is_real(order)]

    def _list(
        self,
        ask: Ask,
        kind: str,
        find: Callable[[], Sequence[T]],
        row: Callable[[BoxOffice, T], Row],
        changed: Callable[[T], datetime],
    ) -> Any:
        """Give a page; a larger one than there is is cut to the largest without a word."""
        number = _number(ask, "page", 1)
        size = min(_number(ask, self.own.size, self.own.largest), self.own.largest)
        since = ask.query.get("updated_since") if kind in self.own.changed else None

        def found() -> Sequence[T]:
            return [one for one in find() if since is None or changed(one) >= datetime.fromisoformat(since)]

        page = ask.page(ask.found(found), (number - 1) * size, size)
        rows = [self._spelt(row(ask.box, one)) for one in page.records]
        name = self.own.words.get(kind, kind)
        return self.own.envelope(Leaf(rows, number, size, page.total, page.more, name, ask.root + ask.path))

    def _amounts(self, amounts: Mapping[str, Decimal], currency: str) -> Row:
        written = [self.own.money(name, amount, currency) for name, amount in amounts.items()]
        return {name: value for part in written for name, value in part.items()}

    def _event(self, box: BoxOffice, event: Event) -> Row:
        venue = event.venue
        place = ("name", "address", "city", "region", "postal_code", "country")
        return {
            "id": self.own.ident(event_id(event)),
            "name": event.name,
            "description": event.description,
            "status": {"live": "published"}.get(event.status, event.status),
            "starts_at": self.own.moment(event.starts_at, event.timezone),
            "ends_at": self.own.moment(event.ends_at, event.timezone),
            "timezone": event.timezone,
            "venue": venue
            and {name: getattr(venue, name) for name in place}
            | {"latitude": str(venue.latitude), "longitude": str(venue.longitude)},
            "url": event.url,
            "image_url": event.image_url,
            "currency": event.currency,
            "capacity": event.capacity,
            "category": event.category,
            "created_at": utc(event.created_at),
            "updated_at": utc(event.updated_at),
        }

    def _ticket(self, box: BoxOffice, event: Event, kind: TicketType) -> Row:
        sold, total = box.sold(kind), kind.quantity_total
        left = None if total is None else max(total - sold, 0)
        return {
            "id": self.own.ident(ticket_type_id(kind)),
            "name": kind.name,
            "description": kind.description,
            **self._amounts({"price": kind.price}, event.currency),
            "currency": event.currency,
            "quantity_total": total,
            "quantity_sold": sold,
            "quantity_available": left,
            "status": "sold_out" if kind.sale == "on_sale" and left == 0 else kind.sale,
            "sales_start": utc(kind.sales_start),
            "sales_end": utc(kind.sales_end),
        }

    def _attendee(self, box: BoxOffice, issued: Issued) -> Row:
        order, ticket = issued
        holder, kind = ticket.holder, box.ticket_type(ticket.ticket_type)
        status = ticket.status if ticket.status != "valid" else UNDONE[order.status]
        return {
            "id": self.own.ident(ticket_id(issued)),
            "order_id": self.own.ident(order_id(order)),
            "ticket_id": self.own.ident(ticket_type_id(kind)),
            "ticket_name": kind.name,
            "first_name": holder.first_name,
            "last_name": holder.last_name,
            "name": holder.name,
            "email": holder.email,
            "phone": holder.phone,
            "status": self.own.statuses.get(status, status),
            "checked_in": ticket.checked_in_at is not None,
            "checked_in_at": utc(ticket.checked_in_at),
            "purchased_at": utc(order.placed_at),
            "updated_at": utc(order.updated_at),
        }

    def _order(self, box: BoxOffice, order: Order) -> Row:
        amounts = {"total": order.total, "fees": order.platform_fee, "tax": order.tax, "refunded": order.refunded}
        return {
            "id": self.own.ident(order_id(order)),
            "status": "refunded" if order.given_back else order.status,
            **self._amounts(amounts, order.currency),
            "currency": order.currency,
            "quantity": sum(_stands(Issued(order, ticket)) for ticket in order.tickets),
            "buyer_name": order.buyer.name,
            "buyer_email": order.buyer.email,
            "created_at": utc(order.placed_at),
            "updated_at": utc(order.updated_at),
        }

    def _spelt(self, part: Any) -> Any:
        """Write the names in camelCase where the platform does."""
        if not self.own.camel:
            return part
        if isinstance(part, dict):
            return {_camel(name): self._spelt(value) for name, value in part.items()}
        return part


def _stands(issued: Issued) -> bool:
    return issued.order.status in ("paid", "pending") and issued.ticket.status == "valid"


def _number(ask: Ask, name: str, default: int) -> int:
    said = ask.query.get(name, str(default))
    if not said.isdecimal() or int(said) < 1:
        raise Refusal(422, message=f"{name} is not a number from 1 up.")
    return int(said)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)

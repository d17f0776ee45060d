"""The invented season that the sandbox sells: every oddity that a box office has to live with, at least once."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from spekta.sandbox.box_office import BoxOffice, Event, Order, Person, Ticket, TicketType, Venue
from spekta.sandbox.clerk import Clerk, at

PEOPLE = (
    Person("Amélie", "Fontanel", "amelie@example.org", "+33 1 99 00 10 01"),
    Person("ليلى", "الحداد", "layla@example.org"),
    Person("美玲", "陈", "meiling@example.org", "+86 10 5550 0102"),
    Person("Seán", "O'Brannagh", "sean@example.org"),
    Person("Nilufar", None, "nilufar@example.org"),
    Person("Rosa 🎺", "Peñarrubia", "rosa@example.org", "+34 900 555 010"),
    Person("Zoë", "Müller-Łęcka", None),
    Person("すず", "小川", "suzu@example.org"),
    Person("Анна", "Ковалёва", "anna@example.org", "+380 44 555 01 10"),
    Person("Ελένη", "Παπαδάκη", "eleni@example.org"),
    Person("दीपा", "राव", "deepa@example.org"),
    Person("Tom", "de la Cruz Jr.", "tom@example.org"),
)

JARDIN = Venue("Jardin des Cordes", "12 rue du Luth", "Paris", "75011", "FR", Decimal("48.8591"), Decimal("2.3781"))
HALLE = Venue("Halle Sieben", "Uferweg 7", "Berlin", "10999", "DE", Decimal("52.4987"), Decimal("13.4302"))
FOUNDRY = Venue("The Old Foundry", "3 Anvil Lane", "London", "SE1 9ZZ", "GB", Decimal("51.5033"), Decimal("-0.0912"))
HOTARU = Venue("蛍ホール", "2-4 水辺町", "Tokyo", "105-0000", "JP", Decimal("35.6581"), Decimal("139.7514"), "東京都")
DHOW = Venue("مسرح المرفأ", "Gulf Road 40", "Kuwait City", "15000", "KW", Decimal("29.3797"), Decimal("47.9734"))
SPIEGEL = Venue("Spiegelzelt", "Praterallee 2", "Wien", "1020", "AT", Decimal("48.2163"), Decimal("16.3975"))
LUA = Venue("Teatro da Lua", "Rua da Maré 9", "Lisboa", "1100-001", "PT", Decimal("38.7117"), Decimal("-9.1304"))
DOCKS = Venue("Quai des Lumières", "Havenlaan 1", "Brussels", "1000", "BE", Decimal("50.8627"), Decimal("4.3480"))

DAY = timedelta(days=1)


def season(festival_orders: int = 115) -> BoxOffice:
    """Build the season; its festival holds the orders that fill pages, about 2.2 tickets each."""
    clerk = Clerk()
    parts = (_garden, _market, _foundry, _online, _fireflies, _harbour, _cabaret, _opera, _draft, _clocks)
    box = BoxOffice()
    for part in parts:
        events, orders = part(clerk)
        box.events += events
        box.orders += orders
    event, orders = _festival(clerk, festival_orders)
    box.events.append(event)
    box.orders = sorted(box.orders + orders, key=lambda order: order.placed_at)
    return box


Part = tuple[list[Event], list[Order]]


def _garden(clerk: Clerk) -> Part:
    """EUR with tax in the price: each way in which an order can end."""
    kind = clerk.ticket_type
    event = clerk.event(
        "concert-au-jardin",
        (
            kind("Plein tarif", "25.00", quantity_total=80, description="Places assises"),
            kind("Tarif réduit", "15.00", quantity_total=40),
            kind("Loge d’honneur", "60.00", quantity_total=4),
            kind("Partenaires", "5.00", quantity_total=10, sale="hidden"),
        ),
        name="Concert au jardin : l’été « à cordes »",
        description="<p>Un quatuor, <b>huit</b> lampions &amp; la nuit.</p>",
        starts="2027-06-18T20:30",
        ends="2027-06-18T23:00",
        venue=JARDIN,
        capacity=134,
        category="Music",
        url="https://tickets.example/concert-au-jardin",
        image_url="https://tickets.example/images/concert-au-jardin.jpg",
        updated_at=datetime(2026, 9, 14, 8, 30, tzinfo=UTC),
    )
    sell = _Sales(clerk, event, datetime(2026, 6, 1, 9, 0, tzinfo=UTC), tax="0.2")
    later = datetime(2026, 9, 20, 16, 0, tzinfo=UTC)
    full, reduced, box = event.ticket_types[:3]
    half, whole, fee_kept = sell(full, full), sell(reduced), sell(full)
    return [event], [
        sell(full),
        sell(full, full, reduced, reduced),
        sell(box, box),
        sell(box, box),
        clerk.give_back(half, later, half.tickets[1]),
        clerk.give_back(whole, later, *whole.tickets),
        clerk.cancel(fee_kept, later, keep=10),
        sell(full, reduced, status="pending"),
        _expired(sell(full, status="expired")),
        sell(full, test=True),
        _discounted(sell(full, full), "MATINALE", Decimal("5.00"), sell.tax),
        _answered(sell(reduced)),
        sell(full, reduced),
        sell(reduced, reduced),
    ]


def _market(clerk: Clerk) -> Part:
    """A free event without a limit."""
    event = clerk.event(
        "nachtflohmarkt",
        (clerk.ticket_type("Eintritt frei", 0, quantity_total=None),),
        name="Nachtflohmarkt & Suppe",
        description="<p>Kommt vorbei.</p>",
        starts="2026-12-04T18:00",
        ends="2026-12-05T01:00",
        timezone="Europe/Berlin",
        venue=HALLE,
        category="Community",
        url="https://tickets.example/nachtflohmarkt",
    )
    sell = _Sales(clerk, event, datetime(2026, 9, 1, 7, 15, tzinfo=UTC), skip=3)
    kind = event.ticket_types[0]
    return [event], [sell(*[kind] * seats) for seats in (1, 2, 1, 3, 1, 1, 2, 1)]


def _foundry(clerk: Clerk) -> Part:
    """GBP with fees that the buyer pays and the platform keeps."""
    kind = clerk.ticket_type
    opening = at("2027-01-15T10:00", "Europe/London")
    event = clerk.event(
        "fog-and-brass",
        (
            kind("Standing", "18.50", fee="1.85", quantity_total=300),
            kind("Balcony", "32.00", fee="3.20", quantity_total=60),
            kind("Last release", "22.00", fee="2.20", quantity_total=50, sale="scheduled", sales_start=opening),
        ),
        name="Fog & Brass: Rosie’s Foundry Band",
        description="<p>Loud. <i>Very</i> loud.</p>",
        starts="2027-02-12T19:30",
        ends="2027-02-12T22:30",
        timezone="Europe/London",
        currency="GBP",
        venue=FOUNDRY,
        capacity=410,
        category="Music",
        url="https://tickets.example/fog-and-brass",
        image_url="https://tickets.example/images/fog-and-brass.jpg",
    )
    sell = _Sales(clerk, event, datetime(2026, 8, 3, 12, 0, tzinfo=UTC), skip=5)
    standing, balcony = event.ticket_types[:2]
    back = sell(balcony, balcony)
    return [event], [
        sell(standing, standing),
        sell(standing),
        sell(balcony),
        clerk.give_back(back, back.placed_at + 9 * DAY, *back.tickets),
        sell(standing, balcony, balcony),
        sell(standing, standing, standing, standing),
        sell(balcony),
        sell(standing, standing),
    ]


def _online(clerk: Clerk) -> Part:
    """USD, online; the platform keeps its share out of the price."""
    event = clerk.event(
        "prairie-code-night",
        (clerk.ticket_type("Seat at home", "120.00", quantity_total=500),),
        name="Prairie Code Night (online) 🌾",
        description="<p>From your kitchen.</p>",
        starts="2026-11-20T18:00",
        ends="2026-11-20T21:00",
        timezone="America/Chicago",
        currency="USD",
        online=True,
        capacity=500,
        category="Science & Technology",
        url="https://tickets.example/prairie-code-night",
    )
    sell = _Sales(clerk, event, datetime(2026, 10, 1, 15, 0, tzinfo=UTC), skip=1, platform_fee="0.05")
    return [event], [sell(*[event.ticket_types[0]] * seats) for seats in (1, 1, 2, 1, 3, 1)]


def _fireflies(clerk: Clerk) -> Part:
    """JPY, which has no decimals."""
    event = clerk.event(
        "hotaru",
        (clerk.ticket_type("一般", "3500", quantity_total=120), clerk.ticket_type("学生", "1800", quantity_total=40)),
        name="蛍の夜 – Night of Fireflies",
        starts="2027-06-05T19:00",
        ends="2027-06-05T21:00",
        timezone="Asia/Tokyo",
        currency="JPY",
        venue=HOTARU,
        capacity=160,
        category="Performing & Visual Arts",
        url="https://tickets.example/hotaru",
    )
    sell = _Sales(clerk, event, datetime(2026, 7, 11, 3, 0, tzinfo=UTC), skip=2)
    adult, student = event.ticket_types
    half = sell(adult, student)
    return [event], [
        sell(adult, adult),
        sell(student),
        clerk.give_back(half, half.placed_at + 30 * DAY, half.tickets[1]),
        sell(adult),
        sell(adult, adult, student),
        sell(student, student),
    ]


def _harbour(clerk: Clerk) -> Part:
    """KWD, which has three decimals."""
    event = clerk.event(
        "dhow-stories",
        (clerk.ticket_type("مقعد", "7.250", quantity_total=90),),
        name="حكايات المرفأ",
        description="<p>ليلة من الحكايات.</p>",
        starts="2027-01-22T20:00",
        ends="2027-01-22T22:00",
        timezone="Asia/Kuwait",
        currency="KWD",
        venue=DHOW,
        capacity=90,
        category="Performing & Visual Arts",
        url="https://tickets.example/dhow-stories",
    )
    sell = _Sales(clerk, event, datetime(2026, 10, 5, 17, 0, tzinfo=UTC), skip=1)
    return [event], [sell(*[event.ticket_types[0]] * seats) for seats in (2, 1, 4, 1, 2)]


def _cabaret(clerk: Clerk) -> Part:
    """A series of two dates."""
    events, orders = [], []
    for number, day in enumerate(("2026-12-11", "2026-12-12"), 1):
        event = clerk.event(
            f"winterkabarett-{number}",
            {"Parkett": "28.00", "Galerie": "19.50"},
            name="Winterkabarett",
            description="<p>Zwei Abende im Zelt.</p>",
            starts=f"{day}T20:00",
            ends=f"{day}T22:15",
            timezone="Europe/Vienna",
            venue=SPIEGEL,
            capacity=200,
            category="Performing & Visual Arts",
            series="winterkabarett",
            url=f"https://tickets.example/winterkabarett-{number}",
        )
        sell = _Sales(clerk, event, datetime(2026, 9, number, 10, 0, tzinfo=UTC), skip=4 * number)
        floor, gallery = event.ticket_types
        events.append(event)
        orders += [sell(floor, floor), sell(gallery), sell(floor, gallery), sell(gallery, gallery)]
    return events, orders


def _opera(clerk: Clerk) -> Part:
    """A cancelled event: all money went back."""
    event = clerk.event(
        "opera-da-lua",
        (clerk.ticket_type("Plateia", "45.00", quantity_total=250, sale="off_sale"),),
        name="Ópera da Lua",
        status="cancelled",
        starts="2027-04-09T21:00",
        ends="2027-04-09T23:30",
        timezone="Europe/Lisbon",
        venue=LUA,
        capacity=250,
        category="Music",
        url="https://tickets.example/opera-da-lua",
        updated_at=datetime(2026, 10, 20, 11, 0, tzinfo=UTC),
    )
    sell = _Sales(clerk, event, datetime(2026, 8, 20, 18, 0, tzinfo=UTC), skip=7)
    sold = [sell(*[event.ticket_types[0]] * seats) for seats in (2, 1, 2, 4)]
    return [event], [clerk.cancel(order, event.updated_at) for order in sold]


def _draft(clerk: Clerk) -> Part:
    event = clerk.event(
        "next-spring",
        {"Early entry": "12.00"},
        name="Next Spring (working title)",
        status="draft",
        starts="2027-04-30T18:00",
        ends="2027-04-30T23:59",
        timezone="Europe/London",
        currency="GBP",
        venue=FOUNDRY,
        capacity=100,
    )
    return [event], []


def _clocks(clerk: Clerk) -> Part:
    """A night that is over, in which the clocks went back; its tickets were checked in at the door."""
    event = clerk.event(
        "nuit-des-horloges",
        (clerk.ticket_type("Nuit entière", "30.00", quantity_total=150, sale="ended"),),
        name="La nuit de 25 heures",
        description="<p>Deux fois 2 h 30.</p>",
        status="completed",
        starts="2026-10-24T22:00",
        ends="2026-10-25T06:00",
        venue=JARDIN,
        capacity=150,
        category="Music",
        url="https://tickets.example/nuit-des-horloges",
        updated_at=datetime(2026, 10, 25, 9, 0, tzinfo=UTC),
    )
    sell = _Sales(clerk, event, datetime(2026, 9, 5, 20, 0, tzinfo=UTC), skip=6, tax="0.1")
    kind = event.ticket_types[0]
    return [event], [_checked_in(sell(*[kind] * seats), event, seats - 1) for seats in (2, 1, 3, 2, 1, 2)]


def _festival(clerk: Clerk, count: int) -> tuple[Event, list[Order]]:
    """An event that is larger than any platform's page."""
    kind, group = clerk.ticket_type, clerk.group("Pass")
    event = clerk.event(
        "festival-des-quais",
        (
            kind("Pass – 1 jour", "39.00", quantity_total=5 * count, group=group),
            kind("Pass – 3 jours", "99.00", quantity_total=5 * count, group=group),
        ),
        name="Festival des Quais / Kaaienfestival",
        description="<p>Trois jours, trois scènes.</p>",
        starts="2027-07-02T16:00",
        ends="2027-07-04T23:59",
        timezone="Europe/Brussels",
        venue=DOCKS,
        capacity=5000,
        category="Music",
        url="https://tickets.example/festival-des-quais",
        image_url="https://tickets.example/images/festival-des-quais.jpg",
        updated_at=datetime(2026, 10, 1, 10, 0, tzinfo=UTC),
    )
    sell = _Sales(clerk, event, datetime(2026, 2, 2, 10, 0, tzinfo=UTC), every=timedelta(hours=2), numbered=True)
    day, weekend = event.ticket_types
    orders = []
    for number in range(count):
        seats = (2, 1, 3, 2, 3)[number % 5]
        order = sell(*[weekend if number % 3 == 0 else day] * seats, status="pending" if number % 40 == 39 else "paid")
        if number % 25 == 24:
            order = clerk.give_back(order, order.placed_at + 2 * DAY, order.tickets[0])
        orders.append(order)
    return event, orders


class _Sales:
    """Sells tickets of one event, to one person after the other, at an even pace."""

    def __init__(
        self,
        clerk: Clerk,
        event: Event,
        first: datetime,
        *,
        every: timedelta = timedelta(days=1, hours=5, minutes=7),
        skip: int = 0,
        numbered: bool = False,
        tax: str = "0",
        platform_fee: str = "0",
    ) -> None:
        self.clerk, self.event, self.first, self.every = clerk, event, first, every
        self.skip, self.numbered, self.sold = skip, numbered, 0
        self.tax, self.platform_fee = Decimal(tax), Decimal(platform_fee)

    def __call__(self, *kinds: TicketType, **more: Any) -> Order:
        """Sell one ticket of each of these types to the next person, who brings the ones after them."""
        placed_at = self.first + self.sold * self.every
        tickets = [self._ticket(kind, self._person(self.sold + seat)) for seat, kind in enumerate(kinds)]
        buyer = self._person(self.sold)
        self.sold += 1
        return self.clerk.order(self.event, buyer, *tickets, placed_at=placed_at, **more)

    def _person(self, turn: int) -> Person:
        person = PEOPLE[(turn + self.skip) % len(PEOPLE)]
        if self.numbered and person.email:
            return replace(person, email=person.email.replace("@", f"+{turn}@"))
        return person

    def _ticket(self, kind: TicketType, holder: Person) -> Ticket:
        shares: dict[str, Decimal] = {}
        if self.tax:
            shares["tax"] = _tax(kind.price, self.tax)
        if self.platform_fee:
            shares["platform_fee"] = _cents(kind.price * self.platform_fee)
        return self.clerk.ticket(kind, holder, **shares)


def _tax(price: Decimal, rate: Decimal) -> Decimal:
    return _cents(price * rate / (1 + rate))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


def _each(order: Order, tickets: Iterable[Ticket], **more: Any) -> Order:
    return replace(order, tickets=tuple(tickets), **more)


def _expired(order: Order) -> Order:
    return _each(order, (replace(ticket, status="cancelled") for ticket in order.tickets))


def _discounted(order: Order, code: str, off: Decimal, tax: Decimal) -> Order:
    tickets = [
        replace(ticket, price=ticket.price - off, discount=off, tax=_tax(ticket.price - off, tax))
        for ticket in order.tickets
    ]
    paid = tuple(replace(payment, amount=payment.amount - off * len(tickets)) for payment in order.payments)
    return _each(order, tickets, payments=paid, discount_code=code)


def _answered(order: Order) -> Order:
    answers = (("Comment avez-vous connu le concert ?", "Par une amie"), ("Allergies", "Noix, « un peu »"))
    return _each(order, (replace(ticket, answers=answers) for ticket in order.tickets))


def _checked_in(order: Order, event: Event, count: int) -> Order:
    """Let the first `count` tickets in, ten minutes apart."""
    times = [event.starts_at + timedelta(minutes=10 * turn) for turn in range(count)]
    tickets = [
        replace(ticket, checked_in_at=times[at]) if at < count else ticket for at, ticket in enumerate(order.tickets)
    ]
    return _each(order, tickets, updated_at=max([order.updated_at, *times]))

"""An account in a sandbox, the store that it is copied into, and what happens at the box office meanwhile."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from connectors import Connector
from connectors.models import UnifiedRecord
from spekta.sandbox.box_office import BoxOffice, Event
from spekta.sandbox.day import CLERK, checks_in, refunds, sells, untouched
from spekta.sync import Change, Outcome, Schedule, Status, Store, Worker
from spekta.sync.feeds import COPIED, KINDS, Kind
from spekta.sync.rows import Row, record_of
from tests.connectors import expected
from tests.connectors.conftest import Account
from tests.connectors.test_contract import differences

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Happening = Callable[[BoxOffice], None]


@dataclass
class Heard:
    """Everything that was announced, in order."""

    changes: list[Change] = field(default_factory=list)

    def announce(self, changes: Iterable[Change]) -> list[bool]:
        told = list(changes)
        self.changes += told
        return [True] * len(told)

    @property
    def types(self) -> Counter[str]:
        return Counter(str(change.model_dump()["type"]) for change in self.changes)


@dataclass
class Desk:
    """Runs the sync of one account. Its clock is ours, moved on by `ahead`; the box office has one of its own."""

    account: Account
    store: Store
    heard: Heard = field(default_factory=Heard)
    ahead: timedelta = timedelta()
    schedule: Schedule = field(default_factory=Schedule)

    @property
    def slug(self) -> str:
        return self.account.slug

    @property
    def box(self) -> BoxOffice:
        return self.account.box

    @property
    def status(self) -> Status:
        return self.store.status(self.slug)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def later(self, pause: timedelta) -> None:
        """Time passes, here and at the box office."""
        self.ahead += pause
        self.box.now += pause

    def worker(self, connector: Connector, **more: Any) -> Worker:
        settings: dict[str, Any] = {"announcer": self.heard, "schedule": self.schedule, "now": self.now, **more}
        return Worker(connector, self.store, f"worker-{id(connector)}", **settings)

    async def sync(self, during: Iterable[Happening] = (), every: int = 1, **more: Any) -> Outcome:
        """One run, while each `every` requests the next thing happens."""
        happenings = iter(during)

        def wrap(platform: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
            return Busy(platform, self.box, happenings, every)

        async with self.account.connect(wrap=wrap) as connector:
            outcome = await self.worker(connector, **more).run()
        for happening in happenings:
            happening(self.box)
        return outcome

    def rows(self, kind: Kind) -> list[Row]:
        return [row for row in self.store.every(self.slug, kind) if row.deleted_at is None]

    def records(self, kind: Kind) -> list[UnifiedRecord]:
        return [record_of(row) for row in self.rows(kind)]

    def wrong(self, kinds: Iterable[Kind] = COPIED) -> list[str]:
        """What the store says otherwise than the box office."""
        found: list[str] = []
        for kind in kinds:
            if kind not in self.account.provider.capabilities:
                continue
            wanted = expected.records(self.account.service, self.box, kind)
            records = {record.id: record for record in self.records(kind)}
            found += [f"{kind} {id} is missing" for id in wanted.keys() - records.keys()]
            found += [f"{kind} {id} is too many" for id in records.keys() - wanted.keys()]
            for id in wanted.keys() & records.keys():
                found += [f"{kind} {line}" for line in differences(self.account, kind, records[id], wanted[id])]
        return found

    def versions(self) -> dict[str, str]:
        """What the store says of each version that was announced last, by the change's id."""
        return {
            f"{row.kind}#{row.key}#{row.version}": row.content
            for kind in KINDS
            for row in self.store.every(self.slug, kind)
        }


class Busy(httpx2.AsyncBaseTransport):
    """A platform where something happens after each so many requests."""

    def __init__(
        self, platform: httpx2.AsyncBaseTransport, box: BoxOffice, happenings: Iterator[Happening], every: int
    ) -> None:
        self._platform, self._box, self._happenings, self._every = platform, box, happenings, every
        self._asked = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._platform.handle_async_request(request)
        await response.aread()
        self._asked += 1
        if self._asked % self._every == 0 and (happening := next(self._happenings, None)):
            happening(self._box)
        return response


def few(box: BoxOffice, orders: int = 20) -> None:
    """Leaves a small account, for stores that take their time: three events, and so many of the festival's orders."""
    kept = {box.events[0].key, box.events[1].key, untouched(box)[0].event}
    of_festival = {order.number for order in untouched(box)[:orders]}
    for order in list(box.orders):
        if order.event not in kept or (order in untouched(box) and order.number not in of_festival):
            box.remove_order(order.number)
    for event in list(box.events):
        if event.key not in kept:
            box.remove_event(event.key)


def pays(box: BoxOffice) -> None:
    """Somebody pays for an order of long ago, if there is one."""
    order = next((order for order in box.orders if order.status == "pending" and order.total), None)
    if order is None:
        return
    payments = tuple(replace(payment, state="paid", at=box.now) for payment in order.payments)
    box.put_order(replace(order, status="paid", payments=payments, updated_at=box.now))


def cancels(box: BoxOffice) -> None:
    """An order is cancelled and all its money given back."""
    box.put_order(CLERK.cancel(untouched(box)[3], box.now))


def renames_holder(box: BoxOffice) -> None:
    """A ticket that is not the buyer's own gets another name."""
    order = next(order for order in untouched(box)[7:] if len(order.tickets) > 1)
    *others, last = order.tickets
    holder = replace(last.holder, first_name="Imogen", last_name="Vale")
    box.put_order(replace(order, tickets=(*others, replace(last, holder=holder)), updated_at=box.now))


def renames_event(box: BoxOffice) -> None:
    """An event gets another name."""
    event = box.events[0]
    box.put_event(replace(event, name="Un autre concert", updated_at=box.now))


def announces_event(box: BoxOffice) -> None:
    """A new event, and an order for it."""
    like = box.events[0]
    event: Event = CLERK.event(
        f"soirée-{CLERK._numbers['event']}",
        {"Entrée": 12},
        created_at=box.now,
        venue=like.venue,
        category=like.category,
        description=like.description,
        url=like.url,
        image_url=like.image_url,
    )
    box.put_event(event)
    buyer = untouched(box)[2].buyer
    box.put_order(
        CLERK.order(event, buyer, CLERK.ticket(event.ticket_types[0], buyer), placed_at=box.now, updated_at=box.now)
    )


def deletes_order(box: BoxOffice) -> None:
    """The oldest order vanishes, so that all later ones move up a place."""
    box.remove_order(untouched(box)[0].number)


def deletes_event(box: BoxOffice) -> None:
    """An event vanishes with all that belongs to it."""
    event = box.events[1]
    for order in list(box.orders_of(event)):
        box.remove_order(order.number)
    box.remove_event(event.key)


CHANGES: tuple[Happening, ...] = (
    pays, refunds, cancels, checks_in, renames_holder, renames_event, sells, announces_event,
)  # fmt: skip
DELETIONS: tuple[Happening, ...] = (deletes_order, deletes_event, deletes_order)

"""What the sandbox remembers of Equaticket beside the box office: keys, what was written, what was answered."""

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.providers.equaticket.rows import Record, Row, ident, of_box_office
from spekta.sandbox.wire import Answer, dumps, utc

LIVE, TEST = "sk_live_sandbox_equaticket", "sk_test_sandbox_equaticket"
SCOPES = frozenset(
    "events:read events:write ticket_types:write orders:read attendees:read webhooks:read webhooks:write".split()
)
PLANS = {"free": 60, "starter": 100, "growth": 300, "pro": 600}
DAY = timedelta(days=1)
MADE = 10_000  # numbers of records that were made here begin after this
_worlds = count()


@dataclass(frozen=True, slots=True)
class Key:
    """An API key. Its requests are counted where it has a plan."""

    live: bool = True
    scopes: frozenset[str] = SCOPES
    plan: str | None = None


class World:
    """One mode of the account: what the box office says, changed by what was written."""

    def __init__(self, live: bool) -> None:
        self.live = live
        self._made: list[Record] = []
        self._changes: dict[tuple[str, int], Row] = defaultdict(dict)
        self._gone: set[tuple[str, int]] = set()
        self._numbers = count(MADE)
        self._version = 0
        self._serial = next(_worlds)

    @property
    def stamp(self) -> tuple[str, int, int]:
        """Another after each write."""
        return "equaticket", self._serial, self._version

    def records(self, box: BoxOffice, kind: str) -> Sequence[Record]:
        """All records of a kind, newest first."""
        return box.memo((*self.stamp, kind), lambda: self._records(box, kind))

    def _records(self, box: BoxOffice, kind: str) -> list[Record]:
        known = [*of_box_office(box, kind, self.live), *(one for one in self._made if one.kind == kind)]
        standing = [one for one in known if (kind, one.number) not in self._gone]
        changed = [replace(one, row=one.row | self._changes.get((kind, one.number), {})) for one in standing]
        return sorted(changed, key=lambda one: one.place, reverse=True)

    def make(self, kind: str, now: datetime, **row: Any) -> Record:
        self._version += 1
        stamps = {"created_at": utc(now), "updated_at": utc(now)}
        self._made.append(Record(kind, next(self._numbers), {**row, **stamps}))
        return self._made[-1]

    def change(self, record: Record, now: datetime, **values: Any) -> Record:
        self._version += 1
        values["updated_at"] = utc(now)
        self._changes[record.kind, record.number] |= values
        return replace(record, row=record.row | values)

    def remove(self, record: Record) -> None:
        self._version += 1
        self._gone.add((record.kind, record.number))


@dataclass(frozen=True, slots=True)
class Signature:
    """How deliveries are signed: hex HMAC over the raw body. Which header the vendor uses could not be read."""

    header: str = "X-Equaticket-Signature"
    algorithm: str = "sha256"

    def of(self, secret: str, body: bytes) -> str:
        return hmac.new(secret.encode(), body, self.algorithm).hexdigest()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as a subscriber receives it."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that is kept for an idempotency key, and what it was the answer to."""

    asked: str
    answer: Answer
    at: datetime


@dataclass
class State:
    """One account. `outbox` holds what subscribers would have received."""

    keys: dict[str, Key] = field(default_factory=lambda: {LIVE: Key(), TEST: Key(live=False)})
    stripe_active: bool = True
    signature: Signature = field(default_factory=Signature)
    outbox: list[Delivery] = field(default_factory=list)
    cursors: int = 0
    worlds: dict[bool, World] = field(default_factory=lambda: {live: World(live) for live in (True, False)})
    _given: dict[tuple[str, str], Given] = field(default_factory=dict)
    _asked: dict[tuple[str, datetime], int] = field(default_factory=lambda: defaultdict(int))

    def issue(self, *scopes: str, live: bool = True, plan: str | None = None) -> str:
        """Make a key with these scopes, or with all."""
        key = f"sk_{'live' if live else 'test'}_sandbox_{len(self.keys)}"
        self.keys[key] = Key(live, frozenset(scopes) or SCOPES, plan)
        return key

    def reset_test_data(self) -> None:
        self.worlds[False] = World(live=False)

    def expire_cursors(self) -> None:
        """Let every cursor given so far end."""
        self.cursors += 1

    def is_over_limit(self, key: str, now: datetime) -> bool:
        """Count a request in its minute, by the box office's clock."""
        minute = key, now.replace(second=0, microsecond=0)
        self._asked[minute] += 1
        return self._asked[minute] > PLANS.get(self.keys[key].plan or "", 10**9)

    def given(self, key: str, idempotency_key: str, now: datetime) -> Given | None:
        """What was answered to that key in the last 24 hours."""
        found = self._given.get((key, idempotency_key))
        return found if found and now - found.at < DAY else None

    def keep(self, key: str, idempotency_key: str, given: Given) -> None:
        self._given[key, idempotency_key] = given

    def announce(self, box: BoxOffice, live: bool, kind: str, **data: Any) -> None:
        """Deliver a webhook event to whoever subscribed to it."""
        world = self.worlds[live]
        for webhook in world.records(box, "webhook"):
            if not webhook.row["active"] or kind not in webhook.row["events"]:
                continue
            outcome = {"status": "delivered", "response_status": 200}
            sent = world.make("delivery", box.now, webhook_id=webhook.id, type=kind, **outcome)
            envelope = {"id": f"evt_{sent.number}", "type": kind, "created_at": f"{box.now:%Y-%m-%dT%H:%M:%S}.000Z"}
            body = dumps({**envelope, "data": data})
            signed = self.signature.of(secret(webhook), body)
            headers = {"Content-Type": "application/json", self.signature.header: signed}
            self.outbox.append(Delivery(webhook.row["url"], headers, body))

    def sell(self, box: BoxOffice, live: bool, ticket_type: Record, buyer_name: str, buyer_email: str) -> Record:
        """Sell one ticket of a type, as the checkout does."""
        world, row = self.worlds[live], ticket_type.row
        common = {"event_id": row["event_id"], "buyer_name": buyer_name, "is_test_data": not live}
        amount = {"total_amount": row["price"], "currency": row["currency"]}
        order = world.make("order", box.now, **common, **amount, buyer_email=buyer_email, status="confirmed")
        order = world.change(order, box.now, order_number=f"EQ-{order.number}")
        bought = {"order_id": order.id, "ticket_type_id": ticket_type.id, "ticket_type_name": row["name"]}
        holder = {"attendee_name": buyer_name, "attendee_email": buyer_email, "status": "valid"}
        entry = {"ticket_code": f"SBX{order.number}", "checked_in": False, "checked_in_at": None}
        world.make("attendee", box.now, **common, **bought, **holder, **entry)
        world.change(ticket_type, box.now, quantity_sold=row["quantity_sold"] + 1)
        told = ("order_number", "buyer_email", "buyer_name", "event_id", "total_amount", "currency")
        self.announce(box, live, "order.created", order_id=order.id, **{name: order.row[name] for name in told})
        self._announce_sold_out(box, live, row["event_id"])
        return order

    def _announce_sold_out(self, box: BoxOffice, live: bool, event_id: str) -> None:
        world = self.worlds[live]
        kinds = [kind.row for kind in world.records(box, "ticket_type") if kind.row["event_id"] == event_id]
        if all(kind["quantity_sold"] == kind["quantity_total"] for kind in kinds):
            event = next(one for one in world.records(box, "event") if one.id == event_id)
            self.announce(box, live, "event.sold_out", event_id=event.id, event_title=event.row["title"])


def secret(webhook: Record) -> str:
    """What deliveries to a subscription are signed with."""
    return f"whsec_sandbox_{ident('secret', webhook.number)}"


def fingerprint(path: str, body: Any) -> str:
    return hashlib.sha256(json.dumps([path, body], sort_keys=True).encode()).hexdigest()

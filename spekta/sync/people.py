"""Erases a person: from the rows that are there, and from those that a platform gives again."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from connectors.errors import InvalidArgument

from .feeds import Feed, Kind
from .moments import now
from .rows import MODELS, Notes, Row, Write, erased, without_person
from .store import Store

_ADDRESSES = re.compile(r"[^\s\"\\<>(),:;@]+@[^\s\"\\<>(),:;@]+")
ADDRESS: dict[Kind, str] = {"attendees": "email", "orders": "buyer_email"}


@dataclass(frozen=True, slots=True)
class People:
    """Those who are to be left out, as digests of their addresses."""

    salt: str
    digests: frozenset[str]

    @classmethod
    def of(cls, store: Store) -> "People":
        digests = store.forgotten()
        return cls(store.salt if digests else "", digests)

    def left_out(self, row: Row) -> Row:
        """The row as it may be stored."""
        if not self.digests:
            return row
        if row.raw and any(self._are_out(found) for found in _ADDRESSES.findall(row.raw)):
            row = replace(row, raw=None)  # a platform's order names its other guests too
        address = json.loads(row.content)[ADDRESS[row.kind]] if row.kind in ADDRESS else None
        if address is None or not self._are_out(address):
            return row
        return replace(row, content=without_person(row.kind, row.content), raw=None, erased=True)

    def _are_out(self, address: str) -> bool:
        return digest(self.salt, address) in self.digests


def digest(salt: str, address: str) -> str:
    """What stands for an address where the address itself must not."""
    return hmac.new(salt.encode(), _plain(address).encode(), hashlib.sha256).hexdigest()


def forget(store: Store, address: str) -> int:
    """Erases a person; gives the number of records. Raises InvalidArgument for what is no address.

    Tickets that bear the buyer's name and no address of their own are the buyer's. Changes are marked for those who
    listen.
    """
    if "@" not in address.strip("@ "):
        raise InvalidArgument("email", "That is no e-mail address.", "Give one such as ada@example.org.")
    store.forget(digest(store.salt, address))
    done = 0
    for status in store.statuses():
        notes = Notes(status.connection, now())
        for row in list(_records_of(store, status.connection, _plain(address))):
            _put(store, status.connection, row, partial(erased, notes=notes))
            done += 1
        for kind in MODELS:
            for row in store.every(status.connection, kind):
                if row.raw and _plain(address) in row.raw.casefold():
                    _put(store, status.connection, row, _without_raw)
    store.scrub()
    return done


def _records_of(store: Store, connection: str, address: str) -> Iterator[Row]:
    names: dict[tuple[str, str], str | None] = {}
    for row in store.every(connection, "orders"):
        values = json.loads(row.content)
        if _plain(values["buyer_email"] or "") == address:
            names |= {(event, values["id"]): values["buyer_name"] for event in row.events}
            yield row
    for row in store.every(connection, "attendees"):
        values = json.loads(row.content)
        bought = (values["event_id"], values["order_id"])
        theirs = values["email"] is None and bought in names and values["name"] == names[bought]
        if theirs or _plain(values["email"] or "") == address:
            yield row


def _without_raw(row: Row) -> Write:
    return Write(replace(row, raw=None), row.version)


def _put(store: Store, connection: str, row: Row, change: Callable[[Row], Write]) -> None:
    feed = Feed(connection, row.kind, row.parent)
    while store.write(feed, [change(row)]):
        row = store.read(connection, row.kind, [row.key])[row.key]  # the engine has just written it


def _plain(address: str) -> str:
    return address.strip().casefold()

"""Erases a person: from the rows that are there, and from those that a platform gives again."""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from connectors.errors import InvalidArgument

from .feeds import IN_ORDER, Feed, Kind
from .moments import now
from .rows import MODELS, Notes, Row, cleaned, content_of, erased
from .store import Store

_ADDRESSES = re.compile(r"[^\s\"\\<>(),:;@\[\]]+@[^\W_](?:[\w.-]*[^\W_])?")
_OUTSIDE = re.compile(r"^(?:.*[^\w.+@-])?[._+-]*")  # what may stand before an address without a space between
_FORGOTTEN = "(erased)"
ADDRESS: dict[Kind, str] = {"attendees": "email", "orders": "buyer_email"}
_NAMED: dict[Kind, tuple[str, str]] = {"attendees": ("order_id", "name"), "orders": ("id", "buyer_name")}


@dataclass(frozen=True, slots=True)
class People:
    """Those who are to be left out, as digests of their addresses; and of their names, each with an order."""

    salt: str
    digests: frozenset[str]

    @classmethod
    def of(cls, store: Store) -> "People":
        digests = store.forgotten()
        return cls(store.salt if digests else "", digests)

    def left_out(self, row: Row) -> Row:
        """The row as it may be stored: without a person who is to be left out, and without that person's address in
        what belongs to somebody else.
        """
        if not self.digests or row.kind not in MODELS:
            return row
        if row.raw and self._names(json.loads(row.raw)):
            row = replace(row, raw=None)  # a platform's order names its other guests too
        values = json.loads(row.content)
        if self._is_theirs(row, values):
            row, values = erased(row), json.loads(erased(row).content)
        return replace(row, content=content_of(row.kind, self._blanked(values))) if self._names(values) else row

    def tickets(self, row: Row) -> Iterator[str]:
        """What stands for the tickets of an order that bear no address, and the name of somebody who is left out."""
        if not self.digests or row.kind not in ADDRESS:
            return
        values = json.loads(row.content)
        order, name = (values[field] for field in _NAMED[row.kind])
        if order and name and self._is_theirs(row, values):
            yield from (self._ticket(event, order, name) for event in row.events)

    def _is_theirs(self, row: Row, values: dict[str, Any]) -> bool:
        address = values[ADDRESS[row.kind]] if row.kind in ADDRESS else None
        if address is not None:
            return self._is_out(address)
        if row.kind != "attendees" or not (values["name"] and values["order_id"]):
            return False
        return any(self._ticket(event, values["order_id"], values["name"]) in self.digests for event in row.events)

    def _ticket(self, event: str, order: str, name: str) -> str:
        return digest(self.salt, json.dumps([event, order, name]))

    def _is_out(self, address: str) -> bool:
        return digest(self.salt, address) in self.digests

    def _names(self, value: Any) -> bool:
        """Whether somebody who is left out is named by address anywhere in a JSON value."""
        return bool(self._blanked(value) != value)

    def _blanked(self, value: Any) -> Any:
        if isinstance(value, str):
            return _ADDRESSES.sub(self._blank, value) if "@" in value else value
        if isinstance(value, list):
            return [self._blanked(one) for one in value]
        return (
            {self._blanked(name): self._blanked(one) for name, one in value.items()}
            if isinstance(value, dict)
            else value
        )

    def _blank(self, found: re.Match[str]) -> str:
        alone = _OUTSIDE.sub("", found[0])
        return next((found[0].replace(one, _FORGOTTEN) for one in (found[0], alone) if self._is_out(one)), found[0])


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
    done = sum(_leave_out(store, status.connection, kind) for status in store.statuses() for kind in IN_ORDER)
    store.scrub()
    return done


def _leave_out(store: Store, connection: str, kind: Kind) -> int:
    """Leaves out of the rows of a kind whoever is to be; gives how many those were, but for platforms' own records."""
    people, notes, done = People.of(store), Notes(connection, now()), 0
    for row in store.every(connection, kind):
        for ticket in people.tickets(row):
            store.forget(ticket)
        if (left := people.left_out(row)) != row:
            done += left.content != row.content
            _put(store, connection, row, people, notes)
    return done


def _put(store: Store, connection: str, row: Row, people: People, notes: Notes) -> None:
    while store.write(Feed(connection, row.kind, row.parent), [cleaned(row, people.left_out(row), notes)]):
        row = store.read(connection, row.kind, [row.key])[row.key]  # the engine has just written it


def _plain(address: str) -> str:
    return unicodedata.normalize("NFC", address.strip()).casefold()

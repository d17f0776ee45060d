"""What there is to tell a subscriber, and how a delivery is made of it."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from starlette.datastructures import Headers, QueryParams

from spekta.sandbox.box_office import BoxOffice, Event, Issued, Order
from spekta.sandbox.oauth import Grants
from spekta.sandbox.service import Ask

Row = dict[str, Any]
What = Literal[
    "event_changed", "sold_out", "order_placed", "order_refunded", "ticket_voided", "checked_in", "something_else"
]


@dataclass(frozen=True)
class News:
    """What happened in the box office, of which records, and the number of its delivery."""

    box: BoxOffice
    what: What
    issued: Issued
    number: int = 1

    @property
    def order(self) -> Order:
        return self.issued.order

    @property
    def event(self) -> Event:
        return self.box.event(self.order.event)

    @property
    def seconds(self) -> int:
        return int(self.box.now.timestamp())

    @property
    def ask(self) -> Ask:
        """A request that asks for everything, for those who send what they would answer."""
        query = QueryParams("withDetails=true")
        return Ask(self.box, Grants(""), "GET", "", {}, query, Headers(), None, "")

    def one_of(self, event: Callable[[], Row], order: Callable[[], Row], ticket: Callable[[], Row]) -> Row:
        """The row of whatever kind of record it is about."""
        if self.what in ("event_changed", "sold_out"):
            return event()
        return ticket() if self.what in ("ticket_voided", "checked_in") else order()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as a subscriber receives it."""

    headers: dict[str, str]
    body: bytes


Sign = Callable[[News, str, bytes], Mapping[str, str]]


def unsigned(news: News, secret: str, body: bytes) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Sender:
    """A platform's way to tell: its words for what happened, the body for one, what comes along and how it is signed.

    What it has no word for it does not tell. `sign` is given the news, the secret and the body.
    """

    words: Mapping[What, str]
    body: Callable[[News, str], Row]
    sign: Sign = unsigned
    headers: Callable[[News, str], Mapping[str, str]] = lambda news, word: {}


def hexadecimal(secret: str, signed: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), signed, algorithm).hexdigest()


def of_body(header: str, algorithm: str = "sha256") -> Sign:
    """A signature of the body alone."""
    return lambda news, secret, body: {header: hexadecimal(secret, body, algorithm)}

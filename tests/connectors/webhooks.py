"""Subscribers to the sandbox's platforms, and what they are sent."""

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from connectors import providers
from connectors.notification import Notification, verify
from connectors.seen import SeenInMemory
from connectors.webhook import Hmac
from spekta.sandbox import programme
from spekta.sandbox.box_office import BoxOffice, Issued
from spekta.sandbox.clerk import Clerk
from spekta.sandbox.deliveries import SENDERS, Delivery, News, What, deliver, told

TOKEN = "wh_test_canary_token"
PLATFORMS = {provider.slug: provider.webhook for provider in providers() if provider.webhook}
SIGNING = [slug for slug, webhook in PLATFORMS.items() if isinstance(webhook.proof, Hmac)]
PROVING = [slug for slug, webhook in PLATFORMS.items() if webhook.proof]
TIMED = [slug for slug in SIGNING if PLATFORMS[slug].proof.time]  # type: ignore[union-attr]
KNOWN = [slug for slug, webhook in PLATFORMS.items() if webhook.delivery or slug in SIGNING]
OPTIONS: Mapping[str, Mapping[str, Any]] = {"equaticket": {"webhook_header": "X-Equaticket-Signature"}}

each = pytest.mark.parametrize("slug", PLATFORMS)
each_signing = pytest.mark.parametrize("slug", SIGNING)
each_proving = pytest.mark.parametrize("slug", PROVING)
each_timed = pytest.mark.parametrize("slug", TIMED)


@functools.cache
def season() -> BoxOffice:
    return programme.season()


NOW = season().now


def secret(slug: str) -> str | None:
    return f"whsec_test_canary_{slug}" if slug in PROVING else None


def news(box: BoxOffice, what: What, number: int = 1) -> News:
    """Of the first order that is paid in euros, which every platform has."""
    order = next(one for one in box.orders if one.paid and one.currency == "EUR" and not one.test)
    return News(box, what, Issued(order, order.tickets[0]), number)


def happen(box: BoxOffice, what: What) -> News:
    """Let it happen in the box office."""
    about = news(box, what)
    order = about.order
    if what == "event_changed":
        box.put_event(replace(about.event, name="Another name", updated_at=box.now))
    elif what in ("order_refunded", "ticket_voided"):
        order = Clerk().give_back(order, box.now, *order.tickets)
    elif what == "checked_in":
        entered = (replace(ticket, checked_in_at=ticket.checked_in_at or box.now) for ticket in order.tickets)
        order = replace(order, tickets=tuple(entered), updated_at=box.now)
    else:
        tickets = tuple(replace(one, number=900_001 + at, barcode=f"N{at}") for at, one in enumerate(order.tickets))
        order = replace(order, number=900_001, tickets=tickets, placed_at=box.now, updated_at=box.now, payments=tuple(
            replace(one, number=900_001 + at, at=box.now) for at, one in enumerate(order.payments)))  # fmt: skip
    box.put_order(order)
    return replace(about, issued=Issued(order, order.tickets[0]))


def delivery(slug: str, what: What | None = None, number: int = 1) -> Delivery:
    """What the platform sends; if not told of what, of the first thing that it tells of."""
    return deliver(slug, news(season(), what or told(slug)[0], number), secret(slug))


def resigned(slug: str, body: bytes, what: What | None = None) -> Delivery:
    """A body as it comes from the platform itself."""
    proof = SENDERS[slug].sign(news(season(), what or told(slug)[0]), secret(slug) or "", body)
    return Delivery(delivery(slug, what).headers | dict(proof), body)


def taken(slug: str, sent: Delivery, account: str = "default", **more: Any) -> Notification:
    """What a subscriber makes of it, who knows the secret, where there is one, and has the token in his URL."""
    own: dict[str, Any] = {"now": NOW, "seen": SeenInMemory(), "secret": secret(slug), "token": TOKEN}
    own |= {"url_token": TOKEN, "options": OPTIONS.get(slug)}
    return verify(slug, account, sent.headers, sent.body, **own | more)

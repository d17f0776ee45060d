"""Subscribers to the sandbox's platforms, and what they are sent."""

import functools
from collections.abc import Mapping
from typing import Any

import pytest

from connectors import providers
from connectors.notification import Notification, verify
from connectors.seen import SeenInMemory
from connectors.webhook import Hmac
from spekta.sandbox import programme
from spekta.sandbox.box_office import BoxOffice, Issued
from spekta.sandbox.deliveries import SENDERS, Delivery, News, What, deliver, told

TOKEN = "wh_test_canary_token"
PLATFORMS = {provider.slug: provider.webhook for provider in providers() if provider.webhook}
SIGNING = [slug for slug, webhook in PLATFORMS.items() if isinstance(webhook.proof, Hmac)]
PROVING = [slug for slug, webhook in PLATFORMS.items() if webhook.proof]
TIMED = [slug for slug in SIGNING if PLATFORMS[slug].proof.time]  # type: ignore[union-attr]
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

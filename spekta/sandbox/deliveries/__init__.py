"""What a subscriber to a platform's webhooks receives."""

from spekta.sandbox.deliveries import signed, unsigned
from spekta.sandbox.deliveries.sending import Delivery, News, What
from spekta.sandbox.wire import dumps

__all__ = ["Delivery", "News", "What", "deliver", "told"]

SENDERS = {**signed.SENDERS, **unsigned.SENDERS}


def told(slug: str) -> list[What]:
    """What a platform tells its subscribers of."""
    return list(SENDERS[slug].words)


def deliver(slug: str, news: News, secret: str | None = None) -> Delivery:
    """Write what happened as the platform sends it, signed where it is given a secret and signs at all."""
    sender, word = SENDERS[slug], SENDERS[slug].words[news.what]
    body = dumps(sender.body(news, word))
    proof = sender.sign(news, secret, body) if secret else {}
    return Delivery({"Content-Type": "application/json", **sender.headers(news, word), **proof}, body)

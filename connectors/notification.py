"""A webhook's delivery in, a verified notification out: what changed, and which record.

Whatever it says of the record is left: the record is read again. What is not signed may be anybody's who knows the
URL, and is a hint to look, no more.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from .auth import fill
from .credentials import joined, split
from .errors import ConfigurationError, InvalidArgument, Unsupported
from .models import Model, Moment
from .proofs import Delivery
from .provider import Provider
from .redaction import quoted, remember
from .registry import checked_options, find_provider
from .row import Row, Unreadable
from .seen import Seen
from .webhook import SECRET, Change, Hmac, Ident, Shared, Webhook

LARGEST = 1024 * 1024
HEADER = "header:"


class Notification(Model):
    """What a platform said. verified: whether by its signature, or by no more than a secret that came along. type_raw:
    the platform's word for what happened. key: what `Seen` knows the delivery by; a hint without an id of its own has
    none, and may come again.
    """

    provider: str
    account: str
    key: str | None
    verified: Literal["signature", "token"]
    changes: tuple[Change, ...] = ()
    type_raw: str | None = None
    delivery_id: Ident | None = None
    occurred_at: Moment | None = None

    @property
    def connection(self) -> str:
        """The connection that it is for: `eventbrite`, or `eventbrite/london`."""
        return joined(self.provider, self.account)

    @property
    def is_hint(self) -> bool:
        """Whether anybody who knows the URL, or what comes along, could have written it."""
        return self.verified == "token"

    @property
    def is_ignored(self) -> bool:
        """Whether it is about nothing that is read here."""
        return not self.changes


def verify(
    provider: str,
    account: str,
    headers: Mapping[str, str],
    raw_body: bytes,
    *,
    now: datetime,
    seen: Seen,
    secret: str | None = None,
    token: str | None = None,
    url_token: str = "",
    options: Mapping[str, Any] | None = None,
) -> Notification:
    """What a delivery says, once it is known to be the platform's and new.

    raw_body: the bytes as they came, 1 MiB at most. now: the time, aware. secret: the connection's `webhookSecret`.
    token: the connection's own, which `url_token`, the one in the URL, must be. options: the connection's. Raises
    NotificationRefused naming the check that failed, Unsupported for a platform without webhooks, ConfigurationError
    where the connection lacks what its deliveries are checked by.
    """
    found = find_provider(provider)
    webhook = _webhook(found, options or {})
    if not isinstance(raw_body, bytes):
        raise InvalidArgument("raw_body", "The body of a delivery is not bytes.", "Pass it on as it came.")
    if now.tzinfo is None:
        raise InvalidArgument("now", "The time of a delivery has no zone.", "Give it in UTC.")
    delivery = Delivery(found, {name.lower(): value for name, value in headers.items()}, raw_body)
    if len(raw_body) > LARGEST:
        raise delivery.refused("content", f"has {len(raw_body)} bytes, of which {LARGEST} are read at most")
    for value in filter(None, (secret, token)):
        remember(value)
    _check_enough(found, webhook, secret, token)
    if token:
        delivery.check_token(url_token, token)
    signature, signed_at = _proven(delivery, webhook, secret, now)
    notification = _told(delivery, webhook, account, signature, signed_at)
    if notification.key and not seen.add(notification.key, now):
        raise delivery.refused("replay", "has come before", "Answer it as the first one, which was accepted.")
    return notification


def _webhook(provider: Provider, options: Mapping[str, Any]) -> Webhook:
    """The webhook as a connection has it, with its options filled in."""
    webhook = provider.webhook
    if webhook is None:
        advice = "Read it from time to time instead."
        raise Unsupported(provider.slug, provider.name, "webhooks", "none are known.", advice)
    proof = webhook.proof
    if not isinstance(proof, Hmac):
        return webhook
    values = checked_options(provider, options)
    for option in provider.options:
        if proof.header == f"{{{option.name}}}" and not values[option.name]:
            raise ConfigurationError(f"{provider.name} needs {option.name}: {option.description}.", "", option.name)
    header, algorithm, encoding = (fill(one, values) for one in (proof.header, proof.algorithm, proof.encoding))
    return replace(webhook, proof=replace(proof, header=header, algorithm=algorithm, encoding=encoding))


def _check_enough(provider: Provider, webhook: Webhook, secret: str | None, token: str | None) -> None:
    """Raises ConfigurationError where there is nothing to check a delivery by."""
    if (secret and webhook.proof) or (token and (webhook.proof is None or webhook.optional)):
        return
    if webhook.proof is None or webhook.optional:
        advice = "Make a token that nobody can guess, and give the platform the URL that holds it."
        raise ConfigurationError(f"{provider.name} does not sign, and the connection has no token.", advice, "token")
    where = next(field.where for field in provider.credentials if field.name == SECRET)
    raise ConfigurationError(f"{provider.name}'s deliveries cannot be checked without {SECRET}: {where}.", "", SECRET)


def _proven(
    delivery: Delivery, webhook: Webhook, secret: str | None, now: datetime
) -> tuple[str | None, datetime | None]:
    """The signature that a delivery has and the time of it, each where there is one."""
    if secret and isinstance(webhook.proof, Hmac):
        return delivery.check_signed(webhook.proof, secret, now)
    if secret and isinstance(webhook.proof, Shared):
        delivery.check_shared(webhook.proof, secret)
    return None, None


def _told(
    delivery: Delivery, webhook: Webhook, account: str, signature: str | None, signed_at: datetime | None
) -> Notification:
    try:
        body = _parsed(delivery.body)
        word, id = _text(delivery, body, webhook.type), _text(delivery, body, webhook.delivery)
        if webhook.type and not word:
            raise Unreadable(webhook.type, "no word for what happened")
        about = webhook.about(word or "")
        return Notification(
            provider=delivery.provider.slug,
            account=account,
            key=_key(delivery, account, webhook, id, signature),
            verified="signature" if signature else "token",
            changes=tuple(about.changes(body)) if about else (),
            type_raw=word and quoted(word),
            delivery_id=id,
            occurred_at=(body.moment(webhook.at, zone="UTC") if webhook.at else None) or signed_at,
        )
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, Unreadable) else "it is not what the platform sends"
        raise delivery.refused("content", f"cannot be read ({why})", "The platform may have changed it.") from None


def _parsed(body: bytes) -> Row:
    data = json.loads(body.decode(), parse_float=Decimal)
    if not isinstance(data, dict):
        raise Unreadable("body", "not a JSON object")
    return Row(data)


def _text(delivery: Delivery, body: Row, path: str | None) -> str | None:
    if path is None:
        return None
    if path.startswith(HEADER):
        return delivery.headers.get(path.removeprefix(HEADER).lower())
    return body.text(path)


def _key(delivery: Delivery, account: str, webhook: Webhook, id: str | None, signature: str | None) -> str | None:
    """What two deliveries of the same have in common. Of one that is signed that is in what was signed: anybody could
    give it another id in a header. Two hints that are the same may be of two changes; to look twice does no harm.
    """
    connection = joined(*split(f"{delivery.provider.slug}/{account}"))
    if id and not (signature and (webhook.delivery or "").startswith(HEADER)):
        same = id.encode()
    elif signature:
        same = signature.encode() + delivery.body
    else:
        return None
    return f"{connection}#{hashlib.sha256(same).hexdigest()}"

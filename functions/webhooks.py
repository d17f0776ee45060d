"""What platforms deliver: `POST /webhooks/{provider}/{account}/{token}`. Verified, passed on, and answered at once.

A platform has no credentials of ours: the token in the address and what comes along are its proof. Neither these nor
the path or the body are logged, and a refusal does not tell which connections there are.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response

from connectors.credentials import Store, joined
from connectors.errors import (
    ConfigurationError,
    InvalidArgument,
    NotificationRefused,
    RateLimited,
    SpektaError,
    Unavailable,
)
from connectors.notification import LARGEST, Notification, verify
from connectors.provider import Provider
from connectors.seen import Seen, SeenInMemory
from connectors.webhook import SECRET, TOKEN, Change
from spekta.aws import bus, lease
from spekta.aws.seen import SeenInTable

from . import answers, errors
from .log import logger
from .resolver import Resolver

PassOn = Callable[[str, Sequence[Change]], None]
PREFIX = "/webhooks/"
MOST = 100  # records of one delivery; of more, all that changed is looked for
LATER = 60.0  # seconds


def now() -> datetime:
    """The time by which deliveries are checked."""
    return datetime.now(UTC)


class WebhookRoutes:
    """Takes what one platform delivers. `pass_on` has a connection brought up to date, given its name and what changed;
    where it raises, the platform is answered so that it delivers again.
    """

    def __init__(self, provider: Provider, store: Store, seen: Seen, pass_on: PassOn) -> None:
        self.provider = provider
        self.store = store
        self.seen = seen
        self.pass_on = pass_on
        self.resolver = Resolver(provider.slug)
        self.resolver.post(f"{PREFIX}{provider.slug}/{{account}}/{{token}}")(self._answer)

    async def _answer(self, account: str, token: str) -> Response[str]:
        try:
            body = _body(self.resolver.current_event.raw_event)
            status, said = await asyncio.to_thread(self._take, account, token, body)
        except (NotificationRefused, InvalidArgument):
            raise
        except Exception as error:
            logger.warning("webhook_failed", cause=errors.known(error).code)
            raise self._again() from None
        return answers.response({"data": {"delivery": said}}, status=status)

    def _take(self, account: str, token: str, body: bytes) -> tuple[int, str]:
        """The status of the answer, and what became of the delivery."""
        try:
            told = self._verified(account, token, body)
        except (NotificationRefused, ConfigurationError) as error:
            return self._refused(error)
        if told.is_ignored:
            return 200, "ignored"
        try:
            self.pass_on(told.connection, told.changes if len(told.changes) <= MOST else ())
        except Exception:
            if told.key:
                self.seen.discard(told.key)
            raise
        return 202, "accepted"

    def _verified(self, account: str, token: str, body: bytes) -> Notification:
        """Raises NotificationRefused, and ConfigurationError for what the connection lacks."""
        settings = self.store.settings(joined(self.provider.slug, account))
        if settings is None:
            raise ConfigurationError("There is no such connection.", "", "connection")
        return verify(
            self.provider.slug,
            account,
            self.resolver.current_event.headers,
            body,
            now=now(),
            seen=self.seen,
            secret=settings.credentials.get(SECRET),
            token=settings.credentials.get(TOKEN),
            url_token=token,
            options=settings.options,
        )

    def _refused(self, error: NotificationRefused | ConfigurationError) -> tuple[int, str]:
        """The answer to one that came before. Raises the same for whatever else is wrong, but for a body that cannot be
        read: who sent it has shown the token or secret.
        """
        why = error.check if isinstance(error, NotificationRefused) else error.field
        if isinstance(error, ConfigurationError) and why not in self._of_connection:
            raise error
        logger.warning("webhook_refused", check=why)
        if why == "replay":
            return 200, "known"
        if why == "content":
            raise InvalidArgument("body", error.message, error.advice)
        advice = "Check its address, and the secret that it comes with."
        raise NotificationRefused("token", self.provider.slug, "The delivery is not accepted.", advice)

    @property
    def _of_connection(self) -> set[str]:
        """What may be wrong with a connection, in the words of ConfigurationError."""
        return {"account", "connection", "token", SECRET, *(option.name for option in self.provider.options)}

    def _again(self) -> SpektaError:
        """What has the platform deliver again."""
        webhook = self.provider.webhook
        what, advice = "The delivery cannot be passed on now.", "Deliver it again later."
        if webhook and webhook.retries == "4xx":
            return RateLimited(what, advice, retry_after=LATER)
        return Unavailable(what, advice)


def _body(event: Mapping[str, Any]) -> bytes:
    """The bytes as they came. Raises PayloadTooLarge, and InvalidArgument for what is no base64."""
    said = event.get("body") or ""
    try:
        body = base64.b64decode(said, validate=True) if event.get("isBase64Encoded") else said.encode()
    except (ValueError, binascii.Error):
        raise InvalidArgument("body", "The body cannot be read.", "Send JSON.") from None
    if len(body) > LARGEST:
        raise errors.PayloadTooLarge("body", "The body is too large.", f"At most {LARGEST} bytes.")
    return bytes(body)


def on_aws(provider: Provider, store: Store) -> WebhookRoutes:
    """Deliveries are remembered in the table of leases, and passed on to the bus."""
    leases = lease.configured()
    return WebhookRoutes(provider, store, SeenInTable(leases) if leases else SeenInMemory(), _to_the_bus)


def _to_the_bus(connection: str, changes: Sequence[Change]) -> None:
    _bus().request_sync([connection], changes)


@cache
def _bus() -> bus.Bus:
    return bus.configured()

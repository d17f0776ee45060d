"""The addresses to which platforms deliver their webhooks: `https://.../webhooks/eventbrite/default/TOKEN`."""

import os
import re
import secrets

from connectors import Provider
from connectors.credentials import Settings, split
from connectors.errors import ConfigurationError
from connectors.webhook import SECRET, TOKEN

from .asking import Given

API_URL = "SPEKTA_API_URL"
ELSEWHERE = f"https://<{API_URL}>"
HIDDEN = "***"
FIT = re.compile(r"[A-Za-z0-9_-]{22,200}")  # as one segment of a path, and of 128 random bits at least


def is_all(given: Given) -> bool:
    """Whether nothing is given of a connection but what its deliveries are known by."""
    return bool(given.credentials) and given.credentials.keys() <= {SECRET, TOKEN}


def with_token(provider: Provider, given: dict[str, str], before: Settings | None) -> dict[str, str]:
    """The credentials with what deliveries are known by: as given, else as it was before, else a new token. Raises
    ConfigurationError for a token that could be guessed.
    """
    if provider.webhook is None:
        return given
    known = before.credentials if before else {}
    kept = {name: known[name] for name in (SECRET, TOKEN) if name in known}
    found = {TOKEN: secrets.token_urlsafe(24), **kept, **given}
    if not FIT.fullmatch(found[TOKEN]):
        raise ConfigurationError(
            f"{TOKEN} could be guessed, or stands in no address.", "Leave it out, and one is made.", TOKEN
        )
    return found


def address(connection: str, settings: Settings, *, whole: bool) -> str | None:
    """Where the platform delivers; without `whole` the token is left out. None for a connection without one."""
    token = settings.credentials.get(TOKEN)
    if token is None:
        return None
    origin = os.environ.get(API_URL, ELSEWHERE).rstrip("/")
    slug, account = split(connection)
    return f"{origin}/webhooks/{slug}/{account}/{token if whole else HIDDEN}"

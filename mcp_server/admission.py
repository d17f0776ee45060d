"""Who is let in over HTTP, as the environment says.

Without an issuer there is one token, which is made anew at each start unless SPEKTA_MCP_TOKEN gives it. With
SPEKTA_MCP_ISSUER and SPEKTA_MCP_RESOURCE (the server's own address) the server is an OAuth 2.1 resource server.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors import ConfigurationError
from connectors.redaction import remember

from .authorization import MCP_PATH, Authorization
from .tokens import Issuer, OneToken

ISSUER, RESOURCE, TOKEN = "SPEKTA_MCP_ISSUER", "SPEKTA_MCP_RESOURCE", "SPEKTA_MCP_TOKEN"
SHORTEST = 32


@dataclass(frozen=True, slots=True)
class Admission:
    """authorization: who is let in. token: the only one, where it was made here and its user has to be told."""

    authorization: Authorization
    token: str | None = None


def admission(environment: Mapping[str, str] = os.environ) -> Admission:
    """As the environment says. Raises ConfigurationError where it says half of it, or a token that can be guessed."""
    issuer, resource = environment.get(ISSUER), environment.get(RESOURCE)
    if bool(issuer) != bool(resource):
        missing = RESOURCE if issuer else ISSUER
        raise ConfigurationError(f"{missing} is missing.", f"Set {ISSUER} and {RESOURCE}, or neither.")
    if issuer and resource:
        if urlsplit(resource).path != MCP_PATH:
            raise ConfigurationError(f"{RESOURCE} is not the server's address.", f"It ends in {MCP_PATH}.")
        return Admission(Authorization(Issuer(issuer, resource), resource, issuer))
    given = environment.get(TOKEN)
    if given is not None and len(given) < SHORTEST:
        raise ConfigurationError(f"{TOKEN} is too short.", f"Give {SHORTEST} characters at least, or leave it out.")
    token = given or secrets.token_urlsafe(32)
    remember(token)
    return Admission(Authorization(OneToken(token)), None if given else token)

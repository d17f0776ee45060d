"""The MCP server as an OAuth 2.1 resource server: who may ask what, and how a refusal says what would help.

Metadata after RFC 9728, challenges after RFC 6750: 401 where a token is missing or not valid, 403 where it does not
allow what is asked. Tokens come in the Authorization header alone, and go no further.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mcp.server.auth.provider import TokenVerifier

from .caller import PERSONAL_DATA, READ, SCOPES, WRITE

WELL_KNOWN = "/.well-known/oauth-protected-resource"
MCP_PATH = "/mcp"


@dataclass(frozen=True, slots=True)
class Authorization:
    """verifier: says what a token allows. resource: the address of this server, which tokens have to be meant for;
    issuer: where clients get one. Both are None where there is a single token, which its user was told.
    """

    verifier: TokenVerifier
    resource: str | None = None
    issuer: str | None = None

    @property
    def metadata_path(self) -> str:
        return WELL_KNOWN + (urlsplit(self.resource).path.rstrip("/") if self.resource else MCP_PATH)

    @property
    def origin(self) -> str | None:
        """This server's own, by which its pages and hosts are told from others'."""
        if self.resource is None:
            return None
        parts = urlsplit(self.resource)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def metadata_address(self) -> str | None:
        return None if self.origin is None else f"{self.origin}{self.metadata_path}"

    def metadata(self, scopes: Collection[str] = SCOPES) -> Mapping[str, Any]:
        """What clients read to find the issuer. scopes: those of which this server has a use."""
        return {
            "resource": self.resource,
            "authorization_servers": [self.issuer],
            "scopes_supported": list(scopes),
            "bearer_methods_supported": ["header"],
            "resource_name": "Spekta",
        }

    def challenge(self, error: str | None = None, scopes: Collection[str] = (READ,)) -> str:
        """The WWW-Authenticate header. Without an error it says nothing but how to ask."""
        told = {
            "error": error,
            "scope": " ".join(scope for scope in SCOPES if scope in scopes),
            "resource_metadata": self.metadata_address,
        }
        return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in told.items() if value)


def needed(body: bytes, writing: Collection[str], *, personal_data: bool) -> set[str]:
    """The scopes that a message needs. writing: the tools that change something. personal_data: whether the operator
    allows it; where not, nobody gets any, and a token that allows it would change nothing.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {READ}
    scopes = {READ}
    for message in said if isinstance(said, list) else [said]:
        if not isinstance(message, dict) or message.get("method") != "tools/call":
            continue
        called = message.get("params")
        called = called if isinstance(called, dict) else {}
        if called.get("name") in writing:
            scopes.add(WRITE)
        arguments = called.get("arguments")
        if personal_data and isinstance(arguments, dict) and arguments.get(PERSONAL_DATA) not in (None, False):
            scopes.add(PERSONAL_DATA)
    return scopes

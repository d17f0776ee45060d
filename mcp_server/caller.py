"""Who calls, and how far a caller narrows what the operator allows. Nothing that a caller says widens it.

Over HTTP a client may send `Spekta-Providers: eventbrite,pretix`, `Spekta-Tools: list_events,get_revenue` and
`Spekta-Read-Only: true`, or add `?providers=...&tools=...&read_only=true` to the server's address. What the token of a
caller allows is told by its scopes.
"""

from dataclasses import dataclass
from typing import Any

READ, PERSONAL_DATA, WRITE = "read", "personal_data", "write"
SCOPES = (READ, PERSONAL_DATA, WRITE)

Names = frozenset[str] | None
"""None stands for all of them."""


@dataclass(frozen=True, slots=True)
class Caller:
    """scopes: None where nobody has to show a token, as over stdio. principal: whose token it is."""

    scopes: Names = None
    providers: Names = None
    tools: Names = None
    read_only: bool = False
    principal: str = ""

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


ANYBODY = Caller()


def caller_of(request: Any) -> Caller:
    """The caller of an HTTP request; anybody where there is none, as over stdio."""
    if request is None:
        return ANYBODY
    token = getattr(request.scope.get("user"), "access_token", None)
    return Caller(
        scopes=None if token is None else frozenset(token.scopes),
        providers=both(_said(request, "providers")),
        tools=both(_said(request, "tools")),
        read_only=any(value.strip().lower() != "false" for value in _said(request, "read_only")),
        principal="" if token is None else f"{token.client_id} {token.subject}",
    )


def both(lists: list[str]) -> Names:
    """The names that are in every one of these lists, which have commas between the names."""
    found = [names_of(one) for one in lists]
    return frozenset.intersection(*found) if found else None


def names_of(text: str) -> frozenset[str]:
    """The names of a list with commas between them."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def within(first: Names, second: Names) -> Names:
    """What both allow."""
    if first is None or second is None:
        return second if first is None else first
    return first & second


def _said(request: Any, name: str) -> list[str]:
    header = f"spekta-{name.replace('_', '-')}"
    return [*request.headers.getlist(header), *request.query_params.getlist(name)]

"""list_providers."""

from collections.abc import Sequence
from typing import Annotated, Any

from mcp.types import CallToolResult
from pydantic import Field

from connectors import ConfigurationError, Provider, find_provider
from connectors.credentials.environment import constant
from connectors.matrix import MatrixRow, matrix
from mcp_server.answers import Part, Why, result
from mcp_server.state import Ctx, State, state_of


class Account(Part):
    connection: str
    message: Why = None
    next: Why = None


class Platform(Part):
    provider: str
    name: str
    offers: list[str]
    uncertain: Annotated[dict[str, str] | None, Field(description="Offered, but: why")] = None
    not_offered: Annotated[dict[str, str] | None, Field(description="Why")] = None
    connect: str | None = None
    options: dict[str, str] | None = None
    limitations: list[str] | None = None
    no_longer_trades: bool | None = None


class Platforms(Part):
    connections: Annotated[list[Account], Field(description="message: why it cannot work")]
    personal_data: bool
    writes: bool
    providers: list[Platform]


async def list_providers(
    ctx: Ctx,
    provider: Annotated[str | None, Field(description="Only this one, with options and limitations")] = None,
) -> Annotated[CallToolResult, Platforms]:
    """What each platform offers, which connections exist, how to connect more: for when something is missing or
    unsupported."""
    state = state_of(ctx)
    names = state.connections()
    only = find_provider(provider).slug if provider else None
    return result(
        Platforms(
            connections=[await _account(state, name) for name in names if only in (None, _provider(name))],
            personal_data=state.personal_data,
            writes=state.writes,
            providers=platforms(state, names, only),
        )
    )


def platforms(state: State, names: Sequence[str] = (), only: str | None = None) -> list[Platform]:
    """The rows of the matrix, or the whole of one. names: the connections there are, which need no help to connect."""
    return [
        _platform(row, names, whole=only is not None, on_aws=state.on_aws)
        for row in matrix()
        if only in (None, row.provider) and state.serves(row.provider)
    ]


async def _account(state: State, name: str) -> Account:
    """Whether a connector can be made; the platform is not asked."""
    try:
        async with state.open(name):
            return Account(connection=name)
    except ConfigurationError as error:
        return Account(connection=name, message=error.message, next=error.advice)


def _platform(row: MatrixRow, names: Sequence[str], *, whole: bool, on_aws: bool) -> Platform:
    connected = any(_provider(name) == row.provider for name in names)
    by_state: dict[str, dict[str, str]] = {"yes": {}, "partial": {}, "no": {}}
    for support in row.support:
        by_state[support.state][support.capability] = support.note or ""
    provider = find_provider(row.provider)
    return Platform(
        provider=row.provider,
        name=row.name,
        offers=[support.capability for support in row.support if support.state != "no"],
        uncertain=by_state["partial"] or None,
        not_offered=by_state["no"] or None,
        connect=_how(provider, on_aws) if whole or not connected else None,
        no_longer_trades=row.defunct or None,
        **(_details(provider) if whole else {}),
    )


def _provider(connection: str) -> str:
    return connection.partition("/")[0]


def _how(provider: Provider, on_aws: bool) -> str:
    """The shortest way; where to find each credential is told by its own line in the provider."""
    if on_aws:
        return f"spekta connect --aws {provider.slug}"
    fields = min(provider.enough, key=len)
    places = {field.name: field.where for field in provider.credentials}
    variables = [f"{constant(provider.slug)}_{constant(field)} ({places[field]})" for field in fields]
    return f"spekta connect {provider.slug}, or set {' and '.join(variables)}"


def _details(provider: Provider) -> dict[str, Any]:
    return {
        "options": {option.name: option.description for option in provider.options} or None,
        "limitations": list(provider.limitations) or None,
    }

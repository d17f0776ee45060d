"""`spekta equaticket ...`: what one platform alone has, as its provider declares it. A second account is
`spekta equaticket/london ...`.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from connectors import Outcome, PaginatedResult, Provider, connect, find_provider, providers
from connectors.calls import placeholders
from connectors.credentials import split
from connectors.credentials.local import local_store
from connectors.errors import ProviderError
from connectors.own import Action, OwnListing
from connectors.provider import Call
from connectors.references import parse
from connectors.registry import SLUGS

from . import options, shown
from .terminal import remark, waiting

PANEL, READS, WRITES = "What one platform alone has", "Look", "Change, where SPEKTA_WRITES=true"
METAVARS: Mapping[Any, str] = {datetime: "TIME", Decimal: "AMOUNT", int: "NUMBER"}
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show the request; nothing is sent.")]
Key = Annotated[
    str | None, typer.Option(metavar="KEY", help="To send the same again without doing it twice; made if not given.")
]


def connections() -> list[str]:
    """The providers that have something of their own."""
    return [provider.slug for provider in providers() if provider.listings or provider.actions]


def group(connection: str) -> typer.core.TyperGroup | None:
    """The commands of a connection; None where its platform has none of its own."""
    slug = connection.partition("/")[0]
    provider = find_provider(slug) if slug in SLUGS else None
    if provider is None or not (provider.listings or provider.actions):
        return None
    split(connection)
    commands = typer.Typer(
        name=connection,
        help=f"What {provider.name} alone has.",
        no_args_is_help=True,
        add_completion=False,
        context_settings=options.HELP,
    )
    for name, listing in provider.listings.items():
        run = _reads(connection, name, listing)
        commands.command(_dashed(name), help=f"{listing.help}.", rich_help_panel=READS)(run)
    for name, action in provider.actions.items():
        run = _acts(connection, provider, name, action)
        commands.command(_dashed(name), help=f"{action.help}.", rich_help_panel=WRITES)(run)
    made = typer.main.get_command(commands)
    assert isinstance(made, typer.core.TyperGroup)
    made.rich_help_panel = PANEL
    return made


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _reads(connection: str, name: str, listing: OwnListing) -> Callable[..., None]:
    def run(*, json: bool, personal_data: bool, **said: Any) -> None:
        paging: dict[str, Any] = {part: said.pop(part) for part in ("page", "page_size", "cursor") if part in said}
        found = asyncio.run(_read(connection, name, _given(connection, said), paging))
        shown.listing(name, listing, found, personal_data=personal_data, json=json)

    more: dict[str, tuple[Any, Any]] = {"personal_data": (options.PersonalData, False), "json": (options.Json, False)}
    if not listing.one:
        paging = {"page": (options.Page, None), "page_size": (options.PageSize, 50), "cursor": (options.Cursor, None)}
        more = {**paging, **more}
    return _signed(run, listing.inputs.model_fields, listing.call, more)


def _acts(connection: str, provider: Provider, name: str, action: Action) -> Callable[..., None]:
    def run(*, dry_run: bool, json: bool, idempotency_key: str | None = None, **said: Any) -> None:
        given = _given(connection, said)
        outcome = asyncio.run(_act(connection, name, given, idempotency_key=idempotency_key, dry_run=dry_run))
        shown.outcome(provider, outcome, json=json)

    more: dict[str, tuple[Any, Any]] = {"dry_run": (DryRun, False), "json": (options.Json, False)}
    if provider.idempotency and action.call.method == "POST":
        more["idempotency_key"] = (Key, None)
    return _signed(run, action.inputs.model_fields, action.call, more)


def _signed(
    run: Callable[..., None], fields: Mapping[str, FieldInfo], call: Call, more: Mapping[str, tuple[Any, Any]]
) -> Callable[..., None]:
    """The function with the parameters of a command: what is in the path first, the rest as options."""
    in_path = placeholders(Call(call.method, call.path))
    parameters = []
    for name, field in fields.items():
        required = field.is_required()
        option = typer.Argument if name in in_path else typer.Option
        metavar = name.upper() if name in in_path else METAVARS.get(field.annotation, "TEXT")
        about = option(metavar=metavar, help=f"{field.description}.", show_default=False)
        default = inspect.Parameter.empty if required else None
        parameters.append((name, Annotated[str if required else str | None, about], default))
    parameters += [(name, annotation, default) for name, (annotation, default) in more.items()]
    run.__annotations__ = {name: annotation for name, annotation, _ in parameters}
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
            for name, annotation, default in parameters
        ]
    )
    return run


def _given(connection: str, said: Mapping[str, str | None]) -> dict[str, str]:
    """What was given. An event may be named by its reference."""
    given = {name: value for name, value in said.items() if value is not None}
    if given.get("event", "").startswith(f"{connection}:"):
        given["event"] = parse(given["event"], "EVENT").id
    return given


async def _read(
    connection: str, name: str, given: Mapping[str, str], paging: Mapping[str, Any]
) -> PaginatedResult[Any]:
    with waiting("Asking"):
        async with connect(local_store(), connection, listing=name) as connector:
            return await connector.get_listing(name, given, **paging)


async def _act(connection: str, name: str, given: Mapping[str, str], **how: Any) -> Outcome:
    with waiting("Asking"):
        async with connect(local_store(), connection) as connector:
            try:
                return await connector.act(name, given, **how)
            except ProviderError as error:
                if error.platform_message:
                    remark(f"{connector.provider.name} says: {error.platform_message}")
                raise

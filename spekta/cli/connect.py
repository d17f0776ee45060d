"""`spekta connect`: sets up a connection, tries it, and stores it: here for its owner alone, or in AWS."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import typer

from connectors import HealthCheckResult, Provider, create_connector, find_provider
from connectors.calls import addresses
from connectors.credentials import MemoryVault, Settings, joined, split
from connectors.credentials.environment import EnvironmentStore
from connectors.credentials.local import is_whole
from connectors.errors import ConfigurationError, ProviderError
from connectors.registry import checked_credentials

from . import asking, options, webhooks
from .consent import Consent
from .places import Aws, Place, kept
from .terminal import out, remark, say_json, waiting

PATIENCE = 20.0


def connect(
    connection: Annotated[
        str,
        typer.Argument(metavar="PROVIDER[/ACCOUNT]", help="As `spekta providers` lists them; ACCOUNT is yours."),
    ],
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=VALUE", help="A credential or option. A secret is safer on stdin."),
    ] = None,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Where the platform is instead.")] = None,
    hosts: Annotated[
        list[str] | None, typer.Option("--host", metavar="NAME=URL", help="Where one of its hosts is instead.")
    ] = None,
    allow: Annotated[bool, typer.Option("--browser", help="Allow access in the browser.")] = False,
    paste: Annotated[bool, typer.Option("--paste", help="The same, with a browser on another machine.")] = False,
    redirect: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the browser is sent back to, if the platform must know it.")
    ] = None,
    patience: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="How long to wait for it.")] = 300,
    force: Annotated[bool, typer.Option("--force", help="Store the connection even if it does not work.")] = False,
    aws: Aws = False,
    json: options.Json = False,
) -> None:
    """Sets up a connection, tries it, and stores it.

    Asks for what the platform needs, and says where to find it. Scripts give NAME=VALUE lines on stdin, or --field.
    The file that it is stored in can be read by its owner only.
    With --aws it is stored as the secret spekta/PROVIDER/ACCOUNT, for the functions there.
    Of a platform that sends webhooks it shows the address to give to it; what you get for that,
    such as --field webhookSecret=..., is added to the connection when it is given alone.
    """
    slug, account = split(connection)
    name, place = joined(slug, account), kept(aws)
    provider = find_provider(slug)
    given = asking.read(provider, fields or ())
    # Before a person is asked for anything: AWS may not let us in.
    before = place.store.settings(name) if place.store.has(name) and provider.webhook else None
    given.browser = allow or paste
    moved = _moved(provider, given, base_url, hosts)
    if before and webhooks.is_all(given):
        given.credentials = {**before.credentials, **given.credentials}
        given.options = {**before.options, **given.options}
        moved = moved or dict(before.addresses)
    _complete(provider, given)
    given.credentials = webhooks.with_token(provider, given.credentials, before)
    provider = provider.in_mode(given.options)
    places = addresses(provider, {**given.options, **given.credentials}, moved)
    if given.browser:
        consent = Consent(provider, places, redirect, paste, patience)
        given.credentials = consent.tokens(given.credentials)
    with waiting(f"Trying {provider.name}"):
        held, health = asyncio.run(_tried(provider, account, given, places))
    if health.error and not force:
        why = f"{connection} does not work, and is not stored. {health.error.message}"
        raise ProviderError(why, f"{health.error.advice} To store it anyway: --force".strip())
    usual = addresses(provider, {**given.options, **held}, None)
    elsewhere = {host: url for host, url in places.items() if url != usual.get(host)}
    settings = Settings(held, given.options, elsewhere)
    place.store.put(name, settings)
    _tell(name, place, health, json)
    if not json and (address := webhooks.address(name, settings, whole=True)):
        out().print(f"Its webhooks' address, for {provider.name} alone: {address}", soft_wrap=True)
    if not aws and is_whole(EnvironmentStore(), name):
        remark(f"Environment variables set up {name} too, and they go first.")


def _moved(
    provider: Provider, given: asking.Given, base_url: str | None, hosts: list[str] | None
) -> str | dict[str, str] | None:
    """Where the platform's hosts are instead; what has an own address for every customer takes it as a credential."""
    named = dict(map(options.pair, hosts or ())) | ({"api": base_url} if base_url else {})
    if "api" in named and any(field.name == "baseUrl" for field in provider.credentials):
        given.credentials["baseUrl"] = named.pop("api")
        return named
    return named if hosts else base_url


def _complete(provider: Provider, given: asking.Given) -> None:
    """Gets what is missing from the person, or else from stdin. Raises ConfigurationError naming what still is."""
    if given.browser and not asking.knows_browser(provider):
        raise ConfigurationError(f"{provider.name} has no consent in the browser.", "Leave --browser and --paste out.")
    if asking.interactive():
        asking.ask(provider, given)
    elif not given.browser and not given.enough(provider):
        piped = asking.read(provider, asking.from_stdin())
        given.credentials |= piped.credentials
        given.options |= piped.options
    client = all(given.credentials.get(name) for name in asking.CLIENT)
    given.browser |= client and not given.enough(provider) and asking.needs_browser(provider)
    if not given.browser:
        checked_credentials(provider.in_mode(given.options), given.credentials)
    elif not client:
        raise ConfigurationError(
            f"{provider.name} needs {' and '.join(asking.CLIENT)} for that.", "Give each with --field."
        )


async def _tried(
    provider: Provider, account: str, given: asking.Given, places: Mapping[str, str]
) -> tuple[dict[str, str], HealthCheckResult]:
    """What the platform's cheapest call says, and the credentials after it: asking may have renewed a token."""
    vault = MemoryVault(checked_credentials(provider, given.credentials))
    connector = create_connector(
        provider.slug, given.credentials, base_url=places, options=given.options, account=account, vault=vault
    )
    async with connector:
        health = await connector.health_check(deadline=PATIENCE)
    return {name: value for name, value in (await vault.read()).items() if value}, health


def _tell(connection: str, place: Place, health: HealthCheckResult, json: bool) -> None:
    if json:
        say_json({"connection": connection, "stored": place.name, "health": health})
    elif health.error:
        out().print(f"{connection} is stored, although it does not work: {health.error.message}", soft_wrap=True)
    else:
        out().print(f"{connection} works ({health.latency_ms} ms) and is stored in {place.name}.", soft_wrap=True)
        out().print(
            f"Next: spekta connections --aws {connection}" if place.flag else f"Next: spekta events {connection}"
        )

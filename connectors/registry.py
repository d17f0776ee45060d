"""Which providers there are, and how a connector for one is made. A provider's module is imported only when it is
asked for.
"""

import importlib
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from .acting import WRITES
from .calls import addresses
from .connector import Connector
from .credentials import ACCOUNT, DEFAULT, MemoryVault, Store, Vault, named, split
from .errors import ConfigurationError
from .http import Http, Transport
from .pace import Share, Turns, shared
from .provider import Option, Provider
from .redaction import secret_values

# In the order of the connector reference.
SLUGS = (
    "eventbrite",
    "weezevent",
    "ticket-tailor",
    "dice",
    "shotgun",
    "see-tickets",
    "ticketmaster",
    "axs",
    "fixr",
    "billetto",
    "eventix",
    "yurplan",
    "mapado",
    "helloasso",
    "festicket",
    "resident-advisor",
    "skiddle",
    "ticket-arena",
    "ticketsellers",
    "seetickets-us",
    "universe",
    "accelevents",
    "regfox",
    "rsvpify",
    "pretix",
    "equaticket",
    "evvnt",
)


@cache
def find_provider(slug: str) -> Provider:
    """The provider of that slug. Raises ConfigurationError."""
    if slug not in SLUGS:
        raise ConfigurationError(f"There is no provider {slug!r}.", f"Providers: {', '.join(SLUGS)}.", "provider")
    module = importlib.import_module(f".providers.{slug.replace('-', '_')}", __package__)
    provider: Provider = module.provider
    return provider


def providers() -> list[Provider]:
    """All providers, in the reference's order."""
    return [find_provider(slug) for slug in SLUGS]


def create_connector(
    provider: str,
    credentials: Mapping[str, Any] | None,
    *,
    base_url: str | Mapping[str, str] | None = None,
    transport: Transport | None = None,
    options: Mapping[str, Any] | None = None,
    account: str = DEFAULT,
    vault: Vault | None = None,
    writes: bool = False,
    share: float = 1.0,
) -> Connector:
    """A connector for one account.

    credentials: the reference's field names, in camelCase or snake_case; None to ask only for what a platform shows to
    everybody, where it has such a listing. base_url: where the platform is instead of its usual address; a mapping
    moves single hosts. transport: an httpx transport, for tests. vault: where renewed tokens are kept; in memory if not
    given. writes: whether the platform may be told to do something. share: which part of the requests that the platform
    allows it may make. Raises ConfigurationError, naming the field, before any request.
    """
    found = find_provider(provider).in_mode(options or {})
    if not ACCOUNT.fullmatch(account):
        raise ConfigurationError(f"{account!r} is not an account name.", "Use up to 40 of a-z, 0-9 and -.", "account")
    without = credentials is None and any(one.is_open for one in found.listings.values())
    credentials, base_url = _own_address(found, credentials or {}, base_url)
    known = {} if without else checked_credentials(found, credentials)
    secret_values(known, frozenset(field.name for field in found.credentials if field.secret))
    settings = checked_options(found, options or {})
    hosts = addresses(found, {**settings, **known}, base_url)
    http = Http(transport, _pace(found, settings, account, hosts["api"], share))
    return Connector(found, account, known, settings, hosts, vault or MemoryVault(known), http, writes)


def _pace(provider: Provider, options: Mapping[str, Any], account: str, address: str, share: float) -> Turns | None:
    """What the platform allows holds at its own address: not for a sandbox, nor for who runs it himself."""
    limit = provider.limit(options)
    if not limit or address != provider.base:
        return None
    whole = shared(provider.slug, account, *limit)
    return (
        whole if share >= 1 else Share(shared(provider.slug, account, max(1, int(limit[0] * share)), limit[1]), whole)
    )


def provider_of(store: Store, connection: str) -> Provider:
    """The provider of a connection, in the mode that is stored for it."""
    settings = store.settings(connection)
    return find_provider(split(connection)[0]).in_mode(settings.options if settings else {})


def stored_credentials(store: Store, connection: str, given: Mapping[str, Any]) -> dict[str, str]:
    """What a stored connection works with, given the credentials that were stored last. Raises what
    `checked_credentials` does.
    """
    settings = store.settings(connection)
    credentials, _ = _own_address(provider_of(store, connection), given, settings.addresses if settings else None)
    return checked_credentials(provider_of(store, connection), credentials)


def connect(
    store: Store,
    connection: str,
    transport: Transport | None = None,
    *,
    listing: str | None = None,
    share: float = 1.0,
) -> Connector:
    """The connector of a stored connection. Raises ConfigurationError where there is none, unless it is for a listing
    of the platform's own that everybody may see. It writes where the environment has SPEKTA_WRITES=true.
    """
    slug, account = split(connection)
    provider = find_provider(slug)
    settings = store.settings(connection)
    own = provider.listings.get(listing or "")
    if settings is None and own and own.is_open:
        return create_connector(slug, None, transport=transport, account=account)
    if settings is None:
        command = store.vault(connection).reconnect or f"spekta connect {connection}"
        raise ConfigurationError(f"{connection} is not connected.", f"Run: {command}", "connection")
    return create_connector(
        slug,
        settings.credentials,
        base_url=settings.addresses,
        transport=transport,
        options=settings.options,
        account=account,
        vault=store.vault(connection),
        writes=os.environ.get(WRITES) == "true",
        share=share,
    )


def _own_address(
    provider: Provider, credentials: Mapping[str, Any], base_url: str | Mapping[str, str] | None
) -> tuple[Mapping[str, Any], str | Mapping[str, str] | None]:
    """Where a platform's address is a credential, another base address takes its place."""
    if "{baseUrl}" not in provider.base or not base_url:
        return credentials, base_url
    if isinstance(base_url, str):
        return {**credentials, "baseUrl": base_url}, None
    others = dict(base_url)
    moved = others.pop("api", None)
    return ({**credentials, "baseUrl": moved} if moved else credentials), others


def checked_credentials(provider: Provider, given: Mapping[str, Any]) -> dict[str, str]:
    """The credentials by the reference's names. Raises ConfigurationError for a missing, unknown or misread field."""
    said = given.get("type", provider.auth)
    if said != provider.auth:
        raise ConfigurationError(
            f"{provider.name} takes credentials of type {provider.auth!r}, not {said!r}.",
            "Leave it out, or correct it.",
            "type",
        )
    places = {field.name: field.where for field in provider.credentials}
    held, ends = {}, {}
    for field, value in named(given).items():
        if field == "type":
            continue
        if field == "expiresAt":
            ends = {field: _moment(value)} if value else {}
            continue
        if field not in places:
            raise ConfigurationError(
                f"{provider.name} has no credential {field!r}.", f"It takes: {', '.join(places)}.", field
            )
        plain = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        if plain is not None and not isinstance(plain, str):
            raise ConfigurationError(f"{provider.name}: {field} is not text.", "Give it as text.", field)
        if plain:
            held[field] = plain
    _check_readable(provider, held)
    _check_enough(provider, held, places)
    return held | ends


def _moment(value: Any) -> str:
    try:
        return str(float(value))
    except (TypeError, ValueError):
        raise ConfigurationError("expiresAt is not a time.", "Give it in seconds since 1970.", "expiresAt") from None


def _check_readable(provider: Provider, held: Mapping[str, str]) -> None:
    """A line end or a stray sign that came with a copied key cannot be sent, or is refused without a reason."""
    headers = [text for host in ("api", *provider.hosts) for text in provider.signs(host).headers(held).values()]
    for name, value in held.items():
        stray = not value.isascii() and any(value in text for text in headers)
        if stray or value != value.strip() or not value.isprintable():
            raise ConfigurationError(
                f"{provider.name}: {name} holds blanks or signs that do not belong to it.", "Copy it again.", name
            )


def _check_enough(provider: Provider, held: Mapping[str, str], places: Mapping[str, str]) -> None:
    if provider.is_enough(held):
        return
    nearest = max(provider.enough, key=lambda fields: sum(name in held for name in fields))
    missing = next(name for name in nearest if name not in held)
    others = " or ".join(" and ".join(fields) for fields in provider.enough)
    raise ConfigurationError(f"{provider.name} needs {missing}: {places[missing]}.", f"Enough is: {others}.", missing)


def checked_options(provider: Provider, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options with their defaults. Raises ConfigurationError for an unknown one or an unreadable value."""
    known = {option.name: option for option in provider.options}
    for name in given:
        if name not in known:
            raise ConfigurationError(
                f"{provider.name} has no option {name!r}.", f"Options: {', '.join(known) or 'none'}.", name
            )
    return {name: _option(option, given.get(name)) for name, option in known.items()}


def _option(option: Option, value: Any) -> Any:
    if option.needed and value in (None, ""):
        raise ConfigurationError(f"Option {option.name} is missing.", f"Give it: {option.description}.", option.name)
    if value is None:
        return option.default
    if option.choices and value not in option.choices:
        choices = ", ".join(option.choices)
        raise ConfigurationError(f"Option {option.name} has another value.", f"One of: {choices}.", option.name)
    if option.type == "flag":
        flag = {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
        if flag is None:
            raise ConfigurationError(
                f"Option {option.name} is neither true nor false.", "Give true or false.", option.name
            )
        return flag
    if option.type == "currency":
        return _currency(option, str(value).strip().upper())
    return _whole(option, str(value)) if option.type == "whole" else str(value)


def _whole(option: Option, digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise ConfigurationError(f"Option {option.name} is not a whole number.", "Give it as 34.", option.name)
    return int(digits)


def _currency(option: Option, code: str) -> str:
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ConfigurationError(f"Option {option.name} is not a currency.", "Give its code: EUR.", option.name)
    return code

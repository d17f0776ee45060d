"""Calls become requests: placeholders, addresses, and what a platform's base address may be."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from .errors import ConfigurationError, InvalidArgument
from .provider import Call, Evidence, Provider, Unless
from .row import Row, Unreadable

_ANY = re.compile(r"\{([A-Za-z_][\w.]*)\}")
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Request:
    """A call with its placeholders filled. `repeatable`: to send it twice is as good as once."""

    call: Call
    url: str
    query: Mapping[str, Any]
    body: Mapping[str, Any] | None
    operation: str
    evidence: Evidence
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


def path_of(call: Call, values: Mapping[str, Any], row: Row | None = None) -> str:
    """The path with its placeholders as encoded segments.

    Raises InvalidArgument for an event id that cannot be one, Unreadable for such a value of a row, ConfigurationError
    for a setting that is missing or cannot be part of an address.
    """
    return _ANY.sub(lambda found: _segment(found[1], _value(found[1], values, row)), call.path)


def _segment(name: str, value: Any) -> str:
    text = "" if value is _MISSING else str(value)
    if not text or text in (".", "..") or "/" in text or "\\" in text or not text.isprintable():
        raise _unfit(name, text)
    return quote(text, safe="")


def _unfit(name: str, text: str) -> Exception:
    if name == "event":
        shown = text if len(text) <= 60 else f"{text[:60]}…"
        return InvalidArgument(
            "event_id", f"event_id {shown!r} cannot be an id.", "Give an id as a list of events shows it."
        )
    if "." in name:
        return Unreadable(name.partition(".")[2], "cannot be part of an address")
    if not text:
        return ConfigurationError(f"{name} is not set.", f"Give it with the settings of the connection: {name}.", name)
    return ConfigurationError(f"{name} cannot be part of an address.", f"Correct {name}.", name)


def placeholders(call: Call) -> set[str]:
    """The names that a call needs a value for, in path, query and body."""
    found = in_path(call)
    for value in _leaves([call.query, call.json]):
        if isinstance(value, str) and (match := _ANY.fullmatch(value)):
            found.add(match[1])
    return found


def in_path(call: Call) -> set[str]:
    """The names among them that stand in the path."""
    return set(_ANY.findall(call.path))


def _leaves(value: Any) -> Any:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def filled(template: Any, values: Mapping[str, Any], row: Row | None = None) -> Any:
    """A copy of a query or body with its placeholders replaced; keys without a value are left out."""
    done = _filled(template, values, row)
    return {} if done is _MISSING else done


def _filled(template: Any, values: Mapping[str, Any], row: Row | None) -> Any:
    if isinstance(template, Mapping):
        parts = {key: _filled(part, values, row) for key, part in template.items()}
        kept = {key: part for key, part in parts.items() if part is not _MISSING}
        return _MISSING if template and not kept else kept
    if isinstance(template, list | tuple):
        return [part for part in (_filled(part, values, row) for part in template) if part is not _MISSING]
    if isinstance(template, Unless):
        return template.value if _value(template.placeholder, values, row) is _MISSING else _MISSING
    if isinstance(template, str) and (found := _ANY.fullmatch(template)):
        return _value(found[1], values, row)
    return template


def _value(name: str, values: Mapping[str, Any], row: Row | None) -> Any:
    if name.startswith("row."):
        value = row.value(name.removeprefix("row.")) if row else None
    elif name.startswith("event."):
        value = row.event.value(name.removeprefix("event.")) if row else None
    else:
        value = values.get(name)
    return _MISSING if value is None or value == "" else value


def addresses(
    provider: Provider, values: Mapping[str, Any], base_url: str | Mapping[str, str] | None
) -> dict[str, str]:
    """Where each host of a platform is. `values` are the connection's credentials and options.

    A text moves the API, and with it every host of the same origin; a mapping moves the hosts that it names. A host
    whose address nobody publishes is there only if the mapping names it. Raises ConfigurationError for an address that
    is not https (loopback may be http).
    """
    api = provider.base
    if "{baseUrl}" in api:
        own = values.get("baseUrl", "").rstrip("/").removesuffix("/api/v1")
        api = api.replace("{baseUrl}", checked(own, "baseUrl"))
    for option in provider.options:
        if f"{{{option.name}}}" in api:
            api = api.replace(f"{{{option.name}}}", _host(option.name, values.get(option.name) or option.default))
    found = {"api": api, **{host: url for host, url in provider.hosts.items() if url}}
    if isinstance(base_url, str):
        found |= _moved(found, checked(base_url.rstrip("/"), "base_url"))
    elif base_url:
        unknown = sorted(set(base_url) - {"api", *provider.hosts})
        if unknown:
            known = ", ".join(("api", *provider.hosts))
            raise ConfigurationError(f"{provider.name} has no host {unknown[0]!r}.", f"Hosts: {known}.", "base_url")
        found |= {host: checked(url.rstrip("/"), "base_url") for host, url in base_url.items()}
    return found


def _host(option: str, name: str) -> str:
    if not _HOST.fullmatch(name):
        raise ConfigurationError(f"Option {option} is not a host.", "Give it as example.org.", option)
    return name


def _moved(hosts: Mapping[str, str], base: str) -> dict[str, str]:
    real = urlsplit(hosts["api"])
    root = base.removesuffix(real.path.rstrip("/"))
    same = {host: url for host, url in hosts.items() if host != "api" and urlsplit(url)[:2] == real[:2]}
    return {"api": base} | {host: root + urlsplit(url).path for host, url in same.items()}


def checked(url: str, field: str) -> str:
    """The address, if credentials may be sent there. Raises ConfigurationError naming the field."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    del port
    if not host or any(sign in url for sign in "@?#\\ ") or not url.isprintable():
        raise ConfigurationError(f"{field} is not an address.", "Give it as https://host or https://host/path.", field)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ConfigurationError(
            f"{field} is not https.", "Credentials are only sent over https (loopback excepted).", field
        )
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""What the code knows of one platform."""

from connectors.credentials.environment import constant
from connectors.provider import Option, Provider

from . import wire
from .listings import actions, data, own, remarks
from .markdown import bullets, code, listed, prose, table

WAYS = {"oauth2": "OAuth 2.0", "api_key": "API key"}


def section(provider: Provider) -> str:
    """Everything that is said of a platform, but for the example."""
    parts = [
        f"## {provider.name}",
        _facts(provider),
        _credentials(provider),
        _enough(provider),
        _options(provider),
        data(provider),
        bullets(remarks(provider)),
        *(_mode(name, mode) for name, mode in provider.modes.items()),
        own(provider),
        actions(provider),
        "**Known limitations**" if provider.limitations else "",
        bullets(provider.limitations),
    ]
    return "\n\n".join(filter(None, parts))


def _facts(provider: Provider) -> str:
    rows = [
        ("Website", f"<{provider.website}>"),
        ("API documentation", f"<{provider.docs}>"),
        ("Authentication", f"{WAYS[provider.auth]}: {wire.signed(provider)}"),
        ("Tokens", wire.tokens(provider)),
        ("Address", code(provider.base)),
        *((f"Address of {code(host)}", _host(provider, host)) for host in provider.hosts),
        ("Rate limit", wire.rate(provider)),
        ("Webhooks", wire.webhooks(provider)),
    ]
    return table(("Name in code", code(provider.slug)), [(name, said) for name, said in rows if said])


def _host(provider: Provider, host: str) -> str:
    variable = f"{constant(provider.slug)}_{constant(host)}_URL"
    return code(provider.hosts[host]) if provider.hosts[host] else f"not public; yours to give, as {code(variable)}"


def _credentials(provider: Provider) -> str:
    heads = ("Credential", "Where to find it", "Variable")
    fields = provider.credentials
    return table(heads, [(code(one.name), prose(one.where), _variable(provider, one.name)) for one in fields])


def _enough(provider: Provider) -> str:
    names = tuple(field.name for field in provider.credentials)
    if provider.enough == (names,):
        return "All of them are needed." if len(names) > 1 else ""
    return f"Enough: {'; or '.join(listed([code(name) for name in fields]) for fields in provider.enough)}."


def _options(provider: Provider) -> str:
    heads = ("Option", "What it does", "Default", "Variable")
    rows = [(code(one.name), _said(one), _default(one), _variable(provider, one.name)) for one in provider.options]
    return table(heads, rows)


def _said(option: Option) -> str:
    choices = [code(one) for one in option.choices if one not in option.description]
    return prose(option.description) + (f": {listed(choices, 'or')}" if choices else "")


def _default(option: Option) -> str:
    if option.type == "flag":
        return code(str(bool(option.default)).lower())
    return "" if option.default in (None, "") else code(str(option.default))


def _variable(provider: Provider, name: str) -> str:
    return code(f"{constant(provider.slug)}_{constant(name)}")


def _mode(name: str, mode: Provider) -> str:
    """Another API of the platform, which an option chooses."""
    needed = [code(option.name) for option in mode.options if option.needed]
    asks = f" It needs {listed(needed)}." if needed else ""
    lead = f"With the option `api_mode` set to {code(name)}: {wire.signed(mode) or 'no credentials are sent'}.{asks}"
    return "\n\n".join([lead, data(mode), bullets(remarks(mode))])

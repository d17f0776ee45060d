"""How a platform is reached, in words: what signs a request, how tokens are had, where its hosts are."""

from connectors.auth import Basic, OAuth2, Query, Sign, fill
from connectors.provider import Provider
from connectors.webhook import SECRET, Hmac

from .markdown import code, listed

GRANTS = {
    "refresh_token": "refresh token",
    "client_credentials": "client credentials",
    "password": "password",
    "login": "a login with user name and password",
}
SPANS = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}


def signed(provider: Provider) -> str:
    """What carries the credentials, by host where hosts differ; nothing where none are sent."""
    ways = {host: _carried(provider, provider.signs(host)) for host in _asked(provider)}
    if len(set(ways.values())) == 1:
        return next(iter(ways.values()))
    return "; ".join(f"{way} at {code(host)}" for host, way in ways.items())


def _asked(provider: Provider) -> list[str]:
    """The hosts that data is read from; others only give tokens."""
    found = {part.host for kind in provider.streams for part in provider.parts(kind) if part.call}
    return [host for host in ("api", *provider.hosts) if host in found]


def _carried(provider: Provider, sign: Sign) -> str:
    settings = {option.name: str(option.default) for option in provider.options if option.default is not None}
    values = settings | {field.name: f"{{{field.name}}}" for field in provider.credentials}
    if isinstance(sign, Basic):
        password = f"password {code(fill(sign.password, values))}" if sign.password else "no password"
        return f"HTTP Basic, user {code(fill(sign.user, values))} and {password}"
    if isinstance(sign, OAuth2):
        instead = f", or {code(f'{{{sign.key}}}')} in its place" if sign.key else ""
        return _carried(provider, sign.send) + instead
    if isinstance(sign, Query):
        return _in("query", [f"?{name}={value}" for name, value in sign.query(values).items()])
    plain = sign.headers(settings)
    return _in("header", [f"{name}: {text}" for name, text in sign.headers(values).items() if plain.get(name) != text])


def _in(place: str, found: list[str]) -> str:
    return f"{listed([code(one) for one in found])} in the {place}" if found else ""


def tokens(provider: Provider) -> str:
    """By which grants tokens are had, and where; nothing for a platform without them."""
    oauth = provider.oauth
    if oauth is None:
        return ""
    grants = [GRANTS[grant] for grant in oauth.renewals]
    if oauth.authorize:
        proof = ", with PKCE" if oauth.pkce else ""
        grants.insert(0, f"authorization code ({_address(provider, oauth.authorize)}{proof})")
    return f"{listed(grants, 'or')}; tokens come from {_address(provider, oauth.token)}"


def _address(provider: Provider, place: str) -> str:
    host, _, path = place.partition(":")
    base = provider.base if host == "api" else provider.hosts[host]
    return code(base + path) if base else f"the host {code(host)}"


def rate(provider: Provider) -> str:
    """By plan, where the platform has such."""
    if provider.plans:
        plans = [f"{_rate(*limit)} ({code(name)})" for name, limit in provider.plans.items()]
        return f"by the option `plan`: {', '.join(plans)}"
    return _rate(*provider.rate_limit) if provider.rate_limit else "not published"


def _rate(requests: int, seconds: int) -> str:
    unit = max(one for one in SPANS if seconds % one == 0)
    count = seconds // unit
    span = SPANS[unit] if count == 1 else f"{count} {SPANS[unit]}s"
    return f"{requests:,} requests per {span}"


def webhooks(provider: Provider) -> str:
    """What shows that a delivery is the platform's."""
    webhook = provider.webhook
    if webhook is None:
        return "none known"
    proof = webhook.proof
    if proof is None:
        return f"not signed, so hints; {webhook.evidence}"
    place = code(proof.header) + (f" where the connection has {code(SECRET)}" if webhook.optional else "")
    if not isinstance(proof, Hmac):
        return f"not signed, so hints, with a secret in {place}; {webhook.evidence}"
    return f"signed in {place}{', else hints' if webhook.optional else ''}; {webhook.evidence}"

"""How requests are signed: Header, Query, Basic, OAuth2; or one of them per host. Templates are filled from the
connection's credentials and options.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .redaction import remember

_PLACEHOLDER = re.compile(r"\{([^A-Za-z_{}]?)([A-Za-z_]+)\}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its `{names}` replaced; a name without a value becomes nothing, and so does the sign that it
    brings along: `{key}{:secret}`.
    """
    return _PLACEHOLDER.sub(lambda found: found[1] + value if (value := values.get(found[2])) else "", template)


@dataclass(frozen=True, slots=True, init=False)
class Header:
    """Credentials in request headers: `Header(Authorization="Bearer {apiKey}")`. Names may hold placeholders too. One
    without a value is left out.
    """

    templates: Mapping[str, str]

    def __init__(self, **templates: str) -> None:
        object.__setattr__(self, "templates", templates)

    def headers(self, values: Mapping[str, str]) -> dict[str, str]:
        filled = {fill(name, values): fill(text, values).strip() for name, text in self.templates.items()}
        return {name: text for name, text in filled.items() if text}

    def query(self, values: Mapping[str, str]) -> dict[str, str]:
        return {}


@dataclass(frozen=True, slots=True, init=False)
class Query:
    """Credentials in the query: `Query(api_key="{apiKey}")`. A parameter without a value is left out."""

    templates: Mapping[str, str]

    def __init__(self, **templates: str) -> None:
        object.__setattr__(self, "templates", templates)

    def headers(self, values: Mapping[str, str]) -> dict[str, str]:
        return {}

    def query(self, values: Mapping[str, str]) -> dict[str, str]:
        filled = {name: fill(template, values) for name, template in self.templates.items()}
        return {name: value for name, value in filled.items() if value}


@dataclass(frozen=True, slots=True)
class Basic:
    """HTTP Basic: `Basic("{apiKey}")` is the key as the user with an empty password."""

    user: str
    password: str = ""

    def headers(self, values: Mapping[str, str]) -> dict[str, str]:
        pair = f"{fill(self.user, values)}:{fill(self.password, values)}"
        coded = base64.b64encode(pair.encode()).decode()
        remember(coded)
        return {"Authorization": f"Basic {coded}"}

    def query(self, values: Mapping[str, str]) -> dict[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class OAuth2:
    """A token that can be renewed. Addresses are `host:path`.

    renewals: the grants to try, in order, when the platform refuses the token; `login` sends the filled templates of
    that name. answer: the path of the token in the answer; what else is told of it lies beside it. send: how it signs
    requests. scope: what a new token is asked for. key: the credential that is sent in the token's place where there is
    no client to have one made for. authorize: where a person allows access in the browser, for platforms of the
    authorization-code kind; pkce: whether it takes an S256 challenge.
    """

    token: str
    renewals: tuple[Literal["refresh_token", "client_credentials", "password", "login"], ...]
    authorize: str | None = None
    pkce: bool = False
    scope: str | None = None
    key: str | None = None
    answer: str = "access_token"
    login: Mapping[str, str] = field(default_factory=dict)
    send: Header | Query = field(default_factory=lambda: Header(Authorization="Bearer {accessToken}"))

    def headers(self, values: Mapping[str, str]) -> dict[str, str]:
        token = values.get("accessToken") or (values.get(self.key) if self.key else None)
        return self.send.headers({**values, "accessToken": token}) if token else {}

    def query(self, values: Mapping[str, str]) -> dict[str, str]:
        return self.send.query(values)


Sign = Header | Query | Basic | OAuth2

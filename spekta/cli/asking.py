"""What a connection needs, and how a person or a script gives it."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import typer

from connectors import Provider
from connectors.credentials.environment import constant
from connectors.errors import ConfigurationError
from connectors.provider import Option

from .options import pair

CLIENT = ("clientId", "clientSecret")
BROWSER = "give clientId, clientSecret, and allow access in the browser"


@dataclass(slots=True)
class Given:
    """Credentials and options by the provider's own names; `browser` where a person is to allow access there."""

    credentials: dict[str, str] = field(default_factory=dict, repr=False)
    options: dict[str, str] = field(default_factory=dict)
    browser: bool = False

    def enough(self, provider: Provider) -> bool:
        return provider.in_mode(self.options).is_enough(self.credentials)


def interactive() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty()


def read(provider: Provider, said: Iterable[str]) -> Given:
    """Fields given as `name=value`, in camelCase or snake_case. Raises ConfigurationError for an unknown name."""
    credentials = {constant(one.name): one.name for one in provider.credentials}
    settings = {constant(one.name): one.name for one in provider.options}
    given = Given()
    for name, value in map(pair, said):
        if (key := constant(name)) in credentials:
            given.credentials[credentials[key]] = value
        elif key in settings:
            given.options[settings[key]] = value
        else:
            known = ", ".join([*credentials.values(), *settings.values()])
            raise ConfigurationError(f"{provider.name} has no field {name!r}.", f"It takes: {known}.")
    return given


def from_stdin() -> list[str]:
    """The `name=value` lines that a script pipes in, where they show in no list of processes."""
    return [line.strip() for line in sys.stdin if line.strip()]


def ask(provider: Provider, given: Given) -> None:
    """Asks a person for what is missing: the fields of one way to connect, then the options."""
    if given.browser:
        names: Sequence[str] | None = None
    elif given.enough(provider):
        return
    else:
        names = _choose(provider)
        given.browser = names is None
    _ask_fields(provider, given, CLIENT if names is None else names)
    _ask_options(provider, given)


def knows_browser(provider: Provider) -> bool:
    """Whether a person can allow access in the browser."""
    return provider.oauth is not None and provider.oauth.authorize is not None


def needs_browser(provider: Provider) -> bool:
    """Whether a client alone does not do, so that a person has to allow access."""
    return knows_browser(provider) and CLIENT not in provider.enough


def _choose(provider: Provider) -> Sequence[str] | None:
    """One set of fields that is enough; None for the browser."""
    ways: list[Sequence[str] | None] = [*provider.enough, *([None] if needs_browser(provider) else [])]
    if len(ways) == 1:
        return ways[0]
    typer.echo(f"There are {len(ways)} ways to connect {provider.name}:", err=True)
    for number, names in enumerate(ways, 1):
        typer.echo(f"  {number}  {BROWSER if names is None else 'give ' + ', '.join(names)}", err=True)
    numbers = [str(number) for number in range(1, len(ways) + 1)]
    said = ""
    while said not in numbers:
        said = typer.prompt("Which", default="1", err=True).strip()
    return ways[int(said) - 1]


def _ask_fields(provider: Provider, given: Given, names: Sequence[str]) -> None:
    fields = {one.name: one for one in provider.credentials}
    for name in names:
        if name not in given.credentials:
            text = f"{name} ({fields[name].where})"
            given.credentials[name] = typer.prompt(text, hide_input=fields[name].secret, err=True).strip()


def _ask_options(provider: Provider, given: Given) -> None:
    for option in provider.options:
        if option.name not in given.options:
            said = _ask_option(option)
            if said not in ("", str(option.default or "")):
                given.options[option.name] = said


def _ask_option(option: Option) -> str:
    usual, text = option.default or "", f"{option.name} ({option.description})"
    if option.type == "flag":
        chosen = typer.confirm(text, default=bool(usual), err=True)
        return "" if chosen == bool(usual) else str(chosen).lower()
    said: str = typer.prompt(f"{text}, or Enter", default=usual, show_default=bool(usual), err=True)
    return said.strip()

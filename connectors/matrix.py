"""The capability matrix as rows, so that every place that prints it prints the same: what was promised, and what there
is.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .provider import CAPABILITIES, Evidence, Provider
from .registry import providers

State = Literal["yes", "partial", "no"]

COLUMNS = (*CAPABILITIES, "orders")
START, END = "<!-- matrix: `make docs` prints it -->", "<!-- /matrix -->"
MARKS = {"yes": "✅", "partial": "⚠️", "no": "❌"}
AUTH = {"oauth2": "OAuth2", "api_key": "API key"}


@dataclass(frozen=True, slots=True)
class Support:
    """How far a provider offers a capability. `promised` is the reference's mark, None for what it does not list.

    `partial` is what is not wholly documented, or needs the connection option named in `option`.
    """

    capability: str
    promised: bool | None
    state: State
    evidence: Evidence | None
    option: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One provider. `rate_limit` is (requests, seconds)."""

    provider: str
    name: str
    auth: str
    support: tuple[Support, ...]
    rate_limit: tuple[int, int] | None
    limitations: tuple[str, ...]
    defunct: bool

    @property
    def notes(self) -> list[str]:
        """A sentence for each reason why a mark is not a plain yes."""
        reasons: dict[str, list[str]] = {}
        for support in self.support:
            if support.note:
                reasons.setdefault(support.note, []).append(support.capability)
        closed = ["it no longer trades"] if self.defunct else []
        return [*closed, *(f"{', '.join(names)}: {note}" for note, names in reasons.items())]


def matrix() -> list[MatrixRow]:
    """A row for each provider, in the reference's order."""
    return [row_of(provider) for provider in providers()]


def row_of(provider: Provider) -> MatrixRow:
    """What one provider offers."""
    return MatrixRow(
        provider.slug,
        provider.name,
        provider.auth,
        tuple(_support(provider, capability) for capability in COLUMNS),
        provider.rate_limit,
        provider.limitations,
        provider.defunct,
    )


def markdown() -> str:
    """The matrix as a Markdown table: the reference's mark, then ours; below it why a mark is not a plain yes."""
    rows = matrix()
    titles = ["Platform", "Auth", *(column.capitalize() for column in COLUMNS)]
    lines = [_line(titles), _line(["---"] * len(titles))]
    lines += [_line([row.name, AUTH[row.auth], *map(cell, row.support)]) for row in rows]
    remarks = [f"- {row.name}, {note}." for row in rows for note in row.notes]
    return "\n".join([*lines, *(["", *remarks] if remarks else []), ""])


def _support(provider: Provider, capability: str) -> Support:
    offered = capability in provider.capabilities
    evidence = provider.evidence(capability) if offered else None
    option = provider.needs(capability) if offered else None
    state: State = "no" if not offered else "yes" if evidence == "documented" and not option else "partial"
    promised = capability in provider.reference if capability in CAPABILITIES else None
    return Support(capability, promised, state, evidence, option, _note(provider, capability, evidence, option))


def _note(provider: Provider, capability: str, evidence: Evidence | None, option: str | None) -> str | None:
    reason = provider.unsupported.get(capability, "").rstrip(".")
    if evidence is None:
        return reason or "its API has no such data"
    known = {"documented": "", "partial": "only partly documented", "assumed": "the platform publishes no description"}
    host = provider.unpublished_host(capability)
    switch = f"off until the connection's option {option} is set" if option else ""
    address = f"off until the connection has the address of the host {host}" if host else ""
    return "; ".join(filter(None, [known[evidence], switch, address, reason if switch or address else ""])) or None


def cell(support: Support) -> str:
    ours = MARKS[support.state]
    if support.promised is None:
        return ours
    return f"{MARKS['yes' if support.promised else 'no']} / {ours}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write(page: Path) -> None:
    """Puts the matrix between the marks of a Markdown page."""
    before, _, rest = page.read_text().partition(START)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{START}\n{markdown()}{END}{after}")


if __name__ == "__main__":
    write(Path(sys.argv[1]))

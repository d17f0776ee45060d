"""What a platform tells, and how it can be asked for."""

from collections.abc import Sequence
from dataclasses import replace

from connectors.filters import COMMON
from connectors.matrix import Support, cell, row_of
from connectors.own import Action, OwnListing
from connectors.pagers import Once
from connectors.provider import Provider, Stream

from .markdown import code, listed, prose, table

HEADS = ("Data", "Marks", "Evidence", "Asked for", "`since`", "Filters", "Page")
MODES = ("changed", "created", "client", "none")
SINCE = dict(zip(MODES, ("changed", "created", "filtered here", "no"), strict=True))
BASES = {
    "payments": "added up from payments",
    "orders": "added up from orders",
    "tickets": "added up from tickets",
    "provider_report": "the platform's own report",
}


def data(provider: Provider) -> str:
    """A line for each column of the matrix."""
    return table(
        HEADS, [(one.capability.capitalize(), cell(one), *_line(provider, one)) for one in _supports(provider)]
    )


def remarks(provider: Provider) -> list[str]:
    """Why a mark is a no or has a condition, where revenue is from, how one event is found, what a key must be for."""
    conditional = [one for one in _supports(provider) if one.state == "no" or one.option or _hidden(provider, one)]
    notes = replace(row_of(provider), support=tuple(conditional)).notes
    return [
        *(f"{note[:1].upper()}{note[1:]}." for note in notes),
        *_revenue(provider),
        *_event(provider),
        *_scopes(provider),
    ]


def actions(provider: Provider) -> str:
    """What the platform can be told to do."""
    rows = [
        (code(name), prose(one.help), ", ".join(_inputs(one)), _scope(one), one.evidence)
        for name, one in provider.actions.items()
    ]
    lead = "Actions, for `act(name, inputs)`, where writes are switched on:\n\n"
    return lead + table(("Action", "What it does", "Inputs", "Scope", "Evidence"), rows) if rows else ""


def own(provider: Provider) -> str:
    """The listings that no other platform has."""
    rows = [
        (code(name), prose(one.help), ", ".join(_inputs(one)), one.stream.evidence)
        for name, one in provider.listings.items()
    ]
    lead = "Listings of its own, for `get_listing(name, inputs)`:\n\n"
    return lead + table(("Listing", "What is in it", "Inputs", "Evidence"), rows) if rows else ""


def _scope(action: Action) -> str:
    return code(action.call.scope) if action.call.scope else ""


def _inputs(one: OwnListing | Action) -> list[str]:
    fields = one.inputs.model_fields.items()
    return [code(name) + ("" if field.is_required() else " (may be left out)") for name, field in fields]


def _supports(provider: Provider) -> tuple[Support, ...]:
    return row_of(provider).support


def _line(provider: Provider, support: Support) -> Sequence[str]:
    """Its evidence, of what it is asked for, its since, its filters and its pages."""
    kind = support.capability
    if support.state == "no":
        return ("",) * 5
    evidence = "defunct" if provider.defunct else support.evidence or ""
    if kind == "revenue":
        return evidence, "an event", "", "", ""
    parts = _parts(provider, kind)
    since = max((part.since.mode for part in parts), key=MODES.index)
    pages = ", ".join(dict.fromkeys(map(_page, parts)))
    return evidence, _asked_for(kind, parts), SINCE[since], _filters(kind, parts), pages


def _parts(provider: Provider, kind: str) -> tuple[Stream, ...]:
    """Those that a connection has without options."""
    return provider.offering({}, provider.published).behind(kind)


def _asked_for(kind: str, parts: Sequence[Stream]) -> str:
    if kind == "events":
        return "the account"
    return "an event or the account" if all(part.wide for part in parts) else "an event"


def _filters(kind: str, parts: Sequence[Stream]) -> str:
    """Those that the platform applies, and those that it tells too little for."""
    sent = dict.fromkeys(name for part in parts for name in part.filters)
    untold = {name: option for part in parts for name, option in part.untold.items() if name in COMMON.get(kind, ())}
    refused = [f"no {code(name)}" + (f" without {code(option)}" if option else "") for name, option in untold.items()]
    return ", ".join([*map(code, sent), *refused])


def _page(stream: Stream) -> str:
    if stream.inside:
        return "in the event"
    if stream.pager.largest:
        return str(stream.pager.largest)
    return "all at once" if isinstance(stream.pager, Once) else "fixed"


def _hidden(provider: Provider, support: Support) -> bool:
    return support.state != "no" and provider.unpublished_host(support.capability) is not None


def _revenue(provider: Provider) -> list[str]:
    if "revenue" not in provider.capabilities:
        return []
    stream = _parts(provider, "revenue")[0]
    untold = f"; not told: {listed(stream.unreported)}" if stream.unreported else ""
    return [f"Revenue is {BASES[stream.basis]}{untold}."]


def _event(provider: Provider) -> list[str]:
    return [] if provider.parts("event") else ["There is no call for one event: `get_event` looks for it in the list."]


def _scopes(provider: Provider) -> list[str]:
    """What the credentials must be allowed to, in the platform's words."""
    needed: dict[str, list[str]] = {}
    for kind in ("events", "tickets", "attendees", "orders"):
        for scope in {part.call.scope for part in provider.parts(kind) if part.call and part.call.scope}:
            needed.setdefault(scope, []).append(kind)
    scopes = [f"{code(scope)} for {listed(kinds)}" for scope, kinds in needed.items()]
    return [f"The key needs the scopes {listed(scopes)}."] if scopes else []

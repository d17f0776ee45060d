"""`spekta status`: how fresh the copies are, here or in AWS."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from connectors.errors import ConfigurationError
from spekta.sync import Status
from spekta.sync.feeds import COPIED
from spekta.sync.sqlite import default_path
from spekta.sync.status import Copied

from . import cells, options
from .copies import STACK, Aws, OfStack, copies, flag
from .terminal import now, out, remark, say_json

STATES = {
    "parked": ("parked", "red"),
    "working": ("working", "cyan"),
    "failing": ("failing", "yellow"),
    "in_part": ("in part", "yellow"),
    "waiting": ("waiting", "yellow"),
    "unfinished": ("unfinished", "yellow"),
}
NOTHING = "Nothing was synced yet. Run: spekta sync"


def status(
    connections: options.Connections = None, aws: Aws = False, stack: OfStack = STACK, json: options.Json = False
) -> None:
    """How fresh the copies are, and what went wrong."""
    found, problems = stored(connections, aws, stack)
    moment = now()
    if json:
        say_json({"connections": [_document(one) for one in found]})
    else:
        out().print(_table(found, moment) if found else NOTHING + flag(aws))
    for line in _remarks(found, problems, flag(aws)):
        remark(line)


def stored(connections: Sequence[str] | None, aws: bool, stack: str) -> tuple[list[Status], Counter[str]]:
    """How the copies stand, of these connections or of all; and how many records of each cannot be read."""
    if not aws and not default_path().exists():
        return [], Counter()
    with copies(aws, stack) as store:
        known = store.statuses()
        problems = Counter(one.feed.connection for one in store.problems())
    check_known(known, connections, flag(aws))
    return [one for one in known if not connections or one.connection in connections], problems


def check_known(known: Sequence[Status], names: Sequence[str] | None, where: str = "") -> None:
    """Raises ConfigurationError for a connection that has no copy."""
    for name in names or ():
        if all(status.connection != name for status in known):
            raise ConfigurationError(f"{name} was never synced.", f"Run: spekta sync --only {name}{where}")


def unreadable(count: int, where: str = "") -> str:
    """What it means that records cannot be read."""
    records = "1 record cannot be read and stays" if count == 1 else f"{count} records cannot be read and stay"
    return f"{records} as last read; what is deleted beside is not noticed. See: spekta sync problems{where}"


def _table(found: Iterable[Status], moment: datetime) -> Table:
    columns = [kind.capitalize() for kind in COPIED]
    table = cells.table("Connection", "State", *columns, "Next", whole=("Connection", "State", "Next"))
    for one in found:
        ages = [_age(one.kinds.get(kind), moment) for kind in COPIED]
        due = "" if one.parked else "now" if one.is_due(moment) else f"in {cells.span(moment, one.next_try)}"
        table.add_row(one.connection, _state(one), *ages, due)
    return table


def _state(one: Status) -> Text:
    return Text(*STATES.get(one.state, ("up to date", "green")))


def _age(copied: Copied | None, moment: datetime) -> str:
    """How old the copy of a kind may be."""
    if copied is None or copied.as_of is None:
        return "-" if copied is None or copied.failure else cells.UNKNOWN
    return f"{cells.span(copied.as_of, moment)} old"


def _remarks(found: Iterable[Status], problems: Counter[str], where: str) -> Iterable[str]:
    for one in found:
        if problems[one.connection]:
            yield f"{one.connection}: {unreadable(problems[one.connection], where)}"
        if one.last_error:
            yield f"{one.connection}: {one.last_error.message} {one.last_error.advice}".strip()
        if one.parked:
            yield f"{one.connection} is parked after {one.failures} failures. To try again: spekta sync redrive{where}"
        told = {kind: copied for kind, copied in one.kinds.items() if copied.as_of}
        partly = [kind for kind in COPIED if kind in told and told[kind].mode == "created"]
        if partly:
            listed = ", ".join(partly)
            yield f"{one.connection} tells of new {listed} alone: what became of older ones is as old as shown."


def _document(one: Status) -> dict[str, object]:
    kinds = {
        kind: {
            "as_of": copied.as_of,
            "new_as_of": copied.fresh_at,
            "everything_as_of": copied.whole_at,
            "told": copied.mode,
            "error": copied.failure,
        }
        for kind, copied in one.kinds.items()
        if kind in COPIED
    }
    return {
        "connection": one.connection,
        "state": _state(one).plain.replace(" ", "_"),
        "kinds": kinds,
        "next_try": one.next_try,
        "failures": one.failures,
        "last_error": one.last_error,
    }

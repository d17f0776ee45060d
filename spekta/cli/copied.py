"""Whether a question goes to the copies on this machine or to the platforms, and how old an answer is."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime

from connectors.credentials.local import local_store
from connectors.errors import ConfigurationError, InvalidArgument
from spekta.sync.copies import Copies
from spekta.sync.feeds import Kind
from spekta.sync.sqlite.reading import reading
from spekta.sync.store import Reader, StoreFailed

from . import cells, reach
from .terminal import now, remark

HOW = "Run: spekta sync"
FEW = 3


def chosen(synced: bool | None, **given: object) -> bool | None:
    """Who is to answer: copies, the platforms, or whoever suits. What is given here platforms alone can be asked.

    Raises InvalidArgument where copies are to be asked such a thing.
    """
    for name, value in given.items():
        if value and synced:
            raise InvalidArgument(name, f"--synced does not go with --{name.replace('_', '-')}.", "Leave one out.")
    return False if any(given.values()) else synced


@contextmanager
def copies(connections: Sequence[str] | None, kinds: Sequence[Kind], synced: bool | None) -> Iterator[Copies | None]:
    """The copies that are to answer; None where the platforms are. Where it is not said, copies do that lack nothing
    and are kept up. Raises InvalidArgument where they are asked for and nothing was synced.
    """
    with ExitStack() as stack:
        reader = None
        try:
            reader = None if synced is False else stack.enter_context(reading())
        except (ConfigurationError, StoreFailed) as error:
            if synced:
                raise
            remark(str(error))
        if reader is None and synced:
            raise InvalidArgument("synced", "Nothing was synced yet.", HOW)
        yield _copies(reader, connections, kinds, synced) if reader else None


def _copies(
    reader: Reader, connections: Sequence[str] | None, kinds: Sequence[Kind], synced: bool | None
) -> Copies | None:
    if synced:
        known = [status.connection for status in reader.statuses()]
        return Copies(reader, dict.fromkeys(connections or local_store().connections() or known), kinds, HOW)
    found = Copies(reader, reach.names(connections), kinds, HOW)
    if found.suffices(now()):
        return found
    if found.ages and found.lacking:
        lacking = ", ".join(found.lacking) if len(found.lacking) <= FEW else f"{len(found.lacking)} connections"
        remark(f"Asking the platforms, as there is no copy of {lacking}. From what there is: --synced")
    elif found.ages:
        remark(
            f"Asking the platforms, as the copy is {cells.span(found.as_of, now())} old. From it all the same: --synced"
        )
    return None


def tell_ages(found: Copies, moment: datetime) -> None:
    """Says how old an answer is, the oldest part of it first."""
    alike: dict[str, list[str]] = {}
    for connection, as_of in sorted(found.ages.items(), key=lambda age: age[1]):
        alike.setdefault(cells.span(as_of, moment), []).append(connection)
    *older, last = alike
    told = [f"{age} ago for {', '.join(alike[age])}" for age in older] + [
        f"{last} ago{' for all others' * bool(older)}"
    ]
    remark(f"From the copy, as it was {', '.join(told)}. To ask the platforms: --live")

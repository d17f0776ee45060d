"""`spekta sync --aws` and `spekta sync redrive --aws`: what the functions of a stack are asked to do."""

from collections.abc import Sequence

from connectors.errors import ConfigurationError
from spekta.aws.bus import Bus
from spekta.aws.letters import DeadLetters, Letter
from spekta.aws.secrets import SecretStore
from spekta.aws.stack import find
from spekta.aws.store import DynamoStore
from spekta.sync.sqlite.store import owner
from spekta.sync.watching import redrive

from . import cells
from .terminal import out, remark, say_json


def ask(only: Sequence[str] | None, stack: str, json: bool) -> None:
    """Asks for a sync of these connections, or of all that are in Secrets Manager."""
    parts, names = find(stack), _chosen(only)
    Bus(parts.bus).request_sync(names)
    if json:
        say_json({"connections": names})
    else:
        out().print(f"Asked for: {', '.join(names)}.")
        remark("What came of it: spekta status --aws")


def try_again(only: Sequence[str] | None, stack: str) -> None:
    """Has connections tried again, those whose events came to nothing too; and lets go of these events."""
    parts, names = find(stack), _chosen(only)
    store, queue = DynamoStore(parts.table), DeadLetters(parts.dead_letters)
    letters = queue.read()
    _show(letters)
    for name in names:
        due = redrive(store, name, owner())
        out().print(f"{name} is due." if due else f"{name} is being synced right now.")
    Bus(parts.bus).request_sync(names)
    done = [letter for letter in letters if set(letter.connections) <= {*names} or not only]
    queue.delete(done)
    queue.leave(letter for letter in letters if letter not in done)


def _chosen(only: Sequence[str] | None) -> list[str]:
    known = SecretStore().connections()
    for name in only or ():
        if name not in known:
            raise ConfigurationError(f"{name} is not connected in AWS.", f"Run: spekta connect --aws {name}")
    if not known:
        raise ConfigurationError("Nothing is connected in AWS.", "Run: spekta connect --aws PROVIDER")
    return list(dict.fromkeys(only or known))


def _show(letters: Sequence[Letter]) -> None:
    if not letters:
        return
    table = cells.table("Since", "What", "Connection", "Why")
    for letter in letters:
        names = cells.text(", ".join(letter.connections))
        table.add_row(cells.when(letter.sent_at), cells.text(letter.kind), names, cells.text(letter.reason))
    out().print(table)

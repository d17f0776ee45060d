"""What a sync shows while it works: a bar for each connection, and counts of what it read."""

from collections import Counter

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from spekta.sync.feeds import Kind
from spekta.sync.watching import Result

from .terminal import aside

WORDS = {
    "done": "up to date",
    "partly": "up to date in part",
    "busy": "another sync is at work on it",
    "waiting": "its platform asked for a pause",
    "parked": "parked after too many failures",
    "failed": "failed",
    "more": "not finished",
}


class Bars:
    """A bar for each connection; nothing where nobody watches. Transient ones are gone in the end."""

    def __init__(self, *, transient: bool = False) -> None:
        console = aside()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
        self._bars = Progress(*columns, console=console, transient=transient, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}
        self.results: dict[str, Result] = {}
        self.read: Counter[tuple[str, Kind]] = Counter()
        self.changed: Counter[str] = Counter()

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()

    def rows(self, connection: str, kind: Kind, read: int, changed: int) -> None:
        self.read[connection, kind] += read
        self.changed[connection] += 0 if kind == "sales" else changed  # they are parts of orders, or reports
        total = sum(count for (name, _), count in self.read.items() if name == connection)
        said = f"{total:,} read, {self.changed[connection]:,} changed: {kind}"
        self._bars.update(self._task(connection), total=None, completed=total, said=said)

    def result(self, result: Result) -> None:
        self.results[result.connection] = result
        self._bars.update(self._task(result.connection), total=1, completed=1, said=WORDS[result.outcome])

    def _task(self, connection: str) -> TaskID:
        if connection not in self._tasks:
            self._tasks[connection] = self._bars.add_task(connection, total=None, said="")
        return self._tasks[connection]

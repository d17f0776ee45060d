"""`spekta sync`: a copy of every platform on this machine, and what changed since the last one."""

import asyncio
import contextlib
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from connectors import connect as open_connection
from connectors.credentials.local import local_store
from connectors.errors import InvalidArgument
from spekta.sync import JsonLines, Schedule
from spekta.sync.feeds import COPIED, Kind
from spekta.sync.sqlite import SqliteStore
from spekta.sync.sqlite.store import owner
from spekta.sync.store import Quarantined
from spekta.sync.watching import Result, Sync, redrive

from . import cells, options, reach
from .bars import WORDS, Bars
from .boundary import PLATFORM
from .copies import STACK, Aws, OfStack, copies, flag
from .status import NOTHING, check_known, unreadable
from .terminal import now, out, remark, say_json

Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="CONNECTION", help="This connection; may be repeated.")
]
Events = Annotated[
    Path | None,
    typer.Option(
        "--events", metavar="FILE", dir_okay=False, help="Append each change to this file, as one line of JSON."
    ),
]
HELP = (
    "Copies what changed on every platform into a file on this machine.",
    "The first run reads everything. Each later one asks for what changed, and once a day for everything again, as "
    "some platforms do not tell of all changes. Ctrl-C stops it at any time: the next run goes on from there. At most "
    "half of the requests that a platform allows are made, so that people can go on asking.",
    "From then on spekta events and spekta revenue answer from it; spekta status says how old it is. The file is in "
    "the user's data folder, or where SPEKTA_STORE says.",
)
app = typer.Typer(invoke_without_command=True, help="\n\n".join(HELP), short_help=HELP[0])


@app.callback()
def sync(
    ctx: typer.Context,
    only: Only = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, each connection when it is due, until Ctrl-C.")
    ] = False,
    every: Annotated[int, typer.Option(min=1, metavar="MINUTES", help="How often --watch asks what changed.")] = 15,
    whole_every: Annotated[int, typer.Option(min=1, metavar="HOURS", help="How often everything is asked for.")] = 24,
    events: Events = None,
    keep_raw: Annotated[
        bool, typer.Option("--keep-raw", help="Keep the platforms' own records too. They hold personal data.")
    ] = False,
    aws: Annotated[bool, typer.Option("--aws", help="Ask the functions of a stack in AWS for a sync.")] = False,
    stack: OfStack = STACK,
    json: options.Json = False,
) -> None:
    if ctx.invoked_subcommand:
        if aws:
            raise InvalidArgument("aws", "--aws stands in the wrong place.", f"Put it after {ctx.invoked_subcommand}.")
        return
    if aws:
        _refuse(watch=watch, events=events, keep_raw=keep_raw)
        from .stack_syncs import ask

        ask(only, stack, json)
        return
    names = reach.portfolio(only).names
    credentials = local_store()
    schedule = Schedule(every=timedelta(minutes=every), whole_every=timedelta(hours=whole_every))
    with _stopping(), SqliteStore() as store, _told(events) as announcer, Bars() as bars:
        run = Sync(
            lambda name: open_connection(credentials, name, share=schedule.share),
            store,
            owner(),
            schedule,
            announcer,
            keep_raw,
            on_rows=bars.rows,
            on_result=bars.result,
            now=now,
        )
        asyncio.run(run.watch(names) if watch else run.run(names))
        problems = Counter(one.feed.connection for one in store.problems() if one.feed.connection in names)
    _report([bars.results[name] for name in names], bars, problems, json)


@app.command(name="redrive")
def again(only: Only = None, aws: Aws = False, stack: OfStack = STACK) -> None:
    """Makes connections due again that were parked after too many failures, or that wait.

    With --aws also those whose turn came to nothing: the queue of dead letters is shown, and emptied of them.
    """
    if aws:
        from .stack_syncs import try_again

        try_again(only, stack)
        return
    with SqliteStore() as store:
        known = store.statuses()
        if not known:
            out().print(NOTHING)
        for name in only or [status.connection for status in known]:
            check_known(known, [name])
            due = redrive(store, name, owner())
            out().print(f"{name} is due." if due else f"{name} is being synced right now.")


@app.command()
def problems(
    only: Only = None,
    retry: Annotated[bool, typer.Option("--retry", help="Read them again with the next sync.")] = False,
    aws: Aws = False,
    stack: OfStack = STACK,
    json: options.Json = False,
) -> None:
    """Records that could not be read, and why."""
    with copies(aws, stack) as store:
        check_known(store.statuses(), only, flag(aws))
        found = [one for one in store.problems() if not only or one.feed.connection in only]
        kinds: dict[str, set[Kind]] = {}
        for one in found:
            kinds.setdefault(one.feed.connection, set()).add(one.feed.kind)
        busy = [name for name in kinds if retry and not redrive(store, name, owner(), kinds[name])]
    if json:
        say_json({"problems": [_problem(one) for one in found]})
    elif found:
        table = cells.table("Connection", "Kind", "Event", "Where", "Why", "Since", whole=("Connection",))
        for one in found:
            since = cells.when(one.noticed_at)
            table.add_row(one.feed.connection, one.feed.kind, one.feed.parent, one.path, cells.text(one.reason), since)
        out().print(table)
    else:
        out().print("Every record could be read.")
    for name in busy:
        remark(f"{name} is being synced right now. Try again later.")
    if retry and found and not busy:
        remark(f"They are read again with the next run of: spekta sync{flag(aws)}")


def _refuse(**given: object) -> None:
    for name, value in given.items():
        if value:
            option = f"--{name.replace('_', '-')}"
            raise InvalidArgument(name, f"--aws does not go with {option}.", "Leave one out.")


def _problem(one: Quarantined) -> dict[str, object]:
    feed = {"connection": one.feed.connection, "kind": one.feed.kind, "event_id": one.feed.parent or None}
    return feed | {"path": one.path, "reason": one.reason, "noticed_at": one.noticed_at, "id": one.id}


def _report(results: Sequence[Result], bars: Bars, problems: Counter[str], json: bool) -> None:
    """What came of it; the exit code is 1 where nothing did."""
    if json:
        say_json({"connections": [_document(result, bars, problems) for result in results]})
    else:
        out().print(_table(results, bars))
    for result in results:
        if result.failure:
            again = f" Tried again at {cells.when(result.next_try)}." if result.next_try else ""
            remark(f"{result.connection}: {result.failure.message} {result.failure.advice}{again}")
        if result.outcome == "parked":
            remark(f"{result.connection} is parked after too many failures. To try again: spekta sync redrive")
        if problems[result.connection]:
            remark(f"{result.connection}: {unreadable(problems[result.connection])}")
    good = [result for result in results if result.outcome in ("done", "partly", "busy", "more")]
    raise typer.Exit(0 if good else PLATFORM)


def _table(results: Sequence[Result], bars: Bars) -> Table:
    figures = ("Events", "Tickets", "Attendees", "Orders", "Changed")
    table = cells.table("Connection", *figures, "", right=figures, whole=("Connection",))
    for result in results:
        counts = [cells.count(bars.read[result.connection, kind]) for kind in COPIED]
        table.add_row(result.connection, *counts, cells.count(bars.changed[result.connection]), WORDS[result.outcome])
    return table


def _document(result: Result, bars: Bars, problems: Counter[str]) -> dict[str, object]:
    return {
        "connection": result.connection,
        "outcome": result.outcome,
        "read": {kind: bars.read[result.connection, kind] for kind in COPIED},
        "changed": bars.changed[result.connection],
        "problems": problems[result.connection],
        "error": result.failure,
        "next_try": result.next_try,
    }


@contextlib.contextmanager
def _stopping() -> Iterator[None]:
    """SIGTERM ends a run in order, as Ctrl-C does, and both say what comes next."""

    def stop(number: int, frame: object) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        remark("Stopped. The next run goes on from there: spekta sync")
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _told(path: Path | None) -> Iterator[JsonLines | None]:
    if path is None:
        yield None
    else:
        with JsonLines(path) as announcer:
            yield announcer

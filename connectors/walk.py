"""Walks one listing of a platform page by page, from any position.

A listing may be several streams one after the other, each over several values of a scope. Every step gives a batch:
the records of one answer, the problems in it, and the position after it.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .caller import Caller
from .companions import Companions
from .errors import InvalidResponse, NotFound, ProviderError, Unsupported
from .filters import Asked, sort_out, time_text
from .http import Deadline
from .listing import Listing, numbered
from .mapping import Mapper
from .models import Problem
from .pagers import Once
from .position import Batch, Position, Question
from .provider import Provider, Since, Stream
from .row import Row, Surroundings, Unreadable
from .scopes import Scopes, call_of

BAD_SHARE, BAD_COUNT = 0.05, 10


class Walker:
    """Reads the listings of one connection."""

    def __init__(
        self, provider: Provider, account: str, options: Mapping[str, Any], values: Mapping[str, Any], caller: Caller
    ) -> None:
        self._provider = provider
        self._caller = caller
        self._scopes = Scopes(provider, options, values, caller)
        self._mapper = Mapper(provider, account)
        self._companions = Companions(provider, options, self._scopes, caller, self._mapper)

    async def walk(self, question: Question, position: Position | None = None) -> AsyncGenerator[Batch]:
        """The batches of a listing. Raises InvalidResponse where the platform's answers make no sense."""
        with self._named(question.operation):
            async for batch in self._walk(question, position or Position()):
                yield batch

    async def event(self, event_id: str, deadline: Deadline) -> list[Any]:
        """The record of one event, mapped. Raises NotFound, and Unreadable where it cannot be read."""
        with self._named("get_event"):
            stream, row = await self._companions.whole_event(event_id, deadline)
        return self._mapper.map(stream, [row], event_id)

    async def ask_health(self, deadline: Deadline) -> Row:
        """The answer to the platform's cheapest call that needs the credentials."""
        call = self._provider.health
        with self._named("health_check"):
            values = await self._scopes.values(call, None, deadline)
            known = self._provider.evidence("events") or "documented"
            reply = await self._caller.ask(call, values, deadline=deadline, operation="health_check", evidence=known)
        return Row(reply.body)

    @contextmanager
    def _named(self, operation: str) -> Iterator[None]:
        """Names provider and operation in errors about an answer's content."""
        try:
            yield
        except ProviderError as error:
            error.provider = error.provider or self._provider.slug
            error.operation = error.operation or operation
            raise

    async def _walk(self, question: Question, position: Position) -> AsyncIterator[Batch]:
        parts = self._provider.parts(question.kind)
        seen = _Seen(self._provider.name, forget=question.event_id is None and question.kind != "events")
        whole = position == Position()
        for number in range(position.part, len(parts)):
            stream = parts[number]
            scopes = await self._scopes.to_walk(stream, question)
            start = scopes.index(position.scope) if position.scope in scopes else 0
            for index in range(start, len(scopes)):
                goes_on = (number, scopes[index]) == (position.part, position.scope)
                here = position if goes_on else Position(number, scopes[index])
                async for batch in self._stream(stream, question, here):
                    batch.after = batch.after or _following(number, len(parts), scopes, index)
                    batch.total = batch.total if len(parts) == len(scopes) == 1 else None
                    batch.records = seen.new(batch.records, batch.problems)
                    if whole and batch.after is None and not seen.anything:
                        await self._check_event(stream, question)
                    yield batch
                position = Position(part=-1)

    async def _check_event(self, stream: Stream, question: Question) -> None:
        """An unknown event must not look like an empty one."""
        if question.event_id is not None and not (stream.event or stream.inside):
            await self._companions.event(question.event_id, question.deadline)

    async def _stream(self, stream: Stream, question: Question, position: Position) -> AsyncIterator[Batch]:
        asked = sort_out(question.kind, stream, question.filters)
        if stream.group:
            question = replace(question, size=stream.pager.largest or question.size)
        around = await self._companions.surroundings(stream, question)
        pages = self._pages(stream, question, position, around, asked)
        if stream.group:
            everything = [row async for rows, _, _ in pages for row in rows]
            groups = [rows for rows in _grouped(everything, stream.group) if _newer(stream, rows, question.since)]
            yield self._batch(stream, question, groups, asked, position, None, None)
            return
        async for rows, state, total in pages:
            batch = self._batch(stream, question, zip(rows), asked, position, state, total)
            rows.clear()  # out of memory before the next page comes: with two at once, reading takes a third longer
            yield batch
            position = batch.after or position

    async def _pages(
        self, stream: Stream, question: Question, position: Position, around: Surroundings, asked: Asked
    ) -> AsyncIterator[tuple[list[Row], Any, int | None]]:
        """The rows of each answer with what stands beside them, the state after it, and the total."""
        call = call_of(stream, question.event_id)
        values = await self._scopes.values(call, question.event_id, question.deadline, position.scope)
        if question.kind in self._provider.listings:
            values |= question.filters
        if stream.inside:
            assert around.event is not None
            rows = numbered(Row(around.event.data, around), stream.rows, self._provider.name)
            rows = rows if stream.group else _newer(stream, rows, question.since)
            await self._companions.look_up(stream, rows, values, question)
            yield rows, None, None
            return
        assert call is not None
        listing = Listing(self._provider.name, stream, call, self._caller, values, question)
        more, state = {**_since(stream, question, around), **asked.sent}, position.state
        known: dict[str, Surroundings] = {}
        while True:
            try:
                rows, state, total = await listing.read(state, around, more)
            except NotFound as error:
                raise self._missing(stream, question, around, error) from None
            rows, state = _until_older(stream, rows, state, question.since)
            rows = _own(stream, rows, question.event_id)
            rows = rows if stream.group else _newer(stream, rows, question.since)
            for part, following in _parts(stream, rows, position.state, state, question.size):
                await self._companions.look_up(stream, part, values, question)
                await self._companions.of_each_event(stream, part, question, around, known)
                yield part, following, total
            if state is None:
                return

    def _missing(
        self, stream: Stream, question: Question, around: Surroundings, error: NotFound
    ) -> NotFound | Unsupported:
        """An event that is there without a listing whose address is assumed has no such listing, not an empty one."""
        if stream.evidence != "assumed" or around.event is None:
            return error
        provider, kind = self._provider, "revenue" if question.kind == "sales" else question.kind
        why = "nothing is at the address that is assumed for it."
        return Unsupported(provider.slug, provider.name, kind, why, error.advice)

    def _batch(
        self,
        stream: Stream,
        question: Question,
        groups: Iterable[Sequence[Row]],
        asked: Asked,
        position: Position,
        state: Any,
        total: int | None,
    ) -> Batch:
        records: list[Any] = []
        problems: list[Problem] = []
        for rows in groups:
            try:
                records += self._mapper.map(stream, rows, question.event_id)
            except Unreadable as error:
                place = ".".join(filter(None, (rows[0].path, error.path)))
                problems.append(Problem(place, error.reason, rows[0].data))
        if asked.keep:
            records = [record for record in records if all(keep(record) for keep in asked.keep)]
        records = _each_once(records)
        told = total if stream.exact and not asked.here and (question.since is None or not stream.since.by) else None
        last = records[-1].id if records else position.last
        after = None if state is None else Position(position.part, position.scope, state, last)
        return Batch(_resumed(records, position), problems, position, after, told)


class _Seen:
    """Leaves out records that were given before in the walk, and stops a walk whose records cannot be read.

    Walks over a whole account remember one answer only: they may be millions of records long.
    """

    def __init__(self, name: str, forget: bool) -> None:
        self._name = name
        self._ids: set[str] = set()
        self._forget = forget
        self._read = 0
        self._bad = 0

    @property
    def anything(self) -> bool:
        return bool(self._read or self._bad)

    def new(self, records: list[Any], problems: Sequence[Problem]) -> list[Any]:
        """The records that are new. Raises InvalidResponse where too many could not be read."""
        self._read += len(records)
        self._bad += len(problems)
        if problems and self._bad > BAD_COUNT and self._bad > BAD_SHARE * (self._bad + self._read):
            raise InvalidResponse(
                f"{self._name} answers in a shape that is not known: {self._bad} records cannot be read "
                f"({problems[0].path}: {problems[0].reason}).",
                "The platform may have changed its API.",
            )
        fresh = [record for record in records if record.id not in self._ids]
        self._ids = set() if self._forget else self._ids
        self._ids |= {record.id for record in records}
        return fresh


def _grouped(rows: Iterable[Row], key: str) -> list[list[Row]]:
    groups: dict[str | None, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.ref(key), []).append(row)
    return list(groups.values())


def _following(part: int, parts: int, scopes: Sequence[str | None], index: int) -> Position | None:
    if index + 1 < len(scopes):
        return Position(part, scopes[index + 1])
    return Position(part + 1) if part + 1 < parts else None


def _since(stream: Stream, question: Question, around: Surroundings) -> dict[str, Any]:
    since = stream.since
    if since.parameter is None or since.mode not in ("changed", "created"):
        return {}
    moment = question.since or _beginning(stream, around)
    if moment is None:
        return {}
    return {since.parameter: time_text(moment - timedelta(seconds=since.exclusive), since.format, since.zone)}


def _beginning(stream: Stream, around: Surroundings) -> datetime | None:
    if around.event is None or stream.since.begins is None:
        return None
    try:
        return around.event.moment(stream.since.begins, zone=stream.since.zone)
    except Unreadable:
        return None


def _until_older(stream: Stream, rows: list[Row], state: Any, since: datetime | None) -> tuple[list[Row], Any]:
    """In a list with the newest first, the first row that is older ends the walk."""
    if stream.since.stop and since is not None:
        for number, row in enumerate(rows):
            if _older(stream, row, since):
                return rows[:number], None
    return rows, state


def _parts(stream: Stream, rows: list[Row], place: Any, after: Any, size: int) -> Iterator[tuple[list[Row], Any]]:
    """Rows that need a call each are taken a page at a time, also where the platform gives them all at once."""
    if not (stream.lookup and isinstance(stream.pager, Once)):
        yield rows, after
        return
    for start in range(place or 0, len(rows), size) or (0,):
        yield rows[start : start + size], start + size if start + size < len(rows) else None


def _own(stream: Stream, rows: list[Row], event_id: str | None) -> list[Row]:
    if stream.mixed is None or event_id is None:
        return rows
    return [row for row in rows if row.ref(stream.mixed) == event_id]


def _newer(stream: Stream, rows: list[Row], since: datetime | None) -> list[Row]:
    return rows if since is None else [row for row in rows if not _older(stream, row, since)]


def _older(stream: Stream, row: Row, since: datetime | None) -> bool:
    if since is None or stream.since.by is None:
        return False
    paths = (stream.since.by,) if isinstance(stream.since.by, str) else stream.since.by
    try:
        clocks = [_clock(stream.since, paths, one) for one in (row, row.up)]
    except Unreadable:
        return False
    moments = [moment for moment in clocks if moment is not None]
    return max(moments, default=since) < since.replace(microsecond=0)  # platforms cut their times to seconds


def _clock(since: Since, paths: Iterable[str], row: Row) -> datetime | None:
    return row.unix(*paths) if since.format == "unix" else row.moment(*paths, zone=since.zone)


def _each_once(records: list[Any]) -> list[Any]:
    """An answer may give a record twice; the walk goes on after the last one given, so it must stand in one place."""
    first: dict[str, Any] = {}
    for record in records:
        first.setdefault(record.id, record)
    return list(first.values())


def _resumed(records: list[Any], position: Position) -> list[Any]:
    """The records of an answer that were not given yet: those after the last one given, wherever it stands now."""
    if position.last is None:
        return records[position.given :]
    ids = [record.id for record in records]
    return records[ids.index(position.last) + 1 if position.last in ids else max(0, position.given - 1) :]

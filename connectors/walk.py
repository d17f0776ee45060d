"""Walks one listing of a platform page by page, from any position, and maps its rows.

A listing may be several streams one after the other, each over several values of a scope. Every step gives a batch:
the records of one answer, the problems in it, and the position after it.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from .caller import Caller, Reply
from .calls import placeholders
from .errors import ConfigurationError, InvalidResponse, NotFound, PermissionDenied, ProviderError
from .filters import Asked, sort_out, time_text
from .http import Deadline
from .models import Problem, UnifiedAttendee, UnifiedOrder, UnifiedRecord, UnifiedTicket
from .pagers import Pages, Repeats
from .paths import fan_out, holds
from .provider import Join, Lookup, Provider, Scope, Stream
from .row import Row, Surroundings, Unreadable

AT_ONCE = 5
EVENTS_KEPT = 200
BAD_SHARE, BAD_COUNT = 0.05, 10


@dataclass(frozen=True, slots=True)
class Position:
    """Where a walk is: which stream, which scope value, the pager's state; the last record given, and how many of that
    answer were.
    """

    part: int = 0
    scope: str | None = None
    state: Any = None
    last: str | None = None
    given: int = 0


@dataclass(slots=True)
class Batch:
    """What one answer brought. `after` is None at the end of the walk."""

    records: list[Any]
    problems: list[Problem]
    at: Position
    after: Position | None
    total: int | None = None


@dataclass(slots=True)
class Question:
    """What a walk is about."""

    kind: str
    event_id: str | None = None
    since: datetime | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)
    size: int = 100
    deadline: Deadline = field(default_factory=Deadline)


@dataclass(slots=True)
class Trail:
    """Where a listing was, to notice that it goes round: the states it was asked at, and its last page."""

    states: set[str] = field(default_factory=set)
    page: list[Any] = field(default_factory=list)


class Walker:
    """Reads the listings of one connection."""

    def __init__(
        self, provider: Provider, account: str, options: Mapping[str, Any], values: Mapping[str, Any], caller: Caller
    ) -> None:
        self.provider = provider
        self.account = account
        self.options = options
        self._values = values
        self._caller = caller
        self._scopes: dict[str, list[str]] = {}

    async def walk(self, question: Question, position: Position | None = None) -> AsyncIterator[Batch]:
        """The batches of a listing. Raises InvalidResponse where the platform's answers make no sense."""
        with self._named(f"get_{question.kind}"):
            async for batch in self._walk(question, position or Position()):
                yield batch

    async def _walk(self, question: Question, position: Position) -> AsyncIterator[Batch]:
        parts = self.provider.parts(question.kind)
        seen = _Seen(forget=question.event_id is None and question.kind != "events")
        whole = position == Position()
        for number in range(position.part, len(parts)):
            stream = parts[number]
            scopes = await self._scope_values(stream, question)
            start = scopes.index(position.scope) if position.scope in scopes else 0
            for index in range(start, len(scopes)):
                here = (
                    position
                    if (number, scopes[index]) == (position.part, position.scope)
                    else Position(number, scopes[index])
                )
                following = _following(number, len(parts), scopes, index)
                async for batch in self._stream(stream, question, here):
                    batch.after = batch.after or following
                    batch.records = seen.new(batch.records, self.provider.name)
                    seen.check(batch.problems, self.provider.name)
                    if whole and batch.after is None and not seen.anything:
                        await self._check_event(stream, question)
                    yield batch
                position = Position(part=-1)

    async def _check_event(self, stream: Stream, question: Question) -> None:
        """An unknown event must not look like an empty one."""
        if question.event_id is not None and not (stream.event or stream.inside):
            await self.event_row(question.event_id, question.deadline)

    async def event_row(self, event_id: str, deadline: Deadline) -> Row:
        """The platform's record of one event. Raises NotFound."""
        with self._named("get_event"):
            stream = next(iter(self.provider.parts("event")), None)
            if stream is None:
                return await self._find_event(event_id, deadline)
            return await self._ask_event(stream, event_id, deadline)

    async def _ask_event(self, stream: Stream, event_id: str, deadline: Deadline) -> Row:
        assert stream.call is not None
        values = await self._values_for(stream, event_id, deadline)
        try:
            reply = await self._caller.ask(
                stream.call, values, deadline=deadline, operation="get_event", evidence=stream.evidence
            )
        except (NotFound, PermissionDenied) as error:
            if isinstance(error, NotFound) or self.provider.hides_unknown:
                raise self._no_such_event(event_id) from None
            raise
        rows = self._rows(stream, reply, Surroundings(self.options, reply.body))
        if not rows:
            raise self._no_such_event(event_id)
        return rows[0]

    async def ask_health(self, deadline: Deadline) -> None:
        """The platform's cheapest call that needs the credentials."""
        call = self.provider.health
        values = dict(self._values)
        with self._named("health_check"):
            for scope in self.provider.scopes:
                if scope.name in placeholders(call):
                    values[scope.name] = (await self._discover(scope, deadline))[0]
            await self._caller.ask(call, values, deadline=deadline, operation="health_check")

    @contextmanager
    def _named(self, operation: str) -> Iterator[None]:
        """Names provider and operation in errors about an answer's content."""
        try:
            yield
        except ProviderError as error:
            error.provider = error.provider or self.provider.slug
            error.operation = error.operation or operation
            raise

    def map(self, stream: Stream, row: Row, event_id: str | None = None) -> list[Any]:
        """The records that a row stands for, of that event where it does not say itself. Raises Unreadable."""
        assert stream.map is not None
        try:
            made = stream.map(row)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise Unreadable(".".join(map(str, first["loc"])), first["msg"]) from None
        except (TypeError, AttributeError, ArithmeticError, LookupError) as error:
            raise Unreadable(row.path, f"not the expected shape ({type(error).__name__})") from None
        records = made if isinstance(made, list) else [] if made is None else [made]
        for record in records:
            if isinstance(record, UnifiedRecord):
                self._stamp(record, row, event_id)
        return records

    def _stamp(self, record: UnifiedRecord, row: Row, event_id: str | None) -> None:
        """Fills what every record has. The models are frozen for everybody else."""
        values = record.__dict__
        values["provider"], values["account"], values["raw"] = self.provider.slug, self.account, row.data
        if values["status_raw"] is None:
            values["status_raw"] = row.said
        if isinstance(record, UnifiedTicket | UnifiedAttendee) and record.event_id is None:
            values["event_id"] = event_id
        if isinstance(record, UnifiedTicket):
            total, sold = record.quantity_total, record.quantity_sold
            if record.quantity_available is None and total is not None and sold is not None:
                values["quantity_available"] = max(0, total - sold)
        elif isinstance(record, UnifiedAttendee) and record.name is None:
            values["name"] = " ".join(filter(None, (record.first_name, record.last_name))) or None
        elif isinstance(record, UnifiedOrder) and not record.event_ids:
            named = dict.fromkeys(line.event_id for line in record.lines if line.event_id)
            values["event_ids"] = tuple(named) or ((event_id,) if event_id else ())

    async def _stream(self, stream: Stream, question: Question, position: Position) -> AsyncIterator[Batch]:
        values = await self._values_for(stream, question.event_id, question.deadline, position.scope)
        asked = sort_out(question.kind, stream, question.filters)
        around = await self._surroundings(stream, question)
        if stream.inside:
            assert around.event is not None
            rows = [
                Row(value, around, way, path)
                for path, value, way in _numbered(around.event.data, stream.rows, self.provider.name)
            ]
            await self._look_up(stream, rows, values, question)
            yield self._batch(stream, question, rows, asked, position, None, None)
            return
        assert stream.call is not None
        call = stream.call if question.event_id is not None or stream.wide is None else stream.wide
        trail = Trail()
        events: dict[str, Surroundings] = {}
        while True:
            size = stream.pager.largest or question.size
            size = min(size, question.size) if stream.pager.largest else size
            parameters = {**_since(stream, question), **asked.sent, **stream.pager.ask(position.state, size)}
            try:
                reply = await self._caller.ask(
                    call,
                    values,
                    deadline=question.deadline,
                    operation=f"get_{question.kind}",
                    parameters=parameters,
                    row=around.event,
                    evidence=stream.evidence,
                )
            except NotFound:
                if not (isinstance(stream.pager, Pages) and position.state):
                    raise
                reply = Reply(None, {}, empty=True)  # rows were removed meanwhile, and their last page with them
            around.page = reply.body
            rows = self._rows(stream, reply, around)
            rows, state = self._onward(stream, reply, rows, position.state, size, trail)
            old = next(
                (
                    number
                    for number, row in enumerate(rows)
                    if stream.since.stop and _older(stream, row, question.since)
                ),
                None,
            )
            if old is not None:
                rows, state = rows[:old], None
            await self._look_up(stream, rows, values, question)
            await self._events_of(stream, rows, question, around, events)
            batch = self._batch(stream, question, rows, asked, position, state, stream.pager.total(reply.body))
            yield batch
            if state is None:
                return
            position = batch.after or position

    def _batch(
        self,
        stream: Stream,
        question: Question,
        rows: Sequence[Row],
        asked: Asked,
        position: Position,
        state: Any,
        total: int | None,
    ) -> Batch:
        records: list[Any] = []
        problems: list[Problem] = []
        for row in rows:
            try:
                if not _older(stream, row, question.since):
                    records += self.map(stream, row, question.event_id)
            except Unreadable as error:
                problems.append(Problem(f"{row.path}.{error.path}", error.reason, row.data))
        records = [record for record in records if all(keep(record) for keep in asked.keep)]
        whole = question.since is None or stream.since.by is None
        told = total if stream.exact and whole and not asked.here else None
        last = records[-1].id if records else position.last
        after = None if state is None else Position(position.part, position.scope, state, last)
        return Batch(_resumed(records, position), problems, position, after, told)

    def _rows(self, stream: Stream, reply: Reply, around: Surroundings) -> list[Row]:
        if reply.empty:
            return []
        return [
            Row(value, around, way, path) for path, value, way in _numbered(reply.body, stream.rows, self.provider.name)
        ]

    def _onward(
        self, stream: Stream, reply: Reply, rows: list[Row], state: Any, size: int, trail: Trail
    ) -> tuple[list[Row], Any]:
        """The rows that are new, and the state after them. Raises InvalidResponse where the listing goes round."""
        counted = (
            len(rows) if isinstance(stream.rows, str) and "[]" not in stream.rows else _outer(reply.body, stream.rows)
        )
        try:
            following = stream.pager.after(reply.body, counted, state)
        except Repeats:
            raise self._goes_round() from None
        data = [row.data for row in rows]
        if data and data == trail.page:
            if following is None or (isinstance(stream.pager, Pages) and stream.pager.was_short(state, size)):
                return [], None
            raise self._goes_round()
        trail.page = data
        if following is not None:
            if repr(following) in trail.states:
                raise self._goes_round()
            trail.states.add(repr(following))
        return rows, following

    def _goes_round(self) -> InvalidResponse:
        return InvalidResponse(
            f"{self.provider.name} gives the same page again and again.",
            "Try again later; report it to the platform if it stays.",
        )

    async def _surroundings(self, stream: Stream, question: Question) -> Surroundings:
        around = Surroundings(self.options)
        if (stream.event or stream.inside) and question.event_id is not None:
            around.event = await self.event_row(question.event_id, question.deadline)
        if not stream.event or question.event_id is not None:
            around.joined = await self._joins(stream, question)
        return around

    async def _joins(self, stream: Stream, question: Question) -> dict[str, dict[str, list[Row]]]:
        wanted = {name: join for name, join in stream.join.items() if not join.when or self.options.get(join.when)}
        return {name: await self._index(join, question) for name, join in wanted.items()}

    async def _index(self, join: Join, question: Question) -> dict[str, list[Row]]:
        """A sibling listing by key; a `[]` key puts a row under each of its values."""
        found: dict[str, list[Row]] = {}
        siblings = Question(join.stream, question.event_id, size=10_000, deadline=question.deadline)
        for part in self.provider.parts(join.stream):
            async for row in self._raw(part, siblings):
                keys = row.texts(join.key) if "[]" in join.key else [row.ref(join.key)]
                for key in filter(None, keys):
                    found.setdefault(key, []).append(row)
        return found

    async def _raw(self, stream: Stream, question: Question) -> AsyncIterator[Row]:
        assert stream.call is not None
        values, state, trail = await self._values_for(stream, question.event_id, question.deadline), None, Trail()
        while True:
            size = stream.pager.largest or question.size
            parameters = stream.pager.ask(state, size)
            reply = await self._caller.ask(
                stream.call, values, deadline=question.deadline, operation=f"get_{question.kind}", parameters=parameters
            )
            rows = self._rows(stream, reply, Surroundings(self.options, reply.body))
            rows, state = self._onward(stream, reply, rows, state, size, trail)
            for row in rows:
                yield row
            if state is None:
                return

    async def _events_of(
        self,
        stream: Stream,
        rows: Sequence[Row],
        question: Question,
        around: Surroundings,
        events: dict[str, Surroundings],
    ) -> None:
        """In a walk over all events, each row is read beside the record of its own event; that is fetched once."""
        if not stream.event or question.event_id is not None:
            return
        for row in rows:
            event_id = row.ref(stream.event) or row.up.ref(stream.event)
            if event_id and event_id not in events:
                event = await self._event_if_any(event_id, question.deadline)
                joined = await self._joins(stream, replace(question, event_id=event_id))
                events[event_id] = Surroundings(around.options, None, event, joined)
                _forget_first(events)
            if event_id:
                row.around = replace(events[event_id], page=around.page)

    async def _look_up(
        self, stream: Stream, rows: Sequence[Row], values: Mapping[str, Any], question: Question
    ) -> None:
        wanted = {
            name: lookup for name, lookup in stream.lookup.items() if not lookup.when or self.options.get(lookup.when)
        }
        if not wanted or not rows:
            return
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(row: Row, name: str, lookup: Lookup) -> None:
            async with gate:
                try:
                    reply = await self._caller.ask(
                        lookup.call, values, deadline=question.deadline, operation=f"get_{question.kind}", row=row
                    )
                except NotFound:
                    return  # the record went between the list and this call
            found = next(_numbered(reply.body, lookup.rows, self.provider.name), None)
            row.found = (row.found or {}) | ({name: Row(found[1], row.around)} if found else {})

        await together(one(row, name, lookup) for row in rows for name, lookup in wanted.items())

    async def _event_if_any(self, event_id: str, deadline: Deadline) -> Row | None:
        """An account's list may name an event that is gone."""
        try:
            return await self.event_row(event_id, deadline)
        except NotFound:
            return None

    async def _find_event(self, event_id: str, deadline: Deadline) -> Row:
        question = Question("events", size=100, deadline=deadline)
        for stream in self.provider.parts("events"):
            for scope in await self._scope_values(stream, question):
                async for batch in self._stream(stream, question, Position(scope=scope)):
                    for record in batch.records:
                        if record.id == event_id:
                            return Row(record.raw, Surroundings(self.options))
        raise self._no_such_event(event_id)

    def _no_such_event(self, event_id: str) -> NotFound:
        return NotFound(
            f"{self.provider.name} knows no event {event_id}, or hides it from these credentials.",
            "A list of events shows the ids that exist.",
        )

    async def _values_for(
        self, stream: Stream, event_id: str | None, deadline: Deadline, scope: str | None = None
    ) -> dict[str, Any]:
        values = dict(self._values)
        if event_id is not None:
            values["event"] = event_id
        for name, found in (await self._needed_scopes(stream, event_id, deadline)).items():
            values[name] = scope if scope is not None and len(found) > 1 else found[0]
        return values

    async def _scope_values(self, stream: Stream, question: Question) -> list[str | None]:
        """The values to walk in turn; a single None where a stream needs no scope."""
        needed = await self._needed_scopes(stream, question.event_id, question.deadline)
        return next((list(found) for found in needed.values()), [None])

    async def _needed_scopes(self, stream: Stream, event_id: str | None, deadline: Deadline) -> dict[str, list[str]]:
        call = stream.wide if event_id is None and stream.wide else stream.call
        needed = placeholders(call) if call else set()
        scopes = [scope for scope in self.provider.scopes if scope.name in needed]
        return {scope.name: await self._discover(scope, deadline) for scope in scopes}

    async def _discover(self, scope: Scope, deadline: Deadline) -> list[str]:
        if given := self.options.get(scope.name):
            return [str(given)]
        if scope.name not in self._scopes:
            reply = await self._caller.ask(
                scope.call, self._values, deadline=deadline, operation=f"finding the {scope.name}"
            )
            rows = [Row(value) for _, value, _ in _numbered(reply.body, scope.rows, self.provider.name)]
            found = [value for row in rows if (value := row.ref(scope.value))]
            self._scopes[scope.name] = _chosen(scope, found, self.provider.name)
        return self._scopes[scope.name]


async def together(work: Iterable[Coroutine[Any, Any, Any]]) -> None:
    """Runs them at once; the first error ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


class _Seen:
    """Leaves out records that were given before in the walk, and stops a walk whose records cannot be read.

    Walks over a whole account remember one answer only: they may be millions of records long.
    """

    def __init__(self, forget: bool) -> None:
        self._ids: set[str] = set()
        self._forget = forget
        self._read = 0
        self._bad = 0

    def new(self, records: list[Any], name: str) -> list[Any]:
        self._read += len(records)
        fresh: dict[str, Any] = {}
        for record in records:
            if record.id not in self._ids:
                fresh.setdefault(record.id, record)
        ids = {record.id for record in records}
        self._ids = ids if self._forget else self._ids | ids
        return list(fresh.values())

    @property
    def anything(self) -> bool:
        return bool(self._read or self._bad)

    def check(self, problems: Sequence[Problem], name: str) -> None:
        self._bad += len(problems)
        if self._bad > BAD_COUNT and self._bad > BAD_SHARE * (self._bad + self._read):
            first = problems[0] if problems else None
            raise InvalidResponse(
                f"{name} answers in a shape that is not known: {self._bad} records cannot be read"
                + (f" ({first.path}: {first.reason})." if first else "."),
                "The platform may have changed its API.",
            )


def _forget_first(events: dict[str, Surroundings]) -> None:
    if len(events) > EVENTS_KEPT:
        del events[next(iter(events))]


def _chosen(scope: Scope, found: list[str], name: str) -> list[str]:
    if not found:
        raise ConfigurationError(
            f"{name} shows no {scope.name} to these credentials.", f"Give it as the option {scope.name}.", scope.name
        )
    if scope.take == "one" and len(found) > 1:
        raise ConfigurationError(
            f"{name} shows several: {', '.join(found)}.", f"Choose one with the option {scope.name}.", scope.name
        )
    return found


def _following(part: int, parts: int, scopes: Sequence[str | None], index: int) -> Position | None:
    if index + 1 < len(scopes):
        return Position(part, scopes[index + 1])
    return Position(part + 1) if part + 1 < parts else None


def _numbered(body: Any, paths: str | tuple[str, ...], name: str) -> Any:
    """The rows of an answer with where they stand. Raises InvalidResponse where the answer has no such list."""
    options = (paths,) if isinstance(paths, str) else paths
    path = next((path for path in options if holds(body, path)), None)
    if path is None:
        if any(path.endswith("?") for path in options):
            return
        raise InvalidResponse(
            f"{name} answered without the expected list ({options[0] or 'records'}).",
            "The platform may have changed its API.",
        )
    path = path.removesuffix("?")
    spread = path if path.endswith("[]") else f"{path}[]"
    for number, (value, way) in enumerate(fan_out(body, spread)):
        yield (path, number), value, way


def _outer(body: Any, paths: str | tuple[str, ...]) -> int:
    """How many rows a pager should count: those of the outer list, where rows lie in rows."""
    path = next((path for path in ((paths,) if isinstance(paths, str) else paths) if holds(body, path)), "")
    return sum(1 for _ in fan_out(body, path.partition("[]")[0] + "[]"))


def _since(stream: Stream, question: Question) -> dict[str, Any]:
    since = stream.since
    if question.since is None or since.parameter is None or since.mode not in ("changed", "created"):
        return {}
    return {since.parameter: time_text(question.since, since.format)}


def _older(stream: Stream, row: Row, since: datetime | None) -> bool:
    if since is None or stream.since.by is None:
        return False
    read = row.unix if stream.since.format == "unix" else row.moment
    try:
        changed = read(stream.since.by)
    except Unreadable:
        return False
    return changed is not None and changed < since


def _resumed(records: list[Any], position: Position) -> list[Any]:
    """The records of an answer that were not given yet: those after the last one given, wherever it stands now."""
    if position.last is None:
        return records[position.given :]
    place = next((number for number, record in enumerate(records) if record.id == position.last), None)
    return records[place + 1 :] if place is not None else records[max(0, position.given - 1) :]

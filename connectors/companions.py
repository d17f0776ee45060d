"""What a mapping may read beside its row: the event's record, sibling listings, and one more call for the row."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from .caller import Caller
from .calls import placeholders
from .errors import NotFound, PermissionDenied
from .http import Deadline
from .listing import Listing, numbered, rows_of
from .mapping import Mapper
from .position import Question
from .provider import Join, Lookup, Provider, Stream
from .row import Row, Surroundings, Unreadable
from .scopes import Scopes

AT_ONCE = 5
EVENTS_KEPT = 200
KEPT_SECONDS = 60
Listed = tuple[Stream, Row, Mapping[str, Any]]  # an event's record, where it was found, and what its calls may use


class Companions:
    """Fetches the records that stand beside a stream's rows."""

    def __init__(
        self, provider: Provider, options: Mapping[str, Any], scopes: Scopes, caller: Caller, mapper: Mapper
    ) -> None:
        self._provider = provider
        self._mapper = mapper
        self._options = options
        self._scopes = scopes
        self._caller = caller
        self._kept: dict[str, Listed] = {}
        self._kept_until = 0.0

    async def surroundings(self, stream: Stream, question: Question) -> Surroundings:
        """What all rows of a stream have beside them; in a walk over all events, what does not depend on the event."""
        around = Surroundings(self._options)
        if (stream.event or stream.inside) and question.event_id is not None:
            around.event = await self.event(question.event_id, question.deadline)
        if not stream.event or question.event_id is not None:
            around.joined = await self._joins(stream, question, around.event)
        return around

    async def of_each_event(
        self,
        stream: Stream,
        rows: Sequence[Row],
        question: Question,
        around: Surroundings,
        known: dict[str, Surroundings],
    ) -> None:
        """In a walk over all events, each row is read beside the record of its own event; that is fetched once."""
        if not stream.event or question.event_id is not None:
            return
        for row in rows:
            event_id = row.ref(stream.event) or row.up.ref(stream.event)
            if event_id is None:
                continue
            if event_id not in known:
                event = await self._event_if_any(event_id, question.deadline)
                joined = await self._joins(stream, replace(question, event_id=event_id), event) if event else {}
                known[event_id] = Surroundings(around.options, None, event, joined)
            row.around = replace(known[event_id], page=row.around.page)
            if len(known) > EVENTS_KEPT:
                del known[next(iter(known))]

    async def look_up(self, stream: Stream, rows: Sequence[Row], values: Mapping[str, Any], question: Question) -> None:
        """Makes the calls that each row needs, a few at once."""
        wanted = {name: one for name, one in stream.lookup.items() if not one.when or self._options.get(one.when)}
        if not wanted:
            return
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(row: Row, name: str, lookup: Lookup) -> None:
            async with gate:
                try:
                    reply = await self._caller.ask(
                        lookup.call, values, deadline=question.deadline, operation=question.operation, row=row
                    )
                except (NotFound, Unreadable):
                    return  # the record went between the list and this call, or cannot be asked for
            found = numbered(Row(reply.body, row.around), lookup.rows, self._provider.name)
            row.found = (row.found or {}) | ({name: found[0]} if found else {})

        await together(
            one(row, name, lookup)
            for row in rows
            for name, lookup in wanted.items()
            if lookup.lacking is None or row.value(lookup.lacking) is None
        )

    async def event(self, event_id: str, deadline: Deadline) -> Row:
        """The platform's record of one event. Raises NotFound."""
        _, row, _ = await self._find(event_id, deadline)
        return row

    async def whole_event(self, event_id: str, deadline: Deadline) -> tuple[Stream, Row]:
        """The record of one event with what stands beside it, and the stream that it came from. Raises NotFound."""
        stream, row, values = await self._find(event_id, deadline)
        question = Question("event", event_id, deadline=deadline)
        row.around.joined = await self._joins(stream, question, None)
        await self.look_up(stream, [row], values, question)
        return stream, row

    async def _find(self, event_id: str, deadline: Deadline) -> Listed:
        """By a call of its own, else in the list."""
        question = Question("event", event_id, deadline=deadline)
        said: dict[str, Any] = {}
        for stream in self._provider.parts("event"):
            assert stream.call is not None
            values = await self._scopes.values(stream.call, event_id, deadline)
            try:
                reply = await self._caller.ask(
                    stream.call, values, deadline=deadline, operation=question.operation, evidence=stream.evidence
                )
            except (NotFound, PermissionDenied) as error:
                if isinstance(error, NotFound) or self._provider.hides_unknown:
                    said = {"status": error.status, "platform_message": error.platform_message}
                    continue
                raise
            if rows := rows_of(reply, stream.rows, Surroundings(self._options, reply.body), self._provider.name):
                return stream, rows[0], values
        if not self._provider.parts("event") and (found := await self._in_list(event_id, deadline)):
            return found
        raise NotFound(
            f"{self._provider.name} knows no event {event_id}, or hides it from these credentials.",
            "A list of events shows the ids that exist.",
            **said,
        )

    async def _in_list(self, event_id: str, deadline: Deadline) -> Listed | None:
        """The list is read up to the answer that holds the event, and what was read is kept for a minute: who asks for
        one event of a list mostly asks for the others too.
        """
        if monotonic() > self._kept_until:
            self._kept, self._kept_until = {}, monotonic() + KEPT_SECONDS
        if event_id in self._kept:
            return self._kept[event_id]
        async for stream, values, rows in self._listed(Question("events", deadline=deadline)):
            for row in rows:
                self._kept |= dict.fromkeys(self._ids(stream, row), (stream, row, values))
            if event_id in self._kept:
                return self._kept[event_id]
        return None

    async def _listed(self, question: Question) -> AsyncIterator[tuple[Stream, Mapping[str, Any], list[Row]]]:
        """The whole list of events, answer by answer, each with its stream and the values that its calls may use."""
        for stream in self._provider.parts("events"):
            for scope in await self._scopes.to_walk(stream, question):
                values = await self._scopes.values(stream.call, None, question.deadline, scope)
                async for rows in self._answers(stream, question, Surroundings(self._options), scope):
                    yield stream, values, rows

    def _ids(self, stream: Stream, row: Row) -> list[str]:
        """Of the records that a row stands for; none where it cannot be read."""
        try:
            return [record.id for record in self._mapper.map(stream, [row], None)]
        except Unreadable:
            return []

    async def _event_if_any(self, event_id: str, deadline: Deadline) -> Row | None:
        """An account's list may name an event that is gone."""
        try:
            return await self.event(event_id, deadline)
        except NotFound:
            return None

    async def _joins(self, stream: Stream, question: Question, event: Row | None) -> dict[str, dict[str, list[Row]]]:
        wanted = {name: join for name, join in stream.join.items() if not join.when or self._options.get(join.when)}
        around = Surroundings(self._options, event=event)
        return {name: await self._index(join, question, around) for name, join in wanted.items()}

    async def _index(self, join: Join, question: Question, around: Surroundings) -> dict[str, list[Row]]:
        """A sibling listing by key; a `[]` key puts a row under each of its values."""
        found: dict[str, list[Row]] = {}
        for part in self._provider.parts(join.stream):
            for event_id in await self._about(part, question):
                siblings = Question(question.kind, event_id, deadline=question.deadline)
                async for row in self._raw(part, siblings, around):
                    keys = row.texts(join.key) if "[]" in join.key else [row.ref(join.key)]
                    for key in filter(None, keys):
                        found.setdefault(key, []).append(row)
        return found

    async def _about(self, stream: Stream, question: Question) -> list[str | None]:
        """The events whose sibling listings are read: the one asked for, in a walk over all events every one."""
        if question.event_id is not None or stream.call is None or "event" not in placeholders(stream.call):
            return [question.event_id]
        events = Question("events", deadline=question.deadline)
        return [id async for part, _, rows in self._listed(events) for row in rows for id in self._ids(part, row)]

    async def _raw(self, stream: Stream, question: Question, around: Surroundings) -> AsyncIterator[Row]:
        async for rows in self._answers(stream, question, around):
            for row in rows:
                yield row

    async def _answers(
        self, stream: Stream, question: Question, around: Surroundings, scope: str | None = None
    ) -> AsyncIterator[list[Row]]:
        assert stream.call is not None
        values = await self._scopes.values(stream.call, question.event_id, question.deadline, scope)
        question = replace(question, size=stream.pager.largest or question.size)
        listing = Listing(self._provider.name, stream, stream.call, self._caller, values, question)
        state: Any = None
        while True:
            rows, state, _ = await listing.read(state, replace(around))
            yield rows
            if state is None:
                return


async def together(work: Iterable[Coroutine[Any, Any, Any]]) -> None:
    """Runs them at once; the first error ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None

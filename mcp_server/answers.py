"""What all answers have in common. Each is sent as structured content and, as compact JSON, once more as text."""

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import SkipJsonSchema

from connectors import InvalidResponse, PaginatedResult, find_provider
from connectors.portfolio import Status

from .values import Text, shown

LARGEST = 40_000
"""Characters of an answer's text."""


class Part(BaseModel):
    """A part of an answer. What is not known is left out of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)  # listing the tools needs no validators


Why = SkipJsonSchema[Text | None]
"""Why something went wrong, and what to do. Schemas would repeat it for each tool; assistants are told of it once."""


class ConnectionStatus(Part):
    """What became of one connection: ok, partial, failed or unsupported. The rest says why it is not ok."""

    connection: str
    status: str
    count: int | None = None
    code: Why = None
    message: Why = None
    next: Why = None


class Answer(Part):
    connections: list[ConnectionStatus]
    truncated: bool | None = None
    notes: list[str] | None = None


A = TypeVar("A", bound=Answer)

ADVICE = {"deadline_exceeded": "Ask for less: one connection, fewer records, or a shorter stretch of time."}
"""In place of what the error itself says, which is meant for programs."""


def advice(code: str | None, given: str | None) -> str:
    """What to do next, in words for an assistant."""
    return ADVICE.get(code or "") or given or "Tell the user; no argument can change this."


def status_of(status: Status) -> ConnectionStatus:
    """What became of a connection, in an answer's words. One with records that cannot be read answered in part."""
    if status.problems and not status.message:
        status = replace(
            status,
            state="partial",
            code=InvalidResponse.code,
            message=f"Records that could not be read and are left out: {status.problems}.",
            advice="Tell the user that they are missing.",
        )
    return ConnectionStatus(
        connection=status.connection,
        status=status.state,
        count=status.count if status.state in ("ok", "partial") else None,
        code=status.code,
        message=status.message,
        next=advice(status.code, status.advice) if status.message else None,
    )


def status_of_page(connection: str, page: PaginatedResult[Any]) -> Status:
    """What became of the one connection that was asked for a page."""
    return Status(connection, "ok", len(page.items), problems=len(page.problems), filtered_here=page.filtered_here)


def filtered_here(statuses: Sequence[Status]) -> Iterator[str]:
    """A note where a platform does not know a filter. It explains answers that hold few records and yet go on."""
    said = [f"{status.connection}: {', '.join(status.filtered_here)}" for status in statuses if status.filtered_here]
    if said:
        yield f"Filters that a platform does not know were applied to its answer ({'; '.join(said)})."


def since_unknown(kind: str, statuses: Sequence[Status]) -> Iterator[str]:
    """Which platforms cannot say what changed, and are not to look as if they did."""
    said = {"none": f"cannot tell what changed, so all {kind} are given", "created": f"knows only which {kind} are new"}
    for status in statuses:
        if status.state != "ok":
            continue
        provider = find_provider(status.connection.partition("/")[0])
        modes = {stream.since.mode for stream in provider.parts(kind)}
        yield from (f"since: {status.connection} {said[mode]}." for mode in sorted(modes) if mode in said)


def nothing_fits(q: str | None, cursor: str | None = None) -> str:
    """A note where no event fits the filters."""
    if cursor:
        return "Nothing here fits, but there is more: go on with next_cursor."
    if q:
        return f"No event fits. {q!r} must be a part of its name, letter by letter: try one word of it, or leave q out."
    return "No event fits."


def result(answer: Part) -> CallToolResult:
    """The answer as a tool's result; both copies hold the same."""
    content = _content(answer)
    return CallToolResult(content=[TextContent(type="text", text=compact(content))], structured_content=content)


def text(answer: Part) -> str:
    """The answer as compact JSON."""
    return compact(_content(answer))


def compact(content: Any) -> str:
    """JSON without a blank too many."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


async def fitting(ask: Callable[[int], Awaitable[A]], limit: int, rows: str) -> A:
    """The answer of `ask` for `limit` records, or for as many as fit; its cursor goes on behind the last one shown."""
    answer, asked = await ask(limit), limit
    while (length := _length(answer)) > LARGEST and asked > 1:
        asked = max(1, min(asked - 1, asked * LARGEST * 9 // (10 * length)))
        answer = await ask(asked)
    if asked < limit:
        answer = noted(
            answer, f"Asked for {asked} records instead of {limit}, so that the answer fits; next_cursor goes on."
        )
        answer = answer.model_copy(update={"truncated": True})
    return cut(answer, rows, "Ask one connection at a time to see them.")


def cut(answer: A, rows: str, how: str) -> A:
    """The answer without as many of its last rows as it is too long for. `how` says how to see those."""
    every: Sequence[Any] = getattr(answer, rows) or ()
    kept, short = len(every), answer
    while kept and _length(short) > LARGEST:
        kept = kept * 9 // 10
        short = noted(answer, f"{len(every) - kept} of {len(every)} {rows} are left out so that the answer fits. {how}")
        short = short.model_copy(update={rows: every[:kept], "truncated": True})
    return short


def noted(answer: A, *notes: str) -> A:
    """The answer with notes added."""
    said = [*(answer.notes or ()), *(shown(note, 400) for note in notes)]
    return answer.model_copy(update={"notes": said}) if notes else answer


def _content(answer: Part) -> dict[str, Any]:
    return answer.model_dump(mode="json", exclude_none=True)


def _length(answer: Part) -> int:
    return len(compact(_content(answer)))

"""Answers as JSON: `{"data": [...]}` with what is known of the page, or `{"data": {...}}`."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic_core import to_jsonable_python

from connectors.errors import InvalidArgument
from connectors.models import Model, Outcome, PaginatedResult, UnifiedEvent, UnifiedRecord

from .query import Query

LARGEST = 6_000_000  # Lambda lets 6 MiB through; the rest is for what it wraps around the body
AROUND = 150_000  # what stands beside the records of a page: a cursor, and problems


@dataclass(slots=True)
class Records:
    """Records as they are written into an answer, for as long as they fit into it."""

    query: Query
    written: list[str] = field(default_factory=list)
    room: int = field(default_factory=lambda: LARGEST - AROUND)
    cut: bool = False

    def fits(self, record: Any) -> bool:
        """Takes a record, if there is room for it.

        Raises InvalidArgument where a whole answer has none, or where records would be lost: the page after one that
        is cut does not begin where that ends.
        """
        text = _text(values(record, self.query))
        self.room -= size(text) + 1
        self.cut = self.room < 0
        if self.cut and not self.written:
            raise InvalidArgument("raw", "A single record is larger than Lambda lets through.", "Ask without raw.")
        if self.cut and "page" in self.query.given:
            raise InvalidArgument(
                "page_size",
                "The page is larger than Lambda lets through.",
                "Ask for less, or go by cursor, not by page.",
            )
        if not self.cut:
            self.written.append(text)
        return not self.cut


def one(found: Model, query: Query) -> Response[str]:
    """A single record, revenue or state of health."""
    return response({"data": values(found, query)}, "raw", "Ask without raw.")


def page(found: PaginatedResult[Any], records: Records) -> Response[str]:
    """A page of records. Problems are named by path and reason; what the platform sent stays out."""
    around = {
        "page": None if records.cut else found.page,
        "page_size": found.page_size,
        "has_more": found.has_more,
        "next_cursor": found.next_cursor,
        "total": found.total,
        "problems": [{"path": problem.path, "reason": problem.reason} for problem in found.problems],
        "filtered_here": found.filtered_here,
    }
    return _response(f'{{"data":[{",".join(records.written)}],{_text(around)[1:]}')


def outcome(found: Outcome, query: Query) -> Response[str]:
    """What came of an action; of a dry run, the request that would be sent."""
    content: dict[str, Any] = {
        "data": values(found.record, query) if found.record else None,
        "sent": found.sent,
        "replayed": found.replayed,
        "idempotency_key": found.idempotency_key,
    }
    content |= {} if found.sent else {"request": to_jsonable_python(asdict(found.request))}
    return response(content, "raw", "Ask without raw.")


def values(found: Model, query: Query) -> dict[str, Any]:
    """A record as JSON values. A live event that is over is shown as completed."""
    if not isinstance(found, UnifiedRecord):
        return found.model_dump(mode="json")
    given = found.dump(raw=query.raw, personal_data=query.personal_data)
    if isinstance(found, UnifiedEvent):
        given["status"] = found.status_at(datetime.now(UTC))
    return given


def response(content: dict[str, Any], param: str = "", advice: str = "", *, status: int = 200) -> Response[str]:
    """An answer. Where it may be larger than Lambda lets through, InvalidArgument says what to do about it."""
    text = _text(content)
    if param and size(text) > LARGEST:
        raise InvalidArgument(param, "The answer is larger than Lambda lets through.", advice)
    return _response(text, status)


def size(text: str) -> int:
    """Its bytes in what Lambda sends: a JSON string, in which quotes and backslashes take two."""
    return len(text.encode()) + text.count('"') + text.count("\\")


def _text(content: Any) -> str:
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, as some platforms cut texts: it can only be sent as its escape
        return json.dumps(content, separators=(",", ":"))
    return text


def _response(body: str, status: int = 200) -> Response[str]:
    return Response(status, "application/json", body, {"Cache-Control": "no-store"})

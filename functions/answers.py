"""Answers as JSON: `{"data": [...]}` with what is known of the page, or `{"data": {...}}`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic_core import to_jsonable_python

from connectors.errors import InvalidArgument
from connectors.models import Model, Outcome, PaginatedResult, UnifiedEvent, UnifiedRecord

from .query import Query

LARGEST = 6_000_000  # Lambda lets 6 MB through; the rest is for what it wraps around the body


def one(found: Model, query: Query) -> Response[str]:
    """A single record, revenue or state of health."""
    return _response({"data": _values(found, query)})


def page(found: PaginatedResult[Any], query: Query) -> Response[str]:
    """A page of records. Problems are named by path and reason; what the platform sent stays out."""
    return _response(
        {
            "data": [_values(record, query) for record in found.items],
            "page": found.page,
            "page_size": found.page_size,
            "has_more": found.has_more,
            "next_cursor": found.next_cursor,
            "total": found.total,
            "problems": [{"path": problem.path, "reason": problem.reason} for problem in found.problems],
            "filtered_here": found.filtered_here,
        }
    )


def outcome(found: Outcome, query: Query) -> Response[str]:
    """What came of an action; of a dry run, the request that would be sent."""
    content: dict[str, Any] = {
        "data": _values(found.record, query) if found.record else None,
        "sent": found.sent,
        "replayed": found.replayed,
        "idempotency_key": found.idempotency_key,
    }
    return _response(content if found.sent else {**content, "request": to_jsonable_python(asdict(found.request))})


def rows(found: Sequence[Mapping[str, Any]]) -> Response[str]:
    """A list that has no pages."""
    return _response({"data": found})


def _values(found: Model, query: Query) -> dict[str, Any]:
    if not isinstance(found, UnifiedRecord):
        return found.model_dump(mode="json")
    values = found.dump(raw=query.raw, personal_data=query.personal_data)
    if isinstance(found, UnifiedEvent):
        values["status"] = found.status_at(datetime.now(UTC))
    return values


def _response(content: dict[str, Any]) -> Response[str]:
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    # Lambda sends the body as a JSON string, in which quotes and backslashes take two bytes.
    if len(body.encode()) + body.count('"') + body.count("\\") > LARGEST:
        raise InvalidArgument(
            "page_size", "The answer is larger than Lambda lets through.", "Ask for a smaller page_size."
        )
    return Response(200, "application/json", body, {"Cache-Control": "no-store"})

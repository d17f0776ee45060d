"""What all of Equaticket's routes have in common: keys, scopes, limits, request ids, idempotency, errors and lists."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from spekta.sandbox.providers.equaticket.rows import Record, Row
from spekta.sandbox.providers.equaticket.state import Given, Key, State, World, fingerprint
from spekta.sandbox.service import FORBIDDEN, Ask, Handler, Route
from spekta.sandbox.wire import Answer, Refusal

SIZE, LARGEST, LONGEST_KEY = 50, 100, 256
DOC_URL = "https://equaticket.com/help/organizers/public-api"
PAGING = frozenset({"limit", "cursor"})
MESSAGES = {
    400: ("validation_error", "Invalid or missing request body field"),
    401: ("unauthorized", "Missing or invalid API key"),
    403: ("forbidden", "Key lacks the required scope"),
    404: ("not_found", "Resource not found or not owned by your org"),
    409: ("conflict", "Action not valid for the resource's current state"),
    422: ("unprocessable", "Business rule violation"),
    429: ("rate_limited", "Too many requests. Retry after the window resets."),
}


class Refused(Refusal):
    """A refusal that may name the field it is about."""

    def __init__(self, status: int, message: str = "", param: str | None = None, code: str = "") -> None:
        super().__init__(status, code, message)
        self.param = param


def error(refusal: Refusal) -> Row:
    """Every refusal has a request id; the header says the same."""
    code, message = MESSAGES.get(refusal.status, ("internal_error", "Unexpected server error"))
    request_id = refusal.headers.setdefault("X-Request-Id", f"req_{uuid4().hex}")
    told = {"code": refusal.code or code, "message": refusal.message or message, "request_id": request_id}
    param = getattr(refusal, "param", None)
    return {"error": told | ({"param": param} if param else {}) | {"doc_url": DOC_URL}}


def state_of(ask: Ask) -> State:
    state: State = ask.state
    return state


def key_of(ask: Ask) -> Key:
    return state_of(ask).keys[ask.bearer()]


def world_of(ask: Ask) -> World:
    return state_of(ask).worlds[key_of(ask).live]


def admit(ask: Ask) -> None:
    key, state = ask.bearer(), state_of(ask)
    if key.startswith(FORBIDDEN):
        raise named(ask, Refused(403))
    if key not in state.keys:
        raise named(ask, Refused(401))
    if state.is_over_limit(key, ask.box.now):
        raise named(ask, Refused(429))


def named(ask: Ask, refusal: Refusal) -> Refusal:
    """Echo the request's own id."""
    if said := ask.headers.get("x-request-id"):
        refusal.headers["X-Request-Id"] = said
    return refusal


def route(method: str, path: str, handle: Handler, scope: str | None, **more: Any) -> Route:
    """A route that needs a scope; without one it is open to everybody."""

    def answered(ask: Ask) -> Answer:
        try:
            if scope and scope not in key_of(ask).scopes:
                raise Refused(403, f"This key lacks the scope {scope}")
            answer = _once(ask, handle) if method == "POST" else _answer(handle(ask))
        except Refusal as refusal:
            raise named(ask, refusal) from None
        request_id = ask.headers.get("x-request-id") or f"req_{uuid4().hex}"
        return replace(answer, headers={**answer.headers, "X-Request-Id": request_id})

    return Route(method, path, answered, open=scope is None, **more)


def _answer(given: Any) -> Answer:
    return given if isinstance(given, Answer) else Answer(given)


def _once(ask: Ask, handle: Handler) -> Answer:
    """The same key and parameters get the answer that they got before."""
    said, key, state = ask.headers.get("idempotency-key"), ask.bearer(), state_of(ask)
    if not said:
        return _answer(handle(ask))
    if len(said) > LONGEST_KEY:
        raise Refused(400, f"Idempotency-Key has more than {LONGEST_KEY} characters", "Idempotency-Key")
    asked = fingerprint(ask.path, ask.body)
    if before := state.given(key, said, ask.box.now):
        if before.asked != asked:
            raise Refused(409, "This Idempotency-Key was used with other parameters")
        return replace(before.answer, headers={"Idempotent-Replayed": "true"})
    answer = _answer(handle(ask))
    state.keep(key, said, Given(asked, answer, ask.box.now))
    return answer


def listing(ask: Ask, live: bool, records: Sequence[Record]) -> Row:
    """A page of records that stand newest first."""
    limit = ask.query.get("limit", str(SIZE))
    if not limit.isdecimal() or not 1 <= int(limit) <= LARGEST:
        raise Refused(400, f"limit must be between 1 and {LARGEST}", "limit")
    after = _place(ask)

    def start(records: Sequence[Record]) -> int:
        exact = (at + 1 for at, record in enumerate(records) if record.place == after)
        later = (at for at, record in enumerate(records) if record.place < (after or ()))
        return next(exact, next(later, len(records)))

    page = ask.page(records, start if after else 0, int(limit))
    last = _cursor(ask, page.records[-1]) if page.more and page.records else None
    rows = [record.rendered() for record in page.records]
    return {"livemode": live, "data": rows, "has_more": last is not None, "next_cursor": last}


def _cursor(ask: Ask, record: Record) -> str:
    created_at, ident = record.place
    place = {"created_at": created_at, "id": ident, "v": state_of(ask).cursors}
    return urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(ask: Ask) -> tuple[str, str] | None:
    said = ask.query.get("cursor")
    if said is None:
        return None
    try:
        place = json.loads(urlsafe_b64decode(said))
        created_at, ident, version = place["created_at"], place["id"], place["v"]
    except (ValueError, KeyError, TypeError):
        raise Refused(400, "cursor is not valid", "cursor") from None
    if version != state_of(ask).cursors:
        raise Refused(400, "cursor has expired", "cursor")
    return created_at, ident


def one(ask: Ask, kind: str, name: str = "id") -> Record:
    """The record whose id is in the path. Another organisation's is not found."""
    for record in world_of(ask).records(ask.box, kind):
        if record.id == ask.parts[name]:
            return record
    raise Refused(404)

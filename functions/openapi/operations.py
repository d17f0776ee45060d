"""The operations of the API: of each platform what it offers, and of all connections at once."""

import typing
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import TypeAdapter

from connectors.calls import in_path
from connectors.models import (
    HealthCheckResult,
    PlatformRecord,
    UnifiedAttendee,
    UnifiedEvent,
    UnifiedOrder,
    UnifiedRecord,
    UnifiedRevenue,
    UnifiedTicket,
)
from connectors.own import Action, OwnListing
from connectors.provider import Provider

from .. import general, own, portfolio, webhooks
from ..parameters import ACCOUNT, DRY_RUN, Parameter
from ..routes import ROUTES, Route
from . import parts
from .schemas import closed, page_of, ref, untitled

RECORDS = {"events": UnifiedEvent, "tickets": UnifiedTicket, "attendees": UnifiedAttendee, "orders": UnifiedOrder}
SINGLE = {"health": HealthCheckResult, "events": UnifiedEvent, "revenue": UnifiedRevenue}
SOURCE = {"type": "string", "enum": ["synced", "live"], "description": "Whether the copies answered or the platforms"}
EVENT = parts.in_path("event_id", "The id of the event")
Operation = tuple[str, str, dict[str, Any]]


def of_all() -> Iterator[Operation]:
    """What is asked of no single platform."""
    names = {"connections": {"type": "array", "items": {"type": "string"}}}
    row = {"allOf": [ref("MatrixRow"), {"type": "object", "properties": names, "required": ["connections"]}]}
    providers = closed({"data": {"type": "array", "items": row}})
    yield "/v1/providers", "get", _get("providers", "Which platforms there are, and which are connected", (), providers)
    asked_for = closed({"data": closed({"connections": {"type": "array", "items": {"type": "string"}}})})
    sync = _get("sync", "Ask for the copies of connections to be brought up to date", general.SYNC, asked_for)
    sync["responses"]["202"] = {**sync["responses"].pop("200"), "description": "Asked for"}
    yield "/v1/sync", "post", sync
    statuses = {"type": "array", "items": ref("Status"), "description": "What became of each connection"}
    as_of = {"type": ["string", "null"], "format": "date-time", "description": "As of when the oldest part of it is"}
    said = {"source": SOURCE, "as_of": as_of, "connections": statuses}
    cursor = {"has_more": {"type": "boolean"}, "next_cursor": {"type": ["string", "null"]}}
    events = closed({"data": {"type": "array", "items": ref("UnifiedEvent")}, **cursor, **said})
    asked = (*portfolio.EVENTS, *portfolio.FILTERS)
    yield "/v1/portfolio/events", "get", _get("portfolio_events", "Events of all connections, by start", asked, events)
    totals = {"type": "array", "items": ref("Total")}
    pair = closed({"event": ref("UnifiedEvent"), "revenue": ref("UnifiedRevenue")})
    sums = closed(
        {
            "totals": {**totals, "description": "Per currency, over the connections that answered in full"},
            "by_connection": {"type": "object", "additionalProperties": totals},
            "events": {"type": "array", "items": pair},
        }
    )
    asked = (*portfolio.REVENUE, *portfolio.FILTERS)
    periods = closed({"periods": {"type": "array", "items": ref("Period")}})
    revenue = closed({"data": {"anyOf": [sums, {**periods, "description": "With by"}]}, **said})
    yield (
        "/v1/portfolio/revenue",
        "get",
        _get("portfolio_revenue", "What came in, over all connections", asked, revenue),
    )


def of_provider(provider: Provider) -> Iterator[Operation]:
    """What one platform offers."""
    for route in ROUTES:
        if route.kind == "health" or (route.kind in provider.capabilities and _is_there(provider, route)):
            yield f"/v1/{provider.slug}{route.path}", "get", _question(provider, route)
    for name, listing in provider.listings.items():
        yield _path(provider, listing.route), "get", _listing(provider, name, listing)
    for name, action in provider.actions.items():
        yield _path(provider, action.route), action.call.method.lower(), _action(provider, name, action)


def of_webhooks(provider: Provider) -> Iterator[Operation]:
    """What a platform delivers."""
    if provider.webhook is None:
        return
    delivery = closed({"delivery": {"type": "string", "enum": ["accepted", "known", "ignored"]}})
    content = {"application/json": {"schema": closed({"data": delivery})}}
    again = 429 if provider.webhook.retries == "4xx" else 503
    yield (
        f"{webhooks.PREFIX}{provider.slug}/{{account}}/{{token}}",
        "post",
        {
            "operationId": f"{_word(provider)}_delivers",
            "summary": f"What {provider.name} sends when something has changed",
            "description": "For the platform alone, at the address that `spekta connections NAME --webhook` shows",
            "tags": [provider.slug],
            "security": [],
            "parameters": [
                parts.in_path("account", "The account", ACCOUNT.schema),
                parts.in_path("token", "Its token"),
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {
                "200": {"description": "Known already, or about nothing that is read here", "content": content},
                "202": {"description": "Accepted: it is looked at", "content": content},
                **parts.failing((*parts.DELIVERY, again)),
            },
        },
    )


def _path(provider: Provider, route: str) -> str:
    """A path. Those of the same form must have placeholders of the same name, so an event's id is called one thing."""
    return f"/v1/{provider.slug}{route.replace('{event}', '{event_id}')}"


def _is_there(provider: Provider, route: Route) -> bool:
    """Whether a listing of the whole account is."""
    of_account = route.paged and route.kind != "events" and "{" not in route.path
    return not of_account or all(part.wide for part in provider.parts(route.kind))


def _question(provider: Provider, route: Route) -> dict[str, Any]:
    asked = (*route.parameters(), *route.filters(provider))
    source = {"source": SOURCE} if route.kind == "revenue" else {}
    schema = ref(page_of(RECORDS[route.kind])) if route.paged else closed({"data": ref(SINGLE[route.kind]), **source})
    path = [EVENT] if "{event_id}" in route.path else []
    name = f"{route.method}_of_event" if path and route.paged else route.method
    return _get(f"{_word(provider)}_{name}", route.about, asked, schema, path, provider)


def _listing(provider: Provider, name: str, listing: OwnListing) -> dict[str, Any]:
    fields = untitled(TypeAdapter(listing.inputs).json_schema())
    ids = in_path(listing.call)
    record = _record(listing.stream.map)
    schema = closed({"data": ref(record)}) if listing.one else ref(page_of(record))
    found = _get(
        f"{_word(provider)}_{name}", listing.help, own.parameters(listing), schema, _ids(fields, ids), provider
    )
    for field, about in fields.get("properties", {}).items():
        if field not in ids:
            required = {"required": True} if field in fields.get("required", ()) else {}
            found["parameters"].append({"name": field, "in": "query", **required, **_split(about)})
    return found


def _action(provider: Provider, name: str, action: Action) -> dict[str, Any]:
    fields = untitled(TypeAdapter(action.inputs).json_schema())
    ids = in_path(action.call)
    record = {"anyOf": [ref(_record(action.map)), {"type": "null"}]} if action.map else {"type": "null"}
    text_or_null = {"type": ["string", "null"]}
    flag = {"type": "boolean"}
    outcome = closed(
        {
            "data": record,
            "sent": flag,
            "replayed": {**flag, "description": "Done before, for the same Idempotency-Key"},
            "idempotency_key": text_or_null,
            "request": {**ref("Preview"), "description": "In a dry run, what would be sent"},
        },
        optional=("request",),
    )
    found = _get(f"{_word(provider)}_{name}", action.help, (*own.RECORD, DRY_RUN), outcome, _ids(fields, ids), provider)
    found["description"] = "Only where the operator has switched writes on"
    found["responses"] = {"200": found["responses"]["200"], **parts.failing(parts.WRITE)}
    if provider.idempotency and action.call.method == "POST":
        longest = {"type": "string", "minLength": 1, "maxLength": provider.idempotency.longest}
        found["parameters"].append({"name": own.KEY, "in": "header", "schema": longest})
    if body := _body(fields, ids):
        found["requestBody"] = {"required": "required" in body, "content": {"application/json": {"schema": body}}}
    return found


def _body(fields: dict[str, Any], ids: set[str]) -> dict[str, Any]:
    """The inputs that are not in the path."""
    inner = {name: _without_null_default(one) for name, one in fields.get("properties", {}).items() if name not in ids}
    required = [name for name in fields.get("required", ()) if name not in ids]
    at_least = {"required": required} if required else {"minProperties": 1}
    shape = {"type": "object", "properties": inner, "additionalProperties": False}
    return shape | at_least if inner else {}


def _without_null_default(schema: dict[str, Any]) -> dict[str, Any]:
    """What is not to be changed is left out, and null is no value."""
    return {key: value for key, value in schema.items() if (key, value) != ("default", None)}


def _ids(fields: dict[str, Any], ids: set[str]) -> list[dict[str, Any]]:
    described = fields.get("properties", {})
    return [
        parts.in_path("event_id" if name == "event" else name, described.get(name, {}).get("description", "An id"))
        for name in sorted(ids)
    ]


def _get(
    name: str,
    about: str,
    asked: Sequence[Parameter],
    schema: dict[str, Any],
    path: Sequence[dict[str, Any]] = (),
    provider: Provider | None = None,
) -> dict[str, Any]:
    """An operation that reads, of one platform or of all."""
    found: dict[str, Any] = {
        "operationId": name,
        "summary": f"{about[:1].upper()}{about[1:]}",
        "parameters": [*path, *map(parts.used, asked)],
        "responses": {
            "200": {"description": "The answer", "content": {"application/json": {"schema": schema}}},
            **parts.failing(parts.READ if provider else parts.ALL),
        },
    }
    return found | ({"tags": [provider.slug]} if provider else {})


def _split(schema: dict[str, Any]) -> dict[str, Any]:
    """A field of inputs as a parameter: its description beside its schema."""
    inner = _without_null_default(schema)
    inner["anyOf"] = [one for one in inner.get("anyOf", ()) if one != {"type": "null"}]
    about = inner.pop("description", "")
    only = inner.pop("anyOf")
    return {"description": about, "schema": {**inner, **(only[0] if len(only) == 1 else {})}}


def _record(meaning: Any) -> type[UnifiedRecord]:
    """The model that a mapping gives."""
    given = typing.get_type_hints(meaning).get("return")
    known = [
        one for one in (given, *typing.get_args(given)) if isinstance(one, type) and issubclass(one, UnifiedRecord)
    ]
    return known[0] if known else PlatformRecord


def _word(provider: Provider) -> str:
    return provider.slug.replace("-", "_")

"""The routes of one provider, `/v1/{provider}/...`. Which one, SPEKTA_PROVIDER says.

A connector lives as long as its request: its HTTP client belongs to the event loop, and each request has its own.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging import correlation_paths

from connectors import Connector, DeadlineExceeded, InvalidArgument, PaginatedResult, connect, filters, find_provider
from connectors.credentials import joined
from connectors.http import Deadline
from connectors.references import decode_id
from spekta.aws.secrets import SecretStore

from . import answers, errors, own
from .log import logger
from .query import Query, read, read_page

SECONDS = 22.0  # under the function's 28 and the gateway's 30

provider = find_provider(os.environ["SPEKTA_PROVIDER"])
store = SecretStore()
app = APIGatewayHttpResolver(strip_prefixes=[f"/v1/{provider.slug}"])
errors.handle(app, provider.slug)

Listing = Callable[..., Coroutine[Any, Any, PaginatedResult[Any]]]


@app.get("/health")
async def health() -> Response[str]:
    query, deadline = read(_asked(), records=False), Deadline(SECONDS)
    async with await _connected(query) as connector:
        return answers.one(await connector.health_check(deadline=deadline.remaining()), query)


@app.get("/events")
async def events() -> Response[str]:
    return await _page("events", Connector.get_events)


@app.get("/orders")
async def orders() -> Response[str]:
    return await _page("orders", Connector.get_orders)


@app.get("/attendees")
async def attendees() -> Response[str]:
    return await _page("attendees", Connector.get_attendees)


@app.get("/events/<event_id>")
async def event(event_id: str) -> Response[str]:
    query, deadline = read(_asked()), Deadline(SECONDS)
    async with await _connected(query) as connector:
        return answers.one(await connector.get_event(_id(event_id), deadline=deadline.remaining()), query)


@app.get("/events/<event_id>/tickets")
async def event_tickets(event_id: str) -> Response[str]:
    return await _page("tickets", Connector.get_tickets, _id(event_id))


@app.get("/events/<event_id>/attendees")
async def event_attendees(event_id: str) -> Response[str]:
    return await _page("attendees", Connector.get_attendees, _id(event_id))


@app.get("/events/<event_id>/orders")
async def event_orders(event_id: str) -> Response[str]:
    return await _page("orders", Connector.get_orders, _id(event_id))


@app.get("/events/<event_id>/revenue")
async def event_revenue(event_id: str) -> Response[str]:
    query, deadline = read(_asked(), records=False), Deadline(SECONDS)
    async with await _connected(query) as connector:
        try:
            return answers.one(await connector.get_revenue(_id(event_id), deadline=deadline.remaining()), query)
        except DeadlineExceeded:
            advice = f"Read /v1/{provider.slug}/events/{event_id}/orders page by page."
            raise errors.TooLargeForLive("There was no time to read every sale.", advice) from None


async def _page(kind: str, listing: Listing, *event_id: str) -> Response[str]:
    query = read_page(_asked(), kind, filters.names(kind, provider.parts(kind)))
    deadline = Deadline(SECONDS)
    async with await _connected(query) as connector:
        found = await listing(connector, *event_id, **query.page, deadline=deadline.remaining())
    return answers.page(found, query)


def _asked() -> str:
    return app.current_event.raw_query_string


def _id(segment: str, param: str = "event_id") -> str:
    try:
        return decode_id(segment)
    except ValueError:
        advice = "Write what is not in A-Za-z0-9._=- as ~ and the hex of its UTF-8 bytes: ~2F for /."
        raise InvalidArgument(param, f"{param} is not written as paths have it.", advice) from None


async def _connected(query: Query, listing: str | None = None) -> Connector:
    """In a thread, because the store may have to ask AWS."""
    return await asyncio.to_thread(connect, store, joined(provider.slug, query.account), listing=listing)


own.Own(app, _connected, _id, SECONDS).serve(provider)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, log_event=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Not a coroutine itself: Lambda's runtime would not await it."""
    return asyncio.run(app.resolve_async(event, context))

"""The routes of what one platform alone has, made from its own declaration: `GET /v1/equaticket/webhooks`,
`POST /v1/equaticket/events`.
"""

import json
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from connectors import Connector, InvalidArgument, NotFound, Provider
from connectors.calls import placeholders
from connectors.http import Deadline
from connectors.own import Action, OwnListing

from . import answers
from .query import flag, read, read_own

Handler = Callable[..., Coroutine[Any, Any, Response[str]]]
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Own:
    """Answers for one provider. `connected` opens the connection that a query asks for, `read_id` reads an id of the
    path, and `seconds` is how long the platform is waited for.
    """

    app: APIGatewayHttpResolver
    connected: Callable[..., Awaitable[Connector]]
    read_id: Callable[[str, str], str]
    seconds: float

    def serve(self, provider: Provider) -> None:
        """Adds a route for each of its own listings and for each of its actions."""
        for name, listing in provider.listings.items():
            self.app.get(_rule(listing.route))(self._listing(name, listing))
        for name, action in provider.actions.items():
            self.app.route(_rule(action.route), [action.call.method])(self._action(name, action))

    def _listing(self, name: str, listing: OwnListing) -> Handler:
        async def answer(**path: str) -> Response[str]:
            deadline = Deadline(self.seconds)
            asked = set(listing.inputs.model_fields) - path.keys()
            query = read_own(self.app.current_event.raw_query_string, asked, paged=not listing.one)
            inputs = query.inputs | self._ids(path)
            async with await self.connected(query, listing=name) as connector:
                page = await connector.get_listing(name, inputs, **query.page, deadline=deadline.remaining())
            if not listing.one:
                return answers.page(page, query)
            if not page.items:
                raise NotFound(f"There is no such {name}.", "Check the id.")
            return answers.one(page.items[0], query)

        return answer

    def _action(self, name: str, action: Action) -> Handler:
        async def answer(**path: str) -> Response[str]:
            deadline = Deadline(self.seconds)
            dry_run, rest = flag(self.app.current_event.raw_query_string, "dry_run")
            query, inputs = read(rest), {**self._body(placeholders(action.call)), **self._ids(path)}
            key = self.app.current_event.headers.get("idempotency-key")
            async with await self.connected(query) as connector:
                outcome = await connector.act(
                    name, inputs, idempotency_key=key, dry_run=dry_run, deadline=deadline.remaining()
                )
            return answers.outcome(outcome, query)

        return answer

    def _ids(self, path: Mapping[str, str]) -> dict[str, str]:
        return {name: self.read_id(segment, name) for name, segment in path.items()}

    def _body(self, in_path: set[str]) -> dict[str, Any]:
        """The JSON object that was sent, with amounts as they are written."""
        said = self.app.current_event.decoded_body
        try:
            body = json.loads(said, parse_float=Decimal) if said else {}
        except (ValueError, ArithmeticError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise InvalidArgument("body", "The body is not a JSON object.", "Send the inputs as one.")
        for name in in_path & body.keys():
            raise InvalidArgument(name, f"{name} is in the path already.", "Leave it out of the body.")
        return body


def _rule(route: str) -> str:
    return _PLACEHOLDER.sub(r"<\1>", route)

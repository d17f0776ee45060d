"""The routes of what one platform alone has, made from its own declaration: `GET /v1/equaticket/webhooks`,
`POST /v1/equaticket/events`.
"""

import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aws_lambda_powertools.event_handler import Response

from connectors import Connector, InvalidArgument, NotAllowed, NotFound, Provider
from connectors.calls import in_path
from connectors.http import Deadline
from connectors.own import Action, OwnListing

from . import answers
from .errors import UnsupportedMediaType
from .parameters import ACCOUNT, DRY_RUN, PERSONAL_DATA, PLACES, RAW, Parameter
from .query import Query, read
from .resolver import Resolver

Handler = Callable[..., Coroutine[Any, Any, Response[str]]]
RECORD = (ACCOUNT, PERSONAL_DATA, RAW)
KEY = "Idempotency-Key"
WRITE = "write"  # the scope that a token has to have


@dataclass(frozen=True, slots=True)
class Own:
    """Answers for one provider. `connected` opens the connection that a query asks for, `read_id` reads an id of the
    path, and `deadline` says how long the platform is waited for.
    """

    resolver: Resolver
    connected: Callable[..., Awaitable[Connector]]
    read_id: Callable[[str, str], str]
    deadline: Callable[[], Deadline]

    def serve(self, provider: Provider) -> None:
        """Adds a route for each of its own listings and for each of its actions."""
        for name, listing in provider.listings.items():
            self.resolver.get(listing.route)(self._listing(name, listing))
        for name, action in provider.actions.items():
            self.resolver.route(action.route, [action.call.method])(self._action(name, action))

    def _listing(self, name: str, listing: OwnListing) -> Handler:
        async def answer(**path: str) -> Response[str]:
            deadline = self.deadline()
            asked = set(listing.inputs.model_fields) - path.keys()
            query = self._read(parameters(listing), asked)
            inputs, records = {**query.others, **self._ids(path)}, answers.Records(query)
            async with await self.connected(query, listing=name) as connector:
                page = await connector.get_listing(
                    name, inputs, **query.of(PLACES), deadline=deadline.remaining(), fits=records.fits
                )
            if not listing.one:
                return answers.page(page, records)
            if not page.items:
                raise NotFound(f"There is no such {name}.", "Check the id.")
            return answers.one(page.items[0], query)

        return answer

    def _action(self, name: str, action: Action) -> Handler:
        async def answer(**path: str) -> Response[str]:
            deadline = self.deadline()
            query = self._read((*RECORD, DRY_RUN))
            if not (query.given.get("dry_run") or self.resolver.may(WRITE)):
                raise NotAllowed(f"The token does not allow {name}.", "It needs the scope write.")
            inputs = {**self._body(in_path(action.call)), **self._ids(path)}
            key = self.resolver.current_event.headers.get(KEY)
            async with await self.connected(query) as connector:
                outcome = await connector.act(
                    name,
                    inputs,
                    idempotency_key=key,
                    dry_run=bool(query.given.get("dry_run")),
                    deadline=deadline.remaining(),
                )
            return answers.outcome(outcome, query)

        return answer

    def _read(self, parameters: Iterable[Parameter], others: Iterable[str] = ()) -> Query:
        return read(self.resolver.query, parameters, others, persons=self.resolver.may(PERSONAL_DATA.name))

    def _ids(self, path: Mapping[str, str]) -> dict[str, str]:
        return {name: self.read_id(segment, name) for name, segment in path.items()}

    def _body(self, elsewhere: set[str]) -> dict[str, Any]:
        """The JSON object that was sent, with amounts as they are written."""
        event = self.resolver.current_event
        kind = event.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if event.body and kind != "application/json":
            raise UnsupportedMediaType("Content-Type", "The body is not sent as JSON.", "Use application/json.")
        try:
            body = json.loads(event.decoded_body or "", parse_float=Decimal) if event.body else {}
        except (ValueError, ArithmeticError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise InvalidArgument("body", "The body is not a JSON object.", "Send the inputs as one.")
        for name in elsewhere & body.keys():
            raise InvalidArgument(name, f"{name} is in the path already.", "Leave it out of the body.")
        return body


def parameters(listing: OwnListing) -> tuple[Parameter, ...]:
    """What a listing can be asked with beside its inputs."""
    return RECORD if listing.one else (*PLACES, *RECORD)

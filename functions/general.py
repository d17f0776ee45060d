"""What is asked of no single provider: `GET /v1/providers`, and every path that no other function serves."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging import correlation_paths

from connectors.credentials import split
from connectors.matrix import matrix
from spekta.aws.secrets import SecretStore

from . import answers, errors
from .log import logger
from .query import read_none

store = SecretStore()
app = APIGatewayHttpResolver()
errors.handle(app)


@app.get("/v1/providers")
def providers() -> Response[str]:
    read_none(app.current_event.raw_query_string)
    connected: dict[str, list[str]] = {}
    for connection in store.connections():
        connected.setdefault(split(connection)[0], []).append(connection)
    return answers.rows([asdict(row) | {"connections": connected.get(row.provider, [])} for row in matrix()])


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, log_event=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

"""Parts that many operations share: parameters, and answers that are errors."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from .. import parameters
from ..parameters import Parameter
from .schemas import codes_of, ref

ALONE = (
    parameters.ACCOUNT,
    parameters.PERSONAL_DATA,
    parameters.RAW,
    parameters.PAGE,
    parameters.PAGE_SIZE,
    parameters.CURSOR,
    parameters.SINCE,
    parameters.DRY_RUN,
    parameters.LIMIT,
    parameters.CONNECTIONS,
    parameters.SOURCE,
    parameters.BY,
)
SEGMENT = {"type": "string", "pattern": "^([A-Za-z0-9._=-]|~[0-9A-F]{2})+$"}
READ = (400, 401, 403, 404, 405, 429, 501, 502, 503, 504)
WRITE = (*READ, 409, 413, 415, 422)
ALL = (400, 401, 403, 405, 503, 504)
DELIVERY = (400, 401, 404, 405, 413)
COMPONENTS = {
    "securitySchemes": {
        "iam": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "A request signed by IAM (SigV4), where the API has no issuer",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A JWT of the issuer, where the API has one; the token of `spekta serve`",
        },
    }
}


def described(parameter: Parameter) -> dict[str, Any]:
    """A parameter of the query."""
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.about,
        "schema": dict(parameter.schema),
    }


PARAMETERS = {one.name: described(one) for one in ALONE}


def used(parameter: Parameter) -> dict[str, Any]:
    """A parameter of an operation."""
    return {"$ref": f"#/components/parameters/{parameter.name}"} if parameter in ALONE else described(parameter)


def in_path(name: str, about: str, schema: Mapping[str, Any] = SEGMENT) -> dict[str, Any]:
    """An id in the path."""
    return {"name": name, "in": "path", "required": True, "description": about, "schema": dict(schema)}


def responses() -> dict[str, Any]:
    """Answers that are errors, by status."""
    return {str(status): _error(status, codes) for status, codes in codes_of().items() if status in WRITE} | {
        str(status): _error(status, ["rejected"]) for status in (409, 422)
    }


def failing(statuses: tuple[int, ...]) -> dict[str, Any]:
    """The errors of an operation."""
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}


def _error(status: int, codes: list[str]) -> dict[str, Any]:
    headers = {
        405: {"Allow": {"schema": {"type": "string"}}},
        429: {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}},
    }
    found = {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}",
        "content": {"application/json": {"schema": ref("Error")}},
    }
    return found | ({"headers": headers[status]} if status in headers else {})

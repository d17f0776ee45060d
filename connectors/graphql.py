"""GraphQL: the queries that listings need, and the errors that come with status 200."""

from typing import Any

from .provider import Fault
from .row import Row


def relay(root: str, kind: str, where: str, fields: str) -> str:
    """A query for a Relay connection below `root`, with $first, $after and a $where of that input type.

    The fields may be made to depend on $holders: whether people are asked for.
    """
    holders = ", $holders: Boolean = false" if "$holders" in fields else ""
    return (
        f"query($first: Int, $after: String, $where: {where}{holders}) {{ {root} {{ "
        f"{kind}(first: $first, after: $after, where: $where) {{ "
        f"totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {fields} }} }} }} }} }}"
    )


def node(kind: str, fields: str) -> str:
    """A query for one object by its $id."""
    return f"query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {fields} }} }} }}"


def faults(status: int, body: Row) -> Fault | None:
    """Errors beside no data. What the data still holds is used: fields may be closed to a token one by one."""
    if status != 200 or not body.has("errors") or not _is_null(body.value("data")):
        return None
    said = (body.text("errors[0].message") or "").lower()
    return "forbidden" if "authori" in said or "permission" in said else "bad"


def _is_null(value: Any) -> bool:
    """Null, or an object of nothing else: a list that is closed to a token is null inside of its parents."""
    return value is None or (isinstance(value, dict) and all(_is_null(part) for part in value.values()))

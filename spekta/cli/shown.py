"""What only one platform has, shown: its records, and what came of an action."""

import json as plain
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from connectors import NotFound, Outcome, PaginatedResult, Preview, Provider
from connectors.models import PlatformRecord, UnifiedRecord
from connectors.own import OwnListing

from . import cells
from .records import as_json
from .terminal import out, remark, say_json

ASIDE = frozenset({"reference", "provider", "account", "status_raw", "created_at", "updated_at", "description"})


def listing(name: str, listing: OwnListing, found: PaginatedResult[Any], *, personal_data: bool, json: bool) -> None:
    """Prints a listing, or the one record that it is. Raises NotFound where there is none."""
    if listing.one and not found.items:
        raise NotFound(f"There is no such {name}.", "Check the id.")
    records = [as_json(record, personal_data=personal_data) for record in found.items]
    if json:
        more = {} if listing.one else {"has_more": found.has_more, "next_cursor": found.next_cursor}
        say_json({name: records[0] if listing.one else records} | more)
    elif listing.one:
        out().print(_one(_values(found.items[0], records[0])))
    else:
        out().print(_many(map(_values, found.items, records)) if records else f"No {name.replace('_', ' ')}.")
        if found.next_cursor:
            out().print(Text(f"\nmore: --cursor {found.next_cursor}", "dim"), soft_wrap=True)
    for problem in found.problems:
        remark(f"A record could not be read and is left out: {problem.path}: {problem.reason}")


def outcome(provider: Provider, found: Outcome, *, json: bool) -> None:
    """Prints what came of an action, or in a dry run the request that would be sent."""
    if json:
        record = as_json(found.record, personal_data=False) if found.record else None
        request = {} if found.sent else {"request": _request(found.request)}
        done = {"action": found.action, "sent": found.sent, "replayed": found.replayed, "record": record}
        say_json(done | {"idempotency_key": found.idempotency_key} | request)
    elif not found.sent:
        _show_request(found.request)
    else:
        values = _values(found.record, as_json(found.record, personal_data=False)) if found.record else {}
        out().print(_one(values) if values else "Done.")
    if found.replayed:
        remark(f"{provider.name} had done this before, for the same key, and answers as it did then.")


def _values(record: UnifiedRecord, values: Mapping[str, Any]) -> dict[str, Any]:
    """What of a record stands in a table: of one of the platform's own, its own names."""
    if isinstance(record, PlatformRecord):
        own = {"id": record.id, "created_at": values["created_at"], **record.values}
    else:
        own = {name: value for name, value in values.items() if name not in ASIDE}
    return {name: value for name, value in own.items() if not _is_nested(value)}


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list | tuple) and any(map(_is_nested, value)))


def _one(values: Mapping[str, Any]) -> Table:
    table = cells.table("Field", "Value", whole=("Field",))
    for name, value in values.items():
        if value is not None:
            table.add_row(cells.words(name), _cell(value))
    return table


def _many(rows: Iterable[Mapping[str, Any]]) -> Table:
    """With the columns that any of the rows has something in."""
    rows = list(rows)
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if any(row.get(name) for row in rows)]
    table = cells.table(*(cells.words(name).capitalize() for name in names), whole=("Id",))
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in names))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return cells.answer(value)
    return cells.text(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _request(request: Preview) -> dict[str, Any]:
    return {"method": request.method, "url": request.url, "headers": dict(request.headers), "body": request.body}


def _show_request(request: Preview) -> None:
    console = out()
    console.print(Text(f"{request.method} {request.url}", "bold"), soft_wrap=True)
    for name, value in request.headers.items():
        console.print(f"{name}: {value}", soft_wrap=True)
    if request.body is not None:
        console.print(f"\n{plain.dumps(request.body, ensure_ascii=False, indent=2)}", soft_wrap=True)
    remark("Nothing was sent.")

"""Copies an account as one would by hand: an httpx2 loop, a pydantic model, executemany, and the cursor with each page.

It knows this one platform, and no versions, changes, deletions or totals. `python -m benchmarks.copy_by_hand ADDRESS`
prints how many attendees it stored.
"""

import asyncio
import json
import re
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2

from connectors.models import UnifiedAttendee, UnifiedEvent, UnifiedTicket, Venue

from .by_hand import money
from .readers import KEY

TABLES = """
CREATE TABLE records (kind TEXT, id TEXT, event_id TEXT, content TEXT, PRIMARY KEY (kind, id));
CREATE INDEX of_event ON records (event_id, kind);
CREATE TABLE cursors (kind TEXT PRIMARY KEY, place TEXT);
"""
Line = tuple[str, str, str, str]


async def main(address: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = sqlite3.connect(Path(folder) / "store.sqlite")
        file.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + TABLES)
        headers = {"Accept": "application/json", "Authorization": f"Bearer {KEY}"}
        async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=10) as client:
            await copy(file, client, "/events", event)
            for (id,) in file.execute("SELECT id FROM records WHERE kind = 'event'").fetchall():
                await copy(file, client, f"/events/{id}/ticket-types", ticket)
            await copy(file, client, "/attendees", attendee)
        print(file.execute("SELECT count(*) FROM records WHERE kind = 'attendee'").fetchone()[0])
        file.close()


async def copy(
    file: sqlite3.Connection, client: httpx2.AsyncClient, path: str, line: Callable[[dict[str, Any]], Line]
) -> None:
    asked = {"limit": "50"}
    while True:
        response = await client.get(path, params=asked)
        response.raise_for_status()
        page = json.loads(response.content, parse_float=Decimal)
        with file:
            file.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", [line(row) for row in page["data"]])
            file.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (path, page["next_cursor"]))
        if not page["has_more"]:
            return
        asked["cursor"] = page["next_cursor"]


def event(row: dict[str, Any]) -> Line:
    made = UnifiedEvent(
        id=row["id"],
        provider="equaticket",
        name=row["title"],
        description=re.sub("<[^>]+>", "", row["description"]),
        status="live" if row["status"] == "published" else "unknown",
        status_raw=row["status"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        timezone=row["timezone"],
        venue=Venue(**row["venue"]),
        currency=row["currency"].upper(),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        raw=row,
    )
    return "event", made.id, made.id, made.model_dump_json()


def ticket(row: dict[str, Any]) -> Line:
    made = UnifiedTicket(
        id=row["id"],
        provider="equaticket",
        event_id=row["event_id"],
        name=row["name"],
        price=money(row["price"], 2),
        currency=row["currency"].upper(),
        quantity_total=row["quantity_total"],
        quantity_sold=row["quantity_sold"],
        quantity_available=row["quantity_total"] - row["quantity_sold"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        raw=row,
    )
    return "ticket", made.id, row["event_id"], made.model_dump_json()


def attendee(row: dict[str, Any]) -> Line:
    made = UnifiedAttendee(
        id=row["id"],
        provider="equaticket",
        event_id=row["event_id"],
        order_id=row["order_id"],
        ticket_id=row["ticket_type_id"],
        ticket_name=row["ticket_type_name"],
        name=row["attendee_name"],
        email=row["attendee_email"],
        status=row["status"],
        status_raw=row["status"],
        checked_in=row["checked_in"],
        checked_in_at=row["checked_in_at"],
        purchased_at=row["created_at"],
        barcode=row["ticket_code"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        raw=row,
    )
    return "attendee", made.id, row["event_id"], made.model_dump_json()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

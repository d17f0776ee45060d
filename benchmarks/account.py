"""An Equaticket on loopback with a whole account: events of a hundred tickets each, and nothing else.

`python -m benchmarks.account 100000` serves that many issued tickets, prints its address, and goes on until it is
ended. Pages are written as they are asked for, so that an account may be of any size.
"""

import asyncio
import json
import sys
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .server import HEAD, MISSING

PAGE, TICKETS = 50, 100
OPENING = datetime(2026, 3, 1, 20, tzinfo=UTC)
NAMES = ("Amélie Fontanel", "美玲 陈", "Zoë Müller-Łęcka", "Seán O'Brannagh")


def event(number: int) -> dict[str, Any]:
    opens = OPENING + timedelta(hours=number)
    return {
        "id": f"evt_{number:07}",
        "title": f"Concert {number} in the Old Foundry",
        "description": "<p>Loud. <i>Very</i> loud.</p>",
        "status": "published",
        "starts_at": opens.isoformat(),
        "ends_at": (opens + timedelta(hours=3)).isoformat(),
        "timezone": "Europe/London",
        "venue": {"name": "The Old Foundry", "city": "London", "postal_code": "SE1 9ZZ", "country": "GB"},
        "currency": "eur",
        "created_at": OPENING.isoformat(),
        "updated_at": OPENING.isoformat(),
    }


def ticket_type(number: int) -> dict[str, Any]:
    return {
        "id": f"tt_{number:07}",
        "event_id": f"evt_{number:07}",
        "name": "Standing",
        "price": 2450,
        "currency": "eur",
        "quantity_total": 300,
        "quantity_sold": TICKETS,
        "created_at": OPENING.isoformat(),
        "updated_at": OPENING.isoformat(),
    }


def attendee(number: int) -> dict[str, Any]:
    bought = (OPENING + timedelta(seconds=number)).isoformat()
    return {
        "id": f"tkt_{number:09}",
        "event_id": f"evt_{number // TICKETS:07}",
        "order_id": f"ord_{number // 2:09}",
        "ticket_type_id": f"tt_{number // TICKETS:07}",
        "ticket_type_name": "Standing",
        "attendee_name": NAMES[number % len(NAMES)],
        "attendee_email": f"guest{number}@example.org",
        "status": "valid" if number % 23 else "refunded",
        "checked_in": number % 3 == 0,
        "checked_in_at": bought if number % 3 == 0 else None,
        "ticket_code": f"{number:09}X",
        "is_test_data": False,
        "created_at": bought,
        "updated_at": bought,
    }


def page(make: Callable[[int], dict[str, Any]], count: int, start: int) -> dict[str, Any]:
    end = min(start + PAGE, count)
    rows = [make(number) for number in range(start, end)]
    return {"data": rows, "has_more": end < count, "next_cursor": str(end) if end < count else None, "livemode": True}


def answer(target: str, tickets: int) -> Any:
    """The answer to a request; None where there is no such record."""
    url = urlsplit(target)
    start = int(parse_qs(url.query).get("cursor", ["0"])[0])
    match url.path.strip("/").split("/"):
        case ["events"]:
            return page(event, (tickets + TICKETS - 1) // TICKETS, start)
        case ["events", id, "ticket-types"]:
            return page(lambda _: ticket_type(int(id.removeprefix("evt_"))), 1, 0)
        case ["attendees"]:
            return page(attendee, tickets, start)
        case ["orders"]:
            return page(attendee, 0, 0)
    return None


async def main(tickets: int) -> None:
    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = answer(head.split(b" ", 2)[1].decode(), tickets)
                body = json.dumps(found, separators=(",", ":")).encode()
                writer.write(MISSING if found is None else HEAD.format(len(body)).encode() + body)
                await writer.drain()
        except (IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

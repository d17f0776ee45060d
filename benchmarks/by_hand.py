"""Reads all orders as one would by hand, for this one platform and nothing else: an httpx2 loop, a pydantic model.

What Spekta costs is measured against this. `python -m benchmarks.by_hand ADDRESS` prints how many orders it read.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2

from connectors.models import OrderLine, OrderStatus, UnifiedOrder

from .readers import KEY, Take, count

STATUSES: dict[str, OrderStatus] = {"completed": "paid", "pending": "pending", "cancelled": "cancelled"}
DECIMALS = {1: 0, 100: 2, 1000: 3}


async def read(address: str, take: Take) -> None:
    asked = {"limit": "100"}
    async with httpx2.AsyncClient(auth=(KEY, ""), headers={"Accept": "application/json"}, timeout=10) as client:
        while True:
            response = await client.get(f"{address}/orders", params=asked)
            response.raise_for_status()
            page = json.loads(response.content, parse_float=Decimal)
            for row in page["data"]:
                take(order(row))
            if not page["links"]["next"]:
                return
            asked["starting_after"] = page["data"][-1]["id"]


def order(row: dict[str, Any]) -> UnifiedOrder:
    currency = row.get("currency") or {}
    decimals = DECIMALS[currency.get("base_multiplier", 100)]
    buyer = row.get("buyer_details") or {}
    event_id = (row.get("event_summary") or {}).get("event_id")
    paid, refunded = money(row.get("total_paid"), decimals), money(row.get("refund_amount"), decimals)
    placed_at = moment(row.get("created_at"))
    return UnifiedOrder(
        id=row["id"],
        provider="ticket-tailor",
        status=status(row.get("status"), paid, refunded),
        status_raw=row.get("status"),
        buyer_name=text(buyer.get("name")),
        buyer_email=text(buyer.get("email")),
        placed_at=placed_at,
        created_at=placed_at,
        total=money(row.get("total"), decimals),
        tax=money(row.get("tax"), decimals),
        paid=paid,
        refunded=refunded,
        currency=(currency.get("code") or "").upper() or None,
        lines=tuple(
            OrderLine(
                event_id=event_id,
                ticket_id=line.get("item_id"),
                quantity=line.get("quantity"),
                amount=money(line.get("total"), decimals),
                fee=money(line.get("booking_fee"), decimals),
            )
            for line in row.get("line_items") or ()
            if line.get("type") == "ticket"
        ),
        event_ids=(event_id,) if event_id else (),
        ticket_count=sum(ticket.get("status") == "valid" for ticket in row.get("issued_tickets") or ()),
        raw=row,
    )


def status(said: str | None, paid: Decimal | None, refunded: Decimal | None) -> OrderStatus:
    known = STATUSES.get(said or "", "unknown")
    if known not in ("paid", "cancelled") or not refunded:
        return known
    if refunded >= (paid or 0):
        return "refunded"
    return "partially_refunded" if known == "paid" else known


def money(minor: int | None, decimals: int) -> Decimal | None:
    return None if minor is None else Decimal(minor).scaleb(-decimals)


def moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def text(said: str | None) -> str | None:
    return (said or "").strip() or None


if __name__ == "__main__":
    count(read)

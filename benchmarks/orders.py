"""Invented orders as Ticket Tailor's API gives them, after https://developers.tickettailor.com: about 2.3 kB each."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

PAGE = 100
BUYERS = (
    {"name": "Amélie Fontanel", "first_name": "Amélie", "last_name": "Fontanel", "email": "amelie@example.org"},
    {"name": "美玲 陈", "first_name": "美玲", "last_name": "陈", "email": "meiling@example.org"},
    {"name": "Zoë Müller-Łęcka", "first_name": "Zoë", "last_name": "Müller-Łęcka", "email": None},
    {"name": " ", "first_name": "", "last_name": "", "email": "door@example.org"},
    {"name": "Seán O'Brannagh ", "first_name": "Seán", "last_name": "O'Brannagh ", "email": "sean@example.org"},
)
CURRENCIES = (("eur", 100),) * 5 + (("jpy", 1), ("kwd", 1000))
STATUSES = ("completed",) * 8 + ("pending", "cancelled", "on_hold")
OPENING = datetime(2027, 3, 1, 20, tzinfo=UTC)


def pages(records: int) -> Iterator[tuple[str, bytes]]:
    """Every page of the listing, encoded, with the `starting_after` that asks for it."""
    after = ""
    for first in range(0, records, PAGE):
        rows = [order(number) for number in range(first, min(first + PAGE, records))]
        last = rows[-1]["id"]
        following = f"/v1/orders?limit={PAGE}&starting_after={last}" if first + PAGE < records else None
        page = {"data": rows, "links": {"next": following, "previous": None}}
        yield after, json.dumps(page, separators=(",", ":")).encode()
        after = last


def order(number: int) -> dict[str, Any]:
    """The order of that number: one to three tickets, now and then a refund, another currency, or a missing field."""
    code, per_unit = CURRENCIES[number % len(CURRENCIES)]
    tickets = 1 + number % 3
    price, fee = 24 * per_unit, per_unit // 2
    total = tickets * (price + fee)
    refunded = {0: total, 1: price}.get(number % 19, 0)
    row: dict[str, Any] = {
        "object": "order",
        "id": f"or_{number:08}",
        "created_at": 1_790_000_000 + 60 * number,
        "status": STATUSES[number % len(STATUSES)],
        "status_message": None,
        "currency": {"base_multiplier": per_unit, "code": code},
        "subtotal": total,
        "tax": total // 6,
        "tax_treatment": "inclusive",
        "total": total,
        "total_paid": total,
        "refund_amount": refunded,
        "credited_out_amount": 0,
        "refunded_voucher_id": None,
        "txn_id": f"ch_{number:016}",
        "referral_tag": None,
        "marketing_opt_in": number % 2 == 0,
        "meta_data": [],
        "notes": None,
        "payment_method": {"external_id": None, "id": "pm_1", "name": "Card", "type": "stripe", "instructions": None},
        "buyer_details": {
            **BUYERS[number % len(BUYERS)],
            "phone": "+49 30 555 0100",
            "address": {"address_1": "Uferweg 7", "address_2": None, "address_3": None, "postal_code": "10999"},
            "custom_questions": [{"question": "Diet?", "answer": "Vegan"}],
        },
        "event_summary": event(number % 40),
        "line_items": [line(f"{number:08}_{seat}", price, fee) for seat in range(tickets)],
        "issued_tickets": [ticket(number, seat, price, code, per_unit) for seat in range(tickets)],
    }
    if number % 13 == 0:
        del row["tax"], row["total_paid"]
    if number % 7 == 0:
        charge = {"type": "transaction_charge", "item_id": None, "description": "Card fee"}
        row["line_items"].append(line(f"{number:08}_c", fee, 0) | charge)
    return row


def event(number: int) -> dict[str, Any]:
    opens = OPENING + timedelta(days=number)
    return {
        "id": f"ev_{number}",
        "event_id": f"ev_{number}",
        "event_series_id": f"es_{number % 7}",
        "name": "Concert in the Old Foundry",
        "start_date": moment(opens),
        "end_date": moment(opens + timedelta(hours=3)),
        "venue": {"name": "The Old Foundry", "postal_code": "SE1 9ZZ", "country": "GB"},
    }


def moment(at: datetime) -> dict[str, Any]:
    return {
        "date": f"{at:%Y-%m-%d}",
        "formatted": f"{at:%a %d %b %Y %H:%M}",
        "iso": at.isoformat(),
        "time": f"{at:%H:%M}",
        "timezone": "+00:00",
        "unix": int(at.timestamp()),
    }


def line(number: str, price: int, fee: int) -> dict[str, Any]:
    return {
        "object": "line_item",
        "id": f"li_{number}",
        "type": "ticket",
        "item_id": "tt_1",
        "description": "Standing",
        "quantity": 1,
        "value": price,
        "booking_fee": fee,
        "total": price + fee,
    }


def ticket(number: int, seat: int, price: int, code: str, per_unit: int) -> dict[str, Any]:
    return {
        "object": "issued_ticket",
        "id": f"it_{number:08}_{seat}",
        "event_id": f"ev_{number % 40}",
        "order_id": f"or_{number:08}",
        "ticket_type_id": "tt_1",
        "full_name": f"Guest {seat}",
        "email": None,
        "barcode": f"{number:08}{seat}",
        "status": "voided" if (number + seat) % 23 == 0 else "valid",
        "checked_in": "false",
        "listed_price": price,
        "listed_currency": {"base_multiplier": per_unit, "code": code},
        "custom_questions": [],
        "voided_at": None,
    }

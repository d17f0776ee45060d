"""How amounts, times and answers are written on a wire. What one platform alone does stays in its own module."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

DECIMALS = {"JPY": 0, "KWD": 3}


def minor(amount: Decimal, currency: str) -> int:
    """Write an amount as a whole number of the currency's smallest unit."""
    return int(amount.scaleb(DECIMALS.get(currency, 2)))


def major(amount: Decimal, decimals: int = 2) -> str:
    return f"{amount:.{decimals}f}"


def utc(moment: datetime | None) -> str | None:
    """Write a time as `2027-03-01T19:00:00Z`."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def unix(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def rest(module: str) -> dict[str, dict[str, Any]]:
    """Read the file beside a module that holds, by kind of row, the fields that are the same in all of them."""
    found: dict[str, dict[str, Any]] = json.loads(Path(module).with_suffix(".json").read_text())
    return found


@dataclass
class Answer:
    """An answer that is not plain JSON with status 200."""

    payload: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"

    def response(self) -> Response:
        content = self.payload if isinstance(self.payload, (str, bytes)) else dumps(self.payload)
        return Response(content, self.status, self.headers, self.media_type)


class Refusal(Exception):
    """A request that the platform refuses; its module's `error` writes the body."""

    def __init__(self, status: int, code: str = "", message: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}


def dumps(payload: Any) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()

"""How values are written in answers: platform text made safe, amounts and times as text."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

from connectors.redaction import quoted

SHORT, LONG = 200, 2000


def shown(text: str, limit: int = SHORT) -> str:
    """Text of a platform or a buyer on one line: nothing invisible, no secrets, at most `limit` characters."""
    return quoted(text, limit)


def rfc3339(moment: datetime) -> str:
    """`2027-06-18T18:30:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def local_time(moment: datetime | None, zone: str | None) -> str | None:
    """`Fri 2027-06-18 20:30 Europe/Paris`; None where the time or its zone is not known."""
    if moment is None or not zone:
        return None
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except (KeyError, OSError, ValueError):  # no such zone, or no name of one
        return None
    return f"{local:%a %Y-%m-%d %H:%M} {zone}"


def _amount(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else value


def _moment(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value


def _text(limit: int) -> BeforeValidator:
    return BeforeValidator(lambda value: shown(value, limit) if isinstance(value, str) else value)


Text = Annotated[str, _text(SHORT)]
LongText = Annotated[str, _text(LONG)]
Amount = Annotated[str, BeforeValidator(_amount)]
Moment = Annotated[str, BeforeValidator(_moment)]

"""Times as text that sorts like the times themselves."""

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """`2027-03-01T19:00:00.000000Z`: always as long."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def now() -> datetime:
    """The time by our clock."""
    return datetime.now(UTC)

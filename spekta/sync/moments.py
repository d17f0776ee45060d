"""Times as text that sorts like the times themselves."""

from datetime import UTC, datetime, timedelta


def stamp(moment: datetime) -> str:
    """`2027-03-01T19:00:00.000000Z`: always as long."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def now() -> datetime:
    """The time by our clock."""
    return datetime.now(UTC)


def is_within(moment: datetime, span: timedelta, now: datetime) -> bool:
    """Whether a time is not as long past. One to come is of a clock that was wrong, and says nothing."""
    return timedelta() <= now - moment < span

"""Secrets stay secret: every credential value is remembered here, and taken out of any text before it is shown."""

import logging
import re
import traceback
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

_secrets: set[str] = set()
# Control characters, and what hides in text: zero widths, marks of direction, soft hyphens, tags, lone surrogates.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u061c\u180e\ud800-\udfff\U000e0000-\U000e01ef]+"
)
_SOFT = "\u00ad"
SHORTEST = 6


def remember(secret: str) -> None:
    """Makes a value one that is never shown. Values under six characters are left: they occur in ordinary text."""
    if len(secret) >= SHORTEST and secret not in _secrets:
        _secrets.update({secret, quote(secret, safe=""), quote_plus(secret)})


def redact(text: str) -> str:
    """The text with every known secret replaced, the longest first: one may be a part of another."""
    for secret in sorted(_secrets, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, "***")
    return text


def quoted(text: str, limit: int = 200) -> str:
    """What a platform said, made safe to repeat: no control characters, no secrets, at most `limit` characters."""
    said = redact(" ".join(_CONTROL.sub(" ", text.replace(_SOFT, "")).split()))
    return said if len(said) <= limit else f"{said[: limit - 1]}…"


def cleaned(value: Any) -> Any:
    """A document with every known secret in its texts replaced; what is no text but would show one becomes text."""
    if isinstance(value, Mapping):
        return {cleaned(name): cleaned(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [cleaned(part) for part in value]
    said = str(value)
    return value if (safe := redact(said)) == said else safe


class RedactingFilter(logging.Filter):
    """A log filter that takes secrets out of messages, their arguments and tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _secrets:
            record.msg, record.args = redact(_message(record)), ()
            if record.exc_info:
                record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)


def defect(error: BaseException) -> str:
    """A defect for a log: its kind and its place, not what it says, which may be a secret or a value of a record."""
    return f"{type(error).__qualname__}\n{''.join(traceback.format_tb(error.__traceback__))}"


def secret_values(values: Mapping[str, Any], names: frozenset[str]) -> None:
    """Remembers the values of the named fields."""
    for name in names:
        if isinstance(value := values.get(name), str):
            remember(value)

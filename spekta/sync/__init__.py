"""Copies what changed on every platform into a store, and says what changed. Knows connectors and stores, no AWS."""

from .announcing import Announcer, Callback, JsonLines
from .changes import Change
from .people import forget
from .status import Schedule, Status
from .store import Reader, Store
from .worker import Outcome, Worker

__all__ = [
    "Announcer",
    "Callback",
    "Change",
    "JsonLines",
    "Outcome",
    "Reader",
    "Schedule",
    "Status",
    "Store",
    "Worker",
    "forget",
]

"""A connection to the file, whose errors say what to do."""

import sqlite3
from pathlib import Path
from typing import Any

from connectors.errors import ConfigurationError

from ..store import StoreFailed

PATIENCE = 30.0  # seconds to wait for another writer
_ADVICE = {
    sqlite3.SQLITE_BUSY: "Another process is writing to it. Try again once that has ended.",
    sqlite3.SQLITE_LOCKED: "Another process is writing to it. Try again once that has ended.",
    sqlite3.SQLITE_FULL: "Make room on the disk, then run the same again: it goes on from there.",
    sqlite3.SQLITE_IOERR: "Make room on the disk, then run the same again: it goes on from there.",
    sqlite3.SQLITE_READONLY: "It must be writable, and its folder too.",
    sqlite3.SQLITE_CANTOPEN: "It must be writable, and its folder too.",
    sqlite3.SQLITE_CORRUPT: "Move it away, or name another: SPEKTA_STORE. The next sync then reads everything anew.",
}


class File(sqlite3.Connection):
    """Raises StoreFailed where the file cannot be read or written, and ConfigurationError where it is no store."""

    path = Path()

    def execute(self, *args: Any) -> sqlite3.Cursor:
        try:
            return super().execute(*args)
        except sqlite3.DatabaseError as error:
            raise self._said(error) from None

    def executemany(self, *args: Any) -> sqlite3.Cursor:
        try:
            return super().executemany(*args)
        except sqlite3.DatabaseError as error:
            raise self._said(error) from None

    def _said(self, error: sqlite3.DatabaseError) -> Exception:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            return no_store(self.path)
        return StoreFailed(f"The store {self.path} fails: {error}.", _ADVICE[code]) if code in _ADVICE else error


def connected(path: Path, address: str) -> File:
    """Opens the file at an address that SQLite knows."""
    try:
        found = sqlite3.connect(
            address, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False, factory=File
        )
    except sqlite3.OperationalError as error:
        raise StoreFailed(f"The store {path} fails: {error}.", _ADVICE[sqlite3.SQLITE_CANTOPEN]) from None
    found.path = path
    return found


def no_store(path: Path) -> ConfigurationError:
    return ConfigurationError(f"{path} is not a store of this Spekta.", "Move it away, or name another: SPEKTA_STORE.")

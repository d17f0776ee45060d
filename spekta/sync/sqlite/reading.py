"""The file, opened only to be read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from connectors.errors import ConfigurationError

from .reader import SqliteReader
from .schema import PATIENCE, VERSION


@contextmanager
def reading(path: Path) -> Iterator[SqliteReader]:
    """The store in a file that is there. Raises ConfigurationError where it is none of this Spekta's."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(
        sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    ) as file:
        if _version(file) != VERSION:
            raise ConfigurationError(
                f"{path} is not a store of this Spekta.", "Move it away, or name another: SPEKTA_STORE."
            )
        yield SqliteReader(file)


def _version(file: sqlite3.Connection) -> int | None:
    try:
        return int(file.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:  # a file of another kind
        return None

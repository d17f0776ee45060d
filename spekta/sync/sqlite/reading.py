"""The file, opened only to be read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from connectors.errors import ConfigurationError

from .reader import SqliteReader
from .schema import PATIENCE, VERSION, default_path


@contextmanager
def reading(path: Path | None = None) -> Iterator[SqliteReader | None]:
    """The store in a file, or in the user's own; None where there is no file. Raises ConfigurationError where it is
    none of this Spekta's, or cannot be read.
    """
    path = path or default_path()
    if not path.exists():
        yield None
        return
    try:
        file = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        version = _version(file)
    except sqlite3.OperationalError as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.", "Try again, or see who may read it.") from None
    with closing(file):
        if version != VERSION:
            raise ConfigurationError(
                f"{path} is not a store of this Spekta.", "Move it away, or name another: SPEKTA_STORE."
            )
        yield SqliteReader(file)


def _version(file: sqlite3.Connection) -> int | None:
    try:
        return int(file.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.OperationalError:
        file.close()
        raise
    except sqlite3.DatabaseError:  # a file of another kind
        return None

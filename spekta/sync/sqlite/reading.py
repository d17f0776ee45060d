"""The file, opened only to be read."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from .file import connected, no_store
from .reader import SqliteReader
from .schema import VERSION, default_path, version


@contextmanager
def reading(path: Path | None = None) -> Iterator[SqliteReader | None]:
    """The store in a file, or in the user's own; None where there is no file. Raises ConfigurationError where it is
    none of this Spekta's, and StoreFailed where it cannot be read.
    """
    path = path or default_path()
    if not path.exists():
        yield None
        return
    with closing(connected(path, f"{path.absolute().as_uri()}?mode=ro")) as file:
        if version(file) != VERSION:
            raise no_store(path)
        yield SqliteReader(file)

"""The store of a laptop: one SQLite file that can be read while it is written."""

from .schema import default_path
from .store import SqliteStore

__all__ = ["SqliteStore", "default_path"]

"""The file: its tables, and how it is opened."""

import os
import secrets
from pathlib import Path

from connectors.errors import ConfigurationError

from .file import File, connected

VERSION = 1
_TABLES = """
CREATE TABLE rows (
    connection TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
    event_id TEXT, events TEXT, parent TEXT NOT NULL, version INTEGER NOT NULL, content TEXT NOT NULL,
    starts_at TEXT, deleted_at TEXT, erased INTEGER NOT NULL, pending TEXT, seen TEXT, missed TEXT, raw TEXT,
    PRIMARY KEY (connection, kind, key)
) STRICT;
CREATE INDEX rows_of_event ON rows (event_id, connection, kind, key);
CREATE INDEX rows_of_parent ON rows (parent, connection, kind) WHERE parent <> '';
CREATE INDEX rows_pending ON rows (connection) WHERE pending IS NOT NULL;
CREATE INDEX rows_by_start ON rows (ifnull(starts_at, '~'), connection, key) WHERE kind = 'events';
CREATE TABLE shared (
    connection TEXT NOT NULL, kind TEXT NOT NULL, event_id TEXT NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY (connection, kind, event_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE progress (
    connection TEXT NOT NULL, kind TEXT NOT NULL, parent TEXT NOT NULL, version INTEGER NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (connection, kind, parent)
) STRICT, WITHOUT ROWID;
CREATE TABLE connections (
    connection TEXT PRIMARY KEY, status TEXT, owner TEXT, until TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE touched (
    connection TEXT NOT NULL, event_id TEXT NOT NULL, stamp TEXT NOT NULL, PRIMARY KEY (connection, event_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals (
    connection TEXT NOT NULL, event_id TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (connection, event_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine (
    connection TEXT NOT NULL, kind TEXT NOT NULL, parent TEXT NOT NULL, id TEXT NOT NULL,
    path TEXT NOT NULL, reason TEXT NOT NULL, walk TEXT NOT NULL, noticed_at TEXT NOT NULL, raw TEXT,
    PRIMARY KEY (connection, kind, parent, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE forgotten (digest TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""


def default_path() -> Path:
    """The store of this user: SPEKTA_STORE, else in the user's data folder."""
    if given := os.environ.get("SPEKTA_STORE"):
        return Path(given)
    import platformdirs  # only where the usual place is meant

    return Path(platformdirs.user_data_dir("spekta")) / "store.sqlite"


def opened(path: Path) -> File:
    """The file, made where there is none, for its owner alone. Raises ConfigurationError where it is none of ours."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    found = connected(path, path.absolute().as_uri())
    try:
        found.execute("PRAGMA journal_mode = WAL")
        found.execute("PRAGMA synchronous = NORMAL")
        _prepare(found)
    except BaseException:
        found.close()
        raise
    return found


def _prepare(found: File) -> None:
    if version(found) == VERSION:
        return
    found.execute("BEGIN IMMEDIATE")
    try:
        known = version(found)
        if known not in (0, VERSION):
            raise ConfigurationError(f"The store has version {known}.", "Use the Spekta that wrote it, or a new store.")
        if known == 0:
            for statement in filter(str.strip, _TABLES.split(";\n")):
                found.execute(statement)
            found.execute("INSERT INTO facts VALUES ('salt', ?)", (secrets.token_hex(16),))
            found.execute(f"PRAGMA user_version = {VERSION}")
        found.execute("COMMIT")
    except BaseException:
        found.execute("ROLLBACK")
        raise


def version(found: File) -> int:
    return int(found.execute("PRAGMA user_version").fetchone()[0])

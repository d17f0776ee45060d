"""The credentials file: JSON that only its owner can read.

`{connection: {"credentials": {...}, "options": {...}, "addresses": {...}}}`
"""

import asyncio
import contextlib
import fcntl
import json
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connectors.errors import ConfigurationError

from . import Settings, named

POLL_SECONDS = 0.05
_CONTENT = TypeAdapter(dict[str, Settings])


def default_path() -> Path:
    """The credentials file: SPEKTA_CREDENTIALS, else in the user's configuration folder."""
    if given := os.environ.get("SPEKTA_CREDENTIALS"):
        return Path(given)
    import platformdirs  # only where the file is used

    return Path(platformdirs.user_config_dir("spekta")) / "credentials.json"


class FileStore:
    """The connections in a file. Raises ConfigurationError where others could read it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()

    def connections(self) -> list[str]:
        return sorted(self._content())

    def settings(self, connection: str) -> Settings | None:
        return self._content().get(connection)

    def vault(self, connection: str) -> "FileVault":
        return FileVault(self, connection)

    def has(self, connection: str) -> bool:
        """Whether a connection is stored here."""
        return connection in self._content()

    def put(self, connection: str, settings: Settings) -> None:
        """Stores a connection, in place of what was stored under its name."""
        with self._locked():
            self._write(self._content() | {connection: settings})

    def update(self, connection: str, changes: Mapping[str, str]) -> None:
        """Changes some of a connection's credentials."""
        with self._locked():
            content = self._content()
            stored = content.get(connection, Settings({}))
            changed = replace(stored, credentials={**stored.credentials, **changes})
            self._write(content | {connection: changed})

    def remove(self, connection: str) -> bool:
        """Forgets a connection; False where there was none."""
        with self._locked():
            content = self._content()
            found = content.pop(connection, None)
            if found is not None:
                self._write(content)
        return found is not None

    def _content(self) -> dict[str, Settings]:
        try:
            mode = self.path.stat().st_mode
            text = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationError(
                f"{self.path} can be read by others.", f"Run: chmod 600 '{self.path}'", "credentials"
            )
        try:
            stored = _CONTENT.validate_json(text)
            return {name: replace(one, credentials=named(one.credentials)) for name, one in stored.items()}
        except ValidationError:
            raise ConfigurationError(
                f"{self.path} is not a credentials file.", "Mend or remove it, and connect again.", "credentials"
            ) from None

    def _write(self, content: Mapping[str, Settings]) -> None:
        """Written beside and moved into place, so that a crash leaves the old file or the new one."""
        text = json.dumps({name: asdict(settings) for name, settings in content.items()}, indent=1, sort_keys=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).replace(self.path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock_file() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _lock_file(self, name: str = "") -> Any:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.path.with_name(f".{self.path.name}{name}.lock").open("a")

    @contextlib.asynccontextmanager
    async def lease(self, connection: str) -> AsyncIterator[bool]:
        """Held by one process at a time, for one connection; it ends with the process that holds it."""
        with self._lock_file(f".{connection.replace('/', '.')}") as file:
            while not _taken(file):  # noqa: ASYNC110 - it may be another process that holds it
                await asyncio.sleep(POLL_SECONDS)
            yield True


def _taken(file: Any) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class FileVault:
    """One connection of the file."""

    store: FileStore
    connection: str

    @property
    def reconnect(self) -> str:
        return f"spekta connect {self.connection}"

    async def read(self) -> dict[str, str]:
        settings = self.store.settings(self.connection)
        return dict(settings.credentials) if settings else {}

    async def save(self, changes: Mapping[str, str]) -> None:
        self.store.update(self.connection, changes)

    def lease(self) -> AbstractAsyncContextManager[bool]:
        return self.store.lease(self.connection)

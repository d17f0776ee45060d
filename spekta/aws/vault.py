"""The credentials of one connection, and the lease under which its token is renewed."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from connectors.errors import Unavailable
from connectors.registry import stored_credentials

from .lease import Lease, Leases
from .secret import name_of, reconnect

if TYPE_CHECKING:
    from .secrets import SecretStore

sleep = asyncio.sleep
POLL_SECONDS = (0.1, 0.2, 0.4, 0.8)  # the last one again and again


class SecretVault:
    """The credentials of one connection.

    The lease holds within this process, and between processes where the store has leases. Without them, of those that
    renew at the same time the first to write wins.
    """

    def __init__(self, store: "SecretStore", connection: str) -> None:
        self._store = store
        self._connection = connection
        self._alone = False
        self._lease: Lease | None = None

    @property
    def reconnect(self) -> str:
        return reconnect(self._connection)

    async def read(self) -> dict[str, str]:
        """From memory, but under the lease as it is now. Raises Unavailable where the lease was lost meanwhile: what
        was read must not be used up by two; ConfigurationError where it is no connection any longer.
        """
        kept = None if self._alone else self._store.kept(self._connection)
        credentials = kept.credentials if kept else await self._now()
        if self._lease and not await asyncio.to_thread(self._lease.keep):
            raise Unavailable(f"Another worker renews the token of {self._connection}.", "Try again.")
        return stored_credentials(self._store, self._connection, credentials)

    async def save(self, changes: Mapping[str, str]) -> None:
        await asyncio.to_thread(self._store.save, self._connection, changes)

    @contextlib.asynccontextmanager
    async def lease(self) -> AsyncIterator[bool]:
        """Waits for its turn in this process, then among processes; or until somebody else has renewed."""
        known, turn = await self._known(), self._store.turns[self._connection]
        async for _ in _patience():
            if turn.acquire(blocking=False):  # an asyncio lock would belong to one event loop
                break
        try:
            self._alone = await self._taken(known)
            yield self._alone
        finally:
            lease, self._alone, self._lease = self._lease, False, None
            turn.release()
            if lease:
                await asyncio.to_thread(lease.give_back)

    async def _taken(self, known: Mapping[str, str]) -> bool:
        """True once the lease is held, False as soon as there are other credentials than the known ones."""
        if await self._known() != known:
            return False
        if not (leases := self._store.leases):
            return True
        async for _ in _patience():
            if lease := await _took(leases, name_of(self._connection)):
                self._lease = lease
                break
            if await self._now() != known:
                break
        return self._lease is not None

    async def _known(self) -> Mapping[str, str]:
        kept = self._store.kept(self._connection)
        return kept.credentials if kept else await self._now()

    async def _now(self) -> Mapping[str, str]:
        secret = await asyncio.to_thread(self._store.read, self._connection)
        if secret is None:
            raise self._store.missing(self._connection)
        return secret.credentials


async def _took(leases: Leases, name: str) -> Lease | None:
    """The lease, if it is free. Who gives up while it is being taken does not leave it taken."""
    taking = asyncio.ensure_future(asyncio.to_thread(leases.take, name))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        if lease := await taking:
            await asyncio.to_thread(lease.give_back)
        raise


async def _patience() -> AsyncIterator[None]:
    """Comes round at once, and then after longer and longer pauses."""
    for seconds in itertools.chain(POLL_SECONDS, itertools.repeat(POLL_SECONDS[-1])):
        yield
        await sleep(seconds * random.uniform(0.5, 1.0))

"""A run over just what a platform told to have changed: single events, and what single events list.

How far the feeds have come stays as it is, so the next usual run asks as if this one had not been.
"""

import logging
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field

from connectors.errors import NotFound, SpektaError, Unsupported
from connectors.position import Batch, Position
from connectors.provider import Mode
from connectors.webhook import Change, ChangeKind

from .adding import Adder
from .copying import Copier
from .feeds import Feed, Kind, Progress
from .rounds import OF_ONE_LISTING
from .rows import key_of

logger = logging.getLogger(__name__)

CHANGED: tuple[Mode, ...] = ("changed", "client")
LISTED: Mapping[ChangeKind, Kind] = {"order": "orders", "attendee": "attendees", "ticket": "tickets"}


def is_target(change: Change) -> bool:
    """Whether a change says where to look. One that does not is looked for by a usual run."""
    return change.kind != "account" and bool(change.id or change.event_id)


@dataclass(slots=True)
class Targets:
    """What there is to look at, each thing once: events; what events list, with the ids of the records that are known
    to have changed; and whole feeds, where it is not known of which event a record is.
    """

    events: dict[str, None] = field(default_factory=dict)
    listings: dict[tuple[Kind, str], set[str]] = field(default_factory=dict)
    feeds: dict[Kind, None] = field(default_factory=dict)

    def add(self, change: Change, event_ids: Iterable[str]) -> None:
        if change.kind not in LISTED:
            self.events |= dict.fromkeys(event_ids)
            return
        for event_id in event_ids:
            self.listings.setdefault((LISTED[change.kind], event_id), set()).update(filter(None, [change.id]))
        if not event_ids:
            self.feeds[LISTED[change.kind]] = None


@dataclass(slots=True)
class Targeted:
    """Copies what some changes name. An event that is gone is left to the next walk of everything, which alone may tell
    that something was deleted.
    """

    copier: Copier
    failures: dict[Kind, SpektaError] = field(default_factory=dict, init=False)
    _unclocked: set[str] = field(default_factory=set, init=False)

    async def run(self, changes: Iterable[Change]) -> dict[Kind, SpektaError]:
        """Gives which listings failed by themselves; raises what concerns all of them."""
        self.copier.announce()
        targets = Targets()
        for change in changes:
            targets.add(change, self._events_of(change))
        for event_id in targets.events:
            await self._try("events", self._event(event_id))
        for (kind, event_id), ids in targets.listings.items():
            await self._know(event_id)
            await self._try(kind, self._listing(kind, event_id, ids))
        for kind in targets.feeds:
            await self._try(kind, self._feed(kind))
        await self._add_up()
        return self.failures

    def _events_of(self, change: Change) -> tuple[str, ...]:
        """The events to ask: the one that is named; else, unless the whole account can be asked for what changed, those
        that the record is known to belong to.
        """
        event_id = change.event_id or (change.id if change.kind == "event" else None)
        if event_id or change.id is None or change.kind not in LISTED:
            return (event_id,) if event_id else ()
        known = self.copier.reach(LISTED[change.kind])
        if known and known.wide and known.mode in CHANGED:
            return ()
        row = self.copier.store.row(self.copier.name, LISTED[change.kind], change.id)
        return row.events if row else ()

    async def _try(self, kind: Kind, copying: Awaitable[None]) -> None:
        """What concerns one listing alone does not stop the others."""
        try:
            await copying
        except (NotFound, Unsupported):
            logger.info("%s has none of the %s that were told to have changed", self.copier.name, kind)
        except OF_ONE_LISTING as error:
            self.failures.setdefault(kind, error)
        self.copier.check(False)

    async def _know(self, event_id: str) -> None:
        """Fetches an event that is not known yet: what belongs to it is added up by its zone and currency."""
        key = key_of(Feed(self.copier.name, "events"), event_id)
        row = self.copier.store.read(self.copier.name, "events", [key]).get(key)
        if row is None or row.deleted_at is not None:
            await self._try("events", self._event(event_id))

    async def _event(self, event_id: str) -> None:
        event = await self.copier.connector.get_event(event_id)
        progress = self._progress(Feed(self.copier.name, "events"))
        self.copier.save(progress, Batch([event], [], Position(), None), progress.whole)
        self.copier.announce()

    async def _listing(self, kind: Kind, event_id: str, ids: set[str]) -> None:
        """What an event lists, of late where its platform can tell; whole where that lacks a record that was named, as
        not everything that happens to a record moves its clock.
        """
        known = self.copier.reach(kind)
        if known is None:
            return
        progress = self._progress(Feed(self.copier.name, kind, "" if known.wide else event_id))
        since = progress.since if known.mode in CHANGED and event_id not in self._unclocked else None
        met = await self.copier.listed(progress, event_id, since)
        if since and not ids <= met:
            self._unclocked.add(event_id)
            await self.copier.listed(progress, event_id, None)

    async def _feed(self, kind: Kind) -> None:
        """What changed in the whole account, where the platform can be asked for less than everything."""
        known = self.copier.reach(kind)
        progress = self._progress(Feed(self.copier.name, kind))
        since = progress.since
        if known and known.wide and known.incremental and since:
            await self.copier.fresh(progress, since)
        else:
            logger.info("%s does not tell of which event: the next usual run looks at all %s", self.copier.name, kind)

    async def _add_up(self) -> None:
        """Adds up every event whose sales changed; where a platform tells sales apart, these are read first."""
        for touched in self.copier.store.touched(self.copier.name):
            await self._know(touched.event_id)
            if self.copier.sold_apart:
                await self._try("sales", self._listing("sales", touched.event_id, set()))
        Adder(self.copier.connector, self.copier.store, self.copier.now()).settle_all()

    def _progress(self, feed: Feed) -> Progress:
        return self.copier.store.progress(feed)

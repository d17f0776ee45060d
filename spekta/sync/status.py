"""How a connection's copy stands, and when it is tried next."""

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from connectors.errors import RateLimited, SpektaError, Unsupported
from connectors.provider import Mode
from connectors.webhook import Change

from .feeds import Kind

PARKED_AFTER = 8
MOST_TOLD = 100
FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(minutes=1), timedelta(hours=6)
State = Literal["parked", "working", "failing", "in_part", "waiting", "unfinished", "up_to_date", "never_synced"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often what changed is asked for, and how often everything.

    overlap: how far before its last walk's start the next one asks. lease: after how long a worker that fell silent
    counts as dead. share: which part of the requests that a platform allows may be made; the rest is left to people.
    """

    every: timedelta = timedelta(minutes=15)
    whole_every: timedelta = timedelta(days=1)
    overlap: timedelta = timedelta(minutes=5)
    lease: timedelta = timedelta(seconds=60)
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong. It holds no secret."""

    code: str
    message: str
    advice: str = ""

    @classmethod
    def of(cls, error: SpektaError) -> "Failure":
        return cls(error.code, error.message, error.advice)


@dataclass(frozen=True, slots=True)
class Copied:
    """How fresh a kind of record is: what its platform can tell; when all that it told to have changed was last asked
    for; and when everything was. Where it tells of new records alone, older ones are as old as `whole_at`.
    """

    mode: Mode = "none"
    fresh_at: datetime | None = None
    whole_at: datetime | None = None
    failure: Failure | None = None

    @property
    def as_of(self) -> datetime | None:
        """The time up to which every change is in the store."""
        return self.whole_at if self.mode == "created" else self.fresh_at

    @property
    def fault(self) -> Failure | None:
        """Why a listing failed that the platform should have."""
        return None if self.failure is None or self.failure.code == Unsupported.code else self.failure


@dataclass(frozen=True, slots=True)
class Round:
    """One pass over all feeds. `whole` says of which kinds everything is asked for, and since when that is due: a walk
    of everything may take several rounds.
    """

    started_at: datetime
    whole: Mapping[Kind, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """How the copy of one connection stands. A parked one is not tried again before somebody says so.

    `round` is the pass under way, `ended_at` when the last one was over. `told` is what its platform told to have
    changed and nobody has looked at.
    """

    connection: str
    next_try: datetime | None = None
    failures: int = 0
    last_error: Failure | None = None
    parked: bool = False
    round: Round | None = None
    ended_at: datetime | None = None
    kinds: Mapping[Kind, Copied] = field(default_factory=dict)
    working: bool = False
    told: tuple[Change, ...] = ()

    @property
    def is_limited(self) -> bool:
        """Whether the platform has asked to wait, as far as is known."""
        return self.last_error is not None and self.last_error.code == RateLimited.code

    @property
    def fault(self) -> Failure | None:
        """Why the first listing failed that did, of those that the platform should have."""
        return next((fault for copied in self.kinds.values() if (fault := copied.fault)), None)

    @property
    def state(self) -> State:
        """How it stands, in a word."""
        return (
            "parked" if self.parked
            else "working" if self.working
            else "failing" if self.failures
            else "in_part" if self.fault
            else "waiting" if self.last_error
            else "unfinished" if self.round
            else "up_to_date" if self.ended_at
            else "never_synced"
        )  # fmt: skip

    def is_due(self, now: datetime) -> bool:
        """Whether it is to be tried now; also where a clock that was ahead has set the next time."""
        was_ahead = self.ended_at is not None and self.ended_at > now
        return not self.parked and (self.next_try is None or self.next_try <= now or was_ahead)

    def must_wait(self, now: datetime) -> bool:
        """Whether the platform asked for a pause that is not over."""
        return self.is_limited and self.next_try is not None and self.next_try > now

    @property
    def has_news(self) -> bool:
        """Whether there is something to look at before it is due. Of a platform that fails it waits until then."""
        return bool(self.told) and not (self.parked or self.failures or self.is_limited)

    def after_success(self, now: datetime, every: timedelta) -> "Status":
        """Everything was asked for: again after `every`, spread a little so that connections do not come in step."""
        again = now + every * random.uniform(0.95, 1.05)
        return replace(self, next_try=again, failures=0, last_error=None, parked=False)

    def told_of(self, changes: Iterable[Change]) -> "Status":
        """With more to look at, each once. Where that is very much, all that changed is looked for."""
        told = tuple(dict.fromkeys((*self.told, *changes)))
        return replace(self, told=told if len(told) <= MOST_TOLD else (Change(kind="account"),))

    def after_targets(self, failures: Mapping[Kind, SpektaError]) -> "Status":
        """What was told was looked at: beside that only which listings fail is known anew."""
        failed = {
            kind: replace(self.kinds.get(kind, Copied()), failure=Failure.of(failures[kind])) for kind in failures
        }
        return replace(self, kinds={**self.kinds, **failed}, told=())

    def after_wait(self, now: datetime, wait: float | None, failure: Failure) -> "Status":
        """The platform asked to wait. That is no failure."""
        pause = FIRST_BACKOFF if wait is None else timedelta(seconds=wait)
        return replace(self, next_try=now + pause, last_error=failure)

    def after_failure(self, now: datetime, failure: Failure) -> "Status":
        """Each failure doubles the pause; after eight the connection is parked."""
        failures = self.failures + 1
        pause = min(FIRST_BACKOFF * 2 ** (failures - 1), LONGEST_BACKOFF) * random.uniform(0.75, 1.25)
        parked = failures >= PARKED_AFTER
        return replace(
            self, next_try=None if parked else now + pause, failures=failures, last_error=failure, parked=parked
        )

    def redriven(self, now: datetime, whole: Collection[Kind] = ()) -> "Status":
        """Due at once, whatever went wrong before; and these kinds for everything."""
        kinds = {
            kind: replace(one, whole_at=None, failure=None) if kind in whole else one
            for kind, one in self.kinds.items()
        }
        return replace(self, next_try=now, failures=0, parked=False, last_error=None, round=None, kinds=kinds)


def unexpected(error: Exception) -> Failure:
    """A defect, which has no words of its own."""
    return Failure("internal", f"An unexpected {type(error).__name__}.")

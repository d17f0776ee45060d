"""What one platform alone has, as data: listings beside the unified ones, and what it can be told to do."""

from dataclasses import dataclass

from .inputs import Inputs
from .provider import Call, Evidence, Meaning, Stream


@dataclass(frozen=True, slots=True)
class OwnListing:
    """A listing of the platform's own. `help` says what is in it.

    inputs: what it is asked with; a placeholder of the call takes the input of that name, and an input `event` is the
    event that the records belong to. one: it is a single record, not a list. path: where it is in an HTTP API of ours,
    if not at the call's own path. The listing needs no credentials where its call is not signed.
    """

    stream: Stream
    help: str
    inputs: type[Inputs] = Inputs
    one: bool = False
    path: str | None = None

    @property
    def call(self) -> Call:
        assert self.stream.call is not None
        return self.stream.call

    @property
    def route(self) -> str:
        """Its path in an HTTP API of ours, with placeholders."""
        return self.path or self.call.path

    @property
    def is_open(self) -> bool:
        """Whether everybody may see it."""
        return not self.call.signed


@dataclass(frozen=True, slots=True)
class Action:
    """What a platform can be told to do. `help` says what that is.

    inputs: what it is told; a placeholder of the call's path takes the input of that name, and the others that are
    given are the JSON body. map: what the record in the answer is, found as `rows` say; without it there is none.
    path: where it is in an HTTP API of ours, if not at the call's own path.
    """

    call: Call
    help: str
    inputs: type[Inputs] = Inputs
    map: Meaning | None = None
    rows: tuple[str, ...] = ("data", "")
    path: str | None = None
    evidence: Evidence = "documented"

    @property
    def route(self) -> str:
        """Its path in an HTTP API of ours, with placeholders."""
        return self.path or self.call.path


@dataclass(frozen=True, slots=True)
class Idempotency:
    """How a POST is done once however often it is sent: the header of its key, that key's greatest length, and the
    header of an answer that was given before.
    """

    header: str
    longest: int
    replayed: str

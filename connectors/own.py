"""What one platform alone has, as data: listings beside the unified ones."""

from dataclasses import dataclass

from .inputs import Inputs
from .provider import Stream


@dataclass(frozen=True, slots=True)
class OwnListing:
    """A listing of the platform's own. `help` is one sentence about what is in it.

    inputs: what it is asked with; a placeholder of the call takes the input of that name, and an input `event` is the
    event that the records belong to. one: it is a single record, not a list. The listing needs no credentials where its
    call is not signed.
    """

    stream: Stream
    help: str
    inputs: type[Inputs] = Inputs
    one: bool = False

    @property
    def is_open(self) -> bool:
        """Whether everybody may see it."""
        return self.stream.call is not None and not self.stream.call.signed

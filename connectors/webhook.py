"""What a platform sends when something changes, as data: what proves that it is the platform's, and what it says.

No logic but reading; `connectors.notification` verifies a delivery by it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .models import Model
from .row import Row, Unreadable

ChangeKind = Literal["event", "ticket", "attendee", "order", "account"]
Trust = Literal["signature", "signature or token", "token"]
Retries = Literal["any", "4xx"]
Where = str | Callable[[Row], str | None]

SECRET = "webhookSecret"  # the credential, for every platform that has one
TOKEN = "webhookToken"  # the credential that is the end of a connection's own address for deliveries


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("not an id")
    return text


Ident = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]


class Change(Model):
    """What has changed, in the unified words. Without an id it is not told which; `account` is not told what."""

    kind: ChangeKind
    id: Ident | None = None
    event_id: Ident | None = None


@dataclass(frozen=True, slots=True)
class About:
    """Where a body names the records that changed, by the paths of their ids and of their event's. rows: where they
    lie, if there may be several. only: a path and the value that it has for what is read here, where it says anything.
    """

    kind: ChangeKind
    id: Where | None = None
    event: Where | None = None
    _: KW_ONLY
    rows: str | None = None
    only: tuple[str, str] | None = None

    def changes(self, body: Row) -> list[Change]:
        """What a delivery says has changed. Raises Unreadable where an id is missing, ValueError for an unfit one."""
        if self.only and body.text(self.only[0]) not in (self.only[1], None):
            return []
        return [self._change(row) for row in (body.rows(self.rows) if self.rows else [body])]

    def _change(self, row: Row) -> Change:
        id, event_id = _ref(row, self.id), _ref(row, self.event)
        if self.id and id is None:
            raise Unreadable(self.kind, "no id")
        return Change(kind=self.kind, id=id, event_id=event_id or (id if self.kind == "event" else None))


def _ref(row: Row, where: Where | None) -> str | None:
    return where(row) if callable(where) else row.ref(where) if where else None


def segment(path: str, after: str) -> Where:
    """Of an address at that path, the segment after another: after `orders`, `…/v3/orders/1/` has 1."""

    def found(row: Row) -> str | None:
        match = re.search(rf"/{after}/([^/?#]+)", row.text(path) or "")
        return match[1] if match else None

    return found


@dataclass(frozen=True, slots=True)
class Hmac:
    """A signature: the HMAC of the raw body, in a header. Texts may hold placeholders of options.

    time and value: where the header is a list of `name=value`, the names of the time of signing (seconds since 1970)
    and of the signatures, of which any one counts. The time is then signed before the body, with `between` between.
    """

    header: str
    algorithm: str = "sha256"
    encoding: str = "hex"
    _: KW_ONLY
    time: str | None = None
    value: str = "v1"
    between: str = "."


@dataclass(frozen=True, slots=True)
class Shared:
    """A text in a header that was agreed on when the webhook was set up: it tells who sends, not that the body is as
    it was sent.
    """

    header: str
    form: str = "{webhookSecret}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """The deliveries of a platform: JSON objects.

    proof: what shows that a delivery is the platform's; it is `optional` where not every account has it. Without it,
    that the URL holds the connection's token is all there is. type: the path of the platform's word for what happened.
    told: by that word, where `*` stands for anything, what it is about; the first that fits. delivery: the path of the
    delivery's own id. at: that of its time, in UTC where it names no zone. `header:Name` as a path is a header.
    retries: after which answers it tries again, `any` but success unless told.
    """

    proof: Hmac | Shared | None = None
    _: KW_ONLY
    optional: bool = False
    type: str | None = None
    told: Mapping[str, About] = field(default_factory=lambda: {"*": About("account")})
    delivery: str | None = None
    at: str | None = None
    retries: Retries = "any"
    evidence: Literal["documented", "partial", "assumed"] = "documented"

    @property
    def trust(self) -> Trust:
        """What a delivery is trusted for: only with a signature is more known than that its sender knows a secret."""
        if not isinstance(self.proof, Hmac):
            return "token"
        return "signature or token" if self.optional else "signature"

    def about(self, word: str) -> About | None:
        """What the platform's word is about; None where it is nothing that is read here."""
        return next((about for known, about in self.told.items() if fnmatchcase(word, known)), None)

"""What a platform is, as data: calls, streams, credentials, options. No logic; the connector reads it.

A provider file holds constants and one mapping function per resource. The words are explained where they are defined.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from .auth import OAuth2, Sign
from .models import Basis
from .pagers import Once, Pager
from .row import Row
from .webhook import TOKEN, Webhook

if TYPE_CHECKING:
    from .own import Action, Idempotency, OwnListing

Mode = Literal["changed", "created", "client", "none"]
Evidence = Literal["documented", "partial", "assumed"]
Fault = Literal["auth", "forbidden", "missing", "rejected", "limited", "spent", "down", "bad", "empty"]
Meaning = Callable[[Any], Any]  # from a Row; of a grouped stream from a list of them
Faults = Callable[[int, Row], Fault | None]  # the real error behind an answer, from its status and body
Rows = str | tuple[str, ...] | Callable[[Row], Iterable[Row]]

CAPABILITIES = ("events", "tickets", "attendees", "revenue")


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `{placeholders}` take credentials, options, scopes, `{event}`, `{row.x}`.

    In a path a placeholder is one encoded segment; elsewhere a key whose placeholder has no value is left out. scope:
    what the credentials must be allowed to, in the platform's words. Without `signed` no credentials are sent.
    only_with: how a credential must begin, for what must not happen with another.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    host: str = "api"
    _: KW_ONLY
    scope: str | None = None
    signed: bool = True
    only_with: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unless:
    """What a parameter is where a placeholder has no value; where it has one, the parameter is left out."""

    placeholder: str
    value: str


def GET(path: str, /, host: str = "api", **query: Any) -> Call:
    """A GET request; the keywords are its query."""
    return Call("GET", path, query, None, host)


def POST(path: str, json: Mapping[str, Any], host: str = "api", **query: Any) -> Call:
    """A POST request that only reads."""
    return Call("POST", path, query, json, host)


@dataclass(frozen=True, slots=True)
class Since:
    """How far the platform can filter by change.

    `changed` and `created`: it filters by that time, given as `parameter` in `format`. `client`: everything is read,
    and rows older by their own clock are dropped here. `none`: everything comes back. `by` is the row's own clock, of
    several paths the first that is there, or that of the object it lies in, whichever is later; with `stop` the list
    comes newest first and the walk ends at the first older row. `begins` is where the event's own record tells a time
    before which there is nothing of it: it is sent where nobody asks for a later one, so that a filter by event that is
    not heeded does not lead through all the years of an account. An `exclusive` platform leaves out what changed at the
    very moment that it is given, so it is given the second before.
    """

    mode: Mode = "none"
    parameter: str | None = None
    _: KW_ONLY
    format: str = "iso"
    zone: str | None = None
    by: str | tuple[str, ...] | None = None
    stop: bool = False
    begins: str | None = None
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that the platform knows: its parameter, and its words for ours where they differ.

    A time is sent in `format`, and where that is one of dates or of local times in `zone`. What only this platform can
    filter by is text unless `type` says otherwise; `size` is its word for page_size.
    """

    parameter: str
    words: Mapping[str, Any] | None = None
    format: str = "iso"
    zone: str | None = None
    type: Literal["text", "time", "flag", "size"] = "text"


@dataclass(frozen=True, slots=True)
class Join:
    """A sibling listing of the same event, read once per walk; in a walk over all events that of each of them. `key`
    says under which value its rows are found.
    """

    stream: str
    key: str
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """One more call per row; `rows` is where its answer holds the record. `when` names the option that switches it
    on; `lacking` the path that has to be empty for it.
    """

    call: Call
    rows: Rows = ""
    when: str | None = None
    lacking: str | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """One listing of a platform, and what its rows mean.

    rows: where the rows are; of several paths the first that exists; or a function that finds them. group: rows with
    one value at that path are one record, and the mapping gets them all; `since` can then be no more than `client`, as
    a platform that gives only changed rows gives parts of records. map: from row to one record, a list, or None
    (not a record). wide: the call for all events at once. event: the path of a row's event id; then the mapping may
    read `row.event`. inside: the rows lie in the event's own record, no call is made. when: the option that switches
    the stream on. basis: what sales are added up from. untold: fields that the platform never tells, or only with the
    option named, so that nothing can be found by them. unreported: figures of revenue that it never tells. mixed: the
    path of a row's event id, where the listing is of all events whichever is asked for; rows of others are left out.
    exact: one row is one record, in the platform's own order, so page N of ours is page N of theirs. spare: read only
    where no other part of the listing can be.
    """

    call: Call | None = None
    rows: Rows = ""
    map: Meaning | None = None
    _: KW_ONLY
    wide: Call | None = None
    pager: Pager = field(default_factory=Once)
    since: Since = field(default_factory=Since)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    event: str | None = None
    inside: bool = False
    join: Mapping[str, Join] = field(default_factory=dict)
    lookup: Mapping[str, Lookup] = field(default_factory=dict)
    group: str | None = None
    when: str | None = None
    basis: Basis = "orders"
    untold: Mapping[str, str] = field(default_factory=dict)
    unreported: tuple[str, ...] = ()
    mixed: str | None = None
    exact: bool = False
    spare: bool = False
    evidence: Evidence = "documented"

    @property
    def host(self) -> str:
        return self.call.host if self.call else "api"


@dataclass(frozen=True, slots=True)
class Scope:
    """A placeholder whose values must be found first: from the option of that name, else by a call, else from a claim
    inside the token (a JWT in the credential `token`).

    `take` is `all` (walked in turn) or `one` (several are an error that lists them).
    """

    name: str
    call: Call | None = None
    rows: str = ""
    value: str = "id"
    take: Literal["all", "one"] = "all"
    token: str = "apiKey"


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential field by the reference's name, and where to find it. `holds` names another field that may stand in
    this one's value too, after a colon.
    """

    name: str
    where: str
    secret: bool = True
    holds: str | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of a connection that is not a credential. `choices` are its only values, where there are such; without
    one that is `needed` there is no connection.
    """

    name: str
    description: str
    default: Any = None
    type: Literal["text", "flag", "currency", "whole"] = "text"
    choices: tuple[str, ...] = ()
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Stamps:
    """Where a platform's records tell when they were made and last changed: ISO 8601 times, or seconds since 1970."""

    created: str | None = None
    updated: str | None = None
    unix: bool = False

    def created_at(self, row: Row) -> datetime | None:
        return self._moment(row, self.created)

    def updated_at(self, row: Row) -> datetime | None:
        return self._moment(row, self.updated)

    def _moment(self, row: Row, path: str | None) -> datetime | None:
        if path is None:
            return None
        return row.unix(path) if self.unix else row.moment(path)


@dataclass(frozen=True, slots=True)
class Provider:
    """A ticketing platform.

    auth is the reference's word; sign puts the credentials on a request, on all hosts alike or per host. credentials
    lists every accepted field and `enough` the sets of them any one of which is enough: the first alone, if not told.
    base may have placeholders of options that have a default; a host without an address is one that nobody publishes:
    the connection gives it, or what is asked of it is not offered. stamps are read where a mapping does not tell when
    its record was made and changed. reference is the capability matrix that was promised; unsupported says why
    something is not offered. rate_limit is (requests, seconds), kept to at the platform's own address, and plans what
    it is by the connection's option `plan`. faults names the real error behind an answer whose status misleads, and
    advice is what to do about a fault, or about a code of the platform's own, where the platform has reasons of its
    own; `{scope}` in it is what the call needs. astray is what to do where nobody answers, for an address that is
    assumed or a service that has closed. listings are those that the platform alone has, and actions what it can be
    told to do. request_id is the header in which a request and its answer carry an id for the platform's support.
    livemode is where the answer to the health call says whether the data is live or for tests. webhook is what it
    sends when something changes. modes are other APIs of the platform, each a provider of its own, one of which a
    connection may choose by its option `api_mode`; they have the credentials, options and hosts of the first in
    common.
    """

    slug: str
    name: str
    website: str
    docs: str
    base: str
    auth: Literal["oauth2", "api_key"]
    sign: Sign | Mapping[str, Sign]
    credentials: tuple[Credential, ...]
    health: Call
    streams: Mapping[str, Stream | tuple[Stream, ...]]
    _: KW_ONLY
    enough: tuple[tuple[str, ...], ...] = ()
    stamps: Stamps | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    scopes: tuple[Scope, ...] = ()
    unsupported: Mapping[str, str] = field(default_factory=dict)
    faults: Faults | None = None
    hides_unknown: bool = False
    rate_limit: tuple[int, int] | None = None
    plans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    limitations: tuple[str, ...] = ()
    reference: frozenset[str] = frozenset(CAPABILITIES)
    defunct: bool = False
    astray: str = ""
    advice: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[str, "Provider"] = field(default_factory=dict)
    listings: Mapping[str, "OwnListing"] = field(default_factory=dict)
    actions: Mapping[str, "Action"] = field(default_factory=dict)
    idempotency: "Idempotency | None" = None
    request_id: str | None = None
    livemode: str | None = None
    webhook: Webhook | None = None

    def __post_init__(self) -> None:
        if not self.enough:
            object.__setattr__(self, "enough", ((self.credentials[0].name,),))
        if self.webhook and not any(field.name == TOKEN for field in self.credentials):
            own = Credential(TOKEN, "Made by `spekta connect`: the end of the webhook's address")
            object.__setattr__(self, "credentials", (*self.credentials, own))

    def in_mode(self, options: Mapping[str, Any]) -> "Provider":
        """The provider as a connection with these options asks it."""
        return self.modes.get(str(options.get("api_mode")), self)

    def is_enough(self, held: Mapping[str, str]) -> bool:
        """Whether a connection can be made with these credentials."""
        inner = {field.holds for field in self.credentials if field.holds and ":" in held.get(field.name, "")}
        return any(all(name in held or name in inner for name in fields) for fields in self.enough)

    def offering(self, options: Mapping[str, Any], hosts: Iterable[str]) -> "Provider":
        """The platform as a connection has it: of each listing the parts whose option is set and whose host has an
        address. A listing of which nothing is left is kept whole, for what it lacks to be told.
        """

        def offered(parts: tuple[Stream, ...]) -> tuple[Stream, ...]:
            on = tuple(one for one in parts if (not one.when or options.get(one.when)) and one.host in hosts)
            return tuple(one for one in on if not one.spare) or on or parts

        return replace(self, streams={kind: offered(self.parts(kind)) for kind in self.streams})

    @property
    def published(self) -> frozenset[str]:
        """The hosts whose address is known to all."""
        return frozenset({"api", *(host for host, url in self.hosts.items() if url)})

    def limit(self, options: Mapping[str, Any]) -> tuple[int, int] | None:
        """How many requests in how many seconds a connection with these options may make."""
        return self.plans.get(options.get("plan", ""), self.rate_limit)

    def signs(self, host: str) -> Sign:
        """What puts the credentials on a request to that host."""
        return self.sign[host] if isinstance(self.sign, Mapping) else self.sign

    @property
    def oauth(self) -> OAuth2 | None:
        """How tokens are had, for platforms that have such."""
        signs = self.sign.values() if isinstance(self.sign, Mapping) else (self.sign,)
        return next((sign for sign in signs if isinstance(sign, OAuth2)), None)

    def parts(self, kind: str) -> tuple[Stream, ...]:
        """The streams that make up a listing; none where there is no such listing."""
        streams = self.listings[kind].stream if kind in self.listings else self.streams.get(kind, ())
        return (streams,) if isinstance(streams, Stream) else streams

    @property
    def capabilities(self) -> frozenset[str]:
        """What is offered: events, tickets, attendees, revenue (the reference's four), and orders."""
        found = {kind for kind in ("events", "tickets", "attendees", "orders") if self.parts(kind)}
        return frozenset(found | ({"revenue"} if self.parts("sales") or "orders" in found else set()))

    def evidence(self, capability: str) -> Evidence | None:
        """The weakest evidence among the streams behind a capability, leaving out those that an option or an address
        adds to others; None where there are none.
        """
        levels = [stream.evidence for stream in self.offering({}, self.published).behind(capability)]
        return max(levels, key=("documented", "partial", "assumed").index) if levels else None

    def needs(self, capability: str) -> str | None:
        """The option that must be set for a capability, if any. One that adds to it need not be."""
        options = [stream.when for stream in self.behind(capability)]
        return options[0] if options and all(options) else None

    def unpublished_host(self, capability: str) -> str | None:
        """The host whose address a connection must give for a capability, if any."""
        hosts = [stream.host for stream in self.behind(capability)]
        return hosts[0] if hosts and not any(host in self.published for host in hosts) else None

    def behind(self, capability: str) -> tuple[Stream, ...]:
        """The parts of the listing that a capability is read from."""
        if capability != "revenue":
            return self.parts(capability)
        return self.parts("sales") or self.parts("orders")

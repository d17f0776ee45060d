"""What a platform does wrong when asked to: refuse, be slow, break its answer, or move its rows under the reader."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from spekta.sandbox.box_office import Event, Issued, Order

Kind = Literal[
    "unauthorized",
    "forbidden",
    "not_found",
    "rate_limited",
    "error_once",
    "error_always",
    "slow",
    "truncated",
    "html",
    "null_id",
    "unknown_status",
    "foreign_next",
    "repeated_cursor",
    "no_rows",
    "shift",
    "insert",
]
KINDS: tuple[str, ...] = get_args(Kind)
REFUSED = {
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "rate_limited": 429,
    "error_once": 500,
    "error_always": 500,
}
ELSEWHERE = "https://elsewhere.invalid"
HTML = "<!doctype html><title>Maintenance</title><p>We will be back soon.</p>"

T = TypeVar("T")


@dataclass
class Misbehaviour:
    """One thing that a provider does wrong, for requests whose operation contains `path`, `times` times or for ever."""

    kind: Kind
    path: str = ""
    times: int | None = None
    seconds: float = 1.0
    retry_after: int | None = None
    _served: set[str] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is not a misbehaviour; these are: {', '.join(KINDS)}")
        if self.kind == "error_once" and self.times is None:
            self.times = 1

    def spend(self) -> bool:
        """Use it up by one; False when nothing is left of it."""
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    def rearrange(self, listing: str, records: Sequence[T]) -> Sequence[T]:
        """Change a list once its first page was given: its first record vanishes, or a new one stands before it."""
        if self.kind not in ("shift", "insert") or not records:
            return records
        if listing not in self._served:
            self._served.add(listing)
            return records
        return records[1:] if self.kind == "shift" else [twin(records[0]), *records]


@dataclass(frozen=True)
class Shape:
    """Where things stand in a provider's list answers, as dotted paths; `*` is the first object in an object or list.

    `rows` is None where the answer is no list, "" where the whole answer is the list. `record` is the way from a row to
    its record, and `next` to the link or cursor of the next page.
    """

    rows: str | None = None
    record: str = ""
    id: str = "id"
    status: str = "status"
    next: str = ""
    next_is_link: bool = False


def spoil(kind: Kind, shape: Shape, payload: Any) -> Any:
    """Break one thing in an answer that is about to be written."""
    whole = {"answer": payload}
    rows = None if shape.rows is None else locate(whole, f"answer.{shape.rows}".rstrip("."))
    if rows and kind == "no_rows":
        del rows[0][rows[1]]
    elif rows and kind in ("null_id", "unknown_status"):
        _spoil_first(kind, shape, rows[0][rows[1]])
    elif kind == "foreign_next" and (link := locate(whole, f"answer.{shape.next}")):
        said = urlsplit(link[0][link[1]] or "?page=2")
        link[0][link[1]] = f"{ELSEWHERE}{said.path or '/'}?{said.query}"
    return whole.get("answer", {})


def _spoil_first(kind: Kind, shape: Shape, rows: list[Any]) -> None:
    if not rows:
        return
    field_name, value = (shape.id, None) if kind == "null_id" else (shape.status, "never_seen_before")
    if field := locate({"row": rows[0]}, ".".join(filter(None, ["row", shape.record, field_name]))):
        field[0][field[1]] = value


def locate(payload: Any, path: str) -> tuple[dict[str, Any], str] | None:
    """Find the object that holds the last key of a dotted path."""
    *way, last = path.split(".")
    for step in way:
        values = payload.values() if isinstance(payload, dict) else payload
        inner = (value for value in values if isinstance(value, dict))
        payload = next(inner, None) if step == "*" else payload.get(step) if isinstance(payload, dict) else None
        if not isinstance(payload, dict | list):
            return None
    return (payload, last) if isinstance(payload, dict) and last in payload else None


def twin(record: Any) -> Any:
    """Give a new record like this one, with numbers and keys of its own."""
    match record:
        case Event():
            return replace(record, number=record.number + 900_000, key=record.key + "-twin")
        case Order():
            return replace(record, number=record.number + 900_000, tickets=tuple(map(twin, record.tickets)))
        case Issued():
            return Issued(record.order, twin(record.ticket))
        case _:
            return replace(record, number=record.number + 900_000)


class Misbehaviours:
    """All that is asked for at present, by provider."""

    def __init__(self) -> None:
        self._by_provider: dict[str, list[Misbehaviour]] = {}

    def add(self, provider: str, kind: Kind, **more: Any) -> Misbehaviour:
        one = Misbehaviour(kind, **more)
        self._by_provider.setdefault(provider, []).append(one)
        return one

    def end(self, provider: str | None = None) -> None:
        if provider is None:
            self._by_provider.clear()
        else:
            self._by_provider.pop(provider, None)

    def due(self, provider: str, operation: str, *, named_only: bool) -> Iterator[Misbehaviour]:
        """Give those meant for this request; with `named_only` those alone whose `path` names it."""
        for one in self._by_provider.get(provider, ()):
            if one.path in operation and (one.path or not named_only) and one.spend():
                yield one

    def listing(self) -> dict[str, list[dict[str, Any]]]:
        hidden = {"_served"}
        return {
            provider: [{name: value for name, value in asdict(one).items() if name not in hidden} for one in some]
            for provider, some in self._by_provider.items()
        }

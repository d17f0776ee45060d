"""Our cursors: whatever happens to one on its way, it is read as it was written or refused."""

import base64
import json
import string
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import InvalidArgument
from connectors.cursor import LARGEST, Place, decode, encode, pack, unpack
from connectors.position import Position

texts = st.text(max_size=20).filter(str.isprintable)
states = st.none() | st.integers() | texts | st.lists(st.integers() | st.none(), max_size=3)
numbers = st.integers(0, 10_000)
positions = st.builds(
    Position, part=numbers, scope=st.none() | texts, state=states, last=st.none() | texts, given=numbers
)
places = st.builds(
    Place,
    provider=texts,
    account=texts,
    kind=texts,
    event_id=st.none() | texts,
    since=st.none() | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    filters=st.dictionaries(texts, texts | st.booleans(), max_size=3),
    size=st.integers(1, 1000),
    position=positions,
)
PLACE = Place("pretix", "default", "orders", "gala", None, {"status": "paid"}, 50, Position(0, None, [2, 50, 50]))
SIGNS = string.ascii_letters + string.digits + "-_"


def refused(cursor: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        decode(cursor)
    assert (raised.value.param, raised.value.message) == ("cursor", "The cursor is damaged.")
    assert raised.value.advice


@given(places)
def test_a_cursor_says_what_was_written(place: Place) -> None:
    assert decode(encode(place)) == place


@given(places)
def test_a_cursor_is_plain_text(place: Place) -> None:
    assert set(encode(place)) <= set(SIGNS)


@given(place=places, at=st.integers(0, 10_000), sign=st.sampled_from(SIGNS) | st.characters())
def test_a_sign_that_was_changed_is_noticed(place: Place, at: int, sign: str) -> None:
    cursor = encode(place)
    changed = cursor[: at % len(cursor)] + sign + cursor[at % len(cursor) + 1 :]
    try:
        assert decode(changed) == place  # the last sign has bits to spare
    except InvalidArgument as error:
        assert error.param == "cursor"  # noqa: PT017 - either is right


@given(place=places, at=st.integers(0, 10_000))
def test_a_cursor_that_was_cut_off_is_noticed(place: Place, at: int) -> None:
    cursor = encode(place)
    refused(cursor[: at % len(cursor)])


@given(st.text() | st.text(SIGNS) | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_is_refused(text: str) -> None:
    refused(text)


def with_place(**changes: Any) -> list[Any]:
    """What a cursor holds, with some of it replaced."""
    whole: dict[str, Any] = {
        "provider": "pretix",
        "account": "default",
        "kind": "orders",
        "event_id": "gala",
        "since": None,
        "filters": {},
        "size": 50,
        "position": [0, None, None, None, 0],
    }
    return list({**whole, **changes}.values())


@pytest.mark.parametrize(
    "content",
    [
        None,
        5,
        "text",
        [],
        {},
        with_place()[:-1],
        [*with_place(), 1],
        with_place(provider=5),
        with_place(event_id=7),
        with_place(since="yesterday"),
        with_place(since=5),
        with_place(filters=[]),
        with_place(filters=None),
        with_place(size=0),
        with_place(size=10_000),
        with_place(size="many"),
        with_place(position=None),
        with_place(position=[]),
        with_place(position=[-1, None, None, None, 0]),
        with_place(position=["a", None, None, None, 0]),
        with_place(position=[0, 5, None, None, 0]),
        with_place(position=[0, None, None, None, -3]),
        with_place(position=[0, None, None, None, 0, 0]),
    ],
    ids=lambda content: json.dumps(content)[-50:],
)
def test_content_of_the_wrong_kind_is_refused(content: Any) -> None:
    """Whole and unharmed, but never written by us."""
    assert unpack(pack(content)) == content
    refused(pack(content))


def packed(body: bytes) -> str:
    raw = zlib.crc32(body).to_bytes(4) + zlib.compress(body)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 50_000, b" " * (LARGEST + 1), b"[]" + b" " * 50_000_000, b"NaN"]
)
def test_a_body_that_is_no_content_is_refused(body: bytes) -> None:
    """Also one that unpacks into more than any cursor holds: it is not unpacked whole."""
    refused(packed(body))


def test_what_follows_a_cursor_is_noticed() -> None:
    raw = base64.urlsafe_b64decode(encode(PLACE) + "=" * (-len(encode(PLACE)) % 4))
    refused(base64.urlsafe_b64encode(raw + b"more").decode().rstrip("="))
    refused(encode(PLACE) + "\n")
    refused(f" {encode(PLACE)}")

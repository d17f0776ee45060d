"""Paths into JSON: none of them fails, whatever they lead into."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.paths import dig, every, holds, put, steps

ROW: dict[str, Any] = {
    "a": {"b": 1, "null": None, "empty": ""},
    "list": [{"id": 1, "in": [{"x": 1}, {"x": 2}]}, {"id": 2, "in": None}, None, {"id": 3}],
    "numbers": [1, 2, 3],
    "": "unnamed",
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
)
paths = st.from_regex(r"\A([ab](\[(-?[0-2])?\])?(\.[ab](\[(-?[0-2])?\])?){0,3})?\??\Z")


@pytest.mark.parametrize(
    "path, parts",
    [
        ("", ()),
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("a[0]", ("a", 0)),
        ("a[-1].id", ("a", -1, "id")),
        ("a[].b[]", ("a", None, "b", None)),
        ("[]", (None,)),
        ("a?", ("a",)),
    ],
)
def test_steps(path: str, parts: tuple[Any, ...]) -> None:
    assert steps(path) == parts


@pytest.mark.parametrize(
    "path, value",
    [
        ("", ROW),
        ("a.b", 1),
        ("a.null", None),
        ("a.null.deeper", None),
        ("a.b.deeper", None),
        ("a.missing", None),
        ("list[0].id", 1),
        ("list[-1].id", 3),
        ("list[2].id", None),
        ("list[9].id", None),
        ("list.id", None),
        ("a[0]", None),
        ("numbers[1]", 2),
    ],
)
def test_dig(path: str, value: Any) -> None:
    assert dig(ROW, path) == value


@pytest.mark.parametrize(
    "path, values",
    [
        ("list[].id", [1, 2, 3]),
        ("list[].in[].x", [1, 2]),
        ("numbers[]", [1, 2, 3]),
        ("a[].b", [1]),
        ("a.null[]", []),
        ("missing[].x", []),
        ("a.b", [1]),
    ],
)
def test_every(path: str, values: list[Any]) -> None:
    assert every(ROW, path) == values


@pytest.mark.parametrize(
    "path, there",
    [("a", True), ("a.null", True), ("a.missing", False), ("a.b.c", False), ("list[].no", True), ("list[7]", False)],
)
def test_holds(path: str, there: bool) -> None:
    assert holds(ROW, path) is there


@pytest.mark.parametrize("answer, there", [([], True), ([1], True), ({}, False), (None, False), ("[]", False)])
def test_an_answer_may_be_the_list_itself(answer: Any, there: bool) -> None:
    assert holds(answer, "[]") is there


def test_put_makes_the_way() -> None:
    target: dict[str, Any] = {"a": {"b": 1}}
    put(target, "a.c.d", 2)
    put(target, "e", 3)
    assert target == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}


@given(value=anything, path=paths)
def test_no_path_fails(value: Any, path: str) -> None:
    found = dig(value, path)
    assert isinstance(holds(value, path), bool)
    assert None not in every(value, path)
    if "[]" not in path:
        assert every(value, path) == ([] if found is None else [found])
        assert found is None or holds(value, path)

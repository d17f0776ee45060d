"""A good assistant finds the right answers, in few calls and few bytes."""

import pytest

from tests.mcp_server.day import TASKS, desk

pytestmark = pytest.mark.anyio

MOST_CALLS, MOST_BYTES = 8, 16_000


@pytest.mark.parametrize("question", TASKS)
async def test_the_answer_is_right(question: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(monkeypatch.setenv) as one:
        answer, right = await TASKS[question](one)
    assert answer == right
    assert right not in (0, {}, [], set())
    assert len(one.calls) <= MOST_CALLS
    assert max(call.bytes for call in one.calls) <= MOST_BYTES


def test_there_are_twelve_questions() -> None:
    assert len(TASKS) == 12

"""What `make test-mcp` takes for a surprise."""

import pytest

from .doors import ERAS
from .inspector import QUESTIONS
from .outcome import Outcome, Verdict, expected_failures, judged

GOOD, BAD = Outcome("scenario/good", True), Outcome("scenario/bad", False, "no")
KNOWN = {"scenario/bad": "It is known."}


@pytest.mark.parametrize(
    "outcomes, expected, verdict",
    [
        ([GOOD, BAD], KNOWN, Verdict(1, 1, [])),
        ([GOOD, BAD], {}, Verdict(1, 0, ["scenario/bad failed: no"])),
        ([GOOD], {"scenario/good": "."}, Verdict(0, 0, ["scenario/good passed, though it is expected to fail"])),
        ([GOOD], KNOWN, Verdict(1, 0, ["scenario/bad was not made"])),
        ([GOOD, BAD, Outcome(BAD.check, True)], KNOWN, Verdict(1, 1, [])),
        ([], {}, Verdict(0, 0, ["no check passed"])),
    ],
)
def test_what_is_a_surprise(outcomes: list[Outcome], expected: dict[str, str], verdict: Verdict) -> None:
    assert judged(outcomes, expected) == verdict


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("door", ["stdio", "HTTP", "Lambda"])
def test_every_expected_failure_has_its_reason_in_a_line(door: str, era: str) -> None:
    found = expected_failures("conformance", door, era)
    assert len(found) > 20
    assert all(reason.endswith(".") and "\n" not in reason and len(reason) <= 100 for reason in found.values())
    assert expected_failures("inspector", door, era) == {}
    assert not found.keys() & QUESTIONS.keys()

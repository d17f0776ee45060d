"""What came of checks, and what was expected to."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

EXPECTED = Path(__file__).parent / "expected.toml"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one check. A check that is made several times failed if it failed once."""

    check: str
    passed: bool
    said: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """passed, known: how many checks passed, and failed as expected. surprises: the others, each in one line."""

    passed: int
    known: int
    surprises: list[str]


def judged(outcomes: Iterable[Outcome], expected: Mapping[str, str]) -> Verdict:
    """Outcomes held against the checks that are expected to fail."""
    failed: dict[str, str] = {}
    passed: set[str] = set()
    for outcome in outcomes:
        if outcome.passed:
            passed.add(outcome.check)
        else:
            failed.setdefault(outcome.check, outcome.said)
    passed -= failed.keys()
    surprises = [f"{check} failed: {said}" for check, said in failed.items() if check not in expected]
    surprises += [f"{check} passed, though it is expected to fail" for check in expected if check in passed]
    surprises += [f"{check} was not made" for check in expected if check not in failed and check not in passed]
    if not passed:
        surprises.append("no check passed")
    return Verdict(len(passed - expected.keys()), len(failed.keys() & expected.keys()), surprises)


def expected_failures(tool: str, door: str, era: str) -> dict[str, str]:
    """The checks of one run that are expected to fail, each with the reason."""
    found: dict[str, str] = {}
    for entry in tomllib.loads(EXPECTED.read_text())["failures"]:
        at = (tool, door, era)
        if all(one in entry.get(name, [one]) for name, one in zip(("tools", "doors", "eras"), at, strict=True)):
            found |= dict.fromkeys(entry["checks"], entry["reason"])
    return found

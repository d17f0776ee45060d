"""The protocol's conformance suite: its checks at one door, in one era."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .doors import Door
from .outcome import Outcome

NAME = "conformance"
# The released suite knows the handshake era alone; the one that is being made knows the other.
PROGRAMS: Mapping[str, Sequence[str]] = {
    "legacy": ("@modelcontextprotocol/conformance/dist/index.js", "--suite", "all"),
    "modern": ("conformance-next/dist/index.js", "--suite", "all", "--spec-version", "2026-07-28"),
}
MADE = {"SUCCESS": True, "INFO": True, "FAILURE": False, "WARNING": False}
_STAMP = re.compile(r"-\d{4}-\d\d-\d\dT[\d-]+Z$")


def outcomes(door: Door, era: str, packages: Path) -> Iterator[Outcome]:
    """What came of each check, named `scenario/check`. One that does not apply is left out."""
    program, *arguments = PROGRAMS[era]
    with TemporaryDirectory() as folder:
        subprocess.run(
            ["node", packages / program, "server", "--url", door.addresses[era], *arguments, "-o", folder],
            stdout=subprocess.DEVNULL,
            check=False,  # it fails where any check does
            timeout=600,
        )
        for file in sorted(Path(folder).glob("*/checks.json")):
            scenario = _STAMP.sub("", file.parent.name).removeprefix("server-")
            for check in json.loads(file.read_text()):
                if (passed := MADE.get(check["status"])) is not None:
                    yield Outcome(f"{scenario}/{check['id']}", passed, _said(check))


def _said(check: Mapping[str, Any]) -> str:
    text = check.get("errorMessage") or check.get("details") or check.get("description", "")
    return (text if isinstance(text, str) else json.dumps(text))[:300]

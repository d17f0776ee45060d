"""`tests/conformance/run.sh`: every door, in both eras of the protocol, before what others wrote to judge servers."""

import itertools
import logging
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from . import inspector, suite
from .doors import ERAS, all_doors
from .outcome import expected_failures, judged


def main(packages: Path) -> int:
    """Prints a table, then what was not expected. 1 where there is any."""
    table = Table("judge", "door", "era", *("passed", "expected failures", "unexpected"))
    surprises: list[str] = []
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it names every request to the account of AWS
    with all_doors() as doors:
        for judge, door, era in itertools.product((suite, inspector), doors, ERAS):
            found = judged(judge.outcomes(door, era, packages), expected_failures(judge.NAME, door.name, era))
            table.add_row(
                judge.NAME, door.name, era, str(found.passed), str(found.known), str(len(found.surprises) or "")
            )
            surprises += [f"{judge.NAME}, {door.name}, {era}: {one}" for one in found.surprises]
    console = Console(soft_wrap=True)
    console.print(table)
    for one in surprises:
        console.print(one, markup=False, highlight=False)
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))

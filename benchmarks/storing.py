"""What a copy costs in DynamoDB: units written and read, by record or by run."""

import json
from typing import Any

from .process import run
from .table import show


def measure() -> None:
    found = json.loads(run("-m", "benchmarks.units").said)
    print("\nUnits that DynamoDB charges for a copy of the sandbox's season, written / read\n")
    heads = ("connection", "rows", "bytes a row", "first run", "nothing changed", "an order paid", "everything again")
    show(
        heads,
        [(name, str(one["rows"]), f"{one['bytes'] / one['rows']:,.0f}", *_runs(one)) for name, one in found.items()],
    )
    print("\nThe same, a row\n")
    show(heads[:1] + heads[3:], [(name, *_runs(one, one["rows"])) for name, one in found.items()])


def _runs(one: dict[str, Any], rows: int = 1) -> list[str]:
    form = ",.0f" if rows == 1 else ".2f"
    return [f"{used['write'] / rows:{form}} / {used['read'] / rows:{form}}" for used in one["runs"]]

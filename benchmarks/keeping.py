"""What it costs to keep a copy: the requests of a first run, of one where nothing changed, and of a daily one."""

import json

from .process import run
from .table import show


def measure() -> None:
    found = json.loads(run("-m", "benchmarks.rounds").said)
    print("\nRequests to keep a copy of the sandbox's season: about 12 events, 180 orders and 370 attendees\n")
    heads = ("connection", "first run", "nothing changed", "an order paid", "everything again")
    show(heads, [(name, *map(str, counts)) for name, counts in found.items()])

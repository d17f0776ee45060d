"""Asking all connections of the sandbox at once, against asking them one after the other."""

import json
from statistics import median

from .process import run
from .table import show, verdict


def measure(rounds: int) -> None:
    found = [json.loads(run("-m", "benchmarks.portfolio").said) for _ in range(rounds)]
    alone = {slug: median(one["alone"][slug] for one in found) for slug in found[0]["alone"]}
    together = median(one["all"] for one in found)
    print("\nEvents of all connections, each of which takes 200 ms to answer a request\n")
    rows = [*sorted(alone.items(), key=lambda one: one[1]), ("one after the other", sum(alone.values()))]
    show(("connection", "s"), [(name, f"{seconds:.2f}") for name, seconds in [*rows, ("all at once", together)]])
    verdict("all at once / the slowest alone", together / max(alone.values()), 1.25)

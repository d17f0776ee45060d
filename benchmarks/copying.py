"""Copying a large account into SQLite: the sync against a loop written by hand."""

from statistics import median

from .process import Used, run, serving
from .table import show, verdict

COPIERS = {"by hand": "benchmarks.copy_by_hand", "sync": "benchmarks.copy_by_sync"}


def measure(records: int, rounds: int) -> None:
    few = records // 5
    print(f"\nCopying {records // 100:,} events and {records:,} attendees into SQLite\n")
    small, large = _rounds(few, 1), _rounds(records, rounds)
    ratios = {
        name: median(one.cpu / hand.cpu for one, hand in zip(used, large["by hand"], strict=True))
        for name, used in large.items()
    }
    show(
        ("copier", "attendees/s", "wall s", "CPU s", "CPU / by hand", "peak MB", f"at {few:,}"),
        [
            (
                name,
                f"{records / median(one.wall for one in used):,.0f}",
                f"{median(one.wall for one in used):.2f}",
                f"{median(one.cpu for one in used):.2f}",
                f"{ratios[name]:.2f}",
                f"{median(one.peak for one in used):.0f}",
                f"{small[name][0].peak:.0f}",
            )
            for name, used in large.items()
        ],
    )
    verdict("CPU / by hand", ratios["sync"], 1.5)
    verdict(f"peak / peak at {few:,}", median(one.peak for one in large["sync"]) / small["sync"][0].peak, 1.1)


def _rounds(records: int, rounds: int) -> dict[str, list[Used]]:
    used: dict[str, list[Used]] = {name: [] for name in COPIERS}
    with serving(records, "benchmarks.account") as address:
        for _ in range(rounds):
            for name, module in COPIERS.items():
                one = run("-m", module, address)
                assert int(one.said) == records, f"{name} stored {one.said} of {records}"
                used[name].append(one)
    return used

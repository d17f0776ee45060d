"""Reading a large account: the connector against a loop written by hand, which makes the same records."""

from statistics import median

from .process import Used, run, serving
from .table import show, verdict

READERS = {"by hand": "benchmarks.by_hand", "connector": "benchmarks.by_connector"}
SAMPLE = 2_000


def measure(records: int, rounds: int) -> None:
    with serving(SAMPLE) as address:
        compared = run("-m", "benchmarks.agreement", address).said
    print(f"\nReading {records:,} orders; both readers made equal records of {int(compared):,}\n")
    few, many = records // 5, records
    small, large = _rounds(few, rounds), _rounds(many, rounds)
    by_hand = large["by hand"]
    ratios = {
        name: median(one.cpu / hand.cpu for one, hand in zip(used, by_hand, strict=True))
        for name, used in large.items()
    }
    show(
        ("reader", "orders/s", "wall s", "CPU s", "CPU / by hand", "peak MB", f"at {few:,}"),
        [
            (
                name,
                f"{many / median(one.wall for one in used):,.0f}",
                f"{median(one.wall for one in used):.2f}",
                f"{median(one.cpu for one in used):.2f}",
                f"{ratios[name]:.2f}",
                f"{median(one.peak for one in used):.0f}",
                f"{median(one.peak for one in small[name]):.0f}",
            )
            for name, used in large.items()
        ],
    )
    peak, before = (median(one.peak for one in used["connector"]) for used in (large, small))
    verdict("CPU / by hand", ratios["connector"], 1.2)
    verdict("peak MB", peak, 80)
    verdict(f"peak / peak at {few:,}", peak / before, 1.05)


def _rounds(records: int, rounds: int) -> dict[str, list[Used]]:
    """Interleaved, so that a busy moment of the machine hits both alike."""
    used: dict[str, list[Used]] = {name: [] for name in READERS}
    with serving(records) as address:
        for _ in range(rounds):
            for name, module in READERS.items():
                one = run("-m", module, address)
                assert int(one.said) == records, f"{name} read {one.said} of {records}"
                used[name].append(one)
    return used

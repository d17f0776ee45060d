"""A function's cold start: what it costs to import it and to answer its first request, the secret being at hand."""

from statistics import median

from .process import Used, run, serving
from .table import show, verdict

ORDERS = 100
PROGRAMS = {"Python": "-c", "by hand": "benchmarks.bare_function", "our function": "benchmarks.our_function"}


def measure(rounds: int) -> None:
    used: dict[str, list[Used]] = {name: [] for name in PROGRAMS}
    with serving(ORDERS) as address:
        for _ in range(rounds):
            for name, module in PROGRAMS.items():
                done = run("-c", f"print({ORDERS})") if module == "-c" else run("-m", module, address)
                assert done.said == str(ORDERS), done.said
                used[name].append(done)
    cpu = {name: 1000 * median(one.cpu for one in found) for name, found in used.items()}
    wall = {name: 1000 * median(one.wall for one in found) for name, found in used.items()}
    peak = {name: median(one.peak for one in found) for name, found in used.items()}
    print("\nA function's first answer, import included\n")
    heads = ("program", "CPU ms", "wall ms", "peak MB")
    show(heads, [(name, f"{cpu[name]:.0f}", f"{wall[name]:.0f}", f"{peak[name]:.0f}") for name in PROGRAMS])
    python, by_hand, ours = cpu.values()
    verdict("our function / by hand", ours / by_hand, 1.5)
    print(f"Without Python's own start: {(ours - python) / (by_hand - python):.2f}")

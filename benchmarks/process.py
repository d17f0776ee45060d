"""Child processes: what one used, and the server that the readers read from."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MEGABYTE = 1_000_000 if sys.platform == "darwin" else 1_000  # ru_maxrss is in bytes there, else in kilobytes


@dataclass(frozen=True)
class Used:
    """CPU (user and system) and wall time in seconds, and peak memory in MB, of one process; and what it printed."""

    cpu: float
    wall: float
    peak: float
    said: str


def run(*arguments: str) -> Used:
    """Runs Python in a process of its own. Exits where that fails.

    A child's peak starts at its parent's size, so the process that measures imports nothing that it can do without.
    """
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True) as child:
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        said = child.stdout.read() if child.stdout else ""
    if child.returncode:
        sys.exit(f"{' '.join(arguments)} failed.")
    return Used(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / MEGABYTE, said.strip())


@contextmanager
def serving(records: int, module: str = "benchmarks.server") -> Iterator[str]:
    """A platform with that many records; gives its address."""
    command = [sys.executable, "-m", module, str(records)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip() if server.stdout else ""
        finally:
            server.terminate()

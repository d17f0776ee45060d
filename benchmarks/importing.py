"""What `import connectors` adds to the two libraries that it stands on, and what it loads."""

import sys
from statistics import median

from .process import run
from .table import show, verdict

# What they load only once they are used, and so would any program that has a model and asks something.
IN_USE = """
import asyncio, httpx2, pydantic
class Model(pydantic.BaseModel):
    id: str
httpx2.AsyncClient
"""
PROGRAMS = {
    "Python": "pass",
    "import pydantic, httpx2": "import pydantic, httpx2",
    "pydantic and httpx2 in use": IN_USE,
    "import connectors": "import connectors",
}
LOADED = """
import sys
before = set(sys.modules)
import connectors
print(*sorted(set(sys.modules) - before))
"""
UNWANTED = ("connectors.providers.", "boto3", "botocore", "iso3166", "mcp", "rich", "starlette", "typer", "uvicorn")


def measure(rounds: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, program in PROGRAMS.items():
            seconds[name].append(run("-c", program).cpu)
    milliseconds = {name: 1000 * median(found) for name, found in seconds.items()}
    print("\nImporting\n")
    show(("program", "CPU ms"), [(name, f"{found:.0f}") for name, found in milliseconds.items()])
    python, _, libraries, connectors = milliseconds.values()
    verdict("added / libraries in use", (connectors - libraries) / (libraries - python), 0.5)
    _show_loaded(run("-c", LOADED).said.split())


def _show_loaded(modules: list[str]) -> None:
    ours = [name for name in modules if name.partition(".")[0] == "connectors"]
    others = {name.partition(".")[0] for name in modules} - {"connectors", *sys.stdlib_module_names}
    print(f"\n{len(modules)} modules, of these {', '.join(ours)};\nand of {', '.join(sorted(others))}")
    unwanted = [name for name in modules if name.startswith(UNWANTED)]
    print(f"Loaded without need: {', '.join(unwanted) or 'nothing'}")

"""What a provider file may hold: data and mapping functions, no walk, no clock, no arithmetic on money, no copies."""

import ast
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import connectors

FILES = sorted(
    path for path in (Path(connectors.__file__).parent / "providers").glob("*.py") if path.stem != "__init__"
)
ROOMS = "auth graphql inputs issued models money own pagers plain provider row shared stock webhook".split()
LIBRARIES = [
    "collections",
    "collections.abc",
    "dataclasses",
    "datetime",
    "decimal",
    "functools",
    "pydantic",
    "re",
    "typing",
]
WALKS = (ast.While, ast.AsyncFor, ast.AsyncFunctionDef, ast.Await, ast.Try, ast.AsyncWith)
CLOCKS = {"strptime", "strftime", "fromisoformat", "fromtimestamp", "timestamp", "astimezone", "now", "today", "sleep"}
DISPLAYS = (ast.Constant, ast.JoinedStr, ast.Tuple, ast.List, ast.Set, ast.ListComp, ast.SetComp)
AMOUNTS = {"amount", "price", "gross", "paid", "refunded", "back", "fee", "fees", "tax", "total", "minor", "major"}
ORDINARY, ALIKE = 120, 6

each_file = pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)


def nodes(source: str) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(source))


def walks(source: str) -> list[str]:
    """What reads page by page, waits, or tries again."""
    return [ast.unparse(node) for node in nodes(source) if isinstance(node, WALKS)]


def clocks(source: str) -> list[str]:
    """What reads or writes a time by itself."""
    return [node.attr for node in nodes(source) if isinstance(node, ast.Attribute) and node.attr in CLOCKS]


def strangers(source: str) -> list[str]:
    """What is imported from where a provider has no business."""
    named = [node.module or "" for node in nodes(source) if isinstance(node, ast.ImportFrom)]
    named += [name.name for node in nodes(source) if isinstance(node, ast.Import) for name in node.names]
    known = {"connectors", *(f"connectors.{room}" for room in ROOMS), *LIBRARIES}
    return [name for name in named if name not in known]


def sums(source: str) -> list[str]:
    """What reckons: no times and divided by; plus and minus of displays and lengths alone; sums of counts alone."""
    return [ast.unparse(node) for node in nodes(source) if reckons(node)]


def reckons(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add | ast.Sub):
            return not (is_countable(node.left) and is_countable(node.right))
        return isinstance(node.op, ast.Mult | ast.Div | ast.FloorDiv | ast.Pow)
    if isinstance(node, ast.AugAssign):
        return not (isinstance(node.op, ast.BitOr) or isinstance(node.value, ast.Constant))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        adds = node.func.id in ("sum", "min", "max") and any(names_amount(part) for part in ast.walk(node))
        return adds or node.func.id in ("abs", "round", "divmod", "float")
    return False


def is_countable(node: ast.AST) -> bool:
    is_length = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"
    return is_length or isinstance(node, DISPLAYS)


def names_amount(node: ast.AST) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in AMOUNTS


@each_file
def test_a_provider_walks_nothing_and_reads_no_clock(file: Path) -> None:
    source = file.read_text()
    assert walks(source) == []
    assert clocks(source) == []
    assert strangers(source) == []


@each_file
def test_a_provider_reckons_with_no_money(file: Path) -> None:
    assert sums(file.read_text()) == []


@pytest.mark.parametrize(
    "rule, source",
    [
        (walks, "while more: rows += ask()"),
        (walks, "async def read():\n    async for page in pages: yield page"),
        (walks, "try: ask()\nexcept OSError: ask()"),
        (clocks, "datetime.strptime(said, '%d.%m.%Y')"),
        (clocks, "datetime.fromisoformat(said)"),
        (strangers, "import httpx2"),
        (strangers, "from connectors.http import Http"),
        (strangers, "from asyncio import sleep"),
        (sums, "paid * rate"),
        (sums, "cents / 100"),
        (sums, "price + fee"),
        (sums, "gross - face"),
        (sums, "due -= paid"),
        (sums, "abs(amount)"),
        (sums, "sum(row.minor('a', currency=code) or 0 for row in rows)"),
        (sums, "min(price for price in prices)"),
    ],
)
def test_each_rule_finds_what_it_forbids(rule: object, source: str) -> None:
    assert callable(rule)
    assert len(rule(source)) > 0


@pytest.mark.parametrize(
    "source",
    [
        "len(bought) - len(back)",
        "{*codes} - {None}",
        "'a' + 'b'",
        "left[kind] -= 1",
        "sum(one in valid for one in all)",
    ],
)
def test_what_counts_or_joins_is_no_money(source: str) -> None:
    assert sums(source) == []


@each_file
def test_a_long_file_says_why(file: Path) -> None:
    source = file.read_text()
    if len(source.splitlines()) > ORDINARY:
        assert re.search(r"\blonger|\blength", ast.get_docstring(ast.parse(source)) or "", re.I)


def test_most_files_are_short() -> None:
    assert statistics.median(len(file.read_text().splitlines()) for file in FILES) < ORDINARY


def test_no_block_of_lines_stands_in_two_files() -> None:
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for file in FILES:
        lines = [line.strip() for line in file.read_text().splitlines() if line.strip()]
        for start in range(len(lines) - ALIKE + 1):
            found[tuple(lines[start : start + ALIKE])].add(file.stem)
    assert {block: files for block, files in found.items() if len(files) > 1} == {}
